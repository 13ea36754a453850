"""The package as a whole: built, blocked, total in its gaps, the same bytes twice, never half-written."""

import json
import re
import subprocess
import sys
from io import BytesIO
from multiprocessing import active_children
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from submission.cli import submission
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.package.build import BuildError, build
from submission.package.progress import Progress
from submission.setting.press import Printed
from submission.setting.prints import find_folder
from submission.setting.render import RenderError, print_one, render_html
from submission.words.ledger import strip_claims
from verification.evidence import EVIDENCE_FILES, Project, ResultStatus

pytestmark = pytest.mark.slow

RELEASE = "paediatric-reference"
BANNER = "REFERENCE RELEASE, NOT FOR SUBMISSION"


def text_of(path: Path) -> list[str]:
    with PdfDocument(path) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def pages_as_html(project, release=RELEASE) -> dict[str, str]:
    """Every document before it is set: enough to see what it says."""
    catalogue = read_catalogue()
    package, environment = assemble(project, catalogue, release), make_environment()
    pages = {entry.number: None for entry in catalogue.documents}
    made = {e.number: render_html(environment, e, package, {"pages": pages}) for e in catalogue.documents}
    return {number: strip_claims(html) for number, html in made.items()}


ANEW = ("CW-DOC-000", "CW-DOC-003", "CW-DOC-006")
"""Documents with all that a page can hold, contents of other documents, charts and long tables among it."""


@pytest.fixture(scope="module")
def elsewhere(good, make, tmp_path_factory):
    """Good evidence, built by the command in another process and folder; the checkout, and what the process said.

    That process sets some documents anew, and takes the others from what is kept of a markup that is the same.
    """
    project, cache = make().write(), tmp_path_factory.mktemp("cache")
    anew = [document.content for document in good.documents if document.entry.number in ANEW]
    (cache / "prints").mkdir()
    for path in find_folder().glob("*.print"):
        if not any(content.startswith(sheets_in(path)) for content in anew):
            (cache / "prints" / path.name).symlink_to(path)
    run = f"submission(['build', '--project', {str(project.root)!r}])"
    code = f"import sys; from submission.cli import submission; sys.exit({run})"
    environment = {"PYTHONHASHSEED": "7", "PATH": "/usr/bin", "CLEARWAY_CACHE": str(cache)}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    own = [path for path in (cache / "prints").iterdir() if not path.is_symlink()]
    assert sum(any(content.startswith(sheets_in(path)) for path in own) for content in anew) == len(ANEW)
    return project, process


def sheets_in(path: Path) -> bytes:
    """The pages that a kept print holds, as they begin a PDF; of one that an earlier version kept, what begins none."""
    try:
        return msgspec.msgpack.decode(path.read_bytes().partition(b"\n")[2], type=Printed).sheets.content
    except msgspec.MsgspecError:
        return b"none"


def test_good_evidence_gives_every_document_and_exit_0(elsewhere):
    project, process = elsewhere
    assert process.returncode == 0, process.stderr
    manifest = json.loads((project.submission / "manifest.json").read_text())
    assert [d["number"] for d in manifest["documents"]] == [d.number for d in read_catalogue().documents]
    assert manifest["state"] == "reference"
    assert manifest["statuses"]["passed"] == 12
    assert "criteria met: 0 of 1" in process.stdout
    assert "CRIT-1: NOT MET" in process.stdout


def test_every_page_of_a_reference_release_says_so_and_numbers_itself(good):
    for document in good.documents:
        pages = text_of(good.folder / document.entry.file)
        assert len(pages) == document.pages
        for number, page in enumerate(pages, start=1):
            assert BANNER in page
            assert f"Page {number} of {len(pages)}" in page
            assert "BLOCKED" not in page


def test_another_process_in_another_folder_gives_the_same_bytes(good, elsewhere):
    project, _ = elsewhere
    first, second = (
        {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        for folder in (good.folder, project.submission)
    )
    assert project.submission != good.folder
    assert sorted(first) == sorted(second)
    others = 2 + len(EVIDENCE_FILES) + 1 + 1  # manifest and its digest, the evidence, a bill and the catalog
    others += 1 + 3  # the matrix as a workbook; the release's own digests, description and card
    assert len(first) == 3 * len(read_catalogue().documents) + others  # a PDF, its claims and its text
    assert [name for name in first if first[name] != second[name]] == []


def one_document(project, number: str):
    entry = next(entry for entry in read_catalogue().documents if entry.number == number)
    return print_one(entry, pages_as_html(project)[number])


def text_of_document(document) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(document.content)).pages).split())


