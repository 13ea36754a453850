"""Changes under control, CHG-*, as items of the trace and as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from verification.evidence import Change, ItemKind, LinkStatus, Meaning, Review
from verification.graph.standing import Standing
from verification.specification.items import Entry, Items

FOLDER = "docs/records/changes"
BY_PEOPLE = {"verified": "re-verification", "risk_file_reviewed": "review of the risk file", "decision": "decision"}
"""What people complete, by key."""


def find_change_records(items: Items) -> Iterator[Change]:
    """Yield every change that is recorded."""
    for entry in items.of(ItemKind.CHANGE):
        yield read_change(entry)


def standing_of_change(entry: Entry, review: Review) -> Standing:
    """A change holds once people have completed and approved it.

    Whether the evidence bears it, `clearway change check` says.
    """
    missing = [what for key, what in BY_PEOPLE.items() if entry.value[key] is None]
    if not is_approved(review):
        missing.append("approval of it as it stands")
    if missing:
        return Standing(LinkStatus.GAP, f"open: no {', no '.join(missing)}")
    return Standing(LinkStatus.COVERS, "verified again, its risks reviewed, decided and approved")


def is_approved(review: Review) -> bool:
    """Whether a person has approved the record as it is now; of one that was changed since, nothing holds."""
    return Meaning.APPROVED in review.meanings


def read_change(entry: Entry) -> Change:
    """A sound entry as evidence."""
    fields: dict[str, Any] = {key: value for key, value in entry.value.items() if key != "kind"}
    return msgspec.convert(fields | {"impact_digest": fields.pop("impact")}, Change)
