"""Two builds beside each other: what was added, removed and changed, and which states changed."""

import csv
import io
import json

import pytest

from tests.submission.browser.conftest import opening, written
from verification import evidence as e

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def builds(make, studied, replace):
    """A build, and a later one in which an item of each kind of change is another."""
    made = studied(make())
    old = made.write()
    before = written(old)
    trace_json = old.root / "build" / "before.json"
    trace_json.write_bytes((old.evidence / "trace.json").read_bytes())
    trace = made.parts["trace"]
    items = {item.id: item for item in trace.items}
    failed, criterion = e.LinkStatus.FAILED, items["SRS-901"].criteria[0]
    items["SRS-901"] = replace(
        items["SRS-901"], status=failed, why="gate/case-1 is failed", digest="cc" * 32,
        criteria=(replace(criterion, status=failed, text="A fictitious expectation holds twice."),),
    )  # fmt: skip
    items["SRS-903"] = replace(items["SRS-902"], id="SRS-903", title="A new fictitious requirement")
    items["UN-901"] = replace(items["UN-901"], digest="dd" * 32)
    del items["SRS-902"]
    goal = replace(made.parts["studies"].studies[0].criteria[0], met=True)
    studies = (replace(made.parts["studies"].studies[0], criteria=(goal,)), *made.parts["studies"].studies[1:])
    made.parts["studies"] = replace(made.parts["studies"], studies=studies)
    link = e.Link(source="SRS-903", target="SYS-901", relation="derives_from", status=failed, why="")
    more = e.Link(source="SRS-901", target="SYS-902", relation="derives_from", status=failed, why="")
    issue = e.Issue("requirement-failed", e.Severity.BLOCKING, "SRS-901", "gate/case-1 is failed", "mend it")
    made.parts["trace"] = replace(
        trace, items=tuple(items.values()), links=(*trace.links, link, more), issues=(*trace.issues, issue)
    )
    return before, trace_json, written(made.write(), "after.html")


@pytest.fixture
def opened(chromium, builds):
    yield from opening(chromium, builds[2])


def compared(opened, file, address="#/compare"):
    page = opened.go(address)
    page.set_input_files("#other", file)
    page.wait_for_function("document.getElementById('other-said').textContent.match(/Other build|found|differs/)")
    return [[" ".join(cell.split()) for cell in row] for row in page.locator(".line-of").evaluate_all(CELLS)]


CELLS = "all => all.map(row => [...row.children].map(one => one.innerText))"
EXPECTED = [
    ["UN-901 Fictitious UN-901", "user need", "content changed", "what it says, by its digest", "b" * 12, "d" * 12],
    ["SRS-901 Fictitious SRS-901", "software requirement", "state changed", "status", "covers verified",
     "failed gate/case-1 is failed"],
    ["SRS-901 Fictitious SRS-901", "software requirement", "state changed", "status of AC1", "covers as stated",
     "failed as stated"],
    ["SRS-901 Fictitious SRS-901", "software requirement", "content changed", "criterion AC1",
     "A fictitious expectation holds.", "A fictitious expectation holds twice."],
    ["SRS-901 Fictitious SRS-901", "software requirement", "content changed", "link", "–", "derives from SYS-902"],
    ["SRS-903 A new fictitious requirement", "software requirement", "added, not in the other", "item", "–",
     "A new fictitious requirement"],
    ["SRS-902 Fictitious SRS-902", "software requirement", "removed, in the other alone", "item",
     "Fictitious SRS-902", "–"],
    ["CRIT-1 Fictitious CRIT-1", "study criterion", "state changed", "result", "NOT MET CRIT-1 is NOT MET",
     "met CRIT-1 is NOT MET"],
    ["requirement-failed", "issue", "issue came or went", "blocking issue", "–", "gate/case-1 is failed"],
]  # fmt: skip


def test_another_page_shows_what_was_added_removed_and_changed_and_which_states(opened, builds):
    assert compared(opened, builds[0]) == EXPECTED
    assert "state changed: 3 · content changed: 3 · added, not in the other: 1" in opened.text("#other-said")


def test_the_trace_of_the_evidence_does_as_well_but_for_results_of_studies(opened, builds):
    assert compared(opened, builds[1]) == [row for row in EXPECTED if row[3] != "result"]


def test_differences_are_filtered_opened_and_saved_like_other_rows(opened, builds):
    compared(opened, builds[0])
    page = opened.page
    page.click("#other-said a >> text=state changed")
    page.wait_for_url("**change=state")
    assert opened.text("#count") == "3 of 9 rows"
    with page.expect_download() as download:
        page.click("#csv")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_bytes().decode("utf-8-sig"))))
    assert [(row["Item"], row["What"], row["Other build"], row["This build"]) for row in rows] == [
        ("SRS-901", "status", "covers: verified", "failed: gate/case-1 is failed"),
        ("SRS-901", "status of AC1", "covers: as stated", "failed: as stated"),
        ("CRIT-1", "result", "NOT MET: CRIT-1 is NOT MET", "met: CRIT-1 is NOT MET"),
    ]
    assert len(rows[0]["Commit of the other build"]) == 40
    page.focus("#matrix")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**#SRS-901")
    page.locator("[name=change]").wait_for(state="hidden")  # drawn after the address has changed
    assert not page.is_visible("[name=change]")


def test_a_build_does_not_differ_from_itself(opened, builds):
    assert compared(opened, builds[2]) == []
    assert opened.text("#other-said").endswith("Nothing differs.")


@pytest.mark.parametrize("content", ["<p>a page</p>", "{", json.dumps({"items": []}), "", "null"])
def test_a_file_that_is_no_build_is_named_with_what_to_choose(opened, tmp_path, content):
    file = tmp_path / "other.html"
    file.write_text(content)
    assert compared(opened, file) == []
    assert opened.text("#other-said") == (
        "other.html: found neither a trace page nor a trace.json; choose the trace.html of another build, or the "
        "trace.json of its evidence"
    )


def test_a_page_of_another_build_runs_nothing(opened, builds, tmp_path):
    file = tmp_path / "other.html"
    file.write_text(builds[0].read_text().replace("A fictitious expectation", "\\u003cimg src=x onerror=alert(1)> A"))
    rows = compared(opened, file)
    assert any("<img src=x onerror=alert(1)> A" in cell for row in rows for cell in row)
    assert opened.page.locator("main img").count() == 0
