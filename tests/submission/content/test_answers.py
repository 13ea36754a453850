"""What is asked of a package and what it answers: found out at each build, by section, page and evidence."""

import re
from dataclasses import replace as with_fields
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import yaml
from pypdf import PdfReader

from submission.content.answers import CLOSED, NOT_SUPPORTED, Status
from submission.content.catalogue import Asked, CatalogueError, Characteristic, pinned
from submission.content.environment import make_environment
from submission.content.reading import find_in_asked, read_catalogue
from submission.context.assemble import answered, assemble
from submission.package.typesetting import _settle
from submission.setting.render import RenderError, headings_of, print_one, render_html
from submission.words.folders import HERE
from verification.evidence import Gap, LinkStatus

pytestmark = pytest.mark.slow

RELEASE = "paediatric-reference"
SECTION = "CW-DOC-011/criteria"


def asked(**fields) -> Asked:
    values = {"id": "X-1", "asks": "Something fictitious", "source": "estar", "line": "submission/content_map.yaml:7"}
    return Asked(**values | fields)


def with_items(*items: Asked):
    catalogue = read_catalogue()
    return with_fields(catalogue, content_map=msgspec.structs.replace(catalogue.content_map, items=items), questions=())


def answers_of(project, *items: Asked):
    return assemble(project, with_items(*items), RELEASE)


def the_rows(package, text: str):
    return [row for row in package.register if text in row.what]


def html_of_all(catalogue, package) -> dict[str, str]:
    pages = {entry.number: None for entry in catalogue.documents}
    environment = make_environment()
    return {e.number: render_html(environment, e, package, {"pages": pages}) for e in catalogue.documents}


# --- what is named must be there --------------------------------------------------------------------------------------


def test_expressions_that_name_nothing_are_all_named_with_their_lines(made):
    items = (
        asked(id="X-1", sections=(SECTION,), evidence=("release.nonesuch", "nonesuch"), line="map.yaml:3"),
        asked(id="X-2", sections=(SECTION,), evidence=("study.criteria | nonesuch",), line="map.yaml:5"),
        asked(id="X-3", sections=(SECTION,), figures={"Scenarios": "counts.scenarios"}, line="map.yaml:8"),
    )
    with pytest.raises(CatalogueError) as raised:
        answers_of(made.write(), *items)
    told = str(raised.value).splitlines()
    assert [line.partition(": ")[0] for line in told] == ["map.yaml:3", "map.yaml:3", "map.yaml:5", "map.yaml:8"]
    assert "has no attribute 'nonesuch'" in told[0]
    assert "bare number 12" in told[3]


def test_an_answered_item_whose_evidence_becomes_a_gap_is_a_gap_and_one_row_of_the_register(made, replace):
    items = [asked(id=name, sections=(SECTION,), evidence=("study.confusion",)) for name in ("X-1", "X-2")]
    before = answers_of(made.write(), *items)
    assert [answer.status for answer in before.guidance] == [Status.ANSWERED, Status.ANSWERED]
    studies = made.parts["studies"]
    lost = replace(studies.studies[0], confusion=Gap(reason="the table was lost", closes="find it"))
    made.parts["studies"] = replace(studies, studies=(lost, *studies.studies[1:]))
    after = answers_of(made.write(), *items)
    assert [answer.status for answer in after.guidance] == [Status.GAP, Status.GAP]
    assert len(the_rows(after, "the table was lost")) == 1


def test_a_gap_that_no_row_holds_yet_becomes_one_row_that_names_all_that_ask_for_it(made):
    items = [asked(id=name, sections=("CW-DOC-999/any",)) for name in ("X-1", "X-2")]
    (row,) = the_rows(answers_of(made.write(), *items), "There is no document for CW-DOC-999/any")
    assert row.where == "X-1, X-2"
    assert (row.severity, bool(row.consequence), bool(row.closes)) == ("major", True, True)


def test_a_declared_gap_is_not_listed_again(made):
    package = answers_of(
        made.write(), asked(gap="udi"), asked(id="X-2", sections=(SECTION,), evidence=("declared.udi",))
    )
    assert [answer.missing.registered for answer in package.guidance] == ["GAP-008", "GAP-008"]
    assert len(the_rows(package, "No unique device identifier")) == 1


