"""Decides whether the device applies to an image: every criterion, each of which gives a reason or nothing.

A criterion reads the values of its attributes; a value that is absent, not of its DICOM form, or at odds with another
refuses the image with a code of its own (`VIEW_BLANK`, `VIEW_UNPARSABLE`, `VIEW_CONTRADICTORY`). Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydicom import Dataset, uid

from device.elements import Fault
from device.header import (
    UnparsableError,
    count_age_years,
    read_age_years,
    read_code,
    read_integer,
    read_modifier,
    read_orientation,
    read_term,
    read_text,
    read_value,
)
from device.limits import (
    AGE_TOLERANCE_YEARS,
    CHEST,
    CHEST_CODES,
    INTENT,
    LIMITS,
    PATIENT_POSITION_TERMS,
    PRESENTATION_LUT_SHAPES,
    VIEW_CODES,
    VIEW_TERMS,
    Limits,
)
from device.rejections import reject
from device.types import Intake, Population, Rejection, TransferSyntax

# --- the file ---------------------------------------------------------------------------------------------------------

MOST_SHOWN = 5
"""How many faults of a file's elements a result shows."""


def check_elements(faults: tuple[Fault, ...]) -> tuple[Rejection, ...]:
    """A file that every reader reads in the same way: each element once and in order, nothing behind the pixels.

    Args:
        faults: what was found otherwise.

    Returns:
        A reason for each, as far as it is shown; empty if there is none.

    Implements: SRS-018, SRS-040
    """
    shown = [reject("ELEMENTS", *fault) for fault in faults[:MOST_SHOWN]]
    if more := len(faults) - len(shown):
        shown.append(reject("ELEMENTS", f"{more} more of that kind", "none"))
    return tuple(shown)


# --- header criteria --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the criteria look at: a header, what its intake and its release take."""

    header: Dataset
    intake: Intake
    limits: Limits
    population: Population
    transfer_syntaxes: Mapping[str, TransferSyntax] | None


def check_header(
    header: Dataset,
    population: Population,
    intake: Intake,
    transfer_syntaxes: Mapping[str, TransferSyntax] | None,
) -> tuple[Rejection, ...]:
    """Judge every header criterion, without the pixels.

    Args:
        header: everything before the pixel data; `PixelData` is there if the file has some.
        population: whom the release is labeled for.
        intake: the door the image came through.
        transfer_syntaxes: those that the intake reads; None for a PNG or JPEG file, which has none and no SOP class.

    Returns:
        Every reason not to apply, in the order of the table; empty if the header is accepted.

    Implements: SRS-012, SRS-018
    """
    judged = _Judged(header, intake, LIMITS[intake], population, transfer_syntaxes)
    reasons = [_judge(code, check, judged) for code, check in CHECKS.items()]
    if "PixelData" not in header:
        reasons.append(reject("PIXELS_MISSING", "absent or empty", "pixel data"))
    return tuple(reason for reason in reasons if reason)


def _judge(code: str, check: Callable[[_Judged], Rejection | None], judged: _Judged) -> Rejection | None:
    """Apply a criterion; a value that cannot be read refuses the image.

    Implements: SRS-016
    """
    try:
        return check(judged)
    except UnparsableError as error:
        return reject(f"{code}_UNPARSABLE", error, "a value of the form that DICOM defines")


def _blank(code: str, expected: str) -> Rejection:
    """A judged attribute without a value.

    Implements: SRS-015
    """
    return reject(f"{code}_BLANK", "absent or empty", expected)


def _contradiction(code: str, first: object, second: object) -> Rejection:
    """Two attributes that do not agree.

    Implements: SRS-017
    """
    return reject(f"{code}_CONTRADICTORY", f"{first}, but {second}", "attributes that agree")


def check_sop_class(judged: _Judged) -> Rejection | None:
    """CR, or DX For Presentation, whose intent agrees; in research Secondary Capture (PS3.4 B.5, PS3.3 C.8.11.1).

    Implements: SRS-001, SRS-015, SRS-017, SRS-037
    """
    if judged.transfer_syntaxes is None:
        return None
    expected = " or ".join(f"{one} ({uid.UID(one).name})" for one in judged.limits.modalities)
    found = read_text(judged.header, "SOPClassUID")
    if not found:
        return _blank("SOP_CLASS", expected)
    if found not in judged.limits.modalities:
        return reject("SOP_CLASS", f"{found} ({uid.UID(found).name})", expected)
    intent = read_term(judged.header, "PresentationIntentType")
    if intent and intent != INTENT:
        return _contradiction("SOP_CLASS", uid.UID(found).name, f"PresentationIntentType {intent}")
    return None


