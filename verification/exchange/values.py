"""A value of an attribute in ReqIF to what a field holds, whatever type a tool gave the attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from verification.exchange.form import Field, Shape, matched, split_lines
from verification.exchange.texts import find_markup, lines_of, text_of
from verification.exchange.tree import Element

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


def decode(field: Field, value: Element, choices: dict[str, str]) -> Any:
    """What the field holds by this value; None if that is nothing.

    Raises:
        ValueError: the field cannot hold it.
    """
    if field.shape in (Shape.LINES, Shape.CHOICES):
        texts = _texts(field, value, choices)
        return [_choice(field, text) for text in texts] if field.choices else texts
    text = shown(value, choices)
    if not text:
        return None
    if field.shape is Shape.TRUTH:
        if text.lower() not in _TRUTHS:
            raise ValueError(f"found {text!r}, expected true or false")
        return _TRUTHS[text.lower()]
    if field.shape is Shape.NUMBER:
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"found {text!r}, expected a whole number")
        return int(text)
    return _choice(field, text) if field.choices else text


def shown(value: Element, choices: dict[str, str]) -> str:
    """The value as one text.

    Raises:
        ValueError: it is more than one.
    """
    names = _names(value, choices)
    if len(names) > 1:
        raise ValueError(f"found the values {', '.join(names)}, expected one")
    rich = _taken(value)
    return names[0] if names else value.take("THE-VALUE") if rich is None else text_of(rich)


def find_lost(value: Element) -> Iterator[tuple[Element, str]]:
    """Yield what of a value in XHTML is not text."""
    rich = next((part for part in value.elements if part.name == "THE-VALUE"), None)
    return iter(()) if rich is None else find_markup(rich)


def _texts(field: Field, value: Element, choices: dict[str, str]) -> list[str]:
    kind = value.name.removeprefix("ATTRIBUTE-VALUE-")
    if kind == "ENUMERATION":
        return _names(value, choices)
    rich = _taken(value)
    if rich is not None:
        return lines_of(rich)
    if kind != "STRING" or field.shape is Shape.CHOICES:
        raise ValueError(f"found {kind}, expected {field.shape.value}")
    return split_lines(value.take("THE-VALUE"))


def _names(value: Element, choices: dict[str, str]) -> list[str]:
    references = [each.text() for each in value.below("VALUES")]
    for each in references:
        if each not in choices:
            raise ValueError(f"found the choice {each}, which the file does not define")
    return [choices[each] for each in references]


def _taken(value: Element) -> Element | None:
    """What a value in XHTML holds, all of it taken."""
    rich = value.child("THE-VALUE")
    if rich is None:
        return None
    if value.attributes.get("IS-SIMPLIFIED") == "false":
        value.take("IS-SIMPLIFIED")
    content, rich.content = Element("", content=rich.content), []
    return content


def _choice(field: Field, text: str) -> str:
    return matched(text, field.choices) or text
