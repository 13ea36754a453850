"""The risk matrix as a drawing: where each hazard stands before control and where after, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from submission.drawings.figures import INK, MUTED, PAPER, WIDE, picture, text
from submission.drawings.lettering import SMALL, TINY, wrap
from submission.words.claims import compose, join_words, written
from submission.words.filters import total

BEFORE, AFTER = "before control", "after control"
LABEL, SLOT, APART, LEADING = 76.0, 57.0, 14.0, 11.0
"""The names of the severities, a cell, between the two matrices, and from line to line; pixels of CSS."""
ABREAST, STEP = 3, 18.0
"""Numbers of hazards beside each other in a cell, and from one to the next."""
WORD = 7.4
"""The size of a cell's word."""
GROUNDS = {"acceptable": "#e3f0ea", "reduce": "#fbeccd", "unacceptable": "#f5d5d3"}
"""The ground of a cell by its word, which it also states."""


@dataclass(frozen=True, slots=True)
class RiskCell:
    """A cell of the acceptability matrix with the hazards that stand in it before and after control."""

    acceptability: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def held(self, when: str) -> tuple[str, ...]:
        """The hazards in it, `BEFORE` or `AFTER` control."""
        return self.before if when == BEFORE else self.after


Row = tuple[str, Sequence[RiskCell]]
"""A severity and its cells, the least probable first."""


@total
def risk_chart(matrix: Sequence[Row], probabilities: Sequence[str]) -> Markup:
    """The matrix twice, before and after control, a hazard by its number in the cell of its severity and probability.

    Args:
        matrix: a row for each severity, the worst first, named up to a colon.
        probabilities: the names of the columns.
    """
    head = 22.0 + LEADING * max(len(wrap(name, SLOT - 4, TINY)) for name in probabilities)
    tops = _tops(matrix, head)
    shapes: list[str] = []
    letters: list[str] = []
    for at, (when, left) in enumerate(_lefts(len(probabilities))):
        width = SLOT * len(probabilities)
        letters += [text(left + width / 2, 10, when[:1].upper() + when[1:], size=10.5)]
        letters += _columns(probabilities, left, head)
        for (name, cells), (top, bottom) in zip(matrix, tops, strict=True):
            letters += _severity(name, (top + bottom) / 2) if not at else ()
            for place, cell in enumerate(cells):
                box = (left + place * SLOT, top, SLOT, bottom - top)
                shapes.append(_ground(cell, box))
                letters += _in_cell(cell, when, box)
    return picture([*shapes, *letters], WIDE, tops[-1][1] + 2, _describe(matrix, probabilities))


def _lefts(columns: int) -> Iterator[tuple[str, float]]:
    """The two matrices with their left sides."""
    yield BEFORE, LABEL
    yield AFTER, LABEL + columns * SLOT + APART


def _tops(matrix: Sequence[Row], head: float) -> list[tuple[float, float]]:
    """Top and bottom of each row: as high as its fullest cell."""
    found, y = [], head
    for _, cells in matrix:
        most = max(len(cell.held(when)) for cell in cells for when in (BEFORE, AFTER))
        high = 19.0 + LEADING * max(1, -(-most // ABREAST))
        found.append((y, y + high))
        y += high
    return found


def _columns(names: Sequence[str], left: float, bottom: float) -> Iterator[str]:
    for place, name in enumerate(names):
        lines = wrap(name, SLOT - 4, TINY)
        for at, one in enumerate(lines):
            y = bottom - 4 - LEADING * (len(lines) - 1 - at)
            yield text(left + (place + 0.5) * SLOT, y, one, colour=MUTED, size=TINY)


def _severity(name: str, middle: float) -> Iterator[str]:
    word = name.partition(":")[0]
    yield text(LABEL - 6, middle + 3, word, "end", INK, SMALL)


def _ground(cell: RiskCell, box: tuple[float, float, float, float]) -> str:
    x, y, width, height = box
    return (
        f'<rect x="{x + 0.6:.1f}" y="{y + 0.6:.1f}" width="{width - 1.2:.1f}" height="{height - 1.2:.1f}" '
        f'fill="{GROUNDS.get(cell.acceptability, PAPER)}"/>'
    )


def _in_cell(cell: RiskCell, when: str, box: tuple[float, float, float, float]) -> Iterator[str]:
    """The numbers of the hazards from left to right and downwards, and below them the word of the matrix."""
    x, y, width, height = box
    held = cell.held(when)
    abreast = min(ABREAST, max(1, len(held)))
    left = x + width / 2 - STEP * (abreast - 1) / 2
    for at, name in enumerate(held):
        number = written(name.rpartition("-")[2], name, "part")
        yield text(left + STEP * (at % ABREAST), y + 12 + LEADING * (at // ABREAST), number, size=SMALL)
    yield text(x + width / 2, y + height - 5, cell.acceptability, colour=MUTED, size=WORD)


def _describe(matrix: Sequence[Row], probabilities: Sequence[str]) -> str:
    told = join_words((_told(matrix, probabilities, when) for when in (BEFORE, AFTER)), " ")
    return compose("Risk matrix, severity upwards, probability of harm across. {}", told)


def _told(matrix: Sequence[Row], probabilities: Sequence[str], when: str) -> str:
    """The cells that hold a hazard, in words."""
    cells = (
        compose("{}, {}, {}: {}", name.partition(":")[0].lower(), across.lower(), cell.acceptability, _named(held))
        for name, row in matrix
        for across, cell in zip(probabilities, row, strict=True)
        if (held := cell.held(when))
    )
    return compose("{}: {}.", when[:1].upper() + when[1:], join_words(cells, "; ") or "no hazard")


def _named(hazards: Sequence[str]) -> str:
    return join_words(hazards)
