"""The signs that a page of a PDF shows, and how another one is drawn in the place of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from submission.audit.attacks.forgery import Forgery

SHOWN = re.compile(rb"/(\S+) [\d.]+ Tf|<([0-9a-fA-F]+)>")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A sign that a page shows: where it stands in the stream, its code, and the codes of the font by their sign."""

    start: int
    code: str
    sign: str
    codes: dict[str, str]


def glyphs_of(page: Any) -> tuple[bytes, list[Glyph]]:
    """The content of a page and every sign that it shows."""
    content = page.get_contents().get_data()
    fonts = {name.lstrip("/"): _codes(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    found, codes = [], {}
    for match in SHOWN.finditer(content):
        if match[1]:
            codes = fonts.get(match[1].decode(), {})
            continue
        signs = {code: sign for sign, code in codes.items()}
        for at in range(0, len(match[2]) - 3, 4):
            code = match[2][at : at + 4].decode().lower()
            if code in signs:
                found.append(Glyph(match.start(2) + at, code, signs[code], codes))
    return content, found


def _codes(font: Any) -> dict[str, str]:
    """The code of each sign of a font, by its ToUnicode map."""
    if "/ToUnicode" not in font:
        return {}
    text = font["/ToUnicode"].get_object().get_data().decode("latin-1")
    pairs = re.findall(r"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]{4})>", text)
    return {chr(int(sign, 16)): code.lower() for code, sign in pairs}


def show_other(forgery: Forgery, document: dict[str, Any], wanted: str) -> tuple[int, str, str] | None:
    """Show another sign in the place of one on a page, both of a kind (a pattern).

    Returns:
        The page from 0 on, the sign and the other; None if the page shows none that its font could exchange.
    """
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(forgery.folder / document["file"]))
    number = forgery.dice.randrange(len(writer.pages))
    page = writer.pages[number]
    content, glyphs = glyphs_of(page)
    choices = [
        (glyph, sorted(set(filter(re.compile(wanted).match, glyph.codes)) - {glyph.sign}))
        for glyph in glyphs
        if re.match(wanted, glyph.sign)
    ]
    choices = [(glyph, others) for glyph, others in choices if others]
    if not choices:
        return None
    glyph, others = forgery.dice.choice(choices)
    other = forgery.dice.choice(others)
    draw(writer, page, content[: glyph.start] + glyph.codes[other].encode() + content[glyph.start + 4 :])
    save(forgery, document["file"], writer)
    return number, glyph.sign, other


def draw(writer: Any, page: Any, content: bytes) -> None:
    """Let a page draw other content."""
    from pypdf.generic import DecodedStreamObject, NameObject

    stream = DecodedStreamObject()
    stream.set_data(content)
    page[NameObject("/Contents")] = writer._add_object(stream)  # it has no public way to add a stream


def save(forgery: Forgery, name: str, writer: Any) -> None:
    """Write a PDF in the place of a file of the copy."""
    held = BytesIO()
    writer.write(held)
    (forgery.folder / name).write_bytes(held.getvalue())
