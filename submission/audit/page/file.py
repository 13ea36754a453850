"""The file of a document, read strictly: one revision, every byte accounted for, every object of a kind that we write.

A lenient reader makes something of nearly any file, and two lenient readers make two things of one: what one of them
shows, the other need not. So nothing is made of a file that is not written as ours are.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from submission.audit.page.kinds import KINDS, STREAMS

HEAD = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
BEGIN, END = b"\nstream\n", b"\nendstream\nendobj\n"
TAIL = re.compile(rb"startxref\n(\d+)\n%%EOF\n")
NUMBER = re.compile(rb"(\d+) 0 obj\n")


class OddFileError(Exception):
    """A file is not written as ours are; the message says where."""


@dataclass(frozen=True, slots=True)
class Held:
    """An object: its kind, its bytes, and the parts of them that its kind names."""

    kind: str
    raw: bytes
    match: re.Match[bytes]

    def __getitem__(self, name: str) -> bytes:
        return self.match[name] or b""

    def number(self, name: str) -> int:
        """The number of the object that a part refers to."""
        return int(self[name])


@dataclass(frozen=True, slots=True)
class File:
    """The objects of a document by their numbers, and what its streams hold."""

    objects: dict[int, Held]
    streams: dict[int, bytes]
    root: int
    info: int
    faces: dict[int, Any] = field(default_factory=dict)
    """Fonts that were read before, by the objects that list them."""

    def one(self, kind: str) -> Held:
        """The only object of a kind.

        Raises:
            OddFileError: there are none or several.
        """
        found = self.every(kind)
        if len(found) != 1:
            raise OddFileError(f"has {len(found)} objects of the kind {kind}, expected one")
        return next(iter(found.values()))

    def every(self, kind: str) -> dict[int, Held]:
        """All objects of a kind, by their numbers."""
        return {number: held for number, held in self.objects.items() if held.kind == kind}

    def at(self, number: int, *kinds: str) -> Held:
        """An object that has to be of one of these kinds.

        Raises:
            OddFileError: it is not.
        """
        held = self.objects.get(number)
        if held is None or held.kind not in kinds:
            raise OddFileError(f"refers to object {number} as {' or '.join(kinds)}, which it is not")
        return held

    def stream(self, number: int, *kinds: str) -> bytes:
        """What a stream of one of these kinds holds.

        Raises:
            OddFileError: it is of another.
        """
        self.at(number, *kinds)
        return self.streams[number]


def read_file(content: bytes) -> File:
    """Read a document.

    Raises:
        OddFileError: it is not written as our documents are.
    """
    if not content.startswith(HEAD):
        raise OddFileError("does not begin as our documents do")
    objects: dict[int, Held] = {}
    streams: dict[int, bytes] = {}
    places: dict[int, tuple[int, int, int]] = {}
    at, last = len(HEAD), 0
    while match := NUMBER.match(content, at):
        number = int(match[1])
        held = _stream_at(content, match.end(), number)
        if number in objects:
            raise OddFileError(f"has object {number} twice")
        start = match.end() + len(held.raw) + len(BEGIN)
        if content[start - len(BEGIN) : start] != BEGIN:
            raise OddFileError(f"object {number} holds nothing")
        size = int(held["length"])
        if content[start + size : start + size + len(END)] != END:
            raise OddFileError(f"object {number} is not as long as it says")
        objects[number], places[number] = held, (1, at, 0)
        streams[number] = _unpacked(content[start : start + size], number)
        at, last = start + size + len(END), number
    tail = TAIL.fullmatch(content, at)
    if tail is None or not last or objects[last].kind != "table" or int(tail[1]) != places[last][1]:
        raise OddFileError(f"has something at byte {at} that is no part of a document of ours")
    table = objects[last]
    for number, held in list(objects.items()):
        if held.kind == "packed":
            _unpack(held, number, streams[number], objects, places)
    _check_table(table, streams[last], places)
    return File(objects, streams, table.number("root"), table.number("info"))


def _stream_at(content: bytes, at: int, number: int) -> Held:
    for kind, pattern in STREAMS.items():
        if match := pattern.match(content, at):
            return Held(kind, match[0], match)
    raise OddFileError(f"object {number} is of no kind that our documents have: {content[at : at + 80]!r}")


def _unpacked(content: bytes, number: int) -> bytes:
    reader = zlib.decompressobj()
    try:
        found = reader.decompress(content)
    except zlib.error as error:
        raise OddFileError(f"object {number} cannot be unpacked: {error}") from error
    if not reader.eof or reader.unused_data:
        raise OddFileError(f"object {number} holds more or less than it should")
    return found


def _unpack(
    held: Held, number: int, content: bytes, objects: dict[int, Held], places: dict[int, tuple[int, int, int]]
) -> None:
    """Take the objects out of a stream of objects."""
    first = int(held["first"])
    try:
        heads = [int(word) for word in content[:first].split()]
    except ValueError as error:
        raise OddFileError(f"object {number} lists its objects wrongly: {error}") from error
    names, starts = heads[::2], [first + each for each in heads[1::2]]
    if len(names) != int(held["count"]) or len(names) != len(starts):
        raise OddFileError(f"object {number} lists {len(names)} objects, it says {int(held['count'])}")
    for index, (name, (start, end)) in enumerate(zip(names, pairwise([*starts, len(content) + 1]), strict=True)):
        if name in objects:
            raise OddFileError(f"has object {name} twice")
        if content[end - 1 : end] not in (b"\n", b" ", b""):
            raise OddFileError(f"object {name} does not end where the next begins")
        objects[name] = _kind_of(content[start : end - 1], name)
        places[name] = (2, number, index)


def _kind_of(raw: bytes, number: int) -> Held:
    for kind, pattern in KINDS.items():
        if match := pattern.fullmatch(raw):
            return Held(kind, raw, match)
    raise OddFileError(f"object {number} is of no kind that our documents have: {raw[:80]!r}")


def _check_table(table: Held, content: bytes, places: dict[int, tuple[int, int, int]]) -> None:
    """See that a reader who goes by the table of places finds what was read here.

    Raises:
        OddFileError: it does not.
    """
    widths = [int(each) for each in table["widths"].split()]
    whole, size = sum(widths), int(table["size"])
    if len(content) != whole * size or table["index"] != b"0 %d" % size or set(places) != set(range(1, size)):
        raise OddFileError("its table of objects does not list those that are there")
    ends: list[Any] = [0, widths[0], widths[0] + widths[1], whole]
    for number in range(1, size):
        entry = content[number * whole : (number + 1) * whole]
        found = tuple(int.from_bytes(entry[start:end]) for start, end in pairwise(ends))
        if found != places[number]:
            raise OddFileError(f"its table of objects has object {number} elsewhere: {found}, {places[number]}")
