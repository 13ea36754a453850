"""The page of the exploration in a narrow window: nothing is cut, numbers and words stay whole, charts can be read."""

import pytest

from submission.cli import submission
from verification.evidence import Table

pytestmark = pytest.mark.browser
HEADS = ("Finding", *(f"A head of column {number}" for number in range(8)))


@pytest.fixture
def page(made, replace, chromium):
    """The page of a collection with a wide table, in a window of 420 pixels."""
    data = made.parts["datasets"]
    rows = (("Consolidation", *([102_873] * 8)), ("Cardiomegaly", *([1_234] * 8)))
    wide = Table(title="A wide table", columns=HEADS, rows=rows)
    flow = Table(title="A flow", columns=("Step", "Images"), rows=(("found", 9), ("left out: bad", 2), ("kept", 7)))
    dataset = replace(data.datasets[0], tables=(wide, *data.datasets[0].tables), flow=(flow,))
    made.parts["datasets"] = replace(data, datasets=(dataset,))
    project = made.write()
    assert submission(["exploration", "--project", str(project.root)]) == 0
    page = chromium.new_page(viewport={"width": 420, "height": 900})
    page.goto(f"file://{project.root}/build/exploration.html")
    yield page
    page.close()


def test_the_window_is_not_wider_than_itself_and_the_table_scrolls(page):
    assert page.evaluate("document.documentElement.scrollWidth") == 420
    box = page.locator(".table", has_text="A wide table")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX === 'auto'")


def test_numbers_and_words_stay_whole(page):
    for whole in ("Consolidation", "Cardiomegaly", "102,873"):
        cell = page.get_by_role("cell", name=whole, exact=True).first
        lines = cell.evaluate("cell => { const r = document.createRange(); r.selectNodeContents(cell);"
                              " return r.getClientRects().length }")  # fmt: skip
        assert lines == 1, whole


def test_drawings_keep_the_size_at_which_they_can_be_read(page):
    for drawing in page.locator("figure svg").all():
        assert drawing.evaluate("one => one.getBoundingClientRect().width >= one.viewBox.baseVal.width")
    assert page.locator("figure", has_text="left out: bad").count() == 1
