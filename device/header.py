"""Reads single values of a header, each in the form that DICOM defines for its attribute.

A value that is absent or empty is "" or None, never a default. One that is not of its form raises `UnparsableError`.
What is told and not judged, the notices, is quoted, however it is formed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydicom import Dataset, Sequence
from pydicom.multival import MultiValue

from device.limits import OLDEST_YEARS, SNOMED
from device.types import Intake, Notice

LONGEST_SHOWN = 200
"""How many characters of a value a result shows."""


class UnparsableError(ValueError):
    """A value that is not of its DICOM form. The gate makes a rejection of it."""


def read_value(header: Dataset, keyword: str) -> Any:
    """What pydicom makes of an attribute; None if it is absent.

    Raises:
        UnparsableError: the bytes are not of the attribute's value representation.

    Implements: SRS-016
    """
    try:
        return header.get(keyword)
    except Exception as error:  # pydicom converts a value when it is asked for
        raise UnparsableError(f"{keyword} does not have its value representation") from error


def read_text(header: Dataset, keyword: str) -> str:
    """The single text value of an attribute; "" if it is absent or empty.

    Implements: SRS-016
    """
    value = read_value(header, keyword)
    if isinstance(value, Sequence) or (isinstance(value, MultiValue) and len(value)):
        raise UnparsableError(f"{keyword} {_shown(value)}")
    return "" if value is None or isinstance(value, MultiValue) else str(value).strip()


def read_term(header: Dataset, keyword: str) -> str:
    """A code string (PS3.5 6.2, CS): up to 16 of A to Z, 0 to 9, space and underscore; "" if absent or empty.

    Implements: SRS-016
    """
    text = read_text(header, keyword)
    if text and not re.fullmatch(r"[A-Z0-9_ ]{1,16}", text):
        raise UnparsableError(f"{keyword} {text!r}")
    return text


def read_integer(header: Dataset, keyword: str) -> int | None:
    """A whole number; None if the attribute is absent or empty.

    Implements: SRS-016
    """
    text = read_text(header, keyword)
    if text and not re.fullmatch(r"[+-]?\d{1,12}", text):
        raise UnparsableError(f"{keyword} {text!r}")
    return int(text) if text else None


def read_code(header: Dataset, keyword: str) -> tuple[str, str]:
    """Value and meaning of the one item of a SNOMED code sequence; ("", "") if the sequence is absent or empty.

    Implements: SRS-003, SRS-004, SRS-016
    """
    sequence = read_value(header, keyword)
    if not sequence:
        return "", ""
    if not hasattr(sequence, "__len__") or len(sequence) != 1 or not isinstance(sequence[0], Dataset):
        raise UnparsableError(f"{keyword} with other than one item")
    value, scheme = read_text(sequence[0], "CodeValue"), read_text(sequence[0], "CodingSchemeDesignator")
    if not value or scheme not in SNOMED:
        raise UnparsableError(f"{keyword} ({value}, {scheme})")
    return value, f"({value}, {scheme}, {_quote(sequence[0], 'CodeMeaning')})"


def read_modifier(header: Dataset) -> str:
    """What View Modifier Code Sequence adds to the one view that is coded (PS3.16 CID 4011); "" if it is not there.

    Implements: SRS-004
    """
    items = read_value(header, "ViewCodeSequence")
    modifiers = read_value(items[0], "ViewModifierCodeSequence") if items else None
    return ", ".join(_quote(each, "CodeMeaning") or "a code without meaning" for each in modifiers or ())


def read_orientation(header: Dataset) -> tuple[str, str] | None:
    """Where the rows and the columns of the image run to in the patient (PS3.3 C.7.6.1.1.1); None if it is not stated.

    Implements: SRS-016, SRS-042
    """
    value = read_value(header, "PatientOrientation")
    values = [str(each).strip() for each in value] if isinstance(value, MultiValue) else [str(value or "").strip()]
    if not any(values):
        return None
    if len(values) != 2 or not all(re.fullmatch(r"[APRLHF]{1,3}", each) for each in values):
        raise UnparsableError(f"PatientOrientation {_shown(value)}")
    return values[0], values[1]


def _quote(header: Dataset, keyword: str) -> str:
    """What an attribute says, to be told and not judged; "" if it is absent or empty."""
    try:
        return shorten(_shown(read_value(header, keyword) or ""))
    except UnparsableError as error:
        return str(error)


def _shown(value: object) -> str:
    """A value as DICOM writes several: separated by backslashes."""
    if isinstance(value, Sequence):
        return f"a sequence of {len(value)} items"
    return "\\".join(str(one) for one in value) if isinstance(value, MultiValue) else str(value)


def shorten(text: str) -> str:
    """A value can be of any length; its beginning is enough to find it.

    Implements: SRS-034
    """
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}... ({len(text)} characters)"


def read_age_years(header: Dataset, intake: Intake) -> int | None:
    """Patient's Age in completed years (PS3.5 6.2, AS: three digits and D, W, M or Y; in research also `81` or `3Y`).

    Implements: SRS-005, SRS-016, SRS-038
    """
    text = read_text(header, "PatientAge")
    if not text:
        return None
    form = r"(\d{1,3})([DWMY]?)" if intake is Intake.RESEARCH else r"(\d{3})([DWMY])"
    if not (match := re.fullmatch(form, text)):
        raise UnparsableError(f"PatientAge {text!r}")
    number, unit = int(match[1]), match[2] or "Y"
    years = {"D": int(number / 365.25), "W": int(number * 7 / 365.25), "M": number // 12, "Y": number}[unit]
    return _plausible(years, f"PatientAge {text!r}")


def count_age_years(header: Dataset) -> int | None:
    """Completed years from Patient's Birth Date to Study Date, to the day; None if either has no value.

    Implements: SRS-005, SRS-016, SRS-044
    """
    birth, study = _read_date(header, "PatientBirthDate"), _read_date(header, "StudyDate")
    if birth is None or study is None:
        return None
    years = study.year - birth.year - ((study.month, study.day) < (birth.month, birth.day))
    return _plausible(years, "PatientBirthDate with StudyDate")


def _plausible(years: int, found: str) -> int:
    if not 0 <= years <= OLDEST_YEARS:
        raise UnparsableError(f"{found}: {years} years")
    return years


def _read_date(header: Dataset, keyword: str) -> date | None:
    """A date (PS3.5 6.2, DA: YYYYMMDD); None if the attribute is absent or empty."""
    text = read_text(header, keyword)
    try:
        if text and not re.fullmatch(r"\d{8}", text):
            raise ValueError
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None
    except ValueError:  # a birth date tells who the patient is, and is not quoted
        shown = "of another form" if keyword == "PatientBirthDate" else repr(text)
        raise UnparsableError(f"{keyword} {shown}") from None


def find_notices(header: Dataset) -> Iterator[Notice]:
    """What a reader of the result should know of an accepted image: Image Type, lossy compression, no annotation flag.

    Implements: SRS-019
    """
    if image_type := _quote(header, "ImageType"):
        yield Notice("IMAGE_TYPE", "ImageType", image_type, "The kind of image, as its maker states it.")
    if "01" in (lossy := _quote(header, "LossyImageCompression")).split("\\"):
        found = f"{lossy}, ratio {_quote(header, 'LossyImageCompressionRatio') or 'not stated'}"
        yield Notice("LOSSY", "LossyImageCompression", found, "The image was compressed with loss at some time.")
    if not _quote(header, "BurnedInAnnotation"):
        message = "Whether annotation is burned in is not stated."
        yield Notice("BURNED_IN_UNKNOWN", "BurnedInAnnotation", "absent or empty", message)
