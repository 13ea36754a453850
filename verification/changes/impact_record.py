"""What a change touches, as a record: frozen, and the same for the same two commits."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from verification.evidence import ItemKind
from verification.evidence.types import Record


class FileChange(Record, frozen=True):
    """A file, `added`, `changed` or `removed` (`how`)."""

    file: str
    how: str


class UnitChange(Record, frozen=True):
    """A function, class, constant or import whose normalized syntax tree differs.

    `claims` are the ids that it claims; where it claims none, `reached_by` are the claiming symbols that use it,
    directly or through others that claim nothing.
    """

    id: str
    file: str
    line: int
    how: str
    claims: tuple[str, ...]
    reached_by: tuple[str, ...]


class ItemChange(Record, frozen=True):
    """An item that people wrote. Of what differs, `fields` are normative, `other` the rest (a rationale, parents)."""

    id: str
    kind: ItemKind
    title: str
    file: str
    how: str
    fields: tuple[str, ...]
    other: tuple[str, ...]


class ScenarioChange(Record, frozen=True):
    """A scenario that says something else than before."""

    id: str
    file: str
    line: int
    how: str


class ReleaseChange(Record, frozen=True):
    """A release folder. `fields` are the keys of release.yaml that differ, `files` the files of the folder that do."""

    name: str
    how: str
    digest_before: str | None
    digest_after: str | None
    fields: tuple[str, ...]
    files: tuple[str, ...]


class DependencyChange(Record, frozen=True):
    """A locked distribution (software of unknown provenance): its version before and after, None where it is not."""

    name: str
    lock: str
    before: str | None
    after: str | None
    purpose: str


class Affected(Record, frozen=True):
    """An item that the change leads to, upward, and by what."""

    id: str
    kind: ItemKind
    title: str
    because: str


class Nearness(StrEnum):
    """How near a scenario is to a change, the nearest first."""

    NAMED = "names what changed, or changed itself"
    IMPLEMENTED = "names what the changed code implements"
    SHARED = "by shared code"


class Again(Record, frozen=True):
    """A scenario to run again: how near it is to the change, and every reason, the nearest first."""

    id: str
    file: str
    line: int
    why: tuple[str, ...]
    nearness: Nearness


class Invalidated(Record, frozen=True):
    """A study whose estimates no longer follow from what is there: its criteria, why, and what makes them again."""

    study: str
    criteria: tuple[str, ...]
    why: tuple[str, ...]
    then: tuple[str, ...]


class SectionAffected(Record, frozen=True):
    """A section of a document, and what of that it shows is touched."""

    id: str
    title: str
    because: tuple[str, ...]


class Boundary(Record, frozen=True):
    """Whether the change stays within the predetermined change control plan; `kept` is None where none applies.

    `under` names what changed with the modification that allows it, `outside` what none allows, `conditions` what the
    plan asks to be shown of the modifications that were used.
    """

    plan: str | None
    kept: bool | None
    why: str
    under: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


class Question(Record, frozen=True):
    """A question of the decision whether a change of a cleared device's software needs a new submission."""

    id: str
    text: str
    answer: str
    evidence: tuple[str, ...]


class Impact(Record, frozen=True):
    """What differs between two states of the repository and what this leads to. `head` is None for the working tree.

    `everything` says why every scenario is to run again, if so. `basis` says what the choice of scenarios rests on;
    `unread` are places that cannot be read, about which nothing is known.
    """

    base: str
    head: str | None
    files: tuple[FileChange, ...]
    units: tuple[UnitChange, ...]
    steps: tuple[UnitChange, ...]
    items: tuple[ItemChange, ...]
    scenarios: tuple[ScenarioChange, ...]
    releases: tuple[ReleaseChange, ...]
    dependencies: tuple[DependencyChange, ...]
    affected: tuple[Affected, ...]
    everything: tuple[str, ...]
    again: tuple[Again, ...]
    basis: str
    estimates: tuple[Invalidated, ...]
    sections: tuple[SectionAffected, ...]
    boundary: Boundary
    questions: tuple[Question, ...]
    unread: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the impact as JSON, its keys in order."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()
