"""What is shown, saved as comma-separated values: what is filtered is what is written."""

import csv
import io

import pytest

from submission.cli import submission
from tests.submission.browser.conftest import HOSTILE, opening, written

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(chromium, trace_page):
    yield from opening(chromium, trace_page)


def saved(opened) -> str:
    with opened.page.expect_download() as download:
        opened.window.click("#csv")
    return download.value.path().read_bytes().decode("utf-8-sig")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("direction", ["forward", "needs", "backward"])
def test_a_view_without_filters_is_the_matrix_that_the_command_writes(chromium, make, studied, direction):
    project = studied(make()).write()
    file = project.root / "build" / "matrix.csv"
    assert submission(["matrix", str(file), "--project", str(project.root), "--direction", direction]) == 0
    for opened in opening(chromium, written(project)):
        opened.go(f"#/{direction}")
        rows = table(saved(opened))
        assert {row.pop("Filters") for row in rows} == {"none"}
        assert rows == table(file.read_bytes().decode("utf-8-sig"))


def test_rows_that_are_filtered_out_are_not_written_and_the_filters_are(opened):
    page = opened.go("#/forward")
    page.select_option("[name=status]", "gap")
    page.fill("#q", "srs")
    rows = table(saved(opened))
    assert [row["Requirement"] for row in rows] == ["SRS-902"]
    assert opened.text("#count") == "1 of 4 rows"
    assert rows[0]["Filters"] == "search: srs; status: gap"
    assert rows[0]["Release status"] == "REFERENCE RELEASE, NOT FOR SUBMISSION"
    page.fill("#q", "no such word")
    assert [line.split(",")[0] for line in saved(opened).splitlines()] == ["Requirement"]


def test_items_are_written_as_they_are_listed_whatever_their_text(opened):
    page = opened.go("#SRS-901")
    page.select_option("[name=kind]", "software_requirement")
    rows = table(saved(opened))
    assert [row["Id"] for row in rows] == opened.rows() == ["SRS-901", "SRS-902"]
    assert rows[1]["Text"] == HOSTILE
    assert (rows[0]["Review"], rows[0]["Faults noticed"]) == ("reviewed", "6 of 7 faults noticed")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
@pytest.mark.parametrize("address", ["#/items", "#/forward"])
def test_a_text_that_would_be_calculated_stays_a_text(chromium, made, replace, sign, address):
    trace, text = made.parts["trace"], sign + 'HYPERLINK("https://example.invalid","click")'
    made.parts["trace"] = replace(trace, items=(replace(trace.items[0], title=text), *trace.items[1:]))
    for opened in opening(chromium, written(made.write())):
        opened.go(address)
        assert table(saved(opened))[0]["Title"] == f"'{text}"
