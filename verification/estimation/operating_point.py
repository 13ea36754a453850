"""The operating points of a score, and the locked one among them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from verification.estimation.estimates import Cases
from verification.evidence import Curve, CurvePoint, Interval, Table
from verification.statistics.intervals import percentile, resample
from verification.statistics.metrics import Floats, sweep

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


def rule_threshold(
    labels: NDArray[np.int_],
    scores: Floats,
    minimum_sensitivity: float,
    weights: Floats | None = None,
    *,
    midway: bool = True,
) -> float:
    """The middle between the highest score that keeps the sensitivity on these images and the next lower score.

    Not `midway`, that highest score itself. NaN where no image is positive.
    """
    order = np.argsort(-scores, kind="stable")
    positive = _weigh_positive(labels, weights)[order]
    return float(_rule(np.ones((scores.size, 1)), scores[order], positive, minimum_sensitivity, midway)[0])


def threshold_interval(
    labels: NDArray[np.int_],
    scores: Floats,
    patients: NDArray[np.intp],
    minimum_sensitivity: float,
    replicates: int,
    seed: int,
    weights: Floats | None = None,
    *,
    midway: bool = True,
) -> Interval | None:
    """How uncertain a threshold is that was chosen on these images by `rule_threshold`, the rule of releases.

    Args:
        labels: (images,) 1 or 0.
        scores: (images,) in [0, 1].
        patients: (images,) numbered from 0 without holes; they are drawn with replacement, as for any estimate.
        minimum_sensitivity: of the rule, in (0, 1].
        replicates: how many samples.
        seed: of the generators.
        weights: (images,) sampling weights; None if all count alike.
        midway: as in `rule_threshold`.
    """
    order = np.argsort(-scores, kind="stable")
    falling, positive = scores[order], _weigh_positive(labels, weights)[order]

    def measure(drawn: Floats) -> dict[str, Floats]:
        return {"threshold": _rule(drawn[patients[order]], falling, positive, minimum_sensitivity, midway)}

    values = resample(int(patients.max()) + 1, replicates, seed, measure)["threshold"]
    return percentile(values, replicates, seed)[0]


def _weigh_positive(labels: NDArray[np.int_], weights: Floats | None) -> Floats:
    """(images, 1) what each positive image counts for, 0 for a negative one."""
    positive = (labels == 1).astype(np.float64) if weights is None else np.where(labels == 1, weights, 0.0)
    return positive[:, np.newaxis]


def _rule(counts: Floats, falling: Floats, positive: Floats, minimum_sensitivity: float, midway: bool) -> Floats:
    """The threshold of each sample; `counts` (images, samples) says how often each image is in it, by falling score."""
    kept = np.cumsum(counts * positive, axis=0)
    highest = falling[np.argmax(kept >= minimum_sensitivity * kept[-1] - 1e-9, axis=0)]
    lower = (falling[:, np.newaxis] < highest) & (counts > 0)
    following = np.where(midway & lower.any(axis=0), falling[np.argmax(lower, axis=0)], highest)
    return np.where(kept[-1] > 0, (highest + following) / 2, np.nan)


def ends_table(cases: Cases, threshold: float, interval: Interval, patients: int) -> Table:
    """What the locked threshold and the ends of its own interval give on these images, as they are weighted.

    Args:
        cases: the images.
        threshold: the locked one.
        interval: how uncertain it is.
        patients: how many chose it.
    """
    ends = (("locked", threshold), ("lower limit", interval.lower), ("upper limit", interval.upper))
    return Table(
        title=f"The threshold's 95 % interval, from {patients} tuning patients ({interval.method})",
        columns=("threshold at its", "threshold", "sensitivity here", "specificity here"),
        rows=tuple((name, float(end), *_decide(cases, end)) for name, end in ends),
    )


def asked_table(cases: Cases, thresholds: Mapping[float, float]) -> Table:
    """What the rule would give on these images, by the sensitivity that it asks for on the tuning patients."""
    return Table(
        title="Had the rule asked for another sensitivity on the tuning patients",
        columns=("sensitivity asked for", "threshold", "sensitivity here", "specificity here"),
        rows=tuple((wanted, threshold, *_decide(cases, threshold)) for wanted, threshold in thresholds.items()),
    )


def _decide(cases: Cases, threshold: float) -> tuple[float | None, float | None]:
    """Sensitivity and specificity of flagging at or above a threshold; None where no image has the label."""
    weights = np.ones(cases.labels.size) if cases.weights is None else cases.weights
    positive, flagged = cases.labels == 1, cases.scores >= threshold
    return (
        float(np.average(flagged[positive], weights=weights[positive])) if positive.any() else None,
        float(np.average(~flagged[~positive], weights=weights[~positive])) if not positive.all() else None,
    )


def _point(threshold: float, sensitivity: float, specificity: float) -> CurvePoint:
    return CurvePoint(threshold=float(threshold), sensitivity=float(sensitivity), specificity=float(specificity))
