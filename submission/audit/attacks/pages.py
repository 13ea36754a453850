"""Pages changed, and nothing else: other signs, texts exchanged, pages moved."""

from __future__ import annotations

import re
from itertools import pairwise

from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import draw, opened, save, show_other
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
    document = forgery.document()
    before = (forgery.folder / document["file"]).read_bytes()
    edited = opened(forgery, document)
    number = forgery.dice.randrange(len(edited.pages()))
    page = edited.pages()[number]
    content = edited.streams[edited.content(page)]
    texts = re.finditer(rb"\[[^\]]*\] ?TJ", content)
    pairs = [(a, b) for a, b in pairwise(texts) if a[0] != b[0] and max(len(a[0]), len(b[0])) < 60]
    if not pairs:
        return None
    first, second = forgery.dice.choice(pairs)
    changed = b"".join(
        (content[: first.start()], second[0], content[first.end() : second.start()], first[0], content[second.end() :])
    )
    draw(edited, page, changed)
    save(forgery, document["file"], edited)
    if page_texts((forgery.folder / document["file"]).read_bytes()) == page_texts(before):  # a dash and a dash
        (forgery.folder / document["file"]).write_bytes(before)
        return None
    forgery.sign()
    return f"{document['file']}, page {number + 1}: two texts exchanged"


def move_page(forgery: Forgery) -> str | None:
    """Put a page in the place of another, or leave one out, or print one twice."""
    document = forgery.document()
    edited = opened(forgery, document)
    pages = edited.pages()
    how = forgery.dice.choice(["replaced", "left out", "doubled"])
    at = forgery.dice.randrange(len(pages))
    if how == "replaced" and len(pages) < 2:
        return None
    other = forgery.dice.choice([page for page in pages if page != pages[at]] or pages)
    listed = [*pages]
    listed[at : at + 1] = {"left out": [], "doubled": [pages[at], pages[at]], "replaced": [other]}[how]
    listed_as = " ".join(f"{page} 0 R" for page in listed)
    home = next(number for number, raw in edited.objects.items() if raw.startswith(b"<</Type /Pages/Kids ["))
    edited.objects[home] = f"<</Type /Pages/Kids [{listed_as}]/Count {len(listed)}>>".encode()
    save(forgery, document["file"], edited)
    manifest = forgery.manifest()
    next(one for one in printed(manifest) if one["number"] == document["number"])["pages"] = len(listed)
    forgery.sign(manifest)
    return f"{document['file']}: page {at + 1} {how}"


PAGES: dict[str, Attack] = {
    "a digit on a page": change_digit,
    "a letter on a page": change_letter,
    "two texts of a page exchanged": swap_texts,
    "a page replaced, left out or doubled": move_page,
}
"""Attacks on pages alone."""
