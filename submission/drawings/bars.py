"""Bars, upright where their labels fit below them, else level; each with its value and its limits."""

from __future__ import annotations

import math
from collections.abc import Iterator

from submission.drawings.axes import Axis, axis, draw_across, draw_upward, row_label, rows_of
from submission.drawings.figures import INK, MUTED, NARROW, Drawn, line, text
from submission.drawings.lettering import SMALL, TINY, measure
from submission.drawings.marks import block, block_sample, colour_of, draw_legend
from submission.drawings.series import Number, categories, label_of, limits_of, number_of, values_of
from verification.evidence import Figure, Series


def draw_bars(figure: Figure, width: float) -> Drawn:
    """Draw a bar of each series at each label."""
    labels = categories(figure)
    slot = (width - 66) / max(len(labels), 1)
    fit = all(measure(label_of(label), TINY) <= slot - 3 for label in labels)
    upright = fit or all(not isinstance(label, str) for label in labels)
    return _draw_upright(figure, labels, width) if upright else _draw_level(figure, labels, width)


def _draw_upright(figure: Figure, labels: list[float | str], width: float) -> Drawn:
    left, right, top, bottom = 52.0, width - 14, 18.0, 196.0
    upward = axis(values_of(figure), bottom, top, zero=True)
    scale = upward, number_of(figure)
    slot = (right - left) / len(labels)
    bar = slot * (0.72 if isinstance(labels[0], str) else 0.92) / len(figure.series)
    parts = draw_upward(upward, left, right, figure.y_label)
    every = max(1, math.ceil(max(measure(label_of(label), TINY) for label in labels) / slot * 1.25))
    for at, label in enumerate(labels):
        middle = left + (at + 0.5) * slot
        if at % every == 0:
            parts += [text(middle, bottom + 13, label_of(label), colour=MUTED, size=TINY)]
        for place, series in enumerate(figure.series):
            x = middle + (place - len(figure.series) / 2) * bar
            parts += _upright_bar(series, place, label, (x, bar), scale)
    parts += [line(left, upward.at(0), right, upward.at(0), INK, 0.9)]
    parts += [text((left + right) / 2, bottom + 28, figure.x_label, size=SMALL)]
    legend, end = draw_legend(figure, left, right, bottom + 34, block_sample)
    return [*parts, *legend], width, end + 4


def _upright_bar(
    series: Series, place: int, label: float | str, span: tuple[float, float], scale: tuple[Axis, Number]
) -> Iterator[str]:
    at = series.x.index(label) if label in series.x else None
    value = None if at is None else series.y[at]
    (x, bar), (upward, number) = span, scale
    if value is None or at is None:
        yield text(x + bar / 2, upward.at(0) - 3, "–", colour=MUTED, size=SMALL)
        return
    y = upward.at(value)
    yield block(x + bar * 0.04, min(y, upward.at(0)), bar * 0.92, abs(y - upward.at(0)), colour_of(place))
    limits = limits_of(series, at)
    if limits:
        yield line(x + bar / 2, upward.at(limits[0]), x + bar / 2, upward.at(limits[1]), INK, 1.1)
    highest = upward.at(limits[1]) if limits else min(y, upward.at(0))
    if measure(number(value), TINY) <= bar:
        yield text(x + bar / 2, highest - 3.5, number(value), size=TINY)


def _draw_level(figure: Figure, labels: list[float | str], width: float) -> Drawn:
    rows = rows_of(labels, max(13.0, 9.0 * len(figure.series)) + 5, width)
    left = rows.left
    across = axis(values_of(figure), left, width - 58, zero=True, most=5 if width == NARROW else 6)
    scale = across, number_of(figure)
    parts = draw_across(across, rows.top, rows.bottom, figure.y_label)
    for label, (top, height) in zip(labels, rows.spans, strict=True):
        parts += row_label(label, left, top + height / 2)
        bar = (height - 5) / len(figure.series)
        for place, series in enumerate(figure.series):
            parts += _level_bar(series, place, label, (top + 2.5 + place * bar, bar), scale)
    parts += [line(across.at(0), rows.top, across.at(0), rows.bottom, INK, 0.9)]
    legend, end = draw_legend(figure, left, width - 14, rows.bottom + 34, block_sample)
    return [*parts, *legend], width, end + 4


def _level_bar(
    series: Series, place: int, label: float | str, span: tuple[float, float], scale: tuple[Axis, Number]
) -> Iterator[str]:
    at = series.x.index(label) if label in series.x else None
    value = None if at is None else series.y[at]
    (y, bar), (across, number) = span, scale
    if value is None or at is None:
        yield text(across.at(0) + 4, y + bar / 2 + 3, "not given", "start", MUTED, TINY)
        return
    x, limits = across.at(value), limits_of(series, at)
    yield block(min(x, across.at(0)), y + 0.6, abs(x - across.at(0)), bar - 1.2, colour_of(place))
    if limits:
        yield line(across.at(limits[0]), y + bar / 2, across.at(limits[1]), y + bar / 2, INK, 1.1)
    furthest = across.at(limits[1]) if limits else max(x, across.at(0))
    yield text(furthest + 4, y + bar / 2 + 3, number(value), "start", size=TINY)
