"""A study's plan and criteria as written, read strictly; its log of openings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from verification.datasets.manifest import blocking
from verification.evidence import Issue, Opening, StudyPlan
from verification.performance.metrics import UNDEFINED

T = TypeVar("T")


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An unknown key is an error."""


class Subgroup(_Strict, frozen=True):
    """Images chosen by what is known of them: one of `values`, or a number within both limits."""

    name: str
    by: str
    values: tuple[str, ...] | None = None
    minimum: int | None = None
    maximum: int | None = None


class Asserted(_Strict, frozen=True):
    """What is stated of files that carry no header, and why that may be said."""

    reason: str
    values: dict[str, str]


class Plan(_Strict, frozen=True):
    """plan.yaml."""

    name: str
    title: str
    kind: Literal["development", "validation_plan"]
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

    id: Annotated[str, Meta(pattern="^CRIT-[A-Z]+-[0-9]+$")]
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
    def scores(self) -> Path:
        """The table of scores, which a plan alone does not have."""
        return self.folder / "scores.csv"

    @property
    def log(self) -> Path:
        """The log of uses of the data."""
        return self.folder / "openings.log"

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the study holds."""
        names = ("plan.yaml", "criteria.yaml", "scores.csv", "openings.log")
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
    openings = _read_log(folder / "openings.log", f"{where}/openings.log", issues)
    if plan is None or goals is None:
        return None, tuple(issues)
    issues += _find_faults(plan, goals, folder.name, where)
    digest = hashlib.sha256((folder / "plan.yaml").read_bytes() + (folder / "criteria.yaml").read_bytes()).hexdigest()
    return StudyFolder(folder, where, plan, goals, openings, digest), tuple(issues)


def _find_faults(plan: Plan, goals: tuple[Goal, ...], name: str, where: str) -> list[Issue]:
    faults = []
    if plan.name != name:
        faults.append(("plan.yaml", f"name {plan.name}; expected {name}, the folder's"))
    if not goals:
        faults.append(("criteria.yaml", "no criterion; expected at least one"))
    subgroups = {"all", *(subgroup.name for subgroup in plan.subgroups)}
    for number, goal in enumerate(goals):
        if goal.id in {other.id for other in goals[:number]}:
            faults.append(("criteria.yaml", f"{goal.id} is there twice"))
        if goal.metric not in UNDEFINED:
            faults.append(("criteria.yaml", f"{goal.id}: metric {goal.metric}; expected one of {', '.join(UNDEFINED)}"))
        if goal.subgroup not in subgroups:
            faults.append(("criteria.yaml", f"{goal.id}: subgroup {goal.subgroup} is not in the plan"))
    return [blocking("study-plan", f"{where}/{file}", message, "mend the file") for file, message in faults]


def _read_yaml(path: Path, where: str, kind: type[T], issues: list[Issue]) -> T | None:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=kind)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        issues.append(blocking("study-unreadable", where, str(error), "mend the file"))
        return None


def _read_log(path: Path, where: str, issues: list[Issue]) -> tuple[Opening, ...]:
    openings = []
    lines = path.read_bytes().splitlines() if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        try:
            openings.append(msgspec.json.decode(line, type=Opening))
        except msgspec.DecodeError as error:
            hint = "restore the log from git: it is only ever appended to"
            issues.append(blocking("log-unreadable", f"{where}:{number}", str(error), hint))
    return tuple(openings)
