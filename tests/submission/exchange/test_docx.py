"""A Word file comes back: what was edited in it is named and nothing else, whatever Word did to its form."""

import copy
import json
import shutil
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from submission.cli import submission
from submission.exchange.docx_file import pieces, render_docx
from submission.package.folder import find_document

SRS, PERFORMANCE = "CW-DOC-006", "CW-DOC-011"


def paragraph(file, start: str):
    return next(one for one in file.paragraphs if one.text.startswith(start))


def row(file, *starts: str):
    rows = (row for table in file.tables for row in table.rows)
    return next(row for row in rows if row.cells[0].text.startswith(starts))


def told(findings) -> list[tuple[str, str, str]]:
    return [(one.how, one.was, one.now) for one in findings]


def test_an_untouched_file_has_no_findings_and_is_the_same_bytes_each_time(package, edited):
    for document in package.manifest.documents:
        content = render_docx(package, document)
        assert content == render_docx(package, document)
        assert edited(document.number, lambda file: None) == ()


def test_formatting_alone_is_no_change(edited):
    def embellish(file):
        for one in file.paragraphs:
            for run in one.runs:
                run.bold, run.font.size, run.font.color.rgb = True, Pt(14), RGBColor(255, 0, 0)
            one.style = "Normal"
        for table in file.tables:
            table.style = "Light Shading"

    assert edited(SRS, embellish) == ()


def test_a_run_that_word_splits_in_two_is_no_change(edited):
    def split(file):
        one = paragraph(file, "The device shall do what SRS-901")
        text, one.runs[0].text = one.text, "The device"
        added = copy.deepcopy(one.runs[0]._r)
        one.runs[0]._r.addnext(added)
        added.text = text.removeprefix("The device")

    assert edited(SRS, split) == ()


def test_one_word_is_named_with_its_section_and_sentence(edited):
    def edit(file):
        run = paragraph(file, "The device shall do what SRS-901").runs[0]
        run.text = run.text.replace("shall", "should")

    (finding,) = edited(SRS, edit)
    assert finding.document == SRS
    assert finding.section == "4 Software requirements"
    assert told([finding]) == [
        ("changed", "The device shall do what SRS-901 says.", "The device should do what SRS-901 says.")
    ]
    assert finding.figures == ()


def test_one_digit_in_a_table_is_named_as_a_figure(edited):
    def edit(file):
        cells = row(file, "CRIT-1").cells
        assert cells[2].text == "0.800"
        cells[2].paragraphs[0].runs[0].text = "0.810"

    (finding,) = edited(PERFORMANCE, edit)
    assert told([finding]) == [("changed", "0.800", "0.810")]
    assert finding.figures == ("0.800 → 0.810",)
    assert finding.section.startswith("1 ")


def test_a_removed_row_is_named_once(edited):
    def edit(file):
        gone = row(file, "SRS-902/AC1")._tr
        gone.getparent().remove(gone)

    (finding,) = edited(SRS, edit)
    assert finding.how == "removed"
    assert finding.was == "SRS-902/AC1 | A fictitious expectation holds. | test | gap"


def test_an_added_paragraph_and_a_copied_row_are_named(edited):
    def edit(file):
        paragraph(file, "The device shall do what SRS-901").insert_paragraph_before("It never fails. It costs 5 euro.")
        one = row(file, "SRS-901/AC1")._tr
        one.addnext(copy.deepcopy(one))

    found = edited(SRS, edit)
    assert [one.how for one in found] == ["added", "added"]
    assert found[0].now == "It never fails. It costs 5 euro."
    assert found[1].now.startswith("SRS-901/AC1 | ")


def test_a_removed_paragraph_and_a_removed_sentence_are_named(edited):
    def edit(file):
        gone = paragraph(file, "The device shall do what SRS-901")._p
        gone.getparent().remove(gone)
        run = paragraph(file, "Why: A made-up reason.").runs[0]
        run.text = run.text.replace("Why: A made-up reason. ", "")

    found = edited(SRS, edit)
    assert {(one.how, one.was) for one in found} >= {("removed", "The device shall do what SRS-901 says.")}
    assert any(one.how == "removed" and one.was == "Why: A made-up reason." for one in found)


def test_a_paragraph_split_in_two_by_enter_is_no_change(edited):
    def split(file):
        one = paragraph(file, "Why: A made-up reason.")
        text = one.text
        second = copy.deepcopy(one._p)
        for mark in second.findall(qn("w:bookmarkStart")):
            second.remove(mark)
        one._p.remove(one._p.find(qn("w:bookmarkEnd")))
        one._p.addnext(second)
        one.runs[0].text = "Why: A made-up reason."
        Paragraph(second, one._parent).runs[0].text = text.removeprefix("Why: A made-up reason.")

    assert edited(SRS, split) == ()


def test_two_paragraphs_joined_are_no_change(edited):
    def join(file):
        one = paragraph(file, "The device shall do what SRS-901")
        after = one._p.getnext()
        for child in list(after):
            if child.tag != qn("w:pPr"):
                one._p.append(child)
        after.getparent().remove(after)

    assert edited(SRS, join) == ()


def test_a_paragraph_that_was_moved_is_named_with_where_it_stands_now(edited):
    def to_the_top(file):
        paragraph(file, "Purpose")._p.addnext(paragraph(file, "The device shall do what SRS-901")._p)

    (finding,) = edited(SRS, to_the_top)
    assert (finding.section, finding.was) == ("4 Software requirements", "The device shall do what SRS-901 says.")
    assert finding.how.startswith("moved to ")
    assert finding.how != "moved to 4 Software requirements"


def test_a_row_that_was_moved_is_named_once(edited):
    def up(file):
        head = row(file, "Criterion")._tr
        head.addprevious(head.getnext())

    (finding,) = edited(PERFORMANCE, up)
    assert (finding.how, finding.section) == ("moved", "1 Acceptance criteria")


