"""What is asked and where it stands, as a drawing: a row for each source, a tile for each item that it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from submission.drawings.figures import BLUE, INK, MUTED, PALE, PAPER, VERMILION, WHITE, picture, text
from submission.drawings.lettering import SMALL, TINY, measure, wrap
from submission.words.claims import compose, join_words
from submission.words.filters import count, total

LABEL, ACROSS = 222.0, 922.0
"""The names of the sources, and the whole drawing; pixels of CSS."""
TILE, HIGH, GAP, APART = 47.0, 15.0, 3.0, 6.0
"""A tile's width and height, between tiles, and between sources."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the tiles of a status look: told apart by ground, edge and dash, so that no color is needed."""

    ground: str
    edge: str
    thick: float
    dash: str
    ink: str


LOOKS = {
    "answered": Look(BLUE, BLUE, 1.0, "", WHITE),
    "answered in part": Look(PALE, BLUE, 1.0, "", INK),
    "not applicable": Look(PAPER, MUTED, 0.8, "2 2", MUTED),
    "gap": Look(PAPER, VERMILION, 1.8, "", VERMILION),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """An item that is asked for, and its status."""

    id: str
    status: str


@dataclass(frozen=True, slots=True)
class MapRow:
    """A source, the items that it asks for, and how many of them have each status."""

    name: str
    tiles: Sequence[Tile]
    counts: Sequence[tuple[str, int]]


@total
def map_chart(rows: Sequence[MapRow]) -> Markup:
    """The items of every source as tiles with their identifiers, the sources below each other."""
    parts: list[str] = []
    y = 2.0
    for row in rows:
        drawn, y = _draw_row(row, y)
        parts += drawn
    return picture([*parts, *_legend(y + 6)], ACROSS, y + 26, _describe(rows))


def _draw_row(row: MapRow, y: float) -> tuple[list[str], float]:
    """The name of a source with its counts, its tiles to the right, and where the next begins."""
    said = [(one, INK, SMALL) for one in wrap(row.name, LABEL - 12, SMALL)]
    said += [(one, MUTED, TINY) for one in wrap(_counted(row), LABEL - 12, TINY)]
    parts = [text(0.6, y + 11 + 11 * at, one, "start", ink, size) for at, (one, ink, size) in enumerate(said)]
    abreast = int((ACROSS - LABEL) // (TILE + GAP))
    for at, tile in enumerate(row.tiles):
        x = LABEL + (at % abreast) * (TILE + GAP)
        parts += _draw_tile(tile.id, tile.status, x, y + (at // abreast) * (HIGH + GAP))
    lines = -(-len(row.tiles) // abreast)
    return parts, y + max(len(said) * 11 + 4, lines * (HIGH + GAP)) + APART


def _draw_tile(said: str, status: str, x: float, y: float, width: float = TILE) -> Iterator[str]:
    look = LOOKS[status]
    dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
    yield (
        f'<rect x="{x:.1f}" y="{y + 0.9:.1f}" width="{width:.1f}" height="{HIGH - 1.8:.1f}" fill="{look.ground}" '
        f'stroke="{look.edge}" stroke-width="{look.thick}"{dash}/>'
    )
    yield text(x + width / 2, y + 10.5, said, colour=look.ink, size=TINY)


def _legend(y: float) -> Iterator[str]:
    x = LABEL
    for status in LOOKS:
        width = measure(status, TINY) + 14
        yield from _draw_tile(status, status, x, y, width)
        x += width + 8


def _counted(row: MapRow) -> str:
    return join_words(compose("{} {}", name, count(number)) for name, number in row.counts if number)


def _describe(rows: Sequence[MapRow]) -> str:
    """Each source with its items by their status."""
    told = (compose("{}: {}", row.name, join_words(_by_status(row), "; ")) for row in rows)
    return compose("What each source asks for, and whether it is answered. {}.", join_words(told, ". "))


def _by_status(row: MapRow) -> Iterator[str]:
    for status in LOOKS:
        if named := [tile.id for tile in row.tiles if tile.status == status]:
            yield compose("{} {}", status, join_words(named))
