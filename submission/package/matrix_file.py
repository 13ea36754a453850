"""The matrix as a file of its own: a workbook, a table of comma-separated values, or JSON; the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from submission.context.head import Head
from submission.words.filters import run_kind, tone_of, words
from submission.words.matrix_table import SEVERAL, STATUS, Cell, Row, matrix_tables
from verification.evidence import Gap

FORMATS = (".xlsx", ".csv", ".json")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet would calculate."""

LONGEST_CELL = 32_767
"""Characters that a cell of a workbook can hold."""


class MatrixError(Exception):
    """There is no trace, or the file is of no known format; the message says what to do."""


def render_matrix(head: Head, name: str, direction: str = "forward") -> bytes:
    """The matrix as the content of a file of this name; only a CSV file holds one direction alone.

    Raises:
        MatrixError: the trace is a gap, or the name ends in none of `FORMATS`.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in FORMATS:
        raise MatrixError(f"{name}: found the ending {suffix or 'none'}, expected one of {', '.join(FORMATS)}")
    trace = head.bundle.trace
    if isinstance(trace, Gap):
        raise MatrixError(f"{trace.reason}; {trace.closes}")
    rows = matrix_tables(trace, head.bundle.verification, head.bundle.studies)
    if suffix == ".json":
        plain = {name: [_plain(row) for row in found] for name, found in rows.items()}
        return json.dumps(dict(_about(head)) | plain, indent=1, ensure_ascii=False).encode() + b"\n"
    return _as_csv(head, rows[direction]) if suffix == ".csv" else _as_workbook(head, rows)


def _plain(row: Row) -> dict[str, Cell | list[str]]:
    """A row for programs: names without spaces, lists as lists."""
    parts = {
        head: (str(value).split("\n") if value else []) if head in SEVERAL else value for head, value in row.items()
    }
    return {head.lower().replace(" ", "_").replace("-", "_"): value for head, value in parts.items()}


def _about(head: Head) -> Iterator[tuple[str, Cell | list[str] | dict[str, str]]]:
    """What the matrix is of, and how far it can be relied on."""
    release, device, run = head.release, head.bundle.device, head.bundle.verification
    yield "release_status", list(head.banners)
    yield "standing", head.standing
    yield "device", device.reason if isinstance(device, Gap) else f"{device.name} {device.version}"
    yield "release", release.reason if isinstance(release, Gap) else f"{release.name} {release.version}"
    yield "release_digest", None if isinstance(release, Gap) else release.digest
    yield "commit", head.source.commit
    yield "commit_date", head.source.commit_date
    yield "verification", run.reason if isinstance(run, Gap) else run_kind(run.kind)
    yield "evidence", dict(head.bundle.digests)
    yield "blocking", [f"{issue.code}: {issue.where}: {issue.message}" for issue in head.blocking]


# --- comma-separated values -------------------------------------------------------------------------------------------


def _as_csv(head: Head, rows: Sequence[Row]) -> bytes:
    """Every row says what release and commit it is of: a line above the heads would be no table any more."""
    same: Row = {"Release status": "; ".join(head.banners), "Commit": head.source.commit}
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([*(rows[0] if rows else ()), *same])
    table.writerows([_inert(value) for value in (row | same).values()] for row in rows)
    return text.getvalue().encode("utf-8-sig")  # the mark tells spreadsheets that it is UTF-8


def _inert(value: Cell) -> Cell:
    """A text that would be calculated, with an apostrophe before it, as spreadsheets write texts."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


# --- workbook ---------------------------------------------------------------------------------------------------------

SHEETS = {"forward": "Requirement to evidence", "needs": "Need to criterion", "backward": "Code to need"}
WIDTHS = {
    "Text": 52, "Title": 30, "Scenarios": 58, "Code": 46, "Why": 40, "What was made": 58, "Where": 46, "Rows": 40,
    "Criterion": 11, "Requirement": 13, "Above it": 11, "Below it": 20, "Method": 12, "User need": 11,
}  # fmt: skip
INK, RULE, MUTED = "1D2733", "C8D0D8", "5B6876"
TONES = {
    "good": ("1C6B4A", None), "open": ("8A5200", "FDF6EA"), "stale": ("5F3D97", "F6F2FB"), "bad": ("A3161F", "FCF0F0"),
    "none": ("55606B", None),
}  # fmt: skip
ROOM = 15
"""Columns of a sheet without a width of their own are this wide, in characters."""