@pytest.mark.parametrize("name", ["nonesuch", "criteria"])
def test_a_section_counts_only_if_the_rendered_document_has_it(made, name):
    catalogue = with_items(asked(sections=(f"CW-DOC-011/{name}",)))
    package = assemble(made.write(), catalogue, RELEASE)
    assert package.guidance[0].status is Status.ANSWERED  # nobody has looked yet
    sections = {number: headings_of(html) for number, html in html_of_all(catalogue, package).items()}
    (answer,) = answered(package, catalogue, sections).guidance
    if name == "criteria":
        assert (answer.status, answer.places[0].title) == (Status.ANSWERED, "Acceptance criteria")
    else:
        assert answer.missing.reason == "The document has no section CW-DOC-011/nonesuch"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('software_requirements | one("SRS-901") | covered', None),
        ('software_requirements | one("SRS-902") | covered', "SRS-902 gap: none"),
        ('software_requirements | one("SRS-999") | covered', "The evidence does not hold software_requirements"),
        ('controls | one("RC-901") | effective', "RC-901 no evidence of effect"),
        ('study.criteria | one("sensitivity") | achieved', "CRIT-1 NOT MET: A fictitious bound."),
        ("study.criteria | all_achieved", "CRIT-1 NOT MET: A fictitious bound."),
        ('study.criteria | where("id", "nonesuch") | all_achieved', "the study states no criterion"),
        ('study | in_group("nobody", "auroc")', "study fictitious-study has no group “nobody”"),
        ("trace.anomalies", "The evidence trace.anomalies is empty"),
        ("verification.complete", None),
        ('(study.criteria | one("sensitivity")).met', "is not so"),
        ('hazards | all_known("harm")', None),
        ('studies | all_known("confusion")', "The confusion is not known of all: no image has been scored"),
        ('study.openings | dated("scored")', None),
        ('study.openings | dated("opened")', "The log of the study has no line “opened”"),
        ('study.analyses | one("fictitious-triage") | cell_of("Value", "one")', None),
        (
            'study.analyses | one("fictitious-triage") | cell_of("Value", "three")',
            "The evidence does not hold study.analyses",
        ),
    ],
)
def test_evidence_must_be_there_and_positive(made, expression, reason):
    (answer,) = answers_of(made.write(), asked(sections=(SECTION,), evidence=(expression,))).guidance
    assert answer.status is (Status.GAP if reason else Status.ANSWERED)
    assert reason is None or reason in answer.missing.reason


# --- the comparison ---------------------------------------------------------------------------------------------------


def row(name: str, **fields) -> Characteristic:
    values = {
        "id": name, "title": name, "ours": ("device.name",), "predicate": "something else", "differs": True,
        "other_question": False, "why": "made up", "closes": "evidence", "line": "submission/equivalence.yaml:9",
    }  # fmt: skip
    return Characteristic(**values | fields)


def compared(project, *rows: Characteristic, predicate="K232410"):
    catalogue = read_catalogue()
    stated = msgspec.structs.replace(catalogue.equivalence, rows=rows, predicate=predicate)
    return assemble(project, with_fields(catalogue, equivalence=stated), RELEASE).comparison


GOOD = ('software_requirements | one("SRS-901") | covered',)


def test_the_conclusion_flips_only_when_every_difference_is_closed(made):
    project = made.write()
    closed, same = row("Input", evidence=GOOD), row("Output", differs=False)
    half = compared(project, closed, same, row("Finding"))
    assert [one.standing for one in half.rows] == ["closed", "same", "open"]
    assert (half.conclusion, [name for name, _ in half.open]) == (NOT_SUPPORTED, ["Finding"])
    assert "No evidence is named that closes the difference in finding" in half.open[0][1].reason
    whole = compared(project, closed, same, row("Finding", evidence=GOOD))
    assert (whole.conclusion, whole.open) == (CLOSED, ())
    nobody = compared(project, closed, same, predicate=None)
    assert (nobody.conclusion, [name for name, _ in nobody.open]) == (NOT_SUPPORTED, ["Predicate"])


