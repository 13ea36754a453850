"""The text of a Word file place by place; whatever is no plain text stands in it as a mark, "[[footnote 2]]".

A mark makes what our files never hold (a note, a picture, a field, hidden text) a difference of the sentence that it
stands in. An element that is not known here is marked by its name, so none is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from submission.exchange.docx_file import TAG
from submission.exchange.docx_styles import Styles, W, is_on, list_of, value

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
P = f"{W}p"
BOOKMARKS = (f"{W}bookmarkStart", f"{W}bookmarkEnd")
SPACE = {f"{W}tab": " ", f"{W}ptab": " ", f"{W}br": " ", f"{W}cr": " ", f"{W}noBreakHyphen": "-"}
GONE = {f"{W}del", f"{W}moveFrom"}
TRACKED = {*GONE, f"{W}ins", f"{W}moveTo"}

HOLDERS = {f"{MC}AlternateContent", f"{MC}Choice", f"{MC}Fallback"} | {
    f"{W}{name}"
    for name in (
        "document", "body", "hdr", "ftr", "footnote", "endnote", "comment", "tbl", "tr", "tc", "txbxContent", "sdt",
        "sdtContent", "customXml", "smartTag", "ins", "moveTo",
    )
}  # fmt: skip
"""Elements in which paragraphs stand."""

PLAIN = HOLDERS | {
    f"{W}{name}"
    for name in (
        "r", "hyperlink", "fldChar", "bookmarkStart", "bookmarkEnd", "proofErr", "permStart", "permEnd",
        "commentRangeStart", "commentRangeEnd", "moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart",
        "moveToRangeEnd", "customXmlInsRangeStart", "customXmlInsRangeEnd", "customXmlDelRangeStart",
        "customXmlDelRangeEnd", "lastRenderedPageBreak", "softHyphen", "annotationRef", "footnoteRef", "endnoteRef",
        "separator", "continuationSeparator", "tblGrid", "gridCol",
    )
}  # fmt: skip
"""Elements that add nothing to what the elements in them say."""

DRAWN = {
    f"{W}drawing": "drawing", f"{W}pict": "drawing", f"{W}object": "embedded object", f"{W}altChunk": "inserted file",
    f"{W}subDoc": "inserted file", f"{W}ffData": "form field", f"{W}background": "background",
}  # fmt: skip
"""What stands for a picture or file; paragraphs in it are places of their own."""

SAID: Mapping[str, Callable[[Any], str]] = {
    f"{W}footnoteReference": lambda element: f"footnote {element.get(f'{W}id')}",
    f"{W}endnoteReference": lambda element: f"endnote {element.get(f'{W}id')}",
    f"{W}commentReference": lambda element: f"comment {element.get(f'{W}id')}",
    f"{W}sym": lambda element: f"symbol {element.get(f'{W}char')} of {element.get(f'{W}font')}",
    f"{W}instrText": lambda element: f"field {(element.text or '').strip()}",
    f"{W}fldSimple": lambda element: f"field {element.get(f'{W}instr', '').strip()}",
    f"{M}oMath": lambda _: "equation",
}
"""How elements are marked that are something by themselves."""

RUN = {"vanish": "hidden", "strike": "struck through", "dstrike": "struck through"}


def mark(said: str) -> str:
    """How something that is no plain text is written among text."""
    return f" [[{said}]] "


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the text of places in one part: `targets` are what its relationships lead to."""

    styles: Styles
    targets: Mapping[str, str]

    def text(self, place: Any) -> str:
        """The text of a paragraph, or of what stands beside paragraphs; tracked changes made, single-spaced."""
        if _is_gone(place):
            return ""
        parts = self._of_paragraph(place) if place.tag == P else self._of(place)
        return " ".join("".join(parts).split())

    def _of_paragraph(self, paragraph: Any) -> Iterator[str]:
        rules = paragraph.find(f"{W}pPr")
        style = value(rules, f"{W}pStyle", self.styles.default)
        written = self._list(list_of(rules) or self.styles.lists.get(style))
        yield mark(f"list number {written}") if written else ""
        body = "".join(part for child in paragraph for part in self._of(child))
        yield mark("hidden") if body.strip() and self._is_hidden(paragraph, style) else ""
        yield body

    def _is_hidden(self, paragraph: Any, style: str) -> bool:
        """Whether its style, or the row or table that it is in, hides a paragraph."""
        tables = (value(table, f"{W}tblPr/{W}tblStyle") for table in paragraph.iterancestors(f"{W}tbl"))
        rows = (is_on(row.find(f"{W}trPr"), "hidden") for row in paragraph.iterancestors(f"{W}tr"))
        return any(rows) or bool(self.styles.hidden & {style, *tables})

    def _list(self, place: tuple[str, str] | None) -> str:
        """What a list writes before a paragraph; list 0 is none."""
        return "" if place is None or place[0] == "0" else self.styles.written.get(place, "of a list that is not there")

    def _of(self, element: Any) -> Iterator[str]:
        tag = element.tag
        if not isinstance(tag, str) or tag in GONE or tag == P or tag.endswith("Pr"):  # a comment of XML has no tag
            return
        if tag in (f"{W}t", f"{M}t"):
            yield element.text or ""
        elif tag in SPACE:
            yield SPACE[tag]
        else:
            yield from map(mark, self._marks(element))
            yield " " if (element.get(f"{W}name") or "").startswith(TAG) else ""  # a piece joined to the one before it
            for child in () if tag in DRAWN else element:
                yield from self._of(child)

    def _marks(self, element: Any) -> Iterator[str]:
        """Yield what an element is, beyond the text in it."""
        tag = element.tag
        if tag in SAID:
            yield SAID[tag](element)
        elif tag in DRAWN:
            is_colour = tag == f"{W}background" and not len(element)
            yield from [] if is_colour else [f"{DRAWN[tag]}{self._shown(element)}"]
        elif tag == f"{W}r":
            yield from self._of_run(element)
        elif tag == f"{W}hyperlink" and element.get(f"{R}id"):
            yield f"link to {self.targets.get(element.get(f'{R}id'), 'nothing')}"
        elif tag == f"{W}sdt" and any(True for _ in element.iterfind(f"{W}sdtPr/{{*}}dataBinding")):
            yield "content control that shows data of the file"
        elif not (tag in PLAIN or tag.startswith(M)):
            yield f"{tag.rpartition('}')[2]}{self._shown(element)}"

    def _of_run(self, run: Any) -> Iterator[str]:
        rules = run.find(f"{W}rPr")
        if any(child.tag != f"{W}rPr" for child in run):
            found = {said for name, said in RUN.items() if is_on(rules, name)}
            yield from sorted(found | ({"hidden"} if value(rules, f"{W}rStyle") in self.styles.hidden else set()))

    def _shown(self, element: Any) -> str:
        """What a drawing or object rests on and says outside of paragraphs: parts, web addresses, words of WordArt."""
        found: list[str] = []
        for inner in element.iter("*"):
            ids = [text for name, text in inner.attrib.items() if name.startswith(R)]
            words = inner.text if str(inner.tag).endswith("}t") and inner.tag != f"{W}t" else inner.get("string")
            found += [self.targets.get(one, "nothing") for one in ids] + ([f"“{words}”"] if words else [])
        return f": {', '.join(dict.fromkeys(found))}" if found else ""


