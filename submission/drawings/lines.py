"""Lines over a scale or over names, each with the band of its limits; an undefined value breaks a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from submission.drawings.axes import Axis, axis, draw_across, draw_upward
from submission.drawings.figures import MUTED, NARROW, Drawn, text
from submission.drawings.lettering import SMALL, TINY
from submission.drawings.marks import DASHES, colour_of, draw_legend, line_sample, mark
from submission.drawings.series import categories, label_of, limits_of, values_of
from verification.evidence import Figure, Series

T = TypeVar("T")


def draw_lines(figure: Figure, width: float) -> Drawn:
    """Draw each series as a line over x; shares that fill most of the axis have the whole of it."""
    numbers = all(not isinstance(x, str) for x in categories(figure))
    places = {x: float(x) if numbers else float(at) for at, x in enumerate(categories(figure))}
    left, right, top = 52.0, width - 14, 10.0
    unit = numbers and _is_unit(values_of(figure)) and _is_unit(places.values())
    height = min(right - left, 250.0) if unit else 200.0
    right = left + height if unit and width == NARROW else right
    bottom = top + height
    across = axis((0.0, 1.0) if unit else places.values(), left, right)
    upward = axis((0.0, 1.0) if unit else values_of(figure), bottom, top)
    parts = draw_upward(upward, left, right, figure.y_label)
    parts += draw_across(across, top, bottom, figure.x_label) if numbers else _names(figure, across, bottom)
    for place, series in enumerate(figure.series):
        parts += _draw_series(series, place, [across.at(places[x]) for x in series.x], upward)
    legend, end = draw_legend(figure, left, right, bottom + 34, line_sample)
    return [*parts, *legend], width, end + 4


def _is_unit(values: Iterable[float]) -> bool:
    """Whether values are shares that want the whole axis from 0 to 1: those that fill less than half of it do not."""
    found = tuple(values)
    return min(found) >= 0 and 0.5 < max(found) <= 1


def _names(figure: Figure, scale: Axis, bottom: float) -> list[str]:
    labels = categories(figure)
    parts = [text(scale.at(at), bottom + 13, label_of(x), colour=MUTED, size=TINY) for at, x in enumerate(labels)]
    return [*parts, text((scale.start + scale.end) / 2, bottom + 28, figure.x_label, size=SMALL)]


def _draw_series(series: Series, place: int, xs: list[float], upward: Axis) -> Iterator[str]:
    yield from (_band(run, place) for run in _runs(_edges(series, xs, upward)))
    points = [None if value is None else (x, upward.at(value)) for x, value in zip(xs, series.y, strict=True)]
    for run in _runs(points):
        corners = " ".join(f"{x:.2f},{y:.2f}" for x, y in run)
        dash = f' stroke-dasharray="{DASHES[place % len(DASHES)]}"' if DASHES[place % len(DASHES)] else ""
        yield f'<polyline points="{corners}" fill="none" stroke="{colour_of(place)}" stroke-width="1.7"{dash}/>'
        if len(run) == 1 or len(series.x) <= 12:
            yield from (mark(x, y, place, 2.6) for x, y in run)


def _edges(series: Series, xs: list[float], upward: Axis) -> list[tuple[float, float, float] | None]:
    limits = [limits_of(series, at) for at in range(len(xs))]
    return [
        None if one is None else (x, upward.at(one[0]), upward.at(one[1])) for x, one in zip(xs, limits, strict=True)
    ]


def _band(run: list[tuple[float, float, float]], place: int) -> str:
    around = [*((x, low) for x, low, _ in run), *((x, high) for x, _, high in reversed(run))]
    corners = " ".join(f"{x:.2f},{y:.2f}" for x, y in around)
    return f'<polygon points="{corners}" fill="{colour_of(place)}" fill-opacity="0.16"/>'


def _runs(values: Iterable[T | None]) -> Iterator[list[T]]:
    """Stretches of neighbors that are there: what is missing ends one."""
    run: list[T] = []
    for value in (*values, None):
        if value is not None:
            run.append(value)
        elif run:
            yield run
            run = []