@pytest.mark.parametrize(
    "fields",
    [
        {"evidence": ('study.criteria | one("sensitivity") | achieved',)},
        {"evidence": ('software_requirements | one("SRS-902") | covered',)},
        {"evidence": (*GOOD, "declared.reader_study")},
        {"evidence": GOOD, "sections": ("CW-DOC-999/any",)},
        {"evidence": GOOD, "predicate": None},
        {"evidence": GOOD, "differs": None},
        {"evidence": GOOD, "other_question": None},
        {"evidence": GOOD, "other_question": True},
        {"evidence": GOOD, "ours": ("declared.udi",)},
        {"differs": False, "ours": ("declared.udi",)},
    ],
)
def test_what_is_not_shown_keeps_a_difference_open(made, fields):
    assert compared(made.write(), row("Finding", **fields)).conclusion == NOT_SUPPORTED


def test_a_requirement_that_no_longer_covers_opens_the_difference_again(made, replace):
    assert compared(made.write(), row("Input", evidence=GOOD)).supported
    trace = made.parts["trace"]
    items = [replace(i, status=LinkStatus.SUSPECT) if i.id == "SRS-901" else i for i in trace.items]
    made.parts["trace"] = replace(trace, items=tuple(items))
    assert not compared(made.write(), row("Input", evidence=GOOD)).supported


def test_open_differences_are_in_the_summary_and_the_register(made):
    catalogue = read_catalogue()
    package = assemble(made.write(), catalogue, RELEASE)
    pages = html_of_all(catalogue, package)
    for number in ("CW-DOC-000", "CW-DOC-003", "CW-DOC-024", "CW-DOC-030"):
        assert NOT_SUPPORTED in pages[number]
    (registered,) = the_rows(package, "What the candidate predicates have here was not read")
    assert registered.severity == "critical"
    assert "comparison: algorithm" in registered.where


# --- the package's own files ------------------------------------------------------------------------------------------


def test_no_document_names_a_k_number_that_is_not_pinned(made):
    catalogue = read_catalogue()
    pages = html_of_all(catalogue, assemble(made.write(), catalogue, RELEASE))
    named = set(re.findall(r"\bK\d{6}\b", "".join(pages.values())))
    assert len(named) > 2
    assert named <= pinned(catalogue)


def test_every_item_stands_in_a_document_with_its_status_and_none_is_blank(made):
    catalogue = read_catalogue()
    package = assemble(made.write(), catalogue, RELEASE)
    pages = html_of_all(catalogue, package)
    for answer in (*package.guidance, *package.questions):
        assert answer.places or answer.missing or answer.asked.not_applicable
    for number, answers in (
        ("CW-DOC-025", [one for one in package.guidance if one.asked.source == "estar"]),
        ("CW-DOC-026", [one for one in package.guidance if one.asked.source != "estar"]),
        ("CW-DOC-027", package.questions),
    ):
        shown = set(re.findall(r'<tr class="\w*" id="i-([a-z]+-\d+)">', pages[number]))
        assert shown == {answer.asked.id.lower() for answer in answers}


def test_every_gap_of_the_maps_is_in_the_register_once(made):
    package = assemble(made.write(), read_catalogue(), RELEASE)
    missing = {one.missing.reason for one in (*package.guidance, *package.questions) if one.missing}
    said = [row.what for row in package.register] + [f"{row.where} {row.what}" for row in package.register]
    assert [reason for reason in missing if said.count(reason) != 1] == []


def test_forms_and_the_sign_off_are_blank(made):
    catalogue = read_catalogue()
    pages = html_of_all(catalogue, assemble(made.write(), catalogue, RELEASE))
    for number in ("CW-DOC-028", "CW-DOC-029", "CW-DOC-031"):
        signed = re.search(r'<table class="signature">.*?</table>', pages[number], re.DOTALL)
        cells = re.findall(r"<td>(.*?)</td>", signed[0], re.DOTALL)
        assert len(cells) >= 5
        assert set(cells) == {""}


