"""A path downwards whose stages may have several outcomes abreast, as a drawing: what happens to a study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from submission.drawings.figures import BLUE, INK, MUTED, PAPER, VERMILION, WIDE, arrow, line, picture, text
from submission.drawings.lettering import SMALL, TINY, wrap
from submission.words.claims import compose, join_words
from submission.words.filters import ABSENT
from verification.evidence import Gap, Item

BROADEST, BETWEEN, GAP = 330.0, 12.0, 22.0
"""The broadest box, between boxes abreast, and between stages; pixels of CSS."""
PAD, LEADING = 9.0, 12.0


@dataclass(frozen=True, slots=True)
class _Box:
    """A box as it is drawn: where it is, its title, and its small lines, the last of them of its requirement."""

    x: float
    width: float
    title: str
    said: Sequence[str]
    asked: Sequence[str]

    @property
    def height(self) -> float:
        return 20.0 + LEADING * (len(self.said) + len(self.asked)) + 2


Stage = Sequence[tuple[str, str, Item | Gap | None]]
"""Boxes abreast: of each its title, a line of detail, and the requirement that asks for it, if one is named."""


def stage_chart(stages: Sequence[Stage], alt: str) -> Markup | Gap:
    """Stages below each other, each box joined to every one of the next stage; a requirement that is a gap is the gap.

    Args:
        stages: at least one, none of them empty.
        alt: what the alternative text says first; the texts of the boxes follow.
    """
    missing = [asked for stage in stages for _, _, asked in stage if isinstance(asked, ABSENT)]
    if missing:
        return missing[0]
    placed = [_place(stage) for stage in stages]
    parts: list[str] = []
    y, tops = 2.0, []
    for boxes in placed:
        tops.append(y)
        y += max(box.height for box in boxes) + GAP
    for (above, top), (below, end) in pairwise(zip(placed, tops, strict=True)):
        parts += _join(above, below, top + max(box.height for box in above), end)
    for boxes, top in zip(placed, tops, strict=True):
        high = max(box.height for box in boxes)
        for box in boxes:
            parts += _draw(box, top, high, BLUE if len(boxes) == 1 else VERMILION)
    return picture(parts, WIDE, y - GAP + 2, _describe(stages, alt))


def _place(stage: Stage) -> list[_Box]:
    """The boxes of a stage, as broad as each other, in the middle."""
    width = min(BROADEST, (WIDE - 4 - BETWEEN * (len(stage) - 1)) / len(stage))
    left = (WIDE - width * len(stage) - BETWEEN * (len(stage) - 1)) / 2
    return [
        _Box(
            left + at * (width + BETWEEN), width, title, wrap(detail, width - 2 * PAD, SMALL) if detail else (),
            wrap(compose("{} {}", asked.id, asked.title), width - 2 * PAD, TINY) if isinstance(asked, Item) else (),
        )
        for at, (title, detail, asked) in enumerate(stage)
    ]  # fmt: skip


def _join(above: Sequence[_Box], below: Sequence[_Box], start: float, end: float) -> Iterator[str]:
    """From the boxes of a stage together to each box of the next."""
    level = start + (end - start) * 0.45
    middles = [box.x + box.width / 2 for box in (*above, *below)]
    yield from (line(box.x + box.width / 2, start, box.x + box.width / 2, level, MUTED, 1.0) for box in above)
    if len(middles) > 2 or middles[0] != middles[-1]:
        yield line(min(middles), level, max(middles), level, MUTED, 1.0)
    yield from (arrow(box.x + box.width / 2, level, box.x + box.width / 2, end - 1) for box in below)


def _draw(box: _Box, top: float, high: float, colour: str) -> Iterator[str]:
    yield (
        f'<rect x="{box.x:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{high:.1f}" rx="3" fill="{PAPER}" '
        f'stroke="{colour}" stroke-width="1.1"/>'
    )
    yield text(box.x + PAD, top + 15, box.title, "start", colour, 10.5)
    for at, one in enumerate(box.said):
        yield text(box.x + PAD, top + 28 + at * LEADING, one, "start", INK, SMALL)
    for at, one in enumerate(box.asked):
        yield text(box.x + PAD, top + 28 + (len(box.said) + at) * LEADING, one, "start", MUTED, TINY)


def _describe(stages: Sequence[Stage], alt: str) -> str:
    told = (join_words((_said(*one) for one in stage), "; or ") for stage in stages)
    return compose("{} {}.", alt, join_words(told, ". Then: "))


def _said(title: str, detail: str, asked: Item | Gap | None) -> str:
    told = compose("{}: {}", title, detail) if detail else title
    return compose("{} ({})", told, asked.id) if isinstance(asked, Item) else told
