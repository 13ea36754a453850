"""What documents may not say: each rule stops what it should, and lets pass what it may."""

import re
from html import unescape

import pytest

from submission.content.catalogue import CatalogueError, Entry
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.content.wording import abbreviations_in, find_faults
from submission.context.assemble import answered, assemble
from submission.package.build import build
from submission.setting.render import RenderError, render_html
from submission.setting.sections import sections_of
from submission.words.folders import TEMPLATES
from verification.evidence import Gap, Project

RELEASE = "paediatric-reference"
DATE = "2001-02-03"
FORMS = ("_base.html", "_macros.html", "_standing.html")


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue()


@pytest.fixture(scope="module")
def package(make, catalogue):
    return assemble(make().write(), catalogue, RELEASE)


@pytest.fixture
def write(package, tmp_path):
    """Render a small document with this body."""

    def writing(body: str, names=None, **fields) -> tuple[Entry, str]:
        for name in FORMS:
            (tmp_path / name).write_text((TEMPLATES / name).read_text())
        (tmp_path / "small.html").write_text(
            '{% extends "_base.html" %}{% block body %}<h2 id="one">First</h2>\n' + body + "\n{% endblock %}\n"
        )
        entry = Entry(number="CW-DOC-013", title="Small", revision="1", owner_role="Quality assurance",
                      template="small.html", reader="nobody", **{"set": "working"} | fields)  # fmt: skip
        return entry, render_html(make_environment(tmp_path), entry, package, {"pages": {}, **(names or {})})

    return writing


@pytest.fixture
def told(write, catalogue):
    """The faults of a small document with this body."""

    def telling(body: str, names=None, **fields) -> list[str]:
        return find_faults([write(body, names, **fields)], catalogue, DATE)

    return telling


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The address is TBD.", "“TBD”: a mark"),
        ("TODO: the date.", "“TODO”: a mark"),
        ("Lorem ipsum dolor.", "“Lorem ipsum”: a text that stands for another"),
        ("Made by [insert name here].", "“[insert name here]”: a place to be filled in"),
        ("Made by &lt;company&gt;.", "“<company>”: a place to be filled in"),
        ("Sites will be added.", "“will”: only a plan may promise"),
        ("A study of readers is planned.", "“is planned”: only a plan"),
        ("The limit is to be determined.", "“to be determined”: only a plan"),
        ("We intend to ask readers.", "“We intend to”: only a plan"),
        ("In future versions a region is shown.", "“In future”: only a plan"),
        ("This FDA-cleared device helps.", "“FDA-cleared”: the device has no clearance"),
        ("It was approved by the FDA.", "“approved by the FDA”: the device has no clearance"),
        ("The release is cleared.", "“cleared”: the device has no clearance"),
        ("An approved medical device.", "“approved medical device”: nobody has approved"),
        ("It diagnoses pneumonia.", "“diagnoses”: the device prioritizes"),
        ("A clinically validated network.", "“clinically validated”: nothing has been validated"),
        ("A proven network.", "“proven”: evidence supports"),
        ("It reads at radiologist-level.", "“radiologist-level”: no reader"),
        ("It is as good as a radiologist.", "“as good as a radiologist”: no reader"),
        ("It rules out pneumonia.", "“rules out”: a flag points"),
        ("It complies with the standard.", "“complies with”: nobody has assessed"),
        ("A safe and effective device.", "“safe and effective”: praise"),
        ("An unflagged study is normal.", "“unflagged study is normal”: an image without a flag"),
        (
            "Images that are not flagged are read last as negative.",
            "are read last as negative”: an image without a flag",
        ),
        ("Most are normal studies.", "“normal studies”: an image without a flag"),
        ("It is not a normal image but a negative study.", "“negative study”: an image without a flag"),
        ("Made by ISO 99999.", "ISO 99999 has no row in submission/standards.yaml"),
        ("As 21 CFR 892.208 asks.", "21 CFR 892.208 has no row"),
        ("As 21 CFR 801.12 asks.", "21 CFR 801.12 has no row"),
        ("As IEC 62366-2 asks.", "IEC 62366-2 has no row"),
        ("As RFC 1149 asks.", "RFC 1149 has no row"),
        ("As TIR99 asks.", "TIR99 has no row"),
        ("The predicate is K999999.", "K999999 is not in submission/devices.yaml"),
        ('As <span class="id">K999999</span>s label says.', "K999999 is not in submission/devices.yaml"),
        ("See CW-DOC-999.", "CW-DOC-999 is no document of the package"),
        ('<a href="#nowhere">There</a>', "a link leads to #nowhere, which this document has not"),
        ('<a class="x ref" href="#nowhere">There</a>', "a link leads to #nowhere"),
        ('<a class="ref" href="#nowhere">see section two</a>', "“see section two” sends the reader to #nowhere"),
        ("A QZX of its own.", "QZX is explained nowhere in submission/wording.yaml"),
        ("Many QZXs.", "QZX is explained nowhere"),
        ("The AP/QZX view.", "QZX is explained nowhere"),
        ('<img src="" alt="A drawing of a QZX">', "QZX is explained nowhere"),
    ],
)
def test_it_stops(told, text, why):
    found = told(f"<p>{text}</p>")
    assert all(fault.startswith("CW-DOC-013") and "(small.html)" in fault for fault in found)
    assert [fault for fault in found if why in fault]


