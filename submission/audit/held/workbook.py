"""The matrix as a workbook, against the trace and the scenarios: each requirement, criterion, scenario and status."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from submission.audit.names import EVIDENCE, WORKBOOK

Found = tuple[str, str, str]
Row = tuple[str, ...]

KINDS = ("user_need", "system_requirement", "software_requirement")
COLUMNS = ("Requirement", "Title", "Criterion", "Text", "Study criterion", "Scenarios", "Status")
SHEET = "xl/worksheets/sheet2.xml"
"""The sheet from requirement to evidence; the first says what the workbook is of."""

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HEADS = 1
"""Rows above the one that names the columns."""


def find_in_workbook(folder: Path, files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each row of the workbook that the evidence does not give, and each that it lacks."""
    path = folder / EVIDENCE / WORKBOOK
    if not path.is_file():
        return
    try:
        found = Counter(read_rows(path.read_bytes()))
    except (zipfile.BadZipFile, ElementTree.ParseError, LookupError, ValueError) as error:
        yield "workbook-unreadable", f"{EVIDENCE}{WORKBOOK}", f"not a workbook of ours: {type(error).__name__} {error}"
        return
    wanted = Counter(_rows_of(files["trace.json"], files.get("verification.json")))
    for row in (found - wanted).keys() | (wanted - found).keys():
        said = "has" if row in found - wanted else "lacks"
        yield "workbook-differs", f"{EVIDENCE}{WORKBOOK}", f"{said} the row {' | '.join(row)[:120]!r}"


def read_rows(content: bytes) -> list[Row]:
    """The rows of the sheet, of each the columns that are compared.

    Raises:
        zipfile.BadZipFile, xml.etree.ElementTree.ParseError, LookupError, ValueError: it is no such workbook.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = ElementTree.fromstring(book.read(SHEET))  # noqa: S314  expat itself bounds what entities expand to
    rows = [{_column(cell): _text(cell) for cell in row} for row in sheet.iter(f"{MAIN}row")]
    heads = {head: column for column, head in rows[HEADS].items()}
    return [tuple(row.get(heads[name], "") for name in COLUMNS) for row in rows[HEADS + 1 :]]


def _column(cell: ElementTree.Element) -> str:
    return cell.attrib["r"].rstrip("0123456789")


def _text(cell: ElementTree.Element) -> str:
    if cell.get("t") == "s":
        raise ValueError("a cell takes its text from a table of texts, where the build writes it into the cell")
    return "".join(cell.itertext())


def _rows_of(trace: dict[str, Any], verification: dict[str, Any] | None) -> Iterator[Row]:
    """Yield the rows that the evidence gives: each criterion of each requirement, once for each study criterion."""
    items = {item["id"]: item for item in trace["items"]}
    ran = {result["id"]: result["status"] for result in (verification or {"results": ()})["results"]}
    for item in (item for kind in KINDS for item in trace["items"] if item["kind"] == kind):
        for criterion in item["criteria"] or (None,):
            for name in (criterion or {}).get("studied") or (None,):
                yield tuple(map(str, _row(item, criterion, items.get(name), ran)))


def _row(
    item: dict[str, Any], criterion: dict[str, Any] | None, study: dict[str, Any] | None, ran: Mapping[str, str]
) -> Row:
    if criterion is None:
        status = "gap" if item["status"] == "covers" else item["status"]
        return item["id"], item["title"], "", item["text"], "", "", _words(status)
    own = criterion["id"]
    full = own if "/" in own else f"{item['id']}/{own}"
    scenarios = "\n".join(f"{name}: {_words(ran.get(name, 'not_run'))}" for name in criterion["scenarios"])
    status = study["status"] if study else criterion["status"]
    return item["id"], item["title"], full, criterion["text"], study["id"] if study else "", scenarios, _words(status)


def _words(name: str) -> str:
    return name.replace("_", " ")
