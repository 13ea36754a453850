"""YAML read for people who will mend it: values with the line each stands on, and every fault of a file at once.

Only the parser and the composer of PyYAML are used, never its constructors: nothing is executed, and nothing but texts,
numbers, booleans, lists and mappings comes out. A file without fault is read once, from the parser's events; one that
has a fault, or whose lines are asked for, is composed again, with the place of every part.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import yaml
from msgspec import Struct
from yaml import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, StreamEndEvent

from verification.evidence import LARGEST_BYTES, Issue, Project, Severity

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Where: TypeAlias = tuple[str | int, ...]
Next: TypeAlias = Callable[[], Any]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PARSER: Any = yaml.cyaml.CParser if yaml.__with_libyaml__ else yaml.SafeLoader  # type: ignore[attr-defined]
_RESOLVERS: dict[str, list[tuple[str, Any]]] = _LOADER.yaml_implicit_resolvers
_KINDS = ("str", "int", "float", "bool", "null", "timestamp")
"""What a scalar may be; a timestamp stays a text."""


@dataclass(slots=True)
class Places:
    """The line of each part of a file by its path, and that of each mapping's key."""

    lines: dict[Where, int] = field(default_factory=dict)
    keys: dict[Where, int] = field(default_factory=dict)


class Document(Struct):
    """A YAML file's value, what is wrong with it, and the line on which its id stands.

    Its content is kept; or `project` reads it again when a place is asked for, of what there are thousands.
    """

    file: str
    value: Any = None
    issues: list[Issue] = []
    line: int = 1
    content: bytes = b""
    known: Places | None = None
    project: Project | None = None

    @property
    def places(self) -> Places:
        """Where the parts stand; found out when it is asked for the first time."""
        if self.known is None:
            self.known = Places()
            with suppress(OSError):  # it was changed meanwhile, and nothing in it has a place
                content = self.project.read(self.file) if self.project else self.content
                self.known = _compose(self.file, content).known or self.known
        return self.known

    def where(self, *path: str | int) -> str:
        """`file:line` of the part, or of the nearest part that holds it."""
        lines = self.places.lines
        while path and path not in lines:
            path = path[:-1]
        return f"{self.file}:{lines.get(path, 1)}"

    def issue(self, code: str, path: Where, message: str, hint: str) -> Issue:
        """A blocking issue about a part of this file."""
        return Issue(code=code, severity=Severity.BLOCKING, where=self.where(*path), message=message, hint=hint)


def read_document(path: Path, file: str) -> Document:
    """Read a YAML file; whatever is wrong with it is in `issues`, and then `value` is None or what could be read."""
    try:
        return parse_document(path.read_bytes(), file)
    except OSError as error:
        return Document(file, issues=[unreadable(file, error)], known=Places())


def parse_document(content: bytes, file: str) -> Document:
    """Read the bytes of a YAML file, in the same way."""
    try:
        if len(content) > LARGEST_BYTES:
            raise ValueError(f"{len(content)} bytes, expected at most {LARGEST_BYTES}")
        value, line = _parse(content.decode("utf-8"))
    except _UnusualError:
        return _compose(file, content)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        return Document(file, issues=[unreadable(file, error)], known=Places())
    return Document(file, value, line=line, content=content)


# --- without fault ----------------------------------------------------------------------------------------------------


_WORD = 24
"""Shorter texts are words and ids, which stand in many files and once in memory."""


class _UnusualError(Exception):
    """Something that has to be composed to be named: an alias, a tag, a key that is no text or stands twice."""


def _parse(text: str) -> tuple[Any, int]:
    """A file's value, and the line of its id, from the events of the parser."""
    parser = _PARSER(text)
    try:
        following: Next = parser.get_event
        following()
        if type(following()) is StreamEndEvent:
            raise _UnusualError
        first = following()
        value, line = _take(first, following)
        following()
        if type(following()) is not StreamEndEvent:
            raise _UnusualError
        return value, line
    finally:
        parser.dispose()


def _take(event: Any, following: Next) -> tuple[Any, int]:
    """The value that begins with an event; of a mapping also the line of its key `id`."""
    kind, line = type(event), 1
    if kind is ScalarEvent:
        return _plain(event), line
    if kind is AliasEvent or event.tag is not None:
        raise _UnusualError
    if kind is MappingStartEvent:
        mapping: dict[str, Any] = {}
        while type(event := following()) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.tag is not None or event.value in mapping:
                raise _UnusualError
            if event.value == "id":
                line = event.start_mark.line + 1  # type: ignore[union-attr]
            mapping[sys.intern(event.value)] = _take(following(), following)[0]
        return mapping, line
    values = []
    while type(event := following()) is not SequenceEndEvent:
        values.append(_take(event, following)[0])
    return values, line


def _plain(event: Any) -> Any:
    text: str = event.value
    if event.tag is not None:
        raise _UnusualError
    if event.implicit[0]:
        for tag, pattern in _RESOLVERS.get(text[:1], ()):
            if pattern.match(text):
                return _scalar(tag, text)
    return sys.intern(text) if len(text) <= _WORD else text


# --- with faults and places -------------------------------------------------------------------------------------------


