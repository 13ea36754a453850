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
}
"""Every metric, in the order of a report, with why it may be undefined."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Scores in rising order, with what else is known of each image.

    `order` gives each place's index in the input; `labels` are 1 or 0 in that order; `starts` are the places where a
    new score begins (ties share one); `flagged` is the first place whose score is at or above the threshold.
    """

    order: NDArray[np.intp]
    labels: Floats
    starts: NDArray[np.intp]
    flagged: int


def rank(labels: NDArray[np.int_], scores: Floats, threshold: float) -> Ranked:
    """Sort by score, once for all weightings.

    Args:
        labels: (images,) 1 for positive, 0 for negative by the reference standard.
        scores: (images,) finite.
        threshold: at and above it an image is flagged.

    Raises:
        ValueError: the arrays are empty, of two lengths, not 0 and 1, or not finite.
    """
    if labels.shape != scores.shape or labels.ndim != 1 or not labels.size:
        raise ValueError(f"expected labels and scores of one length, received {labels.shape} and {scores.shape}")
    if not np.isin(labels, (0, 1)).all() or not np.isfinite(scores).all():
        raise ValueError("expected labels 0 or 1 and finite scores")
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return Ranked(order, labels[order].astype(np.float64), starts, int(np.searchsorted(ordered, threshold, "left")))


def compute(ranked: Ranked, weights: Floats) -> dict[str, Floats]:
    """Every metric for every weighting.

    Args:
        ranked: the images.
        weights: (weightings, images), in the input's order; how often each image counts.

    Returns:
        By metric, (weightings,), NaN where undefined.
    """
    ordered = weights[:, ranked.order]
    positive, negative = ordered * ranked.labels, ordered * (1 - ranked.labels)
    counts = (part.sum(axis=1) for part in _split(positive, negative, ranked.flagged))
    return _ranking_metrics(ranked, positive, negative) | from_counts(*counts)


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
    }


def describe_undefined(metric: str, value: float) -> tuple[float | None, str | None]:
    """The value and no reason, or None and the reason why the metric is undefined."""
    return (None, UNDEFINED[metric]) if np.isnan(value) else (float(value), None)


def sweep(labels: NDArray[np.int_], scores: Floats) -> tuple[Floats, Floats, Floats]:
    """Every distinct threshold in falling order, and the sensitivity and specificity of flagging at or above it.

    Raises:
        ValueError: a class is absent.
    """
    ranked = rank(labels, scores, 0.0)
    positive = np.add.reduceat(ranked.labels, ranked.starts)[::-1]
    images = np.diff(np.append(ranked.starts, labels.size))[::-1]
    if not 0 < positive.sum() < labels.size:
        raise ValueError("expected both classes")
    flagged_positive, flagged_negative = np.cumsum(positive), np.cumsum(images - positive)
    thresholds = scores[ranked.order][ranked.starts][::-1]
    return thresholds, flagged_positive / flagged_positive[-1], 1 - flagged_negative / flagged_negative[-1]


def _ranking_metrics(ranked: Ranked, positive: Floats, negative: Floats) -> dict[str, Floats]:
    """AUROC as the Mann–Whitney statistic, a tie counting half; average precision by distinct thresholds."""
    at_positive = np.add.reduceat(positive, ranked.starts, axis=1)
    at_negative = np.add.reduceat(negative, ranked.starts, axis=1)
    above_positive = np.cumsum(at_positive[:, ::-1], axis=1)[:, ::-1]  # at or above each distinct score
    above_negative = np.cumsum(at_negative[:, ::-1], axis=1)[:, ::-1]
    positives, negatives = above_positive[:, 0], above_negative[:, 0]
    won = (at_negative * (above_positive - at_positive / 2)).sum(axis=1)
    precision = np.nan_to_num(_ratio(above_positive, above_positive + above_negative))  # its step adds no recall
    return {
        "auroc": _ratio(won, positives * negatives),
        "average_precision": _ratio((at_positive * precision).sum(axis=1), positives),
    }


def _split(positive: Floats, negative: Floats, flagged: int) -> tuple[Floats, Floats, Floats, Floats]:
    return positive[:, flagged:], negative[:, flagged:], positive[:, :flagged], negative[:, :flagged]


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)
