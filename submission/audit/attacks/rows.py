"""A row of a table left out: on the page, in the ledger, in the text file and among the claims that are attached."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from submission.audit.attacks.alike import forget_unprinted
from submission.audit.attacks.editing import Edited
from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import draw, glyphs_of, opened, save
from submission.audit.claims import page_texts
from submission.audit.names import text_of
from submission.audit.texts import squeeze

REGISTER, LISTED = "CW-DOC-014", re.compile(r"GAP-\d+")
"""The document that states each gap once, and how one is named there."""


def drop_gap(forgery: Forgery) -> str | None:
    """A gap left out of the register."""
    document = next((one for one in forgery.manifest()["documents"] if one["number"] == REGISTER), None)
    return document and _drop(forgery, document, lambda row: LISTED.search(row) is not None, once=True)


def drop_row(forgery: Forgery) -> str | None:
    """A row left out of any table."""
    return _drop(forgery, forgery.dice.choice(forgery.manifest()["documents"]), lambda _: True, once=False)


def _drop(forgery: Forgery, document: dict[str, Any], fits: Callable[[str], bool], *, once: bool) -> str | None:
    """Leave out a row that fits; `once` one that the document states nowhere else."""
    text, ledger = forgery.read(text_of(document)), forgery.read(forgery.ledger(document))
    pages = page_texts((forgery.folder / document["file"]).read_bytes())
    rows = [
        (block, row, page) for block in text["blocks"] for row in block.get("rows", ())[block.get("heads", 0) :]
        for page, said in enumerate(pages) if fits(" ".join(row)) and said.count(squeeze(" ".join(row))) == 1
    ]  # fmt: skip
    if not rows:
        return None
    block, row, page = forgery.dice.choice(rows)
    words, edited, before = squeeze(" ".join(row)), opened(forgery, document), len(ledger["claims"])
    if not _blank(edited, page, words) or not _cut(ledger["pages"][page], pages[page].find(words), len(words)):
        return None
    kept = forget_unprinted(ledger)
    if once and len(kept) == before:
        return None
    block["rows"].remove(row)
    _attach(edited, kept)
    save(forgery, document["file"], edited)
    forgery.write(forgery.ledger(document), ledger)
    forgery.write(text_of(document), text)
    forgery.sign()
    return f"{document['file']}, page {page + 1}: without {' '.join(row)[:60]!r}"


def _blank(edited: Edited, page: int, words: str) -> bool:
    """Draw blanks in the place of words of a page, as if their row had never been."""
    content, glyphs = glyphs_of(edited, edited.pages()[page])
    glyphs = [glyph for glyph in glyphs if squeeze(glyph.sign)]
    at = "".join(glyph.sign for glyph in glyphs).find(words)
    row = glyphs[at : at + len(words)] if at >= 0 else []
    if not row or any(" " not in glyph.codes for glyph in row):
        return False
    for glyph in row:
        content = content[: glyph.start] + glyph.codes[" "].encode() + content[glyph.start + 4 :]
    draw(edited, edited.pages()[page], content)
    return True


def _cut(said: list[Any], at: int, length: int) -> bool:
    """Take so many signs out of the stretches of a page; whether no claim was cut through."""
    for run in [*said]:
        signs = squeeze(run[0])
        first, last = max(at, 0), min(at + length, len(signs))
        if first < last:
            if run[1] is not None and last - first < len(signs):
                return False
            run[0] = signs[:first] + signs[last:]
            if not run[0]:
                said.remove(run)
        at -= len(signs)
    return True


def _attach(edited: Edited, kept: list[int]) -> None:
    """Let the claims that a document carries be those that are left."""
    for number, raw in edited.objects.items():
        if b"/EmbeddedFile/" in raw and edited.streams.get(number, b"").startswith(b'{"format"'):
            told = json.loads(edited.streams[number])
            told["claims"] = [told["claims"][one] for one in kept]
            content = json.dumps(told, ensure_ascii=False).encode()
            digest = hashlib.md5(content, usedforsecurity=False).hexdigest().encode()
            edited.streams[number] = content
            edited.objects[number] = re.sub(
                rb"<[0-9a-f]{32}>/Size \d+", b"<%s>/Size %d" % (digest, len(content)), raw, count=1
            )


ROWS: dict[str, Attack] = {
    "a gap left out, on page, in ledger and text": drop_gap,
    "a row of a table left out, on page, in ledger, text": drop_row,
}
"""Attacks on what a list holds."""
