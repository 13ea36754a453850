"""Tables and figures as numbers and labels; how they look is decided where they are set and drawn."""

from __future__ import annotations

from enum import StrEnum

from verification.evidence.types.record import Record

__all__ = ["Figure", "FigureKind", "Series", "Table"]


class Table(Record, frozen=True):
    """A table ready to be set: cells are text, or numbers that a filter formats."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]


class FigureKind(StrEnum):
    """How a figure is drawn.

    `bars`: categories on x. `lines`: numbers on x. `intervals`: categories, each a point with its limits. `grid`: a
    series a row, x its columns, y the shade.
    """

    BARS = "bars"
    LINES = "lines"
    INTERVALS = "intervals"
    GRID = "grid"


class Series(Record, frozen=True):
    """Values of a figure, with limits where they have them; a value that is undefined is None."""

    name: str
    x: tuple[float | str, ...]
    y: tuple[float | None, ...]
    lower: tuple[float | None, ...] = ()
    upper: tuple[float | None, ...] = ()


class Figure(Record, frozen=True):
    """What a figure shows; how it looks is decided where it is drawn. Labels carry their units."""

    kind: FigureKind
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