@pytest.mark.parametrize(
    "text",
    [
        "The address is not recorded.",
        "<code>clearway evaluate &lt;name&gt;</code>",
        "Willing readers have to be found. The goodwill of a site; Will Example (fictitious).",
        "An image that is to be read first.",
        "Each is planned at ninety per cent.",
        "It is not approved; no cleared device was found.",
        "An approved protocol, and a policy approved in the quality system.",
        "It does not diagnose. A clinical diagnosis is made from symptoms.",
        "Software of unknown provenance; a status is unproven. Estimates are invalidated.",
        "Nothing was validated.",
        "An unflagged image is not a normal image. Not flagged is not negative.",
        "Radiographs read as normal against radiographs read as pneumonia.",
        "Reference standard negative; a group with few negative images is descriptive.",
        "The message names diagnose",
        "As 21 CFR 892.2080(b)(1) asks, and 21 CFR Part 11; PS3.3 C.7.6 and DICOM PS3.10.",
        "CR34971, AAMI CR34971 and ANSI/AAMI SW96; ISO 14971:2019; IEC 62304:2006.",
        "The candidate is K232410.",
        "See CW-DOC-006.",
        'See <a href="#one">the first section</a>.',
        '<a class="ref" href="#nowhere">SRS-999</a>',
        "SRS-001, CRIT-PD-2, HAZ-901/AC1 and CW-DOC-006.",
        "An AP view of many UIDs, in JPEG-LS; BSD-3-Clause OR MIT.",
        "The value is CHEST; the criterion is NOT MET.",
        '<code>QZX</code> <span class="id">QZX-A</span> <span class="hash">QZX</span>',
        '<span class="quoted">QZX will be TODO</span>',
    ],
)
def test_it_lets_pass(told, text):
    assert told(f"<p>{text}</p>") == []


def test_only_a_plan_may_promise(told):
    body = "<p>Sites will be added by the owner on the date.</p>"
    assert len(told(body)) == 1
    assert told(body, plan=True) == []
    assert "“proven”" in told(f"{body}<p>A proven network.</p>", plan=True)[0]


def test_what_closes_a_gap_is_no_promise_and_its_reason_is(told):
    closed = Gap(reason="nobody has read it", closes="readers will be asked")
    assert told("<p>{{ gap }}</p>", {"gap": closed}) == []
    promised = Gap(reason="readers will be asked", closes="ask them")
    assert "“will”" in told("<p>{{ gap }}</p>", {"gap": promised})[0]


def test_a_fault_names_the_section_and_the_words_around_it_and_how_often_it_stands(told):
    body = '<p>It helps.</p><h3 id="two">Second</h3><p>Here a proven network is used.</p><p>A proven one.</p>'
    (fault,) = told(body)
    assert fault == (
        "CW-DOC-013, “1.1 Second”: “Here a proven network is used.” (small.html): “proven”: evidence supports a "
        "statement and proves none; 1 more like it"
    )


def test_all_faults_of_all_documents_are_told_in_one_pass(write, catalogue):
    first, second = write("<p>Lorem ipsum. A proven QZX.</p>"), write("<p>See K999999.</p>")
    found = find_faults([first, second], catalogue, DATE)
    assert [fault.rpartition("): ")[2].split(" ")[0] for fault in found] == ["“Lorem", "“proven”:", "QZX", "K999999"]


@pytest.mark.parametrize(
    ("checked", "told"),
    [
        (None, None),
        ("2001-02-03", None),
        ("2000-02-04", None),
        ("2000-02-03", "366 days before the commit"),
        ("2001-02-04", "-1 days before the commit"),
        ("last year", "which is no date"),
    ],
)
def test_a_fact_that_was_checked_long_ago_stops_the_build(catalogue, replace, checked, told):
    from dataclasses import replace as replaced

    first, *others = catalogue.standards
    changed = replaced(catalogue, standards=(replace(first, checked_on=checked), *others))
    found = find_faults([], changed, DATE)
    assert len(found) == (told is not None)
    assert all(f"{first.id} was checked on {checked}, {told}" in fault for fault in found)


def listed(html: str) -> list[str]:
    """The abbreviations that the last line of a document explains."""
    line = html.partition('<p class="abbreviations">')[2].partition("</p>")[0]
    return [unescape(short) for short in re.findall(r"<b>(.*?)</b>", line)]


def test_a_document_explains_the_abbreviations_that_it_uses_and_no_others(write):
    html = write("<p>An AP view of many UIDs, as <code>PACS</code> stores it. NOT MET.</p>")[1]
    assert listed(html) == ["AP", "UID"]
    assert "anteroposterior" in html
    assert listed(write("<p>Nothing to explain.</p>")[1]) == []


