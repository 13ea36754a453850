"""Every part of a returned Word file is compared, known to hold no text, or named."""

import zipfile

import pytest
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from submission.cli import submission
from submission.exchange.docx_check import LEFT

SRS = "CW-DOC-006"
SENTENCE = "The device shall do what SRS-901 says."
BANNER = "REFERENCE RELEASE, NOT FOR SUBMISSION"
OPEN = "application/vnd.openxmlformats-officedocument"
WORD = f"{OPEN}.wordprocessingml."
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
PLAIN = "application/octet-stream"


def first(file):
    return next(one for one in file.paragraphs if one.text == SENTENCE)


def xml(name: str, inner: str = "", rules: str = "") -> bytes:
    return f"<w:{name} {nsdecls('w', 'r')} {rules}>{inner}</w:{name}>".encode()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def add(file, name: str, kind: str, content: bytes, relation: str) -> str:
    """Add a part that the main part leads to; the id of the relationship."""
    return file.part.relate_to(Part(PackURI(f"/{name}"), kind, content, file.part.package), f"{OFFICE}{relation}")


def part(name: str, kind: str, content: bytes, relation: str, used: str = ""):
    """An edit: a new part, and what uses it after the paragraph of a requirement."""

    def edit(file):
        target = add(file, name, kind, content, relation)
        if used:
            first(file)._p.addnext(parse_xml(xml(used, rules=f'r:id="{target}"')))

    return edit


def notes(name: str, text: str, identifier: str = "2", **attributes: str):
    """An edit: a note, referred to in the sentence of a requirement, and with it the separator that Word adds."""

    def edit(file):
        rules = " ".join(f'w:{key}="{value}"' for key, value in attributes.items())
        separator = f'<w:{name} w:id="-1" w:type="separator"><w:p><w:r><w:separator/></w:r></w:p></w:{name}>'
        note = f'<w:{name} w:id="{identifier}" {rules}>{paragraph(text)}</w:{name}>' if text else ""
        add(file, f"word/{name}s.xml", f"{WORD}{name}s+xml", xml(f"{name}s", separator + note), f"{name}s")
        if text:
            run = f'<w:r {nsdecls("w")}><w:{name}Reference w:id="{identifier}"/></w:r>'
            first(file).runs[0]._r.addnext(parse_xml(run))

    return edit


@pytest.mark.parametrize(
    ("edit", "place", "part_name", "now"),
    [
        (
            notes("footnote", "Except on Mondays, in 3 cases."),
            "[[footnote 2]]",
            "word/footnotes.xml",
            "[[footnote 2]] Except on Mondays, in 3 cases.",
        ),
        (notes("endnote", "See the letter."), "[[endnote 2]]", "word/endnotes.xml", "[[endnote 2]] See the letter."),
        (
            lambda file: file.add_comment(first(file).runs, "Is this so?", author="Ada Example (fictitious)"),
            "[[comment 0]]",
            "word/comments.xml",
            "[[comment 0 by Ada Example (fictitious)]] Is this so?",
        ),
    ],
    ids=["footnote", "endnote", "comment"],
)
def test_a_note_is_named_where_it_is_and_where_it_is_referred_to(edited, edit, place, part_name, now):
    at, note = edited(SRS, edit)
    assert (at.section, at.how) == ("4 Software requirements", "changed")
    assert (at.was, at.now) == (SENTENCE, f"{SENTENCE} {place}")
    assert (note.section, note.how, note.now) == (part_name, "added", now)


@pytest.mark.parametrize("name", ["footnote", "endnote"])
def test_the_line_above_notes_that_word_adds_is_no_change(edited, name):
    assert edited(SRS, notes(name, "")) == ()


# --- headers and footers ----------------------------------------------------------------------------------------------


def first_page(text: str):
    def edit(file):
        file.sections[0].different_first_page_header_footer = True
        file.sections[0].first_page_header.paragraphs[0].text = text

    return edit


