"""Simple measures of a file or of an image: what a glance at size, edges or brightness already tells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from verification.protocol.images import Grey
from verification.statistics.metrics import Floats

LINEAR = "32-pixel linear model"
SIDE = 32
EDGE = 0.1
"""The side of a corner and the width of a border, as a share of the image's sides."""
HIGH = 0.25
"""Cycles a pixel from which on a frequency is high: half of what the grid can hold."""
TINY = 1e-9
"""What is added before a logarithm, so that a flat image has one."""


def measure_sharpness(grey: Grey) -> Floats:
    """The logarithm of the variance of the Laplacian, (1,)."""
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return np.log(np.array([laplacian.var(dtype=np.float64)]) + TINY)


def measure_high_frequencies(grey: Grey) -> Floats:
    """The logarithm of the share of the variance that lies at high frequencies, (1,)."""
    power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2
    rows, columns = (np.fft.fftfreq(size) for size in grey.shape)
    high = np.hypot(rows[:, np.newaxis], columns[np.newaxis]) >= HIGH
    return np.log(np.array([power[high].sum() / max(power.sum(), TINY)]) + TINY)


def measure_corners(grey: Grey) -> Floats:
    """The mean of each corner, (4,): top left, top right, bottom left, bottom right."""
    rows, columns = (max(1, round(EDGE * size)) for size in grey.shape)
    corners = (grey[y, x] for y in (slice(rows), slice(-rows, None)) for x in (slice(columns), slice(-columns, None)))
    return np.array([corner.mean() for corner in corners], dtype=np.float64)


def measure_borders(grey: Grey) -> Floats:
    """The mean of each border, (4,): top, bottom, left, right."""
    rows, columns = (max(1, round(EDGE * size)) for size in grey.shape)
    borders = (grey[:rows], grey[-rows:], grey[:, :columns], grey[:, -columns:])
    return np.array([border.mean() for border in borders], dtype=np.float64)


def shrink(grey: Grey) -> Floats:
    """The image at 32 x 32, row after row, (1024,)."""
    small = Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small, dtype=np.float64).ravel()


MEASURES: dict[str, Callable[[Grey], Floats]] = {
    "sharpness": measure_sharpness,
    "high-frequency energy": measure_high_frequencies,
    "corners": measure_corners,
    "borders": measure_borders,
    "mean intensity": lambda grey: np.array([grey.mean()], dtype=np.float64),
    "contrast": lambda grey: np.array([grey.std()], dtype=np.float64),
    LINEAR: shrink,
}
MEANINGS = {
    "file size": "logarithm of the bytes of the file",
    "sharpness": "logarithm of the variance of the Laplacian",
    "high-frequency energy": "logarithm of the share of the variance at a quarter of a cycle a pixel and above",
    "corners": "means of the four corners, a tenth of each side",
    "borders": "means of the four borders, a tenth of the side wide",
    "mean intensity": "mean of the gray values",
    "contrast": "standard deviation of the gray values",
    LINEAR: "the image at 32 x 32 pixels",
}
BASELINES = tuple(MEANINGS)
"""The names of all baselines."""
