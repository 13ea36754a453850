"""How far a page is filled, and a document set closer where that spares it its last page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

NEARLY_EMPTY = 0.25
"""The share of a page up to which the last one is nearly empty; more is seldom spared by setting closer."""

CLOSER = "closer"
"""The class of the style sheet by which a document is set closer."""


def fit(lay_out: Callable[[str], Any]) -> Any:
    """A document laid out, closer where that spares it a nearly empty last page.

    Args:
        lay_out: lays it out with a class of the style sheet, or with "" as it is; the result has `pages`.
    """
    plain = lay_out("")
    if len(plain.pages) < 2 or filled(plain.pages[-1]) >= NEARLY_EMPTY:
        return plain
    closer = lay_out(CLOSER)
    return closer if len(closer.pages) < len(plain.pages) else plain


def filled(page: Any) -> float:
    """The share of the height of a page, without its margins, above the lowest text or picture of it; 0 to 1."""
    box = page._page_box  # WeasyPrint has no public door to its boxes
    bodies = (child for child in box.children if type(child).__name__ != "MarginBox")
    lowest = max((bottom for body in bodies for bottom in _bottoms(body)), default=box.content_box_y())
    return float((lowest - box.content_box_y()) / box.height)


def _bottoms(box: Any) -> Iterator[float]:
    """Where each text and each picture in a box ends."""
    if hasattr(box, "text") or hasattr(box, "replacement"):
        yield box.position_y + box.height
    children: Sequence[Any] = getattr(box, "children", ())
    for child in children:
        yield from _bottoms(child)
