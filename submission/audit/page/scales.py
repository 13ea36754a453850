"""The scale of a chart, from its values and the places where they stand, and whether its marks agree with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from submission.audit.page.content import Box, Point, Shape, Text
from submission.audit.page.placed import line_of

EXACT = 0.05
"""Points by which a value may stand beside its place: places are written with two decimals."""
NEAR = 0.6
"""Points by which a mark of a scale may stand beside its place: a text is centered by its width."""
MARKS = 3
"""The least number of marks that a scale has."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places: `slope` points for one, `start` at nothing."""

    slope: float
    start: float

    def at(self, value: float) -> float:
        """Where a value stands."""
        return self.start + self.slope * value


@dataclass(frozen=True, slots=True)
class Word:
    """Signs of a drawing that stand close together on one line."""

    text: str
    box: Box
    line: float

    @property
    def middle(self) -> Point:
        """The middle of its box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def number(self) -> float | None:
        """The number that it is, if it is one."""
        plain = self.text.replace(",", "").replace("−", "-")
        return float(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None

    def rounds(self, value: float) -> bool:
        """Whether it is a value, rounded."""
        plain = self.text.replace(",", "").replace("−", "-")
        if self.number is None:
            return False
        decimals = len(plain.partition(".")[2])
        whole = abs(self.number - value) <= 0.5001 * 10**-decimals
        return whole or self.number == float(f"{value:.2g}")


def words_of(drawing: Iterable[Text | Shape]) -> list[Word]:
    """The words of a drawing that stand level."""
    words: list[Word] = []
    last: Text | None = None
    for text in (mark for mark in drawing if isinstance(mark, Text) and mark.level):
        if not text.text.strip():
            last = None
            continue
        near = last is not None and abs(line_of(text) - line_of(last)) < 0.05 and abs(text.box[0] - last.box[2]) < 0.8
        if near:
            before = words.pop()
            box = (before.box[0], before.box[1], text.box[2], before.box[3])
            words.append(Word(before.text + text.text, box, before.line))
        else:
            words.append(Word(text.text, text.box, line_of(text)))
        last = text
    return words


def fit(pairs: Sequence[tuple[float, float]]) -> Scale | None:
    """The scale on which every value stands at its place; None if there is none."""
    if not pairs:
        return None
    (low, first), (high, last) = min(pairs), max(pairs)
    slope = (last - first) / (high - low) if high > low else 0.0
    scale = Scale(slope, first - slope * low)
    return scale if all(abs(scale.at(value) - place) <= EXACT for value, place in pairs) else None


def is_across(words: Sequence[Word], scale: Scale) -> bool:
    """Whether marks below a drawing stand where the scale has them."""
    lines = Counter(
        round(word.line, 1)
        for word in words
        if word.number is not None and abs(word.middle[0] - scale.at(word.number)) < NEAR
    )
    return not scale.slope or max(lines.values(), default=0) >= MARKS


def is_upward(words: Sequence[Word], scale: Scale) -> bool:
    """Whether marks beside a drawing stand where the scale has them, each a little below its line."""
    ends = Counter(
        round(word.box[2])
        for word in words
        if word.number is not None and 1.5 < scale.at(word.number) - word.line < 3.0
    )
    return not scale.slope or max(ends.values(), default=0) >= MARKS