def check_modality(judged: _Judged) -> Rejection | None:
    """The modality is that of the SOP class (PS3.3 C.7.3.1.1.1).

    Implements: SRS-002, SRS-015, SRS-038
    """
    every = [one for modalities in judged.limits.modalities.values() for one in modalities]
    allowed = judged.limits.modalities.get(str(read_value(judged.header, "SOPClassUID")), every)
    expected, found = " or ".join(allowed), read_term(judged.header, "Modality")
    if not found:
        return _blank("MODALITY", expected)
    return None if found in allowed else reject("MODALITY", found, expected)


def check_anatomy(judged: _Judged) -> Rejection | None:
    """The chest, by Body Part Examined, else by Anatomic Region Sequence (PS3.16 Annex L, CID 4031).

    Implements: SRS-003, SRS-015, SRS-017, SRS-038
    """
    term = read_term(judged.header, "BodyPartExamined")
    code, meaning = read_code(judged.header, "AnatomicRegionSequence")
    if not term and not code:
        return _blank("ANATOMY", CHEST)
    if term and code and (term == CHEST) != (code in CHEST_CODES):
        return _contradiction("ANATOMY", f"BodyPartExamined {term}", f"AnatomicRegionSequence {meaning}")
    return None if term == CHEST or code in CHEST_CODES else reject("ANATOMY", term or meaning, CHEST)


def check_view(judged: _Judged) -> Rejection | None:
    """A labeled view, by View Position, else by View Code Sequence; in research also by Patient Position.

    Implements: SRS-004, SRS-015, SRS-017, SRS-038
    """
    expected, views = " or ".join(judged.population.view_positions), dict(_find_views(judged))
    if not views:
        return _blank("VIEW", expected)
    if len(set(views.values())) > 1:
        stated = list(views)
        return _contradiction("VIEW", stated[0], stated[1])
    if modifier := read_modifier(judged.header):
        return reject("VIEW", f"{next(iter(views))}, modified by {modifier}", f"{expected}, unmodified")
    found, view = next(iter(views.items()))
    return None if view in judged.population.view_positions else reject("VIEW", found, expected)


def _find_views(judged: _Judged) -> Iterator[tuple[str, str]]:
    """What each attribute says, in words, and which view that is: AP, PA or OTHER."""
    term = read_term(judged.header, "ViewPosition")
    if term and term not in VIEW_TERMS:
        raise UnparsableError(f"ViewPosition {term!r}")
    position = read_term(judged.header, "PatientPosition") if judged.intake is Intake.RESEARCH else ""
    code, meaning = read_code(judged.header, "ViewCodeSequence")
    if term:
        yield f"ViewPosition {term}", term if term in ("AP", "PA") else "OTHER"
    if code:
        yield f"ViewCodeSequence {meaning}", VIEW_CODES.get(code, "OTHER")
    if position in PATIENT_POSITION_TERMS:
        yield f"PatientPosition {position}", position if position in ("AP", "PA") else "OTHER"


def check_orientation(judged: _Judged) -> Rejection | None:
    """Upright and not mirrored: rows run to the patient's left, columns to the feet (PS3.3 C.7.6.1.1.1).

    Implements: SRS-042, SRS-016
    """
    found = read_orientation(judged.header)
    if found is None or (found[0][0], found[1][0]) == ("L", "F"):
        return None
    return reject("ORIENTATION", "\\".join(found), "L\\F or absent")


def check_age(judged: _Judged) -> Rejection | None:
    """An age within the labeled limits, by Patient's Age, else from birth date to study date, in completed years.

    Implements: SRS-005, SRS-015, SRS-017, SRS-038
    """
    least, most = judged.population.minimum_age_years, judged.population.maximum_age_years
    expected = f"{least} years or older" if most is None else f"{least} to {most} years"
    stated = read_age_years(judged.header, judged.intake)
    counted = count_age_years(judged.header)
    if stated is not None and counted is not None and abs(stated - counted) > AGE_TOLERANCE_YEARS:
        return _contradiction("AGE", f"PatientAge of {stated} years", f"{counted} years from birth to study date")
    age = counted if stated is None else stated
    if age is None:
        return _blank("AGE", expected)
    return None if least <= age and (most is None or age <= most) else reject("AGE", f"{age} years", expected)


def check_frames(judged: _Judged) -> Rejection | None:
    """One frame; an absent Number of Frames means one.

    Implements: SRS-006
    """
    found = read_integer(judged.header, "NumberOfFrames")
    return None if found in (None, 1) else reject("FRAMES", found, "1 or absent")


def check_samples(judged: _Judged) -> Rejection | None:
    """One sample per pixel.

    Implements: SRS-006, SRS-015
    """
    found = read_integer(judged.header, "SamplesPerPixel")
    if found is None:
        return _blank("SAMPLES", "1")
    return None if found == 1 else reject("SAMPLES", found, "1")


