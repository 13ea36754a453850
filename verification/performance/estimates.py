"""Estimates of one group of images, each with its interval, and criteria held against them."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verification.evidence import Confusion, Estimate, Gap, Interval, StudyCriterion
from verification.performance.intervals import bootstrap, clopper_pearson, delong, wilson
from verification.performance.metrics import Floats, compute, describe_undefined, rank
from verification.performance.plan import Goal, Plan

COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cases:
    """Images with what is needed to estimate.

    `labels` (images,) 1 or 0; `scores` (images,) in [0, 1]; `patients` (images,) any codes; `threshold` flags at or
    above it.
    """

    labels: NDArray[np.int_]
    scores: Floats
    patients: NDArray[np.str_]
    threshold: float

    def where(self, chosen: Mask) -> Cases:
        """The chosen images only."""
        return Cases(self.labels[chosen], self.scores[chosen], self.patients[chosen], self.threshold)

    @property
    def proportions(self) -> dict[str, tuple[Mask, Mask]]:
        """By metric, which images its denominator holds, and which of them count."""
        positive, flagged = self.labels == 1, self.scores >= self.threshold
        every = np.ones_like(positive)
        return {
            "sensitivity": (positive, flagged),
            "specificity": (~positive, ~flagged),
            "ppv": (flagged, positive),
            "npv": (~flagged, ~positive),
            "accuracy": (every, positive == flagged),
            "prevalence": (every, positive),
            "flagged_fraction": (every, flagged),
        }

    def confusion(self) -> Confusion:
        """The 2x2 table, in images."""
        positive, flagged = self.labels == 1, self.scores >= self.threshold
        return Confusion(
            true_positive=int((positive & flagged).sum()),
            false_positive=int((~positive & flagged).sum()),
            false_negative=int((positive & ~flagged).sum()),
            true_negative=int((~positive & ~flagged).sum()),
        )


@dataclass(frozen=True, slots=True)
class Digests:
    """What the scores are of."""

    release: str
    dataset: str


def estimate(cases: Cases, plan: Plan, goals: tuple[Goal, ...], subgroup: str, of: Digests) -> Iterator[Estimate]:
    """Yield every metric of a group of images, with the interval that decides or, where it has no width, its fallback.

    The criterion of a goal for this metric and subgroup is entered, and whether it is met.
    """
    if not cases.labels.size:
        return
    ranked = rank(cases.labels, cases.scores, cases.threshold)
    _, codes = np.unique(cases.patients, return_inverse=True)
    intervals = bootstrap(ranked, codes, plan.replicates, plan.seed)
    for metric, (number,) in compute(ranked, np.ones((1, cases.labels.size))).items():
        value, reason = describe_undefined(metric, number)
        interval = None if value is None else (_exact(metric, value, cases) or intervals[metric][0])
        if value is not None and interval is None:
            reason = f"no interval: defined in {intervals[metric][1]} of {plan.replicates} replicates, or without width"
        goal = next((goal for goal in goals if (goal.metric, goal.subgroup) == (metric, subgroup)), None)
        criterion, met = (goal.id, is_met(goal, interval)) if goal else (None, None)
        yield _row(cases, metric, (value, reason, interval), plan, subgroup, of, criterion, met)


def estimate_as_if_independent(cases: Cases, plan: Plan, of: Digests) -> Iterator[Estimate]:
    """Yield AUROC, sensitivity and specificity of all images with intervals that take images as independent."""
    if np.unique(cases.labels).size < 2:
        return
    area = float(
        compute(rank(cases.labels, cases.scores, cases.threshold), np.ones((1, cases.labels.size)))["auroc"][0]
    )
    yield _row(cases, "auroc", (area, None, delong(cases.labels, cases.scores)), plan, "all", of)
    for metric in ("sensitivity", "specificity"):
        among, counted = cases.proportions[metric]
        successes, n = int((among & counted).sum()), int(among.sum())
        yield _row(cases, metric, (successes / n, None, wilson(successes, n)), plan, "all", of)


def not_recorded(attribute: str, plan: Plan, of: Digests) -> Estimate:
    """The row of a subgroup that the data do not allow."""
    return Estimate(
        metric="auroc", value=None, reason="not recorded", interval=None, n=0, events=None, patients=0,
        subgroup=attribute, reference_standard=plan.reference_standard, decides=False, criterion=None, met=None,
        release_digest=of.release, dataset_digest=of.dataset,
    )  # fmt: skip


def judge(goals: tuple[Goal, ...], estimates: tuple[Estimate, ...], gap: Gap | None) -> tuple[StudyCriterion, ...]:
    """Each criterion with the estimate that decides it, or the gap that stands in its place."""
    found = {estimate.criterion: estimate for estimate in estimates if estimate.criterion}
    missing = gap or Gap(reason="no image of the subgroup is scored", closes="score images of the subgroup")
    return tuple(_judge(goal, found.get(goal.id, missing)) for goal in goals)


def _judge(goal: Goal, deciding: Estimate | Gap) -> StudyCriterion:
    return StudyCriterion(
        id=goal.id, metric=goal.metric, subgroup=goal.subgroup, limit=goal.limit, comparison=goal.comparison,
        bound=goal.bound, rationale=goal.rationale, estimate=deciding,
        met=deciding.met if isinstance(deciding, Estimate) else None,
    )  # fmt: skip


def is_met(goal: Goal, interval: Interval | None) -> bool | None:
    """Whether the interval's limit is on the right side of the bound; None where there is no interval."""
    if interval is None:
        return None
    return bool(COMPARISONS[goal.comparison](getattr(interval, goal.limit), goal.bound))


def _exact(metric: str, value: float, cases: Cases) -> Interval | None:
    """The exact interval over patients where the estimate is 0 or 1 and the bootstrap's has no width.

    For the AUROC, over the patients of the smaller class: so many pairs of one patient of each class are independent,
    and all of them are ranked alike.
    """
    if value not in (0.0, 1.0):
        return None
    if metric == "auroc":
        n = min(np.unique(cases.patients[cases.labels == label]).size for label in (0, 1))
    elif metric in cases.proportions:
        n = np.unique(cases.patients[cases.proportions[metric][0]]).size
    else:
        return None
    return clopper_pearson(n if value == 1.0 else 0, n, "patients")


def _row(
    cases: Cases,
    metric: str,
    found: tuple[float | None, str | None, Interval | None],
    plan: Plan,
    subgroup: str,
    of: Digests,
    criterion: str | None = None,
    met: bool | None = None,
) -> Estimate:
    proportion = cases.proportions.get(metric)
    among = proportion[0] if proportion else np.ones_like(cases.labels, dtype=np.bool_)
    events = int((among & proportion[1]).sum()) if proportion else None
    return Estimate(
        metric=metric, value=found[0], reason=found[1], interval=found[2], n=int(among.sum()), events=events,
        patients=int(np.unique(cases.patients[among]).size), subgroup=subgroup,
        reference_standard=plan.reference_standard, decides=criterion is not None, criterion=criterion, met=met,
        release_digest=of.release, dataset_digest=of.dataset,
    )  # fmt: skip
