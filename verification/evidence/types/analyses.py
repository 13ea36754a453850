"""What was computed from scores: estimates, the 2x2 table, curves, and the analyses that hold them."""

from __future__ import annotations

from enum import StrEnum

from verification.evidence.types.record import Record
from verification.evidence.types.tables import Figure, Table

__all__ = ["Analysis", "Confusion", "Curve", "CurvePoint", "Estimate", "Interval", "RecordedAnalyses", "Role"]


class Interval(Record, frozen=True):
    """Two-sided limits, the level (0.95) and the method by name."""

    lower: float
    upper: float
    level: float
    method: str


class Estimate(Record, frozen=True, tag=True):
    """One figure of a study. An undefined metric has `value` None and a `reason`, never 0.

    `score` names what is held against the reference standard where it is not what the study is of. `positives` and
    `negatives` are images by the reference standard in the group; with fewer than 30 of either it is `descriptive`.
    The value of a `weighted` one counts images by sampling weights; `n` and `events` are images as they are.
    """

    metric: str
    value: float | None
    reason: str | None
    interval: Interval | None
    n: int
    events: int | None
    patients: int
    subgroup: str
    reference_standard: str
    decides: bool
    criterion: str | None
    met: bool | None
    release_digest: str
    dataset_digest: str
    score: str = ""
    positives: int | None = None
    negatives: int | None = None
    descriptive: bool = False
    weighted: bool = False


class Confusion(Record, frozen=True, tag=True):
    """The 2x2 table at the operating point, in images."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int


class CurvePoint(Record, frozen=True):
    """A threshold and what it gives; positive means score >= threshold."""

    threshold: float | None
    sensitivity: float
    specificity: float


class Curve(Record, frozen=True, tag=True):
    """The operating points of the scores, thinned for drawing, in order of falling threshold."""

    points: tuple[CurvePoint, ...]
    operating: CurvePoint


class Role(StrEnum):
    """What an analysis is for. Only a primary analysis decides a criterion."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    SUBGROUP = "subgroup"
    BASELINE = "baseline"
    ROBUSTNESS = "robustness"
    OUT_OF_SCOPE = "out_of_scope"
    TRIAGE = "triage"
    CONTEXT = "context"


class Analysis(Record, frozen=True):
    """A part of a study: what is held against one reference standard, under one weighting, and what that gives.

    `score` is what is judged (a release's score, a mined label, the size of a file); `weighting` says how images count;
    `statement` says what the figures mean and what they do not. `images`, `patients` and `positives` are of the whole.
    `post_hoc` says what of it the locked plan does not name; empty if it names all.
    """

    id: str
    title: str
    role: Role
    reference_standard: str
    score: str
    weighting: str
    statement: str
    images: int
    patients: int
    positives: int
    estimates: tuple[Estimate, ...]
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    post_hoc: str = ""


class RecordedAnalyses(Record, frozen=True, tag=True):
    """Analyses of tables that are not in the repository: what they were made from, and by which plan and code.

    `inputs` maps each outside file, by name, to its SHA-256; `code_digest` is of the modules that computed them.
    """

    plan_digest: str
    code_digest: str
    inputs: dict[str, str]
    analyses: tuple[Analysis, ...]
