"""From a radiograph to the model's input: the one definition that inference and training share."""

from __future__ import annotations

import numpy as np
from PIL import Image

from device.types import Geometry, ModelInput, UnitImage

BILINEAR_ANTIALIASED = "bilinear-antialiased"
"""Triangle filter whose support grows with the reduction, so that every source row and column contributes."""


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
    image = Image.fromarray(pixels)  # float32 becomes mode "F"
    resized = image.resize((geometry.columns, geometry.rows), Image.Resampling.BILINEAR)  # Pillow: (width, height)
    return np.clip(np.asarray(resized, dtype=np.float32), 0.0, 1.0)[:, :, np.newaxis]
