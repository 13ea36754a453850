"""The tables of feature files."""

from __future__ import annotations

from typing import TypeAlias

Rows: TypeAlias = list[list[str]]
"""A table of a feature file, the header row first."""


def records(table: Rows) -> list[dict[str, str]]:
    """The rows of a table by the names of its header."""
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]
