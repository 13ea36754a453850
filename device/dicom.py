"""Reads DICOM images: a file once, the header without the pixels, then the pixels, as values in [0, 1] for display.

A header is a pydicom `Dataset` of everything before the pixel data; `PixelData` is there, empty, if the file has some.
"""

from __future__ import annotations

import io
import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset, uid
from pydicom.filereader import read_dataset

from device.codestream import PROCESSES, find_end, has_end, read_fragments, read_head
from device.decoding import CodecError, decode_frame
from device.display import DisplayError, to_unit_image
from device.elements import META, PIXEL_DATA, Encoding, Fault, Layout, find_elements, find_meta
from device.errors import UnreadableFileError
from device.types import PixelFault, PixelFaultKind, TransferSyntax, UnitImage

PREFIX_END = 132
"""Where preamble and prefix end and the file meta information begins (PS3.10 7.1)."""

HEADER_LIMIT_BYTES = 16 * 2**20
"""How much may stand before the pixel data, and how far a deflated file is inflated in search of them."""


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


@dataclass(frozen=True, slots=True)
class DicomFile:
    """An open DICOM file, of which each byte is read once: its header, and where its pixel data lie."""

    file: BinaryIO
    header: Dataset
    layout: Layout


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a regular, non-empty file for reading: all that is said of it comes from this one opening.

    Raises:
        UnreadableFileError: the reason, in words; also if the file was changed while it was read.

    Implements: SRS-021, SRS-041
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
        after = os.fstat(file.fileno())
        if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
            raise UnreadableFileError(f"{path}: was changed while it was read; analyze it when it is whole")


def read_header(file: BinaryIO, path: Path) -> DicomFile:
    """Read everything before the pixel data, and where these are; allocate nothing for them.

    Args:
        file: an open file.
        path: what messages call it.

    Raises:
        UnreadableFileError: it is not a DICOM file (PS3.10 7.1: preamble, prefix DICM, file meta information, data
            set), or more than 16 MiB stand before its pixel data.

    Implements: SRS-021, SRS-041
    """
    try:
        if file.read(PREFIX_END)[128:] != b"DICM":
            raise UnreadableFileError(f"{path}: not a DICOM file: bytes 129 to 132 are not DICM (PS3.10 7.1)")
        return _parse_header(file)
    except UnreadableFileError:
        raise
    except Exception as error:  # pydicom raises whatever a malformed byte leads it to
        raise UnreadableFileError(f"{path}: cannot be parsed as DICOM: {_plain(error)}") from error


def _parse_header(file: BinaryIO) -> DicomFile:
    size = os.fstat(file.fileno()).st_size
    meta_layout = find_meta(file, size, PREFIX_END)
    if not meta_layout.elements:
        raise ValueError("there is no file meta information after the prefix DICM (PS3.10 7.1)")
    meta = _read(file, PREFIX_END, META, meta_layout.end)
    syntax, start = uid.UID(str(meta.get("TransferSyntaxUID", ""))), meta_layout.end
    if syntax == uid.DeflatedExplicitVRLittleEndian:
        file.seek(start)
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(HEADER_LIMIT_BYTES), HEADER_LIMIT_BYTES)
        file, size, start = cast("BinaryIO", io.BytesIO(inflated)), len(inflated), 0
    encoding = _find_encoding(file, start, syntax)
    layout = find_elements(file, size, start, encoding)
    end = layout.pixels.start if layout.pixels else layout.end
    if end - start > HEADER_LIMIT_BYTES:
        raise ValueError(f"{end - start} bytes stand before the pixel data, more than {HEADER_LIMIT_BYTES}")
    header = _read(file, start, encoding, end)
    if not len(header):
        raise ValueError("the data set is empty")
    if header.original_encoding[0] != encoding.implicit or set(header.keys()) != layout.tags:
        raise ValueError("it holds other data elements for one reader than for another")
    whole = syntax != uid.DeflatedExplicitVRLittleEndian  # of that, which is refused, not all was inflated
    faults = (*meta_layout.faults, *layout.faults * whole, *_find_disagreements(meta, header, syntax, encoding))
    header.file_meta = FileMetaDataset(meta)
    if layout.pixels and layout.pixels.end != layout.pixels.at:
        header.add_new(PIXEL_DATA, "OW", b"")
    return DicomFile(file, header, Layout(layout.elements, layout.end, tuple(dict.fromkeys(faults))))


def _read(file: BinaryIO, start: int, encoding: Encoding, end: int) -> Dataset:
    """What pydicom makes of the elements between two places of a file."""
    file.seek(start)
    content = io.BytesIO(file.read(end - start))
    return read_dataset(content, encoding.implicit, encoding.little, bytelength=end - start)


def _find_encoding(file: BinaryIO, start: int, syntax: uid.UID) -> Encoding:
    """How the data set is written: as the transfer syntax says, unless its first element shows that it is not."""
    file.seek(start)
    first = file.read(6)[4:]
    implicit = syntax == uid.ImplicitVRLittleEndian or not first.isalpha()
    return Encoding(implicit, syntax != uid.ExplicitVRBigEndian)


