"""How far a page is filled, and a document set closer where that spares it its last page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

NEARLY_EMPTY = 0.25
"""The share of a page that the last one is filled to at least, if setting it closer can do so."""

SPARED = 0.5
"""The share of a page that the last one is filled to, up to which closer setting is tried."""

CLOSER = ("close", "closer")
"""Classes of the style sheet by which a document is set closer, one step after the other."""


def fit(lay_out: Callable[[str], Any]) -> Any:
    """A document laid out, closer by as few steps as spare it a half empty last page; as it is, where none does.

    Args:
        lay_out: lays it out with a class of the style sheet, or with "" as it is; the result has `pages`.
    """
    best = lay_out("")
    for closer in CLOSER:
        if len(best.pages) < 2 or filled(best.pages[-1]) >= SPARED:
            break
        tried = lay_out(closer)
        best = tried if len(tried.pages) < len(best.pages) else best
    return best


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