def tracked(kind: str, run) -> None:
    """Turn a run into one that Word recorded as inserted or deleted."""
    mark = OxmlElement(f"w:{kind}")
    mark.set(qn("w:author"), "Ada Example (fictitious)")
    run.addprevious(mark)
    mark.append(run)
    if kind == "del":
        for text in run.findall(qn("w:t")):
            text.tag = qn("w:delText")


def test_tracked_changes_are_read_as_made_and_said_to_be_tracked(edited):
    def edit(file):
        one = paragraph(file, "The device shall do what SRS-901")
        first = one.runs[0]._r
        parts = [copy.deepcopy(first) for _ in range(3)]
        for part, text in zip(parts, ("The device shall", " not", " do what SRS-901 says."), strict=True):
            part.text = text
        for part in parts:
            first.addprevious(part)
        old = copy.deepcopy(first)
        old.text = " gone"
        parts[1].addnext(old)
        first.getparent().remove(first)
        tracked("ins", parts[1])
        tracked("del", old)

    (finding,) = edited(SRS, edit)
    assert finding.tracked
    assert finding.now == "The device shall not do what SRS-901 says."


def test_a_row_deleted_with_tracking_is_removed_and_tracked(edited):
    def edit(file):
        one = row(file, "SRS-902/AC1")
        for cell in one.cells:
            for part in cell.paragraphs:
                for run in list(part.runs):
                    tracked("del", run._r)

    (finding,) = edited(SRS, edit)
    assert (finding.how, finding.tracked) == ("removed", True)


def test_the_banner_in_the_header_cannot_be_taken_away_unseen(edited):
    def edit(file):
        run = file.sections[0].header.paragraphs[0].runs[0]
        run.text = run.text.replace("REFERENCE RELEASE, NOT FOR SUBMISSION", "")

    (finding,) = edited(SRS, edit)
    assert finding.section == "Header of section 1 (word/header1.xml)"
    assert "REFERENCE RELEASE" in finding.was


def test_the_word_file_has_headings_head_rows_lists_and_figures_by_name(package):
    from io import BytesIO

    file = docx.Document(BytesIO(render_docx(package, find_document(package, PERFORMANCE))))
    assert "Heading 1" in {one.style.name for one in file.paragraphs}
    head = next(row for table in file.tables for row in table.rows if row.cells[0].text == "Criterion")
    assert head._tr.find(qn("w:trPr")).find(qn("w:tblHeader")) is not None
    assert paragraph(file, "Figure, to be seen in the PDF: ")
    assert file.core_properties.keywords == f"{PERFORMANCE} of the package with manifest SHA-256 {package.digest}"


def test_every_piece_has_a_tag_of_its_own_that_word_accepts(package):
    for document in package.manifest.documents:
        tags = [piece.tag for piece in pieces(package, document)]
        assert len(tags) == len(set(tags))
        assert max(map(len, tags)) <= 40


def test_the_commands_write_check_and_name_the_file(package, tmp_path, capsys):
    place = ["--package", str(package.folder)]
    assert submission(["docx", SRS, "--output", str(tmp_path), *place]) == 0
    (path,) = tmp_path.iterdir()
    assert capsys.readouterr().out.strip() == str(path)
    assert submission(["check-docx", str(path), *place]) == 0
    assert "no changes" in capsys.readouterr().out
    file = docx.Document(str(path))
    row(file, "SRS-902/AC1").cells[1].paragraphs[0].runs[0].text = "It holds 7 times."
    file.save(str(path))
    assert submission(["check-docx", str(path), "--json", *place]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["now"] == "It holds 7 times."


def test_a_file_of_another_build_is_named(package, tmp_path, capsys):
    path = tmp_path / "a.docx"
    path.write_bytes(render_docx(package, find_document(package, SRS)))
    other = Path(shutil.copytree(package.folder, tmp_path / "other"))
    content = (other / "manifest.json").read_bytes() + b"\n"
    (other / "manifest.json").write_bytes(content)
    import hashlib

    (other / "manifest.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  manifest.json\n")
    assert submission(["check-docx", str(path), "--package", str(other)]) == 2
    assert f"was made from the package with manifest {package.digest[:12]}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["docx", "CW-DOC-999"], "CW-DOC-999: no document of"),
        (["docx", "--package", "nowhere"], "nowhere is no package"),
        (["check-docx", "nothing.docx"], "nothing.docx: no such file"),
        (["check-docx", "text.docx"], "text.docx: not a Word file"),
        (["check-docx", "foreign.docx"], "its properties name no package"),
        (["check-docx", "old.docx"], "old.docx: protected by a password, or a .doc of Word 97; save it as Word"),
        (["check-docx", "strict.docx"], "strict.docx: saved as Strict Open XML Document; save it as Word Document"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(package, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.docx").write_text("no zip")
    docx.Document().save(str(tmp_path / "foreign.docx"))
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    with zipfile.ZipFile(tmp_path / "foreign.docx") as word, zipfile.ZipFile(tmp_path / "strict.docx", "w") as strict:
        for name in word.namelist():
            office = b"http://schemas.openxmlformats.org/officeDocument/2006"
            strict.writestr(name, word.read(name).replace(office, b"http://purl.oclc.org/ooxml/officeDocument"))
    before = sorted(tmp_path.iterdir())
    place = [] if "--package" in arguments else ["--package", str(package.folder)]
    assert submission([*arguments, *place]) == 2
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_without_write_permission_is_named(package, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    output = str(tmp_path / "file" / "docx")
    assert submission(["docx", SRS, "--output", output, "--package", str(package.folder)]) == 2
    assert "file" in capsys.readouterr().err
