"""The order in which a document is read aloud: that of its tags, which has to be the order in which it is painted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from submission.audit.page.file import File, OddFileError

Spot = tuple[int, int]
"""A page and the number of a marked part on it."""
TAGGED = ("element", "cell", "figure")
ELSEWHERE = (b"/S /LI", b"/S /NonStruct")
"""Whose parts are painted in another order: bullets after their texts, drawings within a line."""
KIDS = re.compile(rb"/K \[([^\]]*)\]")
KID = re.compile(rb"(\d+)( 0 R)?")
HEADED = re.compile(rb"/Headers \[[^\]]*\(\d+-0-(\d+)\)")
"""The head of its column that a cell names; it may name one of its row too."""
HERE = re.compile(rb"/Pg (\d+) 0 R")


def find_in_order(file: File, pages: Mapping[int, int]) -> Iterator[tuple[int, str]]:
    """Yield the page of each tag whose parts are read aloud in another order than they are painted.

    Args:
        file: the document.
        pages: the place of each page, by its object.

    Raises:
        OddFileError: a tag is part of two, or of itself.
    """
    root = next(iter(file.every("tree").values()), None)
    top = re.search(rb"/K \[(\d+) 0 R\]", root.raw) if root else None
    if top is None:
        raise OddFileError("has no tags")
    faults: list[tuple[int, str]] = []
    _first(file, int(top[1]), 0, pages, set(), faults)
    yield from faults


def _first(
    file: File, number: int, page: int, pages: Mapping[int, int], seen: set[int], faults: list[tuple[int, str]]
) -> Spot | None:
    """The part of a tag that is painted first; faults of the tag and of those in it are added."""
    if number in seen:
        raise OddFileError(f"has a tag {number} in two places")
    seen.add(number)
    raw = file.at(number, *TAGGED).raw
    here = HERE.search(raw)
    page = pages.get(int(here[1]), 0) if here else page
    kids, found = KIDS.search(raw), []
    for kid, refers in KID.findall(kids[1]) if kids else ():
        if not refers:
            found.append((page, int(kid)))
        elif file.objects[int(kid)].kind in TAGGED:
            inner = _first(file, int(kid), page, pages, seen, faults)
            found += [inner] if inner else []
    if not any(role in raw for role in ELSEWHERE) and any(after <= before for before, after in pairwise(found)):
        faults.append((found[0][0], "is read aloud in another order than it is shown"))
    elif b"/S /TR" in raw and any(after < before for before, after in pairwise(_columns(file, kids))):
        faults.append((page, "has a row whose cells are read aloud in another order than its columns"))
    return min(found, default=None)


def _columns(file: File, kids: re.Match[bytes] | None) -> list[int]:
    """The columns of the cells of a row, by the heads that they name; an empty cell has a place too."""
    cells = [file.objects[int(kid)] for kid, refers in KID.findall(kids[1]) if refers] if kids else []
    return [int(match[1]) for cell in cells if cell.kind == "cell" and (match := HEADED.search(cell.raw))]
