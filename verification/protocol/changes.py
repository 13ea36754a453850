"""What is done to an image to see what a release makes of it: brighter, blurred, turned, or hidden in part."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from PIL import Image
from scipy import ndimage

from verification.protocol.images import Grey, to_picture
from verification.protocol.lungs import find_lungs

Change: TypeAlias = Callable[[Grey, Generator, float], Grey]
"""Takes gray values (rows, columns) in [0, 1], a generator and a level; what of its values leaves [0, 1] is cut off."""
UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A change of an image at one level: what it does, in words and as a function."""

    meaning: str
    change: Change
    level: float

    def apply(self, grey: Grey, image: str) -> Grey:
        """The changed values. What is random in them depends on the name of the image alone."""
        return self.change(grey, np.random.default_rng(zlib.crc32(image.encode())), self.level)


def brighten(grey: Grey, _: Generator, level: float) -> Grey:
    """Add to every value."""
    return grey + np.float32(level)


def spread(grey: Grey, _: Generator, level: float) -> Grey:
    """Multiply every value's distance from the image's mean."""
    return np.asarray(grey.mean() + np.float32(level) * (grey - grey.mean()))


def bend(grey: Grey, _: Generator, level: float) -> Grey:
    """Raise every value to a power."""
    return np.asarray(grey ** np.float32(level))


def add_noise(grey: Grey, generator: Generator, level: float) -> Grey:
    """Add normal noise, independent between pixels."""
    return grey + np.float32(level) * generator.standard_normal(grey.shape, dtype=np.float32)


def blur(grey: Grey, _: Generator, level: float) -> Grey:
    """Blur by a Gaussian whose standard deviation is a share of the shorter side."""
    return np.asarray(ndimage.gaussian_filter(grey, level * min(grey.shape), mode="nearest"), dtype=np.float32)


def turn(grey: Grey, _: Generator, level: float) -> Grey:
    """Turn counterclockwise about the center; what comes in at the corners repeats the edge."""
    return np.asarray(ndimage.rotate(grey, level, reshape=False, order=1, mode="nearest"), dtype=np.float32)


def compress(grey: Grey, _: Generator, level: float) -> Grey:
    """Save as JPEG and read back."""
    file = io.BytesIO()
    to_picture(grey).save(file, "JPEG", quality=int(level))
    with Image.open(file) as image:
        return np.asarray(image, dtype=np.float32) / np.float32(255)


def coarsen(grey: Grey, _: Generator, level: float) -> Grey:
    """Make both sides smaller, and as large as they were."""
    rows, columns = grey.shape
    small = Image.fromarray(grey).resize((round(level * columns), round(level * rows)), Image.Resampling.BILINEAR)
    return np.asarray(small.resize((columns, rows), Image.Resampling.BILINEAR))


def crop(grey: Grey, _: Generator, level: float) -> Grey:
    """Leave the center alone, a share of each side; the device enlarges it."""
    return grey[_centre(grey, level)].copy()


def hide_centre(grey: Grey, _: Generator, level: float) -> Grey:
    """Fill a box in the center, a share of each side, with the image's mean."""
    hidden = grey.copy()
    hidden[_centre(grey, level)] = grey.mean()
    return hidden


def hide_surroundings(grey: Grey, _: Generator, level: float) -> Grey:
    """Fill everything but the centre box with the image's mean."""
    hidden = np.full_like(grey, grey.mean())
    hidden[_centre(grey, level)] = grey[_centre(grey, level)]
    return hidden


def hide_corners(grey: Grey, _: Generator, level: float) -> Grey:
    """Fill a box in each corner, a share of each side, with the image's mean."""
    hidden = grey.copy()
    rows, columns = (max(1, round(level * size)) for size in grey.shape)
    for y in (slice(rows), slice(-rows, None)):
        hidden[y, :columns] = hidden[y, -columns:] = grey.mean()
    return hidden


def shift(grey: Grey, _: Generator, level: float) -> Grey:
    """Move down and to the right by a share of each side; what comes in repeats the edge."""
    far = tuple(level * size for size in grey.shape)
    return np.asarray(ndimage.shift(grey, far, order=1, mode="nearest"), dtype=np.float32)


