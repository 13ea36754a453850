"""The rules of form that a template cannot break unseen, and the filters through which every value passes."""

import re
from types import SimpleNamespace

import pytest
from jinja2 import Environment
from markupsafe import Markup

from submission.content.catalogue import CatalogueError
from submission.content.reading import read_catalogue
from submission.drawings import charts
from submission.drawings.diagrams import flows
from submission.drawings.figures import roc_chart, sweep_chart
from submission.words import filters
from submission.words.filters import estimates, identifiers, marks, numbers, product
from submission.words.folders import TEMPLATES
from verification.evidence import (
    Curve,
    CurvePoint,
    Figure,
    FigureKind,
    Gap,
    Interval,
    NotApplicable,
    Series,
    Table,
)

DOCUMENTS = sorted(path for path in TEMPLATES.glob("*.html") if not path.name.startswith("_"))
TERMS = tuple(term.term for term in read_catalogue().terms)
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
    for shown in catalogue.content_map.sections:
        number, section = shown.section.split("/")
        assert f'id="{section}"' in templates[number], shown.section


def test_every_declared_gap_is_printed_where_it_matters():
    sources = "".join(path.read_text() for path in TEMPLATES.glob("*.html"))
    catalogue = read_catalogue()
    asked = {one.gap for one in (*catalogue.content_map.items, *catalogue.questions) if isinstance(one.gap, str)}
    unused = {gap.key for gap in catalogue.gaps.causes if gap.declared and f"declared.{gap.key}" not in sources}
    assert unused - asked <= {"pdf_accessibility"}


def test_no_standard_counts_as_checked_before_a_person_has_checked_it():
    assert {standard.checked_on for standard in read_catalogue().standards} == {None}


@pytest.mark.parametrize("name", sorted(filters.FILTERS))
def test_a_gap_passes_through_every_filter(name):
    assert filters.FILTERS[name](GAP) is GAP  # whatever else it takes


def test_the_requirements_that_refuse_are_those_that_the_rejection_table_names():
    requirements = [SimpleNamespace(id=name) for name in ("SRS-001", "SRS-002", "SRS-003")]
    rejections = [SimpleNamespace(requirement=name) for name in ("SRS-003", "SRS-001")]
    assert [kept.id for kept in product.that_refuse(requirements, rejections)] == ["SRS-001", "SRS-003"]


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
    assert "none of it has been carried out" in estimates.standing(SimpleNamespace(scores_sha256=None))
    for custody, holder, word in (
        ((), None, "The Clinical Performance Report"),
        (("registered",), "custodian", "scored by a custodian"),
        (("registered",), "developers", "as an open test"),
    ):
        said = estimates.standing(SimpleNamespace(scores_sha256="0" * 64, custody=custody, holder=holder))
        assert "has been carried out" in said
        assert "none of it" not in said
        assert word in said


def test_a_count_is_whole():
    with pytest.raises(TypeError, match="whole numbers"):
        filters.count(0.5)


@pytest.mark.parametrize(("value", "shown"), [(True, ">MET<"), (False, ">NOT MET<"), (None, ">not evaluated<")])
def test_a_missed_goal_is_not_met_and_an_open_one_is_neither(value, shown):
    assert shown in str(marks.met(value))


def test_long_identifiers_of_one_beginning_have_anchors_of_their_own():
    assert identifiers.anchor("A" * 10_000) != identifiers.anchor("A" * 9_999)
    assert identifiers.anchor("SRS-003") == "i-srs-003"


def test_a_place_for_several_values_never_holds_dashes_alone():
    shown = filters.FILTERS["any_of_them"]
    assert shown(("–", "–")) == "none recorded"
    assert shown(("–",), "none") == "none"
    assert shown(("–", "3")) == "–; 3"
    assert shown(("–", GAP)) is GAP


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


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((3.2, 4, 10.6), ("3.2", "4.0", "10.6")),
        ((1.82, 1.01), ("1.82", "1.01")),
        ((0.9, 0.71, 1.0, None), ("0.900", "0.710", "1.000", None)),
        ((0.00727, 0.0123), ("0.0073", "0.0123")),
        ((-0.0002, 0.3), ("0.000", "0.300")),
        ((100.0, 0.0), ("100", "0")),
        ((12_345, 7), ("12,345", "7")),
        ((12.5, "no image", 8.25), ("12.50", "no image", "8.25")),
        ((1, 0.8, "exponential", 4000), ("1", "0.800", "exponential", "4,000")),  # unlike things
    ],
)
def test_the_numbers_of_a_column_have_one_form(values, shown):
    table = Table(title="t", columns=("a",), rows=tuple((value,) for value in values))
    assert filters.cells(table) == tuple((text,) for text in shown)


