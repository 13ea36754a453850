"""YAML read for people who will mend it: values with the line each stands on, and every fault of a file at once.

Only the composer of PyYAML is used, never its constructors: nothing is executed, and nothing but texts, numbers,
booleans, lists and mappings comes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from verification.evidence import Issue, Severity

Where: TypeAlias = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LARGEST_BYTES = 2_000_000


@dataclass(slots=True)
class Document:
    """A YAML file's value. `lines` gives the line of each part by its path; `keys` that of each mapping's key."""

    file: str
    value: Any = None
    lines: dict[Where, int] = field(default_factory=dict)
    keys: dict[Where, int] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def where(self, *path: str | int) -> str:
        """`file:line` of the part, or of the nearest part that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"

    def issue(self, code: str, path: Where, message: str, hint: str) -> Issue:
        """A blocking issue about a part of this file."""
        return Issue(code=code, severity=Severity.BLOCKING, where=self.where(*path), message=message, hint=hint)


def read_document(path: Path, file: str) -> Document:
    """Read a YAML file; whatever is wrong with it is in `issues`, and then `value` is None or what could be read."""
    document = Document(file)
    try:
        content = path.read_bytes()
        if len(content) > _LARGEST_BYTES:
            raise ValueError(f"{len(content)} bytes, expected at most {_LARGEST_BYTES}")
        node = yaml.compose(content.decode("utf-8"), Loader=_LOADER)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        document.issues.append(_unreadable(file, error))
    else:
        if node is None:
            document.issues.append(document.issue("yaml-empty", (), "the file is empty", "write the item or delete it"))
        else:
            document.value = _value(document, node, (), set())
    return document


def find_schema_issues(document: Document, schema: dict[str, Any]) -> Iterator[Issue]:
    """Yield every departure from the JSON schema (draft 2020-12), each at its line."""
    errors = Draft202012Validator(schema).iter_errors(document.value)
    for error in sorted(errors, key=lambda each: [str(part) for part in each.absolute_path]):
        yield from _schema_issues(document, error)


def _schema_issues(document: Document, error: ValidationError) -> Iterator[Issue]:
    path = tuple(error.absolute_path)
    place = ".".join(str(part) for part in path) or "the item"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = sorted(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
        for key in sorted(set(error.instance) - set(known)):
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else "delete it"
            message = f"unknown key {key} in {place}, expected one of {', '.join(known)}"
            line = document.keys.get((*path, key), 1)
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


def _unreadable(file: str, error: Exception) -> Issue:
    line, message = 1, str(error)
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, message = (mark.line + 1 if mark else 1), f"{error.context or ''} {error.problem}".strip()
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
    document.lines[path] = node.start_mark.line + 1
    if id(node) in seen:  # its mark is that of the anchor; what is to be mended is the alias
        document.lines[path] = document.keys.get(path, document.lines[path])
        document.issues.append(document.issue("yaml-alias", path, "found an alias (*name)", "write the value out"))
        return None
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, node, path, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, child, (*path, n), seen) for n, child in enumerate(node.value)]
    return _scalar(document, node, path)


def _mapping(document: Document, node: yaml.MappingNode, path: Where, seen: set[int]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, child in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in mapping:
            message = f"key {key} appears twice, first at line {document.keys[(*path, key)]}"
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
        document.keys[(*path, key)] = line
        mapping[key] = _value(document, child, (*path, key), seen)
    return mapping


def _scalar(document: Document, node: yaml.Node, path: Where) -> Any:
    kind, text = node.tag.rpartition(":")[2], node.value
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0)
        if kind == "float":
            return float(text.replace("_", "").lstrip("+").replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    if kind == "bool":
        return text.lower() in ("yes", "true", "on")
    if kind == "null":
        return None
    if kind not in ("str", "timestamp"):
        document.issues.append(document.issue("yaml-tag", path, f"found the tag {node.tag}", "delete the tag"))
    return text
