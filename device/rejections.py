"""Why the device does not apply to an image: the one table of reasons, each with its attribute and its requirement."""

from __future__ import annotations

from dataclasses import dataclass

from device.header import shorten
from device.types import Rejection


@dataclass(frozen=True, slots=True)
class RejectionCode:
    """A row of the one table of reasons not to apply; it also prints the labeling."""

    code: str
    attribute: str
    requirement: str
    text: str


HEADER_CRITERIA = {
    "SOP_CLASS": ("SOPClassUID", "SRS-001", "The image is not of a SOP class that the intake takes."),
    "MODALITY": ("Modality", "SRS-002", "The modality is not that of the SOP class."),
    "ANATOMY": ("BodyPartExamined", "SRS-003", "The body part examined is not the chest."),
    "VIEW": ("ViewPosition", "SRS-004", "The projection is not one that the release is labeled for."),
    "ORIENTATION": ("PatientOrientation", "SRS-042", "The image is turned or mirrored."),
    "AGE": ("PatientAge", "SRS-005", "The patient's age is not one that the release is labeled for."),
    "FRAMES": ("NumberOfFrames", "SRS-006", "The image has more than one frame."),
    "SAMPLES": ("SamplesPerPixel", "SRS-006", "The image has more than one sample per pixel."),
    "PHOTOMETRIC": ("PhotometricInterpretation", "SRS-007", "The image is not monochrome."),
    "BITS": ("BitsStored", "SRS-008", "The number of bits stored is not one that the intake takes."),
    "SIZE": ("Rows", "SRS-009", "The image is too small or too large."),
    "BURNED_IN": ("BurnedInAnnotation", "SRS-010", "The image has annotation burned in."),
    "TRANSFER_SYNTAX": ("TransferSyntaxUID", "SRS-011", "The transfer syntax is not one that the device reads."),
}
"""The header criteria: attribute, requirement, and what a reader of the labeling is told."""

ABSENCE_MEANS = frozenset({"FRAMES", "BURNED_IN", "ORIENTATION"})
"""Criteria whose absent attribute is no reason: one frame (PS3.3 C.7.6.6), a notice, nothing that is turned."""

CONTRADICTIONS = ("SOP_CLASS", "ANATOMY", "VIEW", "AGE", "PHOTOMETRIC", "BITS")

FILE_CRITERIA = {
    "ELEMENTS": (
        "SRS-040",
        "The file can be read in more than one way: its elements are not as DICOM orders them.",
    ),
}
"""What the file as a whole is held to, before a value of it is judged."""

PIXEL_CRITERIA = {
    "PIXELS_MISSING": ("SRS-012", "The file holds no pixel data."),
    "PIXELS_SHORT": ("SRS-012", "The pixel data are not complete."),
    "PIXELS_UNDECODABLE": ("SRS-013", "The pixel data cannot be decoded, or not be shown as the attributes say."),
    "BLANK_IMAGE": ("SRS-014", "The image is uniform: it shows nothing."),
    "SATURATED": ("SRS-014", "Too much of the image is pure black or pure white."),
    "NOT_FRONTAL_CHEST": ("SRS-047", "The image does not look like an upright frontal chest radiograph."),
}


def list_rejection_codes() -> dict[str, RejectionCode]:
    """Every code with which an image can be refused: the criteria, and the ways in which a value cannot be judged.

    Implements: SRS-012, SRS-013, SRS-014, SRS-015, SRS-016, SRS-017, SRS-040, SRS-047
    """
    rows = [RejectionCode(code, "TransferSyntaxUID", *row) for code, row in FILE_CRITERIA.items()]
    rows += [RejectionCode(code, *row) for code, row in HEADER_CRITERIA.items()]
    for code, (attribute, _, _) in HEADER_CRITERIA.items():
        if code not in ABSENCE_MEANS:
            rows.append(RejectionCode(f"{code}_BLANK", attribute, "SRS-015", f"{attribute} has no value."))
        rows.append(RejectionCode(f"{code}_UNPARSABLE", attribute, "SRS-016", f"{attribute} cannot be read."))
        if code in CONTRADICTIONS:
            text = f"{attribute} and another attribute contradict each other."
            rows.append(RejectionCode(f"{code}_CONTRADICTORY", attribute, "SRS-017", text))
    rows += [RejectionCode(code, "PixelData", *row) for code, row in PIXEL_CRITERIA.items()]
    return {row.code: row for row in rows}


REJECTION_CODES = list_rejection_codes()


def reject(code: str, found: object, expected: str) -> Rejection:
    """A rejection with the attribute and the requirement of its code.

    Implements: SRS-034
    """
    row = REJECTION_CODES[code]
    return Rejection(code, row.attribute, shorten(str(found)), expected, row.requirement)
