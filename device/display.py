"""From stored values to values for display: modality LUT, VOI LUT or window, polarity (PS3.4 N.2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.multival import MultiValue

from device.types import UnitImage


class DisplayError(ValueError):
    """The attributes do not define one picture; the gate makes a rejection of it."""


ROWS_AT_A_TIME = 128
"""How many rows are looked up at a time: what that needs besides the picture stays small."""


def to_unit_image(stored: NDArray[np.integer[Any]], image: Dataset) -> UnitImage:
    """Transform stored values for display: modality LUT, then VOI LUT, then polarity (PS3.4 N.2, PS3.3 C.11.1, C.11.2).

    Args:
        stored: axis order (rows, columns), integers whose low Bits Stored bits are the stored values; what stands in
            the bits above them, an overlay or a sign, is nothing (PS3.5 8.1.1).
        image: the attributes that say how; without a VOI LUT or window the full range of the values is used.

    Returns:
        Axis order (rows, columns), float32 in [0, 1], 1 is white. The polarity follows Photometric Interpretation
        alone (PS3.3 C.7.6.3.1.2): a DX image's Presentation LUT Shape only repeats it (PS3.3 C.8.11.3.1.2).

    Raises:
        DisplayError: an attribute does not define the transformation.

    Implements: SRS-022, SRS-023
    """
    shown = tabulate(image)
    unit, mask = np.empty(stored.shape, np.float32), len(shown) - 1
    bits = stored.view(f"u{stored.itemsize}")
    for start in range(0, len(stored), ROWS_AT_A_TIME):
        rows = slice(start, start + ROWS_AT_A_TIME)
        np.take(shown, bits[rows] & mask, out=unit[rows], mode="clip")  # the mask keeps all of them within
    refuse_bright_padding(bits, shown, image)
    black_out(unit, image)
    return unit


MOST_OF_BLACK = 1 / 255
"""What padding may show and still be black: less than one of 255 grays."""


def refuse_bright_padding(bits: NDArray[np.unsignedinteger[Any]], shown: NDArray[np.float32], image: Dataset) -> None:
    """See that Pixel Padding Value (PS3.3 C.7.5.1.1.2), if pixels hold it, shows black: else it looks like tissue.

    Args:
        bits: the stored values, axis order (rows, columns).
        shown: what each value shows, by its bits.
        image: states the value and, for a range of values, its other end.

    Raises:
        DisplayError: pixels hold it, and it shows something else.

    Implements: SRS-043
    """
    if (first := _whole(image, "PixelPaddingValue")) is None:
        return
    last = _whole(image, "PixelPaddingRangeLimit")
    ends = sorted(
        each - 2**16 * (image.PixelRepresentation == 1 and each >= 2**15)
        for each in (first, first if last is None else last)
    )
    values = np.arange(ends[0], ends[1] + 1)
    bright = np.zeros(len(shown), bool)
    bright[values & (len(shown) - 1)] = True
    bright &= shown >= MOST_OF_BLACK
    if bright.any() and (count := sum(int(np.count_nonzero(bright[row & (len(shown) - 1)])) for row in bits)):
        raise DisplayError(f"{count} pixels hold PixelPaddingValue {first}, which the display does not show as black")


def black_out(unit: UnitImage, image: Dataset) -> None:
    """Show what lies outside a rectangular Display Shutter as black, in place (PS3.3 C.7.6.11).

    Raises:
        DisplayError: a shutter of another shape, one that is not black, or one whose edges are not those of a
            rectangle.

    Implements: SRS-043
    """
    if not (shape := image.get("ShutterShape")):
        return
    if shape != "RECTANGULAR":
        raise DisplayError(f"ShutterShape is {shape}; expected RECTANGULAR or none")
    if value := image.get("ShutterPresentationValue"):
        raise DisplayError(f"ShutterPresentationValue is {value}; expected 0, black, or none")
    names = ("UpperHorizontal", "LowerHorizontal", "LeftVertical", "RightVertical")
    upper, lower, left, right = (_whole(image, f"Shutter{name}Edge") for name in names)
    if upper is None or lower is None or left is None or right is None or upper >= lower or left >= right:
        raise DisplayError(f"the edges of the shutter are {upper}, {lower}, {left}, {right}; expected a rectangle")
    unit[: max(upper - 1, 0)] = 0  # rows and columns count from 1
    unit[max(lower, 0) :] = 0
    unit[:, : max(left - 1, 0)] = 0
    unit[:, max(right, 0) :] = 0


def _whole(image: Dataset, keyword: str) -> int | None:
    """A whole number; None if the attribute is absent or empty."""
    value = image.get(keyword)
    if value is None or value == "":
        return None
    if isinstance(value, int):
        return int(value)
    raise DisplayError(f"{keyword} is {value!r}, not one whole number")


def tabulate(image: Dataset) -> NDArray[np.float32]:
    """What each value that Bits Stored bits can hold shows, by the bits of the value: float32 in [0, 1], 1 is white.

    Raises:
        DisplayError: an attribute does not define the transformation.

    Implements: SRS-022, SRS-023
    """
    bits = np.arange(2**image.BitsStored)
    half = len(bits) // 2
    stored = (bits ^ half) - half if image.PixelRepresentation == 1 else bits  # two's complement (PS3.5 6.2)
    values, full_range = apply_modality_lut(stored, image)
    shown = apply_voi_lut(values, full_range, image)
    if not (shown.min() >= 0 and shown.max() <= 1):  # also if one is no number
        raise DisplayError(f"the picture spans {shown.min():g} to {shown.max():g}, not 0 to 1")
    if image.PhotometricInterpretation == "MONOCHROME1":  # PS3.3 C.7.6.3.1.2: the smallest value is white
        shown = 1.0 - shown
    return shown.astype(np.float32)


def apply_modality_lut(
    stored: NDArray[np.integer[Any]], image: Dataset
) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Apply the Modality LUT Sequence, else Rescale Slope and Intercept (PS3.3 C.11.1), of which none is also one.

    Returns:
        The values, and the least and greatest value that the stored bits can give.

    Raises:
        DisplayError: half of Rescale Slope and Intercept, or these and a table, which exclude each other.

    Implements: SRS-022
    """
    slope, intercept = _pair(image, "RescaleSlope", "RescaleIntercept", "PS3.3 C.11.1.1")
    if sequence := image.get("ModalityLUTSequence"):
        if not math.isnan(slope):
            raise DisplayError("ModalityLUTSequence and RescaleSlope: there is to be one of them (PS3.3 C.11.1)")
        values, maximum, _ = _look_up(stored.astype(np.int64), sequence, signed=image.PixelRepresentation == 1)
        return values, (0.0, maximum)
    if math.isnan(slope):
        slope, intercept = 1.0, 0.0
    low, high = int(stored.min()), int(stored.max())
    ends = low * slope + intercept, high * slope + intercept
    return stored.astype(np.float64) * slope + intercept, (min(ends), max(ends))


