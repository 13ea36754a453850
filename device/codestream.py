"""Fragments of encapsulated pixel data and the codestreams in them, judged before any codec sees them (PS3.5 A.4).

A codec may fill in what a cut codestream lacks, allocate what the codestream says instead of the header, leave a second
picture out, or, if the marker segments are malformed, take the whole process down.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from pydicom import uid

FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
"""Start of frame: JPEG (ISO/IEC 10918-1 table B.1) and JPEG-LS (ISO/IEC 14495-1 C.1.1)."""

START_OF_SCAN = 0xDA
SEGMENTS = FRAME_MARKERS | {0xC4, START_OF_SCAN, 0xDB, 0xDD, 0xF8, 0xFE} | set(range(0xE0, 0xF0))
"""Marker segments that may stand before the scan: also tables, restart interval, JPEG-LS parameters, APPn, comment."""

RESTARTS = frozenset(range(0xD0, 0xD8))
JPEG_MARKERS, JPEG_LS_MARKERS = (frozenset(range(least, 0xFF)) - RESTARTS for least in (0x01, 0x80))
"""What ends a scan: no stuffed byte, no restart (ISO/IEC 10918-1 B.1.1; ISO/IEC 14495-1 C.1.1 stuffs a bit)."""

END_MARKER, TILE_PART = b"\xff\xd9", b"\xff\x90"
"""End of image or of codestream; start of a tile-part (ISO/IEC 15444-1 A.4.2)."""

STEP = 2**20
"""How many bytes of a scan are looked through at a time."""

ITEM = b"\xfe\xff\x00\xe0"
JPEG_2000 = frozenset({str(uid.JPEG2000Lossless), str(uid.JPEG2000)})
JPEG_LS = frozenset({str(uid.JPEGLSLossless), str(uid.JPEGLSNearLossless)})

PROCESSES = {str(uid.JPEGBaseline8Bit): 0xC0, str(uid.JPEGLossless): 0xC3, str(uid.JPEGLosslessSV1): 0xC3}
PROCESSES |= dict.fromkeys(JPEG_LS, 0xF7)
"""The start of frame of each transfer syntax: baseline, lossless, JPEG-LS."""


class Stated(NamedTuple):
    """What the head of a codestream says of its picture; `signed` and `process` are None where it cannot say."""

    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool | None = None
    process: int | None = None


def read_fragments(data: bytes) -> list[bytes] | None:
    """The fragments behind the basic offset table (PS3.5 A.4); None if there is no table or an item is not whole.

    Implements: SRS-012
    """
    items, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] != ITEM or at + 8 + length > len(data):
            return None
        items.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    return items[1:] if len(items) > 1 else None


def has_end(stream: bytes) -> bool:
    """Say whether a codestream ends with its end marker, but for padding.

    Implements: SRS-012
    """
    return stream.rstrip(b"\x00").endswith(END_MARKER)


def read_head(stream: bytes) -> Stated | None:
    """What a codestream states of its picture; None if it is malformed.

    JPEG 2000: SOC and SIZ (ISO/IEC 15444-1 A.5.1). JPEG and JPEG-LS: unbroken marker segments from SOI to SOS, one of
    them a start of frame (ISO/IEC 10918-1 B.1.1, B.2.2; ISO/IEC 14495-1 C.2).

    Implements: SRS-013
    """
    if stream[:4] == b"\xff\x4f\xff\x51" and len(stream) > 44:
        x, y, x0, y0 = struct.unpack(">4I", stream[8:24])
        depth = stream[42]
        return Stated(y - y0, x - x0, int.from_bytes(stream[40:42], "big"), (depth & 0x7F) + 1, bool(depth & 0x80))
    found, at = _read_segments(stream)
    return found if at is not None else None


def find_end(stream: bytes, syntax: str) -> int | None:
    """Where the first picture of a codestream ends; None if that cannot be told.

    Implements: SRS-013
    """
    if syntax in JPEG_2000:
        return _end_of_tiles(stream)
    _, at = _read_segments(stream)
    if at is None:
        return None
    found = next(find_markers(stream, at, JPEG_LS_MARKERS if syntax in JPEG_LS else JPEG_MARKERS), None)
    return found + 2 if found is not None and stream[found : found + 2] == END_MARKER else None


FILL = bytes(range(1, 251)) * 16
"""Codes of no picture: no byte of it is FF."""


def lengthen(stream: bytes) -> bytes:
    """A codestream with more codes before its end: a decoder reads them only if those of its picture were not enough.

    Implements: SRS-013
    """
    at = stream.rindex(END_MARKER)
    return stream[:at] + FILL + stream[at:]


def find_markers(stream: bytes, start: int, codes: frozenset[int]) -> Iterator[int]:
    """Where markers of these codes stand in a scan: the byte before each code (ISO/IEC 10918-1 B.1.1.2).

    Implements: SRS-013
    """
    content = np.frombuffer(stream, np.uint8)
    wanted = np.isin(np.arange(256), list(codes))
    for at in range(start, len(content) - 1, STEP):
        places = np.flatnonzero(content[at : at + STEP] == 0xFF) + at
        places = places[places < len(content) - 1]
        yield from places[wanted[content[places + 1]]].tolist()


def _read_segments(stream: bytes) -> tuple[Stated | None, int | None]:
    """The one start of frame, and where the data of the first scan begin; None where a segment is malformed."""
    at, found = 2, None
    while stream[:2] == b"\xff\xd8" and at + 10 < len(stream) and stream[at] == 0xFF and stream[at + 1] in SEGMENTS:
        length = int.from_bytes(stream[at + 2 : at + 4], "big")
        if stream[at + 1] == START_OF_SCAN:
            return found, at + 2 + length
        if stream[at + 1] in FRAME_MARKERS:
            if found:
                break
            precision, rows, columns, samples = struct.unpack(">BHHB", stream[at + 4 : at + 10])
            found = Stated(rows, columns, samples, precision, process=stream[at + 1])
        at += 2 + length
    return None, None


def _end_of_tiles(stream: bytes) -> int | None:
    """Where a JPEG 2000 codestream ends: each tile-part says how long it is (Psot, ISO/IEC 15444-1 A.4.2).

    None also where parts lack: those of every tile of the picture, as many as it says. A decoder shows them black.
    """
    at, end, parts, stated = 2, None, Counter[int](), dict[int, int]()
    while at + 4 <= len(stream) and stream[at] == 0xFF and stream[at : at + 2] != TILE_PART:  # the main header
        at += 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
    while end is None and stream[at : at + 2] == TILE_PART and at + 12 <= len(stream):
        tile, length, _, count = struct.unpack(">HIBB", stream[at + 4 : at + 12])
        parts[tile] += 1
        stated[tile] = count or stated.get(tile, 0)
        if length == 0:  # the last one: up to the end
            end = len(stream.rstrip(b"\x00"))
        elif length < 14:
            return None
        at += length
    if end is None and stream[at : at + 2] == END_MARKER:
        end = at + 2
    whole = all(stated[tile] in (0, number) for tile, number in parts.items())
    return end if whole and parts and parts.keys() == set(range(_count_tiles(stream))) else None


MOST_TILES = 2**16
"""Tiles are numbered with 16 bits (ISO/IEC 15444-1 A.4.2)."""


def _count_tiles(stream: bytes) -> int:
    """How many tiles the image and tile size say that the picture has (SIZ, ISO/IEC 15444-1 A.5.1, B.3)."""
    if len(stream) < 40:
        return 0
    x, y, _, _, width, height, x0, y0 = struct.unpack(">8I", stream[8:40])
    if not width or not height:
        return 0
    return int(min(-(-(x - x0) // width) * -(-(y - y0) // height), MOST_TILES))
