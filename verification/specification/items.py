"""What has been read: an item as its file states it, a retired id, and all of them; and the digests of an item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from msgspec import Struct

from verification.evidence import Issue, ItemKind
from verification.specification.documents import Document, Where
from verification.specification.kinds import REQUIREMENTS
from verification.specification.unwritten import TO_BE_WRITTEN

_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
_ASCII = json.JSONEncoder(sort_keys=True)
_NOT_NORMATIVE = ("rationale", "source", "parents", "needs")
_EXPLAINS = ("rationale", "source")
"""Keys that say why an item is there. They bind nobody, so that a better reason drops no review."""


class Entry(Struct, frozen=True):
    """An item as its file states it. An unsound one (its file has issues) is known by its id and not used further.

    `digest` is of the normative fields, `whole` of all but those that say why it is there; `criteria` are those of
    its criteria, in their order.
    """

    id: str
    kind: ItemKind
    value: dict[str, Any]
    document: Document
    sound: bool
    digest: str
    whole: str
    criteria: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """Where the item begins."""
        return self.document.line

    def targets(self, key: str) -> list[tuple[Where, str]]:
        """The ids that a key lists, each with its place in the file; of an unsound entry those that can be read."""
        listed = enumerate(_listed(self.value, key))
        return [((*key.split("."), n), target) for n, target in listed if TO_BE_WRITTEN not in target]

    def ids(self, key: str) -> Sequence[str]:
        """The same without their places."""
        if self.sound and "." not in key:
            return self.value.get(key) or ()  # as its schema has it
        return [target for target in _listed(self.value, key) if TO_BE_WRITTEN not in target]

    def studied(self) -> list[tuple[Where, str]]:
        """The criteria of studies that a requirement's own criteria name as evidence, each with its place."""
        criteria = self.value.get("criteria") if isinstance(self.value, dict) else None
        return [
            (("criteria", number, "evidence", n), target)
            for number, criterion in enumerate(criteria if isinstance(criteria, list) else ())
            if isinstance(criterion, dict) and "evidence" in criterion
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
    _of: dict[tuple[ItemKind, ...], list[Entry]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of(self, *kinds: ItemKind) -> Iterator[Entry]:
        """The sound entries of some kinds, by id."""
        if kinds not in self._of:
            self._of[kinds] = [entry for entry in self.entries.values() if entry.kind in kinds and entry.sound]
        return iter(self._of[kinds])

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
    return _digest_plain({key: plain(each) for key, each in value.items() if key not in _EXPLAINS})


def criteria_of(value: dict[str, Any]) -> tuple[str, ...]:
    """SHA-256 of each criterion of a sound item, white space as a reader sees it."""
    return tuple([_digest_plain(plain(criterion)) for criterion in value.get("criteria", ())])


def _digest_plain(value: dict[str, Any]) -> str:
    return hashlib.sha256(_ASCII.encode(value).encode()).hexdigest()


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
