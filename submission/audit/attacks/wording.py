"""Words that no figure is part of, changed on a page, in its ledger and in the text file alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import draw, glyphs_of, opened, save
from submission.audit.claims import page_texts
from submission.audit.names import VOLUME, text_of
from submission.audit.texts import squeeze

WORD = re.compile(r"[A-Za-z]{3,}")
DENIED = re.compile(r"\b(?:not|no|never|nobody) ")
SENTENCE = re.compile(r"(?:(?<=\. )|^)[A-Z][^.]{20,}\.(?= |$)")
LEAST = 6
"""Words that a sentence has."""
Line = tuple[dict[str, Any], int, int, str]
"""A block of a text file, the row and the cell in it (0 and -1 for its text), and a line of that."""


def exchange_word(forgery: Forgery) -> str | None:
    """A word of a sentence that became another word of the same document."""
    return _retell(forgery, _sentences, WORD)


def drop_denial(forgery: Forgery) -> str | None:
    """A sentence without its "not"."""
    return _retell(forgery, _sentences, DENIED)


def drop_sentence(forgery: Forgery) -> str | None:
    """A sentence left out."""
    return _retell(forgery, _sentences, SENTENCE)


def rename_head(forgery: Forgery) -> str | None:
    """A word in the head of a column that became another one of the document."""
    return _retell(forgery, _heads, WORD)


def rename_label(forgery: Forgery) -> str | None:
    """A word in a cell of a table that became another one of the document: a label, a status, a unit."""
    return _retell(forgery, _cells, WORD)


def _sentences(text: dict[str, Any]) -> Iterator[Line]:
    for block in text["blocks"]:
        if block["kind"] in ("paragraph", "item"):
            yield from ((block, 0, -1, line) for line in block["text"].split("\n") if len(line.split()) >= LEAST)


def _heads(text: dict[str, Any]) -> Iterator[Line]:
    for block in text["blocks"]:
        for row in range(block.get("heads", 0)):
            yield from ((block, row, at, cell) for at, cell in enumerate(block["rows"][row]))


def _cells(text: dict[str, Any]) -> Iterator[Line]:
    for block in text["blocks"]:
        for row in range(block.get("heads", 0), len(block.get("rows", ()))):
            yield from ((block, row, at, cell) for at, cell in enumerate(block["rows"][row]) if "\n" not in cell)


def _retell(forgery: Forgery, lines: Callable[[dict[str, Any]], Iterator[Line]], wanted: re.Pattern[str]) -> str | None:
    """Change what a pattern finds in a line: into another word of the document, no longer, or into nothing."""
    document = forgery.document()
    if document["file"] == VOLUME:
        return None
    text, pages = forgery.read(text_of(document)), page_texts((forgery.folder / document["file"]).read_bytes())
    found = [(line, match) for line in lines(text) for match in wanted.finditer(line[3])]
    if not found:
        return None
    (block, row, cell, line), match = forgery.dice.choice(found)
    words = sorted({*WORD.findall(" ".join(one[3] for one in lines(text)))})
    words = [word for word in words if len(word) <= len(match[0]) and word.lower() != match[0].lower()]
    other = forgery.dice.choice(words or [""]) if wanted is WORD else ""
    held = squeeze(" ".join(block["rows"][row]) if cell >= 0 else line)
    on = [page for page, said in enumerate(pages) if said.count(held) == 1]
    if not on or (wanted is WORD and not other):
        return None
    before = [*block["rows"][row][:cell]] if cell >= 0 else []
    start = pages[on[0]].find(held) + len(squeeze(" ".join(before))) + len(squeeze(line[: match.start()]))
    if not _rewrite(forgery, document, on[0], (start, squeeze(match[0])), other):
        return None
    told = line[: match.start()] + other + line[match.end() :]
    if cell >= 0:
        block["rows"][row][cell] = told
    else:
        block["text"] = block["text"].replace(line, told, 1)
    forgery.write(text_of(document), text)
    forgery.sign()
    return f"{document['file']}, page {on[0] + 1}: {match[0].strip()!r} became {other!r} in {line[:60]!r}"


def _rewrite(forgery: Forgery, document: dict[str, Any], page: int, place: tuple[int, str], other: str) -> bool:
    """Show another word, no longer, from a sign of a page on, and let the ledger say it; whether that was possible."""
    start, word = place
    edited, name = opened(forgery, document), forgery.ledger(document)
    content, glyphs = glyphs_of(edited, edited.pages()[page])
    glyphs = [glyph for glyph in glyphs if squeeze(glyph.sign)]
    shown = [*zip(glyphs[start : start + len(word)], other.ljust(len(word)), strict=False)]
    if "".join(glyph.sign for glyph, _ in shown) != word or any(sign not in glyph.codes for glyph, sign in shown):
        return False
    ledger = forgery.read(name)
    if not say_other(ledger["pages"][page], start, len(word), other):
        return False
    for glyph, sign in shown:
        content = content[: glyph.start] + glyph.codes[sign].encode() + content[glyph.start + 4 :]
    draw(edited, edited.pages()[page], content)
    save(forgery, document["file"], edited)
    forgery.write(name, ledger)
    return True


def say_other(said: list[Any], start: int, length: int, other: str) -> bool:
    """Let a stretch of a page that is no claim say another word in the place of so many signs of it."""
    for run in said:
        signs = [at for at, sign in enumerate(run[0]) if squeeze(sign)]
        if start < len(signs):
            if run[1] is not None or start + length > len(signs):
                return False
            run[0] = run[0][: signs[start]] + other + run[0][signs[start + length - 1] + 1 :]
            return True
        start -= len(signs)
    return False


WORDING: dict[str, Attack] = {
    "a word of a sentence, on page, in ledger and text": exchange_word,
    "a not left out, on page, in ledger and text": drop_denial,
    "a sentence left out, on page, in ledger and text": drop_sentence,
    "a head of a column, on page, in ledger and text": rename_head,
    "a word in a cell, on page, in ledger and text": rename_label,
}
"""Attacks on words, alike in all three places that hold them."""
