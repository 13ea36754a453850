"""The operating point: as high as the sensitivity that the recipe asks for allows, between two scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def choose_threshold(positive: NDArray[np.bool_], scores: NDArray[np.float64], minimum_sensitivity: float) -> float:
    """The middle between the highest score that keeps enough of the positive images and the next lower score.

    A threshold that is no image's score decides the same on every machine, whatever the last digit.

    Args:
        positive: (images,) by the reference standard.
        scores: (images,) higher is more suspicious; an image is flagged at or above the threshold.
        minimum_sensitivity: in (0, 1].

    Raises:
        ValueError: no image is positive.
    """
    if not positive.any():
        raise ValueError("expected at least one positive image, received none")
    falling = np.sort(scores[positive])[::-1]
    # The least k with k/n >= s, without a product such as 0.95 * 20 that rounds up.
    enough = np.arange(1, falling.size + 1) / falling.size >= minimum_sensitivity
    highest = falling[np.argmax(enough)]
    lower = scores[scores < highest]
    return float((highest + lower.max()) / 2) if lower.size else float(highest)
