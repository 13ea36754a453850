"""What the supply tables show: components, what is not known of them, and what was looked up of vulnerabilities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from submission.words.claims import compose, join_words, number_of, pick
from submission.words.filters import count, ident, total
from verification.evidence import Component, Gap, Licence, Screened, TransferSyntax

ASKED = {
    "origin": "through",
    "supplier": "supplier",
    "license": "licence",
    "support": "support",
    "level of support": "support.level",
    "end of support": "support.end_of_support",
    "known anomalies": "anomalies",
    "vulnerabilities": "lookup",
}
"""What is asked of every component, and where it answers."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something that is not known of some components for one reason."""

    what: str
    reason: str
    closes: str
    components: int
    names: tuple[str, ...]


@total
def lacking(components: Iterable[Component]) -> tuple[Lacking, ...]:
    """What is not known of components, one row for all that lack the same for the same reason."""
    asked: dict[tuple[str, str], Gap] = {}
    for component in components:
        for what, field in ASKED.items():
            answer = _answer(component, field)
            if isinstance(answer, Gap):
                asked.setdefault((what, answer.reason), answer)
    return tuple(_lacking(components, what, gap) for (what, _), gap in asked.items())


def _answer(component: Component, field: str) -> object:
    name, _, inner = field.partition(".")
    answer = getattr(component, name)
    return getattr(answer, inner, None) if inner else answer


def _lacking(components: Iterable[Component], what: str, gap: Gap) -> Lacking:
    found = pick(components, f"{ASKED[what]}.reason", gap.reason)
    return Lacking(what, gap.reason, gap.closes, number_of(found), tuple(one.name for one in found))


@total
def origin(component: Component, beside: Sequence[Component]) -> object:
    """Why a component is there: what it is for, or which others ask for it; of a part of the device, others of it."""
    through, condition = component.through, component.condition
    if isinstance(through, Gap):
        return through
    names = {one.name for one in beside}
    within = tuple(name for name in through if name in names or component.part != "runtime")
    asked = Markup("asked for by {}").format(Markup(", ").join(ident(name) for name in within))
    on_some = "another part asks for it" if through else "development of this project"
    why = component.purpose or (asked if within else on_some)
    return Markup("{}; only where <code>{}</code>").format(why, condition) if condition else why


@total
def bringing_libraries(components: Iterable[Component]) -> tuple[Component, ...]:
    """The components that bring libraries along."""
    return tuple(component for component in components if component.libraries)


@dataclass(frozen=True, slots=True)
class Stated:
    """A part that a component's own bill names."""

    component: str
    name: str
    version: str
    file: str


@total
def stated_inside(components: Iterable[Component]) -> tuple[Stated, ...]:
    """What components say in bills of their own is inside them, one row each."""
    return tuple(
        Stated(component.name, part.name, part.version, part.file)
        for component in components
        for part in component.bundled
    )


@total
def names_of(values: Iterable[Component | TransferSyntax]) -> tuple[str, ...]:
    """The names of records."""
    return tuple(value.name for value in values)


@total
def by_licence(components: Iterable[Component]) -> tuple[tuple[Licence, tuple[Component, ...]], ...]:
    """Components with the same license and verdict together, what asks for most attention first."""
    found: dict[tuple[str, str], list[tuple[Licence, Component]]] = {}
    for component in components:
        if isinstance(component.licence, Licence):
            key = component.licence.verdict, component.licence.expression
            found.setdefault(key, []).append((component.licence, component))
    order = ("refused", "unlisted", "weak_copyleft", "allowed")
    groups = sorted(found.items(), key=lambda one: (order.index(one[0][0]), -len(one[1]), one[0][1]))
    return tuple((pairs[0][0], tuple(component for _, component in pairs)) for _, pairs in groups)


@total
def without(components: Iterable[Component], attribute: str) -> tuple[Component, ...]:
    """The components of which something is not known."""
    return tuple(component for component in components if isinstance(getattr(component, attribute), Gap))


@total
def knowing(components: Iterable[Component], attribute: str) -> tuple[Component, ...]:
    """The components of which something is known."""
    return tuple(component for component in components if not isinstance(getattr(component, attribute), Gap))


@total
def reported(components: Iterable[Component]) -> tuple[tuple[Component, object], ...]:
    """Every vulnerability that a report names, with its component."""
    return tuple((component, each) for component in components for each in component.vulnerabilities)


@total
def known_vulnerabilities(screened: Screened) -> object:
    """What may be said of vulnerabilities as a whole, which only a lookup of every component allows."""
    found = screened.vulnerabilities
    said = compose("{} vulnerabilities are known", count(found)) if found else "No vulnerability is known"
    looked = "{} in {} components, by {}, looked up from {} on."
    return compose(looked, said, count(screened.components), join_words(screened.databases, "; "), screened.oldest)
