"""What a chart prints beside its marks: the value of each, the names of rows and columns, the names of a legend."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from submission.audit.page.content import Box, Text
from submission.audit.page.placed import line_of
from submission.audit.page.scales import Word
from submission.audit.texts import squeeze

Told = tuple[float, float | None, float | None]
"""A value and its limits, as far as the evidence has any."""

LOW, HIGH = 1.0, 4.0
"""Points by which the line of a number lies below the middle of its mark."""
CENTRED = 0.6
"""Points by which a number may stand beside the middle of its bar: a text is centered by its width."""


def fault_in_rows(words: Sequence[Word], told: Sequence[Told], marks: Sequence[Box], *, limits: bool) -> str:
    """What stands to the right of marks other than their values, with their limits where a chart prints them."""
    for (value, low, high), box in zip(told, marks, strict=False):
        middle = (box[1] + box[3]) / 2
        beside = [word for word in words if word.box[0] > box[0] and LOW < middle - word.line < HIGH]
        wanted = [value, low, high] if limits and low is not None and high is not None else [value]
        found = [number for word in beside for number in _numbers_in(word)]
        if not _agree(found, wanted):
            return f"prints {' '.join(word.text for word in beside)!r} beside the mark of {value}"
    return ""


def fault_in_columns(words: Sequence[Word], told: Sequence[Told], bars: Sequence[Box]) -> str:
    """What stands above bars other than their values; above a narrow one nothing stands."""
    for (value, _, _), box in zip(told, bars, strict=False):
        middle = (box[0] + box[2]) / 2
        above = [word for word in words if abs(word.middle[0] - middle) < CENTRED and word.line > box[3]]
        found = [number for word in above for number in _numbers_in(word)]
        if found and not _agree(found, [value]):
            return f"prints {' '.join(word.text for word in above)!r} above the bar of {value}"
    return ""


def fault_in_names(words: Sequence[Word], told: dict[str, float]) -> str:
    """What stands behind a name other than its value."""
    for name, word in pairwise(words):
        if name.text in told and (found := [*_numbers_in(word)]) and not _agree(found, [told[name.text]]):
            return f"prints {word.text!r} behind {name.text}, which is {told[name.text]}"
    return ""


def _agree(printed: Sequence[str], values: Sequence[float]) -> bool:
    """Whether numbers are values, each rounded to its decimals."""
    return len(printed) == len(values) and all(
        abs(float(number) - value) <= 0.5001 * 10 ** -len(number.partition(".")[2])
        for number, value in zip(printed, values, strict=True)
    )


def _numbers_in(word: Word) -> Iterator[str]:
    """Yield the number that a word is, without what stands around it in a sentence."""
    plain = word.text.strip("(),;").replace(",", "").replace("−", "-")
    if re.fullmatch(r"-?\d+(\.\d+)?", plain):
        yield plain


def fault_in_legend(texts: Sequence[Text], names: Sequence[str]) -> str:
    """What a drawing says last other than the names of its series, in the order in which they are drawn."""
    said, wanted = _said(texts), _squeezed("".join(names))
    if not said.endswith(wanted):
        return f"has another legend than {', '.join(names)}"
    boxes = _boxes_of(texts, names, len(said) - len(wanted))
    for (before, one), (after, other) in pairwise(zip(names, boxes, strict=True)):
        if not (other[3] < one[1] or (other[0] > one[2] and abs(other[1] - one[1]) < LOW)):
            return f"has {after} in its legend before {before}"
    return ""


def fault_in_labels(texts: Sequence[Text], labels: Sequence[str], marked: Sequence[str], marks: Sequence[Box]) -> str:
    """What a drawing calls a row or a column other than the evidence does.

    Args:
        texts: what it says, in the order in which it is painted.
        labels: the names of its rows from above, or of its columns from the left.
        marked: the name of each mark.
        marks: where they are.
    """
    boxes = _boxes_of(texts, labels, 0)
    if len(boxes) != len(labels):
        return f"has other names beside its marks than {', '.join(labels)}"
    across = len({round(box[1]) for box in boxes}) == 1 and len(labels) > 1
    places = {label: _middle(box, across=across) for label, box in zip(labels, boxes, strict=True)}
    for label, mark in zip(marked, marks, strict=False):
        nearest = min(places, key=lambda one: abs(places[one] - _middle(mark, across=across)))
        if nearest != label:
            return f"has {nearest} beside a mark of {label}"
    return ""


def _said(texts: Sequence[Text]) -> str:
    return _squeezed("".join(text.text for text in texts))


def _squeezed(text: str) -> str:
    """A text as `squeeze` has it, its minus as it is typed: a page prints a sign where a name has a hyphen."""
    return squeeze(text).replace("−", "-")


def _boxes_of(texts: Sequence[Text], names: Sequence[str], at: int) -> list[Box]:
    """The boxes of names that follow one another in what a drawing says, from a sign on; up to one that does not."""
    said, placed = _said(texts), [text for text in texts for _ in squeeze(text.text)]
    found: list[Box] = []
    for name in map(_squeezed, names):
        at = said.find(name, at)
        if at < 0:
            break
        held = placed[at : at + len(name)]
        at += len(name)
        edges = [*zip(*(text.box for text in held), strict=True)]
        found.append((min(edges[0]), min(map(line_of, held)), max(edges[2]), max(map(line_of, held))))
    return found


def _middle(box: Box, *, across: bool) -> float:
    return (box[0] + box[2]) / 2 if across else (box[1] + box[3]) / 2
