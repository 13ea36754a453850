"""The curve of a study once more from its scores: each point at its threshold, both ends, and none left out between."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from submission.audit.again.estimates import TOLERANCE, Image

MOST = 399
"""Thresholds that a curve has at most, beside its beginning at none."""


def find_in_curve(
    where: str, images: Sequence[Image], study: Mapping[str, Any], threshold: float | None
) -> Iterator[tuple[str, str, str]]:
    """Yield where the curve of a study is not that of its scores.

    Args:
        where: the study, for a person.
        images: those with a score.
        study: as the evidence has it.
        threshold: of the release; its point is the operating one.
    """
    curve = study["curve"]
    if curve.get("type") != "Curve":
        return
    ranked = [sorted(image.score for image in images if image.positive is kind) for kind in (True, False)]
    if not all(ranked):
        yield "curve-differs", where, "states a curve, and its scores are all of one kind"
        return
    scores = sorted({image.score for image in images})
    points = curve["points"]
    stated = [point["threshold"] for point in points[1:]]
    if len(stated) != min(MOST, len(scores)) or (stated[0], stated[-1]) != (scores[-1], scores[0]):
        yield (
            "curve-differs",
            where,
            f"states {len(stated)} thresholds from {stated[0]} on, its scores have {len(scores)}",
        )
    if any(one <= other for one, other in pairwise(stated)):
        yield "curve-differs", where, "states thresholds that do not fall"
    if (points[0]["threshold"], points[0]["sensitivity"], points[0]["specificity"]) != (None, 0.0, 1.0):
        yield "curve-differs", where, "does not begin where nothing is flagged"
    for point in (*points[1:], curve["operating"]):
        found = _point(ranked, point["threshold"])
        if not all(
            math.isclose(point[name], value, rel_tol=TOLERANCE, abs_tol=TOLERANCE) for name, value in found.items()
        ):
            yield "curve-differs", where, f"states {point}, the scores give {found} at this threshold"
    if threshold is not None and curve["operating"]["threshold"] != threshold:
        yield "curve-differs", where, f"operates at {curve['operating']['threshold']}, the release at {threshold}"


def _point(ranked: Sequence[Sequence[float]], threshold: float) -> dict[str, float]:
    positive, negative = ranked
    return {
        "sensitivity": 1 - bisect_left(positive, threshold) / len(positive),
        "specificity": bisect_left(negative, threshold) / len(negative),
    }
