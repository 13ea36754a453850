"""Images of a manifest outside a study's own scoring: gray values to measure or change, and scores of single files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verification.datasets.manifest import Entry
from verification.product.api import Intake, Outcome, Release, analyze

Grey: TypeAlias = NDArray[np.float32]
"""Gray values, axis order (rows, columns), float32 in [0, 1], 0 is black."""
FolderOf: TypeAlias = Callable[[Entry], Path]
"""The folder that the image path of an entry is relative to."""
PathOf: TypeAlias = Callable[[Entry], Path]
"""The file of an entry."""
Progress: TypeAlias = Callable[[int, int], None]
"""Takes how many images are done, and of how many."""

MODES = ("L", "LA", "P", "RGB", "RGBA")
"""Pillow's modes of 8 bits a sample."""


def read_grey(path: Path) -> Grey:
    """Read an 8-bit image whose channels, if it has several, all hold the same gray: value / 255.

    Raises:
        ValueError: the file cannot be read, or is not such an image; the file is named.
    """
    try:
        with Image.open(path) as image:
            if image.mode not in MODES:
                raise ValueError(f"pixels of mode {image.mode}; expected 8-bit gray")
            channels = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: cannot be used: {error}") from error
    if (channels != channels[:, :, :1]).any():
        raise ValueError(f"{path}: cannot be used: color; expected the same gray in every channel")
    return (channels[:, :, 0] / 255.0).astype(np.float32)


def to_picture(grey: Grey) -> Image.Image:
    """An 8-bit gray image of the values, cut off to [0, 1] and rounded; the inverse of `read_grey`."""
    return Image.fromarray(np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8))


def score_file(path: Path, release: Release, asserted: Mapping[str, str]) -> float:
    """The device's score of a file through research intake, in [0, 1]; NaN if the device does not apply to it.

    Raises:
        ValueError: the device failed.
    """
    analysis = analyze(path, release, Intake.RESEARCH, asserted)
    if analysis.outcome is Outcome.FAILED:
        raise ValueError(f"{path}: the device failed: {analysis.failure}")
    return analysis.finding.score if analysis.finding else float("nan")
