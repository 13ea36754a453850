"""The forms in which documents print a text of the evidence: in lines and sentences, its name alone, shortened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

DOTTED = re.compile(r"[\w-]+(?:\.[\w-]+)+")
PATH = re.compile(r"(?:[\w.-]+/)+([\w-]+)\.\w+")
SECTION = re.compile(r"CW-DOC-\d+/([\w-]+)")
OF_ITEM = re.compile(r"[A-Z]+(?:-[A-Z\d]+)+(?:/[A-Z\d]+)?: (.*)", re.DOTALL)
"""What is said of an item behind its name."""
ROW = re.compile(r"^[\w/-]+/\d+$")
LONGEST_NAME, LONGEST_SEEN = 96, 260
"""Signs of a name, and of what a step observed, that documents print; a longer one is shortened."""
BESIDE = (("id", "signature"), ("keyword", "text"))
QUOTED = re.compile(r'"([^"]+)"')
APART = re.compile(r" {2,}")


def forms_of(text: str) -> Iterator[str]:
    """Yield a text and the forms in which it may stand on a page."""
    for one in (text, text.rpartition("/")[0]) if ROW.search(text) else (text,):
        yield one
        if len(one) > LONGEST_NAME and " " not in one:
            yield f"{one[: LONGEST_NAME // 2]}…{one[-LONGEST_NAME // 2 :]}"
    yield from _parts_of(text)
    if "\n" in text:
        yield from _lines_of(text)
    if "|" in text:  # an expression, whose names a gap may quote
        yield from QUOTED.findall(text)
    if len(text) > LONGEST_SEEN:
        yield text[:LONGEST_SEEN]


def _parts_of(text: str) -> Iterator[str]:
    """Yield what stands before a colon or behind the name of an item, and the last steps of a place or a file."""
    if "_" in text:
        yield text.replace("_", " ")
    if ": " in text:
        yield text.partition(":")[0]
        yield text.partition(":")[0] + ":"
    if match := OF_ITEM.fullmatch(text):
        yield match[1]
    if DOTTED.fullmatch(text):
        steps = text.split(".")
        yield from (".".join(steps[at:]) for at in range(1, len(steps)))
    if match := PATH.fullmatch(text) or SECTION.fullmatch(text):
        yield match[1]
        yield match[1].replace("-", " ")


def _lines_of(text: str) -> Iterator[str]:
    """Yield the paragraphs of a text, its lines with those that go on with them, and what stands in a column of one."""
    yield from re.split(r"\n\s*\n", text)
    entry: list[str] = []
    for line in text.split("\n"):
        if entry and line.startswith(" " * 8):
            entry.append(line.strip())
        else:
            yield from _entry(entry)
            entry = [line.strip()]
    yield from _entry(entry)


def _entry(lines: list[str]) -> Iterator[str]:
    yield " ".join(lines)
    columns = [part for line in lines for part in APART.split(line)]
    yield columns[0] if columns else ""
    yield " ".join(columns[1:])


def beside_in(value: Any) -> Iterator[str]:
    """Yield what records say in two of their parts that documents print side by side."""
    if isinstance(value, dict):
        for one, other in BESIDE:
            if isinstance(value.get(one), str) and isinstance(value.get(other), str):
                yield from (f"{form} {value[other]}" for form in forms_of(value[one]))
        for inner in value.values():
            yield from beside_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from beside_in(inner)


def places_in(value: Any, where: str) -> Iterator[str]:
    """Yield where the evidence has a gap, as the register names the place."""
    if isinstance(value, dict):
        if value.keys() >= {"reason", "closes"}:
            yield where
        name = value.get("name") or value.get("id")
        place = f"{where} {name}" if isinstance(name, str) else where
        for part, inner in value.items():
            yield from places_in(inner, place if isinstance(inner, list) else f"{place}, {part.replace('_', ' ')}")
    elif isinstance(value, list):
        for inner in value:
            yield from places_in(inner, where)


def columns_of(value: Any) -> Iterator[tuple[str, ...]]:
    """Yield the heads of each table that a value holds."""
    if isinstance(value, dict):
        heads = value.get("columns")
        if isinstance(heads, list) and all(isinstance(head, str) for head in heads):
            yield tuple(heads)
        for inner in value.values():
            yield from columns_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from columns_of(inner)