def fonts_of(content: bytes) -> set[str]:
    pages = PdfReader(BytesIO(content)).pages
    fonts = (page["/Resources"]["/Font"].values() for page in pages)
    return {str(font.get_object()["/BaseFont"]) for found in fonts for font in found}


def test_no_font_of_the_system_is_used(good):
    for document in good.documents:
        names = {name.split("+")[1] for name in fonts_of(document.content)}
        assert names
        assert all(name.startswith(("Clearway-Sans", "Clearway-Mono")) for name in names)


def test_characters_that_our_fonts_lack_are_named_by_their_code_points(made, replace):
    found = made.parts["verification"]
    odd = replace(found.results[0], name="水 🫁 ≥ σ")
    made.parts["verification"] = replace(found, results=(odd, *found.results[1:]))
    assert "[U+6C34] [U+1FAC1] ≥ σ" in text_of_document(one_document(made.write(), "CW-DOC-009"))


def test_a_character_of_a_template_that_our_fonts_lack_is_an_error():
    entry = read_catalogue().documents[0]
    with pytest.raises(RenderError, match=r"CW-DOC-000 \(package_summary\.html\): U\+6C34 is in no font of"):
        print_one(entry, "<html lang=en><title>x</title><p>水</p></html>")


def test_contents_name_the_page_on_which_each_section_stands(good):
    for document in (document for document in good.documents if not document.entry.brief):
        reader = PdfReader(BytesIO(document.content))
        contents = " ".join(reader.pages[0].extract_text().split())
        bookmarks = [entry for entry in reader.outline if not isinstance(entry, list)]
        assert bookmarks
        for bookmark in bookmarks:
            page = reader.get_destination_page_number(bookmark) + 1
            title = re.sub(r"^\d+\s*", "", " ".join(str(bookmark.title).split()))
            line = re.search(rf"{re.escape(title)} ?[. ]*(\d+)\b", contents)
            assert line is not None, (document.entry.number, title)
            assert int(line[1]) == page, (document.entry.number, title)


def test_the_matrix_leads_from_a_need_down_to_the_criteria_of_studies_with_what_came_of_each(made, studied):
    said = words_of(pages_as_html(studied(made).write())["CW-DOC-010"])
    row = "SYS-902 Fictitious SYS-902 , AC1 : A fictitious expectation holds. CRIT-1 lower limit of Sensitivity ≥ 0.750"
    assert f"{row} NOT MET gap ; CRIT-1 is NOT MET" in said
    assert "CRIT-2 lower limit of AUROC &gt; 0.700 no result gap ; CRIT-2 has no estimate" in said
    assert "SYS-902 AC1 : CRIT-1 NOT MET , gap · AC1 : CRIT-2 no result , gap" in said
    assert "SYS-901 → SRS-901 SRS-901/AC1 passed" in said


