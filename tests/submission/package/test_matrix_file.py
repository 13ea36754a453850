"""The matrix as a file: both directions, gap rows in words and color, no text that is calculated, the same bytes."""

import csv
import io
import json
from datetime import datetime

import pytest
from openpyxl import load_workbook

from submission.cli import submission
from submission.words.filters import noticed
from submission.words.matrix import Faults, count_faults
from verification import evidence as e

BANNER = "REFERENCE RELEASE, NOT FOR SUBMISSION"
FORMULA = '=HYPERLINK("https://example.invalid","click")'


def written(project, name, *options) -> bytes:
    path = project.root / "build" / name
    assert submission(["matrix", str(path), "--project", str(project.root), *options]) == 0
    return path.read_bytes()


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.fixture
def book(made):
    return load_workbook(io.BytesIO(written(made.write(), "matrix.xlsx")))


def test_a_workbook_says_what_it_is_of_before_anything_else(book, made):
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert book.sheetnames == ["About", "Requirement to evidence", "Need to criterion", "Code to need"]
    assert about["Release status"] == BANNER
    assert about["Commit"] == made.project.git("rev-parse", "HEAD")
    assert about["Release digest"] == made.parts["device"].releases[0].digest
    assert len(about["trace.json"]) == 64
    assert book.properties.modified == book.properties.created == datetime(2001, 2, 3)


@pytest.mark.parametrize("name", ["Requirement to evidence", "Need to criterion", "Code to need"])
def test_each_sheet_has_its_banner_heads_that_stay_and_filters(book, name):
    sheet = book[name]
    assert sheet["A1"].value == BANNER
    assert sheet.freeze_panes == "B3"
    assert sheet.auto_filter.ref.startswith("A2:")
    assert sheet.auto_filter.ref.endswith(str(sheet.max_row))
    assert sheet.oddHeader.right.text == BANNER


def test_gaps_are_rows_told_by_word_and_by_colour(book):
    sheet = book["Requirement to evidence"]
    heads = [cell.value for cell in sheet[2]]
    rows = {row[0].value: dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=3)}
    assert list(rows) == ["UN-901", "SYS-901", "SRS-901", "SRS-902"]
    assert rows["UN-901"]["Status"].value == "unproven"
    assert rows["SRS-902"]["Status"].value == "gap"
    assert rows["SRS-902"]["Status"].fill.fgColor.rgb == "00FDF6EA"
    assert rows["SRS-901"]["Status"].value == "covers"
    assert rows["SRS-901"]["Status"].fill.fill_type is None
    assert rows["SRS-901"]["Scenarios"].value == "gate/case-1: passed\ngate/case-2: passed"
    assert rows["SRS-901"]["Faults noticed"].value == "not known"


def rows_of(sheet) -> list[dict[str, str]]:
    heads, *rows = sheet.iter_rows(min_row=2, values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_a_user_need_and_a_criterion_of_a_study_have_rows_with_what_came_of_them(made, studied):
    book = load_workbook(io.BytesIO(written(studied(made).write(), "m.xlsx")))
    ways = [
        (row["User need"], row["System requirement"], row["Software requirement"], row["Criterion"],
         row["Study criterion"], row["Result"])
        for row in rows_of(book["Need to criterion"])
    ]  # fmt: skip
    assert ways == [
        ("UN-901", "SYS-901", "SRS-901", "SRS-901/AC1", None, "passed"),
        ("UN-901", "SYS-901", "SRS-902", "SRS-902/AC1", None, "no result"),
        ("UN-901", "SYS-902", None, "SYS-902/AC1", "CRIT-1", "NOT MET"),
        ("UN-901", "SYS-902", None, "SYS-902/AC1", "CRIT-2", "no result"),
    ]
    forward = {row["Requirement"]: row for row in rows_of(book["Requirement to evidence"])}
    assert forward["UN-901"]["Below it"] == "SYS-901: covers\nSYS-902: gap"
    backward = {row["What was made"]: row for row in rows_of(book["Code to need"])}
    assert backward["CRIT-1"]["Asked for by"] == "SYS-902/AC1"
    assert backward["CRIT-1"]["Status"] == "NOT MET"


def test_what_is_stale_has_another_colour_than_what_failed_and_a_failure_says_why(made, replace):
    trace, found = made.parts["trace"], made.parts["verification"]
    stale = replace(trace.items[2], criteria=(replace(trace.items[2].criteria[0], status=e.LinkStatus.STALE),))
    failed = replace(trace.items[3], criteria=(
        replace(trace.items[3].criteria[0], status=e.LinkStatus.FAILED, scenarios=("gate/case-4",)),
    ))  # fmt: skip
    made.parts["trace"] = replace(trace, items=(*trace.items[:2], stale, failed, trace.items[4]))
    bad = replace(found.results[3], status=e.ResultStatus.FAILED)
    made.parts["verification"] = replace(found, results=(*found.results[:3], bad, *found.results[4:]))
    sheet = load_workbook(io.BytesIO(written(made.write(), "m.xlsx")))["Requirement to evidence"]
    heads = [cell.value for cell in sheet[2]]
    rows = {row[0].value: dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=3)}
    assert (rows["SRS-901"]["Status"].value, rows["SRS-901"]["Status"].fill.fgColor.rgb) == ("stale", "00F6F2FB")
    assert (rows["SRS-902"]["Status"].value, rows["SRS-902"]["Status"].fill.fgColor.rgb) == ("failed", "00FCF0F0")
    assert "gate/case-4 (verification/features/gate.feature:40) is failed." in rows["SRS-902"]["Why"].value


