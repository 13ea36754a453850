"""Intervals as a forest plot: a row for each label, in it a mark and its limits for each series."""

from __future__ import annotations

from collections.abc import Iterator

from submission.drawings.axes import Axis, axis, draw_across, row_label, rows_of
from submission.drawings.figures import INK, MUTED, PALE, Drawn, line, text
from submission.drawings.lettering import SMALL
from submission.drawings.marks import block, colour_of, draw_legend, mark, mark_sample
from submission.drawings.series import Number, categories, limits_of, number_of, values_of, with_limits
from verification.evidence import Figure, Series


def draw_intervals(figure: Figure, width: float) -> Drawn:
    """Draw each value as a mark in the row of its label, with its interval; zero has a line of its own."""
    labels = categories(figure)
    rows = rows_of(labels, 10.5 * len(figure.series) + 3, width)
    across = axis(values_of(figure), rows.left, width - 128)
    scale = across, number_of(figure)
    parts = draw_across(across, rows.top, rows.bottom, figure.y_label)
    if across.low < 0 < across.high:
        parts += [line(across.at(0), rows.top, across.at(0), rows.bottom, INK, 0.9)]
    for at, (label, (top, height)) in enumerate(zip(labels, rows.spans, strict=True)):
        parts += [block(0, top, width, height, PALE)] if at % 2 else []
        parts += row_label(label, rows.left, top + height / 2)
        pitch = (height - 3) / len(figure.series)
        for place, series in enumerate(figure.series):
            parts += _interval(series, place, label, top + 1.5 + (place + 0.5) * pitch, scale)
    parts = [*(part for part in parts if PALE in part), *(part for part in parts if PALE not in part)]
    legend, end = draw_legend(figure, rows.left, width - 14, rows.bottom + 34, mark_sample)
    return [*parts, *legend], width, end + 4


def _interval(series: Series, place: int, label: float | str, y: float, scale: tuple[Axis, Number]) -> Iterator[str]:
    across, number = scale
    at = series.x.index(label) if label in series.x else None
    if at is None or (value := series.y[at]) is None:
        yield text(across.end + 10, y + 3, "undefined" if at is not None else "", "start", MUTED, SMALL)
        return
    limits = limits_of(series, at)
    if limits:
        low, high = (across.at(limit) for limit in limits)
        yield line(low, y, high, y, colour_of(place), 1.5)
        yield from (line(end, y - 3, end, y + 3, colour_of(place), 1.5) for end in (low, high))
    yield mark(across.at(value), y, place)
    yield text(across.end + 10, y + 3, with_limits(series, at, number), "start", size=SMALL)
