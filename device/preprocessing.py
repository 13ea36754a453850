"""From a radiograph to the model's input: the one definition that inference and training share."""

from __future__ import annotations

import numpy as np
from PIL import Image

from device.types import Geometry, ModelInput, UnitImage

BILINEAR_ANTIALIASED = "bilinear-antialiased"
"""Triangle filter whose support grows with the reduction, so that every source row and column contributes."""

ROWS_AT_A_TIME = 256
"""How many rows are narrowed at a time: Pillow copies what it is given."""


def preprocess(pixels: UnitImage, geometry: Geometry) -> ModelInput:
    """Resize to the release's geometry.

    Args:
        pixels: axis order (rows, columns), float32 in [0, 1], polarity MONOCHROME2.
        geometry: the release's input size; the aspect ratio is not kept.

    Returns:
        Axis order (rows, columns, 1), float32 in [0, 1].

    Raises:
        ValueError: the array is not two-dimensional float32, or the geometry asks for another resampling.

    Implements: SRS-024
    """
    if pixels.ndim != 2 or pixels.dtype != np.float32:
        raise ValueError(f"pixels: expected a 2-D float32 array, received {pixels.ndim}-D {pixels.dtype}")
    if geometry.resampling != BILINEAR_ANTIALIASED or geometry.keeps_aspect:
        raise ValueError(f"geometry: expected {BILINEAR_ANTIALIASED} without keeping the aspect, received {geometry}")
    narrow = np.empty((len(pixels), geometry.columns), np.float32)
    for start in range(0, len(pixels), ROWS_AT_A_TIME):
        rows = pixels[start : start + ROWS_AT_A_TIME]
        narrow[start : start + ROWS_AT_A_TIME] = _resize(rows, geometry.columns, len(rows))
    return np.clip(_resize(narrow, geometry.columns, geometry.rows), 0.0, 1.0)[:, :, np.newaxis]


def _resize(pixels: UnitImage, columns: int, rows: int) -> UnitImage:
    """Pillow resizes first the rows, then the columns; where a side stays as it is, it does nothing to it."""
    image = Image.fromarray(pixels)  # float32 becomes mode "F"
    return np.asarray(image.resize((columns, rows), Image.Resampling.BILINEAR), dtype=np.float32)
