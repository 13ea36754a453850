"""A pivotal study as planned: `pivotal.yaml` and `criteria.yaml`, held to a strict schema; every fault in one pass.

It is a plan of a study that nobody has carried out. What a person has to enter (a name, a date) is null until then, and
a plan with such a blank is not locked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from verification.evidence import Issue, Opening
from verification.protocol.log import LOG, read_log
from verification.protocol.plan import TO_BE_WRITTEN, Goal
from verification.specification.documents import Document, Schema, find_schema_issues, read_document

PIVOTAL, CRITERIA = "pivotal.yaml", "criteria.yaml"
"""The parameter file, which makes a study's folder one of a pivotal study, and that of its hypotheses."""

CO_PRIMARY = ("auroc", "sensitivity", "specificity")
"""What the criteria of a pivotal study are about, each once: the lower limit of all images above a bound."""

Text = Annotated[str, Meta(min_length=1)]
Texts = Annotated[tuple[Text, ...], Meta(min_length=1)]
Share = Annotated[float, Meta(gt=0, lt=1)]
Loss = Annotated[float, Meta(ge=0, lt=1)]
Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
KNumber = Annotated[str, Meta(pattern="^K[0-9]{6}$")]
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An unknown key is an error."""


class Sites(_Strict, frozen=True):
    """Where the images come from; `share_in_us` is the least share of the images that are of sites in the US."""

    count: Annotated[int, Meta(ge=3)]
    in_us: Annotated[int, Meta(ge=1)]
    share_in_us: Share
    conditions: Texts


class Acquisition(_Strict, frozen=True):
    """What made the images: at least so many manufacturers, these kinds of detectors, and how the files come in."""

    manufacturers: Annotated[int, Meta(ge=2)]
    detectors: Texts
    conditions: Texts


class Sampling(_Strict, frozen=True):
    """How images are chosen.

    `positive_share` is that of the enriched sample; `images_per_patient` the mean, `most_per_patient` the cap;
    `prevalences` are those of consecutive images, for how many have to be looked through; `unusable` is the share that
    is expected to drop out before the primary analysis.
    """

    positive_share: Share
    images_per_patient: Annotated[float, Meta(ge=1)]
    most_per_patient: Annotated[int, Meta(ge=1)]
    prevalences: Annotated[tuple[Share, ...], Meta(min_length=1)]
    unusable: Loss
    rule: Texts
    spectrum: Texts


class Item(_Strict, frozen=True):
    """A line of the read form: what is asked, and what may be answered."""

    asked: Text
    answers: Text


class Readers(_Strict, frozen=True):
    """Who says what an image shows, how they are trained and kept blind, the form, and how their reads become one."""

    count: Annotated[int, Meta(ge=3)]
    adjudicators: Annotated[int, Meta(ge=1)]
    qualification: Text
    training: Texts
    blinding: Texts
    form: Annotated[tuple[Item, ...], Meta(min_length=1)]
    truth: Texts


class Truth(_Strict, frozen=True):
    """What may be true of the release, for the power, and why it is assumed."""

    name: Text
    auroc: Share
    sensitivity: Share
    specificity: Share
    why: Text


class Source(_Strict, frozen=True):
    """A study of this project whose intervals tell what patients with several images cost; of which analysis of it."""

    study: Name
    analysis: Name | None = None


class Size(_Strict, frozen=True):
    """How large the study is to be.

    `power` is that of all co-primaries together, if the truth named `for_truth` holds. `measured_by` is the study whose
    point estimates are set beside the truths. `site_spread` are standard deviations between sites, `lost` shares of
    each class without a score, for which the power is told too.
    """

    power: Annotated[float, Meta(ge=0.8, lt=1)]
    for_truth: Text
    truths: Annotated[tuple[Truth, ...], Meta(min_length=3)]
    design_effects: Annotated[tuple[Source, ...], Meta(min_length=1)]
    why_these: Text
    measured_by: Name
    site_spread: tuple[Loss, ...]
    lost: tuple[Loss, ...]
    multiplicity: Texts


class Stratum(_Strict, frozen=True):
    """A group that is reported by itself: its expected share of the positive and of the negative images."""

    name: Text
    of_positive: Share
    of_negative: Share


class Strata(_Strict, frozen=True):
    """The groups, and the half width that their intervals of sensitivity and specificity should not exceed."""

    half_width: Share
    rule: Texts
    groups: Annotated[tuple[Stratum, ...], Meta(min_length=1)]


class Confounder(_Strict, frozen=True):
    """What else differs between images with and without the finding, why that matters, and what is done about it."""

    name: Text
    why: Text
    handled: Text


class Question(_Strict, frozen=True):
    """What is asked about children, what evidence there is, and what there is not."""

    asked: Text
    held: Text
    lacking: Text


class Paediatric(_Strict, frozen=True):
    """The questions about children, and the studies of this project that are of children."""

    release: Name
    studies: tuple[Name, ...]
    questions: Annotated[tuple[Question, ...], Meta(min_length=1)]


class Role(_Strict, frozen=True):
    """Who does what; name and date of the signature are null until a person enters them."""

    role: Text
    does: Text
    name: Text | None
    signed_on: Day | None


class Milestone(_Strict, frozen=True):
    """What happens in which order; the date is null until it did."""

    what: Text
    date: Day | None


class Pivotal(_Strict, frozen=True):
    """`pivotal.yaml`. `pilot` is the study of this project that it is carried out after.

    `others` are the K-numbers of devices that it is read against.
    """

    name: Name
    title: Text
    label: Text
    release: Name
    pilot: Name
    objective: Text
    population: Text
    unit: Text
    reference_standard: Text
    data: Text
    exclusions: Texts
    threshold_rule: Text
    interval_method: Text
    sites: Sites
    acquisition: Acquisition
    sampling: Sampling
    readers: Readers
    size: Size
    strata: Strata
    confounders: Annotated[tuple[Confounder, ...], Meta(min_length=1)]
    secondary: Texts
    timing: Texts
    missing: Texts
    access: Texts
    paediatric: Paediatric
    others: tuple[KNumber, ...]
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    milestones: Annotated[tuple[Milestone, ...], Meta(min_length=1)]
    limitations: Texts
    references: Texts

    @property
    def blanks(self) -> tuple[str, ...]:
        """What a person has yet to enter, such as `roles, Sponsor: name`."""
        asked = ("name", "signed_on")
        return tuple(
            f"roles, {one.role}: {field}" for one in self.roles for field in asked if getattr(one, field) is None
        )


def _find_unwritten(value: object, at: str) -> Iterator[str]:
    if isinstance(value, str) and TO_BE_WRITTEN in value:
        yield at
    parts = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list | tuple) else ()
    for key, part in parts:
        name = part.get("id", key) if isinstance(part, dict) else key
        yield from _find_unwritten(part, f"{at}.{name}".lstrip("."))


@dataclass(frozen=True, slots=True)
class PivotalFolder:
    """A pivotal study as its folder states it. `digest` covers parameters and criteria, openings are of the log."""

    folder: Path
    where: str
    plan: Pivotal
    goals: tuple[Goal, ...]
    openings: tuple[Opening, ...]
    digest: str

    @property
    def locked(self) -> str | None:
        """The digest of the plan that was locked last; None if none was."""
        return next((one.plan_digest for one in reversed(self.openings) if one.event == "plan_locked"), None)

    @property
    def unwritten(self) -> tuple[str, ...]:
        """The texts that a person has yet to write, such as `pivotal.yaml: sites.conditions.1`."""
        parts = {PIVOTAL: self.plan, CRITERIA: self.goals}
        return tuple(
            f"{file}: {at}" for file, part in parts.items() for at in _find_unwritten(msgspec.to_builtins(part), "")
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the study holds."""
        return tuple(path for name in (PIVOTAL, CRITERIA, LOG) if (path := self.folder / name).is_file())


