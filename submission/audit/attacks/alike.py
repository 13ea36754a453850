"""A page and its ledger changed alike, so that each agrees with the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from typing import Any

from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import Glyph, draw, glyphs_of, opened, save, show_other
from submission.audit.claims import page_texts
from submission.audit.names import text_of
from submission.audit.texts import squeeze


def hide_digit(forgery: Forgery) -> str | None:
    """Another digit on a page, and a ledger that reads so too and calls the text no claim."""
    return _change_sign(forgery, r"\d", forgery.dice.choice(["structure", "scale"]))


def turn_letter(forgery: Forgery) -> str | None:
    """Another letter on a page, and a ledger that reads so too."""
    return _change_sign(forgery, r"[a-z]", None)


def _change_sign(forgery: Forgery, kind: str, why: str | None) -> str | None:
    """Another sign of a kind on a page and in its ledger, which says why it is no claim; None as it was."""
    document = forgery.document()
    name = forgery.ledger(document)
    before = page_texts((forgery.folder / document["file"]).read_bytes())
    shown = show_other(forgery, document, kind)
    if shown is None:
        return None
    page, _, other = shown
    after = page_texts((forgery.folder / document["file"]).read_bytes())[page]
    at = next((n for n, (a, b) in enumerate(zip(before[page], after, strict=False)) if a != b), None)
    if at is None:
        return None
    ledger = forgery.read(name)
    run = _run_at(ledger["pages"][page], at, other)
    if why:
        run[1:] = [None, why]
        forget_unprinted(ledger)
    forgery.write(name, ledger)
    forgery.sign()
    return f"{document['file']}, page {page + 1}: {run[0][:40]!r}, called {run[2] or 'text'} in {name}"


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


def forget_unprinted(ledger: dict[str, Any]) -> list[int]:
    """Let the ledger hold the claims that its pages print, with their pages, and no other; the numbers they had."""
    on: dict[int, list[int]] = {}
    for page, said in enumerate(ledger["pages"], start=1):
        for claim in sorted({run[1] for run in said if run[1] is not None}):
            on.setdefault(claim, []).append(page)
    numbers = {old: new for new, old in enumerate(sorted(on))}
    ledger["claims"] = [{**ledger["claims"][old], "pages": on[old]} for old in numbers]
    for run in (run for said in ledger["pages"] for run in said if run[1] is not None):
        run[1] = numbers[run[1]]
    return [*numbers]


def move_claims(forgery: Forgery) -> str | None:
    """Two figures of a page in each other's place, on the page and in its ledger, each with its claim."""
    document = forgery.document()
    ledger = forgery.read(forgery.ledger(document))
    page = forgery.dice.randrange(len(ledger["pages"]))
    runs = _claims_on(ledger, page, lambda text, _: re.fullmatch(r"\d\.\d{3}", text) is not None)
    return _exchange(forgery, document, page, [*pairwise(runs)])


def move_told(forgery: Forgery) -> str | None:
    """Two figures of a table in each other's place, on the page, in its ledger and in the text file alike."""
    document = forgery.document()
    name, file = text_of(document), forgery.folder / document["file"]
    if not (forgery.folder / name).is_file():  # the volume has none
        return None
    ledger, before = forgery.read(forgery.ledger(document)), file.read_bytes()
    page = forgery.dice.randrange(len(ledger["pages"]))
    runs = _claims_on(ledger, page, lambda text, pointer: re.fullmatch(r"\d\.\d{3}", text) and TABLED.search(pointer))
    pairs = [(a, b) for a, b in combinations(runs, 2) if b - a < FAR]
    said = _exchange(forgery, document, page, pairs)
    if said is None:
        return None
    was, now = page_texts(before)[page], page_texts(file.read_bytes())[page]
    text = forgery.read(name)
    pair = said.partition(": ")[2].split()[0], said.partition(" and ")[2].split()[0]
    for block in text["blocks"]:
        for row in block.get("rows", ()):
            row[:] = _told_as(row, was, now, pair)
    forgery.write(name, text)
    forgery.sign()
    return said


TABLED = re.compile(r"/(estimates|rows)/\d+/")
FAR = 12
"""Stretches of a page between two figures that are exchanged: those of neighboring rows."""


