"""The fonts that a document carries, glyph by glyph against the shipped ones: outline, width, the sign it is read as.

A page shows outlines and is read by a map from glyphs to signs. Either may lie: a 3 that is drawn where 8 is read.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from submission.audit.page.file import File, Held, OddFileError

TABLES = {
    b"GDEF", b"OS/2", b"cmap", b"gasp", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name", b"post",
}  # fmt: skip
"""What an embedded font has: no programs, which could move the points of an outline."""
READ = re.compile(
    rb"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo\n<< /Registry \(Adobe\)\n"
    rb"/Ordering \(UCS\)\n/Supplement 0\n>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
    rb"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
    rb"((?:\d+ beginbfchar\n(?:<[0-9a-f]{4}> <[0-9a-f]+>\n)*endbfchar\n)*)"
    rb"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
)
"""The map from glyphs to signs, as it is written."""
PAIR = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]+)>")
SPAN = re.compile(rb"(\d+) \[([\d ]*)\]")

MORE, WORDS, XY, TURNED = 0x20, 0x1, 0x2, 0xC8
"""Flags of a part of a glyph: another follows, its place is in words, by distances; it is scaled or turned."""
DEEP = 4
SLANTED = "-Oblique"
"""What a shipped font is called where the page slants it; its glyphs are the same."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font of a document: by the code of each glyph its width in thousandths of the size, and its text."""

    name: str
    widths: dict[bytes, int]
    texts: dict[bytes, str]
    shown: dict[bytes, tuple[str, float]] = field(default_factory=dict)
    """Lines of text that were read before: what they say, and how far they reach in sizes."""


@cache
def _shipped() -> dict[str, dict[int, tuple[str, int, tuple[str, ...]]]]:
    """By face and glyph: digest of the outline, width, signs."""
    told = json.loads((Path(__file__).parent / "glyphs.json").read_text())
    return {
        face: {int(glyph): (outline, width, tuple(signs)) for glyph, (outline, width, signs) in glyphs.items()}
        for face, glyphs in told.items()
    }


def read_faces(file: File, number: int) -> dict[str, Face]:
    """The fonts of a page by the names that it gives them, each seen to be a shipped one.

    Args:
        file: the document.
        number: the object that lists the fonts.

    Raises:
        OddFileError: a font is not written as ours are, or a glyph is not the shipped one.
    """
    known: dict[str, Face] | None = file.faces.get(number)
    if known is not None:
        return known
    listed = file.at(number, "fonts")["fonts"].decode()
    found = re.findall(r"/([A-Z]{6}) (\d+) 0 R", listed)
    if len({name for name, _ in found}) != len(found):
        raise OddFileError("gives two fonts one name")
    faces = {name: _face(file, int(font)) for name, font in found}
    file.faces[number] = faces
    return faces


def _face(file: File, number: int) -> Face:
    font = file.at(number, "font")
    drawn = file.at(font.number("drawn"), "drawn")
    described = file.at(drawn.number("described"), "descriptor")
    name = font["face"].decode()
    if any((one["face"], one["tag"]) != (font["face"], font["tag"]) for one in (drawn, described)):
        raise OddFileError(f"calls a font {name} in one place and otherwise in another")
    shipped = _shipped()[name.removesuffix(SLANTED)]
    texts = _texts(file.stream(font.number("read"), "drawing"), name, shipped)
    widths = _widths(drawn, name, shipped)
    outlines = _outlines(file.stream(described.number("file"), "glyphs"))
    for glyph in sorted(texts):
        _check_outline(glyph, outlines, shipped, name, texts[glyph])
    code = {glyph: b"%04x" % glyph for glyph in texts}
    return Face(
        name,
        {code[glyph]: widths.get(glyph, 1000) for glyph in texts},
        {code[glyph]: text for glyph, text in texts.items()},
    )


def _texts(content: bytes, name: str, shipped: dict[int, tuple[str, int, tuple[str, ...]]]) -> dict[int, str]:
    match = READ.fullmatch(content)
    if match is None:
        raise OddFileError(f"maps the glyphs of {name} to signs in a way that our documents do not")
    found: dict[int, str] = {}
    for code, sign in PAIR.findall(match[1]):
        glyph, text = int(code, 16), bytes.fromhex(sign.decode()).decode("utf-16-be", errors="replace")
        if glyph in found:
            raise OddFileError(f"maps glyph {glyph} of {name} twice")
        if glyph not in shipped or text not in shipped[glyph][2]:
            raise OddFileError(f"lets glyph {glyph} of {name} be read as {text!r}; in the shipped font it is another")
        found[glyph] = text
    return found


