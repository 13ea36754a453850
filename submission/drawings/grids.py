"""Grids: a row for each series, a column for each place on x; the darker a cell, the more."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from submission.drawings.axes import row_label, rows_of
from submission.drawings.figures import BLUE, GRID, INK, MUTED, WHITE, Drawn, text
from submission.drawings.lettering import SMALL, TINY, measure, wrap
from submission.drawings.series import Number, categories, label_of, number_of, values_of
from submission.words.claims import compose, written
from verification.evidence import Figure


def draw_grid(figure: Figure, width: float) -> Drawn:
    """Draw each value as a cell in the row of its series and the column of its x."""
    columns = categories(figure)
    rows = rows_of([series.name for series in figure.series], 19.0, width)
    slot = min(96.0, (width - rows.left - 6) / len(columns))
    longest = max(measure(word, TINY) for column in columns for word in wrap(label_of(column), slot - 4, TINY))
    slanted = longest > slot - 3
    longest = max(measure(label_of(column), TINY) for column in columns)
    head = longest * 0.72 + 10 if slanted else 6 + 10.0 * max(len(wrap(label_of(c), slot - 4, TINY)) for c in columns)
    how = _shade(values_of(figure)), number_of(figure)
    parts = []
    for at, column in enumerate(columns):
        parts += _column(label_of(column), rows.left + (at + 0.5) * slot, head, None if slanted else slot - 4)
    for series, (top, height) in zip(figure.series, rows.spans, strict=True):
        parts += row_label(series.name, rows.left, head + top + height / 2)
        values = dict(zip(series.x, series.y, strict=True))
        for at, column in enumerate(columns):
            where = (rows.left + at * slot, head + top, slot, height)
            parts += _grid_cell(values.get(column), how, where)
    end = head + rows.bottom
    said = compose("{}; across: {}; the darker, the more", figure.y_label, figure.x_label)
    lines = wrap(said, width - rows.left, SMALL)
    parts += [text(rows.left, end + 16 + 12 * at, one, "start", MUTED, SMALL) for at, one in enumerate(lines)]
    over = longest * 0.72 - (width - rows.left - len(columns) * slot) if slanted else 0.0
    return parts, width + max(0.0, over), end + 12 + 12 * len(lines)


def _column(label: str, x: float, y: float, width: float | None) -> list[str]:
    """The head of a column in lines of `width`; without one it is slanted."""
    if width is None:
        return [f'<g transform="rotate(-45 {x:.2f} {y:.2f})">{text(x + 2, y, label, "start", size=TINY)}</g>']
    lines = wrap(label, width, TINY)
    return [text(x, y + 8 - 10 * (len(lines) - at), one, size=TINY) for at, one in enumerate(lines)]


def _shade(values: list[float]) -> Callable[[float], float]:
    """How dark a value is, 0 to 1. The root keeps one very common pair from paling all the others."""
    low, high = min(values), max(values)
    return lambda value: math.sqrt((value - low) / (high - low)) if high > low else 0.3


def _grid_cell(
    value: float | None, how: tuple[Callable[[float], float], Number], where: tuple[float, float, float, float]
) -> Iterator[str]:
    (x, y, width, height), (shade, number) = where, how
    if value is None:
        yield text(x + width / 2, y + height / 2 + 3, "–", colour=MUTED, size=TINY)
        return
    share = shade(value)
    yield (
        f'<rect x="{x + 0.5:.2f}" y="{y + 0.5:.2f}" width="{width - 1:.2f}" height="{height - 1:.2f}" fill="{BLUE}" '
        f'fill-opacity="{0.05 + 0.95 * share:.3f}" stroke="{GRID}" stroke-width="0.4"/>'
    )
    shown = number(value) if measure(number(value), TINY) <= width - 3 else written(f"{value:.2g}", value, "general 2")
    yield text(x + width / 2, y + height / 2 + 3, shown, colour=WHITE if share > 0.55 else INK, size=TINY)
