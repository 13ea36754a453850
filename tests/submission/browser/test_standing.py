"""Why something stands as it does: sentences, criteria of studies, ways down and back, stale told from failed."""

import re

import pytest

from tests.submission.browser.conftest import opening, rich, written
from verification import evidence as e

pytestmark = pytest.mark.browser
SENTENCE = (
    "gate/case-1 (verification/features/gate.feature:10, row value = LL) is failed at the step “Then it is refused for "
    "ViewPosition”. It observed: “refused, VIEW”. Reason: AssertionError: VIEW"
)
COLOUR = "one => getComputedStyle(one).color"


@pytest.fixture(scope="session")
def standing_page(make, studied, replace):
    """A page on which SRS-901 failed, SRS-902 is stale, and two criteria of studies are not met and not estimated."""
    made = studied(make())
    trace, found = rich(made.parts["trace"], replace), made.parts["verification"]
    failed, stale = e.LinkStatus.FAILED, e.LinkStatus.STALE
    states = {"SRS-901": (failed, "gate/case-1 is failed"), "gate/case-1": (failed, "gate/case-1 is failed"),
              "SRS-902": (stale, "the evidence is older: device/gate.py was changed")}  # fmt: skip
    items = []
    for item in trace.items:
        status, why = states.get(item.id, (item.status, item.why))
        criteria = tuple(replace(one, status=status, why=why) for one in item.criteria)
        items.append(replace(item, status=status, why=why, criteria=criteria if item.id in states else item.criteria))
    passed = replace(items[-3], id="gate/case-2", kind=e.ItemKind.SCENARIO, status=stale, criteria=(), why="older")
    items = [
        replace(item, criteria=(replace(item.criteria[0], scenarios=("gate/case-2",)),))
        if item.id == "SRS-902"
        else item
        for item in items
    ]
    issues = (
        e.Issue("requirement-failed", e.Severity.BLOCKING, "SRS-901", "SRS-901: gate/case-1 is failed", "mend it"),
        e.Issue("requirement-stale", e.Severity.BLOCKING, "SRS-902", "SRS-902: the evidence is older", "verify again"),
        e.Issue("strength-missing", e.Severity.ADVISORY, "SRS-901", "SRS-901: no fault was ever tried", "try some"),
    )
    made.parts["trace"] = replace(trace, items=(*items, passed), issues=issues)
    steps = found.results[0].steps
    steps = (*steps[:2], replace(steps[2], status=e.ResultStatus.FAILED))
    bad = replace(found.results[0], status=e.ResultStatus.FAILED, steps=steps, message="AssertionError: VIEW")
    made.parts["verification"] = replace(found, results=(bad, *found.results[1:]))
    return written(made.write())


@pytest.fixture
def opened(chromium, standing_page):
    yield from opening(chromium, standing_page)


# --- reasons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["#gate/case-1", "#SRS-901", "#/forward?q=SRS-901", "#/needs?q=SRS-901"])
def test_a_failure_is_told_in_a_sentence_where_it_is_felt(opened, address):
    page = opened.go(address)
    assert SENTENCE in opened.text("main")
    page.locator(".reasons a").first.click()
    page.wait_for_url(re.compile("#gate/case-1"))


def test_an_issue_says_which_scenario_failed_at_which_step(opened):
    page = opened.go("#/")
    blocking = page.locator("section", has_text="What blocks it").first
    row = " ".join(blocking.locator("tr", has_text="requirement-failed").first.inner_text().split())
    assert row.startswith(f"blocking SRS-901: gate/case-1 is failed {SENTENCE}")
    assert SENTENCE not in " ".join(blocking.locator("tr", has_text="requirement-stale").first.inner_text().split())
    opened.go("#SRS-901")
    rows = [" ".join(row.split()) for row in page.locator("table.issues tbody tr").all_inner_texts()]
    assert [SENTENCE in row for row in rows] == [True, False]


def test_a_hazard_says_its_rarer_harm_and_why_its_residual_is_not_shown(chromium, made, replace):
    trace = made.parts["trace"]
    rarer = e.RarerHarm(harm="death", severity=5, probability_of_harm=2, residual_probability_of_harm=1)
    hazard = replace(trace.hazards[0], rarer=rarer, residual_why="RC-901 is not shown to be effective")
    item = replace(trace.items[0], id="HAZ-901", kind=e.ItemKind.HAZARD)
    made.parts["trace"] = replace(trace, items=(*trace.items, item), hazards=(hazard,))
    for opened in opening(chromium, written(made.write())):
        opened.go("#HAZ-901")
        text = opened.text("main")
        assert "Residual not shown RC-901 is not shown to be effective" in text
        assert "Worse and rarer harm death: severity 5, probability 2, with controls 1" in text
        assert "Benefit and risk" not in text


# --- stale is no failure ----------------------------------------------------------------------------------------------


