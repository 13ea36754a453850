"""The text of a document as data: its sections, paragraphs, tables and figures, read from the HTML that is set as PDF.

The build writes one file of it a document; what compares, exports or takes back a text reads these, not the PDFs.
Cover and margins are no part of it. What a text says of the commit, its day and the pages is furniture: it stands in
the text, and is left out where two texts are compared (`compared`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePath
from xml.etree.ElementTree import Element

import msgspec
from msgspec import Struct

from submission.content.catalogue import Entry
from submission.setting.markup import parse

FOLDER = "text"

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
    description and the digest of its drawing. `bare` is the same block without furniture, if it holds any.
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
    bare: Block | None = None

    @property
    def compared(self) -> Block:
        """What is compared of it with another."""
        return self.bare or self


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
    found = map(_unmarked, _blocks(parse(f'<div class="body{body}'.replace("\n", " ")), "", ""))
    blocks, section = [], ""
    for block in found:
        section = block.section if block.kind == "heading" and block.section else section
        bare = block.bare and msgspec.structs.replace(block.bare, section=section)
        blocks.append(msgspec.structs.replace(block, section=section, bare=bare))
    return Text(number=str(entry.number), title=str(entry.title), wide=entry.wide, blocks=tuple(blocks))


OPEN, CLOSE = "\ue000", "\ue001"
"""Where furniture begins and ends while a text is read; no font of ours has these characters."""

MARKED = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}")
MARKS = re.compile(f"[{OPEN}{CLOSE}]")


def _unmarked(block: Block) -> Block:
    """A block as its reader sees it; with furniture, and beside it without."""
    if not any(map(MARKS.search, (block.text, *(cell for row in block.rows for cell in row)))):
        return block
    bare, whole = (
        msgspec.structs.replace(
            block,
            text=_spaced(pattern.sub("", block.text)),
            rows=tuple(tuple(_spaced(pattern.sub("", cell)) for cell in row) for row in block.rows),
        )
        for pattern in (MARKED, MARKS)
    )
    return msgspec.structs.replace(whole, bare=bare)


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
    """The text in an element, its furniture marked; what stands in a line of its own begins one."""
    if element.tag == "br":
        return "\n"
    inner = (element.text or "") + "".join(_words(child) + (child.tail or "") for child in element)
    if element.get("class") == "furniture":
        return f"{OPEN}{inner}{CLOSE}"
    own_line = element.tag in PARTS or element.get("class") == "arg"
    return f"\n{inner}\n" if own_line else inner


def _spaced(text: str) -> str:
    """The text with single spaces in its lines, and no empty lines."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


__all__ = ["SECTION_LEVEL", "Block", "Text", "read_text", "text_file", "text_json"]