@pytest.fixture(scope="module")
def documents(package, catalogue):
    """Every document of the package, on made-up evidence."""
    environment, none = make_environment(), {"pages": {entry.number: None for entry in catalogue.documents}}
    drafts = {
        entry.number: sections_of(render_html(environment, entry, package, none)) for entry in catalogue.documents
    }
    whole = answered(package, catalogue, drafts)
    return [(entry, render_html(environment, entry, whole, none)) for entry in catalogue.documents]


def test_no_document_of_the_package_has_a_fault(documents, catalogue):
    assert find_faults(documents, catalogue, DATE) == []


def test_every_document_of_the_package_explains_what_it_uses(documents, catalogue):
    for entry, html in documents:
        assert listed(html) == [one.short for one in abbreviations_in(html, catalogue.wording)], entry.number


def test_a_fault_stops_the_build_before_a_page_is_set_and_leaves_the_old_package_whole(good, tmp_path, monkeypatch):
    import shutil

    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path / "cache"))

    project = Project(good.folder.parent.parent)
    before = {path: path.read_bytes() for path in good.folder.rglob("*") if path.is_file()}
    templates = shutil.copytree(TEMPLATES, tmp_path / "templates")
    path = templates / "anomalies.html"
    path.write_text(path.read_text().replace("{% block body %}\n", "{% block body %}\n<p>A proven list of 7.</p>\n"))
    with pytest.raises(RenderError) as raised:
        build(project, RELEASE, templates=templates)
    lines = str(raised.value).splitlines()
    assert [line.partition(";")[0] for line in lines if not line.startswith("CW-DOC-")] == ["wording: 1"]
    assert not (tmp_path / "cache").exists()
    assert {path: path.read_bytes() for path in good.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("reviewed_by: null\n", "reviewed_by: null\nnonesuch: 1\n", "unknown field `nonesuch`"),
        ("reviewed_by: null\n", "", "missing required field `reviewed_by`"),
        ("citations:\n", "citations:\n- '(\\d'\n", "missing ), unterminated subpattern"),
        ("short: AP,", "short: PA,", "PA occurs twice"),
    ],
)
def test_a_fault_of_the_lists_is_named(tmp_path, old, new, told):
    import shutil

    folder = tmp_path / "submission"
    folder.mkdir()
    for path in TEMPLATES.parent.glob("*.yaml"):
        shutil.copy(path, folder)
    path = folder / "wording.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(CatalogueError, match=r"submission/wording\.yaml: ") as raised:
        read_catalogue(folder)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "text",
    ["It is kept in git.", "At this commit.", "A pytest run.", "The feature files.", "By the generator.",
     "It is rendered from evidence.", "The coverage is high.", "See the Gap Register.", "GAP-001 is open.",
     "See the Reviewer Questions."],
)  # fmt: skip
def test_what_is_the_teams_own_stands_in_no_filed_document(told, text):
    (fault,) = told(f"<p>{text}</p>", set="filed")
    assert "CW-DOC-013" in fault
    assert told(f"<p>{text}</p>", set="working") == []


def test_what_a_program_said_may_be_quoted_in_a_filed_document(told):
    assert told('<p>It said <span class="quoted">no commit</span> of <code>pre-commit</code>.</p>', set="filed") == []


BRITISH = "analysed", "Grey values", "the licence", "a paediatric study", "prioritisation", "the node analyses it"


@pytest.mark.parametrize("spelled", BRITISH)
def test_british_spelling_stops_a_build(told, spelled):
    (fault,) = told(f"<p>Here: {spelled}.</p>")
    assert "spelled as in Britain" in fault


@pytest.mark.parametrize("spelled", ["analyzed by two analyses", "an exercise, otherwise precise", "Annalise", RELEASE])
def test_what_is_spelled_as_in_the_united_states_passes(told, spelled):
    assert told(f"<p>Here: {spelled}.</p>") == []


POPULATIONS = re.compile(r"\b(adults?|child(ren)?|pa?ediatric|infants?|NIH|Kermany|RSNA)\b", re.IGNORECASE)
"""Names of patients and collections that this package happens to be of."""


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.stem)
def test_a_template_names_no_population_of_its_own(template):
    """Whom a release is for stands in its files. What the law asks on children is asked of every device."""
    said = template.read_text(encoding="utf-8").replace('one("adult-size")', "")  # the id of an analysis
    if template.name == "pivotal_plan.html":
        before, _, rest = said.partition('<h2 id="children">')
        said = before + rest.partition("<h2")[2]
    assert not (found := POPULATIONS.search(said)), f"{found[0]!r}: take it from evidence"


def test_no_document_has_a_population_in_its_title(catalogue):
    assert not [entry.title for entry in catalogue.documents if POPULATIONS.search(entry.title)]