@pytest.mark.parametrize("status", e.LinkStatus)
def test_every_status_that_a_criterion_can_have_has_its_place_in_a_workbook(made, replace, status):
    trace = made.parts["trace"]
    one = replace(trace.items[2], criteria=(replace(trace.items[2].criteria[0], status=status),))
    made.parts["trace"] = replace(trace, items=(*trace.items[:2], one, *trace.items[3:]))
    sheet = load_workbook(io.BytesIO(written(made.write(), "m.xlsx")))["Requirement to evidence"]
    assert sheet.max_row > 3


@pytest.mark.parametrize("sign", "=+-@\t\r")
def test_a_text_that_would_be_calculated_stays_a_text(made, replace, sign):
    trace, text = made.parts["trace"], sign + FORMULA
    made.parts["trace"] = replace(trace, items=(replace(trace.items[0], title=text), *trace.items[1:]))
    project = made.write()
    cell = load_workbook(io.BytesIO(written(project, "m.xlsx")))["Requirement to evidence"]["C3"]
    assert cell.data_type == "s"
    assert cell.quotePrefix
    assert cell.value.replace("\ufffd", "\r") == text
    assert table(written(project, "m.csv"))[0]["Title"] == f"'{text}"
    assert json.loads(written(project, "m.json"))["forward"][0]["title"] == text


def test_odd_texts_do_not_stop_a_workbook(made, replace):
    trace = made.parts["trace"]
    odd = replace(trace.items[0], title="#N/A", text="\x00\x1b \ud7ff 🫁 " + "x" * 40_000)
    made.parts["trace"] = replace(trace, items=(odd, *trace.items[1:]))
    sheet = load_workbook(io.BytesIO(written(made.write(), "m.xlsx")))["Requirement to evidence"]
    assert (sheet["C3"].value, sheet["C3"].data_type) == ("#N/A", "s")
    assert sheet["H3"].value.startswith("\ufffd\ufffd \ud7ff 🫁 xxx")
    assert sheet["H3"].value.endswith("… (40,007 characters)")


def test_a_table_of_each_direction_says_its_status_in_each_row(made):
    project = made.write()
    for direction, first in (("forward", "UN-901"), ("needs", "UN-901"), ("backward", "device.gate.check")):
        rows = table(written(project, f"{direction}.csv", "--direction", direction))
        assert next(iter(rows[0].values())) == first
        assert {row["Release status"] for row in rows} == {BANNER}


def test_json_holds_both_directions_and_lists_as_lists(made):
    found = json.loads(written(made.write(), "matrix.json"))
    assert found["release_status"] == [BANNER]
    assert found["forward"][2]["scenarios"] == ["gate/case-1: passed", "gate/case-2: passed"]
    assert found["backward"][0]["asked_for_by"] == ["SRS-901"]


@pytest.mark.parametrize("name", ["m.xlsx", "m.csv", "m.json"])
def test_the_same_evidence_gives_the_same_bytes(made, make, name):
    assert written(made.write(), name) == written(make().write(), name)


def test_another_ending_is_named_and_writes_nothing(made, capsys):
    path = made.write().root / "matrix.ods"
    assert submission(["matrix", str(path), "--project", str(made.project.root)]) == 2
    assert "found the ending .ods, expected one of .xlsx, .csv, .json" in capsys.readouterr().err
    assert not path.exists()


def test_faults_are_counted_and_what_nobody_tried_is_not_known():
    one = e.Strength(requirement="R", symbol="s", scenarios=1, killed=3, survived=1, equivalent=1)
    none = e.Strength(requirement="R", symbol="t", scenarios=1, killed=0, survived=0, equivalent=0)
    assert count_faults([one, one, none]) == Faults(put=8, noticed=6, equivalent=2)
    assert count_faults([]) is None
    assert noticed(count_faults([one])) == "3 of 4 faults noticed; 1 equivalent"
    assert noticed(count_faults([none])) == "no place for a fault"
    assert noticed(None) == "not known"
