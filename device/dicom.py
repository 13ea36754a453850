"""Reads DICOM images: the header without the pixels, then the pixels, as values in [0, 1] fit for display.

A header is a pydicom `Dataset` of everything before the pixel data; `PixelData` is there, empty, if the file has some.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import tempfile
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import ImageFile
from pydicom import Dataset, uid
from pydicom.encaps import get_frame, parse_fragments
from pydicom.filereader import read_dataset, read_file_meta_info
from pydicom.pixels import get_decoder

from device.display import to_unit_image
from device.errors import UnreadableFileError
from device.types import PixelFault, PixelFaultKind, TransferSyntax, UnitImage

PIXEL_DATA = 0x7FE00010
META_START = 144
"""Where the bytes begin that File Meta Information Group Length counts: preamble, prefix and that element (PS3.10)."""

END_MARKER = b"\xff\xd9"
FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
"""Start of frame: JPEG (ISO/IEC 10918-1 table B.1) and JPEG-LS (ISO/IEC 14495-1 C.1.1)."""

START_OF_SCAN = 0xDA
SEGMENTS = FRAME_MARKERS | {0xC4, START_OF_SCAN, 0xDB, 0xDD, 0xF8, 0xFE} | set(range(0xE0, 0xF0))
"""Marker segments that may stand before the scan: also tables, restart interval, JPEG-LS parameters, APPn, comment."""

DECODERS = dict.fromkeys((uid.JPEGLossless, uid.JPEGLosslessSV1), "gdcm")
DECODERS |= dict.fromkeys((uid.JPEGLSLossless, uid.JPEGLSNearLossless), "pyjpegls")
DECODERS |= dict.fromkeys((uid.JPEG2000Lossless, uid.JPEG2000, uid.JPEGBaseline8Bit), "pillow")
"""pydicom's decoder of each encapsulated syntax. gdcm reads them all, but malformed JPEG 2000 makes it abort."""

HEADER_LIMIT_BYTES = 16 * 2**20
"""How far a deflated file is inflated in search of its pixel data: a small file can hold an enormous one."""


def _syntaxes(*lossless: uid.UID, lossy: tuple[uid.UID, ...]) -> dict[str, TransferSyntax]:
    exact = {str(one): TransferSyntax(str(one), one.name, lossy=False) for one in lossless}
    return exact | {str(one): TransferSyntax(str(one), one.name, lossy=True) for one in lossy}


TRANSFER_SYNTAXES = _syntaxes(
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.RLELossless,
    uid.JPEGLossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
    lossy=(uid.JPEGLSNearLossless, uid.JPEG2000),
)
"""The transfer syntaxes of clinical intake: each is decoded by a test, any other is refused."""

RESEARCH_TRANSFER_SYNTAXES = TRANSFER_SYNTAXES | _syntaxes(lossy=(uid.JPEGBaseline8Bit,))
"""Research intake also reads the 8-bit JPEG that published images come in."""


# --- header ---------------------------------------------------------------------------------------------------------


