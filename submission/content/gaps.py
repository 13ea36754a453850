"""What can be left to do, by cause: `gaps.yaml`, and the one rule by which a gap is critical, major or minor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum

from msgspec import Struct

from submission.content.sponsor import Sponsor, find_facts, find_missing
from verification.evidence import ROLES

FILE = "submission/gaps.yaml"


class Grade(StrEnum):
    """How severe a gap is, the gravest first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class BearsOn(StrEnum):
    """What a gap bears on; `Gaps.rule` says what each means and how severe it makes a gap."""

    FILING = "filing"
    RISK = "risk"
    PERFORMANCE = "performance"
    RELIANCE = "reliance"
    FORM = "form"


class Closing(StrEnum):
    """What it takes to close a gap, what needs least first."""

    FACT = "enter a fact"
    DECISION = "a person decides"
    WORK = "work here"
    MEASUREMENT = "measure here"
    DATA = "data"
    LABORATORY = "laboratory"


class Cause(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why something is left to do. It stands while a fact of `facts` is not entered, or something `of` it is found.

    One that names neither stands always, as does one that is `always` so whatever is found. `of` are ids (THR-001,
    CRIT-AN-1), kinds of findings and codes of issues: a finding belongs to the cause that names its id, else to the one
    that names its kind. `{}` in the title is the list of the facts that are missing. `owner` is a role of `clearway
    status`. `after` are keys of causes that have to be closed first; `part_of` is the key of one of which this answers
    a part. The findings of a `brief` one are told by their ids alone.
    """

    id: str
    key: str
    title: str
    owner: str
    closing: Closing
    bears_on: BearsOn
    consequence: str
    closes: str
    after: tuple[str, ...] = ()
    part_of: str | None = None
    facts: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    always: bool = False
    brief: bool = False

    @property
    def declared(self) -> bool:
        """Whether it stands whatever is entered and found."""
        return self.always or not (self.facts or self.of)


class Ruled(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How severe a gap is that bears on something, and what to bear on it means."""

    bears_on: BearsOn
    severity: Grade
    means: str


class Gaps(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`gaps.yaml`. `heavier` are kinds of findings that bear on more than their cause does by itself."""

    rule: tuple[Ruled, ...]
    heavier: dict[str, BearsOn]
    causes: tuple[Cause, ...]

    def grade(self, bears_on: Iterable[str]) -> Grade:
        """The severity by the rule: that of the gravest thing it bears on."""
        found: dict[str, Grade] = {one.bears_on: one.severity for one in self.rule}
        return min((found[each] for each in bears_on), key=list(Grade).index)

    def names(self, ids: Iterable[str]) -> bool:
        """Whether a cause names one of these ids."""
        return any(name in cause.of for name in ids for cause in self.causes)

    def cause_of(self, kind: str, ids: Iterable[str]) -> Cause:
        """The cause to which a finding belongs."""
        for name in (*ids, kind, ANY):
            for cause in self.causes:
                if name in cause.of:
                    return cause
        raise LookupError(f"no cause is of {ANY}")


ANY = "any"
"""The kind of whatever no cause names."""


# --- what no schema sees ----------------------------------------------------------------------------------------------


def find_in_gaps(gaps: Gaps, roles: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with the causes, beyond their form."""
    keys = {cause.key: cause for cause in gaps.causes}
    facts = find_facts(roles)
    yield from _find_twice("id", (cause.id for cause in gaps.causes))
    yield from _find_twice("key", (cause.key for cause in gaps.causes))
    yield from _find_twice("of", (name for cause in gaps.causes for name in cause.of))
    yield from _find_twice("fact", (path for cause in gaps.causes for path in cause.facts))
    if absent := set(BearsOn) - {one.bears_on for one in gaps.rule}:
        yield f"{FILE}: rule says nothing of {', '.join(sorted(absent))}; add a row"
    if not any(ANY in cause.of for cause in gaps.causes):
        yield f"{FILE}: no cause is of “{ANY}”; give one to what no other names"
    if untold := set(find_missing(Sponsor(), roles)) - {path for cause in gaps.causes for path in cause.facts}:
        yield f"{FILE}: no cause names {', '.join(sorted(untold))}, expected one of each fact; add it to facts"
    for cause in gaps.causes:
        place = f"{FILE}: {cause.id} ({cause.key})"
        for name in (*cause.after, *((cause.part_of,) if cause.part_of else ())):
            if name not in keys:
                yield f"{place} names {name}, which is no key of a cause{_near(name, keys)}"
        for path in cause.facts:
            if path not in facts:
                yield f"{place} names {path}, which is no fact of submission/sponsor.yaml{_near(path, facts)}"
        if cause.owner not in ROLES:
            yield f"{place} is owned by {cause.owner!r}, expected a role: {', '.join(ROLES)}; name one"
    yield from _find_rings(keys)


def _find_twice(what: str, names: Iterable[str]) -> Iterator[str]:
    found = list(names)
    for name in sorted({name for name in found if found.count(name) > 1}):
        yield f"{FILE}: {what} {name} stands at two causes; give it to one"


def _find_rings(keys: Mapping[str, Cause]) -> Iterator[str]:
    todo = {key: {name for name in cause.after if name in keys} for key, cause in keys.items()}
    while free := {key for key, needs in todo.items() if not needs}:
        todo = {key: needs - free for key, needs in todo.items() if key not in free}
    if todo:
        yield f"{FILE}: {', '.join(sorted(todo))} wait for each other; take an entry out of `after`"


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else "; correct it"


IDS = re.compile(r"\b[A-Z]{1,6}(?:-[A-Z]{2,4})?-\d+\b")
"""An id of an item, a criterion of a study, a threat or a question, in a text."""
