"""Figures of the evidence as drawings: bars, lines with their limits, intervals as a forest plot, grids with values.

What is told apart by color is told apart by dash, mark or position as well; an undefined value is a visible gap. The
alternative text is made from the same values as the drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from submission.drawings.bars import draw_bars
from submission.drawings.figures import NARROW, WIDE, Drawn, picture, svg
from submission.drawings.grids import draw_grid
from submission.drawings.intervals import draw_intervals
from submission.drawings.lettering import SMALL, measure
from submission.drawings.lines import draw_lines
from submission.drawings.series import Number, categories, label_of, number_of, with_limits
from submission.words.claims import compose
from submission.words.filters import total
from verification.evidence import Figure, FigureKind, Gap, Series

MOST_LISTED = 14
"""Values of a series that the alternative text lists; of a longer one it tells the extremes."""

DRAWN_BY: dict[FigureKind, Callable[[Figure, float], Drawn]] = {
    FigureKind.BARS: draw_bars,
    FigureKind.LINES: draw_lines,
    FigureKind.INTERVALS: draw_intervals,
    FigureKind.GRID: draw_grid,
}


@total
def chart(figure: Figure) -> Markup | Gap:
    """A figure as an image of a page, with its alternative text; one without a defined value is a gap."""
    drawn = draw(figure)
    return drawn if isinstance(drawn, Gap) else picture(*drawn, describe(figure))


@total
def inline_chart(figure: Figure) -> Markup | Gap:
    """A figure as a drawing inside an HTML page, its colors those of the page."""
    drawn = draw(figure)
    return drawn if isinstance(drawn, Gap) else Markup(svg(*drawn, describe(figure)))  # noqa: S704  escaped in parts


@total
def in_rows(figures: Sequence[Figure]) -> tuple[tuple[Figure, ...], ...]:
    """Figures as they stand on a page: narrow neighbors two by two, a wide one alone."""
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


def draw(figure: Figure) -> Drawn | Gap:
    """The parts of a drawing, its width and its height."""
    if not any(value is not None for series in figure.series for value in series.y):
        return Gap(
            reason=compose("the figure “{}” has no defined value", figure.title), closes="data in which it is defined"
        )
    return DRAWN_BY[figure.kind](figure, WIDE if is_wide(figure) else NARROW)


def is_wide(figure: Figure) -> bool:
    """Whether a figure needs the whole width of the text."""
    labels = categories(figure)
    longest = max((measure(label_of(label), SMALL) for label in labels), default=0.0)
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
    known = [(value, label_of(x)) for x, value in pairs if value is not None]
    name = f"{series.name}: " if series.name else ""
    if not known:
        return f"{name}no value is defined"
    if len(pairs) <= MOST_LISTED:
        return name + ", ".join(f"{label_of(x)} {with_limits(series, at, number)}" for at, (x, _) in enumerate(pairs))
    (low, at_low), (high, at_high) = min(known), max(known)
    absent = f", {len(pairs) - len(known)} undefined" if len(known) < len(pairs) else ""
    return f"{name}{len(pairs)} values from {number(low)} at {at_low} to {number(high)} at {at_high}{absent}"
