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


def analyse_beside(
    cases: Cases, beside: Mapping[str, Floats], rows: Sequence[Scored], known: Known, plan: Plan,
    goals: tuple[Goal, ...], setting: Setting,
) -> Analysis:  # fmt: skip
    """Each other score beside the release's, of all images that have both and within each group of the plan.

    Args:
        cases: the images with the release's scores.
        beside: by name, (images,), other scores of the same images; NaN where there is none.
        rows: all images of the study, of which the cases are those with a score.
        known: what is known of each row.
        plan: names the groups, and says what each score is.
        goals: a goal for "auroc_difference" is decided by the difference to the first score.
        setting: the study's.
    """
    analysed = np.array([row.score is not None for row in rows])
    groups = {"all": np.ones(cases.labels.shape, dtype=np.bool_)}
    groups |= {group.name: select(group, known)[analysed] for group in plan.subgroups}
    estimates = [
        row
        for place, (name, other) in enumerate(beside.items())
        for group, chosen in groups.items()
        for row in _compare(cases, other, chosen & ~np.isnan(other), setting, (name, group), () if place else goals)
    ]
    said = plan.custody.beside if plan.custody else {}
    meanings = tuple((name, said[name].what if name in said else "not described") for name in beside)
    return state_analysis(
        cases,
        setting,
        Role.SECONDARY,
        identity="beside",
        title="Other scores of the same images",
        score=f"{OF_THE_RELEASE}, and others of the same images",
        statement="Each comparison is of the images that have both scores; its interval is of the difference on the "
        "same images, patients drawn together. The other scores were made by others; what their images of training "
        "were is stated by these and was not checked.",
        estimates=estimates,
        tables=(Table(title="What the other scores are", columns=("score", "what it is"), rows=meanings),),
    )


def _compare(
    cases: Cases, other: Floats, chosen: Mask, setting: Setting, names: tuple[str, str], goals: tuple[Goal, ...]
) -> Iterator[Estimate]:
    """The release's AUROC among the chosen images, the other score's, and their difference; nothing of no image."""
    name, group = names
    if not chosen.any():
        return
    held = cases.where(chosen)
    yield from estimate(held, setting, group, score=OF_THE_RELEASE, metrics=("auroc",))
    yield from estimate(replace(held, scores=other[chosen]), setting, group, score=name, metrics=("auroc",))
    yield decide(difference(held, other[chosen], setting, f"{OF_THE_RELEASE} less {name}", group), goals)
