"""Looks a value up by the origin that a ledger states, by steps of the audit's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from submission.audit.texts import bare

PART = re.compile(r"\[([\d:,]+)\]|\?([^?\[=!]+)(!?=)([^?\[]*)")


def value_at(files: Mapping[str, Any], file: str, pointer: str) -> Any:
    """The value at a place; of a selection the sum of its whole numbers, or how many values it holds.

    Raises:
        LookupError: there is no such place.
    """
    if file not in files:
        raise LookupError(f"no {file} in the package")
    held, chosen = [files[file]], False
    steps = pointer.split("/")[1:]
    for place, step in enumerate(steps, start=1):
        name = step[: min((at for at in (step.find("["), step.find("?")) if at >= 0), default=len(step))]
        many = name == "*"
        held = [inner for value in held for inner in _into(value, name)]
        conditions = PART.findall(step[len(name) :])
        if conditions:
            lists = [held] if many else held
            held = [one for each in lists for one in _selected(each, conditions)]
            held = held if many or place == len(steps) else [held]
        chosen = chosen or many or bool(conditions) or "+" in name
    return _told(held) if chosen else _counted(held[0])


def _into(value: Any, name: str) -> list[Any]:
    if name == "*":
        return list(value)
    if isinstance(value, list):
        if not name.isdigit() or int(name) >= len(value):
            raise LookupError(f"no place {name!r} in a list of {len(value)}")
        return [value[int(name)]]
    if not isinstance(value, dict):
        raise LookupError(f"no {name!r} in what is no record")
    names = [name] if bare(name) in value else name.split("+")
    missing = [one for one in names if bare(one) not in value]
    if missing:
        raise LookupError(f"no {missing[0]!r} in a record")
    return [value[bare(one)] for one in names]


def _selected(found: Any, conditions: list[tuple[str, ...]]) -> list[Any]:
    if not isinstance(found, list):
        raise LookupError("a selection from what is no list")
    values: list[Any] = found
    for spans, field, sign, wanted in conditions:
        if field:
            values = [one for one in values if (_said(one, field) == bare(wanted)) == (sign == "=")]
        else:
            ends = [span.split(":") for span in spans.split(",")]
            values = [one for start, end in ends for one in values[int(start) : int(end)]]
    return values


def _said(value: Any, path: str) -> str:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(values: list[Any]) -> int:
    whole = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return sum(whole) if len(whole) == len(values) else len(values)


def _counted(value: Any) -> Any:
    return len(value) if isinstance(value, list | dict) else value
