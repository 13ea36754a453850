"""From stored values to values for display: modality LUT, VOI LUT or window, polarity (PS3.4 N.2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.multival import MultiValue

from device.types import UnitImage


def to_unit_image(stored: NDArray[np.integer[Any]], image: Dataset) -> UnitImage:
    """Transform stored values for display: modality LUT, then VOI LUT, then polarity (PS3.4 N.2, PS3.3 C.11.1, C.11.2).

    Args:
        stored: stored values, axis order (rows, columns), integers of Bits Stored bits.
        image: the attributes that say how; without a VOI LUT or window the full range of the values is used.

    Returns:
        Axis order (rows, columns), float32 in [0, 1], 1 is white. The polarity follows Photometric Interpretation
        alone (PS3.3 C.7.6.3.1.2): a DX image's Presentation LUT Shape only repeats it (PS3.3 C.8.11.3.1.2).

    Raises:
        ValueError: an attribute does not define the transformation.

    Implements: SRS-022, SRS-023
    """
    values, full_range = apply_modality_lut(stored, image)
    shown = apply_voi_lut(values, full_range, image)
    if image.PhotometricInterpretation == "MONOCHROME1":  # PS3.3 C.7.6.3.1.2: the smallest value is white
        shown = 1.0 - shown
    return shown.astype(np.float32)


def apply_modality_lut(
    stored: NDArray[np.integer[Any]], image: Dataset
) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Apply the Modality LUT Sequence, else Rescale Slope and Intercept (PS3.3 C.11.1).

    Returns:
        The values, and the least and greatest value that the stored bits can give.

    Implements: SRS-022
    """
    if sequence := image.get("ModalityLUTSequence"):
        values, maximum = _look_up(stored.astype(np.int64), sequence[0])
        return values, (0.0, maximum)
    slope, intercept = _first(image, "RescaleSlope", 1.0), _first(image, "RescaleIntercept", 0.0)
    signed, bits = image.PixelRepresentation == 1, image.BitsStored
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    ends = low * slope + intercept, high * slope + intercept
    return stored.astype(np.float64) * slope + intercept, (min(ends), max(ends))


def apply_voi_lut(values: NDArray[np.float64], full_range: tuple[float, float], image: Dataset) -> NDArray[np.float64]:
    """Apply the first VOI LUT, else the first window, else the full range (PS3.3 C.11.2: several are alternatives).

    Returns:
        Values in [0, 1].

    Raises:
        ValueError: half a window, one whose width its function does not allow, or an unknown VOI LUT Function.

    Implements: SRS-022
    """
    if sequence := image.get("VOILUTSequence"):
        shown, maximum = _look_up(np.rint(values), sequence[0])
        return shown / maximum
    center, width = _first(image, "WindowCenter"), _first(image, "WindowWidth")
    if math.isnan(center) != math.isnan(width):
        raise ValueError("WindowCenter and WindowWidth: one of them has no value (PS3.3 C.11.2.1.2)")
    if math.isnan(center):
        return _ramp(values, *full_range)
    function = image.get("VOILUTFunction") or "LINEAR"
    if width < 1 if function == "LINEAR" else width <= 0:
        raise ValueError(f"WindowWidth is {width:g}, which {function} does not allow (PS3.3 C.11.2.1.2)")
    if function == "SIGMOID":  # PS3.3 C.11.2.1.3.1
        return 0.5 + 0.5 * np.tanh(2.0 * (values - center) / width)  # 1 / (1 + exp(-4 (x - c) / w)), without overflow
    if function == "LINEAR_EXACT":  # PS3.3 C.11.2.1.3.2
        return _ramp(values, center - width / 2, center + width / 2)
    if function == "LINEAR":  # PS3.3 C.11.2.1.2.1
        return _ramp(values, center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2)
    raise ValueError(f"VOILUTFunction is {function!r}, not LINEAR, LINEAR_EXACT or SIGMOID (PS3.3 C.11.2.1.3)")


def _ramp(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """0 up to `low`, 1 from `high`, linear between; a step if they are the same."""
    if high <= low:
        return (values > low).astype(np.float64)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _look_up(values: NDArray[Any], item: Dataset) -> tuple[NDArray[np.float64], float]:
    """Values through a lookup table, and the greatest value its bits can hold (PS3.3 C.11.1.1.1, C.11.2.1.1)."""
    try:
        (entries, first, bits), data = item.LUTDescriptor, item.LUTData
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError("LUTDescriptor is not entries, first value and bits, or there are no LUTData") from error
    entries = (entries & 0xFFFF) or 2**16
    if isinstance(data, bytes):
        data = np.frombuffer(data, "<u2" if len(data) >= 2 * entries else "u1")
    table = np.atleast_1d(np.asarray(data, np.float64))[:entries]
    if len(table) < entries or not 0 < bits <= 16:
        raise ValueError(f"LUTData has {len(table)} entries of {bits} bits, LUTDescriptor says {entries}")
    return table[np.clip(values - first, 0, entries - 1).astype(np.intp)], float(2**bits - 1)


def _first(image: Dataset, keyword: str, absent: float = math.nan) -> float:
    """The first of one or more decimal strings; `absent` if there is none."""
    try:
        value = image.get(keyword)
        if isinstance(value, MultiValue):
            value = value[0] if value else None
        if value is None or value == "":
            return absent
        if math.isfinite(number := float(value)):
            return number
    except (TypeError, ValueError) as error:
        raise ValueError(f"{keyword} is not a number: {error}") from error
    raise ValueError(f"{keyword} is {number}, not a decimal string (PS3.5 6.2, DS)")
