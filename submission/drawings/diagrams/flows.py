"""A flow of images as a drawing: what was listed downwards, what was left out to its side, its parts below.

The rows of its table say how: one that begins “left out: ” leaves what stands above it, one that begins “of these: ” is
a part of what stands above it, one that begins “of them ” counts among that, any other is what remains. A flow whose
counts do not sum is not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from markupsafe import Markup

from submission.drawings.figures import BLUE, INK, MUTED, PAPER, VERMILION, WIDE, arrow, line, picture, svg, text
from submission.drawings.lettering import SMALL, measure, wrap
from submission.words.claims import compose, cut, join_words
from submission.words.filters import count, total
from verification.evidence import Gap, Table

Row: TypeAlias = tuple[str | int | float | None, ...]
LEFT_OUT, PART, AMONG = "left out: ", "of these: ", "of them "
PAD, LEADING, GAP = 8.0, 12.5, 24.0
"""Inside a box, between its lines, and between boxes below each other; pixels of CSS."""
WIDEST = 330.0
"""The widest box."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What remains, what else is counted among it, and what is then left out of it."""

    row: Row
    among: list[Row] = field(default_factory=list)
    left_out: list[Row] = field(default_factory=list)


Chain: TypeAlias = list[Stage]


@total
def is_flow(table: Table) -> bool:
    """Whether a table is a flow to be drawn: its rows are steps, and something is left out or taken apart."""
    steps = bool(table.columns) and table.columns[0].lower() == "step"
    return steps and any(str(row[0]).startswith((LEFT_OUT, PART)) for row in table.rows)


@total
def flow_diagram(table: Table) -> Markup | Gap:
    """A flow as an image of a page, with its alternative text; one that does not sum is a gap."""
    drawn = _draw(table)
    return drawn if isinstance(drawn, Gap) else picture(*drawn, _describe(table))


@total
def inline_flow_diagram(table: Table) -> Markup | Gap:
    """A flow as a drawing inside an HTML page, its colors those of the page."""
    drawn = _draw(table)
    return drawn if isinstance(drawn, Gap) else Markup(svg(*drawn, _describe(table)))  # noqa: S704  escaped in parts


def _describe(table: Table) -> str:
    return f"{table.title}. " + "; ".join(f"{row[0]}: {', '.join(_counts(table, row))}" for row in table.rows) + "."


def _counts(table: Table, row: Row) -> list[str]:
    """The counts of a row with what they count, "5,216 images"."""
    named = zip(table.columns[1:], row[1:], strict=True)
    return [compose("{} {}", count(value), _thing(name, value)) for name, value in named if isinstance(value, int)]


def _thing(name: str, number: int) -> str:
    """What a column counts, within a sentence: its first letter small, unless it begins a name; one is no plural."""
    begun = name if name[:2].isupper() else name[:1].lower() + name[1:]
    return begun.removesuffix("s") if number == 1 and begun.isalpha() else begun


# --- what the rows say ------------------------------------------------------------------------------------------------


def _read(table: Table) -> list[Chain]:
    """The stages from first to last, then those of each part."""
    chains: list[Chain] = [[]]
    for row in table.rows:
        if str(row[0]).startswith(PART):
            chains.append([])
        if str(row[0]).startswith(LEFT_OUT) and chains[-1]:
            chains[-1][-1].left_out.append(row)
        elif str(row[0]).startswith(AMONG) and chains[-1]:
            chains[-1][-1].among.append(row)
        else:
            chains[-1].append(Stage(row))
    return chains


def _sum(rows: Sequence[Row]) -> int:
    return sum(row[1] for row in rows if isinstance(row[1], int))


def _said(row: Row) -> str:
    return row[0] if isinstance(row[0], str) else "a row without a name"


def _find_fault(chains: list[Chain]) -> str | None:
    """Where the counts do not sum."""
    for chain in chains:
        for held, rest in pairwise(chain):
            if _sum([held.row]) - _sum(held.left_out) != _sum([rest.row]):
                return _said(rest.row)
    trunk, *parts = chains
    for last in (chain[-1] for chain in (parts if parts else [trunk])):
        if last.left_out:
            return _said(last.left_out[-1])
    if parts and _sum([part[0].row for part in parts]) != _sum([trunk[-1].row]) - _sum(trunk[-1].left_out):
        return _said(trunk[-1].row)
    return None


# --- how they look ----------------------------------------------------------------------------------------------------


