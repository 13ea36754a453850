"""The items that people write as YAML: needs, requirements, hazards, controls, anomalies; every fault in one pass."""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct

from verification.evidence import Issue, ItemKind, Project, Severity
from verification.specification.cache import recall
from verification.specification.documents import (
    Document,
    Places,
    Schema,
    Where,
    find_schema_issues,
    parse_document,
    read_document,
    unreadable,
)

FOLDERS = {
    "requirements_spec/user_needs": ItemKind.USER_NEED,
    "requirements_spec/system": ItemKind.SYSTEM_REQUIREMENT,
    "requirements_spec/software": ItemKind.SOFTWARE_REQUIREMENT,
    "risk/hazards": ItemKind.HAZARD,
    "risk/controls": ItemKind.RISK_CONTROL,
    "risk/anomalies": ItemKind.ANOMALY,
    "risk/threats": ItemKind.THREAT,
    "docs/records/changes": ItemKind.CHANGE,
}
"""A folder holds items of one kind, a file each, named by the item's id; of two kinds where `BESIDE` says so."""

BESIDE = {("risk/anomalies", "DEV-"): ItemKind.DEVIATION}
"""Kinds that lie in a folder of another, by folder and front of the file's name."""

REQUIREMENTS = (ItemKind.USER_NEED, ItemKind.SYSTEM_REQUIREMENT, ItemKind.SOFTWARE_REQUIREMENT)

LINKS: dict[ItemKind, tuple[tuple[str, str, tuple[ItemKind, ...]], ...]] = {
    ItemKind.USER_NEED: (("parents", "derives_from", ()),),
    ItemKind.SYSTEM_REQUIREMENT: (("parents", "derives_from", (ItemKind.USER_NEED,)),),
    ItemKind.SOFTWARE_REQUIREMENT: (("parents", "derives_from", (ItemKind.SYSTEM_REQUIREMENT,)),),
    ItemKind.HAZARD: (("controls", "controlled_by", (ItemKind.RISK_CONTROL,)),),
    ItemKind.RISK_CONTROL: (
        ("requirements", "implemented_by", (ItemKind.SOFTWARE_REQUIREMENT, ItemKind.SYSTEM_REQUIREMENT)),
    ),
    ItemKind.ANOMALY: (("requirements", "affects", REQUIREMENTS), ("hazards", "affects", (ItemKind.HAZARD,))),
    ItemKind.DEVIATION: (),
    ItemKind.CHANGE: (("requirements", "affects", REQUIREMENTS),),
    ItemKind.THREAT: (
        ("hazards", "can_cause", (ItemKind.HAZARD,)),
        ("controls", "controlled_by", (ItemKind.RISK_CONTROL,)),
        ("requirements", "implemented_by", (ItemKind.SOFTWARE_REQUIREMENT, ItemKind.SYSTEM_REQUIREMENT)),
    ),
}
"""By kind: the key that holds ids, what the link says, and the kinds that it may lead to."""

OPTIONAL = ("docs/records/changes",)
"""Folders that a checkout need not have; each holds its own schema."""

RETIRED = "requirements_spec/retired.yaml"

ONCE = ("policy", "dataflow", "security", "licences", "support", "vulnerabilities")
"""Files of the risk room that are no items; the last three say of what the device is made of, and trace reads none."""

INPUTS = ("requirements_spec/**/*", "risk/**/*", "docs/records/changes/*", "verification/studies/*/criteria.yaml")

