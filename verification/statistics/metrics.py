"""Metrics of a score against a reference standard, for one weighting of the images or for many at once.

An image is flagged if and only if its score is at or above the threshold. Every metric is computed from image weights,
so that the estimate (all weights 1) and its bootstrap replicates are one formula. Undefined values are NaN inside and
become None with a reason at the door (`describe_undefined`), never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats: TypeAlias = NDArray[np.float64]

NO_POSITIVE = "no image is positive by the reference standard"
NO_NEGATIVE = "no image is negative by the reference standard"

UNDEFINED = {
    "auroc": "the images are of one class by the reference standard",
    "average_precision": NO_POSITIVE,
    "sensitivity": NO_POSITIVE,
    "specificity": NO_NEGATIVE,
    "ppv": "no image is flagged",
    "npv": "every image is flagged",
    "lr_positive": "no negative image is flagged (the ratio has no bound), or a class is absent",
    "lr_negative": "every negative image is flagged (the ratio has no bound), or a class is absent",
    "f1": "no image is positive and none is flagged",
    "always_positive_f1": "there is no image",
    "accuracy": "there is no image",
    "prevalence": "there is no image",
    "flagged_fraction": "there is no image",
    "kappa": "all images are alike by both, or there is no image",
    "ac1": "there is no image",
    "positive_agreement": "no image is positive by either",
    "negative_agreement": "every image is positive by both",
}
"""Every metric, in the order of a report, with why it may be undefined."""


AGREEMENT = ("kappa", "ac1", "positive_agreement", "negative_agreement")
"""The metrics of two readings, neither of which is the truth."""

RANKING = ("auroc", "average_precision")
"""The metrics that need no threshold."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where each image lies among the distinct scores of the positive images, which rise with their place.

    `positive` (images,); `place` (images,): of a positive image the place of its score, from 0; of a negative image
    twice the number of lower scores, and one more if its own is among them, so that even places lie between the scores
    and odd ones at them. `scores` is how many scores there are. `flagged` (images,), None without a threshold.
    """

    positive: NDArray[np.bool_]
    place: NDArray[np.intp]
    scores: int
    flagged: NDArray[np.bool_] | None


def rank(labels: NDArray[np.int_], scores: Floats, threshold: float | None) -> Ranked:
    """Sort by score, once for all weightings.

    Args:
        labels: (images,) 1 for positive, 0 for negative by the reference standard.
        scores: (images,) finite.
        threshold: at and above it an image is flagged; None if nothing is.

    Raises:
        ValueError: the arrays are empty, of two lengths, not 0 and 1, or not finite.
    """
    if labels.shape != scores.shape or labels.ndim != 1 or not labels.size:
        raise ValueError(f"expected labels and scores of one length, received {labels.shape} and {scores.shape}")
    if not np.isin(labels, (0, 1)).all() or not np.isfinite(scores).all():
        raise ValueError("expected labels 0 or 1 and finite scores")
    positive = labels == 1
    distinct = np.unique(scores[positive])
    lower, upto = np.searchsorted(distinct, scores, "left"), np.searchsorted(distinct, scores, "right")
    flagged = None if threshold is None else scores >= threshold
    return Ranked(positive, np.where(positive, lower, lower + upto), distinct.size, flagged)


def compute(ranked: Ranked, weights: Floats) -> dict[str, Floats]:
    """Every metric for every weighting.

    Args:
        ranked: the images.
        weights: (weightings, images), in the input's order; how much each image counts.

    Returns:
        By metric, (weightings,), NaN where undefined.
    """
    every = np.arange(ranked.place.size)
    return compute_sums(ranked, sum_by(ranked, every) @ np.ascontiguousarray(weights.T))


def sum_by(ranked: Ranked, units: NDArray[np.intp], weights: Floats | None = None) -> sparse.csr_array:
    """What makes sums over images out of how often each unit counts: the matrix to multiply its counts with.

    Args:
        ranked: the images.
        units: (images,) the unit of each image, such as its patient, numbered from 0 without holes.
        weights: (images,) sampling weights; None if all count alike.

    Returns:
        (rows, units): a row for each score of positive images, for each place of negative images, and with a threshold
        for each cell of the two-by-two table: true positive, false positive, false negative, true negative.
    """
    negative_from, table_from = ranked.scores, 3 * ranked.scores + 1
    rows = np.where(ranked.positive, ranked.place, negative_from + ranked.place)
    weights = np.ones(rows.size) if weights is None else weights
    size = table_from
    if ranked.flagged is not None:
        cells = table_from + np.where(ranked.flagged, 0, 2) + ~ranked.positive
        rows, units, weights = np.append(rows, cells), np.tile(units, 2), np.tile(weights, 2)
        size += 4
    return sparse.csr_array((weights, (rows, units)), shape=(size, int(units.max()) + 1))


def compute_sums(ranked: Ranked, sums: Floats) -> dict[str, Floats]:
    """Every metric from the sums that `sum_by` makes, (rows, weightings); they are used up.

    AUROC is the Mann–Whitney statistic, a tie counting half; average precision is by distinct thresholds. Sums run
    from the highest score down.
    """
    at_score, table = sums[: ranked.scores][::-1], sums[3 * ranked.scores + 1 :]
    negative = sums[ranked.scores : 3 * ranked.scores + 1][::-1]
    np.cumsum(negative, axis=0, out=negative)
    higher, upfrom, negatives = negative[0:-1:2], negative[1::2], negative[-1]
    passed = np.cumsum(at_score, axis=0)  # positive images at or above each score
    positives = passed[-1].copy() if ranked.scores else np.zeros_like(negatives)
    lost = np.einsum("sw,sw->w", at_score, higher) + np.einsum("sw,sw->w", at_score, upfrom)
    above = passed + upfrom
    np.divide(passed, above, out=passed, where=above > 0)  # where it is 0 no image has the score, and no recall is won
    found = {
        "auroc": _ratio(positives * negatives - lost / 2, positives * negatives),
        "average_precision": _ratio(np.einsum("sw,sw->w", at_score, passed), positives),
    }
    return found | from_counts(*table) if ranked.flagged is not None else found


def from_counts(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> dict[str, Floats]:
    """The metrics of two-by-two tables: arrays of one shape; NaN where undefined."""
    positive, negative, flagged, passed = tp + fn, fp + tn, tp + fp, fn + tn
    total = positive + negative
    sensitivity, specificity, prevalence = _ratio(tp, positive), _ratio(tn, negative), _ratio(positive, total)
    return {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "ppv": _ratio(tp, flagged),
        "npv": _ratio(tn, passed),
        "lr_positive": _ratio(sensitivity, 1 - specificity),
        "lr_negative": _ratio(1 - sensitivity, specificity),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "always_positive_f1": _ratio(2 * prevalence, 1 + prevalence),
        "accuracy": _ratio(tp + tn, total),
        "prevalence": prevalence,
        "flagged_fraction": _ratio(flagged, total),
        **_agreement(tp, fp, fn, tn),
    }


def _agreement(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> dict[str, Floats]:
    """Cohen's kappa, Gwet's AC1 and the proportions of specific agreement of two readings."""
    total = tp + fp + fn + tn
    agreed, one, other = _ratio(tp + tn, total), _ratio(tp + fn, total), _ratio(tp + fp, total)
    by_chance = one * other + (1 - one) * (1 - other)
    mean = (one + other) / 2
    by_guess = 2 * mean * (1 - mean)
    return {
        "kappa": _ratio(agreed - by_chance, 1 - by_chance),
        "ac1": _ratio(agreed - by_guess, 1 - by_guess),
        "positive_agreement": _ratio(2 * tp, 2 * tp + fp + fn),
        "negative_agreement": _ratio(2 * tn, 2 * tn + fp + fn),
    }


def describe_undefined(metric: str, value: float) -> tuple[float | None, str | None]:
    """The value and no reason, or None and the reason why the metric is undefined."""
    return (None, UNDEFINED[metric]) if np.isnan(value) else (float(value), None)


def sweep(labels: NDArray[np.int_], scores: Floats) -> tuple[Floats, Floats, Floats]:
    """Every distinct threshold in falling order, and the sensitivity and specificity of flagging at or above it.

    Raises:
        ValueError: a class is absent.
    """
    if not 0 < labels.sum() < labels.size:
        raise ValueError("expected both classes")
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), labels.size - 1)  # a score's last place
    positive = np.cumsum(labels[order])[ends]
    negative = ends + 1 - positive
    return scores[order][ends], positive / positive[-1], 1 - negative / negative[-1]


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)
