"""Writes what the audit knows of the shipped fonts: of each glyph its outline, its width and its signs.

`python docs/glyphs.py` after a change of `submission/fonts`; a test compares. The audit reads fonts without a library.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[1]
FONTS = ROOT / "submission/fonts"
TABLE = ROOT / "submission/audit/page/glyphs.json"

FACES = {
    "Clearway-Sans-Light": "IBMPlexSans-Light.woff2",
    "Clearway-Sans": "IBMPlexSans-Regular.woff2",
    "Clearway-Sans-Italic": "IBMPlexSans-Italic.woff2",
    "Clearway-Sans-Semi-Bold": "IBMPlexSans-SemiBold.woff2",
    "Clearway-Mono": "IBMPlexMono-Regular.woff2",
}
"""The shipped fonts by the names that documents call them."""


def read_face(path: Path) -> dict[str, list[Any]]:
    """By the number of each glyph that stands for a sign: its outline's digest, its width, and the signs."""
    font = TTFont(path)
    signs: dict[str, list[str]] = {}
    for code, name in font.getBestCmap().items():
        signs.setdefault(name, []).append(chr(code))
    for name, text in _ligatures(font, signs):
        signs.setdefault(name, []).append(text)
    scale = 1000 / font["head"].unitsPerEm
    return {
        str(font.getGlyphID(name)): [outline(font, name), round(font["hmtx"][name][0] * scale), sorted(texts)]
        for name, texts in sorted(signs.items(), key=lambda item: font.getGlyphID(item[0]))
    }


def _ligatures(font: TTFont, signs: dict[str, list[str]]) -> list[tuple[str, str]]:
    found = []
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in (getattr(each, "ExtSubTable", each) for each in lookup.SubTable):
            for first, ligatures in getattr(table, "ligatures", {}).items():
                for each in ligatures:
                    parts = [first, *each.Component]
                    if all(part in signs for part in parts):
                        found.append((each.LigGlyph, "".join(signs[part][0] for part in parts)))
    return found


def outline(font: TTFont, name: str) -> str:
    """The digest of what a glyph draws: its contours, or the glyphs that it is put together from."""
    glyph = font["glyf"][name]
    if glyph.numberOfContours == 0:
        drawn: list[Any] = []
    elif glyph.isComposite():
        drawn = [[outline(font, one.glyphName), one.x, one.y] for one in glyph.components]
        if any(hasattr(one, "transform") or not hasattr(one, "x") for one in glyph.components):
            raise ValueError(f"{name}: a part that is turned or scaled; the audit knows none")
    else:
        points, ends, flags = glyph.getCoordinates(font["glyf"])
        drawn = [[*ends], [[x, y, on & 1] for (x, y), on in zip(points, flags, strict=True)]]
    return hashlib.sha256(json.dumps(drawn, separators=(",", ":")).encode()).hexdigest()[:16]


def table() -> str:
    """The whole table as JSON, a glyph a line."""
    faces = {face: read_face(FONTS / file) for face, file in FACES.items()}
    lines = [
        f"{json.dumps(face)}: {{\n"
        + ",\n".join(f"{json.dumps(glyph)}: {json.dumps(told, ensure_ascii=False)}" for glyph, told in glyphs.items())
        + "\n}"
        for face, glyphs in faces.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(table())
