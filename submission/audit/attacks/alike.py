"""A page and its ledger changed alike, so that each agrees with the other."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import draw, glyphs_of, opened, save, show_other
from submission.audit.claims import page_texts
from submission.audit.texts import squeeze


def hide_digit(forgery: Forgery) -> str | None:
    """Another digit on a page, and a ledger that reads so too and calls the text no claim."""
    document = forgery.document()
    name = forgery.ledger(document)
    before = page_texts((forgery.folder / document["file"]).read_bytes())
    shown = show_other(forgery, document, r"\d")
    if shown is None:
        return None
    page, _, other = shown
    after = page_texts((forgery.folder / document["file"]).read_bytes())[page]
    at = next((n for n, (a, b) in enumerate(zip(before[page], after, strict=False)) if a != b), None)
    if at is None:
        return None
    ledger, why = forgery.read(name), forgery.dice.choice(["structure", "scale"])
    run = _run_at(ledger["pages"][page], at, other)
    run[1:] = [None, why]
    _forget_unprinted(ledger)
    forgery.write(name, ledger)
    forgery.sign()
    return f"{document['file']}, page {page + 1}: {run[0][:40]!r}, called {run[2]} in {name}"


def _run_at(said: list[Any], at: int, other: str) -> list[Any]:
    """The stretch of a page in which its sign of this number stands, with another in its place."""
    for run in said:
        signs = [n for n, sign in enumerate(run[0]) if squeeze(sign)]
        if at < len(signs):
            run[0] = run[0][: signs[at]] + other + run[0][signs[at] + 1 :]
            found: list[Any] = run
            return found
        at -= len(signs)
    raise LookupError("the page prints more than its ledger has")


def _forget_unprinted(ledger: dict[str, Any]) -> None:
    """Let the ledger hold the claims that its pages print, with their pages, and no other."""
    on: dict[int, list[int]] = {}
    for page, said in enumerate(ledger["pages"], start=1):
        for claim in sorted({run[1] for run in said if run[1] is not None}):
            on.setdefault(claim, []).append(page)
    numbers = {old: new for new, old in enumerate(sorted(on))}
    ledger["claims"] = [{**ledger["claims"][old], "pages": on[old]} for old in numbers]
    for run in (run for said in ledger["pages"] for run in said if run[1] is not None):
        run[1] = numbers[run[1]]


def move_claims(forgery: Forgery) -> str | None:
    """Two figures of a page in each other's place, on the page and in its ledger, each with its claim."""
    document = forgery.document()
    name, file = forgery.ledger(document), forgery.folder / document["file"]
    ledger, before = forgery.read(name), file.read_bytes()
    page = forgery.dice.randrange(len(ledger["pages"]))
    runs = [
        n for n, run in enumerate(ledger["pages"][page])
        if run[1] is not None and re.fullmatch(r"\d\.\d{3}", run[0])
        and "/figures/" not in ledger["claims"][run[1]]["pointer"]  # of charts nothing holds a number to its mark
    ]  # fmt: skip
    pairs = [(a, b) for a, b in pairwise(runs) if ledger["pages"][page][a][0] != ledger["pages"][page][b][0]]
    if not pairs:
        return None
    first, second = (ledger["pages"][page][n] for n in forgery.dice.choice(pairs))
    edited = opened(forgery, document)
    content, glyphs = glyphs_of(edited, edited.pages()[page])
    shown = "".join(glyph.sign for glyph in glyphs)
    at = shown.find(first[0])
    other = shown.find(second[0], at + len(first[0]))
    drawn = [*zip(glyphs[at:], second[0], strict=False), *zip(glyphs[other:], first[0], strict=False)]
    if at < 0 or other < 0 or any(sign not in glyph.codes for glyph, sign in drawn):
        return None
    for glyph, sign in drawn:
        content = content[: glyph.start] + glyph.codes[sign].encode() + content[glyph.start + 4 :]
    draw(edited, edited.pages()[page], content)
    save(forgery, document["file"], edited)
    said = f"{document['file']}, page {page + 1}: {first[0]} and {second[0]} in each other's place"
    first[:], second[:] = [*second], [*first]
    if page_texts(file.read_bytes())[page] != squeeze("".join(run[0] for run in ledger["pages"][page])):
        file.write_bytes(before)  # others that read so were exchanged
        return None
    forgery.write(name, ledger)
    forgery.sign()
    return said


ALIKE: dict[str, Attack] = {
    "a digit on a page, as no claim in its ledger": hide_digit,
    "two figures exchanged, on a page and in its ledger": move_claims,
}
"""Attacks on a page and on its ledger at once."""