_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
_LETTERS = string.digits + string.ascii_letters + "-_./"
_COMPARED = 1000
"""With so many ids a name is compared letter by letter; with more, a hint is found for slips of one letter alone."""
_SHOWN = 4
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
        return [((*key.split("."), n), target) for n, target in enumerate(_listed(self.value, key))]


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
    are about.
    """

    entries: dict[str, Entry]
    study_criteria: dict[str, Entry]
    policy: Document | None
    issues: list[Issue] = field(default_factory=list)
    retired: dict[str, Tombstone] = field(default_factory=dict)
    infrastructure: Document | None = None
    data_flow: Document | None = None
    security: Document | None = None

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


def read_items(project: Project) -> Items:
    """Read all items of a checkout, checking each file alone and then what they say of one another."""
    issues: list[Issue] = []
    found: list[Entry] = []
    for folder, kind in FOLDERS.items():
        names = list(project.find_names(f"{folder}/*.yaml"))
        if folder in OPTIONAL and not names:
            continue
        room = folder if folder in OPTIONAL else folder.partition("/")[0]
        kinds = (kind, *(beside for (where, _), beside in BESIDE.items() if where == folder))
        schemas = {each: _schema(project, room, each.value, issues) for each in kinds}
        for name in names:
            own = BESIDE.get((folder, Path(name).name[:4]), kind)
            found.append(_read_entry(project, name, own, schemas[own], issues))
    issues += _find_misplaced(project)
    issues += _find_missing(project)
    first = {entry.id: entry for entry in reversed(found)}
    studied = {entry.id: entry for entry in _read_study_criteria(project, issues)}
    policy = read_declared(project, "risk", "policy", issues)
    infrastructure = read_declared(project, "requirements_spec", "infrastructure", issues)
    retired = _read_retired(project, issues)
    security = [read_declared(project, "risk", name, issues) for name in ("dataflow", "security")]
    items = Items(dict(sorted(first.items())), studied, policy, issues, retired, infrastructure, *security)
    issues += _find_duplicates(found)
    issues += _find_duplicate_criteria(items)
    issues += _find_reused(items)
    issues += _find_bad_links(items)
    issues += _find_cycles(items)
    return items


# --- one file ---------------------------------------------------------------------------------------------------------


class _Sound(Struct, frozen=True, array_like=True):
    """What a file without fault holds: its value, the line of its id, the digests as an entry has them."""

    value: dict[str, Any]
    line: int
    digest: str
    whole: str


def _read_entry(project: Project, file: str, kind: ItemKind, schema: Schema | None, issues: list[Issue]) -> Entry:
    document = Document(file, known=Places())
    sound = None
    try:
        content = project.read(file)
    except OSError as error:
        document.issues.append(unreadable(file, error))
    else:
        if schema is not None:
            key = f"{kind} {file} {project.digest(file)} {schema.digest}"
            sound = recall(project, key, _Sound, lambda: _read_sound(content, file, kind, schema))
        if sound is not None:
            document = Document(file, sound.value, line=sound.line, content=content)
            return Entry(sound.value["id"], kind, sound.value, document, True, sound.digest, sound.whole)
        document = parse_document(content, file)
    return _unsound(document, kind, schema, issues)


def _read_sound(content: bytes, file: str, kind: ItemKind, schema: Schema) -> _Sound | None:
    """What the file of an item holds if nothing is wrong with it alone."""
    document = parse_document(content, file)
    value = document.value
    if document.issues or not schema.accepts(value) or not isinstance(value, dict):
        return None
    if value.get("id") != Path(file).stem or value.get("kind", kind) != kind:
        return None
    return _Sound(value, document.line, digest_of(value), _whole(value))


def _unsound(document: Document, kind: ItemKind, schema: Schema | None, issues: list[Issue]) -> Entry:
    """What can be known of an item whose file has faults, all of which are named; or that no schema judges."""
    path = Path(document.file)
    found = list(document.issues)
    if document.value is not None and schema is not None:
        found += find_schema_issues(document, schema)
    value = document.value if isinstance(document.value, dict) else {}
    identity = value.get("id")
    if not found and not isinstance(identity, str):
        found.append(document.issue("item-malformed", (), "an item is a mapping with an id", "write id: …"))
    if isinstance(identity, str) and identity != path.stem:
        message = f"found the id {identity} in a file named {path.name}, expected {identity}.yaml"
        found.append(document.issue("item-misnamed", ("id",), message, "rename the file; ids are never changed"))
    if value.get("kind", kind) != kind:
        message = f"found the kind {value['kind']}, expected {kind} in {path.parent}"
        found.append(document.issue("item-misplaced", ("kind",), message, "move the file or correct its kind"))
    issues += found
    name = identity if isinstance(identity, str) else path.stem
    return Entry(name, kind, value, document, False, digest_of(value), _whole(value))


def digest_of(value: dict[str, Any]) -> str:
    """SHA-256 of an item's normative fields, whatever their order and layout in the file."""
    normative = {key: each for key, each in value.items() if key not in _NOT_NORMATIVE}
    return hashlib.sha256(_JSON.encode(normative).encode()).hexdigest()


def _whole(value: dict[str, Any]) -> str:
    said = {key: plain(each) for key, each in value.items() if key not in _EXPLAINS}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def plain(value: Any) -> Any:
    """A value with the white space of its texts as a reader sees it, however the file is laid out."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return " ".join(value.split()) if isinstance(value, str) else value


def _schema(project: Project, room: str, kind: str, issues: list[Issue]) -> Schema | None:
    """The part of a room's schema that describes one kind; an issue, once, where there is no such schema."""
    try:
        schema = json.loads(project.read(f"{room}/schema.json"))
        definitions = schema.get("$defs", {})
        return Schema({"$ref": f"#/$defs/{kind}", "$defs": definitions} if kind in definitions else schema)
    except (OSError, ValueError, AttributeError) as error:
        issue = Issue(
            code="schema-unreadable", severity=Severity.BLOCKING, where=f"{room}/schema.json",
            message=f"no JSON schema to check the items against: {error}".replace(f"{project.root}/", ""),
            hint="restore the file from the repository",
        )  # fmt: skip
        issues += [] if issue in issues else [issue]
        return None


