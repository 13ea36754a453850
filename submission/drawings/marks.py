"""How a series is told from the others: its color, and its dash or mark as well; and the legend that says so."""

from __future__ import annotations

from collections.abc import Callable

from submission.drawings.figures import PALETTE, PAPER, line, text
from submission.drawings.lettering import SMALL, measure
from verification.evidence import Figure, Series

DASHES = ("", "6 3", "1.5 2.5", "9 3 1.5 3", "3 2", "12 4")


def colour_of(place: int) -> str:
    """The color of a series by its place."""
    return PALETTE[place % len(PALETTE)]


def mark(x: float, y: float, place: int, size: float = 3.2) -> str:
    """A series' own mark: disc, square, triangle, diamond, again hollow."""
    hollow = place // 4 % 2 == 1
    style = f'fill="{PAPER if hollow else colour_of(place)}" stroke="{colour_of(place)}" stroke-width="1.2"'
    if place % 4 == 0:
        return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{size}" {style}/>'
    corners = (
        ((-1, -1), (1, -1), (1, 1), (-1, 1)),
        ((0, -1.2), (1.15, 0.9), (-1.15, 0.9)),
        ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    )[place % 4 - 1]
    points = " ".join(f"{x + size * dx:.2f},{y + size * dy:.2f}" for dx, dy in corners)
    return f'<polygon points="{points}" {style}/>'


def block(x: float, y: float, width: float, height: float, colour: str) -> str:
    """A filled rectangle, from its upper left corner."""
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(width, 0):.2f}" height="{max(height, 0):.2f}" fill="{colour}"/>'


Sample = Callable[[float, float, int, Series], list[str]]


def line_sample(x: float, y: float, place: int, series: Series) -> list[str]:
    """A stretch of a series' line, as a legend shows it; of a single point its mark."""
    if len(series.x) == 1:
        return mark_sample(x, y, place, series)
    return [line(x, y, x + 22, y, colour_of(place), 1.8, DASHES[place % len(DASHES)])]


def mark_sample(x: float, y: float, place: int, _: Series) -> list[str]:
    """A series' mark, as a legend shows it."""
    return [mark(x + 14, y, place)]


def block_sample(x: float, y: float, place: int, _: Series) -> list[str]:
    """A series' color, as a legend shows it."""
    return [block(x + 8, y - 4.5, 12, 9, colour_of(place))]


def draw_legend(figure: Figure, left: float, right: float, y: float, sample: Sample) -> tuple[list[str], float]:
    """The names of the series in lines below a drawing, and where it then ends; one series needs none."""
    if len(figure.series) < 2:
        return [], y
    parts: list[str] = []
    x, y = left, y + 14
    for place, series in enumerate(figure.series):
        needed = 28 + measure(series.name, SMALL) + 14
        if x > left and x + needed > right + 14:
            x, y = left, y + 15
        parts += [*sample(x, y - 3, place, series), text(x + 28, y, series.name, "start", size=SMALL)]
        x += needed
    return parts, y + 6
