"""Text that is nobody's claim though it has digits: it must be what its ledger's reason says that it is.

A ledger states of each text on a page that no claim accounts for why there is none: it numbers the document
(`structure`), or it marks the scale of a drawing (`scale`). The reason is the ledger's own word, so that a figure could
hide behind it. Numbers of a document follow one another, the marks of a scale have one distance: a figure does neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from submission.audit.names import VOLUME

Found = tuple[str, str, str]

LEADER = re.compile(r"(?:\.\s+){3,}(\d+)?")
PAGE = re.compile(r"\bPage (\d+) of (\d+)\b")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:\.\d+)*\.?(?![\w,])")
MARKS = 3
"""The least number of marks that make a scale."""


def find_in_exempt(document: dict[str, Any], pages: Sequence[Any], known: re.Pattern[str]) -> Iterator[Found]:
    """Yield each text called structure or scale that is not; `known` are words with digits."""
    file = document["file"]
    yield from _find_in_structure(file, pages, known)
    yield from _find_in_contents(document, pages)
    for page, said in enumerate(pages, start=1):
        for text, claim, why in said:
            if claim is None and why == "scale" and not _is_scale(text):
                message = f"{text[:80]!r} is in no claim, and no scale: its marks are not of one distance"
                yield "free-numeral", f"{file}, page {page}", message


# --- numbers of the document ------------------------------------------------------------------------------------------


def _find_in_structure(file: str, pages: Sequence[Any], known: re.Pattern[str]) -> Iterator[Found]:
    """Yield numbers that are no page, no heading's and no item's: each follows from the one before it."""
    before: dict[bool, tuple[int, ...]] = {True: (), False: ()}
    for page, said in enumerate(pages, start=1):
        where = f"{file}, page {page}"
        for text in (run[0] for run in said if run[1] is None and run[2] == "structure"):
            rest = known.sub(" ", text)
            for stated in PAGE.findall(rest):
                if stated != (str(page), str(len(pages))):
                    yield "page-misnumbered", where, f"says that it is page {stated[0]} of {stated[1]}"
            rest = LEADER.sub(" ", PAGE.sub(" ", rest))
            for number in NUMBER.findall(rest):
                of_item = number.endswith(".")
                parts = tuple(int(part) for part in number.rstrip(".").split("."))
                if not _follows(before[of_item], parts):
                    yield "free-numeral", where, f"{number!r} numbers nothing: it does not follow {before[of_item]}"
                before[of_item] = parts
            if re.search(r"\d", NUMBER.sub(" ", rest)):
                yield "free-numeral", where, f"{' '.join(rest.split())[:80]!r} is in no claim"


def _find_in_contents(document: dict[str, Any], pages: Sequence[Any]) -> Iterator[Found]:
    """Yield a table of contents that leads to other pages than those of the sections; the volume's has to rise."""
    runs = (run for said in pages for run in said if run[1] is None and run[2] == "structure")
    found = [int(page) for text, *_ in runs for page in LEADER.findall(text) if page]
    of_volume = document["file"] == VOLUME
    wanted = sorted(found) if of_volume else sorted(document["sections"].values())
    if found and found != wanted:
        yield "page-misnumbered", document["file"], f"its contents lead to the pages {found}, expected {wanted}"


def _follows(before: tuple[int, ...], number: tuple[int, ...]) -> bool:
    """Whether a number comes next after another: one more at some level, one level deeper, or the first of all."""
    if number == (1,) or (number[:-1] == before and number[-1] == 1):
        return True
    at = len(number) - 1
    return len(number) <= len(before) and number[:at] == before[:at] and number[at] == before[at] + 1


# --- scales -----------------------------------------------------------------------------------------------------------


def _is_scale(text: str) -> bool:
    """Whether a text is the marks of scales, each with at least three of one distance, in rising order."""
    marks = [Decimal(mark.replace(",", "").replace("−", "-")) for mark in text.split() if _is_mark(mark)]
    if len(marks) != len(text.split()):
        return not re.search(r"\d", text)
    return all(len(each) >= MARKS and len({b - a for a, b in pairwise(each)}) == 1 for each in _scales(marks))


def _is_mark(text: str) -> bool:
    return re.fullmatch(r"−?\d{1,3}(,\d{3})*(\.\d+)?|−?\d+(\.\d+)?", text) is not None


def _scales(marks: Sequence[Decimal]) -> list[list[Decimal]]:
    """The marks of each scale: a new one begins where they fall; two that are drawn mark by mark are the same twice."""
    if len(marks) % 2 == 0 and marks[::2] == marks[1::2]:
        return [list(marks[::2])]
    scales: list[list[Decimal]] = []
    for mark in marks:
        if scales and mark > scales[-1][-1]:
            scales[-1].append(mark)
        else:
            scales.append([mark])
    return scales
