"""Reads the published images that are not DICOM: PNG and JPEG files, 8-bit gray, for research alone.

They carry no header, so what the gate judges of them is what their user asserts. The clinical path never comes here.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile

from device.codestream import lengthen, read_head
from device.errors import UnreadableFileError
from device.types import PixelFault, PixelFaultKind, UnitImage

SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""The first bytes of a PNG file (ISO/IEC 15948 5.2) and of a JPEG file (ISO/IEC 10918-1 B.1.1)."""

HEAD_BYTES = 2**20
"""How far the frame header of a JPEG file is looked for, behind what cameras and programs put before it."""

GREYS = (np.arange(256) / 255.0).astype(np.float32)
"""What each value of 8 bits shows."""

ASSERTABLE = ("Modality", "BodyPartExamined", "ViewPosition", "PatientAge", "BurnedInAnnotation")
"""What a user may assert of an image that does not state it."""


def is_picture(file: BinaryIO) -> bool:
    """Say whether a file begins as a PNG or a JPEG does; it is then at its start again.

    Implements: SRS-037
    """
    file.seek(0)
    first = file.read(8)
    file.seek(0)
    return first.startswith(SIGNATURES)


def read_attributes(file: BinaryIO, path: Path) -> dict[str, str | int]:
    """Read what the file itself says, as DICOM keywords and values; the pixels are not decoded.

    Args:
        file: an open file, at its start.
        path: what messages call it.

    Raises:
        UnreadableFileError: the file is not a whole PNG or JPEG header.

    Implements: SRS-021, SRS-037
    """
    try:
        bits = _read_depth(file)
        with Image.open(file, formats=("PNG", "JPEG")) as image:
            return {
                "Rows": image.height, "Columns": image.width, "SamplesPerPixel": 1, "BitsAllocated": bits,
                "BitsStored": bits, "HighBit": bits - 1, "PixelRepresentation": 0, "NumberOfFrames": _frames(image),
                "PhotometricInterpretation": "MONOCHROME2",
            }  # fmt: skip
    except Exception as error:
        raise UnreadableFileError(f"{path}: cannot be read as PNG or JPEG: {error}") from error


def _read_depth(file: BinaryIO) -> int:
    """How many bits a sample has, as the file says: Pillow opens 2 or 16 bits as 8 where there is color or alpha.

    PNG: the header chunk (ISO/IEC 15948 11.2.2). JPEG: the frame header (ISO/IEC 10918-1 B.2.2).
    """
    file.seek(0)
    content = file.read(HEAD_BYTES)
    file.seek(0)
    if content.startswith(SIGNATURES[0]):
        return content[24]
    head = read_head(content)
    if head is None:
        raise ValueError("there is no frame header before its first scan")
    return head.precision


def decode(image: Path | BinaryIO) -> UnitImage | PixelFault:
    """Decode a gray image of 8 bits and one frame; color channels that all hold the same gray are one.

    Returns:
        Axis order (rows, columns), float32 in [0, 1], stored value / 255; or why there is none.

    Implements: SRS-012, SRS-013, SRS-037
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # of the whole process: another library in it may have allowed them
    if isinstance(image, Path):
        with image.open("rb") as file:
            return decode(file)
    try:
        bits = _read_depth(image)
        with Image.open(image, formats=("PNG", "JPEG")) as picture:
            if fault := _find_fault(picture, bits):
                return fault
            channels = _read_channels(picture)
        if _is_cut(image, channels):
            return PixelFault(PixelFaultKind.SHORT, "a scan that ends before its picture", "a whole picture")
    except Exception as error:  # Pillow raises whatever a malformed byte leads it to
        kind = PixelFaultKind.SHORT if "truncated" in str(error) else PixelFaultKind.UNDECODABLE
        return PixelFault(kind, str(error), "pixel data that decode")
    if channels.ndim == 3:
        if np.ptp(channels, axis=2).any():
            return PixelFault(PixelFaultKind.UNDECODABLE, "color", "gray: the same value in every channel")
        channels = channels[:, :, 0]
    return np.take(GREYS, channels)


def _read_channels(picture: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(picture if picture.mode == "L" else picture.convert("RGB"))


def _is_cut(image: BinaryIO, channels: NDArray[np.uint8]) -> bool:
    """Say whether a JPEG file would show another picture if more codes followed: its decoder fills up what lacks."""
    image.seek(0)
    content = image.read()
    if not content.startswith(SIGNATURES[1]):
        return False
    with Image.open(io.BytesIO(lengthen(content)), formats=("JPEG",)) as picture:
        return not np.array_equal(channels, _read_channels(picture))


def _find_fault(picture: Image.Image, bits: int) -> PixelFault | None:
    """What keeps an opened picture from being one upright image of 8 bits."""
    if (frames := _frames(picture)) != 1:
        return PixelFault(PixelFaultKind.UNDECODABLE, f"{frames} frames", "one frame")
    if bits != 8:
        return PixelFault(PixelFaultKind.UNDECODABLE, f"{bits} bits a sample", "8 bits a sample")
    if (turned := picture.getexif().get(ExifTags.Base.Orientation, 1)) != 1:
        return PixelFault(PixelFaultKind.UNDECODABLE, f"Exif orientation {turned}", "1, as it is to be looked at")
    return None


def _frames(image: Image.Image) -> int:
    """How many pictures a file holds: an animated PNG has several (its acTL chunk)."""
    return int(getattr(image, "n_frames", 1))
