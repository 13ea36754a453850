"""Documents as Word files for colleagues who edit there: made from the texts of a built package, each piece tagged.

A tag is a hidden bookmark around a paragraph or cell. Word keeps it while the text in it is edited, so that
`docx_check` finds every piece again. The file names the manifest of the package that it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from submission.package.folder import Listed, Opened, read_package_text
from submission.package.matrix_file import fixed_dates
from submission.setting.text import Block, Text

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph

TAG = "_cw_"
"""What the names of our bookmarks begin with; Word does not show names that begin with an underscore."""

ORIGIN = "{number} of the package with manifest SHA-256 {digest}"
NOTE = (
    "A copy for editing. Give it back to `clearway submission check-docx`, which names every sentence and figure that "
    "changed; a figure can change only in the evidence. Commit {commit}, {date}."
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
STYLES = {"item": "List Bullet", "caption": "Caption", "figure": "Intense Quote"}
QUOTED = ("note", "gapbox", "quote", "elsewhere")


@dataclass(frozen=True, slots=True)
class Piece:
    """What carries a tag: a paragraph, or a cell with the row that it is in. `section` is how a reader finds it."""

    tag: str
    section: str
    text: str
    row: str = ""


def pieces(package: Opened, document: Listed) -> tuple[Piece, ...]:
    """Every tagged piece of the Word file of a document, in the order of the file; the banner of its pages first.

    Raises:
        FolderError: the text of the document is missing or was changed.
    """
    text = read_package_text(package, document)
    return (*_furniture(package, document), *_of_blocks(text))


def _furniture(package: Opened, document: Listed) -> Iterator[Piece]:
    yield Piece(f"{TAG}head", "Header", f"{document.number} {document.title} {package.banner}")
    yield Piece(f"{TAG}title", "Title", document.title)
    said = NOTE.format(commit=package.manifest.commit, date=package.manifest.commit_date)
    yield Piece(f"{TAG}note", "Title", said)


def properties(package: Opened, document: Listed) -> dict[str, str]:
    """What the properties of the Word file say, by their names in python-docx; the banner is the comment."""
    return {
        "title": f"{document.number} {document.title}",
        "subject": package.release,
        "comments": package.banner,
        "keywords": ORIGIN.format(number=document.number, digest=package.digest),
    }


def _of_blocks(text: Text) -> Iterator[Piece]:
    section = "Before the first section"
    for at, block in enumerate(text.blocks):
        if block.kind == "heading":
            section = f"{block.number} {block.text}".strip() if block.section and block.number else section
        if block.kind == "table":
            yield from _of_table(at, block, section)
        else:
            yield Piece(f"{TAG}{at}", section, shown(block))


def _of_table(at: int, block: Block, section: str) -> Iterator[Piece]:
    for row, cells in enumerate(block.rows):
        for column, cell in enumerate(cells):
            yield Piece(f"{TAG}{at}_{row}_{column}", section, _clean(cell), row=f"{TAG}{at}_{row}_")


def shown(block: Block) -> str:
    """A block's text as the Word file has it; a figure is a line that names it."""
    text = _clean(block.text)
    return f"Figure, to be seen in the PDF: {text}" if block.kind == "figure" else text


def _clean(text: str) -> str:
    return CONTROL.sub("\ufffd", text)


def render_docx(package: Opened, document: Listed) -> bytes:
    """The Word file of a document, the same bytes each time.

    Raises:
        FolderError: the text of the document is missing or was changed.
    """
    import docx

    text = read_package_text(package, document)
    file = docx.Document()
    _set_form(file, text)
    _set_properties(file, package, document)
    head, title, note = _furniture(package, document)
    _tagged(file.sections[0].header.paragraphs[0], head)
    _tagged(file.add_paragraph(style="Title"), title)
    _tagged(file.add_paragraph(style="Quote"), note)
    for at, block in enumerate(text.blocks):
        if block.kind == "table":
            _add_table(file, at, block)
        else:
            _tagged(_paragraph(file, block), Piece(f"{TAG}{at}", "", shown(block)))
    _number_tags(file)
    content = BytesIO()
    file.save(content)
    return fixed_dates(content.getvalue(), datetime.fromisoformat(package.manifest.commit_date))


def _set_form(file: WordDocument, text: Text) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm, Pt

    section = file.sections[0]
    section.page_width, section.page_height = Mm(215.9), Mm(279.4)  # US letter
    if text.wide:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Mm(20))
    normal: Any = file.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(9.5)


def _set_properties(file: WordDocument, package: Opened, document: Listed) -> None:
    stamp = datetime.fromisoformat(package.manifest.commit_date)
    core = file.core_properties
    core.author, core.last_modified_by = "Clearway", "Clearway"
    for name, text in properties(package, document).items():
        setattr(core, name, text)
    core.created, core.modified = stamp, stamp


def _paragraph(file: WordDocument, block: Block) -> Paragraph:
    if block.kind == "heading":
        style = f"Heading {block.level - 1}"
    else:
        style = STYLES.get(block.kind, "Quote" if block.style in QUOTED else "Normal")
    return file.add_paragraph(style=style)


def _add_table(file: WordDocument, at: int, block: Block) -> None:
    columns = max(map(len, block.rows), default=0)
    if not columns:
        return
    table = file.add_table(len(block.rows), columns, style="Table Grid")
    for number, (row, cells) in enumerate(zip(table._tbl.tr_lst, block.rows, strict=True)):
        _fill(row, table, at, number, cells)
        properties = row.get_or_add_trPr()
        for name in ("w:cantSplit", *(["w:tblHeader"] if number < block.heads else [])):
            properties.append(_element(name))
    file.add_paragraph()


def _fill(row: Any, table: Any, at: int, number: int, cells: tuple[str, ...]) -> None:
    """Fill a row; the last cell of a short one spans the rest."""
    from docx.shared import Pt
    from docx.table import _Cell

    found = row.tc_lst
    for spare in found[len(cells) :]:
        row.remove(spare)
    if 0 < len(cells) < len(found):
        found[len(cells) - 1].grid_span = len(found) - len(cells) + 1
    for column, text in enumerate(cells):
        paragraph = _Cell(found[column], table).paragraphs[0]
        _tagged(paragraph, Piece(f"{TAG}{at}_{number}_{column}", "", _clean(text)))
        for run in paragraph.runs:
            run.font.size = Pt(8)


def _tagged(paragraph: Paragraph, piece: Piece) -> None:
    """Write the text of a piece between the ends of its bookmark."""
    start, end = _element("w:bookmarkStart"), _element("w:bookmarkEnd")
    start.set(_name("w:name"), piece.tag)
    paragraph._p.append(start)
    paragraph.add_run(piece.text)  # a line end becomes a line break
    paragraph._p.append(end)


def _number_tags(file: WordDocument) -> None:
    """Give every bookmark the number that joins its ends; none lies within another."""
    roots = (file.sections[0].header._element, file.element.body)
    starts, ends = (
        [mark for root in roots for mark in root.iter(_name(f"w:bookmark{end}"))] for end in ("Start", "End")
    )
    for number, pair in enumerate(zip(starts, ends, strict=True)):
        for mark in pair:
            mark.set(_name("w:id"), str(number))


def _element(name: str) -> Any:
    from docx.oxml import OxmlElement

    return OxmlElement(name)


def _name(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(name))
