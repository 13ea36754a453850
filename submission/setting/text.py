"""The text of a document as data: its sections, paragraphs, tables and figures, read from the HTML that is set as PDF.

The build writes one file of it a document; what compares, exports or takes back a text reads these, not the PDFs.
Cover, margins and the list of records are no part of it, and so no commit, date or page number.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import PurePath
from xml.etree.ElementTree import Element, TreeBuilder

import msgspec
from msgspec import Struct

from submission.content.catalogue import Entry

FOLDER = "text"
RECORDS = "evidence"
"""The section that lists the records of the figures: places in files, which the ledger of claims has in full."""

VOID = {"br", "col", "hr", "img", "meta", "link", "input", "wbr"}
HEADINGS = {"h2": 2, "h3": 3, "h4": 4}
SECTION_LEVEL = 3
"""The deepest level of headings that are sections; below it they name a single item."""

LEAVES = {"p", "li", "dt", "dd", "h2", "h3", "h4", "figcaption", "caption"}
PARTS = {"div", "section", "article", "ul", "ol", "dl", "table", "figure", "aside", *LEAVES}
"""Elements that begin a line of their own; every other is a part of a line."""

STYLES = ("lead", "note", "gapbox", "quote", "meta", "small", "elsewhere", "statement")
"""Classes that say what kind of text a paragraph is."""


class Block(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A piece of a document: `kind` is heading, paragraph, item (of a list), caption, figure or table.

    `section` is the id of the heading above it, `number` and `level` are those of a heading. A table has `rows`, the
    first `heads` of which are heads; the last cell of a short row spans the rest. A figure has its caption, its
    description and the digest of its drawing.
    """

    section: str
    kind: str
    text: str = ""
    level: int = 0
    number: str = ""
    style: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    heads: int = 0
    picture: str = ""


class Text(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`text/*.json`: a document's number, title and blocks in reading order."""

    number: str
    title: str
    wide: bool
    blocks: tuple[Block, ...]


def text_file(pdf: str) -> str:
    """The name of the file, in the package, of the text of the document in this PDF."""
    return f"{FOLDER}/{PurePath(pdf).stem}.json"


def text_json(text: Text) -> bytes:
    """The content of a text file."""
    return msgspec.json.format(msgspec.json.encode(text), indent=1) + b"\n"


def read_text(entry: Entry, html: str) -> Text:
    """The text of a document from its HTML.

    Raises:
        ValueError: the HTML has no body, or an element is not closed where it should be.
    """
    body = html.partition('<div class="body')[2].rpartition("</body>")[0]
    if not body:
        raise ValueError(f"{entry.number}: its HTML has no <div class=body>")
    found = _blocks(_parse(f'<div class="body{body}'), "", "")
    blocks, section = [], ""
    for block in found:
        section = block.section if block.kind == "heading" and block.section else section
        if section != RECORDS:
            blocks.append(msgspec.structs.replace(block, section=section))
    return Text(number=str(entry.number), title=str(entry.title), wide=entry.wide, blocks=tuple(blocks))


class _Tree(HTMLParser):
    """Makes a tree of elements of HTML as our templates write it: every element is closed, void ones are not."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.builder = TreeBuilder()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing at line {self.getpos()[0]}")
        self.builder.end(tag)

    def handle_data(self, data: str) -> None:
        self.builder.data(data.replace("\n", " "))  # an end of line in the source is a space


def _parse(html: str) -> Element:
    tree = _Tree()
    tree.feed(html)
    tree.close()
    if tree.open:
        raise ValueError(f"<{tree.open[-1]}> is not closed")
    return tree.builder.close()


def _blocks(element: Element, style: str, kind: str) -> Iterator[Block]:
    """Yield the blocks of an element that holds others, and the lines of text between them."""
    line: list[str] = [element.text or ""]
    style, kind = _style(element, style), "item" if element.tag == "li" else kind
    for child in element:
        if child.tag in PARTS:
            yield from _paragraph("".join(line), style, kind)
            yield from _block(child, style, kind)
            line = []
        else:
            line.append(_words(child))
        line.append(child.tail or "")
    yield from _paragraph("".join(line), style, kind)


def _block(element: Element, style: str, kind: str) -> Iterator[Block]:
    if element.tag in HEADINGS:
        yield _heading(element)
    elif element.tag == "table":
        yield from _table(element)
    elif element.tag == "figure":
        yield _figure(element)
    else:
        yield from _blocks(element, style, kind)


def _style(element: Element, style: str) -> str:
    names = element.get("class", "").split()
    return next((name for name in STYLES if name in names), style)


def _paragraph(text: str, style: str, kind: str) -> Iterator[Block]:
    if spaced := _spaced(text):
        yield Block(section="", kind=kind or "paragraph", text=spaced, style=style)


def _heading(element: Element) -> Block:
    number = next((_words(part) for part in element.iter("span") if part.get("class") == "n"), "")
    # An identifier and the title after it are set apart by a margin, not by a space.
    parts = [element.text or "", *(part for child in element for part in (_words(child), child.tail or ""))]
    text = " ".join(" ".join(parts).split()).removeprefix(number).strip()
    section = element.get("id", "") if HEADINGS[element.tag] <= SECTION_LEVEL else ""
    return Block(section=section, kind="heading", text=text, level=HEADINGS[element.tag], number=number)


def _table(element: Element) -> Iterator[Block]:
    for caption in element.iter("caption"):
        yield from _paragraph(_words(caption), "", "caption")
    rows = tuple(tuple(_spaced(_words(cell)) for cell in row if cell.tag in ("td", "th")) for row in element.iter("tr"))
    heads = sum(len(head.findall("tr")) for head in element.iter("thead"))
    yield Block(section="", kind="table", rows=rows, heads=heads)


def _figure(element: Element) -> Block:
    caption = " ".join(_spaced(_words(part)) for part in element.iter("figcaption"))
    pictures = list(element.iter("img"))
    described = " ".join(part.get("alt", "") for part in pictures)
    drawn = sha256("".join(part.get("src", "") for part in pictures).encode()).hexdigest()
    return Block(section="", kind="figure", text=f"{caption}\n{_spaced(described)}".strip(), picture=drawn)


def _words(element: Element) -> str:
    """The text in an element; furniture is left out, and what stands in a line of its own begins one."""
    if element.get("class") == "furniture":
        return ""
    if element.tag == "br":
        return "\n"
    inner = (element.text or "") + "".join(_words(child) + (child.tail or "") for child in element)
    own_line = element.tag in PARTS or element.get("class") == "arg"
    return f"\n{inner}\n" if own_line else inner


def _spaced(text: str) -> str:
    """The text with single spaces in its lines, and no empty lines."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


__all__ = ["SECTION_LEVEL", "Block", "Text", "read_text", "text_file", "text_json"]