def test_html_in_evidence_is_shown_not_obeyed(made, replace):
    trace = made.parts["trace"]
    mean = replace(trace.items[2], text="<script>alert(1)</script> & <h2 id='x'>gone</h2>")
    made.parts["trace"] = replace(trace, items=(*trace.items[:2], mean, *trace.items[3:]))
    html = pages_as_html(made.write())["CW-DOC-006"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;h2 id=&#39;x&#39;&gt;gone" in html
    assert "<script" not in html


def test_an_identifier_of_10000_characters_is_shortened_in_its_middle(made, replace):
    trace = made.parts["trace"]
    long = "SRS-" + "9" * 9_996
    item = replace(trace.items[2], id=long)
    made.parts["trace"] = replace(trace, items=(*trace.items[:2], item, *trace.items[3:]))
    said = text_of_document(one_document(made.write(), "CW-DOC-006")).replace(" ", "")
    assert f"{long[:48]}…{long[-48:]}" in said


@pytest.mark.parametrize("status", ["failed", "error", "skipped", "xfailed", "xpassed", "undefined", "not_run"])
def test_only_a_clean_pass_does_not_block(made, replace, status):
    found = made.parts["verification"]
    bad = replace(found.results[3], status=ResultStatus(status))
    made.parts["verification"] = replace(found, results=(*found.results[:3], bad, *found.results[4:]))
    (issue,) = assemble(made.write(), read_catalogue(), RELEASE).blocking
    assert issue.where == "verification/features/gate.feature:40"
    assert f"gate/case-4 is {status.replace('_', ' ')}" in issue.message


@pytest.fixture
def failed(made, replace):
    """A checkout with a scenario that failed."""
    found = made.parts["verification"]
    bad = replace(found.results[3], status=ResultStatus.FAILED)
    made.parts["verification"] = replace(found, results=(*found.results[:3], bad, *found.results[4:]))
    return made.write()


@pytest.mark.parametrize("asked", [[], ["--only", "13"]])
def test_a_blocked_package_is_not_set_unless_asked_and_the_reasons_are_told(
    failed, capsys, tmp_path, monkeypatch, asked
):
    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path))
    assert submission(["build", "--project", str(failed.root), *asked]) == 1
    said = capsys.readouterr().out
    assert "gate/case-4 is failed" in said
    assert "BLOCKED       blocking issues: 1; nothing is set; `--blocked`" in said
    assert not failed.submission.exists()
    assert not (failed.root / "build" / "preview").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_scenario_stands_on_every_page_of_a_blocked_package_and_exits_1(failed, capsys):
    assert submission(["build", "--blocked", "--project", str(failed.root)]) == 1
    assert "gate/case-4 is failed" in capsys.readouterr().out
    paths = sorted(failed.submission.glob("*.pdf"))
    assert len(paths) == len(read_catalogue().documents)
    for path in paths:
        pages = text_of(path)
        assert "gate/case-4 is failed" in pages[0]
        for page in pages:
            assert "BLOCKED scenario-failed" in page
            assert BANNER in page


def test_a_few_documents_are_set_to_look_at_and_called_no_package(made, good, capsys):
    project = made.write()
    assert submission(["build", "--only", "13", "CW-DOC-014", "--project", str(project.root)]) == 0
    said = capsys.readouterr().out
    folder = project.root / "build" / "preview"
    files = [one.entry.file for one in good.documents if one.entry.number in ("CW-DOC-013", "CW-DOC-014")]
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)
    assert all(str(folder / file) in said for file in files)
    assert "no package: no other document, no manifest" in said
    assert not project.submission.exists()
    for file in files:
        assert text_of(folder / file) == text_of(good.folder / file)


def test_a_few_documents_are_not_put_into_a_package_and_must_exist(good, capsys):
    root, before = str(good.folder.parent.parent), sorted(good.folder.iterdir())
    assert submission(["build", "--only", "13", "--output", str(good.folder), "--project", root]) == 1
    assert "holds a package, which a few documents would spoil" in capsys.readouterr().err
    assert submission(["build", "--only", "999", "--project", root]) == 1
    assert "CW-DOC-999: no such document; there are CW-DOC-000, " in capsys.readouterr().err
    assert sorted(good.folder.iterdir()) == before


def test_an_interrupted_build_leaves_no_process_and_the_old_package(made, tmp_path, monkeypatch, capsys):
    project = made.write()
    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path))

    def interrupt(_, text, share):
        if share:
            assert text.startswith("CW-DOC-")
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "__call__", interrupt)
    assert submission(["build", "--project", str(project.root)]) == 130
    assert "interrupted; the folder is as it was" in capsys.readouterr().err
    assert active_children() == []
    assert not project.submission.exists()
    assert list((tmp_path / "prints").glob("*.print"))


def test_the_test_report_says_where_a_scenario_failed_and_what_was_seen(made, replace):
    found = made.parts["verification"]
    step = replace(found.results[3].steps[-1], status=ResultStatus.FAILED, observed="it was refused as VIEW")
    steps = (*found.results[3].steps[:-1], step)
    bad = replace(found.results[3], status=ResultStatus.FAILED, steps=steps, message="assert VIEW == AGE")
    made.parts["verification"] = replace(found, results=(*found.results[:3], bad, *found.results[4:]))
    html = pages_as_html(made.write())
    for number in ("CW-DOC-009", "CW-DOC-013"):
        text = words_of(html[number])
        assert f"{bad.file}, line {bad.line}" in text
        assert f"At the step “ {step.keyword} {step.text} ” it observed “ it was refused as VIEW ”." in text
        assert "assert VIEW == AGE" in text


def test_a_changed_input_and_a_dirty_checkout_block(made):
    project = made.write()
    (project.root / "requirements_spec" / "SRS-901.yaml").write_text("id: SRS-902\n")
    codes = {issue.code for issue in assemble(project, read_catalogue(), RELEASE).blocking}
    assert codes == {"evidence-stale", "checkout-dirty"}