def test_what_is_stale_is_told_from_what_failed_in_words_and_by_colour(opened):
    page = opened.go("#SRS-902")
    text = opened.text("main")
    assert "stale the evidence is older: device/gate.py was changed" in text
    assert "That is no failure: it says nothing until it is made again." in text
    assert "gate/case-2 passed, stale" in text
    stale = page.locator(".verdict .badge").evaluate(COLOUR)
    opened.go("#SRS-901")
    assert "That is no failure" not in opened.text("main")
    assert page.locator(".verdict .badge").evaluate(COLOUR) != stale
    opened.go("#/")
    labels = page.locator("table.issues .badge").all_inner_texts()
    assert labels.count("stale") == 1
    assert "1 item failed" not in opened.text("#standing")
    assert re.search(r"2 items failed 2 items stale", opened.text("#standing"))


def test_evidence_older_than_its_inputs_is_called_stale_and_nothing_failed(chromium, made):
    project = made.write()
    (project.root / "requirements_spec" / "SRS-901.yaml").write_text("id: SRS-901\ntext: another\n")
    for opened in opening(chromium, written(project)):
        page = opened.go("#/")
        assert opened.text("#standing").endswith("6 files of the evidence stale")
        row = page.locator("table.issues tr, details", has_text="evidence-stale").first
        assert row.locator(".badge").first.inner_text() == "stale"
        assert page.locator("#standing a", has_text="failed").count() == 0


def test_what_is_stale_and_what_failed_are_filtered_apart(opened):
    page = opened.go("#/")
    page.locator("#standing a", has_text="stale").click()
    page.wait_for_url(re.compile("status=stale"))
    assert opened.rows() == ["SRS-902", "gate/case-2"]
    page.select_option("[name=status]", "failed")
    assert opened.rows() == ["SRS-901", "gate/case-1"]
    opened.go("#/forward?status=stale")
    assert opened.rows(".line-of .id")[0] == "SRS-902"
    assert page.locator(".line-of").count() == page.locator(".line-of.stale").count() == 1


# --- what shows what --------------------------------------------------------------------------------------------------


def test_a_scenario_leads_to_the_criteria_that_it_verifies_and_back(opened):
    page = opened.go("#gate/case-1")
    assert "Verifies Criterion It says Status SRS-901/AC1 A fictitious expectation holds. failed" in opened.text("main")
    page.click("table.shown a")
    page.wait_for_url(re.compile("#SRS-901/AC1"))
    assert opened.text(".chosen .id >> nth=0") == "AC1"
    page.click(".chosen ul.plain a >> nth=0")
    page.wait_for_url(re.compile("#gate/case-1"))


def test_a_criterion_of_a_study_is_an_item_with_what_it_asks_and_what_it_found(opened):
    page = opened.go("#SYS-902")
    assert "CRIT-1 NOT MET CRIT-2 no result" in opened.text("main")
    page.click("table.criteria a >> text=CRIT-1")
    page.wait_for_url(re.compile("#CRIT-1"))
    text = opened.text("main")
    assert "It asks lower limit of Sensitivity ≥ 0.750, of all" in text
    assert "It found Sensitivity 0.800 (0.700 to 0.900, fictitious); images: 80/100 Result NOT MET" in text
    assert "Shows Criterion It says Status SYS-902/AC1" in text
    opened.go("#CRIT-2")
    assert "It found no image has been scored; carry out the plan Result no result" in opened.text("main")


def test_every_criterion_has_a_row_with_what_came_of_it(opened):
    page = opened.go("#/forward?q=SYS-902")
    rows = [" ".join(row.split()) for row in page.locator(".line-of").all_inner_texts()]
    assert [re.search(r"(CRIT-\d) (NOT MET|no result)", row).groups() for row in rows] == [
        ("CRIT-1", "NOT MET"),
        ("CRIT-2", "no result"),
    ]
    opened.go("#/backward?q=CRIT-1")
    page.wait_for_selector(".backward .line-of")
    row = page.locator(".line-of", has_text="study criterion").inner_text()
    assert re.search(r"CRIT-1 study criterion .* SYS-902/AC1 UN-901 .* NOT MET", " ".join(row.split()))


def test_a_user_need_shows_what_is_below_it_down_to_the_criterion(opened):
    page = opened.go("#UN-901")
    page.locator(".tree details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    text = opened.text("main .tree")
    assert re.search(r"SYS-901 .* SRS-901/AC1 A fictitious expectation holds. failed", text)
    assert re.search(r"SYS-902 .* SYS-902/AC1 .* gap CRIT-1 NOT MET CRIT-2 no result", text)
    opened.go("#/needs")
    rows = [" ".join(row.split()) for row in page.locator(".needs .line-of").all_inner_texts()]
    assert len(rows) == 4
    assert re.search(r"UN-901 .* SYS-901 SRS-901 AC1 .* failed", rows[0])
    assert re.search(r"UN-901 .* SYS-902 AC1 .* CRIT-1 NOT MET gap", rows[2])