def _widths(drawn: Held, name: str, shipped: dict[int, tuple[str, int, tuple[str, ...]]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start, widths in SPAN.findall(drawn["widths"]):
        for place, width in enumerate(widths.split(), start=int(start)):
            if place in found or (place in shipped and abs(int(width) - shipped[place][1]) > 1):
                raise OddFileError(f"gives glyph {place} of {name} the width {int(width)}, which is not its own")
            found[place] = int(width)
    return found


def _check_outline(
    glyph: int, outlines: dict[int, bytes], shipped: dict[int, tuple[str, int, tuple[str, ...]]], name: str, text: str
) -> None:
    if glyph not in shipped or _outline(glyph, outlines) != shipped[glyph][0]:
        raise OddFileError(f"draws {text!r} in {name} otherwise than the shipped font")


# --- TrueType, as far as outlines need it -----------------------------------------------------------------------------


def _outlines(content: bytes) -> dict[int, bytes]:
    """The outline of each glyph of a font, as it is stored."""
    try:
        tables = dict(_tables(content))
        if set(tables) - TABLES or len(set(tables)) != len(list(_tables(content))):
            raise OddFileError(f"carries a font with other parts than ours: {sorted(set(tables) - TABLES)}")
        (units,) = struct.unpack(">H", tables[b"head"][18:20])
        (long,) = struct.unpack(">h", tables[b"head"][50:52])
        if units != 1000:
            raise OddFileError(f"carries a font of {units} units, expected 1000")
        size = 4 if long else 2
        places = [
            int.from_bytes(tables[b"loca"][at : at + size]) * (1 if long else 2)
            for at in range(0, len(tables[b"loca"]), size)
        ]
        return {n: tables[b"glyf"][a:b] for n, (a, b) in enumerate(pairwise(places))}
    except (KeyError, struct.error, IndexError) as error:
        raise OddFileError(f"carries a font that cannot be read: {type(error).__name__} {error}") from error


def _tables(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    (count,) = struct.unpack(">H", content[4:6])
    for at in range(12, 12 + 16 * count, 16):
        tag, _, start, length = struct.unpack(">4sIII", content[at : at + 16])
        yield tag, content[start : start + length]


def _outline(glyph: int, outlines: dict[int, bytes], depth: int = 0) -> str:
    """The digest of what a glyph draws; a part of it counts by what it draws, since its number is not kept."""
    raw = outlines.get(glyph)
    if raw is None or depth > DEEP:
        raise OddFileError(f"carries a font without its glyph {glyph}")
    try:
        if raw[:1] != b"\xff":
            return _digest(raw)
        parts = [[_outline(part, outlines, depth + 1), x, y] for part, x, y in _components(raw)]
    except (struct.error, IndexError) as error:
        raise OddFileError(f"carries a glyph that cannot be read: {error}") from error
    return _of_drawn(parts)


@cache
def _digest(raw: bytes) -> str:
    """The digest of contours, by their points and not by how they are stored."""
    return _of_drawn(_contours(raw))


def _of_drawn(drawn: list[Any]) -> str:
    return hashlib.sha256(json.dumps(drawn, separators=(",", ":")).encode()).hexdigest()[:16]


def _contours(raw: bytes) -> list[Any]:
    contours = struct.unpack(">h", raw[:2])[0] if raw else 0
    if contours == 0:
        return []
    ends = [*struct.unpack(f">{contours}H", raw[10 : 10 + 2 * contours])]
    (program,) = struct.unpack(">H", raw[10 + 2 * contours : 12 + 2 * contours])
    at, count = 12 + 2 * contours + program, ends[-1] + 1
    flags: list[int] = []
    while len(flags) < count:
        flag, at = raw[at], at + 1
        flags.append(flag)
        if flag & 8:
            flags += [flag] * raw[at]
            at += 1
    xs, at = _steps(raw, at, flags, 2, 16)
    ys, _ = _steps(raw, at, flags, 4, 32)
    return [ends, [[x, y, flag & 1] for x, y, flag in zip(xs, ys, flags, strict=True)]]


def _steps(raw: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[int], int]:
    value, found = 0, []
    for flag in flags:
        if flag & short:
            value += raw[at] if flag & same else -raw[at]
            at += 1
        elif not flag & same:
            value += struct.unpack(">h", raw[at : at + 2])[0]
            at += 2
        found.append(value)
    return found, at


def _components(raw: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the parts of a glyph: which, and where."""
    at, flags = 10, MORE
    while flags & MORE:
        flags, glyph = struct.unpack(">HH", raw[at : at + 4])
        if not flags & XY or flags & TURNED:  # placed by points, turned or scaled: no shipped glyph is
            raise IndexError("a part that is turned, scaled or placed by points")
        size = 4 if flags & WORDS else 2
        x, y = struct.unpack(">hh" if flags & WORDS else ">bb", raw[at + 4 : at + 4 + size])
        yield glyph, x, y
        at += 4 + size
