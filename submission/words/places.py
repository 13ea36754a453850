"""What an origin stands for: a place of a JSON file, or a selection of places and its number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

STRETCHES = r"\[\d+:\d+(?:,\d+:\d+)*\]"
STEP = re.compile(rf"([^?\[]*)((?:{STRETCHES}|\?[^?\[]+)*)$")


def look_up(files: Mapping[str, Any], origin: str) -> object:
    """The value at an origin; of a selection its number (see `submission.words.claims`).

    Raises:
        LookupError: there is no such place; names the file and the step.
    """
    file, _, pointer = origin.partition("#")
    if file not in files:
        raise LookupError(f"{origin}: the package has no {file}")
    steps = pointer.split("/")[1:] if pointer else []
    found = list(_walk([files[file]], steps, origin))
    if not _selects(pointer):
        value = found[0]
        return len(value) if isinstance(value, list | dict) else value
    if all(isinstance(value, int) and not isinstance(value, bool) for value in found):
        return sum(found)
    return len(found)


def _selects(pointer: str) -> bool:
    return bool(re.search(r"[?\[*]", pointer))


def _walk(values: list[Any], steps: list[str], origin: str) -> Iterator[Any]:
    for at, step in enumerate(steps):
        matched = STEP.match(step)
        name, conditions = (matched[1], matched[2]) if matched else (step, "")
        values = [inner for value in values for inner in _enter(value, name, origin)]
        for condition in re.findall(rf"{STRETCHES}|\?[^?\[]+", conditions):
            each = name != "*"  # of `*` the whole of what it gave is selected from
            values = [_only(value, condition, origin) for value in values] if each else _only(values, condition, origin)
        if conditions and name != "*" and at + 1 == len(steps):  # a selection at the end stands for what it selects
            values = [inner for value in values for inner in value]
    yield from values


def _enter(value: Any, name: str, origin: str) -> Iterator[Any]:
    if name == "*":
        yield from value
    elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
        yield value[int(name)]
    elif isinstance(value, dict):
        for one in name.split("+") if _plain(name) not in value else [name]:
            if _plain(one) not in value:
                raise LookupError(f"{origin}: no {one!r} there")
            yield value[_plain(one)]
    else:
        raise LookupError(f"{origin}: no {name!r} there")


def _only(values: Any, condition: str, origin: str) -> list[Any]:
    if not isinstance(values, list):
        raise LookupError(f"{origin}: {condition!r} selects from what is no list")
    if condition.startswith("["):
        ends = (stretch.split(":") for stretch in condition[1:-1].split(","))
        return [value for start, end in ends for value in values[int(start) : int(end)]]
    name, sign, wanted = re.split(r"(!?=)", condition[1:], maxsplit=1)
    return [one for one in values if (_word(_at(one, name)) == _plain(wanted)) is (sign == "=")]


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(name: str) -> str:
    return name.replace("~3", "[").replace("~2", "?").replace("~1", "/").replace("~0", "~")