def _find_disagreements(meta: Dataset, header: Dataset, syntax: uid.UID, encoding: Encoding) -> Iterator[Fault]:
    """Where file meta information and data set say different things of one file (PS3.10 7.1).

    Implements: SRS-040
    """
    if encoding.implicit and syntax.is_transfer_syntax and syntax != uid.ImplicitVRLittleEndian:
        yield Fault(str(encoding), f"explicit VR, as {syntax.name} says")
    for of_meta, of_header in (
        ("MediaStorageSOPClassUID", "SOPClassUID"), ("MediaStorageSOPInstanceUID", "SOPInstanceUID"),
    ):  # fmt: skip
        stated, found = str(meta.get(of_meta) or ""), str(header.get(of_header) or "")
        if stated and found and stated != found:
            yield Fault(f"{of_meta} {stated}", f"{of_header} {found}")


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


def decode(image: DicomFile) -> UnitImage | PixelFault:
    """Decode the pixel data and apply the transformations for display. Call it for a file whose header was accepted.

    Returns:
        Axis order (rows, columns), float32 in [0, 1], 1 is white; or what keeps the pixel data from being an image.
        Whatever else goes wrong is raised: it says nothing of the image.

    Implements: SRS-012, SRS-013
    """
    header, syntax = image.header, uid.UID(str(image.header.file_meta.TransferSyntaxUID))
    data = _read_pixel_data(image)
    try:
        if syntax.is_encapsulated:
            frame = _find_frame(image, data)
            stored = frame if isinstance(frame, PixelFault) else decode_frame(header, frame)
        else:
            stored = _view_native(header, data)
        return stored if isinstance(stored, PixelFault) else to_unit_image(stored, header)
    except (CodecError, DisplayError) as error:
        return PixelFault(PixelFaultKind.UNDECODABLE, str(error), "pixel data that decode")


def _read_pixel_data(image: DicomFile) -> bytes:
    pixels = image.layout.pixels
    if pixels is None:  # the gate has seen to it
        raise ValueError("the file has no pixel data")
    image.file.seek(pixels.at)
    return image.file.read() if pixels.end is None else image.file.read(pixels.end - pixels.at)


def _view_native(header: Dataset, data: bytes) -> NDArray[np.unsignedinteger[Any]] | PixelFault:
    """The stored values of native pixel data, which are as long as the header says: more would be another image.

    Implements: SRS-012, SRS-013
    """
    expected = header.Rows * header.Columns * header.BitsAllocated // 8
    if len(data) > expected + expected % 2:  # PS3.5 8.1.1: padded to even length, no further
        return PixelFault(PixelFaultKind.UNDECODABLE, f"{len(data)} bytes", f"{expected} bytes, as the header says")
    if len(data) < expected:
        return _short(f"{len(data)} bytes", f"{expected} bytes")
    values = np.frombuffer(data, f"<u{header.BitsAllocated // 8}", header.Rows * header.Columns)
    return values.reshape(header.Rows, header.Columns)


def _find_frame(image: DicomFile, data: bytes) -> bytes | PixelFault:
    """The one frame of encapsulated pixel data: whole fragments, and one codestream of the header's picture.

    Implements: SRS-012, SRS-013
    """
    pixels, syntax = image.layout.pixels, str(image.header.file_meta.TransferSyntaxUID)
    if pixels is None or pixels.end is None or not pixels.undefined or not data:
        return _short("the data end before their sequence delimiter", "a sequence delimiter (PS3.5 A.4)")
    if (fragments := read_fragments(data)) is None:
        return _short(f"data of {len(data)} bytes that are not whole fragments", "an offset table and whole fragments")
    if syntax == uid.RLELossless:  # PS3.5 A.4.2: a frame is one fragment
        return fragments[0] if len(fragments) == 1 else _undecodable(f"{len(fragments)} fragments", "one frame of RLE")
    frame = b"".join(fragments)
    return _check_codestream(frame, image.header, syntax) or frame


def _check_codestream(frame: bytes, header: Dataset, syntax: str) -> PixelFault | None:
    """Judge a codestream before any codec sees it."""
    if not has_end(frame):
        return _short("a codestream without its end marker", "a codestream that ends with FF D9")
    if (found := read_head(frame)) is None:
        return _undecodable("a codestream with a malformed header", "well-formed markers")
    rows, columns, samples, precision, signed, process = found
    stated, least, most = (header.Rows, header.Columns, 1), header.BitsStored, header.BitsAllocated
    if (rows, columns, samples) != stated or not least <= precision <= most:
        expected = f"{header.Rows} x {header.Columns} x 1, {least} to {most} bits, as the header says"
        return _undecodable(f"{rows} x {columns} x {samples}, {precision} bits", expected)
    if process != PROCESSES.get(syntax):
        return _undecodable(f"a frame of the process {process or 0:02X}", f"the process of {uid.UID(syntax).name}")
    if signed not in (None, header.PixelRepresentation == 1):
        kind = "signed" if signed else "unsigned"
        return _undecodable(f"{kind} values", f"PixelRepresentation {header.PixelRepresentation} (PS3.5 8.2.4)")
    if (end := find_end(frame, syntax)) is None:
        return _undecodable("a codestream whose parts do not follow each other to its end marker", "one codestream")
    if behind := len(frame[end:].lstrip(b"\x00")):
        return _undecodable(f"{behind} bytes behind the end of the codestream", "one codestream, of one frame")
    return None


def _short(found: str, expected: str) -> PixelFault:
    return PixelFault(PixelFaultKind.SHORT, found, expected)


def _undecodable(found: str, expected: str) -> PixelFault:
    return PixelFault(PixelFaultKind.UNDECODABLE, found, expected)
