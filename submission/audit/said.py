"""The pages against the text files: what a document says, block by block and row by row, in the order of reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from submission.audit.texts import squeeze

Found = tuple[str, str, str]

HEAD = re.compile(r"(?<!·)\xa0 ")
"""How the running head of a page stands: a number, a space that keeps, a title."""
GAP = r"(?:[\d.,–-]|page|Revision){0,24}"
"""What a page prints within a line that its text leaves out: numbers of pages, revisions, the date of the commit."""


def find_in_text(name: str, text: dict[str, Any], where: str, body: str) -> Iterator[Found]:
    """Yield each block of a text file that a document or the volume does not print, or not after the one before it.

    Args:
        name: of the text file.
        text: what it holds.
        where: the file that prints it.
        body: what its pages say, by `body_of`.
    """
    at = body.find(squeeze(text["title"]), max(0, body.find(squeeze(text["number"] + text["title"]))))
    for block in text["blocks"]:
        for piece in _pieces(block):
            span = _find(body, piece, at)
            if span is None:
                yield "text-differs", where, f"does not print {piece[:80]!r} where {name} has it"
            else:
                at = span[1]


def find_pieces(body: str, blocks: Iterable[dict[str, Any]], at: int) -> Iterator[tuple[int, int]]:
    """Yield where each piece of a text stands in what pages say, from a place on, as far as it is there."""
    for piece in (piece for block in blocks for piece in _pieces(block)):
        if span := _find(body, piece, at):
            yield span
            at = span[1]


def body_of(pages: list[Any]) -> str:
    """What the pages of a ledger say, squeezed, without their margins and the numbers of the document."""
    return squeeze("".join(run[0] for said in pages for run in within(said) if run[2] != "structure"))


def within(said: list[Any]) -> list[Any]:
    """The stretches of a page before those of its margins, which begin with the document's number and title."""
    head = next(
        (n for n in range(len(said) - 1, -1, -1) if said[n][2] == "structure" and HEAD.search(said[n][0])), None
    )
    if head is None:
        return said
    return said[: head - 1] if head and re.fullmatch(r"CW-DOC-\d+", said[head - 1][0]) else said[:head]


def _pieces(block: dict[str, Any]) -> Iterator[str]:
    """Yield what a block prints: its text, or each row of its table. What a figure shows is not told in its order."""
    if block["kind"] != "figure":
        yield from (" ".join(row) for row in block.get("rows", ()))
        yield from filter(None, [block.get("text", "")])


def _find(body: str, piece: str, at: int) -> tuple[int, int] | None:
    """Where a piece begins and ends at or after a place; None if it is not there."""
    plain = squeeze(piece)
    start = body.find(plain, at)
    if start >= 0:
        return start, start + len(plain)
    loose = re.compile(GAP.join(re.escape(squeeze(word)) for word in piece.split()))
    found = loose.search(body, at)
    return found.span() if found else None