def _draw(table: Table) -> tuple[list[str], float, float] | Gap:
    chains = _read(table)
    fault = _find_fault(chains) if chains[0] else "the first row"
    if fault:
        reason = compose("the counts of the flow “{}” do not sum at “{}”", table.title, fault)
        return Gap(reason=reason, closes="a table whose steps are all stated")
    trunk, *parts = chains
    drawn, end, top = _draw_chain(table, trunk, 2.0, WIDE - 4, 2.0)
    if not parts:
        return drawn, WIDE, end + 2
    top += GAP / 2 if trunk[-1].left_out else 0
    each = (WIDE - 4 - 12 * (len(parts) - 1)) / len(parts)
    lefts = [2 + at * (each + 12) for at in range(len(parts))]
    below = [_draw_chain(table, part, left, each, top) for part, left in zip(parts, lefts, strict=True)]
    drawn += _join(
        _place(trunk, 2.0, WIDE - 4)[1],
        (end, top),
        [_place(part, left, each)[1] for part, left in zip(parts, lefts, strict=True)],
    )
    return [*drawn, *(one for found, *_ in below for one in found)], WIDE, max(low for _, low, _ in below) + 2


def _place(chain: Chain, left: float, width: float) -> tuple[float, float, float]:
    """Left side, middle and width of what remains: beside what is left out of it, else in the middle of its place."""
    if any(stage.left_out for stage in chain):
        box = min(WIDEST, width * 0.5)
        return left, left + box / 2, box
    box = min(WIDEST, width)
    return left + (width - box) / 2, left + width / 2, box


def _join(x: float, ys: tuple[float, float], below: Sequence[float]) -> Iterator[str]:
    """From the end of a box to the tops of its parts."""
    end, top = ys
    level = top - GAP / 2
    yield line(x, end, x, level, MUTED, 1.0)
    yield line(min(x, *below), level, max(x, *below), level, MUTED, 1.0)
    yield from (arrow(middle, level, middle, top - 1) for middle in below)


def _draw_chain(table: Table, chain: Chain, left: float, width: float, y: float) -> tuple[list[str], float, float]:
    """The boxes of a chain below each other, where the last of them ends, and where more may begin."""
    parts: list[str] = []
    start, middle, box = _place(chain, left, width)
    for at, stage in enumerate(chain):
        drawn, end = _draw_box(table, [stage.row, *stage.among], start, y, box, BLUE)
        parts += drawn
        beside, y = _draw_left_out(table, stage.left_out, (middle, start + box + 14), left + width, end)
        parts += beside
        if at + 1 < len(chain):
            parts += [arrow(middle, end, middle, y - 1)]
    return parts, end, y


def _draw_left_out(
    table: Table, rows: Sequence[Row], xs: tuple[float, float], right: float, y: float
) -> tuple[list[str], float]:
    """What leaves a line downwards, beside it, and where the next box may begin."""
    parts: list[str] = []
    (middle, left), bottom = xs, y + 2
    for row in rows:
        drawn, end = _draw_box(table, [row], left, bottom + 4, min(WIDEST, right - left), VERMILION)
        level = (bottom + 4 + end) / 2
        parts += [arrow(middle, level, left - 1, level), *drawn]
        bottom = end
    return parts, max(bottom + 6, y + GAP)


def _draw_box(
    table: Table, rows: Sequence[Row], x: float, y: float, width: float, colour: str
) -> tuple[list[str], float]:
    """A box that says steps and their counts, and where it ends."""
    said: list[tuple[str, str]] = []
    for row in rows:
        said += [(one, INK) for one in wrap(_step(row), width - 2 * PAD, SMALL)]
        said += [(one, MUTED) for one in _pack(_counts(table, row), width - 2 * PAD)]
    height = len(said) * LEADING + 9
    frame = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" fill="{PAPER}" '
        f'stroke="{colour}" stroke-width="1.1"/>'
    )
    lines = [text(x + PAD, y + 13.5 + at * LEADING, one, "start", ink, SMALL) for at, (one, ink) in enumerate(said)]
    return [frame, *lines], y + height


def _step(row: Row) -> str:
    """What a row says, without the words that only place it."""
    said = row[0] if isinstance(row[0], str) else str(row[0])
    return cut(said, len(PART), len(said)) if said.startswith(PART) else said


def _pack(counts: Sequence[str], width: float) -> Iterator[str]:
    """Counts in lines, as many in each as have room."""
    held: list[str] = []
    for one in counts:
        if held and measure(", ".join([*held, one]), SMALL) > width:
            yield join_words(held)
            held = []
        held.append(one)
    yield join_words(held)
