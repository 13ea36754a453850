"""Where the lungs are in a radiograph, for hiding them or all else: an instrument of the studies, no part of a device.

It is linear: a thumbnail's ranks on the principal components of radiographs, and from there the share of each pixel
that is lungs. `verification.protocol.lungs_table` made its table of pairs of images, of which one shows the lungs
alone, as a third party's network outlined them.
"""

from __future__ import annotations

import io
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verification.protocol.images import Grey
from verification.protocol.measures import SIDE, shrink
from verification.statistics.metrics import Floats

TABLE = Path(__file__).with_name("lungs.npz")
DIGEST = "65a6c9387373ffae5ec620471402e705cdad8e0e678bdff40556e82ee2ba96d4"
"""Made of adults' radiographs of the NIH Clinical Center (ChestX-ray14, Wang and others 2017), of the patients of the
training alone. No picture of any of them is in it."""

LEAST = 0.3
"""The share from which on a pixel counts as lungs: low, so that hardly any lung is left out."""


@lru_cache(maxsize=1)
def read_table() -> tuple[Floats, Floats, Floats, Floats]:
    """The mean of ranks (pixels,), components (count, pixels), and what these say: weights, and the mean share.

    Raises:
        ValueError: the table is not the one that was made.
    """
    content = TABLE.read_bytes()
    if (found := sha256(content).hexdigest()) != DIGEST:
        raise ValueError(f"{TABLE}: SHA-256 {found}, expected {DIGEST}; restore the file from git")
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        mean, components, weights, share = (held[name] for name in ("mean", "components", "weights", "share"))
    return mean.astype(np.float64), components.astype(np.float64), weights.astype(np.float64), share.astype(np.float64)


def rank(grey: Grey) -> Floats:
    """The ranks of a thumbnail's pixels, (pixels,), evenly from -0.5 to below 0.5; neither light nor window counts."""
    thumbnail = shrink(grey)
    return np.argsort(np.argsort(thumbnail, kind="stable"), kind="stable") / thumbnail.size - 0.5


def find_lungs(grey: Grey) -> NDArray[np.bool_]:
    """Find the lungs of an upright frontal chest radiograph.

    Returns:
        Axis order (rows, columns), of the image's size; true where lungs are, and for a margin around them.
    """
    mean, components, weights, share = read_table()
    found = (share + (rank(grey) - mean) @ components.T @ weights).reshape(SIDE, SIDE)
    rows, columns = grey.shape
    large = Image.fromarray(found.astype(np.float32)).resize((columns, rows), Image.Resampling.BICUBIC)
    return np.asarray(large) > LEAST
