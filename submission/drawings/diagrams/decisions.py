"""The decisions of a review as a drawing: one below the other, the exits beside, and where the device stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from submission.drawings.figures import BLUE, INK, MUTED, PAPER, VERMILION, WIDE, arrow, picture, text
from submission.drawings.lettering import SMALL, wrap
from submission.words.claims import compose, join_words
from submission.words.filters import total

PAD, LEADING, GAP = 8.0, 12.5, 20.0
"""Inside a box, between its lines, and between boxes below each other; pixels of CSS."""
QUESTION, EXIT = 250.0, 150.0
"""The widths of a question and of an exit; what is said of the device stands between."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision: the question, where yes and no lead ("" goes on), the answer (yes, no or open) and why."""

    asks: str
    yes: str
    no: str
    answer: str
    why: str

    @property
    def exit(self) -> str:
        """Where it leads if it does not go on to the next."""
        return self.yes or self.no

    @property
    def leaves_by(self) -> str:
        """The answer that leads to the exit."""
        return "yes" if self.yes else "no"


@total
def decision_chart(decisions: Sequence[Decision]) -> Markup:
    """The decisions as an image of a page, with its alternative text."""
    parts: list[str] = []
    y = 2.0
    for number, decision in enumerate(decisions):
        drawn, end = _draw(decision, y)
        parts += drawn
        y = end + GAP
        if number + 1 < len(decisions):
            parts += [arrow(QUESTION / 2, end, QUESTION / 2, y - 1)]
            parts += [
                text(QUESTION / 2 + 6, end + 13, "no" if decision.leaves_by == "yes" else "yes", "start", MUTED, SMALL)
            ]
    return picture(parts, WIDE, y - GAP + 2, _describe(decisions))


def _describe(decisions: Sequence[Decision]) -> str:
    said = (compose("{} {}: {}", one.asks, one.answer, one.why) for one in decisions)
    return compose("Decisions of a review, and where the device stands. {}", join_words(said, " "))


def _draw(decision: Decision, y: float) -> tuple[list[str], float]:
    middle = QUESTION + 14, WIDE - EXIT - 44
    colour = BLUE if decision.answer not in ("open", decision.leaves_by) else VERMILION
    asked = list(wrap(decision.asks, QUESTION - 2 * PAD, SMALL))
    said = [decision.answer, *wrap(decision.why, middle[1] - middle[0], SMALL)]
    height = max(len(asked), len(said)) * LEADING + 9
    level = y + height / 2
    parts = [*_box(0.6, y, QUESTION, height, asked, colour)]
    parts += [
        text(middle[0], y + 13.5 + at * LEADING, one, "start", INK if at else colour, SMALL)
        for at, one in enumerate(said)
    ]
    if decision.exit:
        left = WIDE - EXIT - 0.6
        parts += [text(left - 38, level - 4, decision.leaves_by, "start", MUTED, SMALL)]
        parts += [arrow(left - 38, level, left - 1, level)]
        parts += _box(left, level - 11, EXIT, LEADING + 9, [decision.exit], MUTED)
    return parts, y + height


def _box(x: float, y: float, width: float, height: float, said: Sequence[str], colour: str) -> Iterator[str]:
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" fill="{PAPER}" '
        f'stroke="{colour}" stroke-width="1.1"/>'
    )
    for at, one in enumerate(said):
        yield text(x + PAD, y + 13.5 + at * LEADING, one, "start", INK, SMALL)
