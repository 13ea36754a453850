"""Estimates of one group of images, each with its interval, and criteria held against them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from verification.evidence import Confusion, Estimate, Gap, Interval, StudyCriterion
from verification.protocol.plan import Goal
from verification.statistics.intervals import bootstrap, bootstrap_difference, clopper_pearson, delong, wilson
from verification.statistics.metrics import AGREEMENT, UNDEFINED, Floats, compute, describe_undefined, rank

COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
Mask = NDArray[np.bool_]


FEW = 30
"""With fewer positive or negative images an estimate only describes."""
ROUNDING = 1e-12
"""What weighted sums that are 0 or 1 may miss by."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Images with what is needed to estimate.

    `labels` (images,) 1 or 0; `scores` (images,) in [0, 1]; `patients` (images,) any codes; `threshold` flags at or
    above it, None if nothing is flagged; `weights` (images,) sampling weights above 0, None if all count alike.
    """

    labels: NDArray[np.int_]
    scores: Floats
    patients: NDArray[np.str_]
    threshold: float | None
    weights: Floats | None = None

    def where(self, chosen: Mask) -> Cases:
        """The chosen images only."""
        weights = None if self.weights is None else self.weights[chosen]
        return replace(
            self,
            labels=self.labels[chosen], scores=self.scores[chosen], patients=self.patients[chosen], weights=weights,
        )  # fmt: skip

    @property
    def flagged(self) -> Mask:
        """Which images are flagged: none without a threshold."""
        if self.threshold is None:
            return np.zeros(self.labels.shape, dtype=np.bool_)
        return np.asarray(self.scores >= self.threshold)

    @property
    def codes(self) -> NDArray[np.intp]:
        """(images,) the patient of each image, numbered from 0 without holes."""
        return np.unique(self.patients, return_inverse=True)[1]

    @property
    def proportions(self) -> dict[str, tuple[Mask, Mask]]:
        """By metric, which images its denominator holds, and which of them count."""
        positive, flagged = self.labels == 1, self.flagged
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
        positive, flagged = self.labels == 1, self.flagged
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


@dataclass(frozen=True, slots=True)
class Setting:
    """How a study estimates: samples of the bootstrap, their seed, what the labels are, and of what the scores are."""

    replicates: int
    seed: int
    reference_standard: str
    digests: Digests


def estimate(
    cases: Cases,
    setting: Setting,
    subgroup: str = "all",
    goals: Sequence[Goal] = (),
    score: str = "",
    metrics: Sequence[str] | None = None,
) -> tuple[Estimate, ...]:
    """Every metric of a group of images, with the interval that decides or, where it has no width, its fallback.

    Args:
        cases: the images; none of them gives no estimate.
        setting: the study's.
        subgroup: what the images are called.
        goals: the criterion of a goal for a metric and this subgroup is entered, and whether it is met.
        score: what is held against the reference standard, where it is not what the study is of.
        metrics: those wanted, in their order (default: all that the cases allow but the agreement of two readings).
    """
    if not cases.labels.size:
        return ()
    ranked = rank(cases.labels, cases.scores, cases.threshold)
    weights = np.ones(cases.labels.size) if cases.weights is None else cases.weights
    intervals = bootstrap(ranked, cases.codes, setting.replicates, setting.seed, cases.weights)
    found = {metric: number for metric, (number,) in compute(ranked, weights[np.newaxis]).items()}
    rows = []
    for metric in metrics or [each for each in found if each in UNDEFINED.keys() - AGREEMENT]:
        if metric not in found:
            continue
        number = found[metric]
        value, reason = describe_undefined(metric, number)
        interval = None
        if value is not None:
            sampled, defined = intervals[metric]
            interval, reason = _choose(_exact(metric, value, cases), sampled, defined, setting)
        rows.append(decide(_row(cases, metric, (value, reason, interval), setting, subgroup, score), goals))
    return tuple(rows)


def _choose(
    exact: Interval | None, sampled: Interval | None, defined: int, setting: Setting
) -> tuple[Interval | None, str | None]:
    """The interval that decides, or None and why: one without width would say that nothing is uncertain."""
    if exact is not None:
        return exact, None
    if sampled is None:
        return None, f"no interval: defined in {defined} of {setting.replicates} replicates"
    if sampled.lower == sampled.upper:
        return None, "no interval: every replicate gives the same value, and no exact method is stated"
    return sampled, None


def difference(cases: Cases, other: Floats, setting: Setting, score: str, subgroup: str = "all") -> Estimate:
    """The AUROC of the cases' scores less that of `other`, on the same images: metric "auroc_difference".

    Args:
        cases: the images with their scores.
        other: (images,) the scores that are compared with.
        setting: the study's.
        score: what is compared with what.
        subgroup: what the images are called.
    """
    pair = rank(cases.labels, cases.scores, None), rank(cases.labels, other, None)
    weights = np.ones((1, cases.labels.size)) if cases.weights is None else cases.weights[np.newaxis]
    areas = [float(compute(ranked, weights)["auroc"][0]) for ranked in pair]
    value, reason = describe_undefined("auroc", areas[0] - areas[1])
    interval = None
    if value is not None:
        sampled, defined = bootstrap_difference(pair, cases.codes, setting.replicates, setting.seed, cases.weights)
        interval, reason = _choose(None, sampled, defined, setting)
    return _row(cases, "auroc_difference", (value, reason, interval), setting, subgroup, score)


def estimate_as_if_independent(cases: Cases, setting: Setting) -> tuple[Estimate, ...]:
    """AUROC, sensitivity and specificity of all images with intervals that take images as independent.

    None of images that are weighted or of one class; the AUROC alone without a threshold.
    """
    if np.unique(cases.labels).size < 2 or cases.weights is not None:
        return ()
    ones = np.ones((1, cases.labels.size))
    area = float(compute(rank(cases.labels, cases.scores, None), ones)["auroc"][0])
    rows = [_row(cases, "auroc", (area, None, delong(cases.labels, cases.scores)), setting, "all")]
    for metric in ("sensitivity", "specificity") if cases.threshold is not None else ():
        among, counted = cases.proportions[metric]
        successes, n = int((among & counted).sum()), int(among.sum())
        rows.append(_row(cases, metric, (successes / n, None, wilson(successes, n)), setting, "all"))
    return tuple(rows)


def not_recorded(attribute: str, setting: Setting) -> Estimate:
    """The row of a subgroup that the data do not allow."""
    return Estimate(
        metric="auroc", value=None, reason="not recorded", interval=None, n=0, events=None, patients=0,
        subgroup=attribute, reference_standard=setting.reference_standard, decides=False, criterion=None, met=None,
        release_digest=setting.digests.release, dataset_digest=setting.digests.dataset,
    )  # fmt: skip


def decide(row: Estimate, goals: Sequence[Goal]) -> Estimate:
    """The estimate with the goal that is for its metric and its images, and whether that is met; as it is without."""
    goal = next((goal for goal in goals if (goal.metric, goal.subgroup) == (row.metric, row.subgroup)), None)
    return (
        row if goal is None else structs.replace(row, decides=True, criterion=goal.id, met=is_met(goal, row.interval))
    )


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
    and all of them are ranked alike. With sampling weights, over the effective number of patients.
    """
    if min(value, 1 - value) > ROUNDING:
        return None
    if metric == "auroc":
        n = min(_count_effective(cases.where(cases.labels == label)) for label in (0, 1))
    elif metric in cases.proportions:
        n = _count_effective(cases.where(cases.proportions[metric][0]))
    else:
        return None
    of = "patients" if cases.weights is None else "effective patients (Kish)"
    return clopper_pearson(n if value > 1 / 2 else 0, n, of)


