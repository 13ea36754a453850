"""A study's plan and criteria as written, read strictly; its log of openings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, to_builtins

from verification.datasets.manifest import blocking
from verification.evidence import Issue, Opening, StudyPlan
from verification.evidence.project import sha256_of
from verification.protocol.custody import (
    BESIDE,
    GROUPS,
    LUNGS,
    REGISTRATION,
    RESULT,
    SCORES,
    SIGNATURE,
    read_registration,
)
from verification.protocol.log import LOG, read_log
from verification.statistics.metrics import UNDEFINED

CUSTODY = (REGISTRATION, RESULT, SIGNATURE, GROUPS, BESIDE)
"""What a study of images in custody holds beside its scores."""

T = TypeVar("T")

RECORDED = ("comparator", "reference_standard")
"""Kinds of study that decide nothing of this device; their analyses are recorded from files kept elsewhere."""

ONCE = ("benchmark", "validation_plan")
"""Kinds of study that one release opens once: each further look at the images tells more."""

RECORD = "recorded.json"
"""What analyses of files that are kept elsewhere gave."""

TO_BE_WRITTEN = "TO BE WRITTEN"
"""What a text says that a person has yet to write; a plan that holds one is not locked."""

TABLES = ("scores.csv", "baselines.csv", "perturbed.csv", LUNGS, "out_of_scope.json")
"""What an opening leaves: the scores of the release, and of what they are compared with."""


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An unknown key is an error."""


class Subgroup(_Strict, frozen=True):
    """Images chosen by what is known of them: one of `values`, or a number within both limits."""

    name: str
    by: str
    values: tuple[str, ...] | None = None
    minimum: int | None = None
    maximum: int | None = None


class Ages(_Strict, frozen=True):
    """The ages of a population in completed years, both included; images of others are left out and counted."""

    minimum_years: int
    maximum_years: int


class Asserted(_Strict, frozen=True):
    """What is stated of files that carry no header, and why that may be said.

    `values` are the same for every image. `columns` says which column of the data set's table of images states an
    attribute of each image.
    """

    reason: str
    values: dict[str, str]
    columns: dict[Literal["PatientAge", "ViewPosition"], Literal["age_years", "view"]] = {}


class PriorUse(_Strict, frozen=True):
    """A use of the data that is known from elsewhere; `date` is as it is known, or "not known"."""

    date: str
    what: str
    source: str


class Input(_Strict, frozen=True):
    """A file outside the repository that a study is computed from: its name in the user's folder, and its SHA-256."""

    file: str
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class PowerAssumption(_Strict, frozen=True):
    """What may be true: AUROC, sensitivity, specificity."""

    auroc: float
    sensitivity: float
    specificity: float


class Power(_Strict, frozen=True):
    """What the power is computed for: the correlation of two images of one patient, and what may be true.

    Without a correlation the spread is that of another study.
    """

    assumed: tuple[PowerAssumption, ...]
    correlation: Annotated[float, Meta(ge=0, le=1)] | None = None


class TriageAssumptions(_Strict, frozen=True):
    """A reading worklist: what is simulated, none of it measured. `source` says where the figures are from.

    `sources` says it of a single figure by its name. `images` are simulated in each replicate, the first fifth of them
    to warm up.
    """

    source: str
    arrivals_per_hour: Annotated[float, Meta(gt=0)]
    reading_minutes: Annotated[float, Meta(gt=0)]
    prevalences: tuple[Annotated[float, Meta(gt=0, lt=1)], ...]
    images: Annotated[int, Meta(ge=1)]
    replicates: Annotated[int, Meta(ge=2)]
    seed: Annotated[int, Meta(ge=0)]
    readers: Annotated[int, Meta(ge=1)] = 1
    reading_times: Literal["exponential", "constant"] = "exponential"
    sources: dict[str, str] = {}


class OutOfScope(_Strict, frozen=True):
    """Images that the release is not for, scored on purpose to show what the gate's limits are for.

    `reads` is the folder of the tables of radiologists' reads among a user's data, `metadata` the data set that holds
    the true ages; `asserted` is stated of every image, though it is false.
    """

    dataset: str
    reads: str
    metadata: str
    asserted: dict[str, str]


class Beside(_Strict, frozen=True):
    """Another score of the same images, in a table kept elsewhere; a simple one knows no more than a coarse look."""

    file: str
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    image: str
    score: str
    what: str
    simple: bool = False


class Lungs(_Strict, frozen=True):
    """Whether the release looks at the lungs: what is aimed at, which decides nothing.

    `surroundings_hidden` is the most that the AUROC may change by, `lungs_hidden` the most that it may be, within a
    projection; `moved` is the most that the specificity may change by when the picture is moved or compressed.
    """

    surroundings_hidden: Annotated[float, Meta(gt=0, lt=1)]
    lungs_hidden: Annotated[float, Meta(gt=0, lt=1)]
    moved: Annotated[float, Meta(gt=0, lt=1)]


