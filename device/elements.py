"""How the data elements of a file stand (PS3.5 chapter 7): each once, in ascending order, nothing behind the pixels.

Readers differ in what they make of a file that is not so: one takes the first of two values, another the last. Here no
value is read; where the elements lie is, and what is wrong with that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.tag import Tag

PIXEL_DATA = 0x7FE00010
ITEM, ITEM_END, SEQUENCE_END, PADDING = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD, 0xFFFCFFFC
UNDEFINED = 0xFFFFFFFF
"""A length that is not stated: a delimiter ends the value (PS3.5 7.5)."""

LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
"""Value representations whose length takes four bytes, behind two that are reserved (PS3.5 7.1.2)."""

SHORT = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(),
)
DEEPEST = 32
"""How many sequences may lie within each other; a header of an image has three or four."""


class Fault(NamedTuple):
    """What keeps a file from being read in one way only: found, expected."""

    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Encoding:
    """How data elements are written (PS3.5 chapter 10)."""

    implicit: bool
    little: bool

    def __str__(self) -> str:
        return f"{'implicit' if self.implicit else 'explicit'} VR, {'little' if self.little else 'big'} endian"

    def number(self, content: bytes) -> int:
        """The whole number that these bytes are."""
        return int.from_bytes(content, "little" if self.little else "big")


META = Encoding(implicit=False, little=True)
"""How file meta information is written, whatever the data set (PS3.10 7.1)."""


@dataclass(frozen=True, slots=True)
class Element:
    """A data element by its places in the file: where it starts, where its value lies; `end` is None if it has none."""

    tag: int
    start: int
    at: int
    end: int | None
    undefined: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The elements of a data set, the pixel data among them if there are any, and what is wrong with them."""

    elements: tuple[Element, ...]
    end: int
    faults: tuple[Fault, ...]

    @property
    def pixels(self) -> Element | None:
        """The pixel data."""
        return next((each for each in self.elements if each.tag == PIXEL_DATA), None)

    @property
    def tags(self) -> set[int]:
        """The tags of a data set but for the pixel data."""
        return {each.tag for each in self.elements} - {PIXEL_DATA}


def find_meta(file: BinaryIO, size: int, start: int) -> Layout:
    """Find the elements of the file meta information (PS3.10 7.1), which ends where another group begins.

    Raises:
        ValueError: an element is none, or ends behind the file.

    Implements: SRS-021, SRS-040
    """
    return _Walk(file, size).meta(start)


def find_elements(file: BinaryIO, size: int, start: int, encoding: Encoding) -> Layout:
    """Find the elements of the data set up to and with its pixel data, and what stands behind them.

    Args:
        file: a whole file; nothing but the heads of its elements is read.
        size: how many bytes it has.
        start: where the data set starts.
        encoding: how it is written.

    Raises:
        ValueError: an element is none, ends behind the file, or lies in too many sequences.

    Implements: SRS-021, SRS-040
    """
    return _Walk(file, size).data_set(start, encoding)


class _Head(NamedTuple):
    """What stands before a value: the tag, the value representation if it is stated, the length and where it begins."""

    tag: int
    representation: bytes
    length: int
    at: int


