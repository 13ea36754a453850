"""What came, changed and went between two commits, as a record."""

from __future__ import annotations

from verification.evidence.types import Record


class ItemDifference(Record, frozen=True):
    """An item of any kind: `added`, `changed` or `retired` (`how`)."""

    id: str
    kind: str
    title: str
    how: str


class LinkDifference(Record, frozen=True):
    """A link, `added` or `retired`."""

    source: str
    relation: str
    target: str
    how: str


class ValueDifference(Record, frozen=True):
    """A value under a name: a scenario's outcome, a link's strength. None where there is none at that commit."""

    name: str
    before: str | None
    after: str | None


class Recorded(Record, frozen=True):
    """What records say at both commits. `before` and `after` name the record, or say that there is none."""

    before: str
    after: str
    differences: tuple[ValueDifference, ...]


class TraceDifference(Record, frozen=True):
    """Everything between two commits, by their full names."""

    base: str
    head: str
    items: tuple[ItemDifference, ...]
    links: tuple[LinkDifference, ...]
    outcomes: Recorded
    strength: Recorded
