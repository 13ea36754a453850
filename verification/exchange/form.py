"""How the fields of an item stand in ReqIF: derived from the JSON schemas, so that a new field needs no word here.

A text, number, truth or choice is an attribute; a list of ids that other items have is relations; criteria are objects
of their own below their requirement; a field of a field has a dotted name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from verification.evidence import ItemKind, Project
from verification.specification.kinds import FOLDERS, LINKS

Schema: TypeAlias = dict[str, Any]


EXCHANGED = (
    ItemKind.USER_NEED, ItemKind.SYSTEM_REQUIREMENT, ItemKind.SOFTWARE_REQUIREMENT, ItemKind.HAZARD,
    ItemKind.RISK_CONTROL, ItemKind.ANOMALY,
)  # fmt: skip
"""Kinds of items that are exchanged; deviations, changes and threats stay in this repository."""


PART = "criterion"
"""What a part of an item is called: acceptance criteria are the only ones."""

STANDARD = {"id": ("ReqIF.ForeignID",), "title": ("ReqIF.Name", "ReqIF.ChapterName"), "text": ("ReqIF.Text",)}
"""Names by which tools know these fields of an item, from the ReqIF Implementation Guide; the first is written."""


class Shape(StrEnum):
    """What a field holds, and the type of its attribute: one that every tool knows, so no BOOLEAN."""

    NAME = "STRING"
    TEXT = "XHTML"
    LINES = "XHTML, a paragraph each"
    NUMBER = "INTEGER"
    TRUTH = "ENUMERATION of true and false"
    CHOICE = "ENUMERATION"
    CHOICES = "ENUMERATION of several values"
    LINKS = "SPEC-RELATION"
    PARTS = "SPEC-OBJECT"

    @property
    def datatype(self) -> str:
        """How ReqIF names the type; empty of what is no attribute."""
        return "" if self in (Shape.LINKS, Shape.PARTS) else self.value.split()[0].rstrip(",")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind of items. `relation` is of links, `choices` of choices, `parts` the fields of each part."""

    path: tuple[str, ...]
    shape: Shape
    relation: str = ""
    choices: tuple[str, ...] = ()
    parts: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """How people and messages name it."""
        return ".".join(self.path)

    def names(self, owner: str) -> tuple[str, ...]:
        """How ReqIF files name it, of a kind or of parts; the first is written."""
        standard = () if owner == PART and self.name == "id" else STANDARD.get(self.name, ())
        return (*standard, self.name)

    def of(self, value: dict[str, Any]) -> Any:
        """What an item has in this field; None where it has nothing."""
        found: Any = value
        for key in self.path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def put(self, value: dict[str, Any], found: Any) -> None:
        """Give an item this field."""
        for key in self.path[:-1]:
            value = value.setdefault(key, {})
        value[self.path[-1]] = found


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of items: its folder, its schema, its fields in the order of the schema."""

    kind: ItemKind
    folder: str
    schema: Schema
    fields: tuple[Field, ...]
    required: frozenset[str]


def read_forms(project: Project) -> dict[ItemKind, Form]:
    """The form of each kind of items, from the checkout's schemas.

    Raises:
        OSError, ValueError: a schema cannot be read.
    """
    return {kind: _form(project.root, folder, kind) for folder, kind in FOLDERS.items() if kind in EXCHANGED}


def _form(root: Path, folder: str, kind: ItemKind) -> Form:
    whole = json.loads((root / folder.partition("/")[0] / "schema.json").read_bytes())
    definitions = whole.get("$defs", {})
    own = definitions.get(kind.value, whole)
    schema = {"$ref": f"#/$defs/{kind.value}", "$defs": definitions} if kind.value in definitions else whole
    fields = tuple(_fields(own, definitions, (), {key: relation for key, relation, _ in LINKS[kind]}))
    return Form(kind, folder, schema, fields, frozenset(own.get("required", ())))


def _fields(schema: Schema, definitions: Schema, above: tuple[str, ...], links: dict[str, str]) -> Iterator[Field]:
    for key, stated in schema["properties"].items():
        path, part = (*above, key), _resolved(stated, definitions)
        if part.get("type") == "object":
            yield from _fields(part, definitions, path, {})
        elif part.get("type") == "array":
            yield _list(path, _resolved(part.get("items", {}), definitions), definitions, links.get(key, ""))
        elif "enum" in part or "const" in part:
            yield Field(path, Shape.CHOICE, choices=tuple(part.get("enum") or (part["const"],)))
        elif part.get("type") == "boolean":
            yield Field(path, Shape.TRUTH, choices=("true", "false"))
        else:
            text = Shape.NAME if key in ("id", "title") else Shape.TEXT
            yield Field(path, Shape.NUMBER if part.get("type") == "integer" else text)


def _list(path: tuple[str, ...], each: Schema, definitions: Schema, relation: str) -> Field:
    if relation:
        return Field(path, Shape.LINKS, relation=relation)
    if each.get("type") == "object":
        return Field(path, Shape.PARTS, parts=tuple(_fields(each, definitions, (), {})))
    if "enum" in each:
        return Field(path, Shape.CHOICES, choices=tuple(each["enum"]))
    return Field(path, Shape.LINES)


def _resolved(part: Schema, definitions: Schema) -> Schema:
    """A part of a schema with its reference followed; of a part that may be null, what else it may be."""
    for option in part.get("anyOf", ()):
        if option.get("type") != "null":
            return _resolved(option, definitions)
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        return _resolved(definitions[name] | {key: each for key, each in part.items() if key != "$ref"}, definitions)
    return part


# --- names of other tools ---------------------------------------------------------------------------------------------


def matched(name: str, known: Iterable[str]) -> str:
    """Which name of ours it is: letter for letter, or else but for case and signs, if one is; empty if none is."""
    ours = tuple(known)
    if name in ours:
        return name
    same = [each for each in ours if _plain(each) == _plain(name)]
    return same[0] if len(same) == 1 else ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold())


# --- lists in one STRING ----------------------------------------------------------------------------------------------


def split_lines(text: str) -> list[str]:
    """The texts of a list that is a STRING: a line each, as exports were before lists were paragraphs.

    A line end within a text is a backslash and an n.
    """
    lines = text.split("\n") if text else []
    return [line.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\") for line in lines]
