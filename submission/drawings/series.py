"""What the series of a figure hold, and how each value of it is written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from submission.words.claims import compose, written
from submission.words.filters import decimal, places_of
from verification.evidence import Figure, Series

Number: TypeAlias = Callable[[float], str]
"""How a value is written."""


def number_of(figure: Figure) -> Number:
    """How the values of a drawing are written: all with as many decimals."""
    return partial(decimal, places=places_of(values_of(figure)))


def with_limits(series: Series, at: int, number: Number) -> str:
    """A value in words, with its limits where it has them."""
    value, limits = series.y[at], limits_of(series, at)
    if value is None:
        return "undefined"
    if not limits:
        return number(value)
    return compose("{} ({} to {})", number(value), number(limits[0]), number(limits[1]))


def label_of(value: float | str) -> str:
    """A place on x in words."""
    return value if isinstance(value, str) else written(f"{value:,.4g}".replace("-", "−"), value, "general 4")


def categories(figure: Figure) -> list[float | str]:
    """The places on x, each once, in the order in which the series bring them."""
    return list(dict.fromkeys(x for series in figure.series for x in series.x))


def limits_of(series: Series, at: int) -> tuple[float, float] | None:
    """The lower and the upper limit of a value; None where either is not there."""
    if not (series.lower and series.upper):
        return None
    low, high = series.lower[at], series.upper[at]
    return None if low is None or high is None else (low, high)


def values_of(figure: Figure) -> list[float]:
    """Everything that the value axis must hold: values and limits."""
    groups = ((series.y, series.lower, series.upper) for series in figure.series)
    return [value for group in groups for values in group for value in values if value is not None]