class _Walk:
    """One walk through a file from element to element; the values are stepped over."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.size, self.faults = file, size, dict[Fault, None]()

    def meta(self, start: int) -> Layout:
        elements: list[Element] = []
        at = start
        while self.group(at) == 2:
            head = self.head(at, META)
            self.follows(head.tag, elements[-1].tag if elements else 0)
            elements.append(Element(head.tag, at, head.at, self.end_of(head), undefined=False))
            at = head.at + head.length
        if elements and elements[0].tag == 0x00020000:
            self.file.seek(elements[0].at)
            stated, found = int.from_bytes(self.file.read(4), "little"), at - elements[0].at - 4
            if stated != found:
                self.fault(f"{_name(0x00020000)} of {stated}", f"{found}, the bytes of the file meta information")
        return Layout(tuple(elements), at, tuple(self.faults))

    def data_set(self, start: int, encoding: Encoding) -> Layout:
        elements: list[Element] = []
        at = start
        while at < self.size:
            head = self.head(at, encoding)
            self.follows(head.tag, elements[-1].tag if elements else 0x0002FFFF)
            end = self.end_of_pixels(head) if head.tag == PIXEL_DATA else self.end_of_value(head, encoding, 0)
            elements.append(Element(head.tag, at, head.at, end, head.length == UNDEFINED))
            at = self.size if end is None else end + 8 * (head.tag == PIXEL_DATA and head.length == UNDEFINED)
            if head.tag == PIXEL_DATA:
                self.behind(at, encoding)
                break
        return Layout(tuple(elements), at, tuple(self.faults))

    # --- one element ---

    def group(self, at: int) -> int | None:
        """The group of the element that starts here, if one does, in little endian."""
        self.file.seek(at)
        content = self.file.read(2)
        return META.number(content) if len(content) == 2 else None

    def head(self, at: int, encoding: Encoding) -> _Head:
        """The head of the element that starts here."""
        self.file.seek(at)
        content = self.file.read(8)
        if len(content) < 8:
            raise ValueError(f"{len(content)} bytes at byte {at} are no data element (PS3.5 7.1)")
        group, representation = encoding.number(content[:2]), content[4:6]
        tag = group << 16 | encoding.number(content[2:4])
        if encoding.implicit or group == 0xFFFE:
            return _Head(tag, b"", encoding.number(content[4:]), at + 8)
        if representation in SHORT:
            return _Head(tag, representation, encoding.number(content[6:]), at + 8)
        if representation not in LONG:
            raise ValueError(f"{_name(tag)} at byte {at} has no value representation, but {representation!r}")
        length = self.file.read(4)
        if len(length) < 4:
            raise ValueError(f"{_name(tag)} at byte {at}: the file ends before its length")
        return _Head(tag, representation, encoding.number(length), at + 12)

    def end_of(self, head: _Head) -> int:
        """Where a value of stated length ends."""
        if head.length == UNDEFINED or head.at + head.length > self.size:
            stated = "a length that is not stated" if head.length == UNDEFINED else f"{head.length} bytes"
            raise ValueError(f"{_name(head.tag)} at byte {head.at} has {stated}, the file {self.size - head.at} more")
        return head.at + head.length

    def end_of_value(self, head: _Head, encoding: Encoding, depth: int) -> int:
        """Where a value ends, the sequences in it walked through."""
        inner = Encoding(implicit=True, little=True) if head.representation == b"UN" else encoding
        if head.length == UNDEFINED:
            return self.items(head, self.size, inner, depth, open_end=True)
        end = self.end_of(head)
        if head.representation == b"SQ" or (encoding.implicit and _is_sequence(head.tag)):
            return self.items(head, end, encoding, depth, open_end=False)
        return end

    def items(self, head: _Head, end: int, encoding: Encoding, depth: int, *, open_end: bool) -> int:
        """Walk through the items of a sequence (PS3.5 7.5), or of encapsulated pixel data, to where it ends."""
        if depth == DEEPEST:
            raise ValueError(f"{_name(head.tag)} at byte {head.at} lies in more than {DEEPEST} sequences")
        at = head.at
        while at < end:
            item = self.head(at, encoding)
            if item.tag == SEQUENCE_END and open_end:
                return item.at
            if item.tag != ITEM:
                raise ValueError(f"{_name(head.tag)} holds {_name(item.tag)} at byte {at}, not an item (PS3.5 7.5)")
            at = item.at + item.length if head.tag == PIXEL_DATA else self.item(item, end, encoding, depth + 1)
        if open_end or at != end:
            raise ValueError(f"{_name(head.tag)} at byte {head.at} does not end where it should (PS3.5 7.5)")
        return at

    def item(self, item: _Head, end: int, encoding: Encoding, depth: int) -> int:
        """Walk through the data set of an item to where it ends."""
        open_end, before, at = item.length == UNDEFINED, 0, item.at
        end = end if open_end else item.at + item.length
        while at < end:
            head = self.head(at, encoding)
            if head.tag == ITEM_END and open_end:
                return head.at
            self.follows(head.tag, before)
            before, at = head.tag, self.end_of_value(head, encoding, depth)
        if open_end or at != end:
            raise ValueError(f"an item at byte {item.at} does not end where it should (PS3.5 7.5)")
        return at

    # --- the pixel data ---

    def end_of_pixels(self, head: _Head) -> int | None:
        """Where the pixel data end, without the delimiter of fragments (PS3.5 A.4); None if the file ends before."""
        if head.length != UNDEFINED:
            return head.at + head.length if head.at + head.length <= self.size else None
        at = head.at
        while at + 8 <= self.size:
            item = self.head(at, META)
            if item.tag == SEQUENCE_END:
                return at
            if item.tag != ITEM:
                return None
            at = item.at + item.length
        return None

    def behind(self, at: int, encoding: Encoding) -> None:
        """Nothing stands behind the pixel data but padding (PS3.10 7.2)."""
        if at == self.size:
            return
        found = f"{self.size - at} bytes behind the pixel data"
        try:
            head = self.head(at, encoding)
        except ValueError:
            self.fault(found, "the end of the file")
        else:
            if head.tag != PADDING or head.at + head.length != self.size:
                self.fault(f"{found}, of {_name(head.tag)}", "the end of the file, or Data Set Trailing Padding")

    # --- what is wrong ---

    def follows(self, tag: int, before: int) -> None:
        """An element has a higher tag than the one before it (PS3.5 7.1)."""
        if tag == before:
            self.fault(f"{_name(tag)} twice", "every data element once (PS3.5 7.1)")
        elif tag < before:
            self.fault(f"{_name(tag)} behind {_name(before)}", "data elements in ascending order (PS3.5 7.1)")

    def fault(self, found: str, expected: str) -> None:
        self.faults[Fault(found, expected)] = None


def _is_sequence(tag: int) -> bool:
    """Say whether the dictionary knows an attribute as a sequence."""
    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False


def _name(tag: int) -> str:
    """An attribute as a person finds it: keyword, if it has one, and tag."""
    return f"{keyword_for_tag(tag)} {Tag(tag)}".strip()
