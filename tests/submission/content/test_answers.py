"""What is asked of a package and what it answers: found out at each build, by section, page and evidence."""

import re
from dataclasses import replace as with_fields
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import yaml
from markupsafe import escape
from pypdf import PdfReader

from submission.content.answers import CLOSED, NOT_SUPPORTED, Section, Status
from submission.content.catalogue import Asked, CatalogueError, Characteristic, pinned
from submission.content.environment import make_environment
from submission.content.reading import find_in_asked, read_catalogue
from submission.context.assemble import answered, assemble
from submission.package.typesetting import _settle, draft_documents
from submission.setting.render import RenderError, print_one, render_html
from submission.setting.sections import sections_of
from submission.words.folders import HERE
from submission.words.ledger import strip_claims
from verification.evidence import Gap, LinkStatus, NotApplicable, Security, SecurityAnswer

pytestmark = pytest.mark.slow

RELEASE = "paediatric-reference"
SECTION = "CW-DOC-011/criteria"


def asked(**fields) -> Asked:
    values = {"id": "X-1", "asks": "Something fictitious", "source": "estar", "line": "submission/content_map.yaml:7"}
    return Asked(**values | fields)


def with_items(*items: Asked):
    catalogue = read_catalogue()
    content_map = msgspec.structs.replace(catalogue.content_map, items=items)
    presub = msgspec.structs.replace(catalogue.presub, questions=())
    return with_fields(catalogue, content_map=content_map, questions=(), presub=presub)


def answers_of(project, *items: Asked):
    return assemble(project, with_items(*items), RELEASE)


def the_rows(package, text: str):
    return [(row, one) for row in package.register for one in row.found if text in one.what]


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
    ((row, found),) = the_rows(answers_of(made.write(), *items), "There is no document for CW-DOC-999/any")
    assert found.of == ("X-1", "X-2")
    assert (row.severity, bool(row.consequence), bool(found.closes)) == ("major", True, True)


def test_a_declared_gap_is_not_listed_again(made):
    package = answers_of(
        made.write(), asked(gap="sources"), asked(id="X-2", sections=(SECTION,), evidence=("declared.sources",))
    )
    assert [answer.missing.registered for answer in package.guidance] == ["GAP-015", "GAP-015"]
    assert len([row for row in package.register if "No regulatory fact of this package" in row.what]) == 1
    assert the_rows(package, "No regulatory fact of this package") == []


def test_a_fact_that_is_not_entered_is_asked_for_in_the_row_of_its_cause(made):
    items = [
        asked(id=f"X-{path}", sections=(SECTION,), evidence=(path,)) for path in ("sponsor.udi_di", "sponsor.predicate")
    ]
    package = answers_of(made.write(), *items)
    assert [answer.missing.registered for answer in package.guidance] == ["GAP-008", "GAP-003"]
    assert package.guidance[0].missing.closes == "enter udi_di in submission/sponsor.yaml"
    assert "X-sponsor" not in "".join(row.where for row in package.register)


@pytest.mark.parametrize("name", ["nonesuch", "criteria"])
def test_a_section_counts_only_if_the_rendered_document_has_it(made, name):
    catalogue = with_items(asked(sections=(f"CW-DOC-011/{name}",)))
    package = assemble(made.write(), catalogue, RELEASE)
    assert package.guidance[0].status is Status.ANSWERED  # nobody has looked yet
    sections = {number: sections_of(html) for number, html in html_of_all(catalogue, package).items()}
    (answer,) = answered(package, catalogue, sections).guidance
    if name == "criteria":
        assert (answer.missing, answer.places[0].title) == (None, "Acceptance criteria")
    else:
        assert answer.missing.reason == "The document has no section CW-DOC-011/nonesuch"


def test_an_answer_that_cites_a_section_with_a_gap_is_answered_in_part(made):
    catalogue = with_items(asked(sections=(SECTION,)))
    package = assemble(made.write(), catalogue, RELEASE)
    sections = {"CW-DOC-011": {"criteria": Section("Criteria", ("the pixels are unknown", "No person has looked"))}}
    (answer,) = answered(package, catalogue, sections).guidance
    assert (answer.status, answer.missing) == (Status.PARTLY, None)
    assert [one.reason for one in answer.open] == ["the pixels are unknown", "No person has looked"]


