"""Tables of evidence: their cells, their heads, and how broad they stand on a page."""

from __future__ import annotations

from collections.abc import Iterable

from submission.words.claims import compose, cut
from submission.words.filters.numbers import decimal, places_of
from submission.words.filters.registry import total
from submission.words.filters.texts import yes_no
from verification.evidence import Table


@total
def cells(table: Table) -> tuple[tuple[object, ...], ...]:
    """The rows of an evidence table as they are shown: the numbers of a column alike, texts as they are."""
    shown = [_alike(column) for column in zip(*table.rows, strict=True)]
    return tuple(zip(*shown, strict=True))


def _alike(column: tuple[object, ...]) -> tuple[object, ...]:
    """A column as it is shown; where texts and both kinds of numbers stand together, each number stands for itself."""
    if all(any(isinstance(value, kind) for value in column) for kind in (str, int, float)):
        return tuple(_cell(value, places_of([value]) if isinstance(value, float) else 0) for value in column)
    whole = not any(isinstance(value, float) for value in column)
    return tuple(_cell(value, 0 if whole else places_of(column)) for value in column)


def _cell(value: object, places: int) -> object:
    if isinstance(value, bool):
        return yes_no(value)
    return decimal(value, places) if isinstance(value, int | float) else value


@total
def columns_of(table: Table) -> tuple[str, ...]:
    """The heads of an evidence table; a column of numbers is marked as one."""
    columns = [[row[at] for row in table.rows if row[at] is not None] for at in range(len(table.columns))]
    numeric = [bool(column) and all(_is_number(value) for value in column) for column in columns]
    return tuple(compose("#{}", name) if number else name for name, number in zip(table.columns, numeric, strict=True))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@total
def head(column: str) -> str:
    """The head of a column as it is printed: without the sign that it holds numbers."""
    return cut(column, 1, len(column)) if column.startswith("#") else column


@total
def breadth(columns: tuple[str, ...]) -> str:
    """The class of an evidence table: columns as wide as their words, and few of them need not spread over the page."""
    return f"data { ({1: 'half', 2: 'half', 3: 'most'}.get(len(columns), '')) }".strip()


MOST_SLIM = 4
"""Columns of a table that stands beside another."""


@total
def broad(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables that need the whole width."""
    return tuple(table for table in tables if len(table.columns) > MOST_SLIM)


@total
def slim(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables that can stand two abreast."""
    return tuple(table for table in tables if len(table.columns) <= MOST_SLIM)


@total
def with_first(values: tuple[str, ...], first: str) -> tuple[str, ...]:
    """The values after another, as a row of column names."""
    return (first, *values)
