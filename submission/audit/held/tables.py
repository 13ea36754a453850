"""Tables of the evidence that documents print: to the last row, with the words and the figures of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from submission.audit.held.derived import forms_of
from submission.audit.held.sources import plain
from submission.audit.names import text_of
from submission.audit.texts import is_printed, signed

Found = tuple[str, str, str]


def find_in_tables(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each table that is called as one of the evidence is and has other rows, words or figures."""
    known: dict[str, list[Mapping[str, Any]]] = {}
    for value in files.values():
        for table in _tables_in(value):
            known.setdefault(plain(table["title"]), []).append(table)
    for document in manifest["documents"]:
        path = folder / text_of(document)
        blocks = json.loads(path.read_bytes())["blocks"] if path.is_file() else []
        for caption, block in pairwise(blocks):
            tables = known.get(plain(caption["text"]), []) if caption["kind"] == "caption" else []
            rows = block.get("rows", [])[block.get("heads", 0) :]
            if tables and not any(_is_told(rows, table["rows"]) for table in tables):
                yield "table-differs", text_of(document), f"has other rows of {caption['text'][:80]!r} than evidence"


def _tables_in(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if value.keys() >= {"title", "columns", "rows"}:
            yield value
        for inner in value.values():
            yield from _tables_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _tables_in(inner)


def _is_told(rows: Sequence[Sequence[str]], held: Sequence[Sequence[Any]]) -> bool:
    """Whether rows of a text are those of a table of the evidence: as many, and each with its words and figures.

    Of none a document says so in one row of one cell.
    """
    if not held:
        return [*map(len, rows)] == [1]
    return len(rows) == len(held) and all(
        len(row) == len(cells) and all(_is_cell(cell, value) for cell, value in zip(row, cells, strict=True))
        for row, cells in zip(rows, held, strict=True)
    )


def _is_cell(cell: str, value: Any) -> bool:
    """Whether a cell may be printed for a value; what is neither text nor number is printed in its own way."""
    if isinstance(value, str):
        return plain(cell) in {plain(form) for one in (value, signed(value)) for form in forms_of(one)}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    decimals = len(cell.rstrip("%").partition(".")[2])
    return any(is_printed(cell.rstrip("%"), value, f"{rule} {decimals}") for rule in ("decimal", "percent", "plain"))
