"""Reads the published images that are not DICOM: PNG and JPEG files, 8-bit grey, for research alone.

They carry no header, so what the gate judges of them is what their user asserts. The clinical path never comes here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from device.errors import UnreadableFileError
from device.types import PixelFault, PixelFaultKind, UnitImage

SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""The first bytes of a PNG file (ISO/IEC 15948 5.2) and of a JPEG file (ISO/IEC 10918-1 B.1.1)."""

BITS = {"1": 1, "I;16": 16, "I": 32, "F": 32}
"""Pillow's modes that do not hold 8 bits a sample."""

ASSERTABLE = ("Modality", "BodyPartExamined", "ViewPosition", "PatientAge", "BurnedInAnnotation")
"""What a user may assert of an image that does not state it."""


def is_picture(path: Path) -> bool:
    """Say whether a file begins as a PNG or a JPEG does. False for what cannot be opened.

    Implements: SRS-037
    """
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return file.read(8).startswith(SIGNATURES)
    except OSError:
        return False


def read_attributes(path: Path) -> dict[str, str | int]:
    """Read what the file itself says, as DICOM keywords and values; the pixels are not decoded.

    Raises:
        UnreadableFileError: the file cannot be opened or is not a whole PNG or JPEG header.

    Implements: SRS-021, SRS-037
    """
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            bits = BITS.get(image.mode, 8)
            return {
                "Rows": image.height, "Columns": image.width, "SamplesPerPixel": 1, "BitsAllocated": bits,
                "BitsStored": bits, "HighBit": bits - 1, "PixelRepresentation": 0, "NumberOfFrames": _frames(image),
                "PhotometricInterpretation": "MONOCHROME2",
            }  # fmt: skip
    except Exception as error:
        raise UnreadableFileError(f"{path}: cannot be read as PNG or JPEG: {error}") from error


def decode(path: Path) -> UnitImage | PixelFault:
    """Decode a grey image of 8 bits and one frame; colour channels that all hold the same grey are one.

    Returns:
        Axis order (rows, columns), float32 in [0, 1], stored value / 255; or why there is none.

    Implements: SRS-012, SRS-013, SRS-037
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # of the whole process: another library in it may have allowed them
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if _frames(image) != 1:
                return PixelFault(PixelFaultKind.UNDECODABLE, f"{_frames(image)} frames", "one frame")
            if (bits := BITS.get(image.mode, 8)) != 8:
                return PixelFault(PixelFaultKind.UNDECODABLE, f"{bits} bits a sample", "8 bits a sample")
            channels = np.asarray(image if image.mode == "L" else image.convert("RGB"))
    except Exception as error:  # Pillow raises whatever a malformed byte leads it to
        kind = PixelFaultKind.SHORT if "truncated" in str(error) else PixelFaultKind.UNDECODABLE
        return PixelFault(kind, str(error), "pixel data that decode")
    if channels.ndim == 3:
        if np.ptp(channels, axis=2).any():
            return PixelFault(PixelFaultKind.UNDECODABLE, "colour", "grey: the same value in every channel")
        channels = channels[:, :, 0]
    return (channels / 255.0).astype(np.float32)


def _frames(image: Image.Image) -> int:
    """How many pictures a file holds: an animated PNG has several (its acTL chunk)."""
    return int(getattr(image, "n_frames", 1))
