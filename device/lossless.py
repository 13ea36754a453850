"""Whether a lossless JPEG picture is the one of its scan: a decoder that makes samples up says nothing of it.

The picture is as long as the codes of its samples are; where that is not the length of the scan, samples were made up
or left out (ISO/IEC 10918-1 annex H).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from device.codestream import END_MARKER, RESTARTS, START_OF_SCAN, find_markers

HUFFMAN_TABLE, RESTART_INTERVAL, LOSSLESS_FRAME = 0xC4, 0xDD, 0xC3

ROWS_AT_A_TIME = 128
"""How many rows are compared at a time: what that needs besides the picture stays small."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The one scan of a codestream: how its samples were coded, and the bytes of each of its restart intervals."""

    precision: int
    predictor: int
    shift: int
    code_bits: dict[int, int]
    interval: int
    bytes: tuple[int, ...]


def fits_scan(stored: NDArray[np.integer[Any]], stream: bytes) -> bool:
    """Say whether a picture is as long as the scan that it was decoded from, and within its precision.

    Args:
        stored: what a decoder made of it, axis order (rows, columns), one sample a pixel.
        stream: a codestream with unbroken marker segments and an end (`device.codestream`).

    Returns:
        False also for a scan that is not lossless, or that has none of the predictors.

    Implements: SRS-013
    """
    scan = read_scan(stream)
    if scan is None or scan.predictor not in PREDICTORS or int(stored.max()) >> scan.precision:
        return False
    costs = _count_costs(scan)
    rows = max(scan.interval // stored.shape[1], 1) if scan.interval else len(stored)
    found = [_count_bits(stored[start : start + rows], scan, costs) for start in range(0, len(stored), rows)]
    return tuple(-(-bits // 8) for bits in found) == scan.bytes


def read_scan(stream: bytes) -> Scan | None:
    """Read how the scan of a lossless codestream is coded; None if it is not one scan of one component.

    Implements: SRS-013
    """
    tables: dict[int, dict[int, int]] = {}
    at, interval, precision = 2, 0, None
    while at + 4 <= len(stream) and stream[at] == 0xFF:
        length = int.from_bytes(stream[at + 2 : at + 4], "big")
        marker, body = stream[at + 1], stream[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == HUFFMAN_TABLE:
            tables |= _read_tables(body)
        elif marker == RESTART_INTERVAL:
            interval = int.from_bytes(body[:2], "big")
        elif marker == LOSSLESS_FRAME:
            precision = body[0]
        elif marker == START_OF_SCAN:
            if precision is None or len(body) != 6 or body[2] >> 4 not in tables:
                return None
            code = tables[body[2] >> 4]
            return Scan(precision, body[3], body[5] & 15, code, interval, _count_bytes(stream, at))
    return None


def _read_tables(body: bytes) -> dict[int, dict[int, int]]:
    """The bits of the code of each symbol, by table (ISO/IEC 10918-1 B.2.4.2).

    Implements: SRS-013
    """
    tables, at = {}, 0
    while at + 17 <= len(body):
        counts = body[at + 1 : at + 17]
        symbols = iter(body[at + 17 : at + 17 + sum(counts)])
        lengths = [bits for bits, count in enumerate(counts, 1) for _ in range(count)]
        tables[body[at]] = dict(zip(symbols, lengths, strict=False))
        at += 17 + sum(counts)
    return tables


def _count_bytes(stream: bytes, start: int) -> tuple[int, ...]:
    """The bytes of each restart interval up to the end marker, without those stuffed in (ISO/IEC 10918-1 B.1.1.5).

    Implements: SRS-013
    """
    found, end = list(find_markers(stream, start, RESTARTS)), stream.rindex(END_MARKER)
    parts = [stream[at:to] for at, to in zip([start, *(each + 2 for each in found)], [*found, end], strict=True)]
    return tuple(len(part.rstrip(b"\xff")) - part.count(b"\xff\x00") for part in parts)


# --- of a picture -----------------------------------------------------------------------------------------------------

Samples: TypeAlias = NDArray[np.uint16]


PREDICTORS = range(1, 8)


def _predict(predictor: int, left: Samples, above: Samples, corner: Samples) -> Samples:
    """What a sample is expected to be, modulo 2^16, as differences are taken (ISO/IEC 10918-1 table H.1, H.1.2.1)."""
    match predictor:
        case 1:
            return left
        case 2:
            return above
        case 3:
            return corner
        case 4:
            return left + above - corner
        case 5:
            return left + _half(above, corner)
        case 6:
            return above + _half(left, corner)
        case _:
            return (left.astype(np.int32) + above >> 1).astype(np.uint16)


def _half(first: Samples, second: Samples) -> Samples:
    """Half the difference, which may be negative, modulo 2^16."""
    return (first.astype(np.int32) - second >> 1).astype(np.uint16)


NO_CODE = 2**15
"""The bits of a difference for which the table has no code: many more than of any that has one."""


def _count_costs(scan: Scan) -> Samples:
    """The bits of each difference modulo 2^16: its category's code and, but for 2^15, as many more (H.1.2.2)."""
    differences = np.arange(2**16)
    categories = np.frexp(np.minimum(differences, 2**16 - differences))[1]  # how many bits the magnitude has
    codes = np.array([scan.code_bits.get(category, NO_CODE) for category in range(17)])
    return (codes[categories] + np.where(categories < 16, categories, 0)).astype(np.uint16)


def _count_bits(interval: NDArray[np.integer[Any]], scan: Scan, costs: Samples) -> int:
    """The bits of the rows of one restart interval, each of which begins as the picture does (H.1.2.1)."""
    first = (interval[0] >> scan.shift).astype(np.uint16)
    start = np.array([1 << (scan.precision - scan.shift - 1)], np.uint16)
    bits = _sum(costs, first - np.concatenate((start, first[:-1])))
    for at in range(1, len(interval), ROWS_AT_A_TIME):
        rows = (interval[at - 1 : at + ROWS_AT_A_TIME] >> scan.shift).astype(np.uint16)
        above, here = rows[:-1], rows[1:]
        bits += _sum(costs, here[:, 0] - above[:, 0])
        bits += _sum(costs, here[:, 1:] - _predict(scan.predictor, here[:, :-1], above[:, 1:], above[:, :-1]))
    return bits


def _sum(costs: Samples, differences: Samples) -> int:
    return int(np.take(costs, differences, mode="clip").sum(dtype=np.int64))  # none lies outside: 2^16 costs
