"""Which lines of the review record count: those that nobody has withdrawn and that are about the thing as it is."""

from __future__ import annotations

from collections.abc import Iterable

from verification.evidence.types import Item, ItemKind, Meaning, ReviewLine


def is_reviewable(item: Item) -> bool:
    """Whether a person reviews it. A section is approved with its document."""
    return item.kind is not ItemKind.DOCUMENT_SECTION


def lines_by_subject(record: Iterable[ReviewLine]) -> dict[str, tuple[ReviewLine, ...]]:
    """The lines of the record by what they are about, in order, without those that a later line withdraws."""
    found: dict[str, tuple[ReviewLine, ...]] = {}
    for line in record:
        withdrawn = line.meaning == Meaning.WITHDRAWN
        found[line.id] = () if withdrawn else (*found.get(line.id, ()), line)
    return found


def fitting(lines: Iterable[ReviewLine], digest: str, meaning: Meaning | None = None) -> tuple[ReviewLine, ...]:
    """Those of the lines of one subject that were made for this digest, of one meaning or of any."""
    return tuple(line for line in lines if line.digest == digest and meaning in (None, line.meaning))
