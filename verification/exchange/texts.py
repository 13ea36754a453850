"""Texts of items as XHTML (Extensible Hypertext Markup Language) and back.

Written as paragraphs, or as preformatted text where white space has to stay. Read as a browser gives a page as text
(`innerText` of the HTML standard): blocks are lines, paragraphs stand apart by an empty line, white space is one space;
and, as people write them, an item of a list begins with a dash or its number, and cells of a table stand between bars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verification.exchange.tree import Element

_SPACE = re.compile("[ \t\n\r\f]+")
_BLOCKS = frozenset({
    "address", "blockquote", "caption", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "li", "ol", "p", "pre", "table", "tbody", "tfoot", "thead", "tr", "ul",
})  # fmt: skip
_INLINE = frozenset({
    "a", "abbr", "acronym", "b", "big", "br", "cite", "code", "col", "colgroup", "dfn", "em", "font", "i", "kbd", "q",
    "samp", "small", "span", "strong", "td", "th", "tt", "u", "var",
})  # fmt: skip
_MEANING = {
    "del": "struck out", "s": "struck out", "strike": "struck out", "ins": "inserted",
    "sub": "lowered", "sup": "raised",
}  # fmt: skip
_FILES = ("object", "img", "embed")
_LOOKS = frozenset({
    "align", "bgcolor", "border", "cellpadding", "cellspacing", "class", "color", "dir", "face", "height", "href", "id",
    "lang", "rel", "size", "style", "target", "valign", "width", "{http://www.w3.org/XML/1998/namespace}lang",
})  # fmt: skip
"""Attributes that a text can do without; what a link leads to is told apart."""

_HIDING = re.compile(r"line-through|display\s*:\s*none|visibility\s*:\s*hidden")
_KEEPING = re.compile(r"white-space\s*:\s*pre")


# --- written ----------------------------------------------------------------------------------------------------------


def paragraphs(text: str) -> list[tuple[str, str]]:
    """A text as elements, each a name and its text: paragraphs if `text_of` makes the same text of them."""
    parts = text.split("\n\n")
    return [("p", part) for part in parts] if all(map(_is_plain, parts)) else [("pre", text)]


def entries(texts: list[str]) -> list[tuple[str, str]]:
    """The texts of a list, none of them empty, as elements: one each."""
    return [("p" if _is_plain(text) else "pre", text) for text in texts]


def _is_plain(text: str) -> bool:
    return bool(text) and _SPACE.sub(" ", text).strip(" ") == text


# --- read -------------------------------------------------------------------------------------------------------------


def text_of(element: Element) -> str:
    """What the element shows, as text."""
    lines = _Lines()
    _show(element, lines, keep=_keeps(element))
    return lines.text()


def lines_of(element: Element) -> list[str]:
    """What the element shows, as a list: a line each, but preformatted text and a row of a table are one."""
    found: list[str] = []
    run: list[Element | str] = []
    for part in (*element.content, Element("hr")):
        if isinstance(part, str) or part.name not in _BLOCKS:
            run.append(part)
            continue
        found += text_of(Element("", content=run)).split("\n")
        run = []
        found += [text_of(part)] if part.name in ("pre", "tr") else lines_of(part) if part.content else []
    return [text for text in found if text.strip()]


def find_markup(element: Element) -> Iterator[tuple[Element, str]]:
    """Yield what the text does not say of what the element shows: files, links, and markup that has a meaning."""
    for part in element.elements:
        style = part.attributes.get("style", "")
        link = part.attributes.get("href", "")
        if part.name in _FILES:
            yield part, f"the file {part.attributes.get('data') or part.attributes.get('src') or 'without a name'}"
        elif part.name in _MEANING or _HIDING.search(style):
            yield part, f"{_MEANING.get(part.name, 'struck out or hidden')} text {text_of(part)!r}"
        elif link and link != text_of(part):
            yield part, f"a link to {link}"
        elif part.name not in _BLOCKS | _INLINE:
            yield part, f"the element {part.name}"
        for name in part.attributes.keys() - _LOOKS if part.name not in _FILES else ():
            yield part, f"{name}={part.attributes[name]!r}"
        yield from find_markup(part)


class _Lines:
    """A text as it grows."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.breaks, self.fixed = 0, True

    def add(self, text: str, *, fixed: bool) -> None:
        """Add a text; of one that is not fixed, white space is one space, and none where a line begins."""
        text = text if fixed else _SPACE.sub(" ", text)
        if not fixed and (self.breaks or not self.parts or self.parts[-1].endswith((" ", "\n"))):
            text = text.removeprefix(" ")
        if text:
            self._trim(bool(self.breaks))
            self.parts += ["\n" * self.breaks, text]
            self.breaks, self.fixed = 0, fixed

    def end_line(self, lines: int) -> None:
        """Let what follows begin on another line, so many below, unless nothing is there."""
        if self.parts:
            self.breaks = max(self.breaks, lines)

    def text(self) -> str:
        """The whole of it."""
        self._trim(True)
        return "".join(self.parts)

    def _trim(self, ends: bool) -> None:
        if ends and not self.fixed:
            self.parts[-1] = self.parts[-1].rstrip(" \n")


def _show(element: Element, lines: _Lines, *, keep: bool) -> None:
    number = 0
    for part in element.content:
        if isinstance(part, str):
            lines.add(part, fixed=keep)
        elif part.name == "br":
            lines.end_line(lines.breaks + 1)
        elif part.name in _BLOCKS:
            number += part.name == "li"
            lines.end_line(2 if part.name == "p" else 1)
            _show_block(part, lines, keep, f"{number}. " if element.name == "ol" else "- ")
            lines.end_line(2 if part.name == "p" else 1)
        else:
            _show(part, lines, keep=keep or _keeps(part))


def _show_block(part: Element, lines: _Lines, keep: bool, marker: str) -> None:
    if part.name == "tr":
        cells = [cell for cell in part.content if isinstance(cell, Element) or cell.strip()]
        shown = [text_of(Element("", content=[cell])).replace("\n", " ") for cell in cells]
        lines.add(" | ".join(shown), fixed=True)
        return
    if part.name == "li":
        inner = text_of(Element("", content=part.content)).split("\n")
        lines.add(marker + "\n".join([inner[0], *("  " + line for line in inner[1:])]), fixed=True)
        return
    _show(part, lines, keep=keep or _keeps(part))


def _keeps(element: Element) -> bool:
    return element.name == "pre" or bool(_KEEPING.search(element.attributes.get("style", "")))
