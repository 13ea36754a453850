"""The numbers that a chart prints beside its marks: each is the value of the mark that it stands beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from submission.audit.page.content import Box
from submission.audit.page.scales import Word

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