def read_pivotal(folder: Path, where: str) -> tuple[PivotalFolder | None, tuple[Issue, ...]]:
    """Read a pivotal study, and find everything that is wrong with it, each fault at its line.

    Args:
        folder: `verification/studies/<name>`.
        where: how issues name it.

    Returns:
        The study, or None if a file of it has a fault, and the issues.
    """
    plan, goals = (read_document(folder / name, f"{where}/{name}") for name in (PIVOTAL, CRITERIA))
    openings, issues = read_log(folder / LOG, f"{where}/{LOG}")
    shaped = [_hold(document, kind) for document, kind in ((plan, Pivotal), (goals, tuple[Goal, ...]))]
    if shaped[0]:
        plan.issues += _find_plan_faults(plan, folder.name)
    if shaped[1]:
        goals.issues += _find_goal_faults(goals)
    faults = (*plan.issues, *goals.issues, *issues)
    if plan.issues or goals.issues:
        return None, faults
    digest = hashlib.sha256(plan.content + goals.content).hexdigest()
    held = msgspec.convert(plan.value, Pivotal), msgspec.convert(goals.value, tuple[Goal, ...])
    return PivotalFolder(folder, where, *held, openings, digest), faults


def _hold(document: Document, kind: Any) -> bool:
    """Hold a file to the schema of its type; whether it is of that form."""
    if document.value is not None:
        document.issues += find_schema_issues(document, Schema(_schema_of(kind)))
    return not document.issues


