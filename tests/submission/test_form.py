"""The rules of form that a template cannot break unseen, and the filters through which every value passes."""

import re
from types import SimpleNamespace

import pytest
from jinja2 import Environment
from markupsafe import Markup

from submission import filters
from submission.catalogue import CatalogueError, read_catalogue
from submission.figures import roc_chart, sweep_chart
from submission.render import TEMPLATES
from verification.evidence import Curve, CurvePoint, Gap

DOCUMENTS = sorted(path for path in TEMPLATES.glob("*.html") if not path.name.startswith("_"))
TERMS = ("510(k)",)
GAP = Gap(reason="it was not measured", closes="measure it")


def text_of_template(source: str) -> str:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]+>|&#\d+;", " ", source, flags=re.DOTALL)
    for term in TERMS:
        text = text.replace(term, " ")
    return text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_template_holds_no_literal_figure_and_no_condition(path):
    source = path.read_text()
    bare = [
        line for line in text_of_template(source).splitlines() if re.search(r"\d", re.sub(r"\([ab]\)\(\d\)", "", line))
    ]
    assert bare == []
    assert "{% if" not in source
    arithmetic = re.findall(r"\{\{[^}'\"]*[-+*/]\s*\d[^}]*\}\}", source)
    assert arithmetic == []


def test_every_document_has_its_template_and_every_template_its_document():
    assert {entry.template for entry in read_catalogue().documents} == {path.name for path in DOCUMENTS}


def test_every_section_of_the_content_map_is_in_its_document():
    catalogue = read_catalogue()
    templates = {entry.number: (TEMPLATES / entry.template).read_text() for entry in catalogue.documents}
    for shown in catalogue.content_map:
        number, section = shown.section.split("/")
        assert f'id="{section}"' in templates[number], shown.section


def test_every_declared_gap_is_printed_where_it_matters():
    sources = "".join(path.read_text() for path in TEMPLATES.glob("*.html"))
    unused = {gap.key for gap in read_catalogue().gaps.declared if f"declared.{gap.key}" not in sources}
    assert unused <= {"approval", "pdf_accessibility"}


def test_no_standard_counts_as_checked_before_a_person_has_checked_it():
    assert {standard.checked_on for standard in read_catalogue().standards} == {None}


@pytest.mark.parametrize("name", sorted(filters.FILTERS))
def test_a_gap_passes_through_every_filter(name):
    assert filters.FILTERS[name](GAP) is GAP  # whatever else it takes


def test_the_requirements_that_refuse_are_those_that_the_rejection_table_names():
    requirements = [SimpleNamespace(id=name) for name in ("SRS-001", "SRS-002", "SRS-003")]
    rejections = [SimpleNamespace(requirement=name) for name in ("SRS-003", "SRS-001")]
    assert [kept.id for kept in filters.that_refuse(requirements, rejections)] == ["SRS-001", "SRS-003"]


def test_a_gap_says_why_and_what_closes_it():
    shown = str(filters.show(GAP))
    assert "it was not measured." in shown
    assert "measure it." in shown


@pytest.mark.parametrize("value", [0, 1, 0.5, True])
def test_a_bare_number_does_not_reach_a_page(value):
    with pytest.raises(TypeError, match="bare number"):
        filters.show(value)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("count", 112120, "112,120"),
        ("figure", 0.93149, "0.931"),
        ("score", 0.123456, "0.1235"),
        ("megabytes", 4_260_000, "4.3 MB"),
        ("words", "not_run", "not run"),
        ("metric", "auroc", "AUROC"),
        ("metric", "balanced_accuracy", "Balanced accuracy"),
        ("small", 1.23e-6, "1.2e-06"),
    ],
)
def test_a_filter_states_its_form(name, value, shown):
    assert filters.FILTERS[name](value) == shown


def test_counts_beside_a_weighted_value_are_said_to_be_unweighted():
    one = {"events": 364, "n": 5997}
    assert filters.events_of(SimpleNamespace(**one, weighted=True)) == "364 of 5,997 read, unweighted"
    assert filters.events_of(SimpleNamespace(**one, weighted=False)) == "364/5,997"


def test_a_plan_says_whether_it_was_carried_out():
    assert "none of it has been carried out" in filters.standing(SimpleNamespace(scores_sha256=None))
    assert "has been carried out" in (said := filters.standing(SimpleNamespace(scores_sha256="0" * 64)))
    assert "none of it" not in said


def test_a_count_is_whole():
    with pytest.raises(TypeError, match="whole numbers"):
        filters.count(0.5)


@pytest.mark.parametrize(("value", "shown"), [(True, ">MET<"), (False, ">NOT MET<"), (None, ">not evaluated<")])
def test_a_missed_goal_is_not_met_and_an_open_one_is_neither(value, shown):
    assert shown in str(filters.met(value))


def test_long_identifiers_of_one_beginning_have_anchors_of_their_own():
    assert filters.anchor("A" * 10_000) != filters.anchor("A" * 9_999)
    assert filters.anchor("SRS-003") == "i-srs-003"


def test_text_in_backticks_is_code_and_nothing_more():
    assert filters.show("run `a <b>`") == Markup("run <code>a &lt;b&gt;</code>")


def test_charts_tell_their_operating_point_in_words_and_shapes():
    points = tuple(CurvePoint(threshold=t / 4, sensitivity=1 - t / 4, specificity=t / 4) for t in range(4, -1, -1))
    curve = Curve(points=points, operating=CurvePoint(threshold=0.5, sensitivity=0.5, specificity=0.75))
    for chart in (roc_chart(curve), sweep_chart(curve)):
        assert "sensitivity 0.500, specificity 0.750 at threshold 0.5000" in str(chart)
        assert Environment(autoescape=True).from_string("{{ c }}").render(c=chart) == chart
    of_gap: object = roc_chart(GAP)
    assert of_gap is GAP


def test_a_faulty_catalogue_is_named(tmp_path):
    (tmp_path / "documents.yaml").write_text("- {number: CW-DOC-000, titel: x}\n")
    with pytest.raises(CatalogueError, match=r"documents\.yaml: .*\$\[0\]"):
        read_catalogue(tmp_path)
