"""Which values are shown, and together with which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import escape

from submission.words.claims import number_of, pick
from submission.words.filters.registry import total
from submission.words.filters.texts import show
from verification.evidence import Gap


@total
def where(values: Iterable[Any], attribute: str, wanted: object) -> tuple[Any, ...]:
    """The values whose attribute is `wanted`."""
    return pick(values, attribute, wanted)


@total
def unlike(values: Iterable[Any], attribute: str, unwanted: object) -> tuple[Any, ...]:
    """The values whose attribute is another."""
    return pick(values, attribute, unwanted, other=True)


@total
def unless(values: Iterable[Any], attribute: str, unwanted: object) -> tuple[Any, ...]:
    """The values whose attribute is not `unwanted`."""
    return pick(values, attribute, unwanted, other=True)


NOT_HELD = Gap(reason="The evidence does not hold it", closes="make it, or name another")
"""What `one` gives where there is none; whoever asked says for what."""


@total
def one(values: Iterable[Any], name: str) -> Any:
    """The value whose id, metric, name or key is `name`; a gap if there is none."""
    for value in values:
        if name in (getattr(value, key, None) for key in ("id", "metric", "name", "key")):
            return value
    return NOT_HELD


@total
def gather(values: Iterable[Any], attribute: str) -> tuple[Any, ...]:
    """One attribute of each value."""
    return tuple(getattr(value, attribute) for value in values)


@total
def distinct(values: Iterable[Any], attribute: str) -> tuple[Any, ...]:
    """One attribute of each value, each that it is once."""
    return tuple(dict.fromkeys(getattr(value, attribute) for value in values))


@total
def length(values: Sequence[Any]) -> int:
    """How many they are."""
    return number_of(values)


@total
def told(pairs: Iterable[tuple[object, object]]) -> tuple[tuple[object, object], ...]:
    """The pairs that have a value: what does not apply is left out."""
    return tuple(pair for pair in pairs if pair[1] is not None)


@total
def together(values: tuple[object, ...], between: str = "; ") -> object:
    """Several values in one place; if one is a gap, that gap alone."""
    gaps = [value for value in values if isinstance(value, Gap)]
    return gaps[0] if gaps else escape(between).join(escape(show(value)) for value in values)


@total
def any_of_them(values: tuple[object, ...], none: str = "none recorded") -> object:
    """Several values in one place, an en dash for one that is not there; words where none of them is."""
    return together(values) if any(isinstance(value, Gap) or value != "–" for value in values) else none
