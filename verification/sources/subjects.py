"""What a review is of, as digests: an item, and with it everything that it rests on.

Each item's digest covers its own content and the digests of the items directly below it, so that a change reaches
every item above the changed one and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import Any

from msgspec import Struct

from verification.evidence import ItemKind
from verification.sources.scan import Symbol
from verification.sources.scenarios import Scenario
from verification.specification.items import Entry, Items
from verification.specification.kinds import REQUIREMENTS

PROTOCOL = "protocol"
_JSON = json.JSONEncoder(sort_keys=True)


class Subject(Struct, frozen=True):
    """Something that can be reviewed.

    `parts` are its own digest, under its id, and the digests of what is directly below it; `digest` is of them all.
    """

    id: str
    digest: str
    parts: dict[str, str]


@dataclass(slots=True)
class _Graph:
    """Own digests, and what stands directly below what; a criterion is named as in `SRS-003/AC2`."""

    own: dict[str, str] = field(default_factory=dict)
    below: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class Subjects(Mapping[str, Subject]):
    """Subjects by id; what one rests on is gone through when it is asked for."""

    def __init__(self, graph: _Graph, found: Iterable[Subject] = ()) -> None:
        self._graph, self._found = graph, {each.id: each for each in found}

    def __getitem__(self, identity: str) -> Subject:
        if identity not in self._found and identity not in self._graph.own:
            raise KeyError(identity)
        return _find_subject(self._graph, identity, self._found, ())

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._graph.own, *self._found}))

    def __len__(self) -> int:
        return len({*self._graph.own, *self._found})

    def beside(self, subject: Subject) -> Subjects:
        """These, and one that is no item."""
        return Subjects(self._graph, (*self._found.values(), subject))


def find_subjects(items: Items, symbols: Iterable[Symbol], scenarios: Iterable[Scenario]) -> Subjects:
    """Every item that can be reviewed and every criterion, by id."""
    graph = _Graph()
    for entry in (*items.entries.values(), *items.study_criteria.values()):
        if entry.sound:
            _add_entry(graph, entry)
    made = [(each.id, each.digest, each.implements) for each in symbols]
    made += [(each.id, each.digest, (*each.requirements, *each.criteria)) for each in scenarios]
    for identity, digest, above in made:
        known = graph.own.get(identity)  # a property and its setter share a name
        graph.own[identity] = digest if known is None else _digest([known, digest])
        for target in above:
            graph.below[target].append(identity)
    subjects = Subjects(graph)
    if any(issue.code == "link-cycle" for issue in items.issues):  # what a digest of a cycle is depends on the order
        list(subjects.values())
    return subjects


def find_protocol(items: Items, scenarios: Iterable[Scenario]) -> Subject:
    """The test protocol: what every scenario says, and the requirements that they verify, without the code.

    The scenarios of a feature file are one part.
    """
    by_file: dict[str, list[tuple[str, str]]] = {}
    named: set[str] = set()
    for scenario in scenarios:
        by_file.setdefault(scenario.file, []).append((scenario.id, scenario.digest))
        named.update(scenario.requirements)
    parts = {file: _digest(sorted(found)) for file, found in by_file.items()}
    parts |= {entry.id: entry.whole for entry in items.entries.values() if entry.id in named and entry.sound}
    return Subject(PROTOCOL, _digest_parts(parts), parts)


def find_below(subjects: Mapping[str, Subject], starts: Iterable[str]) -> frozenset[str]:
    """Everything that some items rest on, at any depth."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        subject = subjects.get(waiting.pop())
        new = [part for part in (subject.parts if subject else ()) if part not in found]
        found.update(new)
        waiting += new
    return frozenset(found)


def _add_entry(graph: _Graph, entry: Entry) -> None:
    graph.own[entry.id] = entry.whole
    if entry.kind in REQUIREMENTS:
        for parent in entry.ids("parents"):
            graph.below[parent].append(entry.id)
        for criterion, digest in zip(entry.value.get("criteria", ()), entry.criteria, strict=True):
            graph.own[f"{entry.id}/{criterion['id']}"] = digest
    elif entry.kind in (ItemKind.HAZARD, ItemKind.RISK_CONTROL, ItemKind.THREAT):
        for key in ("controls", "requirements", "effectiveness.evidence"):
            graph.below[entry.id] += entry.ids(key)


def _find_subject(graph: _Graph, identity: str, found: dict[str, Subject], above: tuple[str, ...]) -> Subject:
    if identity not in found:
        parts, above = {identity: graph.own[identity]}, (*above, identity)  # a cycle ends there
        for each in sorted({*graph.below.get(identity, ())}):
            if each in graph.own and each not in above:
                parts[each] = _find_subject(graph, each, found, above).digest
        found[identity] = Subject(identity, _digest_parts(parts), parts)
    return found[identity]


def _digest_parts(parts: Mapping[str, str]) -> str:
    """The same as `_digest`, for what there are thousands of: digests by name."""
    said = ", ".join([f'{encode_basestring_ascii(name)}: "{parts[name]}"' for name in sorted(parts)])
    return hashlib.sha256(f"{{{said}}}".encode()).hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(_JSON.encode(value).encode()).hexdigest()
