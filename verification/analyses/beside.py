"""Other scores of the same images beside the release's: what each reaches, and by how much the release ranks better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from verification.analyses.frame import OF_THE_RELEASE, state_analysis
from verification.estimation.estimates import Cases, Mask, Setting, decide, difference, estimate
from verification.evidence import Analysis, Estimate, Role, Table
from verification.protocol.plan import Goal, Plan
from verification.protocol.scores import Scored
from verification.protocol.subgroups import Known, select
from verification.statistics.metrics import Floats

COMPARED = (
    "Each comparison is of the images that the release analyzed; its interval is of the difference on the same images, "
    "patients drawn together. Where images were not analyzed, the same difference stands twice more: with each of them "
    "ranked wrongly by the release, a positive one below all others and a negative one above, and with each ranked "
    "rightly."
)
MODELS = (
    "The other scores were made by others; what their images of training were is stated by these and was not checked."
)
SIMPLE = (
    "Each looks at the image coarsely or not at all, and learned on the training images what goes along with the "
    "finding. What it reaches, these images give away to so little."
)


def analyse_beside(
    rows: Sequence[Scored], beside: Mapping[str, Floats], known: Known, plan: Plan, goals: tuple[Goal, ...],
    setting: Setting,
) -> Analysis | None:  # fmt: skip
    """The scores of other models beside the release's, of all images that have both and within each group of the plan.

    Args:
        rows: all images of the study with the release's scores, of those that were analyzed.
        beside: by name, (rows,), the ranks of other scores of the same images.
        known: what is known of each row.
        plan: names the groups, and says what each other score is.
        goals: a goal for "auroc_difference" is decided by the difference to the score that the plan names first.
        setting: the study's.

    Returns:
        The analysis; None if the plan names none of another model.
    """
    found, told = _compare_all(rows, beside, known, plan, goals, setting, is_simple=False)
    if found is None:
        return None
    return state_analysis(
        gather_analysed(rows), setting, Role.SECONDARY, identity="beside", title="Other models on the same images",
        score=f"{OF_THE_RELEASE}, and others of them", statement=f"{MODELS} {COMPARED}", estimates=found, tables=told,
    )  # fmt: skip


def analyse_beside_simple(
    rows: Sequence[Scored], beside: Mapping[str, Floats], known: Known, plan: Plan, goals: tuple[Goal, ...],
    setting: Setting,
) -> Analysis | None:  # fmt: skip
    """The same for simple measures; None if the plan names none."""
    found, told = _compare_all(rows, beside, known, plan, goals, setting, is_simple=True)
    if found is None:
        return None
    return state_analysis(
        gather_analysed(rows), setting, Role.BASELINE, identity="beside-simple",
        title="Simple measures of the same images", score=f"{OF_THE_RELEASE}, and others of them",
        statement=f"{SIMPLE} {COMPARED}", estimates=found, tables=told,
    )  # fmt: skip


def _compare_all(
    rows: Sequence[Scored], beside: Mapping[str, Floats], known: Known, plan: Plan, goals: tuple[Goal, ...],
    setting: Setting, *, is_simple: bool,
) -> tuple[list[Estimate] | None, tuple[Table, ...]]:  # fmt: skip
    """The comparisons with the scores of a kind, None if there is none, and what these scores are."""
    every, said = gather_rows(rows), plan.custody.beside if plan.custody else {}
    groups = {"all": np.ones(len(rows), dtype=np.bool_)}
    groups |= {group.name: select(group, known) for group in plan.subgroups}
    names = [name for name, one in said.items() if one.simple == is_simple]
    found = [
        row
        for name in names
        for group, chosen in groups.items()
        for row in _compare(
            every.where(chosen), beside[name][chosen], setting, (name, group), goals if name == next(iter(said)) else ()
        )
    ]
    told = Table("What the other scores are", ("score", "what it is"), tuple((name, said[name].what) for name in names))
    return found if names else None, (told,)


def gather_analysed(rows: Sequence[Scored]) -> Cases:
    """The rows that were analyzed."""
    every = gather_rows(rows)
    return every.where(~np.isnan(every.scores))


def gather_rows(rows: Sequence[Scored]) -> Cases:
    """All rows of a table of scores; the score of an image that was not analyzed is NaN."""
    return Cases(
        np.array([row.label for row in rows]),
        np.array([np.nan if row.score is None else row.score for row in rows], dtype=np.float64),
        np.array([row.patient for row in rows]),
        None,
    )


def _compare(
    cases: Cases, other: Floats, setting: Setting, names: tuple[str, str], goals: tuple[Goal, ...]
) -> Iterator[Estimate]:
    """The AUROC of both scores and their difference; nothing of no image."""
    name, group = names
    analysed = ~np.isnan(cases.scores)
    if not analysed.any():
        return
    held, said = cases.where(analysed), f"{OF_THE_RELEASE} less {name}"
    yield from estimate(held, setting, group, score=OF_THE_RELEASE, metrics=("auroc",))
    yield from estimate(replace(held, scores=other[analysed]), setting, group, score=name, metrics=("auroc",))
    yield decide(difference(held, other[analysed], setting, said, group), goals)
    for how, right in (("wrongly", False), ("rightly", True)) if not analysed.all() else ():
        filled = np.where(analysed, cases.scores, _rank(cases.labels == 1, right=right))
        ranked = f"{group}, images not analyzed ranked {how}"
        yield difference(replace(cases, scores=filled), other, setting, said, ranked)


def _rank(positive: Mask, *, right: bool) -> Floats:
    """(images,) a score above or below all others."""
    return np.where(positive == right, 2.0, -1.0)
