"""What a drawing is read against: an axis of values with round ticks, or rows with their labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from submission.drawings.figures import MUTED, line, text
from submission.drawings.lettering import SMALL, TINY, measure, wrap
from submission.drawings.series import label_of
from submission.words.claims import scale

LONGEST_LABEL = 170.0
"""The widest label of a row, in pixels of CSS."""


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


def draw_across(scale: Axis, top: float, bottom: float, title: str) -> list[str]:
    """A value axis along the bottom, its grid lines upright."""
    parts = [line(x, top, x, bottom) for x, _ in scale.labels()]
    parts += [text(x, bottom + 13, label, colour=MUTED, size=TINY) for x, label in scale.labels()]
    parts += [text((scale.start + scale.end) / 2, bottom + 28, title, size=SMALL)]
    return parts


def draw_upward(scale: Axis, left: float, right: float, title: str) -> list[str]:
    """A value axis along the left, its grid lines level."""
    parts = [line(left, y, right, y) for y, _ in scale.labels()]
    parts += [text(left - 6, y + 3, label, "end", MUTED, TINY) for y, label in scale.labels()]
    middle = (scale.start + scale.end) / 2
    parts += [f'<g transform="rotate(-90 11 {middle:.2f})">{text(11, middle, title, size=SMALL)}</g>']
    return parts


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


def rows_of(labels: Sequence[float | str], least: float, width: float) -> Rows:
    """Rows of at least this height, each as high as the lines of its label, in a drawing of this width."""
    most = min(LONGEST_LABEL, width * 0.36)
    widest = max((measure(one, SMALL) for label in labels for one in wrap(label_of(label), most, SMALL)), default=0.0)
    spans, y = [], 6.0
    for label in labels:
        height = max(least, 11.0 * len(wrap(label_of(label), most, SMALL)) + 3)
        spans.append((y, height))
        y += height
    return Rows(min(widest, width * 0.5) + 10, tuple(spans))


def row_label(label: float | str, left: float, middle: float) -> list[str]:
    """The label of a row in lines, ending left of where its values begin."""
    lines = wrap(label_of(label), max(left - 9, 40.0), SMALL)
    first = middle + 3.2 - 5.5 * (len(lines) - 1)
    return [text(left - 8, first + 11 * at, one, "end", size=SMALL) for at, one in enumerate(lines)]