def test_a_study_of_another_release_blocks(made, replace):
    studies = made.parts["studies"]
    other = replace(studies.studies[0], release_digest="0" * 64)
    made.parts["studies"] = replace(studies, studies=(other, studies.studies[1]))
    blocking = assemble(made.write(), read_catalogue(), RELEASE).blocking
    assert "digest-mismatch" in {issue.code for issue in blocking}


def test_a_trace_that_is_judged_for_another_release_blocks(made, replace):
    made.parts["trace"] = replace(made.parts["trace"], release="adult-nih")
    (issue,) = assemble(made.write(), read_catalogue(), RELEASE).blocking
    assert (issue.code, issue.hint) == ("trace-other-release", f"run `clearway trace --release {RELEASE}`")
    assert assemble(made.write(), read_catalogue(), "adult-nih").blocking == ()


@pytest.mark.parametrize("missing", ["device", "verification", "trace", "studies", "datasets", "supply"])
def test_missing_evidence_is_a_gap_in_documents_that_are_still_rendered(made, missing):
    del made.parts[missing]
    project = made.write()
    assert [issue.code for issue in assemble(project, read_catalogue(), RELEASE).blocking] == ["evidence-missing"]
    html = pages_as_html(project)
    assert len(html) == len(read_catalogue().documents)
    assert f"{missing}.json has not been made" in words_of(html["CW-DOC-014"])


def test_no_evidence_at_all_still_gives_blocked_documents_without_a_path_of_the_machine(made):
    made.parts.clear()
    project = made.write()
    built = build(project, RELEASE, blocked=True)
    assert built.package.state == "blocked"
    assert json.loads((built.folder / "manifest.json").read_text())["release"] is None
    for document in built.documents:
        for page in text_of(built.folder / document.entry.file):
            assert f"BLOCKED evidence-missing ({len(EVIDENCE_FILES)})" in page
            assert str(project.root) not in page


def test_a_release_without_weights_has_gaps_and_is_not_blocked(made):
    project = made.write()
    assert assemble(project, read_catalogue(), "adult-nih").blocking == ()
    card = words_of(pages_as_html(project, "adult-nih")["CW-DOC-004"])
    assert "the weights are not built" in card
    assert "fictitious network" not in card


def test_an_unknown_release_is_blocked_and_named(made):
    (issue,) = assemble(made.write(), read_catalogue(), "nonesuch").blocking
    assert issue.code == "release-unknown"
    assert "'nonesuch'" in issue.message


def copy_templates(folder: Path) -> Path:
    import shutil

    from submission.words.folders import TEMPLATES

    return Path(shutil.copytree(TEMPLATES, folder / "templates"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{{ nonesuch }}", "'nonesuch' is undefined"),
        ("{{ release.nonesuch }}", "has no attribute 'nonesuch'"),
        ("{{ counts.nonesuch | count }}", "has no attribute 'nonesuch'"),
        ("{{ counts.scenarios }}", "bare number 12"),
        ("{{ cite('nonesuch') }}", "'nonesuch' is not in submission/standards.yaml"),
        ("{% for %}", "Expected an expression"),
    ],
)
def test_a_fault_of_a_template_is_named_by_line_and_leaves_the_old_build_whole(good, tmp_path, line, told):
    project = Project(good.folder.parent.parent)
    before = {path: path.read_bytes() for path in good.folder.rglob("*") if path.is_file()}
    templates = copy_templates(tmp_path)
    path = templates / "anomalies.html"
    path.write_text(path.read_text().replace("{% block body %}\n", f"{{% block body %}}\n\n{line}\n"))
    with pytest.raises(RenderError, match=r"submission/templates/anomalies.html:5: ") as raised:
        build(project, RELEASE, templates=templates)
    assert told in str(raised.value)
    assert {path: path.read_bytes() for path in good.folder.rglob("*") if path.is_file()} == before
    assert sorted(p.name for p in good.folder.parent.iterdir()) == ["evidence", "submission"]


def test_a_folder_that_is_no_package_is_not_replaced(made, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(BuildError, match=r"holds files but no manifest\.json"):
        build(made.write(), RELEASE, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_outside_a_checkout_it_says_so(tmp_path, capsys):
    assert submission(["build", "--project", str(tmp_path)]) == 2
    assert "not inside a Clearway checkout" in capsys.readouterr().err
