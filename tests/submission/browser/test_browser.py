"""The trace browser in a real Chromium: searched, filtered, driven by keys, read aloud, printed, and given bad text."""

import base64
import hashlib
import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from submission.browser.data import as_json
from submission.cli import submission
from tests.submission.browser.conftest import HOSTILE, WHO, opening, written
from verification import evidence as e

pytestmark = pytest.mark.browser


# --- search, filters, keys, addresses ---------------------------------------------------------------------------------


def test_a_search_finds_by_id_title_text_and_file_as_one_types(opened):
    page = opened.go("")
    assert opened.text("#count") == "6 of 6 items"
    for words, found in [
        ("srs-901", "SRS-901"),
        ("fictitious UN-901", "UN-901"),
        ("device/gate.py", "device.gate.check"),
    ]:
        page.fill("#q", words)
        assert opened.rows()[0] == found
    page.fill("#q", "no such word anywhere")
    assert opened.rows() == []
    assert opened.text("#count") == "0 of 6 items"


def test_filters_leave_what_they_name_and_stand_in_the_address(opened):
    page = opened.go("")
    page.select_option("[name=kind]", "software_requirement")
    assert opened.rows() == ["SRS-901", "SRS-902"]
    page.check("[name=gaps]")
    assert opened.rows() == ["SRS-902"]
    assert "kind=software_requirement" in page.url
    page.reload()
    assert opened.rows() == ["SRS-902"]
    page.click("#clear")
    assert len(opened.rows()) == 6
    page.select_option("[name=strength]", "some")
    assert set(opened.rows()) == {"SRS-901", "device.gate.check"}
    page.select_option("[name=strength]", "")
    page.select_option("[name=review]", "reviewed")
    assert opened.rows() == ["SRS-901"]


def test_everything_is_reached_by_keys_alone(opened):
    page = opened.go("")
    page.keyboard.press("/")
    page.keyboard.type("srs")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#q", "aria-activedescendant") == "list-1"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#SRS-902"))
    assert opened.page.evaluate("document.activeElement.id") == "title"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    assert page.input_value("#q") == ""
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.is_visible("#help")


def test_an_address_opens_its_item_and_the_back_button_returns(opened):
    page = opened.go("#SRS-901/AC1")
    assert "Fictitious SRS-901" in opened.text("h2")
    assert opened.text(".chosen td") == "AC1"
    page.click("main dd a[href='#SYS-901']")
    assert "SYS-901" in opened.text("main h2")
    page.go_back()
    assert "SRS-901" in opened.text("main h2")
    opened.go("#NO-SUCH-ITEM")
    page.reload()
    assert "Nothing here has the id NO-SUCH-ITEM" in opened.text("main")


# --- what it shows ----------------------------------------------------------------------------------------------------


