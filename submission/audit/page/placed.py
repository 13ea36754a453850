"""Where texts stand: in the order in which they are read, rows from left to right and from above downwards.

The text of a page is read in the order in which it is painted. Two figures drawn in each other's place read as if each
stood in its own, so that a text has to stand behind the one before it: on its line, below it, or higher in a column to
the right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from submission.audit.page.content import DEPTH, Box, Text

SLACK = 1.5
"""Points by which a text may reach into the one before it; kerning and slanted letters do."""
SAME_LINE = 0.6
"""The share of the size by which texts of one line may differ in height: raised marks do."""
INDENT = 3.0
"""Points that a column lies at least to the right of another."""
HEAD, FOOT = 66.0, 57.0
"""The margins of a page above and below, in points; each is read by itself."""
LEADER, BULLET = ". ", "• "
"""What is painted otherwise: dots from right to left, bullets after all else."""


def find_misplaced(texts: Sequence[Text], media: Box) -> Iterator[str]:
    """Yield each text of a page, outside of its drawings, that does not stand behind the one before it."""
    plain = [text for text in texts if not text.figure and text.text.strip()]
    for _, part in groupby(plain, key=lambda text: _part(text, media)):
        yield from _find_in_flow([*part])


def line_of(text: Text) -> float:
    """The height of the line that letters stand on."""
    return text.box[1] - DEPTH * text.size


def _part(text: Text, media: Box) -> int:
    line = line_of(text)
    return 1 if line > media[3] - HEAD else -1 if line < media[1] + FOOT else 0


def _find_in_flow(texts: list[Text]) -> Iterator[str]:
    texts = [text for n, text in enumerate(texts) if text.text != BULLET and not _leads(texts, n)]
    column = texts[0].box[0] if texts else 0.0
    for before, text in pairwise(texts):
        step, slack = line_of(text) - line_of(before), SAME_LINE * min(text.size, before.size)
        if abs(step) <= slack:
            if text.box[0] < before.box[2] - SLACK:
                yield f"draws {text.text[:40]!r} left of {before.text[:40]!r}, which it follows"
        elif step > 0 and text.box[0] < column + INDENT:
            yield f"draws {text.text[:40]!r} above {before.text[:40]!r}, which it follows"
        if abs(step) > slack:
            column = text.box[0]


def _leads(texts: Sequence[Text], at: int) -> bool:
    """Whether a text is one of the dots of a table of contents: one beside it is too."""
    return texts[at].text == LEADER and any(0 <= n < len(texts) and texts[n].text == LEADER for n in (at - 1, at + 1))
