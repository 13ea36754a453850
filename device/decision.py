"""From a score to the device's only statement about an image."""

from __future__ import annotations

from device.types import Finding, Flag, OperatingPoint


def decide(score: float, operating_point: OperatingPoint) -> Finding:
    """Flag an image whose score reaches the release's locked threshold.

    Args:
        score: the model's output, in [0, 1].
        operating_point: the release's; no user setting changes it.

    Implements: SRS-027
    """
    flag = Flag.FLAGGED if score >= operating_point.threshold else Flag.NOT_FLAGGED
    return Finding(flag, score, operating_point.threshold)
