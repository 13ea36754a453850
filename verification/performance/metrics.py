"""Metrics of a score against a reference standard, for one weighting of the images or for many at once.

An image is flagged if and only if its score is at or above the threshold. Every metric is computed from image weights,
so that the estimate (all weights 1) and its bootstrap replicates are one formula. Undefined values are NaN inside and
become None with a reason at the door (`describe_undefined`), never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

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
    """The images of each class in rising order of score, and where the positive images' scores lie among the others.

    `positives` and `negatives` are indices into the input. The positive images fall into groups of one score: `starts`
    are the groups' first places, `below` and `upto` how many negative images have a lower and at most the same score.
    `flagged_positive` and `flagged_negative` are the first flagged place of each class; None without a threshold.
    """

    positives: NDArray[np.intp]
    negatives: NDArray[np.intp]
    starts: NDArray[np.intp]
    below: NDArray[np.intp]
    upto: NDArray[np.intp]
    flagged_positive: int | None
    flagged_negative: int | None


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
    order = np.argsort(scores, kind="stable")
    positives, negatives = order[labels[order] == 1], order[labels[order] == 0]
    of_positives, of_negatives = scores[positives], scores[negatives]
    starts = np.flatnonzero(np.diff(of_positives, prepend=-np.inf) > 0)
    below, upto = (np.searchsorted(of_negatives, of_positives[starts], side) for side in SIDES)
    first = [
        None if threshold is None else int(np.searchsorted(each, threshold)) for each in (of_positives, of_negatives)
    ]
    return Ranked(positives, negatives, starts, below, upto, first[0], first[1])


SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


def compute(ranked: Ranked, weights: Floats) -> dict[str, Floats]:
    """Every metric for every weighting.

    Args:
        ranked: the images.
        weights: (weightings, images), in the input's order; how much each image counts.

    Returns:
        By metric, (weightings,), NaN where undefined.
    """
    return compute_by_class(ranked, weights[:, ranked.positives], weights[:, ranked.negatives])


def compute_by_class(ranked: Ranked, positive: Floats, negative: Floats) -> dict[str, Floats]:
    """The same from the weights of each class, (weightings, images of the class), in rising order of score.

    AUROC is the Mann–Whitney statistic, a tie counting half; average precision is by distinct thresholds.
    """
    passed_negative = np.zeros((negative.shape[0], negative.shape[1] + 1))
    np.cumsum(negative, axis=1, out=passed_negative[:, 1:])
    negatives = passed_negative[:, -1]
    below = passed_negative[:, ranked.below]
    at_score = np.add.reduceat(positive, ranked.starts, axis=1) if ranked.starts.size else positive
    above_positive = np.cumsum(at_score[:, ::-1], axis=1)[:, ::-1]  # at or above each score of a positive image
    above_negative = negatives[:, np.newaxis] - below
    positives = at_score.sum(axis=1)
    won = (at_score * (below + passed_negative[:, ranked.upto])).sum(axis=1) / 2
    precision = np.nan_to_num(_ratio(above_positive, above_positive + above_negative))  # its step adds no recall
    found = {
        "auroc": _ratio(won, positives * negatives),
        "average_precision": _ratio((at_score * precision).sum(axis=1), positives),
    }
    if ranked.flagged_positive is None or ranked.flagged_negative is None:
        return found
    tp = positive[:, ranked.flagged_positive :].sum(axis=1)
    tn = passed_negative[:, ranked.flagged_negative]
    return found | from_counts(tp, negatives - tn, positives - tp, tn)


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