def test_what_one_item_says_is_missing_in_a_section_is_missing_for_all_that_cite_it(made):
    first, second = (
        asked(sections=(SECTION,)),
        asked(id="X-2", sections=(SECTION,), evidence=("declared.native_pixels",)),
    )
    (alone,) = answers_of(made.write(), first).guidance
    assert alone.status is Status.ANSWERED
    one, two = answers_of(made.write(), first, second).guidance
    assert (one.status, two.status) == (Status.PARTLY, Status.GAP)
    assert one.open[0].registered == two.missing.registered == "GAP-007"


@pytest.mark.parametrize(
    ("names", "reasons"),
    [
        ('"SEC-01"', []),
        ('"SEC-02"', ["nobody looked"]),
        ('"SEC-03"', []),
        ('"testing"', ["nobody looked", "nobody tried"]),
    ],
)
def test_an_answer_on_security_is_that_of_the_security_file(made, replace, names, reasons):
    def question(number: int, gap) -> SecurityAnswer:
        return SecurityAnswer(id=f"SEC-0{number}", title="Fictitious", text="Said.", refs=(), gap=gap)

    gaps = [None, Gap(reason="nobody looked", closes="look"), NotApplicable(reason="no such thing")]
    testing = [question(number, gap) for number, gap in enumerate(gaps, 1)]
    testing += [question(4, Gap(reason="nobody tried", closes="try"))]
    security = Security(views=(), use_cases=(), control_categories=(), testing=tuple(testing), plan=())
    made.parts["trace"] = replace(made.parts["trace"], security=security)
    item = asked(sections=(SECTION,), evidence=(f"trace.security | said({names})",))
    (answer,) = answers_of(made.write(), item).guidance
    found = [one.reason for one in (answer.missing, *answer.open) if one]
    assert (answer.status, found) == (Status.GAP if reasons else Status.ANSWERED, reasons)


def test_a_question_that_the_security_file_does_not_have_is_a_gap_and_our_maps_ask_none(made):
    item = asked(sections=(SECTION,), evidence=('trace.security | said("SEC-99")',))
    (answer,) = answers_of(made.write(), item).guidance
    assert answer.missing.reason == "The security file does not say it"
    has = set(re.findall(r"\bSEC-\d+", (HERE.parent / "risk/security.yaml").read_text()))
    assert set(re.findall(r"\bSEC-\d+", (HERE / "content_map.yaml").read_text())) <= has


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
        "id": name, "title": name, "about": "technology", "says": "fictitious", "shows": ("device.name",),
        "predicate": "something else", "differs": True, "other_question": False, "why": "made up",
        "closes": "evidence", "line": "submission/equivalence.yaml:9",
    }  # fmt: skip
    return Characteristic(**values | fields)


def compared(project, *rows: Characteristic, predicate="K232410"):
    catalogue = read_catalogue()
    stated = msgspec.structs.replace(catalogue.equivalence, rows=rows)
    sponsor = msgspec.structs.replace(catalogue.sponsor, predicate=predicate)
    return assemble(project, with_fields(catalogue, equivalence=stated, sponsor=sponsor), RELEASE).comparison


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
        {"evidence": GOOD, "shows": ("sponsor.udi_di",)},
        {"differs": False, "shows": ("sponsor.udi_di",)},
    ],
)
def test_what_is_not_shown_keeps_a_difference_open(made, fields):
    assert compared(made.write(), row("Finding", **fields)).conclusion == NOT_SUPPORTED


def test_each_decision_of_the_review_follows_from_the_rows(made):
    project = made.write()
    use = row("Finding", about="use", evidence=GOOD)

    def answers(*rows: Characteristic, predicate="K232410") -> dict[str, str]:
        decisions = compared(project, *rows, predicate=predicate).decisions
        assert [one.leaves_by for one in decisions] == ["no", "no", "yes", "yes", "no", "no"]
        return {one.asks.split()[0]: one.answer for one in decisions}

    whole = {"1": "open", "2": "yes", "3": "no", "4": "no", "5a": "open", "5b": "yes"}
    assert answers(use, row("Input", evidence=GOOD)) == whole
    assert answers(use, row("Input", differs=False)) == whole | {"3": "yes"}
    assert answers(use, row("Input", differs=None)) == whole | {"3": "open", "5b": "no"}
    assert answers(use, row("Input", other_question=True)) == whole | {"4": "yes", "5b": "no"}
    assert answers(row("Finding", about="use", other_question=None)) == whole | {"2": "open", "3": "yes", "5b": "no"}
    assert answers(row("Finding", about="use", other_question=True))["2"] == "no"


