"""The security documents: what is not known is said on the page, and nothing is said of what was not looked up."""

import base64
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.drawings.diagrams.threats import data_flow_chart, stride_rows
from submission.setting.render import render_html
from submission.words.components import lacking
from verification.evidence import Gap, Project, Screened
from verification.graph.threats import describe_data_flow
from verification.specification.reading import read_items

pytestmark = pytest.mark.slow


def page(made, number):
    catalogue = read_catalogue()
    entry = next(each for each in catalogue.documents if each.number == number)
    html = render_html(make_environment(), entry, assemble(made.write(), catalogue, "paediatric-reference"), {})
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition('<div class="body')[2]).split())


def test_without_a_lookup_of_every_component_no_page_says_that_nothing_is_known(made):
    said = page(made, "CW-DOC-023")
    assert "No vulnerability is known" not in said
    assert "2 of 3 components have not been looked up" in said


def test_after_a_lookup_of_every_component_it_says_what_is_known_by_what_and_when(made, replace):
    screened = Screened(components=3, vulnerabilities=0, databases=("a fictitious database",), oldest="2001-02-03")
    made.parts["supply"] = replace(made.parts["supply"], vulnerabilities=screened)
    said = page(made, "CW-DOC-023")
    assert "No vulnerability is known in 3 components, by a fictitious database, looked up from 2001-02-03 on." in said


@pytest.mark.parametrize("number", ["CW-DOC-020", "CW-DOC-021", "CW-DOC-022", "CW-DOC-023"])
def test_without_evidence_a_gap_stands_where_it_would(made, number):
    del made.parts["supply"], made.parts["trace"]
    assert page(made, number).count("Gap") >= 2


def test_what_is_not_known_of_components_stands_once_in_the_register_with_its_number(made):
    package = assemble(made.write(), read_catalogue(), "paediatric-reference")
    rows = [one.what for row in package.register for one in row.found if "supply" in one.of]
    assert "Support of 3 components: nobody has looked" in rows
    assert "Vulnerabilities of 2 components: nobody has looked" in rows
    assert len(rows) == len(set(rows))


def test_each_row_of_what_is_lacking_counts_the_components_that_lack_it(made):
    components = made.parts["supply"].components
    rows = {(row.what, row.reason): row.names for row in lacking(components)}
    assert rows["supplier", "nobody has looked"] == ("fictitia", "unseen")
    assert rows["origin", "not here"] == ("unseen",)


def test_an_unanswered_question_of_stride_is_a_gap_on_the_page(made):
    rows = {row.id: row.cells for row in stride_rows(made.parts["trace"].data_flow)}
    assert "THR-901" in rows["PRC-91"][1]
    assert "set aside" in rows["PRC-91"][2]
    assert isinstance(rows["PRC-91"][3], Gap)


def test_the_diagram_is_one_drawing_whose_numbers_stand_apart_and_on_no_element():
    drawn = data_flow_chart(describe_data_flow(read_items(Project(Path(__file__).parents[3]))))
    encoded = re.search(r"base64,([^\"]+)", drawn)
    assert encoded is not None
    tree = ElementTree.fromstring(base64.b64decode(encoded[1]))  # noqa: S314  our own
    circles = [(float(c.get("cx", 0)), float(c.get("cy", 0))) for c in tree.iter("{http://www.w3.org/2000/svg}circle")]
    near = [(a, b) for a in circles for b in circles if a < b and abs(a[0] - b[0]) + abs(a[1] - b[1]) < 17]
    assert len(circles) == 26
    assert near == []
    boxes = [tuple(float(r.get(each, 0)) for each in ("x", "y", "width", "height"))
             for r in tree.iter("{http://www.w3.org/2000/svg}rect") if r.get("height") == "50.0"]  # fmt: skip
    assert len(boxes) == 19
    assert not [(c, b) for c in circles for b in boxes
                if b[0] - 8 < c[0] < b[0] + b[2] + 8 and b[1] - 8 < c[1] < b[1] + b[3] + 8]  # fmt: skip
    assert "Caller to Reader" in drawn


def test_a_bill_that_was_changed_after_it_was_made_blocks(made):
    project = made.write()
    (project.evidence / "sbom-whole.cdx.json").write_bytes(b"[]\n")
    package = assemble(project, read_catalogue(), "paediatric-reference")
    assert [issue.code for issue in package.blocking] == ["sbom-differs"]
