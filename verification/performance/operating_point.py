"""The operating points of a score, and the locked one among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verification.evidence import Curve, CurvePoint
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


def _point(threshold: float, sensitivity: float, specificity: float) -> CurvePoint:
    return CurvePoint(threshold=float(threshold), sensitivity=float(sensitivity), specificity=float(specificity))
