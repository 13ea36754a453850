"""Pages changed, and nothing else: other signs, texts exchanged, pages moved."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import pairwise
from typing import Any

from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import draw, save, show_other
from submission.audit.claims import page_texts
from submission.audit.names import printed


def change_digit(forgery: Forgery) -> str | None:
    """Another digit on a page."""
    return _change_sign(forgery, r"\d")


def change_letter(forgery: Forgery) -> str | None:
    """Another letter on a page."""
    return _change_sign(forgery, r"[A-Za-z]")


def _change_sign(forgery: Forgery, wanted: str) -> str | None:
    """Show another sign of the same kind in the place of one."""
    document = forgery.document()
    shown = show_other(forgery, document, wanted)
    if shown is None:
        return None
    forgery.sign()
    return f"{document['file']}, page {shown[0] + 1}: {shown[1]!r} shown as {shown[2]!r}"


def swap_texts(forgery: Forgery) -> str | None:
    """Exchange two texts of a page, as two columns of a table, that read otherwise."""
    from pypdf import PdfReader, PdfWriter

    document = forgery.document()
    before = (forgery.folder / document["file"]).read_bytes()
    writer = PdfWriter(clone_from=PdfReader(BytesIO(before)))
    number = forgery.dice.randrange(len(writer.pages))
    page: Any = writer.pages[number]
    content = page.get_contents().get_data()
    texts = re.finditer(rb"\[[^\]]*\] ?TJ", content)
    pairs = [(a, b) for a, b in pairwise(texts) if a[0] != b[0] and max(len(a[0]), len(b[0])) < 60]
    if not pairs:
        return None
    first, second = forgery.dice.choice(pairs)
    changed = b"".join(
        (content[: first.start()], second[0], content[first.end() : second.start()], first[0], content[second.end() :])
    )
    draw(writer, page, changed)
    save(forgery, document["file"], writer)
    if page_texts((forgery.folder / document["file"]).read_bytes()) == page_texts(before):  # a dash and a dash
        (forgery.folder / document["file"]).write_bytes(before)
        return None
    forgery.sign()
    return f"{document['file']}, page {number + 1}: two texts exchanged"


def move_page(forgery: Forgery) -> str | None:
    """Put a page of another document in the place of one, or leave one out, or print one twice."""
    from pypdf import PdfReader, PdfWriter

    document, other = forgery.document(), forgery.document()
    pages = list(PdfReader(forgery.folder / document["file"]).pages)
    strangers = list(PdfReader(forgery.folder / other["file"]).pages)
    how = forgery.dice.choice(["replaced", "left out", "doubled"])
    at = forgery.dice.randrange(len(pages))
    if how == "replaced":
        if document["number"] == other["number"]:
            return None
        pages[at] = forgery.dice.choice(strangers)
    else:
        pages[at : at + 1] = [] if how == "left out" else [pages[at], pages[at]]
    writer = PdfWriter()
    for page in pages:
        writer.add_page(page)
    save(forgery, document["file"], writer)
    manifest = forgery.manifest()
    next(one for one in printed(manifest) if one["number"] == document["number"])["pages"] = len(pages)
    forgery.sign(manifest)
    return f"{document['file']}: page {at + 1} {how}"


PAGES: dict[str, Attack] = {
    "a digit on a page": change_digit,
    "a letter on a page": change_letter,
    "two texts of a page exchanged": swap_texts,
    "a page replaced, left out or doubled": move_page,
}
"""Attacks on pages alone."""
