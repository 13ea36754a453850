"""The operating point: the highest threshold that keeps the sensitivity that the recipe asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def choose_threshold(positive: NDArray[np.bool_], scores: NDArray[np.float64], minimum_sensitivity: float) -> float:
    """The highest score of a positive image at and above which enough of the positive images lie.

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
    return float(falling[np.argmax(enough)])
