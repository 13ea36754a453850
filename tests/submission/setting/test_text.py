"""The text of a document: what is of the commit, its day and the pages stands in it, and is not compared."""

from submission.content.catalogue import Entry
from submission.setting.text import Block, read_text

ENTRY = Entry(
    number="CW-DOC-901", set="filed", title="Fictitious", revision="1", owner_role="x", template="x.html", reader="x"
)
DATED = '<p>Date prepared: <span class="furniture">2001-02-03</span>, the day.</p>'
TABLE = '<table><tr><td>Place<span class="furniture">, page 7</span></td><td>7</td></tr></table>'


def blocks(html: str) -> tuple[Block, ...]:
    return read_text(ENTRY, f'<body><div class="body"><h2 id="one">One</h2>{html}</div></body>').blocks


def test_a_date_stands_in_the_text_and_is_not_compared():
    paragraph = blocks(DATED)[1]
    assert paragraph.text == "Date prepared: 2001-02-03, the day."
    assert paragraph.compared.text == "Date prepared: , the day."
    assert paragraph.compared.section == paragraph.section == "one"


def test_the_page_of_a_place_stands_in_its_cell_and_is_not_compared():
    table = blocks(TABLE)[1]
    assert table.rows == (("Place, page 7", "7"),)
    assert table.compared.rows == (("Place", "7"),)


def test_a_text_without_furniture_is_compared_as_it_is():
    heading, paragraph = blocks("<p>Nothing of the day.</p>")
    assert heading.compared is heading
    assert paragraph.compared is paragraph
