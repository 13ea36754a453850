"""What a review is of, as digests: an item, and with it everything that it rests on.

Each item's digest covers its own content and the digests of the items directly below it, so that a change reaches
every item above the changed one and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from verification.evidence import ItemKind
from verification.sources.scan import Symbol
from verification.sources.scenarios import Scenario
from verification.specification.items import Entry, Items, plain
from verification.specification.kinds import REQUIREMENTS

PROTOCOL = "protocol"
_JSON = json.JSONEncoder(sort_keys=True)


@dataclass(frozen=True, slots=True)
class Subject:
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
    below: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def find_subjects(items: Items, symbols: Iterable[Symbol], scenarios: Iterable[Scenario]) -> dict[str, Subject]:
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
            graph.below[target].add(identity)
    found: dict[str, Subject] = {}
    for identity in sorted(graph.own):
        _find_subject(graph, identity, found, ())
    return found


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
    return Subject(PROTOCOL, _digest(parts), parts)


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
        for _, parent in entry.targets("parents"):
            graph.below[parent].add(entry.id)
        for criterion in entry.value["criteria"]:
            graph.own[f"{entry.id}/{criterion['id']}"] = _digest(plain(criterion))
    elif entry.kind in (ItemKind.HAZARD, ItemKind.RISK_CONTROL, ItemKind.THREAT):
        for key in ("controls", "requirements", "effectiveness.evidence"):
            graph.below[entry.id].update(target for _, target in entry.targets(key))


def _find_subject(graph: _Graph, identity: str, found: dict[str, Subject], above: tuple[str, ...]) -> Subject:
    if identity not in found:
        parts = {identity: graph.own[identity]}
        stops = {identity, *above}  # a cycle ends here
        for each in sorted(each for each in graph.below[identity] if each in graph.own and each not in stops):
            parts[each] = _find_subject(graph, each, found, (*above, identity)).digest
        found[identity] = Subject(identity, _digest(parts), parts)
    return found[identity]


def _digest(value: Any) -> str:
    return hashlib.sha256(_JSON.encode(value).encode()).hexdigest()