def even_pages(file):
    file.settings.odd_and_even_pages_header_footer = True
    file.sections[0].even_page_header.paragraphs[0].text = "Cleared."


def next_section(file):
    header = file.add_section().header
    header.is_linked_to_previous = False
    header.paragraphs[0].text = "Another document"


def unlinked(file):
    for reference in file.element.body.iter(qn("w:headerReference")):
        reference.getparent().remove(reference)


def unused(file):
    file.sections[0].first_page_header.paragraphs[0].text = "Seen after one click"


def watermark(file):
    run = file.sections[0].header.paragraphs[0].add_run()._r
    spaces = f'{nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"'
    shape = '<v:shape><v:textpath string="APPROVED"/></v:shape>'
    run.append(parse_xml(f"<w:pict {spaces}>{shape}</w:pict>"))


def numbered(file):
    field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>')
    file.sections[0].footer.paragraphs[0]._p.append(field)


def tracked(file):
    paragraph = file.sections[0].header.paragraphs[0]._p
    mark = parse_xml(f"<w:del {nsdecls('w')}/>")
    paragraph.r_lst[0].addprevious(mark)
    mark.append(paragraph.r_lst[0])


HEAD = f"{SRS} Software Requirements Specification {BANNER}"
FURNITURE = {
    "first page": (first_page("Approved"), "Header of section 1, first page (word/header2.xml)", HEAD, "Approved"),
    "empty first page": (first_page(""), "Header of section 1, first page (word/header2.xml)", HEAD, ""),
    "no first page": (
        lambda file: setattr(file.sections[0], "different_first_page_header_footer", True),
        "Header of section 1, first page (none)", HEAD, "",
    ),
    "even pages": (even_pages, "Header of section 1, even pages (word/header2.xml)", HEAD, "Cleared."),
    "next section": (next_section, "Header of section 2 (word/header2.xml)", HEAD, "Another document"),
    "gone": (unlinked, "Header of section 1 (none)", HEAD, ""),
    "unused": (unused, "word/header2.xml, which no page shows", "", "Seen after one click"),
    "footer": (
        lambda file: setattr(file.sections[0].footer.paragraphs[0], "text", "Final"),
        "Footer of section 1 (word/footer1.xml)", "", "Final",
    ),
    "page number": (numbered, "Footer of section 1 (word/footer1.xml)", "", "[[field PAGE]] 1"),
    "watermark": (watermark, "Header of section 1 (word/header1.xml)", HEAD, f"{HEAD} [[drawing: “APPROVED”]]"),
    "deleted with tracking": (tracked, "Header of section 1 (word/header1.xml)", HEAD, ""),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "section", "was", "now"), FURNITURE.values(), ids=FURNITURE)
def test_each_header_that_pages_show_has_the_banner_and_footers_nothing(edited, edit, section, was, now):
    found = [one for one in edited(SRS, edit) if one.section == section]
    assert [(one.was, one.now) for one in found] == [(was, now)]


def test_a_section_without_a_header_of_its_own_has_the_one_before_and_is_no_change(edited):
    def edit(file):
        file.add_section()
        file.add_section()

    assert edited(SRS, edit) == ()


# --- whatever else is in the file -------------------------------------------------------------------------------------


def member(name: str, content: str):
    """A rewriting: one more file in the ZIP, to which nothing leads."""

    def rewrite(path):
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, content)

    return rewrite


def outside(file):
    target = file.part.relate_to("file:///elsewhere.png", f"{OFFICE}image", is_external=True)
    drawing = f'<w:drawing {nsdecls("w", "a", "r")}><a:blip r:link="{target}"/></w:drawing>'
    first(file).add_run()._r.append(parse_xml(drawing))


