"""How pages look to who turns them: none nearly empty at an end, none half empty before a figure, nothing twice."""

import json
import re
from typing import Any

import pypdfium2
import pytest

from submission.content.environment import make_environment
from submission.setting.fitting import NEARLY_EMPTY
from submission.words.ledger import strip_claims
from verification.evidence import Table

HEAD, FOOT, DARK = 66, 57, 235
"""Points of a page above and below its content, and the gray from which on a point of it is ink."""
GAPS_ALONE = {"CW-DOC-030", "CW-DOC-049"}
"""Documents that made-up evidence fills with gaps in place of lines, which no step of the style sheet brings closer."""
LEAST = 0.5
"""What a page that another follows is filled to."""


@pytest.fixture(scope="module")
def documents(good):
    """The file of each document, and how far each of its pages is filled."""
    found = json.loads((good.folder / "manifest.json").read_text())["documents"]
    return {one["number"]: fills(good.folder / one["file"]) for one in found}


def fills(path):
    return [filled(page) for page in pypdfium2.PdfDocument(path)]


def filled(page):
    """The share of the height of a page's content above its lowest ink, as PDFium shows it."""
    picture = page.render(grayscale=True).to_numpy()
    content = picture.reshape(picture.shape[:2])[HEAD:-FOOT]
    inked = (content < DARK).any(axis=1).nonzero()[0]
    return (inked.max() + 1) / len(content) if len(inked) else 0.0


def test_no_last_page_holds_a_few_lines_alone(documents):
    ends = {number: pages[-1] for number, pages in documents.items() if len(pages) > 1}
    assert len(ends) > 40
    assert {number for number, end in ends.items() if end < 0.8 * NEARLY_EMPTY} <= GAPS_ALONE


def test_no_page_is_half_empty_before_the_next(documents):
    inner = {
        f"{number}, page {at}": fill for number, pages in documents.items() for at, fill in enumerate(pages[:-1], 1)
    }
    assert len(inner) > 100
    assert {where: fill for where, fill in inner.items() if fill < LEAST} == {}


def words_of(good):
    """Every text and cell of the package, with its document."""
    for path in sorted((good.folder / "text").glob("*.json")):
        for block in json.loads(path.read_text())["blocks"]:
            for text in (block.get("text", ""), *(cell for row in block.get("rows", ()) for cell in row)):
                yield path.stem, block["kind"], text


def test_no_caption_says_all_and_no_cell_says_nothing_twice(good):
    said = list(words_of(good))
    assert len(said) > 1000
    assert [one for one in said if one[1] == "caption" and one[2] == "all"] == []
    assert [one for one in said if re.fullmatch(r"[–;\s]+", one[2]) and ";" in one[2]] == []


STEPS = (("listed", 10, 8), ("left out: too young", 3, 2), ("used", 7, 6))


def shown(rows):
    """A table of evidence on a page."""
    table = Table(title="Flow", columns=("step", "images", "patients"), rows=rows)
    macros: Any = make_environment().get_template("_macros.html").module
    return strip_claims(str(macros.evidence_table(table)))


def test_a_flow_is_drawn_or_printed_and_never_both():
    drawn = shown(STEPS)
    assert drawn.count("<figure>") == 1
    assert "<table" not in drawn
    faulty = shown((("listed", 11, 8), *STEPS[1:]))
    assert "do not sum at “used”" in faulty
    assert faulty.count("<table") == 1
    assert shown((("listed", 10, 8), ("read", 10, 8))).count("<table") == 1