def _count_effective(cases: Cases) -> int:
    """How many patients; with weights as many as would count alike for the same variance, rounded down (Kish).

    A patient's weight is the sum of those of the patient's images.
    """
    if cases.weights is None:
        return int(np.unique(cases.patients).size)
    sums = np.bincount(cases.codes, weights=cases.weights)
    return int(sums.sum() ** 2 / (sums**2).sum() + 1e-9)


def _row(
    cases: Cases,
    metric: str,
    found: tuple[float | None, str | None, Interval | None],
    setting: Setting,
    subgroup: str,
    score: str = "",
) -> Estimate:
    proportion = cases.proportions.get(metric)
    among = proportion[0] if proportion else np.ones_like(cases.labels, dtype=np.bool_)
    events = int((among & proportion[1]).sum()) if proportion else None
    positives, negatives = int((cases.labels == 1).sum()), int((cases.labels == 0).sum())
    return Estimate(
        metric=metric, value=found[0], reason=found[1], interval=found[2], n=int(among.sum()), events=events,
        patients=int(np.unique(cases.patients[among]).size), subgroup=subgroup,
        reference_standard=setting.reference_standard, decides=False, criterion=None, met=None,
        release_digest=setting.digests.release, dataset_digest=setting.digests.dataset, score=score,
        positives=positives, negatives=negatives, descriptive=min(positives, negatives) < FEW,
        weighted=cases.weights is not None,
    )  # fmt: skip