def _told_as(row: list[str], was: str, now: str, pair: tuple[str, str]) -> list[str]:
    """A row as a page prints it now: one that it printed before has one or both of two figures exchanged."""
    if squeeze(" ".join(row)) not in was or squeeze(" ".join(row)) in now:
        return row
    one, other = pair
    both = {one: other, other: one}
    for known in (both, {one: other}, {other: one}):
        pattern = "|".join(map(re.escape, known))
        found = [re.sub(pattern, lambda match, known=known: known[match[0]], cell) for cell in row]  # type: ignore[misc]
        if squeeze(" ".join(found)) in now:
            return found
    return row


def move_marked(forgery: Forgery) -> str | None:
    """Two numbers beside the marks of one chart in each other's place, on the page and in its ledger."""
    documents = forgery.manifest()["documents"]
    forgery.dice.shuffle(documents)
    for document in documents:
        ledger = forgery.read(forgery.ledger(document))
        pages = [*range(len(ledger["pages"]))]
        forgery.dice.shuffle(pages)
        for page in pages:
            runs = _claims_on(ledger, page, lambda _, pointer: re.search(r"/figures/\d+/series/\d+/y/", pointer))
            pairs = [
                (a, b) for a, b in combinations(runs, 2) if _chart_of(ledger, page, a) == _chart_of(ledger, page, b)
            ]
            if said := _exchange(forgery, document, page, pairs):
                return said
    return None


def _claims_on(ledger: dict[str, Any], page: int, fits: Callable[[str, str], object]) -> list[int]:
    """The stretches of a page that are claims whose text and pointer fit."""
    return [
        n for n, run in enumerate(ledger["pages"][page])
        if run[1] is not None and fits(run[0], ledger["claims"][run[1]]["pointer"])
    ]  # fmt: skip


def _chart_of(ledger: dict[str, Any], page: int, run: int) -> str:
    claim = ledger["claims"][ledger["pages"][page][run][1]]
    return f"{claim['file']} {claim['pointer'].partition('/series/')[0]} {claim['rule']}"


def _exchange(forgery: Forgery, document: dict[str, Any], page: int, pairs: Sequence[tuple[int, int]]) -> str | None:
    """Exchange two stretches of a page of one length, chosen from pairs of them, with their claims."""
    name, file = forgery.ledger(document), forgery.folder / document["file"]
    ledger, before = forgery.read(name), file.read_bytes()
    said = ledger["pages"][page]
    pairs = [(a, b) for a, b in pairs if said[a][0] != said[b][0] and len(said[a][0]) == len(said[b][0])]
    if not pairs:
        return None
    edited = opened(forgery, document)
    content, glyphs = glyphs_of(edited, edited.pages()[page])
    first, second = forgery.dice.choice(pairs)
    drawn = [*_drawn_as(glyphs, said, first, said[second][0]), *_drawn_as(glyphs, said, second, said[first][0])]
    if not drawn or any(sign not in glyph.codes for glyph, sign in drawn):
        return None
    for glyph, sign in drawn:
        content = content[: glyph.start] + glyph.codes[sign].encode() + content[glyph.start + 4 :]
    draw(edited, edited.pages()[page], content)
    save(forgery, document["file"], edited)
    what = f"{document['file']}, page {page + 1}: {said[first][0]} and {said[second][0]} in each other's place"
    said[first], said[second] = said[second], said[first]
    if page_texts(file.read_bytes())[page] != squeeze("".join(run[0] for run in said)):
        file.write_bytes(before)  # others that read so were exchanged
        return None
    forgery.write(name, ledger)
    forgery.sign()
    return what


def _drawn_as(glyphs: Sequence[Glyph], said: list[Any], at: int, other: str) -> list[tuple[Glyph, str]]:
    """The signs that a stretch of a page shows, each with that of another text in its place."""
    shown, text = "".join(glyph.sign for glyph in glyphs), said[at][0]
    times = squeeze("".join(run[0] for run in said[:at])).count(squeeze(text))
    place = -1
    for _ in range(times + 1):
        place = shown.find(text, place + 1)
        if place < 0:
            return []
    return [*zip(glyphs[place:], other, strict=False)]


ALIKE: dict[str, Attack] = {
    "a digit on a page, as no claim in its ledger": hide_digit,
    "a letter on a page and in its ledger": turn_letter,
    "two figures exchanged, on a page and in its ledger": move_claims,
    "two figures of a table exchanged, and in the text": move_told,
    "numbers beside marks exchanged, and in the ledger": move_marked,
}
"""Attacks on a page and on its ledger at once."""