def check_photometric(judged: _Judged) -> Rejection | None:
    """MONOCHROME1 or MONOCHROME2, with which a stated Presentation LUT Shape agrees (PS3.3 C.8.11.3.1.2).

    Implements: SRS-007, SRS-015, SRS-017
    """
    expected, found = " or ".join(PRESENTATION_LUT_SHAPES), read_term(judged.header, "PhotometricInterpretation")
    if not found:
        return _blank("PHOTOMETRIC", expected)
    if found not in PRESENTATION_LUT_SHAPES:
        return reject("PHOTOMETRIC", found, expected)
    shape = read_term(judged.header, "PresentationLUTShape")
    if shape and shape != PRESENTATION_LUT_SHAPES[found]:
        return _contradiction("PHOTOMETRIC", found, f"PresentationLUTShape {shape}")
    return None


def check_bits(judged: _Judged) -> Rejection | None:
    """The bits stored that the intake takes, in the low bits of the bits allocated (PS3.5 8.1.1).

    Implements: SRS-008, SRS-015, SRS-016, SRS-017, SRS-037
    """
    stored, limits = read_integer(judged.header, "BitsStored"), judged.limits
    least, most, allocated = limits.bits_stored[0], limits.bits_stored[-1], limits.bits_allocated
    expected = f"{least} to {most} bits stored of {allocated} allocated" if most > least else f"{least} bits"
    names = ("BitsAllocated", "HighBit", "PixelRepresentation")
    others = dict(zip(names, (read_integer(judged.header, name) for name in names), strict=True))
    if stored is None or None in others.values():
        return _blank("BITS", f"{expected}, with " + ", ".join(names))
    if stored not in limits.bits_stored or others["BitsAllocated"] != allocated:
        return reject("BITS", f"{stored} bits stored of {others['BitsAllocated']} allocated", expected)
    if others["HighBit"] != stored - 1:
        return _contradiction("BITS", f"BitsStored {stored}", f"HighBit {others['HighBit']}")
    if others["PixelRepresentation"] not in (0, 1):
        return reject("BITS_UNPARSABLE", f"PixelRepresentation {others['PixelRepresentation']}", "0 or 1")
    return None


def check_size(judged: _Judged) -> Rejection | None:
    """The shorter side large enough, the longer one bounded.

    Implements: SRS-009, SRS-015, SRS-037
    """
    rows, columns = read_integer(judged.header, "Rows"), read_integer(judged.header, "Columns")
    least, most = judged.limits.shortest_side, judged.limits.longest_side
    expected = f"{least} to {most} rows and columns"
    if rows is None or columns is None:
        return _blank("SIZE", expected)
    within = least <= min(rows, columns) and max(rows, columns) <= most
    return None if within else reject("SIZE", f"{rows} rows, {columns} columns", expected)


def check_burned_in(judged: _Judged) -> Rejection | None:
    """Burned In Annotation is not YES; its absence is a notice (PS3.3 C.7.6.1).

    Implements: SRS-010, SRS-016
    """
    found = read_term(judged.header, "BurnedInAnnotation")
    if found not in ("", "YES", "NO"):
        raise UnparsableError(f"BurnedInAnnotation {found!r}")
    return reject("BURNED_IN", found, "NO or absent") if found == "YES" else None


def check_transfer_syntax(judged: _Judged) -> Rejection | None:
    """A transfer syntax of the intake's table (PS3.5 chapter 10).

    Implements: SRS-011, SRS-015
    """
    if judged.transfer_syntaxes is None:
        return None
    found = read_text(getattr(judged.header, "file_meta", Dataset()), "TransferSyntaxUID")
    expected = ", ".join(one.name for one in judged.transfer_syntaxes.values())
    if not found:
        return _blank("TRANSFER_SYNTAX", expected)
    if found in judged.transfer_syntaxes:
        return None
    return reject("TRANSFER_SYNTAX", f"{found} ({uid.UID(found).name})", expected)


CHECKS: dict[str, Callable[[_Judged], Rejection | None]] = {
    "SOP_CLASS": check_sop_class,
    "MODALITY": check_modality,
    "ANATOMY": check_anatomy,
    "VIEW": check_view,
    "ORIENTATION": check_orientation,
    "AGE": check_age,
    "FRAMES": check_frames,
    "SAMPLES": check_samples,
    "PHOTOMETRIC": check_photometric,
    "BITS": check_bits,
    "SIZE": check_size,
    "BURNED_IN": check_burned_in,
    "TRANSFER_SYNTAX": check_transfer_syntax,
}
