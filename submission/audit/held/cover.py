"""Whether a text is made of stretches that are known, each whole: words that stand between two of them are nobody's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from submission.audit.held.sources import plain

NUMBER = re.compile(r"[−-]?\d[\d.,]*")
"""A figure; whether it is the evidence's is looked at elsewhere."""
KEY = 12
"""Signs by which long stretches are found."""
EDGE = " ;:,.()"
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
JOINING = "_-."
CODE_POINT = re.compile(r"\[U\+([0-9A-F]+)\]")
"""How a sign is printed that no shipped font has."""


class Known:
    """Stretches that may be said."""

    def __init__(self, *others: Known) -> None:
        """Begin with what others know."""
        self._others = others
        self._short: set[str] = set()
        self._long: dict[str, set[str]] = {}
        self._joints: set[str] = set()

    def add(self, texts: Iterable[str]) -> None:
        """Let texts be said, in large letters or small at their beginnings."""
        for one in (form for text in texts for form in _forms(plain(text))):
            self._add(one)

    def join(self, texts: Iterable[str]) -> None:
        """Let texts be said between values."""
        for one in (form for text in texts for form in _forms(plain(text))):
            self._add(one)
            self._joints.add(one)

    def _add(self, text: str) -> None:
        if len(text) < KEY:
            self._short.add(text)
        else:
            self._long.setdefault(text[:KEY], set()).add(text)

    def ends(self, text: str, at: int) -> Iterator[int]:
        """Yield where each stretch ends that may be said from a place of a text on, between words."""
        yield from (end for end in range(at + 1, min(at + KEY, len(text) + 1)) if text[at:end] in self._short)
        yield from (at + len(one) for one in self._long.get(text[at : at + KEY], ()) if text.startswith(one, at))
        for other in self._others:
            yield from other.ends(text, at)

    def has(self, text: str) -> bool:
        """Whether a text is one stretch that may be said."""
        own = text in (self._short if len(text) < KEY else self._long.get(text[:KEY], ()))
        return own or any(other.has(text) for other in self._others)

    def joins(self, text: str) -> bool:
        """Whether a stretch may stand between values."""
        return text in self._joints or any(other.joins(text) for other in self._others)


def _forms(text: str) -> Iterator[str]:
    for one in {text, text.strip(EDGE)} - {""}:
        yield one
        yield one[0].swapcase() + one[1:]


BOUND, JOINED, JOINT, MANY = range(4)
"""What a stretch before a place was: a sign or a figure, a word that is a value, one that joins values, several."""


def uncovered(text: str, known: Known) -> str:
    """The first words of a text that nothing known accounts for, with those before them; "" if there are none.

    A single word beside another has to be one that joins values, or one that is joined.
    """
    text = plain(CODE_POINT.sub(lambda match: chr(int(match[1], 16)), text))
    if known.has(text):
        return ""
    reached: list[set[int]] = [set() for _ in range(len(text) + 1)]
    reached[0] = {BOUND}
    furthest = 0
    for at, before in enumerate(reached[:-1]):
        if not before:
            continue
        furthest = at
        if not text[at].isalnum():
            reached[at + 1] |= before if text[at] == " " else {BOUND}
        if not _is_between(text, at):
            continue
        if number := NUMBER.match(text, at):
            reached[number.end()].add(BOUND)
        for end in {end for end in known.ends(text, at) if _is_between(text, end)}:
            stretch = text[at:end]
            kinds = {MANY}
            if WORD.fullmatch(stretch):
                kinds = {JOINT, JOINED} if known.joins(stretch) else {JOINED}
            reached[end] |= {kind for kind in kinds if kind == MANY or before != {kind}}
    return "" if reached[-1] else f"{text[max(0, furthest - 30) : furthest]}⟨{text[furthest : furthest + 40]}⟩"


def _is_between(text: str, at: int) -> bool:
    """Whether a place is within no word and no name; what stands together by strokes or dots is one."""
    if at in (0, len(text)):
        return True
    before, after = text[at - 1], text[at]
    if before in JOINING:
        return not (after.isalnum() and at > 1 and text[at - 2].isalnum())
    if after in JOINING:
        return not (before.isalnum() and at + 1 < len(text) and text[at + 1].isalnum())
    return not (before.isalnum() and after.isalnum())