def _as_workbook(head: Head, rows: dict[str, list[Row]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    _add_styles(book)
    banner = " · ".join(head.banners)
    _fill_about(book.active, head)
    for direction, title in SHEETS.items():
        _fill(book.create_sheet(title), rows[direction], banner)
    stamp = datetime.combine(date.fromisoformat(head.source.commit_date), datetime.min.time())
    book.properties.creator, book.properties.title = "Clearway", "Traceability matrix"
    book.properties.description, book.properties.created = banner, stamp
    content = io.BytesIO()
    book.save(content)
    return fixed_dates(content.getvalue(), stamp)


def _fill(sheet: Any, rows: Sequence[Row], banner: str) -> None:
    """One direction: the banner, the heads, a row each; what does not cover is tinted and says its status."""
    from openpyxl.styles import Border, Font, Side
    from openpyxl.utils import get_column_letter

    heads = list(rows[0]) if rows else ["nothing to show"]
    sheet.append([])
    _write(sheet.cell(1, 1), banner).font = Font(bold=True, color=TONES["open"][0])
    for column, head in enumerate(heads, start=1):
        cell = _write(sheet.cell(2, column), head)
        cell.font, cell.border = Font(bold=True, color=MUTED), Border(bottom=Side("thin", color=INK))
        sheet.column_dimensions[get_column_letter(column)].width = WIDTHS.get(head, ROOM)
    for number, row in enumerate(rows, start=3):
        _fill_row(sheet, number, row)
    sheet.freeze_panes = "B3"
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(heads))}{max(2, len(rows) + 2)}"
    sheet.oddHeader.right.text, sheet.oddFooter.right.text = banner, "Page &P of &N"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:2"


def _fill_row(sheet: Any, number: int, row: Row) -> None:
    tone = tone_of(str(row[STATUS]))
    for column, (head, value) in enumerate(row.items(), start=1):
        _write(sheet.cell(number, column), value, f"Status, {tone}" if head == STATUS else f"Row, {tone}")


def _add_styles(book: Any) -> None:
    """The styles of the rows, once each: a style of its own for each cell would cost seconds."""
    from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill

    for tone, (colour, ground) in TONES.items():
        for name, font in (("Row", Font(color=INK)), ("Status", Font(color=colour, bold=True))):
            style = NamedStyle(f"{name}, {tone}", font=font, alignment=Alignment(vertical="top", wrap_text=True))
            if ground:
                style.fill = PatternFill("solid", start_color=ground)
            book.add_named_style(style)


def _fill_about(sheet: Any, head: Head) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.title = "About"
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 110
    number = 0
    for name, value in _about(head):
        parts = list(value.items()) if isinstance(value, dict) else [(words(name).capitalize(), value)]
        for title, said in parts:
            number += 1
            _write(sheet.cell(number, 1), title).font = Font(color=MUTED)
            text = ("\n".join(said) or "nothing") if isinstance(said, list) else said
            _write(sheet.cell(number, 2), text).alignment = Alignment(vertical="top", wrap_text=True)


def _write(cell: Any, value: Cell, style: str = "") -> Any:
    """Set a cell; a text stays one, whatever it begins with."""
    if style:
        cell.style = style
    if isinstance(value, str):
        text = re.sub(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]", "\ufffd", value)
        cell.value = text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 30]}… ({len(text):,} characters)"
        cell.data_type = "s"
        if value.startswith(FORMULA):
            cell.quotePrefix = True
    else:
        cell.value = value
    return cell


def fixed_dates(content: bytes, stamp: datetime) -> bytes:
    """An Office file with the commit's date wherever the hour of writing stood."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            part = old.read(entry)
            if entry.filename == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rf"\g<1>{stamp:%Y-%m-%dT%H:%M:%SZ}".encode(), part)
            when = zipfile.ZipInfo(entry.filename, max(stamp, datetime(1980, 1, 1)).timetuple()[:6])
            new.writestr(when, part, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
