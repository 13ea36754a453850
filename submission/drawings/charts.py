"""Figures of the evidence as drawings: bars, lines with their limits, intervals as a forest plot, grids with values.

What is told apart by colour is told apart by dash, mark or position as well; an undefined value is a visible gap. The
alternative text is made from the same values as the drawing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeAlias, TypeVar

from markupsafe import Markup

from submission.drawings.figures import BLUE, GRID, INK, MUTED, PALE, PALETTE, PAPER, WHITE, line, picture, svg, text
from submission.words.claims import compose, cut, scale, written
from submission.words.filters import decimal, places_of, total
from submission.words.folders import FONTS
from verification.evidence import Figure, FigureKind, Gap, Series

T = TypeVar("T")

WIDE, NARROW = 660.0, 318.0
"""Widths of a drawing over the whole text and over half of it, in pixels of CSS."""
SMALL, TINY = 9.0, 8.2
DASHES = ("", "6 3", "1.5 2.5", "9 3 1.5 3", "3 2", "12 4")
LONGEST_LABEL = 170.0
MOST_LISTED = 14
"""Values of a series that the alternative text lists; of a longer one it tells the extremes."""


# --- what templates call ----------------------------------------------------------------------------------------------


@total
def chart(figure: Figure) -> Markup | Gap:
    """A figure as an image of a page, with its alternative text; one without a defined value is a gap."""
    drawn = draw(figure)
    return drawn if isinstance(drawn, Gap) else picture(*drawn, describe(figure))


@total
def inline_chart(figure: Figure) -> Markup | Gap:
    """A figure as a drawing inside an HTML page, its colours those of the page."""
    drawn = draw(figure)
    return drawn if isinstance(drawn, Gap) else Markup(svg(*drawn, describe(figure)))  # noqa: S704  escaped in parts


@total
def in_rows(figures: Sequence[Figure]) -> tuple[tuple[Figure, ...], ...]:
    """Figures as they stand on a page: narrow neighbours two by two, a wide one alone."""
    rows: list[tuple[Figure, ...]] = []
    for figure in figures:
        if rows and len(rows[-1]) == 1 and not is_wide(rows[-1][0]) and not is_wide(figure):
            rows[-1] = (rows[-1][0], figure)
        else:
            rows.append((figure,))
    return tuple(rows)


@total
def spreads(figure: Figure) -> bool:
    """Whether a figure takes the whole width."""
    return is_wide(figure)


def draw(figure: Figure) -> tuple[list[str], float, float] | Gap:
    """The parts of a drawing, its width and its height."""
    if not any(value is not None for series in figure.series for value in series.y):
        return Gap(
            reason=compose("the figure “{}” has no defined value", figure.title), closes="data in which it is defined"
        )
    return DRAWN_BY[figure.kind](figure, WIDE if is_wide(figure) else NARROW)


def is_wide(figure: Figure) -> bool:
    """Whether a figure needs the whole width of the text."""
    labels = _categories(figure)
    longest = max((measure(_label(label), SMALL) for label in labels), default=0.0)
    if figure.kind is FigureKind.LINES:
        return len(figure.series) > 4
    if figure.kind is FigureKind.GRID:
        return len(labels) > 6
    return figure.kind is FigureKind.INTERVALS or len(labels) * len(figure.series) > 26 or longest > 105


def describe(figure: Figure) -> str:
    """The alternative text of a figure, from its values."""
    told = "; ".join(_describe_series(series, number_of(figure)) for series in figure.series)
    return f"{figure.title}. {figure.y_label} by {figure.x_label}. {told}."


def _describe_series(series: Series, number: Number) -> str:
    pairs = list(zip(series.x, series.y, strict=True))
    known = [(value, _label(x)) for x, value in pairs if value is not None]
    name = f"{series.name}: " if series.name else ""
    if not known:
        return f"{name}no value is defined"
    if len(pairs) <= MOST_LISTED:
        return name + ", ".join(f"{_label(x)} {_with_limits(series, at, number)}" for at, (x, _) in enumerate(pairs))
    (low, at_low), (high, at_high) = min(known), max(known)
    absent = f", {len(pairs) - len(known)} undefined" if len(known) < len(pairs) else ""
    return f"{name}{len(pairs)} values from {number(low)} at {at_low} to {number(high)} at {at_high}{absent}"


def _with_limits(series: Series, at: int, number: Number) -> str:
    value, limits = series.y[at], _limits(series, at)
    if value is None:
        return "undefined"
    if not limits:
        return number(value)
    return compose("{} ({} to {})", number(value), number(limits[0]), number(limits[1]))


# --- numbers and words ------------------------------------------------------------------------------------------------


Number: TypeAlias = Callable[[float], str]
"""How a value is written."""


def number_of(figure: Figure) -> Number:
    """How the values of a drawing are written: all with as many decimals."""
    return partial(decimal, places=places_of(_values(figure)))


def measure(content: str, size: float) -> float:
    """The width of a text in the shipped font, in pixels."""
    widths, em = _advances()
    return sum(widths.get(ord(character), em / 2) for character in content) * size / em


@cache
def _advances() -> tuple[dict[int, int], int]:
    """The advance of each character of the upright font, and the units of its em."""
    from fontTools.ttLib import TTFont

    font = TTFont(FONTS / "IBMPlexSans-Regular.woff2")
    names, metrics = font.getBestCmap(), font["hmtx"]
    return {code: metrics[name][0] for code, name in names.items()}, font["head"].unitsPerEm


def wrap(content: str, width: float, size: float) -> list[str]:
    """A text in lines of at most `width`; a word longer than that stands alone."""
    spans = [(0, 0)]
    for word in re.finditer(r"\S+", content):
        start, end = spans[-1]
        if end > start and measure(content[start : word.end()], size) > width:
            spans.append(word.span())
        else:
            spans[-1] = (start if end > start else word.start(), word.end())
    return [cut(content, *span) for span in spans]


def _label(value: float | str) -> str:
    return value if isinstance(value, str) else written(f"{value:,.4g}".replace("-", "−"), value, "general 4")


def _categories(figure: Figure) -> list[float | str]:
    """The places on x, each once, in the order in which the series bring them."""
    return list(dict.fromkeys(x for series in figure.series for x in series.x))


def _limits(series: Series, at: int) -> tuple[float, float] | None:
    if not (series.lower and series.upper):
        return None
    low, high = series.lower[at], series.upper[at]
    return None if low is None or high is None else (low, high)


def _values(figure: Figure) -> list[float]:
    """Everything that the value axis must hold: values and limits."""
    groups = ((series.y, series.lower, series.upper) for series in figure.series)
    return [value for group in groups for values in group for value in values if value is not None]


# --- axes -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale from values to places of the drawing, with the ticks that it shows."""

    ticks: tuple[float, ...]
    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def labels(self) -> Iterator[tuple[float, str]]:
        """Each tick's place and text, with as many decimals as the step needs."""
        step = self.ticks[1] - self.ticks[0]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        decimals += not math.isclose(round(step, decimals), step)  # a step of 2.5 or 0.25 needs one more
        for tick in self.ticks:
            yield self.at(tick), scale(f"{tick:,.{decimals}f}".replace("-", "−"))


