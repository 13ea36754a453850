"""Tables and figures that more than one description of data has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from verification.datasets.description import Description
from verification.evidence import Figure, FigureKind, Series, Table

Row: TypeAlias = tuple[str | int | float | None, ...]

IMAGES_BANDS = ((1, 1), (2, 2), (3, 5), (6, 10), (11, 50), (51, 1000))
QUARTILES = (0.25, 0.5, 0.75)


def images_table(counts: Iterable[int]) -> Table:
    """How many patients have how many images.

    Args:
        counts: the number of images of each patient.
    """
    values = np.fromiter(counts, dtype=np.int64)
    rows = []
    for low, high in IMAGES_BANDS:
        chosen = values[(values >= low) & (values <= high)] if high < IMAGES_BANDS[-1][1] else values[values >= low]
        name = str(low) if low == high else f"{low} to {high}" if high < IMAGES_BANDS[-1][1] else f"{low} and more"
        rows.append((name, len(chosen), int(chosen.sum())))
    return Table(title="Images per patient", columns=("Images of a patient", "Patients", "Images"), rows=tuple(rows))


def not_recorded_table(description: Description) -> Table:
    """A row for each attribute that the data do not carry."""
    rows = tuple((name, "not recorded") for name in description.not_recorded)
    return Table(title="What is not recorded", columns=("Attribute", ""), rows=rows)


def bars(title: str, x_label: str, y_label: str, counts: Sequence[tuple[str, float | None]], name: str) -> Figure:
    """A bar for each category."""
    series = Series(name=name, x=tuple(key for key, _ in counts), y=tuple(value for _, value in counts))
    return Figure(kind=FigureKind.BARS, title=title, x_label=x_label, y_label=y_label, series=(series,))


def histogram(title: str, x_label: str, y_label: str, groups: Sequence[tuple[str, NDArray[np.float64]]],
              edges: NDArray[np.float64]) -> Figure:  # fmt: skip
    """A line for each group of values: the percentage of the group in each interval between `edges`, at its middle."""
    middles = tuple(float(x) for x in (edges[:-1] + edges[1:]) / 2)
    series = []
    for name, values in groups:
        counts, _ = np.histogram(values, edges)
        y = tuple(round(float(value), 4) for value in 100 * counts / len(values)) if len(values) else ()
        series.append(Series(name=name, x=middles, y=y or (None,) * len(middles)))
    return Figure(kind=FigureKind.LINES, title=title, x_label=x_label, y_label=y_label, series=tuple(series))


def quartiles(values: NDArray[np.float64], digits: int = 1) -> tuple[float | None, ...]:
    """Lower quartile, median and upper quartile; None where there is no value."""
    if not values.size:
        return (None,) * len(QUARTILES)
    return tuple(round(float(value), digits) for value in np.quantile(values, QUARTILES))


def percent(part: int, whole: int, digits: int = 2) -> float | None:
    """A share in %; None of nothing."""
    return round(100 * part / whole, digits) if whole else None


def commonest(values: Sequence[str], title: str, what: str, count: Callable[[NDArray[np.bool_]], Row],
              columns: tuple[str, ...], shown: int = 8) -> Table:  # fmt: skip
    """A row for each of the commonest values, one for all others; `count` fills the columns after the value."""
    array = np.asarray(values, dtype=object)
    names, counts = np.unique(array.astype(str), return_counts=True)
    order = np.lexsort((names, -counts))
    top = [str(names[at]) for at in order[:shown]]
    rows: list[Row] = [(name, *count(array == name)) for name in top]
    if len(names) > shown:
        rows.append((f"{len(names) - shown} others", *count(~np.isin(array.astype(str), top))))
    return Table(title=title, columns=(what, *columns), rows=tuple(rows))