def read_declared(project: Project, room: str, name: str, issues: list[Issue]) -> Document | None:
    """A file that a room has once and that is no item; None where there is none, or none that can be used."""
    path = project.root / room / f"{name}.yaml"
    if not path.is_file():
        return None
    document = read_document(path, f"{room}/{name}.yaml")
    schema = _schema(project, room, name, issues)
    if schema and document.value is not None:
        document.issues += find_schema_issues(document, schema)
    issues += document.issues
    return None if document.issues else document


def _read_retired(project: Project, issues: list[Issue]) -> dict[str, Tombstone]:
    path = project.root / RETIRED
    if not path.is_file():
        return {}
    document = read_document(path, RETIRED)
    schema = _schema(project, "requirements_spec", "retired", issues)
    found = [*document.issues, *(find_schema_issues(document, schema) if schema and document.value is not None else [])]
    issues += found
    tombstones: dict[str, Tombstone] = {}
    for number, value in enumerate([] if found else document.value):
        where = document.where(number)
        known = tombstones.setdefault(
            value["id"], Tombstone(**value | {"replaced_by": tuple(value["replaced_by"])}, where=where)
        )
        if known.where != where:
            message = f"{known.id} is retired already at {known.where}"
            issues.append(document.issue("item-duplicate", (number, "id"), message, "delete one of them"))
    return tombstones


def _read_study_criteria(project: Project, issues: list[Issue]) -> Iterator[Entry]:
    for path in project.find_files("verification/studies/*/criteria.yaml"):
        document = read_document(path, project.relative(path))
        issues += document.issues
        listed = document.value.get("criteria") if isinstance(document.value, dict) else document.value
        for n, value in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(value, dict) and isinstance(value.get("id"), str):
                part = _part(document, n)
                digests = digest_of(value), _whole(value)
                yield Entry(value["id"], ItemKind.STUDY_CRITERION, value, part, True, *digests)


def _part(document: Document, number: int) -> Document:
    """A document of which one criterion is the whole, so that its line is the criterion's own."""
    line = next((n for path, n in document.places.lines.items() if path[-1:] == (number,)), 1)
    return Document(document.file, line=line, known=Places({(): line}))


def _find_misplaced(project: Project) -> Iterator[Issue]:
    expected = (*(f"{folder}/" for folder in FOLDERS), *(f"risk/{name}.yaml" for name in ONCE), RETIRED)
    expected += ("requirements_spec/pccp.yaml", "requirements_spec/infrastructure.yaml")
    for file in project.find_names("requirements_spec/**/*.y*ml", "risk/**/*.y*ml"):
        if not file.startswith(expected) or not file.endswith(".yaml"):
            folders = ", ".join(FOLDERS)
            yield Issue(
                code="item-misplaced", severity=Severity.BLOCKING, where=f"{file}:1",
                message=f"found a YAML file that is read as no item, expected <ID>.yaml in one of {folders}",
                hint="move or rename it",
            )  # fmt: skip


def _find_missing(project: Project) -> Iterator[Issue]:
    """Names in the folders of items behind which there is no file: links that lead nowhere, or in a loop."""
    for file in project.find_names(*(f"!{folder}/*.yaml" for folder in FOLDERS)):
        yield Issue(
            code="item-missing", severity=Severity.BLOCKING, where=f"{file}:1",
            message="found a name without a regular file behind it, expected the file of an item",
            hint="write the item or delete the name",
        )  # fmt: skip


# --- all files together -----------------------------------------------------------------------------------------------


def _find_duplicates(found: list[Entry]) -> Iterator[Issue]:
    first: dict[str, Entry] = {}
    for entry in found:
        other = first.setdefault(entry.id.casefold(), entry)
        if other is not entry:
            how = "is also" if other.id == entry.id else f"differs only in case from {other.id}"
            message = f"the id {entry.id} {how} at {other.document.where('id')}"
            yield entry.document.issue(
                "item-duplicate", ("id",), message, "give one of them a new id, never used before"
            )


def _find_duplicate_criteria(items: Items) -> Iterator[Issue]:
    for entry in items.of(*REQUIREMENTS):
        seen: set[str] = set()
        for number, criterion in enumerate(entry.value["criteria"]):
            one = criterion["id"]
            if one in seen:
                message = f"the criterion {entry.id}/{one} stands twice"
                yield entry.document.issue(
                    "criterion-duplicate", ("criteria", number, "id"), message, "give one of them an id of its own"
                )
            seen.add(one)


