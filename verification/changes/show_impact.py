"""An impact for people: as text for the terminal, as Markdown for a pull request. Both say the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from verification.changes.impact_record import Impact, Nearness, UnitChange
from verification.changes.questions import UNVERIFIED

Block = tuple[str, list[str]]
"""A heading and its lines."""

_LONG = 12
"""Longer lists are folded in Markdown."""

_SHOWN = 40
"""So many scenarios of a kind are named in text; of more, the counts."""


def render_impact(impact: Impact, *, markdown: bool) -> Iterator[str]:
    """Yield the lines, as text or as Markdown."""
    yield f"## Impact\n\n{escape(_headline(impact))}" if markdown else _headline(impact)
    for title, lines in _blocks(impact):
        yield from render_block(title, lines, markdown=markdown)


def render_block(title: str, lines: list[str], *, markdown: bool) -> Iterator[str]:
    """Yield a heading and its lines; Markdown folds a long list."""
    if not markdown:
        yield title
        yield from (f"  {line}" for line in lines)
        return
    folded = len(lines) > _LONG
    yield f"\n<details><summary>{escape(title)} ({len(lines)})</summary>\n" if folded else f"\n### {escape(title)}\n"
    yield from (f"- {escape(line)}" for line in lines)
    if folded:
        yield "\n</details>"


def _headline(impact: Impact) -> str:
    end = impact.head[:12] if impact.head else "the working tree"
    return (
        f"{impact.base[:12]} to {end}: {len(impact.files)} files, {len(impact.units)} units of the device's code and "
        f"{len(impact.items)} items changed; {len(impact.affected)} items affected, {len(impact.again)} scenarios to "
        f"run again, estimates of {len(impact.estimates)} studies invalidated"
    )


def _blocks(impact: Impact) -> Iterator[Block]:
    """Yield what there is to say, in the order in which it follows from one another; nothing that is empty."""
    blocks: list[tuple[str, Iterable[str]]] = [
        ("cannot be read: nothing is known of it", impact.unread),
        ("files", (f"{each.how:8} {each.file}" for each in impact.files)),
        ("code of the device", map(_unit_line, impact.units)),
        ("step code", (f"{each.how:8} {each.id}  {each.file}:{each.line}" for each in impact.steps)),
        ("items", (_item_line(each.how, each.id, each.title, each.fields, each.other) for each in impact.items)),
        ("scenarios changed", (f"{each.how:8} {each.id}  {each.file}:{each.line}" for each in impact.scenarios)),
        ("releases", (f"{each.how:8} {each.name}: {', '.join(each.fields or each.files)}" for each in impact.releases)),
        (
            "dependencies",
            (f"{one.name} ({one.lock}) {one.before} → {one.after}  {one.purpose}" for one in impact.dependencies),
        ),
        ("affected", (f"{each.id}  {each.title}  ({_words(each.kind)}): {each.because}" for each in impact.affected)),
        (f"scenarios to run again, by {impact.basis}", _again_lines(impact)),
        ("estimates invalidated", _estimate_lines(impact)),
        ("document sections", (f"{each.id}  {each.title}: {'; '.join(each.because)}" for each in impact.sections)),
        ("predetermined change control plan", _boundary_lines(impact)),
        (f"software-change decision ({UNVERIFIED})", _question_lines(impact)),
    ]
    for title, lines in blocks:
        found = list(lines)
        if found:
            yield title, found


def _unit_line(unit: UnitChange) -> str:
    claims = f"implements {', '.join(unit.claims)}"
    used = f"used by {', '.join(unit.reached_by)}"
    said = claims if unit.claims else used if unit.reached_by else "no symbol that claims an item uses it"
    return f"{unit.how:8} {unit.id}  {unit.file}:{unit.line}  {said}"


def _item_line(how: str, identity: str, title: str, fields: tuple[str, ...], other: tuple[str, ...]) -> str:
    normative = f"normative: {', '.join(fields)}" if fields else "nothing normative"
    besides = f"; besides {', '.join(other)}" if other else ""
    return f"{how:8} {identity}  {title}" + (f": {normative}{besides}" if how == "changed" else "")


def _again_lines(impact: Impact) -> Iterator[str]:
    yield from (f"all: {why}" for why in impact.everything)
    for nearness in Nearness:
        near = [each for each in impact.again if each.nearness is nearness]
        if near:
            yield f"{len(near)} {nearness.value}:"
        if len(near) <= _SHOWN:
            yield from (f"{each.id}  {each.file}:{each.line}  {each.why[0]}" for each in near)
        else:
            counts = Counter(each.file for each in near)
            yield from (f"{count:4}  {file}" for file, count in counts.items())


def _estimate_lines(impact: Impact) -> Iterator[str]:
    for each in impact.estimates:
        criteria = f" ({', '.join(each.criteria)})" if each.criteria else ""
        yield from (f"{each.study}{criteria}: {why}" for why in each.why)
        yield from (f"{each.study}: {then}" for then in each.then)


def _boundary_lines(impact: Impact) -> Iterator[str]:
    boundary = impact.boundary
    kept = {True: "kept: ", False: "LEFT: ", None: ""}[boundary.kept]
    yield f"{kept}{boundary.why}"
    yield from (f"outside: {each}" for each in boundary.outside)
    yield from (f"foreseen: {each}" for each in boundary.under)
    yield from (f"to be shown: {each}" for each in boundary.conditions)


def _question_lines(impact: Impact) -> Iterator[str]:
    for question in impact.questions:
        yield f"{question.id}. {question.text} {question.answer}"
        yield from (f"   {each}" for each in question.evidence)


def escape(text: str) -> str:
    """A text that Markdown shows as it is: whatever stands in the repository is never markup."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", " ".join(plain.split()))


def _words(value: str) -> str:
    return value.replace("_", " ")
