"""Lists that a document states to the last row: a row that is left out on page, in ledger and text is missed here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from submission.audit.held.derived import forms_of
from submission.audit.held.sources import plain
from submission.audit.names import ledger_of, text_of
from submission.audit.texts import is_printed

Found = tuple[str, str, str]

LISTS = (
    ("CW-DOC-000", "catalogue.json", "documents"),
    ("CW-DOC-002", "device.json", "transfer_syntaxes"),
    ("CW-DOC-002", "device.json", "research_transfer_syntaxes"),
    ("CW-DOC-005", "device.json", "gate/fitted_on"),
    ("CW-DOC-007", "trace.json", "hazards"),
    ("CW-DOC-007", "trace.json", "controls"),
    ("CW-DOC-010", "trace.json", "controls"),
    ("CW-DOC-014", "manifest.json", "register"),
    ("CW-DOC-020", "trace.json", "threats"),
    ("CW-DOC-020", "trace.json", "data_flow/boundaries"),
    ("CW-DOC-020", "trace.json", "data_flow/elements"),
    ("CW-DOC-020", "trace.json", "data_flow/flows"),
    ("CW-DOC-020", "trace.json", "security/use_cases"),
    ("CW-DOC-021", "trace.json", "threats"),
    ("CW-DOC-021", "trace.json", "security/control_categories"),
    ("CW-DOC-021", "trace.json", "security/plan"),
    ("CW-DOC-021", "trace.json", "security/testing"),
    ("CW-DOC-022", "supply.json", "bills"),
    ("CW-DOC-024", "catalogue.json", "equivalence/decisions"),
    ("CW-DOC-024", "catalogue.json", "equivalence/devices"),
    ("CW-DOC-026", "catalogue.json", "content_map/items"),
    ("CW-DOC-027", "catalogue.json", "questions"),
    ("CW-DOC-042", "device.json", "rejections"),
    ("CW-DOC-042", "device.json", "interfaces/report/content"),
    ("CW-DOC-042", "device.json", "interfaces/report/elements"),
    ("CW-DOC-045", "trace.json", "controls"),
    ("CW-DOC-051", "device.json", "rejections"),
    ("CW-DOC-052", "catalogue.json", "proposals/use/tasks"),
    ("CW-DOC-053", "catalogue.json", "proposals/monitoring"),
    ("CW-DOC-061", "catalogue.json", "presub/questions"),
)
"""A document, the file of a list, and the list: each row of it is stated there."""
OF_STUDY = ("CW-DOC-003", "CW-DOC-011", "CW-DOC-050")
"""The documents that state each criterion of the study of the release."""
OF_KIND = ("CW-DOC-006", "trace.json", "items", ("kind", "software_requirement"))
"""The document that states each item of a kind."""


def find_in_lists(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each row of a list that the document which states that list leaves out."""
    wanted = [*LISTS, *_criteria(manifest, files)]
    for document in manifest["documents"]:
        path = folder / ledger_of(document)
        lists = [(file, name) for number, file, name in wanted if number == document["number"]]
        if document["number"] == OF_KIND[0]:
            lists.append(OF_KIND[1:3])
        if not lists or not path.is_file():
            continue
        claims = json.loads(path.read_bytes())["claims"]
        for file, name in lists:
            held, rows = f"/{name}/", _rows(files.get(file), name)
            told = {claim["pointer"][len(held) :].split("/")[0] for claim in claims if _is_of(claim, file, held)}
            for row in (row for row in rows if str(row) not in told):
                yield "row-missing", document["file"], f"does not state row {row} of {file}#/{name}"


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
    """Whether rows of a text are those of a table of the evidence: as many, and each with its words and figures."""
    return len(rows) == len(held) and all(
        len(row) == len(cells) and all(_is_cell(cell, value) for cell, value in zip(row, cells, strict=True))
        for row, cells in zip(rows, held, strict=True)
    )


def _is_cell(cell: str, value: Any) -> bool:
    """Whether a cell may be printed for a value; what is neither text nor number is printed in its own way."""
    if isinstance(value, str):
        return plain(cell) in map(plain, forms_of(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    decimals = len(cell.rstrip("%").partition(".")[2])
    return any(is_printed(cell.rstrip("%"), value, f"{rule} {decimals}") for rule in ("decimal", "percent", "plain"))


def _criteria(manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the criteria of the study of the release as lists that documents state."""
    named = (manifest["release"] or {}).get("name")
    releases = (files.get("device.json") or {}).get("releases", ())
    study = next((one["study"] for one in releases if one["name"] == named), None)
    for place, one in enumerate((files.get("studies.json") or {}).get("studies", ())):
        if one["name"] == study:
            yield from ((number, "studies.json", f"studies/{place}/criteria") for number in OF_STUDY)


def _is_of(claim: Mapping[str, Any], file: str, held: str) -> bool:
    return claim["file"] == file and str(claim["pointer"]).startswith(held)


def _rows(value: Any, name: str) -> list[int]:
    """The places of the rows of a list that are stated; none where the evidence has a gap in its place."""
    for step in name.split("/"):
        value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
    rows = value if isinstance(value, list) else []
    _, _, kept, (part, kind) = OF_KIND
    return [at for at, row in enumerate(rows) if name != kept or row[part] == kind]