def _compose(file: str, content: bytes) -> Document:
    document = Document(file, content=content, known=Places())
    try:
        node = yaml.compose(content.decode("utf-8"), Loader=_LOADER)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        document.issues.append(unreadable(file, error))
    else:
        if node is None:
            document.issues.append(document.issue("yaml-empty", (), "the file is empty", "write the item or delete it"))
        else:
            document.value = _value(document, node, (), set())
            document.line = document.places.keys.get(("id",), 1)
    return document


@dataclass(frozen=True)
class Schema:
    """A JSON schema (draft 2020-12), judged by one library at speed; another words the faults.

    Raises:
        ValueError: it is no such schema.
    """

    value: dict[str, Any]

    def __post_init__(self) -> None:
        _ = self._validator

    @cached_property
    def _validator(self) -> Any:
        import jsonschema_rs

        return jsonschema_rs.Draft202012Validator(self.value)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what it says."""
        return hashlib.sha256(json.dumps(self.value, sort_keys=True).encode()).hexdigest()

    def accepts(self, value: object) -> bool:
        """Whether a value is of the schema; what cannot be judged at speed (a number too large) is not accepted."""
        try:
            return bool(self._validator.is_valid(value))
        except (ValueError, TypeError):
            return False


def find_schema_issues(document: Document, schema: Schema) -> Iterator[Issue]:
    """Yield every departure from the schema, each at its line."""
    if schema.accepts(document.value):
        return
    from jsonschema import Draft202012Validator

    errors = list(Draft202012Validator(schema.value).iter_errors(document.value))
    for error in sorted(errors, key=lambda each: [str(part) for part in each.absolute_path]):
        yield from _schema_issues(document, error)
    if not errors:
        yield document.issue("item-malformed", (), "a value that the schema does not hold", "correct the values")


def _schema_issues(document: Document, error: ValidationError) -> Iterator[Issue]:
    path = tuple(error.absolute_path)
    place = ".".join(str(part) for part in path) or "the item"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = sorted(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
        for key in sorted(set(error.instance) - set(known)):
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else "delete it"
            message = f"unknown key {key} in {place}, expected one of {', '.join(known)}"
            line = document.places.keys.get((*path, key), 1)
            yield Issue(
                code="item-unknown-key", severity=Severity.BLOCKING, where=f"{document.file}:{line}",
                message=message, hint=hint,
            )  # fmt: skip
    elif error.validator == "required":
        missing = error.message.split("'")[1]
        yield document.issue("item-missing-key", path, f"{place} lacks {missing}", f"add {missing}")
    else:
        yield document.issue("item-malformed", path, f"{place}: {_said(error)}", "correct the value")


def _said(error: ValidationError) -> str:
    found = f"found {error.instance!r}"[:120]
    if error.validator == "type":
        return f"{found} ({type(error.instance).__name__}), expected {error.validator_value}"
    if error.validator in ("enum", "const", "pattern", "minimum", "maximum", "minItems", "minLength"):
        return f"{found}, expected {error.validator} {error.validator_value!r}"
    return error.message[:200]


def unreadable(file: str, error: Exception) -> Issue:
    """The issue that a file cannot be read, with the line where that is known."""
    line, message = 1, str(error)
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, message = (cast("Any", mark).line + 1 if mark else 1), f"{error.context or ''} {error.problem}".strip()
    elif isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
    elif isinstance(error, RecursionError):
        message = "nested too deeply"
    hint = "YAML is indented with spaces and saved as UTF-8; mend the line"
    return Issue(
        code="yaml-unreadable",
        severity=Severity.BLOCKING,
        where=f"{file}:{line}",
        message=f"not YAML: {message}",
        hint=hint,
    )


def _value(document: Document, node: yaml.Node, path: Where, seen: set[int]) -> Any:
    places = document.places
    places.lines[path] = node.start_mark.line + 1
    if id(node) in seen:  # its mark is that of the anchor; what is to be mended is the alias
        places.lines[path] = places.keys.get(path, places.lines[path])
        document.issues.append(document.issue("yaml-alias", path, "found an alias (*name)", "write the value out"))
        return None
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, node, path, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, child, (*path, n), seen) for n, child in enumerate(node.value)]
    try:
        return _scalar(node.tag, node.value)
    except _UnusualError:
        document.issues.append(document.issue("yaml-tag", path, f"found the tag {node.tag}", "delete the tag"))
        return node.value


def _mapping(document: Document, node: yaml.MappingNode, path: Where, seen: set[int]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, child in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in mapping:
            message = f"key {key} appears twice, first at line {document.places.keys[(*path, key)]}"
            document.issues.append(
                Issue(
                    code="yaml-duplicate-key",
                    severity=Severity.BLOCKING,
                    where=f"{document.file}:{line}",
                    message=message,
                    hint="keep one of them",
                )
            )
            continue
        document.places.keys[(*path, key)] = line
        mapping[key] = _value(document, child, (*path, key), seen)
    return mapping


def _scalar(tag: str, text: str) -> Any:
    """What a scalar means by its tag."""
    kind = tag.rpartition(":")[2]
    if kind not in _KINDS:
        raise _UnusualError
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0)
        if kind == "float":
            return float(text.replace("_", "").lstrip("+").replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    if kind == "bool":
        return text.lower() in ("yes", "true", "on")
    return None if kind == "null" else text