def test_nothing_is_never_negative():
    assert estimates.interval(Interval(lower=-0.0004, upper=0.003, level=0.95, method="m")) == "0.000 to 0.003"
    assert numbers.signed(-0.5) == "−0.500"


def figure(kind, x, y, **limits):
    series = Series(name="one", x=x, y=y, **limits)
    return Figure(kind=kind, title="Made", x_label="case", y_label="AUROC", series=(series,))


def test_the_values_of_a_drawing_have_one_form_in_marks_and_words():
    made = figure(FigureKind.INTERVALS, ("a", "b"), (3.2, 4.0), lower=(-0.01, 2.0), upper=(10.6, 5.25))
    said = "a 3.20 (−0.01 to 10.60), b 4.00 (2.00 to 5.25)"
    assert said in charts.describe(made)
    drawn = str(charts.inline_chart(made))
    assert ">4.00 (2.00 to 5.25)<" in drawn


def test_an_axis_of_small_shares_is_scaled_to_them_and_one_of_all_shares_is_whole():
    small = str(charts.inline_chart(figure(FigureKind.LINES, (0.001, 0.06), (0.1, 0.5))))
    assert ">0.06<" in small
    assert ">1.0<" not in small
    assert ">1.0<" in str(charts.inline_chart(figure(FigureKind.LINES, (0.0, 1.0), (0.1, 0.9))))


STEPS = (
    ("listed", 10, 8),
    ("left out: too young", 3, 2),
    ("left out: not read", 0, 0),
    ("used", 7, 6),
    ("of these: training", 5, 4),
    ("of them read twice", 2, 2),
    ("of these: tuning", 2, 2),
)


def flow(*rows):
    return Table(title="Flow", columns=("step", "images", "patients"), rows=rows)


def test_a_flow_is_drawn_and_told_with_every_count():
    drawn = str(flows.inline_flow_diagram(flow(*STEPS)))
    for said in ("listed", "10 images, 8 patients", "left out: too young", ">training<", ">of them read twice<"):
        assert said in drawn
    assert drawn.count("<rect") == 6  # what counts among a part stands in the part's box
    assert "left out: not read: 0 images, 0 patients; used: 7 images, 6 patients" in drawn


def test_parts_may_follow_what_is_left_out():
    rows = [row for row in STEPS if row[0] != "used"]
    assert str(flows.inline_flow_diagram(flow(*rows))).count("<rect") == 5
    assert isinstance(flows.inline_flow_diagram(flow(*rows[:-1])), Gap)


@pytest.mark.parametrize(
    ("at", "row", "named"),
    [
        (0, ("listed", 11, 8), "used"),
        (6, ("of these: tuning", 3, 2), "used"),
        (3, ("left out: why", 7, 6), "listed"),
    ],
)
def test_a_flow_that_does_not_sum_is_not_drawn(at, row, named):
    rows = list(STEPS)
    rows[at] = row
    found: object = flows.flow_diagram(flow(*rows))
    assert isinstance(found, Gap)
    assert f"do not sum at “{named}”" in found.reason


def test_a_table_without_steps_left_out_or_apart_is_no_flow():
    assert flows.is_flow(flow(*STEPS))
    assert not flows.is_flow(flow(("listed", 10, 8), ("read", 10, 8)))
    assert not flows.is_flow(Table(title="t", columns=("finding", "images"), rows=STEPS[:2]))


def test_what_does_not_apply_is_no_gap():
    shown = str(filters.show(NotApplicable(reason="each analysis holds its own")))
    assert "not applicable: each analysis holds its own" in shown
    assert "Gap" not in shown
    passed: object = estimates.two_by_two(NotApplicable(reason="why"))
    assert passed == NotApplicable(reason="why")


def test_a_faulty_catalogue_is_named(tmp_path):
    (tmp_path / "documents.yaml").write_text("- {number: CW-DOC-000, titel: x}\n")
    with pytest.raises(CatalogueError, match=r"documents\.yaml: .*\$\[0\]"):
        read_catalogue(tmp_path)
