"""WeasyPrint as these documents need it: what it would do again for every element or page is done once.

A tree that is parsed already, a style sheet of the browser without what no document of ours has, the lengths and fonts
of boxes of one style, and the references to pages. The pages are the same; a test compares them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import weasyprint
from weasyprint import CSS
from weasyprint.css import AnonymousStyle, ComputedStyle
from weasyprint.css.counters import CounterStyle
from weasyprint.formatting_structure.boxes import Box, PageBox
from weasyprint.html import UA
from weasyprint.layout.percent import resolve_percentages
from weasyprint.pdf import pydyf
from weasyprint.text import line_break

NOTES = re.compile(r"^::(?:footnote|note)-\w+ \{[^}]*\}", re.MULTILINE)
"""Pseudo-elements of footnotes, which the sheet gives to every element, each with a style of its own."""

MARKERS = re.compile(r"^::marker ", re.MULTILINE)
SHEET = CSS(string=MARKERS.sub("li::marker ", NOTES.sub("", UA)), counter_style=CounterStyle())


class Markup(weasyprint.HTML):  # type: ignore[misc]
    """A document whose markup is a tree already."""

    def __init__(self, root: Element, base_url: str) -> None:
        """Take the tree; links are relative to `base_url`."""
        self.base_url = base_url
        self.url_fetcher = weasyprint.URLFetcher()
        self.media_type = "print"
        self.wrapper_element = weasyprint.cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
        return [SHEET, *super()._ua_stylesheets(forms)[1:]]


class _File(pydyf.PDF):  # type: ignore[misc]
    """A PDF that makes the references to its pages once; pydyf makes all of them for every element of a page."""

    _references: tuple[bytes, ...] = ()

    @property
    def page_references(self) -> tuple[bytes, ...]:
        """The reference to each page."""
        if len(self._references) != self.pages["Count"]:
            self._references = super().page_references
        return self._references


pydyf.PDF = _File

BORDERS = tuple(f"border_{side}_width" for side in ("top", "right", "bottom", "left"))
SIZES = ("width", "height", "min_width", "min_height", "max_width", "max_height")
EDGES = tuple(f"{edge}_{side}" for edge in ("margin", "padding") for side in ("top", "right", "bottom", "left"))
LENGTHS = (*SIZES, *EDGES, *BORDERS)


def _resolve_percentages(box: Any, containing_block: Any) -> None:
    """Give a box its lengths; WeasyPrint works out those of each, here boxes of one style in one width share them."""
    if isinstance(box, PageBox):
        resolve_percentages(box, containing_block)
        return
    style, own = box.style, box.__dict__
    inside = (
        (containing_block.width, containing_block.height) if isinstance(containing_block, Box) else containing_block
    )
    collapsed = map(own.get, BORDERS) if style["border_collapse"] == "collapse" else ()
    key = (*inside, *collapsed, *map(style.__getitem__, SIZES))
    known = style.__dict__.setdefault("lengths", {})
    found = known.get(key)
    if found is None:
        resolve_percentages(box, containing_block)
        known[key] = {name: own[name] for name in LENGTHS}
    else:
        own.update(found)


def _once(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a style, asked once for each; WeasyPrint asks again for every text that it lays out."""

    def known(style: Any, **how: Any) -> Any:
        if not isinstance(style, (ComputedStyle, AnonymousStyle)):
            return function(style, **how)
        answers, key = style.__dict__.setdefault(name, {}), tuple(how.items())
        if key not in answers:
            answers[key] = function(style, **how)
        return answers[key]

    return known


line_break._font_style_cache_key = _once("font key", line_break._font_style_cache_key)
line_break.get_font_description = _once("font description", line_break.get_font_description)

for _module in [module for name, module in sys.modules.items() if name.startswith("weasyprint.layout")]:
    if getattr(_module, "resolve_percentages", None) is resolve_percentages:
        _module.resolve_percentages = _resolve_percentages  # type: ignore[attr-defined]

__all__ = ["CSS", "Markup"]
