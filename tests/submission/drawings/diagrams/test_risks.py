"""The risk matrix: each hazard in the cells of its severity and probability, before control and after."""

import base64
import re

from submission.context.traced import traced
from submission.drawings.diagrams import risks
from submission.words.claims import remember
from verification.evidence import Gap, RarerHarm

NAMES = ("Improbable", "Remote", "Occasional", "Probable", "Frequent")
BOX = re.compile(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill="(#\w+)"/>')
TEXT = re.compile(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>')


def drawn(made, replace, **changed):
    """The drawing of the matrix with one hazard, and what it says of itself."""
    trace = made.parts["trace"]
    hazard = replace(trace.hazards[0], **changed)
    matrix = traced(remember(replace(trace, hazards=(hazard,)), "trace.json#"), GAP, GAP).risk_matrix
    markup = str(risks.risk_chart(matrix, NAMES))
    svg = base64.b64decode(re.search('base64,([^"]+)', markup)[1]).decode()
    return svg, re.search('alt="([^"]+)"', markup)[1]


GAP = Gap(reason="none", closes="none")


def cells_of(svg, said):
    """The cells in which a text stands, as row and column of the ten columns of both matrices."""
    boxes = [tuple(map(float, found[:4])) for found in BOX.findall(svg)]
    rows, columns = (sorted({box[at] for box in boxes}) for at in (1, 0))
    return [
        (rows.index(y), columns.index(x))
        for left, top, text in TEXT.findall(svg)
        for x, y, width, height in boxes
        if text == said and x <= float(left) <= x + width and y <= float(top) <= y + height
    ]


def test_a_hazard_stands_where_it_is_before_control_and_where_it_is_after(made, replace):
    svg, alt = drawn(made, replace)  # severity 4, probability 3 before and 1 after
    assert cells_of(svg, "901") == [(1, 2), (1, 5)]  # the worst severity is the first row
    assert len(BOX.findall(svg)) == 50
    assert "Before control: critical, occasional, unacceptable: HAZ-901." in alt
    assert "After control: critical, improbable, acceptable: HAZ-901." in alt


def test_a_rarer_and_worse_harm_stands_in_its_own_cells(made, replace):
    rarer = RarerHarm(harm="death", severity=5, probability_of_harm=2, residual_probability_of_harm=1)
    svg, _ = drawn(made, replace, rarer=rarer)
    assert sorted(cells_of(svg, "901")) == [(0, 1), (0, 5), (1, 2), (1, 5)]


def test_a_cell_says_its_word_and_its_number_knows_where_it_comes_from(made, replace):
    svg, _ = drawn(made, replace)
    words = [word for row in made.parts["trace"].policy.matrix for word in row]
    assert [text for _, _, text in TEXT.findall(svg)].count("unacceptable") == 2 * words.count("unacceptable")
    assert "trace.json#/hazards/0/id" in svg


def test_without_a_matrix_there_is_no_picture():
    found: object = risks.risk_chart(GAP, NAMES)
    assert found is GAP