def test_an_item_shows_criteria_code_strength_review_history_and_neighbours(opened):
    opened.go("#SRS-901")
    text = opened.text("main")
    for expected in (
        "A fictitious expectation holds.", "gate/case-1 passed", "6 of 7 faults noticed", "a < b → a <= b",
        f"reviewed as it is now By {WHO}", "a fictitious reason",
    ):  # fmt: skip
        assert expected in text
    assert opened.page.locator(".line").evaluate_all("all => all.map(one => one.dataset.line)") == ["7", "8"]
    assert opened.page.locator(".line.survived").count() == 1
    nodes = opened.page.locator(".graph a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert {"#UN-901", "#SYS-901", "#SRS-901", "#device.gate.check", "#gate/case-1"} <= set(nodes)
    opened.page.locator(".graph a").first.focus()
    opened.page.keyboard.press("Enter")
    opened.window.wait_for_url(re.compile("#UN-901"))
    assert "UN-901" in opened.text("main h2")


def test_a_scenario_shows_its_steps_with_outcomes_and_what_was_observed(opened):
    opened.go("#gate/case-1")
    text = opened.text("main")
    assert "When it is judged outcome of case 1 passed" in text
    assert "value = LL" in text
    assert "Enters device.gate.check" in text
    opened.go("#device.gate.check")
    assert "2001-02-03 000000000000 Write a fictitious gate" in opened.text("main")


def test_the_matrix_shows_gaps_as_rows_in_words_both_ways(opened):
    opened.go("#/forward")
    rows = [" ".join(row.split()) for row in opened.page.locator(".line-of").all_inner_texts()]
    assert len(rows) == 4
    assert re.search(r"UN-901 .* no criterion; below it: SYS-901 .* unproven no design validation", rows[0])
    assert re.search(r"SRS-901 .* passed 6 of 7 faults noticed .* reviewed", rows[2])
    assert re.search(r"SRS-902 .* none .* gap", rows[3])
    opened.page.check("[name=gaps]")
    assert opened.page.locator(".line-of").count() == 3
    opened.go("#/backward?q=")
    opened.page.wait_for_selector(".backward .line-of")
    assert re.search(r"device.gate.check .*SRS-901 .*UN-901", " ".join(opened.rows(".line-of")).replace("\n", " "))


def test_markup_in_a_requirement_stays_text(opened):
    page = opened.go("#SRS-902")
    shown = " ".join(HOSTILE.replace("`", "").split())
    assert shown in opened.text("main")
    assert page.title() == "SRS-902 · Trace"
    assert page.locator("main script, main b[onclick]").count() == 0
    opened.go("#device.gate.check")
    assert "return a < b # </script>" in opened.text("main .code")


def test_the_data_block_holds_no_sign_that_could_end_it():
    block = as_json({"text": HOSTILE})
    assert not {"<", "\u2028", "\u2029"} & set(block)
    assert json.loads(block)["text"] == HOSTILE


def test_the_page_runs_its_own_script_and_nothing_else(opened, trace_page):
    html = trace_page.read_text()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1]
    script, style = (
        re.findall(r"<script>(.*?)</script>", html, re.DOTALL)[0],
        re.findall(r"<style>(.*?)</style>", html, re.DOTALL)[0],
    )
    for name, text in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "innerHTML" not in script
    page = opened.go("")
    page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None
    assert page.evaluate("fetch('https://example.invalid/').then(() => 'sent', () => 'refused')") == "refused"
    assert all("Content Security Policy" in each for each in opened.said)
    opened.said.clear()


# --- light, dark, narrow, paper, people -------------------------------------------------------------------------------


def test_colours_follow_the_system_and_the_button(chromium, trace_page):
    for opened in opening(chromium, trace_page, color_scheme="dark"):
        page = opened.go("")
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        assert page.evaluate(ground) == "rgb(18, 24, 31)"
        page.click("#theme")
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        page.reload()
        assert page.evaluate(ground) == "rgb(255, 255, 255)"


