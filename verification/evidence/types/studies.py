"""`studies.json`: clinical performance. A study is a plan, a log of every use of its data, and what its scores give."""

from __future__ import annotations

from msgspec import field

from verification.evidence.types.analyses import Analysis, Confusion, Curve, Estimate
from verification.evidence.types.record import Gap, Issue, NotApplicable, Record, Source
from verification.evidence.types.tables import Figure, Table

__all__ = ["Opening", "PlanSection", "Repeat", "Repeated", "StudiesEvidence", "Study", "StudyCriterion", "StudyPlan"]


class StudyCriterion(Record, frozen=True):
    """An acceptance criterion fixed before scores existed: the named limit of the interval against a bound."""

    id: str
    metric: str
    subgroup: str
    limit: str
    comparison: str
    bound: float
    rationale: str
    estimate: Estimate | Gap
    met: bool | None


class Opening(Record, frozen=True):
    """A line of a study's log: a use of its data, or the lock of its plan.

    `event` is `prior_use` (known from elsewhere), `plan_locked`, `opened`, `scored`, `repeated` (scored once more, to
    see whether the device still gives the same), `recorded` (computed from files kept elsewhere), `other_use` (outside
    the study) or `correction` (of a text that is locked or logged and stays as it is). `corrects` names the text of the
    plan that a correction is of; empty where it is of another, or of none alone. `files` are the tables that it left,
    by name with their SHA-256.
    `code_digest` is of the modules that compute estimates, as they were; None in lines from before it was kept.
    `previous` is the SHA-256 of the line before, so that no line can be changed or taken out without every later one.
    """

    event: str
    date: str
    reason: str
    release: str = ""
    release_digest: str = ""
    dataset_digest: str = ""
    scores_sha256: str | None = None
    plan_digest: str | None = None
    code_digest: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    corrects: str = ""
    previous: str | None = None


class StudyPlan(Record, frozen=True):
    """What the plan fixes, in its own words; `parameters` are its figures and what it states of the images."""

    objective: str
    population: str
    unit: str
    reference_standard: str
    data: str
    exclusions: tuple[str, ...]
    threshold_rule: str
    interval_method: str
    subgroups: tuple[str, ...]
    sample_size: str
    limitations: tuple[str, ...]
    parameters: tuple[Table, ...] = ()


class PlanSection(Record, frozen=True):
    """A part of the plan of a pivotal study, by its name: what it says, and its figures, those computed among them."""

    id: str
    texts: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()


class Repeated(Record, frozen=True):
    """Images that were scored twice, as they are or under a change: how many were analyzed, and what differs.

    `decisions` counts the images, of those analyzed both times, that were flagged one time only; `largest` is the
    largest difference between two scores of one of them.
    """

    what: str
    images: int
    analysed_then: int
    analysed_now: int
    decisions: int
    largest: float


class Repeat(Record, frozen=True, tag=True):
    """A study's images scored again by the device as it was then, beside the scores that are recorded.

    `scores_sha256` is of the table that they were held against; `files` are those by which the device judges an image,
    with their SHA-256, and `since` those of them that are others now.
    """

    date: str
    release_digest: str
    dataset_digest: str
    scores_sha256: str
    files: dict[str, str]
    rows: tuple[Repeated, ...]
    since: tuple[str, ...] = ()


UNSCORED = NotApplicable(reason="nothing of it is scored here")


class Study(Record, frozen=True):
    """A study: its plan, its log and what its scores give.

    `kind` is `development`, `benchmark` (a public test set), `comparator` (somebody else's model), `reference_standard`
    (labels against readers), `validation_plan` (no scores yet), `custody` (images that a custodian holds and scores) or
    `pivotal` (a study of several sites that is planned, and sized by the intervals of the others; `sections` is how).
    `inputs` are the outside files that its analyses were recorded from; `custody` is what was registered and found, and
    `holder` who did: a custodian, or in an open test the developers. `dataset` is the collection that the images are
    of; what a holder's list has of it no digest here tells. `analysed` counts those of `images` that have a score: the
    estimates are of them. `members` has a sign for each of those by subgroup, in the order of the scores: 1 where the
    subgroup holds the image, so that its estimates can be computed again. `repeat` is what the device gives now.
    """

    name: str
    title: str
    kind: str
    label: str
    release: str
    release_version: str
    release_digest: str
    dataset_digest: str
    plan: StudyPlan
    plan_digest: str
    scores_sha256: str | None
    openings: tuple[Opening, ...]
    images: int | None
    patients: int | None
    confusion: Confusion | Gap | NotApplicable
    estimates: tuple[Estimate, ...]
    criteria: tuple[StudyCriterion, ...]
    curve: Curve | Gap | NotApplicable
    analyses: tuple[Analysis, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    custody: tuple[Table, ...] = ()
    holder: str | None = None
    dataset: str = ""
    analysed: int | None = None
    members: dict[str, str] = field(default_factory=dict)
    sections: tuple[PlanSection, ...] = ()
    repeat: Repeat | Gap | NotApplicable = UNSCORED


class StudiesEvidence(Record, frozen=True):
    """`studies.json`"""

    source: Source
    studies: tuple[Study, ...]
    issues: tuple[Issue, ...]