def read_header(path: Path) -> Dataset:
    """Read everything before the pixel data, and whether there are pixel data; allocate nothing for them.

    Raises:
        UnreadableFileError: there is no such file, it is not a regular file, cannot be opened, is empty, or is not
            a DICOM file (PS3.10 7.1: preamble, prefix DICM, file meta information, data set).

    Implements: SRS-021
    """
    with open_regular(path) as file:
        try:
            if file.read(132)[128:] != b"DICM":
                raise UnreadableFileError(f"{path}: not a DICOM file: bytes 129 to 132 are not DICM (PS3.10 7.1)")
            file.seek(0)
            return _parse_header(file, path)
        except UnreadableFileError:
            raise
        except Exception as error:  # pydicom raises whatever a malformed byte leads it to
            raise UnreadableFileError(f"{path}: cannot be parsed as DICOM: {_plain(error)}") from error


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a regular, non-empty file for reading.

    Raises:
        UnreadableFileError: the reason, in words.

    Implements: SRS-021
    """
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")  # a pipe without a writer does not block
    except OSError as error:
        raise UnreadableFileError(f"{path}: cannot be opened: {error.strerror}") from error
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError(f"{path}: not a regular file")
        if status.st_size == 0:
            raise UnreadableFileError(f"{path}: the file is empty")
        yield file


def _parse_header(file: BinaryIO, path: Path) -> Dataset:
    meta = read_file_meta_info(path)
    if not len(meta):
        raise ValueError("there is no file meta information after the prefix DICM (PS3.10 7.1)")
    if meta.get("TransferSyntaxUID") == uid.DeflatedExplicitVRLittleEndian:
        file.seek(META_START + meta.FileMetaInformationGroupLength)
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(), HEADER_LIMIT_BYTES)
        file = cast("BinaryIO", io.BytesIO(inflated))
        header = read_dataset(file, is_implicit_VR=False, is_little_endian=True, stop_when=_at_pixel_data)
        header.file_meta = meta
    else:
        header = pydicom.dcmread(file, stop_before_pixels=True)
    if not len(header):
        raise ValueError("the data set is empty")
    if _holds_pixel_data(file.read(12), little_endian=header.original_encoding[1] is not False):
        header.add_new(PIXEL_DATA, "OW", b"")
    return header


def _at_pixel_data(tag: int, _vr: str | None, _length: int) -> bool:
    return tag >= PIXEL_DATA


def _holds_pixel_data(element: bytes, *, little_endian: bool) -> bool:
    """Say whether the element that starts here is a PixelData with a length other than 0 (PS3.5 7.1)."""
    order = "<" if little_endian else ">"
    if len(element) < 8 or struct.unpack(f"{order}HH", element[:4]) != (0x7FE0, 0x0010):
        return False
    explicit = element[4:6].isalpha()
    return any(element[8:12] if explicit else element[4:8])


def make_header(attributes: Mapping[str, str | int]) -> Dataset:
    """A header for an image file that has none: what the file itself says, and what its user asserted of it.

    Args:
        attributes: DICOM keyword to value. A value is taken as text, as it would stand in a file.

    Implements: SRS-037
    """
    header = Dataset()
    for keyword, value in attributes.items():
        setattr(header, keyword, value)
    header.add_new(PIXEL_DATA, "OW", b"")
    return header


def fill_in(header: Dataset, asserted: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Give a header the values that its user asserts, where it states none itself.

    Returns:
        The keywords and values that were taken over.

    Implements: SRS-038
    """
    used = {keyword: value for keyword, value in asserted.items() if keyword not in header or header[keyword].is_empty}
    for keyword, value in used.items():
        setattr(header, keyword, value)
    return tuple(sorted(used.items()))


def _plain(error: Exception) -> str:
    """An error of a library as one line."""
    return " ".join(str(error).split()) or type(error).__name__


# --- pixels -----------------------------------------------------------------------------------------------------------


