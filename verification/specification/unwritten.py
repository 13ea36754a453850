"""What a form leaves to a person: the words that stand for it, and where in a value they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from verification.specification.documents import Where

TO_BE_WRITTEN = "TO BE WRITTEN"
"""What a text says that a person has yet to write; what holds one is not taken for written.

Plans of studies say it by a constant of their own, for their records hold the digest of the code that reads plans.
"""


def is_written(value: object) -> bool:
    """Whether no text at or below a value is yet to be written; said at speed, and of a key as of a text."""
    return TO_BE_WRITTEN.encode() not in msgspec.json.encode(value)


def find_unwritten(value: object, where: Where = ()) -> Iterator[Where]:
    """Yield where below a value a text is yet to be written."""
    if isinstance(value, str) and TO_BE_WRITTEN in value:
        yield where
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, part in parts:
        yield from find_unwritten(part, (*where, key))


def spell_place(value: Any, where: Where) -> str:
    """A place in a value for people, such as `asserted.values.Modality` or `criteria.AC1.text`; lists count from 1."""
    words = []
    for key in where:
        value = value[key]
        named = value.get("id") if isinstance(key, int) and isinstance(value, dict) else None
        words.append(str(named or (key + 1 if isinstance(key, int) else key)))
    return ".".join(words)