class Custody(_Strict, frozen=True):
    """Images that a custodian holds: the SHA-256 of `custody.json` in the study's folder, and scores to be set beside.

    The scores are looked up by the custodian, who alone knows the images. In an open test the developers hold them too:
    what is left of custody is that the list was registered before the plan was locked, and is scored once.
    """

    registration_sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    beside: dict[str, Beside] = {}
    holder: Literal["custodian", "developers"] = "custodian"


class Plan(_Strict, frozen=True):
    """plan.yaml.

    `ages` are those of the population. `inputs` are outside tables that scores are held against; what that gives is
    recorded. `prior_uses` begin the log of public data. `shortcuts`, `perturbations`, `lungs` and `out_of_scope` say
    what is scored beside the images at an opening; `training_dataset` is what the shortcuts are fitted on.
    """

    name: str
    title: str
    kind: Literal["development", "benchmark", "comparator", "reference_standard", "validation_plan", "custody"]
    label: str
    release: str
    dataset: str
    split: str
    objective: str
    population: str
    unit: str
    reference_standard: str
    data: str
    exclusions: tuple[str, ...]
    threshold_rule: str
    interval_method: str
    replicates: Annotated[int, Meta(ge=1)]
    seed: Annotated[int, Meta(ge=0)]
    subgroups: tuple[Subgroup, ...]
    not_recorded: tuple[str, ...]
    sample_size: str
    limitations: tuple[str, ...]
    asserted: Asserted | None
    ages: Ages | None = None
    prior_uses: tuple[PriorUse, ...] = ()
    inputs: dict[str, Input] = {}
    training_dataset: str | None = None
    shortcuts: bool = False
    perturbations: bool = False
    lungs: Lungs | None = None
    out_of_scope: OutOfScope | None = None
    triage: TriageAssumptions | None = None
    power: Power | None = None
    minimum_sensitivity: Annotated[float, Meta(gt=0, le=1)] | None = None
    custody: Custody | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether its analyses are recorded from files that are not in the repository."""
        return self.kind in RECORDED

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that a custodian's result has."""
        beside = (BESIDE,) if self.custody and self.custody.beside else ()
        return (SCORES, GROUPS, *beside, *((LUNGS,) if self.lungs else ()))

    def state(self) -> StudyPlan:
        """What the evidence says of the plan."""
        return StudyPlan(
            objective=self.objective,
            population=self.population,
            unit=self.unit,
            reference_standard=self.reference_standard,
            data=self.data,
            exclusions=self.exclusions,
            threshold_rule=self.threshold_rule,
            interval_method=self.interval_method,
            subgroups=tuple(subgroup.name for subgroup in self.subgroups),
            sample_size=self.sample_size,
            limitations=self.limitations,
        )


