"""A Word file that LibreOffice saved is read like any; what it does to the form of ours is no change."""

import copy
import re
import zipfile

import docx
import pytest
from docx.opc.oxml import serialize_part_xml
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

SRS, WITH_ALL = "CW-DOC-006", "CW-DOC-024"
DROPPED = ("stylesWithEffects.xml", "webSettings.xml", "thumbnail.jpeg")
ORDER = ("docProps/", "word/_rels/", "word/document.xml", "word/", "_rels/", "customXml/", "[Content_Types].xml")
OPEN = "http://schemas.openxmlformats.org/officeDocument/2006"
CORE = b"/2006/relationships/metadata/core-properties"
EMPTY = {
    "_rels/.rels": f'<Relationship Id="rId77" Type="{OPEN}/relationships/custom-properties" '
    'Target="docProps/custom.xml"/>',
    "[Content_Types].xml": '<Override PartName="/docProps/custom.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.custom-properties+xml"/>',
}


def as_libreoffice(path) -> None:
    """Rewrite a Word file as LibreOffice 7.4.7 saves one ("Word 2010-365 Document"), seen in what it made of ours.

    The relationship to the properties has another type, the properties of one's own are there and empty, some parts
    are left out, and the order is another. Runs are split where the script changes, every run and paragraph has rules,
    ids of revisions are gone. The bookmark of an empty cell begins twice and ends once; a list item names its list.
    """
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist() if not name.endswith(DROPPED)}
    for name in ("_rels/.rels", "word/_rels/document.xml.rels", "[Content_Types].xml"):
        for gone in DROPPED:
            content[name] = re.sub(rb'<(Relationship|Override) [^>]*%b"[^>]*/>' % gone.encode(), b"", content[name])
    for name, element in EMPTY.items():
        head, end, _ = content[name].rpartition(b"</")
        content[name] = head + element.encode() + content[name][len(head) :]
        assert end
    assert content["_rels/.rels"].count(b"package" + CORE) == 1
    content["_rels/.rels"] = content["_rels/.rels"].replace(b"package" + CORE, b"officedocument" + CORE)
    content["docProps/custom.xml"] = f'<Properties xmlns="{OPEN}/custom-properties"></Properties>'.encode()
    for name in ("word/document.xml", "word/header1.xml"):
        root = parse_xml(content[name])
        _reword(root)
        content[name] = serialize_part_xml(root)
    rank = {name: next(place for place, start in enumerate(ORDER) if name.startswith(start)) for name in content}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content, key=rank.__getitem__):
            archive.writestr(name, content[name])


def element(tag: str, inner: str = "", **attributes: str):
    made = parse_xml(f"<w:{tag} {nsdecls('w')}>{inner}</w:{tag}>")
    for key, text in attributes.items():
        made.set(qn(f"w:{key}"), text)
    return made


def _reword(root) -> None:
    for number, one in enumerate(root.iter(qn("w:p")), start=100_000):
        one.get_or_add_pPr().append(element("rPr"))
        style = one.pPr.find(qn("w:pStyle"))
        if style is not None and style.get(qn("w:val")) == "ListBullet":
            style.addnext(element("numPr", '<w:ilvl w:val="0"/><w:numId w:val="1"/>'))
        start = one.find(qn("w:bookmarkStart"))
        if start is not None and not one.text:
            start.addnext(element("bookmarkStart", id=str(number), name=start.get(qn("w:name"))))
            one.find(qn("w:bookmarkEnd")).set(qn("w:id"), str(number))
            start.addprevious(one.r_lst[0])
        for run in list(one.r_lst):
            run.get_or_add_rPr()
            _split(run)


def _split(run) -> None:
    """Split a run behind each dagger and its space, as where the script changes."""
    head, dagger, rest = run.text.partition("† ")
    if dagger and rest and "\n" not in run.text:
        second = copy.deepcopy(run)
        run.addnext(second)
        run.text, second.text = head + dagger, rest
        _split(second)


@pytest.mark.parametrize("number", ["CW-DOC-000", "CW-DOC-001", SRS, WITH_ALL])
def test_a_file_that_libreoffice_saved_unchanged_has_no_changes(edited, number):
    assert edited(number, rewrite=as_libreoffice) == ()


def test_those_files_show_all_that_libreoffice_does(edited, tmp_path):
    """Daggers, empty cells and list items are in them, and python-docx sees no properties."""
    edited(WITH_ALL, rewrite=as_libreoffice)
    file = docx.Document(str(tmp_path / "returned.docx"))
    assert file.core_properties.keywords == ""
    names = [mark.get(qn("w:name")) for mark in file.element.iter(qn("w:bookmarkStart"))]
    assert len(names) > len(set(names))
    assert any(len(one.runs) > 1 and one.runs[0].text.endswith("† ") for one in all_paragraphs(file))
    assert next(file.element.iter(qn("w:numPr"))) is not None
    with zipfile.ZipFile(tmp_path / "returned.docx") as archive:
        assert archive.namelist()[0].startswith("docProps/")


def all_paragraphs(file):
    cells = (cell for table in file.tables for row in table.rows for cell in row.cells)
    return [*file.paragraphs, *(one for cell in cells for one in cell.paragraphs)]


def test_an_edit_after_an_empty_cell_is_named_in_its_own_section(edited):
    def edit(file):
        last = file.paragraphs[-1].runs[-1]
        last.text += " It costs 5 euro."

    (finding,) = edited(WITH_ALL, edit, as_libreoffice)
    assert finding.now.endswith("It costs 5 euro.")
    (same,) = edited(WITH_ALL, edit)
    assert finding == same