def apply_voi_lut(values: NDArray[np.float64], full_range: tuple[float, float], image: Dataset) -> NDArray[np.float64]:
    """Apply the first VOI LUT, else the first window, else the full range (PS3.3 C.11.2: several are alternatives).

    Returns:
        Values in [0, 1].

    Raises:
        DisplayError: half a window, one whose width its function does not allow, or an unknown VOI LUT Function.

    Implements: SRS-022
    """
    center, width = _pair(image, "WindowCenter", "WindowWidth", "PS3.3 C.11.2.1.2")
    if sequence := image.get("VOILUTSequence"):
        shown, maximum, used = _look_up(np.rint(values), sequence, signed=full_range[0] < 0)
        if used <= maximum / 2:  # the standard allows it; a reader that goes by the entries shows another picture
            raise DisplayError(f"LUTData of VOILUTSequence reach {used}, not the upper half of 0 to {maximum:g}")
        return shown / maximum
    if math.isnan(center):
        return _ramp(values, *full_range)
    function = image.get("VOILUTFunction") or "LINEAR"
    if width < 1 if function == "LINEAR" else width <= 0:
        raise DisplayError(f"WindowWidth is {width:g}, which {function} does not allow (PS3.3 C.11.2.1.2)")
    if function == "SIGMOID":  # PS3.3 C.11.2.1.3.1
        return 0.5 + 0.5 * np.tanh(2.0 * (values - center) / width)  # 1 / (1 + exp(-4 (x - c) / w)), without overflow
    if function == "LINEAR_EXACT":  # PS3.3 C.11.2.1.3.2
        return _ramp(values, center - width / 2, center + width / 2)
    if function == "LINEAR":  # PS3.3 C.11.2.1.2.1
        return _ramp(values, center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2)
    raise DisplayError(f"VOILUTFunction is {function!r}, not LINEAR, LINEAR_EXACT or SIGMOID (PS3.3 C.11.2.1.3)")


