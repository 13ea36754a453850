"""How wide a text is in the shipped font, and where its lines end."""

from __future__ import annotations

import re
from functools import cache

from submission.words.claims import cut
from submission.words.folders import FONTS

SMALL, TINY = 9.0, 8.2
"""Sizes of the letters of drawings, in pixels of CSS."""


def measure(content: str, size: float) -> float:
    """The width of a text in the shipped font, in pixels."""
    widths, em = _advances()
    return sum(widths.get(ord(character), em / 2) for character in content) * size / em


@cache
def _advances() -> tuple[dict[int, int], int]:
    """The advance of each character of the upright font, and the units of its em."""
    from fontTools.ttLib import TTFont

    font = TTFont(FONTS / "IBMPlexSans-Regular.woff2")
    names, metrics = font.getBestCmap(), font["hmtx"]
    return {code: metrics[name][0] for code, name in names.items()}, font["head"].unitsPerEm


def wrap(content: str, width: float, size: float) -> list[str]:
    """A text in lines of at most `width`; a word longer than that stands alone."""
    spans = [(0, 0)]
    for word in re.finditer(r"\S+", content):
        start, end = spans[-1]
        if end > start and measure(content[start : word.end()], size) > width:
            spans.append(word.span())
        else:
            spans[-1] = (start if end > start else word.start(), word.end())
    return [cut(content, *span) for span in spans]