@pytest.mark.parametrize(
    "address",
    ["#/", "#/items", "#SRS-901", "#UN-901", "#gate/case-1", "#device.gate.check", "#/forward", "#/needs", "#/compare"],
)
def test_a_phone_shows_one_thing_and_scrolls_sideways_in_tables_alone(chromium, trace_page, address):
    for opened in opening(chromium, trace_page, viewport={"width": 360, "height": 800}):
        page = opened.go(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.evaluate("(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)(main)") <= 0
        assert page.is_visible("#list") == (address == "#/items")
        assert page.is_visible("main") == (address != "#/items")
        page.click("#filters > summary")
        assert page.is_visible("[name=kind]")


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("view", ["forward", "needs", "backward"])
def test_every_cell_of_the_matrix_stands_below_its_head(chromium, trace_page, view, width):
    for opened in opening(chromium, trace_page, viewport={"width": width, "height": 800}):
        page = opened.go(f"#/{view}")
        left = (
            "all => all.map(row => [...row.children].map(one => Math.round(one.getBoundingClientRect().left)).join())"
        )
        assert len(set(page.locator(".heads, .line-of").evaluate_all(left))) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(chromium, trace_page, scheme):
    """The contrast of every color of a text with the ground that it stands on (WCAG 2.2, 1.4.3: 4.5 to 1)."""
    for opened in opening(chromium, trace_page, color_scheme=scheme):
        opened.go("")
        for text in ("ink", "muted", "accent", "good", "open", "stale", "bad"):
            for ground in ("paper", "pale", "chosen", "open-ground", "stale-ground", "bad-ground"):
                found = opened.page.evaluate(COLOURS, [f"--{text}", f"--{ground}"])
                assert contrast(*found) >= 4.5, (text, ground)


COLOURS = """names => names.map(name => {
  const one = document.createElement("i"); document.body.append(one); one.style.color = `var(${name})`;
  const found = getComputedStyle(one).color.match(/\\d+/g).map(Number); one.remove(); return found; })"""


def contrast(*colours: list[int]) -> float:
    low, high = sorted(map(luminance, colours))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: list[int]) -> float:
    linear = [c / 12.92 if (c := each / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for each in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_landmarks_labels_and_counts_are_there_for_who_listens(opened):
    page = opened.go("")
    for landmark in ("header", "nav[aria-label]", "search[aria-label]", "main"):
        assert page.locator(landmark).count() == 1
    unnamed = "all => all.filter(one => !(one.ariaLabel || one.labels?.length || one.innerText.trim())).length"
    assert page.locator("button, select, input, a, [tabindex='0']").evaluate_all(unnamed) == 0
    assert page.get_attribute("#count", "aria-live") == "polite"
    assert page.get_attribute("#list .entry", "aria-setsize") == "6"


def test_paper_holds_the_whole_view_with_the_banner_on_every_page(chromium, large_page):
    for opened in opening(chromium, large_page):
        page = opened.go("#/forward?q=kind-7&kind=software_requirement")
        page.wait_for_selector(".line-of")
        pages = [each.extract_text() for each in PdfReader(BytesIO(page.pdf(landscape=True))).pages]
        assert len(pages) > 1
        assert all("REFERENCE RELEASE, NOT FOR SUBMISSION" in " ".join(text.split()) for text in pages)
        wanted = int(opened.text("#count").split()[0])
        assert len(re.findall(r"kind-\s*7\b", "\n".join(pages))) == wanted > 100


# --- many -------------------------------------------------------------------------------------------------------------

MANY = 5_000


@pytest.fixture(scope="session")
def large_page(make, replace) -> Path:
    """Five thousand requirements in three levels, of twelve kinds of wording."""
    made = make()
    trace = made.parts["trace"]
    model = next(item for item in trace.items if item.id == "SRS-901")
    names = [f"{'UN' if n < 50 else 'SYS' if n < 550 else 'SRS'}-{n:05}" for n in range(MANY)]
    kind_of = {"UN": e.ItemKind.USER_NEED, "SYS": e.ItemKind.SYSTEM_REQUIREMENT, "SRS": e.ItemKind.SOFTWARE_REQUIREMENT}
    items = tuple(
        replace(model, id=name, kind=kind_of[name.split("-")[0]], title=f"Requirement {n} of kind-{n % 12}")
        for n, name in enumerate(names)
    )
    above = ((n, n % 50 if n < 550 else 50 + n % 500) for n in range(50, MANY))
    links = tuple(
        e.Link(source=names[n], target=names[up], relation="derives_from", status="covers", why="") for n, up in above
    )
    made.parts["trace"] = replace(trace, items=(*trace.items, *items), links=(*trace.links, *links))
    return written(made.write())


def test_five_thousand_items_are_searched_and_scrolled_with_few_elements(chromium, large_page):
    for opened in opening(chromium, large_page):
        page = opened.go("")
        assert opened.text("#count") == "5,005 of 5,005 items"
        assert page.locator("#list .entry").count() < 60
        page.fill("#q", "SRS-04321")
        assert opened.rows() == ["SRS-04321"]
        page.fill("#q", "")
        page.focus("#list")
        page.keyboard.press("End")
        assert "device.gate.check" in opened.rows()
        assert page.locator("#list .entry").count() < 60
        opened.go("#UN-00007")
        page.reload()
        assert "and 2 more" in page.text_content("svg")
        assert page.locator(".graph a").count() < 40


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_page_says_that_it_is_blocked_and_why(chromium, made, replace):
    found = made.parts["verification"]
    bad = replace(found.results[3], status=e.ResultStatus.FAILED)
    made.parts["verification"] = replace(found, results=(*found.results[:3], bad, *found.results[4:]))
    for opened in opening(chromium, written(made.write())):
        opened.go("")
        assert opened.text("#standing") == "BLOCKED REFERENCE RELEASE, NOT FOR SUBMISSION 1 reason"
        assert "gate/case-4 is failed" in opened.text("main")


def test_what_is_not_known_says_so(chromium, made):
    for opened in opening(chromium, written(made.write())):
        opened.go("#device.gate.check")
        text = opened.text("main")
        assert "sources.json has not been made" in text
        assert "Not known: no fault has been put into its code." in text
        assert "unreviewed no person has reviewed it" in text


def test_the_same_evidence_gives_the_same_bytes(made, trace_page):
    project = made.write()
    assert written(project).read_bytes() == written(project, "again.html").read_bytes()


def test_without_a_trace_there_is_no_page(made, capsys):
    del made.parts["trace"]
    project = made.write()
    assert submission(["trace", "--project", str(project.root)]) == 2
    assert "trace.json has not been made; run `clearway trace`" in capsys.readouterr().err
    assert not (project.root / "build" / "trace.html").exists()