def _ramp(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """0 up to `low`, 1 from `high`, linear between; a step if they are the same."""
    if high <= low:
        return (values > low).astype(np.float64)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _look_up(values: NDArray[Any], sequence: Any, *, signed: bool) -> tuple[NDArray[np.float64], float, int]:
    """Values through the first lookup table, the greatest that its bits can hold, and the greatest that it has.

    PS3.3 C.11.1.1.1, C.11.2.1.1. `signed` says whether the values can be negative: then so can the first that the table
    maps, also if it is read as unsigned, as implicit VR lets a reader do.
    """
    try:
        item = sequence[0]
        entries, first, bits = (int(each) for each in item.LUTDescriptor)
        data = item.LUTData
    except (AttributeError, TypeError, ValueError, IndexError) as error:
        raise DisplayError("LUTDescriptor is not entries, first value and bits, or there are no LUTData") from error
    entries = (entries & 0xFFFF) or 2**16
    first -= 2**16 * (signed and first >= 2**15)
    table = _read_table(data, entries)
    if len(table) != entries or not 8 <= bits <= 16:
        raise DisplayError(f"LUTData has {len(table)} entries of {bits} bits, LUTDescriptor says {entries}")
    if (most := int(table.max())) >= 2**bits:
        raise DisplayError(f"LUTData reach {most}, LUTDescriptor says {bits} bits, up to {2**bits - 1}")
    looked_up = table[np.clip(values - first, 0, entries - 1).astype(np.intp)].astype(np.float64)
    return looked_up, float(2**bits - 1), most


def _read_table(data: Any, entries: int) -> NDArray[np.integer[Any]]:
    """The entries of a table, of 16 bits or, in bytes of which there are too few for that, of 8."""
    try:
        if isinstance(data, bytes):
            wide = len(data) >= 2 * entries
            table = np.frombuffer(data[: len(data) // 2 * 2] if wide else data, "<u2" if wide else "u1")
            return table[:entries] if len(data) - entries * table.itemsize in (0, 1) else table
        return np.atleast_1d(np.asarray(data)).astype(np.int64) & 0xFFFF  # read as signed, they are the same bits
    except (TypeError, ValueError) as error:
        raise DisplayError(f"LUTData are not whole numbers: {error}") from error


def _pair(image: Dataset, one: str, other: str, clause: str) -> tuple[float, float]:
    """The first values of two attributes of which the standard asks for both or neither; not a number for neither."""
    first, second = _first(image, one), _first(image, other)
    if math.isnan(first) != math.isnan(second):
        raise DisplayError(f"{one} and {other}: one of them has no value ({clause})")
    return first, second


def _first(image: Dataset, keyword: str) -> float:
    """The first of one or more decimal strings; not a number if there is none."""
    try:
        value = image.get(keyword)
        if isinstance(value, MultiValue):
            value = value[0] if value else None
        if value is None or value == "":
            return math.nan
        if math.isfinite(number := float(value)):
            return number
    except (TypeError, ValueError) as error:
        raise DisplayError(f"{keyword} is not a number: {error}") from error
    raise DisplayError(f"{keyword} is {number}, not a decimal string (PS3.5 6.2, DS)")
