"""A new item as a form: every field with what the schema says of it, and words that stand for what is to be written.

The schema alone says which fields there are and what each means. The trace refuses a form until it is written.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from verification.evidence import ItemKind
from verification.specification.documents import Schema
from verification.specification.unwritten import TO_BE_WRITTEN

_WIDTH = 110
_FRONT = re.compile(r"\^(\w[\w ,]* )$")
"""A pattern that is the literal front of a sentence: `^The device shall `."""


def front_of(schema: Schema, kind: ItemKind) -> str:
    """The front of the ids of a kind, `HAZ` of HAZ-001."""
    pattern = _describe(schema, kind)["properties"]["id"]["pattern"]
    return str(pattern).lstrip("^").partition("-")[0]


def make_form(schema: Schema, kind: ItemKind, identity: str) -> str:
    """The text of a new item's file.

    Args:
        schema: of the kind, with the definitions that it refers to.
        kind: of the item.
        identity: its id.
    """
    said = _describe(schema, kind)
    title = kind.value.replace("_", " ")
    head = f"A form for a new {title}. The trace refuses it while {TO_BE_WRITTEN} stands in a field."
    own = {"id": identity, "kind": kind.value}
    lines = [*_comment(head), *_comment(said.get("description", "")), ""]
    for key, field in _fields(schema.value, said):
        known = own.get(key)
        lines += [f"{key}: {known}"] if known else _render(schema.value, key, field, required=key in said["required"])
    return "\n".join(lines) + "\n"


# --- the schema -------------------------------------------------------------------------------------------------------


def _describe(schema: Schema, kind: ItemKind) -> dict[str, Any]:
    """What the schema says of an item, with the conditions that hold for its kind."""
    said = _resolve(schema.value, schema.value)
    for condition in said.get("allOf", ()):
        if condition.get("if", {}).get("properties", {}).get("kind") == {"const": kind.value}:
            said = _merge(said, condition["then"])
    return said


def _resolve(root: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """A part of the schema with what it refers to; what it says itself comes before that."""
    reference = said.get("$ref")
    if reference is None:
        return dict(said)
    named = root["$defs"][reference.rpartition("/")[2]]
    return {**_resolve(root, named), **{key: value for key, value in said.items() if key != "$ref"}}


def _merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two parts of a schema that hold together."""
    merged = dict(one)
    for key, value in other.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _fields(root: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, field in said["properties"].items():
        yield key, _resolve(root, field)


# --- the form ---------------------------------------------------------------------------------------------------------


def _render(root: Mapping[str, Any], key: str, field: dict[str, Any], *, required: bool) -> Iterator[str]:
    """Yield the lines of a field: what it means, and what is to be written; of one that may be missing the first."""
    said = " ".join(filter(None, (field.get("description"), *_allowed(root, field))))
    if not required:
        yield from _comment(f"{key} may be added: {said}")
        return
    yield from _comment(said)
    form = next((_resolve(root, one) for one in field.get("anyOf", ()) if one.get("type") != "null"), field)
    if "const" in form or "default" in form or form.get("maxItems") == 0:
        yield f"{key}: {_plain(form.get('const', form.get('default', [])))}"
    elif form.get("type") == "object":
        yield f"{key}:"
        yield from _indent(_inside(root, form), "  ")
    elif form.get("type") == "array":
        yield f"{key}:"
        items = _resolve(root, form["items"])
        yield from _indent(_inside(root, items) if items.get("type") == "object" else [TO_BE_WRITTEN], "  - ")
    else:
        front = _FRONT.fullmatch(form.get("pattern", ""))
        yield f"{key}: {front[1] if front else ''}{TO_BE_WRITTEN}"


def _inside(root: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[str]:
    for key, field in _fields(root, said):
        yield from _render(root, key, field, required=key in said["required"])


def _allowed(root: Mapping[str, Any], field: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a value may be, where the description leaves it open."""
    if "enum" in field:
        yield f"One of {', '.join('null' if one is None else str(one) for one in field['enum'])}."
    elif field.get("type") == "boolean":
        yield "true or false."
    elif field.get("type") == "integer":
        yield f"{field['minimum']} to {field['maximum']}."
    elif field.get("type") == "array":
        options = _resolve(root, field["items"]).get("enum")
        yield f"Each one of {', '.join(options)}." if options else ""
        yield "" if field.get("minItems") or "maxItems" in field else "[] if there is none."
    elif any(one.get("type") == "null" for one in field.get("anyOf", ())) and "null" not in field["description"]:
        yield "Or null."


def _plain(value: object) -> str:
    """A value as it stands in a line of YAML."""
    return yaml.safe_dump([value], default_flow_style=True, allow_unicode=True).strip()[1:-1]


def _comment(text: str) -> Iterator[str]:
    yield from (f"# {line}" for line in textwrap.wrap(text, _WIDTH))


def _indent(lines: Iterator[str] | list[str], first: str) -> Iterator[str]:
    """Set lines in; an item's dash stands before its first line that is no comment."""
    before = " " * len(first)
    for line in lines:
        if line.startswith("#"):
            yield before + line
        else:
            yield first + line
            first = before
