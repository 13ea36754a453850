"""Reads the items that people write as YAML, and the files beside them; every fault in one pass."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from verification.evidence import Issue, ItemKind, Project, Severity
from verification.specification.cache import Shelf
from verification.specification.checks import find_issues, find_misplaced, find_missing
from verification.specification.documents import (
    Document,
    Places,
    Schema,
    find_schema_issues,
    parse_document,
    read_document,
    unreadable,
)
from verification.specification.items import Entry, Items, Tombstone, criteria_of, digest_of, whole_of
from verification.specification.kinds import BESIDE, FOLDERS, OPTIONAL, RETIRED
from verification.specification.unwritten import TO_BE_WRITTEN, find_unwritten, is_written, spell_place


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
        schemas = {each: read_schema(project, room, each.value, issues) for each in kinds}
        for front, group in _by_thousand(names).items():
            with Shelf(project, front) as shelf:
                for name in group:
                    own = BESIDE.get((folder, name.rpartition("/")[2][:4]), kind)
                    found.append(_read_entry(project, name, own, schemas[own], issues, shelf))
    issues += find_misplaced(project)
    issues += find_missing(project)
    first = {entry.id: entry for entry in reversed(found)}
    studied = {entry.id: entry for entry in _read_study_criteria(project, issues)}
    policy = read_declared(project, "risk", "policy", issues)
    infrastructure = read_declared(project, "requirements_spec", "infrastructure", issues)
    retired = _read_retired(project, issues)
    data_flow, security = (read_declared(project, "risk", name, issues) for name in ("dataflow", "security"))
    foreign = frozenset(name for name, entry in studied.items() if _is_of_comparator(project, entry))
    items = Items(
        dict(sorted(first.items())), studied, policy, issues, retired, infrastructure, data_flow, security, foreign
    )
    issues += find_issues(items, found)
    return items


def _by_thousand(names: Iterable[str]) -> dict[str, list[str]]:
    """Names of items by all but the last three digits of their ids: an edit writes the shelf of these alone."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name[: -len("000.yaml")], []).append(name)
    return groups


# --- one file ---------------------------------------------------------------------------------------------------------


class _Sound(Struct, frozen=True, array_like=True):
    """What a file without fault holds: its value, the line of its id, the digests as an entry has them."""

    value: dict[str, Any]
    line: int
    digest: str
    whole: str
    criteria: tuple[str, ...]


def _read_entry(
    project: Project, file: str, kind: ItemKind, schema: Schema | None, issues: list[Issue], shelf: Shelf
) -> Entry:
    try:
        content = project.read(file)
    except OSError as error:
        return _unsound(Document(file, issues=[unreadable(file, error)], known=Places()), kind, schema, issues)
    sound = None
    if schema is not None:
        key = f"{file} {project.digest(file)} {schema.digest}"
        sound = shelf.recall(key, _Sound, lambda: _read_sound(content, file, kind, schema))
    if sound is None:
        return _unsound(parse_document(content, file), kind, schema, issues)
    document = Document(file, sound.value, [], sound.line, project=project)
    return Entry(sound.value["id"], kind, sound.value, document, True, sound.digest, sound.whole, sound.criteria)


def _read_sound(content: bytes, file: str, kind: ItemKind, schema: Schema) -> _Sound | None:
    """What the file of an item holds if nothing is wrong with it alone."""
    document = parse_document(content, file)
    value = document.value
    if document.issues or not schema.accepts(value) or not isinstance(value, dict):
        return None
    named = file.rpartition("/")[2] == f"{value.get('id')}.yaml"
    if not named or value.get("kind", kind) != kind or not is_written(value):
        return None
    return _Sound(value, document.line, digest_of(value), whole_of(value), criteria_of(value))


def _unsound(document: Document, kind: ItemKind, schema: Schema | None, issues: list[Issue]) -> Entry:
    """What can be known of an item whose file has faults, all of which are named; or that no schema judges."""
    path = Path(document.file)
    found = [*document.issues, *_find_unwritten(document)]
    if document.value is not None and schema is not None:
        found += [one for one in find_schema_issues(document, schema) if TO_BE_WRITTEN not in one.message]
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
    return Entry(name, kind, value, document, False, digest_of(value), whole_of(value))


def _find_unwritten(document: Document) -> Iterator[Issue]:
    """Yield an issue for each field that a form left to a person; what the schema says of it is said by the form."""
    for place in find_unwritten(document.value):
        message = f"{spell_place(document.value, place) or 'the item'} is yet to be written"
        yield document.issue("item-unwritten", place, message, f"write it in the place of {TO_BE_WRITTEN}")


def read_schema(project: Project, room: str, kind: str, issues: list[Issue]) -> Schema | None:
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
    schema = read_schema(project, room, name, issues)
    if schema and document.value is not None:
        document.issues += find_schema_issues(document, schema)
    issues += document.issues
    return None if document.issues else document


def _read_retired(project: Project, issues: list[Issue]) -> dict[str, Tombstone]:
    path = project.root / RETIRED
    if not path.is_file():
        return {}
    document = read_document(path, RETIRED)
    schema = read_schema(project, "requirements_spec", "retired", issues)
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
                digests = digest_of(value), whole_of(value)
                yield Entry(value["id"], ItemKind.STUDY_CRITERION, value, part, True, *digests)


def _is_of_comparator(project: Project, entry: Entry) -> bool:
    """Whether a criterion is of a study of somebody else's model, as its plan says."""
    try:
        plan = project.read(f"{entry.document.file.rpartition('/')[0]}/plan.yaml")
    except OSError:
        return False
    return re.search(rb"^kind: *comparator\b", plan, re.MULTILINE) is not None


def _part(document: Document, number: int) -> Document:
    """A document of which one criterion is the whole, so that its line is the criterion's own."""
    line = next((n for path, n in document.places.lines.items() if path[-1:] == (number,)), 1)
    return Document(document.file, line=line, known=Places({(): line}))