def test_the_faults_of_all_lists_are_named_at_once_with_their_lines(tmp_path):
    for path in HERE.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    edit(tmp_path / "questions.yaml", "clause: The device", "claus: The device")
    edit(tmp_path / "equivalence.yaml", "differs: false", "differs: perhaps")
    edit(tmp_path / "content_map.yaml", "- {id: SC-02, source", "- {id: SC-02, sauce: x, source")
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(tmp_path)
    told = str(raised.value).splitlines()
    assert [re.sub(r".*/(\w+\.yaml):(\d+): .*", r"\1", line) for line in told] == [
        "content_map.yaml", "equivalence.yaml", "questions.yaml",
    ]  # fmt: skip
    number = int(re.search(r"content_map\.yaml:(\d+)", told[0])[1])
    assert "SC-02" in (tmp_path / "content_map.yaml").read_text().splitlines()[number - 1]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "has none of sections, not_applicable and gap"),
        ({"sections": (SECTION,), "not_applicable": "why"}, "has more than one of"),
        ({"gap": "upi"}, "gap upi is not declared; did you mean udi?"),
        ({"sections": (SECTION,), "source": "estat"}, "source estat is not in standards.yaml; did you mean estar?"),
    ],
)
def test_an_item_has_one_answer_and_names_what_exists(fields, told):
    (fault,) = find_in_asked(with_items(asked(**fields)))
    assert fault.startswith("submission/content_map.yaml:7: ")
    assert told in fault


def test_a_k_number_that_is_not_in_the_table_is_a_fault(tmp_path):
    for path in HERE.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    edit(tmp_path / "equivalence.yaml", "reference_device: K241620", "reference_device: K241602")
    with pytest.raises(CatalogueError, match="K241602 is not in its table of devices; did you mean K241620"):
        read_catalogue(tmp_path)


# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_pages_that_are_stated_are_those_of_the_pdf(good):
    stated = {document.entry.number: document.places for document in good.documents}
    for document in good.documents:
        reader = PdfReader(BytesIO(document.content))
        outline = [each for level in reader.outline for each in (level if isinstance(level, list) else [level])]
        found = sorted(reader.get_destination_page_number(bookmark) + 1 for bookmark in outline)
        assert sorted(document.places.values()) == found, document.entry.number
    for number in ("CW-DOC-025", "CW-DOC-026", "CW-DOC-027"):
        (document,) = (each for each in good.documents if each.entry.number == number)
        text = " ".join(page.extract_text() for page in PdfReader(BytesIO(document.content)).pages)
        answers = [*good.package.guidance, *good.package.questions]
        named = {place for answer in answers for place in answer.places}
        printed = re.findall(r"(CW-DOC-\d{3}) ([^,]+?), page (\d+)", " ".join(text.split()))
        assert len(printed) > 10
        for owner, title, page in printed:
            pages = {stated[owner][p.section.split("/")[1]] for p in named if (p.number, p.title) == (owner, title)}
            assert int(page) in pages, (owner, title)


def test_the_manifest_document_states_the_pages_and_digests_of_the_others(good):
    (manifest,) = (each for each in good.documents if each.entry.number == "CW-DOC-031")
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(manifest.content)).pages)
    for document in good.documents:
        if document is not manifest:
            assert document.content_sha256 in text
    for file in (good.folder / "evidence").rglob("*.*"):
        assert sha256(file.read_bytes()).hexdigest() in text


def test_pages_that_never_settle_are_an_error():
    entry = next(entry for entry in read_catalogue().documents if entry.follows)
    page = '<html lang="en"><title>x</title><h2 id="a">A</h2>{}</html>'

    def again(entries, stated):
        long = stated["pages"][entry.number] == 1
        html = page.format('<p style="break-before: page">more</p>' if long else "")
        return {one.number: print_one(one, html) for one in entries}

    with pytest.raises(RenderError, match=f"{entry.number}: the pages that they state change them without end"):
        _settle([entry], {}, again)


def test_the_place_of_a_heading_is_the_page_on_which_it_stands():
    entry = read_catalogue().documents[0]
    body = (
        '<h2 id="a"><span class="n">1</span>First</h2><p style="break-after: page">x</p><h3 id="b">Next &amp; last</h3>'
    )
    html = f'<html lang="en"><title>x</title>{body}</html>'
    assert headings_of(html) == {"a": "First", "b": "Next & last"}
    assert print_one(entry, html).places == {"a": 1, "b": 2}


def test_the_content_map_is_read_by_others_as_data():
    sections = yaml.safe_load((HERE / "content_map.yaml").read_text())["sections"]
    assert {each["section"] for each in sections} == {shown.section for shown in read_catalogue().content_map.sections}
