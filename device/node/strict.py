"""Reads a YAML file into frozen values, strictly: every fault is named at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec
import yaml

from device.errors import ConfigurationError

T = TypeVar("T", bound=msgspec.Struct)
Place = tuple[str | int, ...]


def read(path: Path, content: bytes, kind: type[T]) -> T:
    """Read a file of one mapping.

    Args:
        path: a YAML file.
        content: its bytes.
        kind: what it is to hold, key by key; a field without a default is required.

    Raises:
        ConfigurationError: every fault of the file, with its line, what was found and what was expected.

    Implements: SRS-048
    """
    try:
        text = content.decode("utf-8")
        lines = dict(_find_lines(yaml.compose(text, yaml.SafeLoader), ()))
        said = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    if faults := list(_find_faults(said, kind, ())):
        raise ConfigurationError("\n".join(f"{path}:{_locate(place, lines)}: {fault}" for place, fault in faults))
    return msgspec.convert(said, kind, dec_hook=_make)


def _find_lines(node: yaml.Node | None, place: Place) -> Iterator[tuple[Place, int]]:
    """The line of every value of a document, counted from 1."""
    if node is None:
        return
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*place, str(key.value)), key.start_mark.line + 1
            yield from _find_lines(value, (*place, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _find_lines(value, (*place, number))


def _locate(place: Place, lines: Mapping[Place, int]) -> int:
    """The line of a place; of what is not there, that of what it would stand in."""
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)


def _find_faults(value: Any, kind: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every fault of a value that is to be of a kind."""
    plain, expected = _open(kind)
    inner = _find_struct(plain)
    if inner is not None and isinstance(value, dict):
        yield from _find_in_mapping(value, inner, place)
    elif value and get_origin(plain) is tuple and isinstance(value, list):
        for number, each in enumerate(value):
            yield from _find_faults(each, get_args(plain)[0], (*place, number))
    else:
        try:
            msgspec.convert(value, kind, dec_hook=_make)
        except msgspec.ValidationError as error:
            said = f"expected {expected}" if expected else str(error).replace("`", "")
            yield place, f"{_name(place)}: found {value!r}; {said}"


def _open(kind: Any) -> tuple[Any, str]:
    """A kind without what is said of it, and what is said of it for people."""
    if get_origin(kind) is not Annotated:
        return kind, ""
    plain, *said = get_args(kind)
    return plain, next((each.description for each in said if isinstance(each, msgspec.Meta) and each.description), "")


def _make(kind: type, value: Any) -> Any:
    """A path, which YAML has as text."""
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError(f"expected a path, found {value!r}")


def _find_in_mapping(value: dict[Any, Any], kind: type[msgspec.Struct], place: Place) -> Iterator[tuple[Place, str]]:
    fields = {each.encode_name: each for each in msgspec.structs.fields(kind)}
    for key in value:
        if key not in fields:
            yield (*place, key), f"{_name((*place, key))}: unknown; expected one of {', '.join(fields)}"
    for name, field in fields.items():
        if name in value:
            yield from _find_faults(value[name], field.type, (*place, name))
        elif field.required:
            yield (*place, name), f"{_name((*place, name))}: is missing"


def _find_struct(kind: Any) -> type[msgspec.Struct] | None:
    """The mapping that a kind is, or may be."""
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            return each
    return None


def _name(place: Place) -> str:
    """A place in the form of a path: `peers[0].host`."""
    text = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    return text.removeprefix(".") or "the file"