def axis(values: Iterable[float], start: float, end: float, *, zero: bool = False, most: int = 6) -> Axis:
    """An axis with round ticks that holds all values; with `zero`, also nothing."""
    found = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(found), max(found)
    low, high = (min(low, 0.0), max(high, 0.0)) if zero else (low, high)
    if low == high:
        low, high = (low - 0.5, high + 0.5) if low else (0.0, 1.0)
    step = _round_step((high - low) / (most - 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(index * step for index in range(first, last + 1))
    return Axis(ticks, ticks[0], ticks[-1], start, end)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least * (1 - 1e-9))


def _across(scale: Axis, top: float, bottom: float, title: str) -> list[str]:
    """A value axis along the bottom, its grid lines upright."""
    parts = [line(x, top, x, bottom) for x, _ in scale.labels()]
    parts += [text(x, bottom + 13, label, colour=MUTED, size=TINY) for x, label in scale.labels()]
    parts += [text((scale.start + scale.end) / 2, bottom + 28, title, size=SMALL)]
    return parts


def _upward(scale: Axis, left: float, right: float, title: str) -> list[str]:
    """A value axis along the left, its grid lines level."""
    parts = [line(left, y, right, y) for y, _ in scale.labels()]
    parts += [text(left - 6, y + 3, label, "end", MUTED, TINY) for y, label in scale.labels()]
    middle = (scale.start + scale.end) / 2
    parts += [f'<g transform="rotate(-90 11 {middle:.2f})">{text(11, middle, title, size=SMALL)}</g>']
    return parts


# --- marks ------------------------------------------------------------------------------------------------------------


def colour_of(place: int) -> str:
    """The colour of a series by its place."""
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


def _block(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(width, 0):.2f}" height="{max(height, 0):.2f}" fill="{colour}"/>'


Sample = Callable[[float, float, int, Series], list[str]]


def _line_sample(x: float, y: float, place: int, series: Series) -> list[str]:
    if len(series.x) == 1:
        return _mark_sample(x, y, place, series)
    return [line(x, y, x + 22, y, colour_of(place), 1.8, DASHES[place % len(DASHES)])]


def _mark_sample(x: float, y: float, place: int, _: Series) -> list[str]:
    return [mark(x + 14, y, place)]


def _block_sample(x: float, y: float, place: int, _: Series) -> list[str]:
    return [_block(x + 8, y - 4.5, 12, 9, colour_of(place))]


def _legend(figure: Figure, left: float, right: float, y: float, sample: Sample) -> tuple[list[str], float]:
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


# --- lines ------------------------------------------------------------------------------------------------------------


def _draw_lines(figure: Figure, width: float) -> tuple[list[str], float, float]:
    numbers = all(not isinstance(x, str) for x in _categories(figure))
    places = {x: float(x) if numbers else float(at) for at, x in enumerate(_categories(figure))}
    left, right, top = 52.0, width - 14, 10.0
    unit = numbers and _is_unit(_values(figure)) and _is_unit(places.values())
    height = min(right - left, 250.0) if unit else 200.0
    right = left + height if unit and width == NARROW else right
    bottom = top + height
    across = axis((0.0, 1.0) if unit else places.values(), left, right)
    upward = axis((0.0, 1.0) if unit else _values(figure), bottom, top)
    parts = _upward(upward, left, right, figure.y_label)
    parts += _across(across, top, bottom, figure.x_label) if numbers else _names(figure, across, bottom)
    for place, series in enumerate(figure.series):
        parts += _draw_series(series, place, [across.at(places[x]) for x in series.x], upward)
    legend, end = _legend(figure, left, right, bottom + 34, _line_sample)
    return [*parts, *legend], width, end + 4


def _is_unit(values: Iterable[float]) -> bool:
    """Whether values are shares that want the whole axis from 0 to 1: those that fill less than half of it do not."""
    found = tuple(values)
    return min(found) >= 0 and 0.5 < max(found) <= 1


def _names(figure: Figure, scale: Axis, bottom: float) -> list[str]:
    labels = _categories(figure)
    parts = [text(scale.at(at), bottom + 13, _label(x), colour=MUTED, size=TINY) for at, x in enumerate(labels)]
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
    limits = [_limits(series, at) for at in range(len(xs))]
    return [
        None if one is None else (x, upward.at(one[0]), upward.at(one[1])) for x, one in zip(xs, limits, strict=True)
    ]


def _band(run: list[tuple[float, float, float]], place: int) -> str:
    around = [*((x, low) for x, low, _ in run), *((x, high) for x, _, high in reversed(run))]
    corners = " ".join(f"{x:.2f},{y:.2f}" for x, y in around)
    return f'<polygon points="{corners}" fill="{colour_of(place)}" fill-opacity="0.16"/>'


def _runs(values: Iterable[T | None]) -> Iterator[list[T]]:
    """Stretches of neighbours that are there: what is missing ends one."""
    run: list[T] = []
    for value in (*values, None):
        if value is not None:
            run.append(value)
        elif run:
            yield run
            run = []


# --- bars -------------------------------------------------------------------------------------------------------------


def _draw_bars(figure: Figure, width: float) -> tuple[list[str], float, float]:
    labels = _categories(figure)
    slot = (width - 66) / max(len(labels), 1)
    fit = all(measure(_label(label), TINY) <= slot - 3 for label in labels)
    upright = fit or all(not isinstance(label, str) for label in labels)
    return _draw_upright(figure, labels, width) if upright else _draw_level(figure, labels, width)


def _draw_upright(figure: Figure, labels: list[float | str], width: float) -> tuple[list[str], float, float]:
    left, right, top, bottom = 52.0, width - 14, 18.0, 196.0
    upward = axis(_values(figure), bottom, top, zero=True)
    scale = upward, number_of(figure)
    slot = (right - left) / len(labels)
    bar = slot * (0.72 if isinstance(labels[0], str) else 0.92) / len(figure.series)
    parts = _upward(upward, left, right, figure.y_label)
    every = max(1, math.ceil(max(measure(_label(label), TINY) for label in labels) / slot * 1.25))
    for at, label in enumerate(labels):
        middle = left + (at + 0.5) * slot
        if at % every == 0:
            parts += [text(middle, bottom + 13, _label(label), colour=MUTED, size=TINY)]
        for place, series in enumerate(figure.series):
            x = middle + (place - len(figure.series) / 2) * bar
            parts += _upright_bar(series, place, label, (x, bar), scale)
    parts += [line(left, upward.at(0), right, upward.at(0), INK, 0.9)]
    parts += [text((left + right) / 2, bottom + 28, figure.x_label, size=SMALL)]
    legend, end = _legend(figure, left, right, bottom + 34, _block_sample)
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
    yield _block(x + bar * 0.04, min(y, upward.at(0)), bar * 0.92, abs(y - upward.at(0)), colour_of(place))
    limits = _limits(series, at)
    if limits:
        yield line(x + bar / 2, upward.at(limits[0]), x + bar / 2, upward.at(limits[1]), INK, 1.1)
    highest = upward.at(limits[1]) if limits else min(y, upward.at(0))
    if measure(number(value), TINY) <= bar:
        yield text(x + bar / 2, highest - 3.5, number(value), size=TINY)


def _draw_level(figure: Figure, labels: list[float | str], width: float) -> tuple[list[str], float, float]:
    rows = _rows(labels, max(13.0, 9.0 * len(figure.series)) + 5, width)
    left = rows.left
    across = axis(_values(figure), left, width - 58, zero=True, most=5 if width == NARROW else 6)
    scale = across, number_of(figure)
    parts = _across(across, rows.top, rows.bottom, figure.y_label)
    for label, (top, height) in zip(labels, rows.spans, strict=True):
        parts += _row_label(label, left, top + height / 2)
        bar = (height - 5) / len(figure.series)
        for place, series in enumerate(figure.series):
            parts += _level_bar(series, place, label, (top + 2.5 + place * bar, bar), scale)
    parts += [line(across.at(0), rows.top, across.at(0), rows.bottom, INK, 0.9)]
    legend, end = _legend(figure, left, width - 14, rows.bottom + 34, _block_sample)
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
    x, limits = across.at(value), _limits(series, at)
    yield _block(min(x, across.at(0)), y + 0.6, abs(x - across.at(0)), bar - 1.2, colour_of(place))
    if limits:
        yield line(across.at(limits[0]), y + bar / 2, across.at(limits[1]), y + bar / 2, INK, 1.1)
    furthest = across.at(limits[1]) if limits else max(x, across.at(0))
    yield text(furthest + 4, y + bar / 2 + 3, number(value), "start", size=TINY)


# --- rows with labels -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows below each other: where their labels end, and each one's top and height."""

    left: float
    spans: tuple[tuple[float, float], ...]

    @property
    def top(self) -> float:
        """Where the first row begins."""
        return self.spans[0][0]

    @property
    def bottom(self) -> float:
        """Where the last row ends."""
        return sum(self.spans[-1])


def _rows(labels: Sequence[float | str], least: float, width: float) -> Rows:
    most = min(LONGEST_LABEL, width * 0.36)
    widest = max((measure(one, SMALL) for label in labels for one in wrap(_label(label), most, SMALL)), default=0.0)
    spans, y = [], 6.0
    for label in labels:
        height = max(least, 11.0 * len(wrap(_label(label), most, SMALL)) + 6)
        spans.append((y, height))
        y += height
    return Rows(min(widest, width * 0.5) + 10, tuple(spans))


def _row_label(label: float | str, left: float, middle: float) -> list[str]:
    lines = wrap(_label(label), max(left - 9, 40.0), SMALL)
    first = middle + 3.2 - 5.5 * (len(lines) - 1)
    return [text(left - 8, first + 11 * at, one, "end", size=SMALL) for at, one in enumerate(lines)]


# --- intervals --------------------------------------------------------------------------------------------------------


def _draw_intervals(figure: Figure, width: float) -> tuple[list[str], float, float]:
    labels = _categories(figure)
    rows = _rows(labels, 12.0 * len(figure.series) + 5, width)
    across = axis(_values(figure), rows.left, width - 128)
    scale = across, number_of(figure)
    parts = _across(across, rows.top, rows.bottom, figure.y_label)
    if across.low < 0 < across.high:
        parts += [line(across.at(0), rows.top, across.at(0), rows.bottom, INK, 0.9)]
    for at, (label, (top, height)) in enumerate(zip(labels, rows.spans, strict=True)):
        parts += [_block(0, top, width, height, PALE)] if at % 2 else []
        parts += _row_label(label, rows.left, top + height / 2)
        pitch = (height - 5) / len(figure.series)
        for place, series in enumerate(figure.series):
            parts += _interval(series, place, label, top + 2.5 + (place + 0.5) * pitch, scale)
    parts = [*(part for part in parts if PALE in part), *(part for part in parts if PALE not in part)]
    legend, end = _legend(figure, rows.left, width - 14, rows.bottom + 34, _mark_sample)
    return [*parts, *legend], width, end + 4


def _interval(series: Series, place: int, label: float | str, y: float, scale: tuple[Axis, Number]) -> Iterator[str]:
    across, number = scale
    at = series.x.index(label) if label in series.x else None
    if at is None or (value := series.y[at]) is None:
        yield text(across.end + 10, y + 3, "undefined" if at is not None else "", "start", MUTED, SMALL)
        return
    limits = _limits(series, at)
    if limits:
        low, high = (across.at(limit) for limit in limits)
        yield line(low, y, high, y, colour_of(place), 1.5)
        yield from (line(end, y - 3, end, y + 3, colour_of(place), 1.5) for end in (low, high))
    yield mark(across.at(value), y, place)
    yield text(across.end + 10, y + 3, _with_limits(series, at, number), "start", size=SMALL)


# --- grids ------------------------------------------------------------------------------------------------------------


def _draw_grid(figure: Figure, width: float) -> tuple[list[str], float, float]:
    columns = _categories(figure)
    rows = _rows([series.name for series in figure.series], 19.0, width)
    slot = min(96.0, (width - rows.left - 6) / len(columns))
    longest = max(measure(word, TINY) for column in columns for word in wrap(_label(column), slot - 4, TINY))
    slanted = longest > slot - 3
    longest = max(measure(_label(column), TINY) for column in columns)
    head = longest * 0.72 + 10 if slanted else 6 + 10.0 * max(len(wrap(_label(c), slot - 4, TINY)) for c in columns)
    how = _shade(_values(figure)), number_of(figure)
    parts = []
    for at, column in enumerate(columns):
        parts += _column(_label(column), rows.left + (at + 0.5) * slot, head, None if slanted else slot - 4)
    for series, (top, height) in zip(figure.series, rows.spans, strict=True):
        parts += _row_label(series.name, rows.left, head + top + height / 2)
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


DRAWN_BY: dict[FigureKind, Callable[[Figure, float], tuple[list[str], float, float]]] = {
    FigureKind.BARS: _draw_bars,
    FigureKind.LINES: _draw_lines,
    FigureKind.INTERVALS: _draw_intervals,
    FigureKind.GRID: _draw_grid,
}
