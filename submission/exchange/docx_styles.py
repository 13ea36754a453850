"""What the styles and lists of a Word file do to its text: hide it, or write numbers and words before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFF = ("0", "false", "off")


@dataclass(frozen=True, slots=True)
class Styles:
    """Which styles hide text; by style, which list it is in; what each level of a list writes, bullets left out.

    `default` is the style of paragraphs that name none.
    """

    default: str
    hidden: frozenset[str]
    lists: Mapping[str, tuple[str, str]]
    written: Mapping[tuple[str, str], str]


def value(element: Any, path: str, otherwise: str = "") -> str:
    """The value of the first element at a path below an element; `otherwise` where there is none."""
    found = None if element is None else element.find(path)
    return otherwise if found is None else found.get(f"{W}val", otherwise)


def is_on(element: Any, name: str) -> bool:
    """Whether an element has a property that is switched on."""
    found = None if element is None else element.find(f"{W}{name}")
    return found is not None and found.get(f"{W}val") not in OFF


def read_styles(styles: Any, numbering: Any) -> Styles:
    """Read the parts of the styles and lists; either can be missing from a file."""
    known = {} if styles is None else {style.get(f"{W}styleId"): style for style in styles.iter(f"{W}style")}
    all_hidden = styles is not None and is_on(styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"), "vanish")
    hidden, lists = set(), {}
    for name in known:
        chain = _chain(name, known)
        if all_hidden or any(is_on(rules, "vanish") for style in chain for rules in style.iter(f"{W}rPr")):
            hidden.add(name)
        numbered = [place for place in map(_list, chain) if place]
        lists.update({name: numbered[0]} if numbered else {})
    default = next((name for name, style in known.items() if _is_default(style)), "")
    return Styles(default, frozenset(hidden), lists, {} if numbering is None else _written(numbering))


def _chain(name: str, known: Mapping[str, Any]) -> list[Any]:
    """A style, and those that it is based on."""
    chain: list[Any] = []
    while name in known and known[name] not in chain:
        chain.append(known[name])
        name = value(known[name], f"{W}basedOn")
    return chain


def _is_default(style: Any) -> bool:
    return style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true", "on")


def _list(style: Any) -> tuple[str, str] | None:
    return list_of(style.find(f"{W}pPr"))


def list_of(rules: Any) -> tuple[str, str] | None:
    """The list and level that the rules of a paragraph or style name."""
    number = value(rules, f"{W}numPr/{W}numId")
    return (number, value(rules, f"{W}numPr/{W}ilvl", "0")) if number else None


def _written(numbering: Any) -> dict[tuple[str, str], str]:
    """What each level of each list writes before a paragraph; a bullet or nothing is left out."""
    shapes = {one.get(f"{W}abstractNumId"): one for one in numbering.findall(f"{W}abstractNum")}
    written = {}
    for number in numbering.findall(f"{W}num"):
        shape = shapes.get(value(number, f"{W}abstractNumId"))
        levels = [] if shape is None else shape.findall(f"{W}lvl")
        for level in [*levels, *number.findall(f"{W}lvlOverride/{W}lvl")]:
            text = value(level, f"{W}lvlText")
            bullet = value(level, f"{W}numFmt") == "bullet" and len(text) <= 1 and not text.isdigit()
            written[number.get(f"{W}numId"), level.get(f"{W}ilvl")] = "" if bullet else text
    return written
