"""Numbers: each filter states once how many digits it shows."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, isclose, log10

from submission.words.claims import compose, written
from submission.words.filters.registry import total


@total
def count(value: int) -> str:
    """A whole number, with thousands set apart."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"`count` shows whole numbers, got {value!r}")
    return written(f"{value:,}", value, "count")


@total
def count_or_none(value: int | None) -> object:
    """A whole number that evidence may leave out."""
    return None if value is None else count(value)


@total
def count_or_dash(value: int | None) -> str:
    """A whole number that does not apply everywhere."""
    return "–" if value is None else count(value)


@total
def plain(value: int) -> str:
    """A whole number that counts nothing: a line of a file, a seed."""
    return written(f"{value:d}", value, "plain")


@total
def figure(value: float | None) -> object:
    """A measure between 0 and 1, three decimals."""
    return None if value is None else written(f"{value:.3f}", value, "decimal 3")


@total
def figure_or_dash(value: float | None) -> str:
    """A measure between 0 and 1 that does not apply everywhere, three decimals."""
    return "–" if value is None else written(f"{value:.3f}", value, "decimal 3")


@total
def score(value: float | None) -> object:
    """A threshold or a score, four decimals, as the device's own table of the operating point has it."""
    return None if value is None else written(f"{value:.4f}", value, "decimal 4")


@total
def small(value: float) -> str:
    """A small difference, two significant digits."""
    return written(f"{value:.1e}", value, "scientific 1")


@total
def percent(value: float, places: int = 1) -> str:
    """A share in per cent, "62.5 %"."""
    return compose("{} %", written(f"{100 * value:.{places}f}", value, f"percent {places}"))


@total
def megabytes(value: int | None) -> object:
    """A size in megabytes (of 1,000,000 bytes), one decimal."""
    return None if value is None else compose("{} MB", written(f"{value / 1e6:.1f}", value, "millions 1"))


@total
def seconds(value: float) -> str:
    """A time, to a thousandth of a second."""
    return compose("{} s", decimal(value, 3))


@total
def tenths(value: float) -> str:
    """A number with one decimal."""
    return decimal(value, 1)


def signed(value: float) -> str:
    """Three decimals, of a large ratio one."""
    return decimal(value, 3 if abs(value) < 100 else 1)


def decimal(value: float, places: int) -> str:
    """A number with so many decimals, thousands apart, the minus sign of typography, and no negative nothing."""
    return written(f"{value:z,.{places}f}".replace("-", "−"), value, f"decimal {places}")


def places_of(values: Iterable[object]) -> int:
    """How many decimals the numbers of one column or drawing need, so that all of them have as many.

    Whole numbers need none, shares (no number above 1) three, of very small ones three digits of the largest; others
    as many as they have, and no more than give the largest four digits.
    """
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    largest = max(map(abs, numbers), default=0.0)
    if not largest or (all(map(float.is_integer, numbers)) and largest > 1):
        return 0
    if largest <= 1:
        return max(3, 2 - floor(log10(largest)))
    most = max(1, 3 - floor(log10(largest)))
    return next(n for n in range(most + 1) if n == most or all(isclose(round(v, n), round(v, most)) for v in numbers))
