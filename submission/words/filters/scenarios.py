"""What scenarios saw, as the Test Report prints it: once, and rows that say little beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from submission.words.claims import compose, cut, join_words, written
from submission.words.filters.registry import total
from verification.evidence import VerificationResult

LONG = 260
"""Characters of an observation that are printed; the log that the Test Report carries has it whole."""

LINE = 132
"""Characters of mean width that a line of a table of rows holds."""

FRAME = 14
"""Of these, what the number of a row and its result take."""

RAGGED, BETWEEN = 3, 2
"""Characters at the end of a line that a longer word leaves empty, and those between two columns."""

ABREAST = 3
"""Rows that stand beside each other at most."""

SHARES = range(14, 61, 2)
"""Percent of the two middle columns that the values of a row may take; what was observed has the rest."""


@total
def feature_name(file: str) -> str:
    """How the scenarios of a feature file are named before their titles."""
    return written(Path(file).stem, file, "part")


@total
def seen(result: VerificationResult) -> str:
    """What a scenario observed, each observation once; a long one is cut and says so."""
    found = dict.fromkeys(_once(step.observed) for step in result.steps if step.observed)
    return join_words(map(_short, found), "; ") or "–"


def _once(text: str) -> str:
    """An observation in which two commands give the same reason after their own outcomes, with the reason once."""
    first, _, second = text.partition("\n")
    (one, _, why), (other, _, again) = first.partition(", "), second.partition(", ")
    if not why or why != again:
        return text
    start = len(first) + 1
    outcomes = cut(text, 0, len(one)), cut(text, start, start + len(other))
    return compose("{}, {}, both {}", *outcomes, cut(text, len(one) + 2, len(first)))


def _short(text: str) -> str:
    return compose("{} … (cut; whole in the log)", cut(text, 0, LONG)) if len(text) > LONG else text


def _sizes(results: Sequence[VerificationResult]) -> list[tuple[int, int]]:
    """Of the head and of each row, how many characters its values have and what it observed."""
    said = [(" · ".join(results[0].example), "Observed")]
    said += [(" · ".join(row.example.values()), seen(row)) for row in results]
    return [(len(values) + BETWEEN, len(found) + BETWEEN) for values, found in said]


@total
def abreast(results: Sequence[VerificationResult]) -> int:
    """How many rows of a scenario stand beside each other: as many as each have a line to themselves."""
    widest = sum(map(max, zip(*_sizes(results), strict=True)))
    return next((n for n in range(ABREAST, 1, -1) if n <= len(results) and n * (widest + FRAME) <= LINE), 1)


@total
def lines_of_rows(results: Sequence[VerificationResult]) -> list[Sequence[VerificationResult]]:
    """The rows of a scenario, those together that stand beside each other."""
    step = abreast(results)
    return [results[at : at + step] for at in range(0, len(results), step)]


@total
def row_widths(results: Sequence[VerificationResult]) -> Iterable[str]:
    """The widths of the columns of a table of rows: by what they hold, or those by which it has the fewest lines."""
    sizes, step = _sizes(results), abreast(results)
    room = LINE // step - FRAME
    widest = [max(column) for column in zip(*sizes, strict=True)]
    shared = 100 * widest[0] // sum(widest)
    fewest = min(SHARES, key=lambda share: sum(_lines(row, room * share // 100, room) for row in sizes))
    share = shared if step > 1 else fewest
    number, result = 4.0, 6.6
    middle = 100 / step - number - result
    one = (number, middle * share / 100, middle * (100 - share) / 100, result)
    return [f"{width:.2f}%" for width in one * step]


def _lines(row: tuple[int, int], left: int, room: int) -> int:
    """How many lines a row has where its values get a part of the room."""
    rooms = (left, room - left)
    return max(1 if size <= room else -(-size // max(1, room - RAGGED)) for size, room in zip(row, rooms, strict=True))
