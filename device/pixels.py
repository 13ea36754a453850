"""Decides from the picture whether the device applies: each criterion gives a reason or nothing, as of a header."""

from __future__ import annotations

import math

import numpy as np

from device.likeness import measure_unlikeness
from device.limits import LEAST_CONTRAST, MOST_AT_AN_END
from device.rejections import reject
from device.types import PixelFault, PixelFaultKind, Rejection, UnitImage


def check_pixels(pixels: UnitImage | PixelFault) -> tuple[Rejection, ...]:
    """Judge every pixel criterion.

    Args:
        pixels: values for display, axis order (rows, columns), float32 in [0, 1]; or why there are none.

    Returns:
        Every reason not to apply; empty if the pixels are accepted. Whether it looks like a radiograph is judged of a
        picture that shows something.

    Implements: SRS-012, SRS-013, SRS-014, SRS-018, SRS-047
    """
    if isinstance(pixels, PixelFault):
        code = "PIXELS_SHORT" if pixels.kind is PixelFaultKind.SHORT else "PIXELS_UNDECODABLE"
        return (reject(code, pixels.found, pixels.expected),)
    reasons = [check_blank(pixels), check_saturated(pixels)]
    if not any(reasons):
        reasons = [check_likeness(pixels)]
    return tuple(reason for reason in reasons if reason)


def check_blank(pixels: UnitImage) -> Rejection | None:
    """The image shows something: it has contrast. Every fourth row and column is looked at.

    Implements: SRS-014
    """
    low, high = np.percentile(pixels[::4, ::4], (1, 99))
    if high - low >= LEAST_CONTRAST:
        return None
    return reject("BLANK_IMAGE", f"values from {low:.3f} to {high:.3f}", f"a span of at least {LEAST_CONTRAST}")


def check_saturated(pixels: UnitImage) -> Rejection | None:
    """Enough of the image lies between pure black and pure white.

    Implements: SRS-014
    """
    share = max(np.count_nonzero(pixels <= 0.0), np.count_nonzero(pixels >= 1.0)) / pixels.size
    if share < MOST_AT_AN_END:
        return None
    return reject("SATURATED", f"{share:.0%} of the pixels at one end", f"less than {MOST_AT_AN_END:.0%}")


def check_likeness(pixels: UnitImage) -> Rejection | None:
    """The image looks like a frontal chest radiograph, upright and not inverted.

    Implements: SRS-047
    """
    unlikeness = measure_unlikeness(pixels)
    if unlikeness <= 1:
        return None
    found = math.ceil(100 * unlikeness) / 100  # never a figure that looks as if it were within the limit
    return reject("NOT_FRONTAL_CHEST", f"unlikeness {found:.2f}", "at most 1, as of frontal chest radiographs")
