"""What has been read: an item as its file states it, a retired id, and all of them; and the digests of an item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from verification.evidence import Issue, ItemKind
from verification.specification.documents import Document, Where
from verification.specification.kinds import REQUIREMENTS
from verification.specification.unwritten import TO_BE_WRITTEN

_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
_NOT_NORMATIVE = ("rationale", "source", "parents", "needs")
_EXPLAINS = ("rationale", "source")
"""Keys that say why an item is there. They bind nobody, so that a better reason drops no review."""


@dataclass(frozen=True)
class Entry:
    """An item as its file states it. An unsound one (its file has issues) is known by its id and not used further.

    `digest` is of the normative fields, `whole` of all but those that say why it is there.
    """

    id: str
    kind: ItemKind
    value: dict[str, Any]
    document: Document
    sound: bool
    digest: str
    whole: str

    @property
    def line(self) -> int:
        """Where the item begins."""
        return self.document.line

    def targets(self, key: str) -> list[tuple[Where, str]]:
        """The ids that a key lists, each with its place in the file; of an unsound entry those that can be read."""
        listed = enumerate(_listed(self.value, key))
        return [((*key.split("."), n), target) for n, target in listed if TO_BE_WRITTEN not in target]

    def studied(self) -> list[tuple[Where, str]]:
        """The criteria of studies that a requirement's own criteria name as evidence, each with its place."""
        criteria = self.value.get("criteria") if isinstance(self.value, dict) else None
        return [
            (("criteria", number, "evidence", n), target)
            for number, criterion in enumerate(criteria if isinstance(criteria, list) else [])
            for n, target in enumerate(_listed(criterion, "evidence"))
        ]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An id that was retired (an item's or a criterion's) and is never used again. `where` is its place."""

    id: str
    title: str
    reason: str
    replaced_by: tuple[str, ...]
    where: str

    @property
    def said(self) -> str:
        """What the tombstone says, for whoever meets the id."""
        return f"{self.id} ({self.title}) was retired: {self.reason} ({self.where})"

    @property
    def hint(self) -> str:
        """What to use instead."""
        return f"use {', '.join(self.replaced_by)}" if self.replaced_by else "nothing replaces it; name another item"


@dataclass(frozen=True)
class Items:
    """Everything written by people: entries by id, study criteria, the risk policy, retired ids; every issue found.

    `infrastructure` declares the code that is there for no requirement; `data_flow` and `security` are what the threats
    are about. `foreign` are the study criteria of comparators, which are of no product.
    """

    entries: dict[str, Entry]
    study_criteria: dict[str, Entry]
    policy: Document | None
    issues: list[Issue] = field(default_factory=list)
    retired: dict[str, Tombstone] = field(default_factory=dict)
    infrastructure: Document | None = None
    data_flow: Document | None = None
    security: Document | None = None
    foreign: frozenset[str] = frozenset()

    def of(self, *kinds: ItemKind) -> Iterator[Entry]:
        """Yield the sound entries of some kinds, by id."""
        yield from (entry for entry in self.entries.values() if entry.kind in kinds and entry.sound)

    @cached_property
    def named(self) -> frozenset[str]:
        """Everything that has an id: entries, criteria, study criteria."""
        return self.criteria.union(self.entries, self.study_criteria)

    @cached_property
    def criteria(self) -> frozenset[str]:
        """The ids of all acceptance criteria: `SRS-003/AC2`."""
        return frozenset(
            f"{entry.id}/{criterion['id']}" for entry in self.of(*REQUIREMENTS) for criterion in entry.value["criteria"]
        )


def digest_of(value: dict[str, Any]) -> str:
    """SHA-256 of an item's normative fields, whatever their order and layout in the file."""
    normative = {key: each for key, each in value.items() if key not in _NOT_NORMATIVE}
    return hashlib.sha256(_JSON.encode(normative).encode()).hexdigest()


def whole_of(value: dict[str, Any]) -> str:
    """SHA-256 of all that an item says but why it is there, white space as a reader sees it."""
    said = {key: plain(each) for key, each in value.items() if key not in _EXPLAINS}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def plain(value: Any) -> Any:
    """A value with the white space of its texts as a reader sees it, however the file is laid out."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return " ".join(value.split()) if isinstance(value, str) else value


def _listed(value: Any, key: str) -> list[str]:
    """The texts of the list under a dotted key; whatever else is there is the schema's business."""
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