def _schema_of(kind: Any) -> dict[str, Any]:
    """The JSON schema of a type; what is Python's sign for the end of a text is JSON Schema's."""
    schema: dict[str, Any] = json.loads(json.dumps(msgspec.json.schema(kind)).replace(r"\\Z", "$"))
    return schema


def _find_plan_faults(document: Document, name: str) -> Iterator[Issue]:
    """Yield what no schema says: parts that contradict each other."""
    plan = document.value

    def fault(path: tuple[str | int, ...], message: str, hint: str) -> Issue:
        return document.issue("pivotal-plan", path, f"{'.'.join(map(str, path))}: {message}", hint)

    if plan["name"] != name:
        yield fault(("name",), f"found {plan['name']}, expected {name}, the folder's", "correct it")
    if plan["sites"]["in_us"] > plan["sites"]["count"]:
        said = f"found {plan['sites']['in_us']}, expected at most {plan['sites']['count']}, the number of sites"
        yield fault(("sites", "in_us"), said, "correct one of them")
    mean, most = plan["sampling"]["images_per_patient"], plan["sampling"]["most_per_patient"]
    if mean > most:
        yield fault(("sampling", "images_per_patient"), f"found {mean}, expected at most {most}", "correct one of them")
    names = [truth["name"] for truth in plan["size"]["truths"]]
    if plan["size"]["for_truth"] not in names:
        said = f"found {plan['size']['for_truth']}, expected one of {', '.join(names)}"
        yield fault(("size", "for_truth"), said, "name one of size.truths")
    for path, values in _named_once(plan):
        for number, value in enumerate(values):
            if value in values[:number]:
                yield fault((*path, number), f"{value} is there twice", "keep one of them")


def _named_once(plan: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield the lists whose members are told apart by a name."""
    yield ("size", "truths"), [one["name"] for one in plan["size"]["truths"]]
    yield ("strata", "groups"), [one["name"] for one in plan["strata"]["groups"]]
    yield ("roles",), [one["role"] for one in plan["roles"]]
    yield ("others",), list(plan["others"])


def _find_goal_faults(document: Document) -> Iterator[Issue]:
    """Yield what is wrong with the criteria: each co-primary has one, and no other metric has any."""
    metrics = [goal["metric"] for goal in document.value]
    for number, goal in enumerate(document.value):
        found = (goal["subgroup"], goal["limit"], goal["comparison"])
        if found != ("all", "lower", ">"):
            message = f"{goal['id']}: found {', '.join(found)}, expected all, lower, >: that is what the size is for"
            yield document.issue("pivotal-criteria", (number,), message, "correct it, or make it a secondary analysis")
        if goal["metric"] not in CO_PRIMARY or goal["metric"] in metrics[:number]:
            message = f"{goal['id']}: metric {goal['metric']}, expected each of {', '.join(CO_PRIMARY)} once"
            yield document.issue("pivotal-criteria", (number, "metric"), message, "correct the metric")
        if not 0 < goal["bound"] < 1:
            message = f"{goal['id']}: bound {goal['bound']}, expected a share between 0 and 1"
            yield document.issue("pivotal-criteria", (number, "bound"), message, "correct the bound")
    for metric in CO_PRIMARY:
        if metric not in metrics:
            message = f"no criterion of {metric}, expected each of {', '.join(CO_PRIMARY)} once"
            yield document.issue("pivotal-criteria", (), message, "add the criterion")