HELD = {
    "inserted file": (
        part("word/chunk.html", "text/html", b"<p>It costs 5 euro.</p>", "aFChunk", used="altChunk"),
        "word/chunk.html", "text/html, 23 bytes, SHA-256 ",
    ),
    "object": (part("word/embeddings/a.bin", PLAIN, b"\0", "oleObject"), "word/embeddings/a.bin", "octet-stream"),
    "picture": (
        part("word/media/image1.emf", "image/x-emf", b"\0", "image"), "word/media/image1.emf",
        "image/x-emf, 1 bytes, SHA-256 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    ),
    "chart": (
        part("word/charts/chart1.xml", f"{OPEN}.drawingml.chart+xml", b"<c/>", "chart"),
        "word/charts/chart1.xml", "drawingml.chart+xml",
    ),
    "building blocks": (
        part("word/glossary/document.xml", f"{WORD}document.glossary+xml", xml("glossaryDocument"), "glossaryDocument"),
        "word/glossary/document.xml", "document.glossary+xml",
    ),
    "data": (
        part("customXml/item2.xml", "application/xml", b"<a>9</a>", "customXml"), "customXml/item2.xml", "xml, 8 bytes",
    ),
    "properties": (
        part("docProps/custom.xml", f"{OPEN}.custom-properties+xml", b"<Properties><property/></Properties>", "x"),
        "docProps/custom.xml", "custom-properties+xml",
    ),
    "another document": (
        part("word/document2.xml", f"{WORD}document.main+xml", xml("document"), "officeDocument"),
        "word/document2.xml", "document.main+xml",
    ),
    "elsewhere": (outside, "word/document.xml", "leads to file:///elsewhere.png, outside the file"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "name", "what"), HELD.values(), ids=HELD)
def test_a_part_that_is_not_compared_is_named(edited, edit, name, what):
    (finding,) = [one for one in edited(SRS, edit) if one.how == LEFT]
    assert finding.section == name
    assert what in finding.now


def test_an_inserted_file_is_named_in_its_place_too(edited):
    place, _ = edited(SRS, HELD["inserted file"][0])
    assert (place.section, place.how) == ("4 Software requirements", "added")
    assert place.now == "[[inserted file: word/chunk.html]]"


def test_a_stray_file_and_one_that_is_there_twice_are_named(edited):
    (stray,) = edited(SRS, rewrite=member("word/notes.txt", "It costs 5 euro."))
    assert (stray.section, stray.now) == ("word/notes.txt", "no relationship leads to it")
    with pytest.warns(UserWarning, match="Duplicate name"):
        (twice,) = edited(SRS, rewrite=member("word/theme/theme1.xml", "<a/>"))
    assert twice.section == "word/theme/theme1.xml"
    assert twice.now == "is 2 times in the file; programs differ in which they show"


@pytest.mark.parametrize(
    ("name", "text"), [("title", "Approved"), ("comments", ""), ("content_status", "Final"), ("subject", "9")]
)
def test_what_the_properties_say_of_the_document_is_compared(edited, name, text):
    (finding,) = edited(SRS, lambda file: setattr(file.core_properties, name, text))
    assert finding.section == f"Properties, {name}"
    assert finding.now == text


def test_who_saved_it_and_when_is_no_change(edited):
    def edit(file):
        file.core_properties.last_modified_by = "Ada Example (fictitious)"
        file.core_properties.revision = 7

    assert edited(SRS, edit) == ()


def test_the_command_never_says_that_nothing_changed_of_what_it_did_not_compare(package, tmp_path, capsys):
    place = ["--package", str(package.folder)]
    submission(["docx", SRS, "--output", str(tmp_path), *place])
    (path,) = tmp_path.iterdir()
    member("word/notes.txt", "x")(path)
    capsys.readouterr()
    assert submission(["check-docx", str(path), *place]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path.name}: {SRS}, word/notes.txt: not compared: no relationship leads to it",
        "check-docx: 1 file: 0 changes in what was compared; 1 is not compared: "
        "look at each in Word, or take it out and check again",
    ]
