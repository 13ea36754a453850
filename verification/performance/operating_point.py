"""The operating points of a score, and the locked one among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verification.evidence import Curve, CurvePoint, Interval
from verification.performance.intervals import percentile, resample
from verification.performance.metrics import Floats, sweep

MAXIMUM_POINTS = 400


def draw_curve(labels: NDArray[np.int_], scores: Floats, threshold: float) -> Curve:
    """The operating points of the scores in order of falling threshold, thinned to at most 400, ends included.

    Raises:
        ValueError: a class is absent.
    """
    thresholds, sensitivity, specificity = sweep(labels, scores)
    kept = np.unique(np.linspace(0, thresholds.size - 1, min(MAXIMUM_POINTS - 1, thresholds.size)).round().astype(int))
    points = [CurvePoint(threshold=None, sensitivity=0.0, specificity=1.0)]
    points += [_point(thresholds[i], sensitivity[i], specificity[i]) for i in kept]
    flagged = scores >= threshold
    operating = _point(threshold, flagged[labels == 1].mean(), 1 - flagged[labels == 0].mean())
    return Curve(points=tuple(points), operating=operating)


def rule_threshold(labels: NDArray[np.int_], scores: Floats, minimum_sensitivity: float) -> float:
    """The middle between the highest score that keeps the sensitivity on these images and the next lower score.

    NaN where no image is positive.
    """
    order = np.argsort(-scores, kind="stable")
    positive = (labels[order] == 1)[:, np.newaxis]
    return float(_rule(np.ones((scores.size, 1)), scores[order], positive, minimum_sensitivity)[0])


def threshold_interval(
    labels: NDArray[np.int_],
    scores: Floats,
    patients: NDArray[np.intp],
    minimum_sensitivity: float,
    replicates: int,
    seed: int,
) -> Interval | None:
    """How uncertain a threshold is that was chosen on these images by `rule_threshold`, the rule of releases.

    Args:
        labels: (images,) 1 or 0.
        scores: (images,) in [0, 1].
        patients: (images,) numbered from 0 without holes; they are drawn with replacement, as for any estimate.
        minimum_sensitivity: of the rule, in (0, 1].
        replicates: how many samples.
        seed: of the generators.
    """
    order = np.argsort(-scores, kind="stable")
    falling, positive = scores[order], (labels[order] == 1)[:, np.newaxis]

    def measure(drawn: Floats) -> dict[str, Floats]:
        return {"threshold": _rule(drawn[patients[order]], falling, positive, minimum_sensitivity)}

    values = resample(int(patients.max()) + 1, replicates, seed, measure)["threshold"]
    return percentile(values, replicates, seed)[0]


def _rule(counts: Floats, falling: Floats, positive: NDArray[np.bool_], minimum_sensitivity: float) -> Floats:
    """The threshold of each sample; `counts` (images, samples) says how often each image is in it, by falling score."""
    kept = np.cumsum(counts * positive, axis=0)
    highest = falling[np.argmax(kept >= minimum_sensitivity * kept[-1] - 1e-9, axis=0)]
    lower = (falling[:, np.newaxis] < highest) & (counts > 0)
    following = np.where(lower.any(axis=0), falling[np.argmax(lower, axis=0)], highest)
    return np.where(kept[-1] > 0, (highest + following) / 2, np.nan)


def _point(threshold: float, sensitivity: float, specificity: float) -> CurvePoint:
    return CurvePoint(threshold=float(threshold), sensitivity=float(sensitivity), specificity=float(specificity))
