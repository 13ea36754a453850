"""How unlike a picture is to frontal chest radiographs: what a header may state wrongly, and no header states.

A thumbnail's values give way to their ranks, so that brightness, contrast and window do not count. Its distance to the
published radiographs is that of principal component analysis in process control: Hotelling's T2 within the components
that radiographs vary in, and what is left beside them, which for a radiograph is neither much nor next to nothing; and
a thumbnail of few shades is none. `device.training.likeness` made the table of it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.errors import DeviceError
from device.types import UnitImage

SIDE = 32
"""Rows and columns of the thumbnail."""

SAMPLES = 4
"""Rows and columns of the picture that are looked at for each of the thumbnail: enough for noise to stay noise."""

FEWEST_SHADES = 32
"""How many different values a thumbnail of 1,024 has at least: those that are the same say nothing of a shape."""

TABLE = Path(__file__).with_name("likeness.npz")
DIGEST = "91355e2387329a155cd92869187a1837feda9fbaf2c3393fecfb411b5ce297ec"
"""Made of published radiographs: 5,216 of children (Kermany and others, Mendeley Data rscbjbr9sj, CC BY 4.0) and 5,061
of adults (NIH Clinical Center, ChestX-ray14, Wang and others 2017). No picture of any of them is in it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What radiographs vary in: their mean thumbnail, components (count, pixels) with variances, and the limits.

    Implements: SRS-047
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    variances: NDArray[np.float64]
    farthest: float
    least_rest: float
    most_rest: float


def measure_unlikeness(pixels: UnitImage) -> float:
    """Measure how far a picture is beyond what frontal chest radiographs are, upright and not inverted.

    Args:
        pixels: values for display, axis order (rows, columns), float32 in [0, 1].

    Returns:
        0 or more; up to 1 it is like them. The picture's brightness and contrast do not matter, nor, much, mirroring.

    Raises:
        DeviceError: the table of radiographs is not the one that this device was made with.

    Implements: SRS-047
    """
    reference = read_reference()
    ranks = rank(pixels)
    far, rest = measure(ranks[np.newaxis], reference)
    smooth = reference.least_rest / max(float(rest[0]), 1e-12)
    flat = FEWEST_SHADES / len(np.unique(ranks))
    return max(float(far[0]) / reference.farthest, float(rest[0]) / reference.most_rest, smooth, flat)


def rank(pixels: UnitImage) -> NDArray[np.float64]:
    """A thumbnail's ranks, from -0.5 to 0.5, equal values in the middle of theirs; its rows one after the other.

    Implements: SRS-047
    """
    rows, columns = (((np.arange(SIDE * SAMPLES) + 0.5) * side / (SIDE * SAMPLES)).astype(int) for side in pixels.shape)
    sampled = pixels[np.ix_(rows, columns)].astype(np.float64)
    thumbnail = sampled.reshape(SIDE, SAMPLES, SIDE, SAMPLES).mean((1, 3))
    _, place, counts = np.unique(thumbnail, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    ranks: NDArray[np.float64] = middle[place.ravel()] / thumbnail.size - 0.5
    return ranks


def measure(ranks: NDArray[np.float64], reference: Reference) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hotelling's T2 of thumbnails within the components, and the sum of squares of what is left beside them.

    Args:
        ranks: axis order (thumbnails, pixels).
        reference: what they are compared with; its limits do not matter here.

    Implements: SRS-047
    """
    away = ranks - reference.mean
    within = away @ reference.components.T
    rest = (away**2).sum(1) - (within**2).sum(1)
    return (within**2 / reference.variances).sum(1), rest


@lru_cache(maxsize=1)
def read_reference() -> Reference:
    """What the device was made with.

    Raises:
        DeviceError: the file is not there, or is another.

    Implements: SRS-047
    """
    try:
        content = TABLE.read_bytes()
    except OSError as error:
        raise DeviceError(f"{TABLE}: cannot be opened: {error.strerror}; install the device again") from error
    if (found := sha256(content).hexdigest()) != DIGEST:
        raise DeviceError(f"{TABLE}: found {found}, expected {DIGEST}; install the device again")
    with np.load(io.BytesIO(content), allow_pickle=False) as table:
        arrays = {name: table[name].astype(np.float64) for name in ("mean", "components", "variances", "limits")}
    return Reference(arrays["mean"], arrays["components"], arrays["variances"], *map(float, arrays["limits"]))