class Goal(_Strict, frozen=True):
    """An entry of criteria.yaml: the limit of the deciding interval against a bound."""

    id: Annotated[str, Meta(pattern=r"^CRIT-[A-Z]+-[0-9]+\Z")]
    metric: str
    subgroup: str
    limit: Literal["lower", "upper"]
    comparison: Literal[">", ">=", "<", "<="]
    bound: float
    rationale: str


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """A study as its folder states it. `digest` covers plan and criteria; openings are in the order of the log."""

    folder: Path
    where: str
    plan: Plan
    goals: tuple[Goal, ...]
    openings: tuple[Opening, ...]
    digest: str

    @property
    def locked(self) -> str | None:
        """The digest of the plan that was locked last; None if none was."""
        return next((one.plan_digest for one in reversed(self.openings) if one.event == "plan_locked"), None)

    @property
    def unwritten(self) -> tuple[str, ...]:
        """Where plan and criteria hold a text that is yet to be written, such as `plan.yaml: objective`."""
        parts = {"plan.yaml": self.plan, "criteria.yaml": self.goals}
        return tuple(f"{file}: {at}" for file, part in parts.items() for at in _find_unwritten(to_builtins(part)))

    @property
    def is_pending(self) -> bool:
        """Whether it is a plan that nothing was scored or recorded by yet: this project's, or a custodian's to do."""
        used = any(one.event in ("scored", "recorded") for one in self.openings)
        return not used and not self.scores.is_file() and not (self.folder / RECORD).is_file()

    @property
    def scores(self) -> Path:
        """The table of scores, which a plan alone does not have."""
        return self.folder / "scores.csv"

    @property
    def log(self) -> Path:
        """The log of uses of the data."""
        return self.folder / LOG

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the study holds."""
        names = ("plan.yaml", "criteria.yaml", *TABLES, *CUSTODY, RECORD, LOG)
        return tuple(self.folder / name for name in names if (self.folder / name).is_file())


def read_study(folder: Path, where: str) -> tuple[StudyFolder | None, tuple[Issue, ...]]:
    """Read a study's plan, criteria and log, and find everything that is wrong with them.

    Args:
        folder: `verification/studies/<name>`.
        where: how issues name it.

    Returns:
        The study, or None if its plan or criteria cannot be read, and the issues.
    """
    issues: list[Issue] = []
    plan = _read_yaml(folder / "plan.yaml", f"{where}/plan.yaml", Plan, issues)
    goals = _read_yaml(folder / "criteria.yaml", f"{where}/criteria.yaml", tuple[Goal, ...], issues)
    openings, broken = read_log(folder / LOG, f"{where}/{LOG}")
    issues += broken
    if plan is None or goals is None:
        return None, tuple(issues)
    issues += [*_find_faults(plan, goals, folder.name, where), *_find_custody_faults(plan, folder, where)]
    issues += _find_repeated(plan, openings, where)
    digest = hashlib.sha256((folder / "plan.yaml").read_bytes() + (folder / "criteria.yaml").read_bytes()).hexdigest()
    return StudyFolder(folder, where, plan, goals, openings, digest), tuple(issues)


def _find_faults(plan: Plan, goals: tuple[Goal, ...], name: str, where: str) -> list[Issue]:
    faults = []
    if plan.name != name:
        faults.append(("plan.yaml", f"name {plan.name}; expected {name}, the folder's"))
    if not goals and plan.kind not in RECORDED and not (plan.kind == "development" and plan.lungs):
        faults.append(("criteria.yaml", "no criterion; expected at least one"))
    if plan.inputs and (plan.shortcuts or plan.perturbations or plan.lungs or plan.out_of_scope or plan.triage):
        what = "shortcuts, perturbations, lungs, out_of_scope or triage beside inputs"
        faults.append(("plan.yaml", f"{what}; a study against reads has none of them"))
    if plan.ages and plan.ages.minimum_years > plan.ages.maximum_years:
        faults.append(("plan.yaml", f"ages from {plan.ages.minimum_years} to {plan.ages.maximum_years} years; no age"))
    subgroups = {"all", *(subgroup.name for subgroup in plan.subgroups)}
    for number, goal in enumerate(goals):
        if goal.id in {other.id for other in goals[:number]}:
            faults.append(("criteria.yaml", f"{goal.id} is there twice"))
        if goal.metric not in (*UNDEFINED, *(("auroc_difference",) if plan.custody else ())):
            faults.append(("criteria.yaml", f"{goal.id}: metric {goal.metric}; expected one of {', '.join(UNDEFINED)}"))
        if goal.subgroup not in subgroups:
            faults.append(("criteria.yaml", f"{goal.id}: subgroup {goal.subgroup} is not in the plan"))
    return [blocking("study-plan", f"{where}/{file}", message, "mend the file") for file, message in faults]


def _find_repeated(plan: Plan, openings: Sequence[Opening], where: str) -> Iterator[Issue]:
    """Yield an issue for each use beyond the first of data that a release may use once."""
    event = "scored" if plan.kind == "custody" else "opened" if plan.kind in ONCE else None
    for number, opening in enumerate(openings, start=1):
        used = {one.release_digest for one in openings[: number - 1] if one.event == event}
        if opening.event == event and opening.release_digest in used:
            message = f"{opening.release}: {event} again on {opening.date}; expected it once by a release"
            yield blocking("opened-twice", f"{where}/{LOG}:{number}", message, "the first figures stand: restore them")


def _find_custody_faults(plan: Plan, folder: Path, where: str) -> list[Issue]:
    """What is wrong with the registration of a study in custody."""
    if (plan.custody is not None) != (plan.kind == "custody"):
        message = f"kind {plan.kind} {'with' if plan.custody else 'without'} custody; expected both or neither"
        return [blocking("study-plan", f"{where}/plan.yaml", message, "mend the file")]
    if plan.custody is None:
        return []
    path, hint = folder / REGISTRATION, "put the custodian's file there as it came, and its SHA-256 into plan.yaml"
    try:
        read_registration(path)
    except ValueError as error:
        return [blocking("custody-registration", f"{where}/{REGISTRATION}", str(error), hint)]
    if (found := sha256_of(path)) == plan.custody.registration_sha256:
        return []
    message = f"SHA-256 {found}; plan.yaml says {plan.custody.registration_sha256}"
    return [blocking("custody-registration", f"{where}/{REGISTRATION}", message, hint)]


def _find_unwritten(value: object, at: str = "") -> Iterator[str]:
    """Yield where below a value a text is yet to be written, such as `asserted.values.Modality`."""
    if isinstance(value, str) and TO_BE_WRITTEN in value:
        yield at
    parts = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list | tuple) else ()
    for key, part in parts:
        name = part.get("id", key) if isinstance(part, dict) else key
        yield from _find_unwritten(part, f"{at}.{name}" if at else str(name))


def _read_yaml(path: Path, where: str, kind: type[T], issues: list[Issue]) -> T | None:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=kind)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        issues.append(blocking("study-unreadable", where, str(error), "mend the file"))
        return None