def places(root: Any) -> Iterator[Any]:
    """Yield what text stands in, in order: paragraphs, what stands beside them, and the ends of bookmarks.

    A paragraph in a text box follows the one that the box hangs on.
    """
    for child in root:
        if child.tag in BOOKMARKS or child.tag == P:
            yield child
        elif child.tag in HOLDERS:
            yield from [child] if child.find(f"{W}sdtPr") is not None else []
        elif isinstance(child.tag, str) and not child.tag.endswith("Pr") and (len(child) or child.tag not in PLAIN):
            yield child
        if child.tag == P:
            yield from _inside(child)
        elif child.tag in HOLDERS:
            yield from places(child)


def _inside(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag in BOOKMARKS:
            yield child
        yield from places(child) if child.tag == f"{W}txbxContent" else _inside(child)


def drop_copies(root: Any) -> None:
    """Take out of alternatives, of which a program shows one, those that say the same words as the first."""
    for choice in list(root.iter(f"{MC}AlternateContent")):
        first, *others = list(choice) or [None]
        for other in others:
            if _words(other) == _words(first):
                choice.remove(other)


def _words(element: Any) -> str:
    return "".join(
        (one.text or "") if str(one.tag).endswith("}t") else one.get("string", "") for one in element.iter("*")
    )


def _is_gone(place: Any) -> bool:
    """Whether a tracked change takes away what a place stands in: its row, its cell, the run of its text box."""
    row, cell = (next(place.iterancestors(f"{W}{name}"), None) for name in ("tr", "tc"))
    return (
        any(True for _ in place.iterancestors(*GONE))
        or (row is not None and row.find(f"{W}trPr/{W}del") is not None)
        or (cell is not None and cell.find(f"{W}tcPr/{W}cellDel") is not None)
    )


def is_tracked(place: Any) -> bool:
    """Whether Word recorded a change in a place, or of the row that it is in."""
    row = next(place.iterancestors(f"{W}tr"), None)
    marks = [] if row is None else [one for one in row.findall(f"{W}trPr/*") if one.tag in TRACKED]
    return bool(marks) or any(True for _ in place.iter(*TRACKED))