def decode(path: Path) -> UnitImage | PixelFault:
    """Decode the pixel data and apply the transformations for display. Call it for a file whose header was accepted.

    Returns:
        Axis order (rows, columns), float32 in [0, 1], 1 is white; or what keeps the pixel data from being an image.

    Implements: SRS-012, SRS-013
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # of the whole process: another library in it may have allowed them
    try:
        image = pydicom.dcmread(path)
        if fault := check_complete(image):
            return fault
        return to_unit_image(_stored_values(image), image)
    except (MemoryError, ImportError):  # a fault of the machine or of the installation says nothing of the image
        raise
    except Exception as error:  # codecs raise whatever a malformed byte leads them to
        return PixelFault(PixelFaultKind.UNDECODABLE, _plain(error), "pixel data that decode")


def check_complete(image: Dataset) -> PixelFault | None:
    """Judge whether the pixel data are whole.

    Native data are as long as the header says: more would be another image. Encapsulated data (PS3.5 A.4) have whole
    fragments and a codestream of the header's size that reaches its end marker.

    Implements: SRS-012, SRS-013
    """
    syntax = image.file_meta.TransferSyntaxUID
    data = image.get("PixelData") or b""
    if not syntax.is_encapsulated:
        expected = image.Rows * image.Columns * image.BitsAllocated // 8
        if len(data) > expected + expected % 2:  # PS3.5 8.1.1: padded to even length, no further
            return PixelFault(PixelFaultKind.UNDECODABLE, f"{len(data)} bytes", f"{expected} bytes, as the header says")
        return None if len(data) >= expected else _short(f"{len(data)} bytes", f"{expected} bytes")
    if not data:
        return _short("the data end before their sequence delimiter", "a sequence delimiter (PS3.5 A.4)")
    _, offsets = parse_fragments(data)
    end = offsets[-1] + 8 + int.from_bytes(data[offsets[-1] + 4 : offsets[-1] + 8], "little")
    if len(offsets) < 2 or end != len(data):
        return _short(f"fragments up to byte {end}, data of {len(data)} bytes", "an offset table and whole fragments")
    return None if syntax == uid.RLELossless else _check_codestream(get_frame(data, 0, number_of_frames=1), image)


def _check_codestream(frame: bytes, image: Dataset) -> PixelFault | None:
    """Judge a codestream before any codec sees it.

    A codec may fill in what a cut codestream lacks, allocate what the codestream says instead of the header, or, if the
    marker segments are malformed, take the whole process down.
    """
    if not frame.rstrip(b"\x00").endswith(END_MARKER):
        return _short("a codestream without its end marker", "a codestream that ends with FF D9")
    found = read_codestream_header(frame)
    if found is None:
        return PixelFault(PixelFaultKind.UNDECODABLE, "a codestream with a malformed header", "well-formed markers")
    rows, columns, samples, precision = found
    if (rows, columns, samples) == (image.Rows, image.Columns, 1) and image.BitsStored <= precision <= 16:
        return None
    expected = f"{image.Rows} x {image.Columns} x 1, {image.BitsStored} to 16 bits, as the header says"
    return PixelFault(PixelFaultKind.UNDECODABLE, f"{rows} x {columns} x {samples}, {precision} bits", expected)


def read_codestream_header(frame: bytes) -> tuple[int, int, int, int] | None:
    """Rows, columns, samples per pixel and bits per sample that a codestream states; None if it is malformed.

    JPEG 2000: SOC and SIZ (ISO/IEC 15444-1 A.5.1). JPEG and JPEG-LS: unbroken marker segments from SOI to SOS, one of
    them a start of frame (ISO/IEC 10918-1 B.1.1, B.2.2; ISO/IEC 14495-1 C.2).

    Implements: SRS-013
    """
    if frame[:4] == b"\xff\x4f\xff\x51" and len(frame) > 44:
        x, y, x0, y0 = struct.unpack(">4I", frame[8:24])
        return y - y0, x - x0, int.from_bytes(frame[40:42], "big"), (frame[42] & 0x7F) + 1
    at, found = 2, None
    while frame[:2] == b"\xff\xd8" and at + 10 < len(frame) and frame[at] == 0xFF and frame[at + 1] in SEGMENTS:
        if frame[at + 1] == START_OF_SCAN:
            return found
        if frame[at + 1] in FRAME_MARKERS:
            if found:
                return None
            precision, rows, columns, samples = struct.unpack(">BHHB", frame[at + 4 : at + 10])
            found = rows, columns, samples, precision
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    return None


def _short(found: str, expected: str) -> PixelFault:
    return PixelFault(PixelFaultKind.SHORT, found, expected)


def _stored_values(image: Dataset) -> NDArray[np.integer[Any]]:
    """Stored values, axis order (rows, columns), signed or unsigned as Pixel Representation says."""
    syntax = image.file_meta.TransferSyntaxUID
    with warnings.catch_warnings():  # more pixels than the header describes are another image, not padding
        warnings.filterwarnings("error", message="The decoded RLE segment")
        plugin = DECODERS.get(syntax, "")
        with _raise_complaints() if plugin == "gdcm" else nullcontext():
            stored, _ = get_decoder(syntax).as_array(image, raw=True, decoding_plugin=plugin)
    if stored.shape != (image.Rows, image.Columns):
        raise ValueError(f"the pixel data decode to {stored.shape}, not to one frame of one sample")
    return cast("NDArray[np.integer[Any]]", stored)


@contextmanager
def _raise_complaints() -> Iterator[None]:
    """The codec of gdcm goes on with made-up values where it meets no code, and tells only file descriptor 2 so.

    Raises:
        ValueError: what it told.
    """
    with tempfile.TemporaryFile() as told:
        kept = os.dup(2)
        try:
            os.dup2(told.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        told.seek(0)
        if complaint := told.readline().decode(errors="replace").strip():
            raise ValueError(complaint)