def _find_reused(items: Items) -> Iterator[Issue]:
    """Items and criteria that stand under an id of a tombstone."""
    for name in sorted(items.retired.keys() & {*items.entries, *items.criteria}):
        entry = items.entries[name.partition("/")[0]]
        said = f"found a file or criterion {name}; {items.retired[name].said}"
        yield entry.document.issue("id-retired", ("id",), said, "give it an id that was never used")


def _find_bad_links(items: Items) -> Iterator[Issue]:
    for entry in items.entries.values():
        for key, _, kinds in LINKS[entry.kind]:
            for place, target in entry.targets(key):
                yield from _bad_link(items, entry, target, place, kinds)
        if entry.kind is ItemKind.RISK_CONTROL:
            yield from _find_unknown_evidence(items, entry)


def _bad_link(items: Items, entry: Entry, target: str, place: Where, kinds: tuple[ItemKind, ...]) -> Iterator[Issue]:
    issue = entry.document.issue
    known = items.entries.get(target)
    expected = " or ".join(kind.value.replace("_", " ") for kind in kinds) or "nothing"
    if target == entry.id:
        yield issue("link-self", place, f"{entry.id} names itself in {place[0]}", "name another item")
    elif target in items.retired:
        said = f"{place[0]} names {target}; {items.retired[target].said}"
        yield issue("id-retired", place, said, items.retired[target].hint)
    elif known is None:
        message = f"{place[0]} names {target}, which does not exist"
        yield issue("link-dangling", place, message, near(target, items.entries))
    elif known.kind not in kinds:
        message = f"{place[0]} names {target}, a {known.kind.value.replace('_', ' ')}, expected {expected}"
        yield issue("link-wrong-kind", place, message, "name an item of the right kind")


def _find_unknown_evidence(items: Items, entry: Entry) -> Iterator[Issue]:
    known = items.named
    for place, target in entry.targets("effectiveness.evidence"):
        if target in items.retired:
            said = f"effectiveness names {target}; {items.retired[target].said}"
            yield entry.document.issue("id-retired", place, said, items.retired[target].hint)
        elif target not in known:
            message = f"effectiveness names {target}, which is no criterion"
            yield entry.document.issue("link-dangling", place, message, near(target, known))


def _find_cycles(items: Items) -> Iterator[Issue]:
    """Yield each link by which parents, followed upward from some item, come back to where they were."""
    graph = {
        entry.id: sorted({target for _, target in entry.targets("parents") if target in items.entries} - {entry.id})
        for entry in items.entries.values()
    }
    done: set[str] = set()
    for start in graph:
        way: dict[str, Iterator[str]] = {} if start in done else {start: iter(graph[start])}
        while way:
            here = next(reversed(way))
            following = next(way[here], None)
            if following is None:
                done.add(way.popitem()[0])
            elif following in way:
                names = list(way)
                yield _cycle(items, [*names[names.index(following) :], following])
            elif following not in done:
                way[following] = iter(graph[following])


def _cycle(items: Items, cycle: list[str]) -> Issue:
    shown = (
        [*cycle[:_SHOWN], f"… {len(cycle) - 2 * _SHOWN} more", *cycle[-_SHOWN:]] if len(cycle) > 3 * _SHOWN else cycle
    )
    message = f"a cycle of parents: {' → '.join(shown)}"
    return items.entries[min(cycle)].document.issue("link-cycle", ("parents",), message, "remove one of these links")


def _listed(value: Any, key: str) -> list[str]:
    """The texts of the list under a dotted key; whatever else is there is the schema's business."""
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def near(name: str, known: Collection[str]) -> str:
    """A hint: what an unknown id may have meant.

    Args:
        name: the unknown id.
        known: the ids that there are; a set or a mapping, for it is asked whether it holds each slip of one letter.
    """
    close = [each for each in dict.fromkeys(_find_slips(name)) if each in known][:3]
    if not close and len(known) <= _COMPARED:
        close = get_close_matches(name, known, 3)
    return f"did you mean {' or '.join(close)}?" if close else "see `clearway trace` for the ids that exist"


def _find_slips(name: str) -> Iterator[str]:
    """Yield what a name may have been before it was mistyped: another case, two letters swapped, one wrong."""
    yield from (name.upper(), name.lower())
    cuts = [(name[:n], name[n:]) for n in range(len(name) + 1)]
    yield from (front + back[1] + back[0] + back[2:] for front, back in cuts if len(back) > 1)
    yield from (front + letter + back[1:] for front, back in cuts if back for letter in _LETTERS)
    yield from (front + letter + back for front, back in cuts for letter in _LETTERS)
    yield from (front + back[1:] for front, back in cuts if back)