def hide_beside_lungs(grey: Grey, _: Generator, level: float) -> Grey:
    """Mix what surrounds the lungs with the image's mean, in that share."""
    return np.where(find_lungs(grey), grey, level * grey.mean() + (1 - np.float32(level)) * grey)


def hide_lungs(grey: Grey, _: Generator, level: float) -> Grey:
    """Mix the lungs with the image's mean, in that share."""
    return np.where(find_lungs(grey), level * grey.mean() + (1 - np.float32(level)) * grey, grey)


def _centre(grey: Grey, share: float) -> tuple[slice, slice]:
    rows, columns = (round((1 - share) / 2 * size) for size in grey.shape)
    return slice(rows, grey.shape[0] - rows), slice(columns, grey.shape[1] - columns)


Level: TypeAlias = tuple[str, Change, tuple[float, ...], str]
"""A name and a meaning, both with a place for the level, and the levels."""

CHANGES: tuple[Level, ...] = (
    ("brightness {:+g}", brighten, (-0.15, 0.15), "{:+g} of the range from black to white at every pixel"),
    ("contrast x {:g}", spread, (0.7, 1.3), "distance from the image's mean times {:g}"),
    ("gamma {:g}", bend, (0.7, 1.4), "every value to the power {:g}"),
    ("noise {:g}", add_noise, (0.02, 0.05), "normal noise at every pixel, standard deviation {:g} of the range"),
    ("blur {:g}", blur, (0.005, 0.01), "Gaussian, standard deviation {:g} of the shorter side"),
    ("rotation {:g} degrees", turn, (5, 10), "{:g} degrees counterclockwise about the center; the edge is repeated"),
    ("JPEG quality {:g}", compress, (50, 20), "saved as JPEG at {:g} of Pillow's scale of quality, and read back"),
    ("resolution x {:g}", coarsen, (0.5, 0.25), "both sides times {:g}, and enlarged to what they were"),
    ("centre {:g}", crop, (0.9,), "cut to the center, {:g} of each side"),
)
OCCLUSIONS: tuple[Level, ...] = (
    ("centre box hidden", hide_centre, (0.5,), "a box in the center, {:g} of each side, at the image's mean"),
    (
        "borders hidden", hide_surroundings, (0.8,),
        "all but a box in the center, {:g} of each side, at the image's mean",
    ),
    ("corners hidden", hide_corners, (0.2,), "a box in each corner, {:g} of each side, at the image's mean"),
    (
        "all but the centre box hidden", hide_surroundings, (0.5,),
        "all but a box in the center, {:g} of each side, at the image's mean",
    ),
)  # fmt: skip
SURROUNDINGS_FADED, LUNGS_HIDDEN = "surroundings of the lungs faded", "lungs hidden"
BY_LUNGS: tuple[Level, ...] = (
    (
        SURROUNDINGS_FADED,
        hide_beside_lungs,
        (0.9,),
        "all but the lungs and a margin mixed with the image's mean, which has a share of {:g}: were nothing left, the "
        "gate would refuse the picture, which is none of a chest then",
    ),
    (LUNGS_HIDDEN, hide_lungs, (1.0,), "the lungs and a margin, at the image's mean"),
    ("shift {:g}", shift, (0.05,), "moved down and to the right by {:g} of each side; the edge is repeated"),
)


def _name(levels: Sequence[Level]) -> dict[str, Perturbation]:
    return {
        name.format(level): Perturbation(meaning.format(level), change, level)
        for name, change, each, meaning in levels
        for level in each
    }


CONTROL = {UNCHANGED: Perturbation("written without loss and read back, a control of the method", brighten, 0.0)}
HIDING = _name(OCCLUSIONS)
PERTURBATIONS: dict[str, Perturbation] = {**CONTROL, **_name(CHANGES), **HIDING}
"""Every change, the control first, by the name that it has in tables."""
OF_ALL = ("centre 0.9", "rotation 5 degrees", "JPEG quality 50")
LOOKING = {**_name(BY_LUNGS), **{name: PERTURBATIONS[name] for name in OF_ALL}}
"""What shows whether a release looks at the lungs: these hidden or all else faded, the picture moved or compressed."""
