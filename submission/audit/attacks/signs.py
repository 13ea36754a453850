"""The signs that a page of a PDF shows, and how another one is drawn in the place of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from submission.audit.attacks.editing import Edited, edit
from submission.audit.attacks.forgery import Forgery

SHOWN = re.compile(rb"/(\S+) [\d.]+ Tf|<([0-9a-fA-F]+)>")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A sign that a page shows: where it stands in the stream, its code, and the codes of the font by their sign."""

    start: int
    code: str
    sign: str
    codes: dict[str, str]


def glyphs_of(document: Edited, page: int) -> tuple[bytes, list[Glyph]]:
    """What a page of a document draws and every sign that it shows."""
    content = document.streams[document.content(page)]
    fonts = document.codes(page)
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


def show_other(forgery: Forgery, document: dict[str, Any], wanted: str) -> tuple[int, str, str] | None:
    """Show another sign in the place of one on a page, both of a kind (a pattern).

    Returns:
        The page from 0 on, the sign and the other; None if the page shows none that its font could exchange.
    """
    edited = opened(forgery, document)
    pages = edited.pages()
    number = forgery.dice.randrange(len(pages))
    content, glyphs = glyphs_of(edited, pages[number])
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
    draw(edited, pages[number], content[: glyph.start] + glyph.codes[other].encode() + content[glyph.start + 4 :])
    save(forgery, document["file"], edited)
    return number, glyph.sign, other


def opened(forgery: Forgery, document: dict[str, Any]) -> Edited:
    """A document of the copy, taken apart."""
    return edit((forgery.folder / document["file"]).read_bytes())


def draw(document: Edited, page: int, content: bytes) -> None:
    """Let a page draw other content."""
    document.streams[document.content(page)] = content


def save(forgery: Forgery, name: str, document: Edited) -> None:
    """Write a PDF in the place of a file of the copy."""
    (forgery.folder / name).write_bytes(document.written())