def test_a_row_stands_beside_the_record_of_the_device_that_was_chosen(made):
    found = compared(made.write(), row("Age", of="age", predicate=None), predicate="K250831")
    assert found.against.k_number == "K250831"
    assert found.rows[0].theirs[0].words == "patients who are 22 years or older"
    unread = compared(made.write(), row("Time", of="time", predicate=None, evidence=GOOD), predicate="K250831")
    assert (unread.rows[0].theirs[0], unread.rows[0].standing) == (None, "open")


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
    ((row, found),) = the_rows(package, "What the candidate predicates have here was not read")
    assert (row.id, row.severity) == ("GAP-095", "critical")
    assert "comparison: truth" in "".join(found.of)


def test_the_public_summary_compares_in_words_and_in_no_ids(made):
    catalogue = read_catalogue()
    package = assemble(made.write(), catalogue, RELEASE)
    page = html_of_all(catalogue, package)["CW-DOC-003"]
    table = page.split('id="technology"')[1].split("<h2 ")[0]
    assert [row.row.id for row in package.comparison.rows if escape(row.row.says) not in strip_claims(table)] == []
    assert "“" in table  # what was read of the other device
    assert re.findall(r"\b(?:UN|SYS|SRS|RC|HAZ)-\d{3}\b", table) == []


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


def test_no_row_of_the_maps_says_more_than_the_pages_that_it_cites(made):
    catalogue = read_catalogue()
    drafts = draft_documents(make_environment(), catalogue, assemble(made.write(), catalogue, RELEASE))
    package = drafts.package
    printed = {f"{e.number}/{name}": s.gaps for e, page in drafts.html.items() for name, s in sections_of(page).items()}
    answers = (*package.guidance, *package.questions)
    wrong = [one.id for one in answers if one.status is Status.ANSWERED for s in one.asked.sections if printed[s]]
    assert wrong == []
    clauses = [clause for each in package.proposals.compliance for clause in each.clauses]
    covered = [clause for clause in clauses if clause.standing == "covered"]
    assert [one.clause for one in covered if any(printed.get(section) for section in one.shown_by)] == []
    lacking = {(s, e) for one in answers for s in one.asked.sections for e in one.asked.evidence if e in DECLARED}
    bare = {section for section, _ in lacking}
    assert [one.id for one in answers if one.status is Status.ANSWERED and bare & {*one.asked.sections}] == []
    assert {one.status for one in answers} == {*Status}


DECLARED = {f"declared.{gap.key}" for gap in read_catalogue().gaps.causes if gap.declared}


def test_every_gap_of_the_maps_is_in_the_register_once(made):
    package = assemble(made.write(), read_catalogue(), RELEASE)
    missing = {one.missing.reason for one in (*package.guidance, *package.questions) if one.missing}
    rows = {row.id for row in package.register}
    assert [
        one for one in (*package.guidance, *package.questions) if one.missing and one.missing.registered not in rows
    ] == []
    said = [one.what for row in package.register for one in row.found]
    assert [reason for reason in missing if said.count(reason) > 1] == []


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
        ({"not_applicable": "why", "evidence": ("sponsor.udi_di",)}, "does not apply and names evidence"),
        ({"gap": "sourcs"}, "gap sourcs is not declared; did you mean sources?"),
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
    edit(tmp_path / "equivalence.yaml", "k_number: K241620", "k_number: K241602")
    with pytest.raises(CatalogueError, match=r"K241602 is not in devices\.yaml; did you mean K241620"):
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
    assert {name: found.title for name, found in sections_of(html).items()} == {"a": "First", "b": "Next & last"}
    assert print_one(entry, html).places == {"a": 1, "b": 2}


def test_the_content_map_is_read_by_others_as_data():
    sections = yaml.safe_load((HERE / "content_map.yaml").read_text())["sections"]
    assert {each["section"] for each in sections} == {shown.section for shown in read_catalogue().content_map.sections}
