"""Impact: what differs between two states of the repository, what it leads to, and what is to be done again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from verification.changes.boundary import judge_boundary
from verification.changes.differences import (
    Differences,
    State,
    compare,
    find_differences,
    find_statuses,
    read_settings,
    read_state,
    shorten,
)
from verification.changes.impact_record import (
    Affected,
    Again,
    Impact,
    Invalidated,
    Nearness,
    SectionAffected,
    UnitChange,
)
from verification.changes.invalidated import find_invalidated
from verification.changes.questions import ask
from verification.evidence import Gap, ItemKind, Project, VerificationEvidence
from verification.sources.bindings import RUNNER, find_driven
from verification.sources.revision import Range, find_changed_files, open_range

_UP = {"parents": False, "hazards": False, "requirements": True, "controls": True, "effectiveness.evidence": True}
"""By key of an item that names others: whether it stands above what it names, or below."""

_RUN_BY_ALL = ("tests/data/*", "runtime.lock")
"""Files, by pattern, that any scenario's outcome may depend on, beside the releases."""

LINKS_ALONE = "links alone: no evidence at hand says which functions each scenario enters"


def find_impact(project: Project, span: Range, verification: VerificationEvidence | Gap) -> Impact:
    """Find what differs between the ends of a range and what it leads to.

    Args:
        project: the checkout; its working tree is read only where the range ends there.
        span: from where to where.
        verification: what says which functions each scenario entered; a gap leaves the choice to the links, and the
            impact of two commits is then a function of them alone.
    """
    files = find_changed_files(project, span)
    with open_range(project, span) as ends:
        before, after = (read_state(end, files) for end in ends)
        found = find_differences(before, after, files)
        affected = tuple(_climb(before, after, _find_seeds(found, before, after)))
        everything = tuple(_find_reasons_for_all(before.project, after.project, found))
        again = tuple(_find_again(before, after, found, everything, verification))
        estimates = tuple(find_invalidated(before, after, found, project.product))
        return Impact(
            base=span.base, head=span.head, files=found.files, units=found.units, steps=found.steps, items=found.items,
            scenarios=found.scenarios, releases=found.releases, dependencies=found.dependencies, affected=affected,
            everything=everything, again=again, basis=_describe_basis(verification), estimates=estimates,
            sections=tuple(_find_sections(before, after, found, affected, again, estimates)),
            boundary=judge_boundary(before.project, found, project.product),
            questions=tuple(ask(found, affected, estimates, find_statuses(after.project))),
            unread=after.unread,
        )  # fmt: skip


# --- upward -----------------------------------------------------------------------------------------------------------


def _find_seeds(found: Differences, before: State, after: State) -> Iterator[tuple[str, str]]:
    """The items at which the change begins, and by what: those changed, claimed by changed code, verified otherwise."""
    for item in found.items:
        said = ", ".join(item.fields or item.other)
        yield item.id, f"{item.how}: {said}" if item.how == "changed" else item.how
    for unit in found.units:
        yield from ((claim, f"{unit.id} implements it and was {unit.how}") for claim in unit.claims)
        for user in unit.reached_by:
            claims = dict.fromkeys((*before.claims.get(user, ()), *after.claims.get(user, ())))
            yield from ((claim, f"{user} implements it and uses {unit.id}, {unit.how}") for claim in claims)
    for scenario in found.scenarios:
        states = [state.scenarios[scenario.id] for state in (before, after) if scenario.id in state.scenarios]
        for target in dict.fromkeys(name for each in states for name in each.requirements):
            yield target, f"{scenario.id} verifies it and was {scenario.how}"


def _climb(before: State, after: State, seeds: Iterable[tuple[str, str]]) -> Iterator[Affected]:
    """Yield the seeds and everything above them, nearest first, each once and by the first that leads to it."""
    written = before.written | after.written
    above = _find_above(before, after)
    waiting = list(seeds)
    seen: set[str] = set()
    while waiting:
        name, because = waiting.pop(0)
        if name in seen or name not in written:
            continue
        seen.add(name)
        entry = written[name]
        yield Affected(id=name, kind=entry.kind, title=str(entry.value.get("title") or name), because=because)
        waiting += [(upper, f"above {name}") for upper in above.get(name, ())]


def _find_above(before: State, after: State) -> dict[str, list[str]]:
    """By item, what stands above it before or after the change."""
    above: dict[str, dict[str, None]] = {}
    for entry in (*after.items.entries.values(), *before.items.entries.values()):
        for key, stands_above in _UP.items() if entry.kind is not ItemKind.ANOMALY else ():
            for target in entry.ids(key):
                named = target.partition("/")[0]
                lower, upper = (named, entry.id) if stands_above else (entry.id, named)
                above.setdefault(lower, {})[upper] = None
    return {lower: list(uppers) for lower, uppers in above.items()}


# --- scenarios --------------------------------------------------------------------------------------------------------


def _find_reasons_for_all(before: Project, after: Project, found: Differences) -> Iterator[str]:
    patterns = {f"{end.product.releases}/*" for end in (before, after)} | {*_RUN_BY_ALL}
    for change in found.files:
        if any(fnmatchcase(change.file, pattern) for pattern in patterns):
            yield f"{change.file} {change.how}"
    for unit in found.steps:
        if unit.file in RUNNER:
            yield f"{unit.id} {unit.how}, which runs every scenario"
    if _read_manner(before) != _read_manner(after):
        yield "pyproject.toml: what is installed, or how pytest runs, changed"


def _read_manner(project: Project) -> list[Any]:
    """What pyproject.toml says that a scenario's outcome may depend on."""
    settings = read_settings(project)
    keys = ("version", "requires-python", "dependencies", "scripts", "entry-points")
    return [settings.get("tool", {}).get("pytest"), *(settings.get("project", {}).get(key) for key in keys)]


def _find_again(
    before: State,
    after: State,
    found: Differences,
    everything: tuple[str, ...],
    verification: VerificationEvidence | Gap,
) -> Iterator[Again]:
    """Yield every scenario of the state after that some reason asks to run, the nearest first, then as files have them.

    A change of a requirement's text touches those that name it; that code which they enter is entered by others too,
    is told after that.
    """
    reasons: dict[str, dict[str, Nearness]] = {}
    for nearness, asked in (
        (Nearness.NAMED, ((each.id, f"the scenario was {each.how}") for each in found.scenarios)),
        (Nearness.NAMED, _find_naming(after, _list_changed(found))),
        (Nearness.IMPLEMENTED, _find_naming(after, _list_implemented(before, after, found))),
        (Nearness.SHARED, _find_entering(found.units, verification)),
        (Nearness.SHARED, _find_driven(before, after, found)),
        (Nearness.SHARED, ((name, why) for why in everything for name in after.scenarios)),
    ):
        for name, why in asked:
            reasons.setdefault(name, {}).setdefault(why, nearness)
    nearest = {name: next(iter(of.values())) for name, of in reasons.items()}
    for nearness in Nearness:
        for name, scenario in after.scenarios.items():
            if nearest.get(name) is nearness:
                said = tuple(reasons[name])
                yield Again(id=name, file=scenario.file, line=scenario.line, why=said, nearness=nearness)


def _list_changed(found: Differences) -> list[tuple[str, str]]:
    """The items that changed in what is verified of them, each with the reason for its scenarios."""
    return [
        (item.id, f"verifies {item.id}, {item.how}") for item in found.items if item.fields or "needs" in item.other
    ]


def _list_implemented(before: State, after: State, found: Differences) -> list[tuple[str, str]]:
    """The items that changed code implements, each with the reason for its scenarios."""
    asked: list[tuple[str, str]] = []
    for unit in found.units:
        asked += [(claim, f"verifies {claim}, which {unit.id} implements, {unit.how}") for claim in unit.claims]
        for user in unit.reached_by:
            claims = dict.fromkeys((*before.claims.get(user, ()), *after.claims.get(user, ())))
            asked += [(claim, f"verifies {claim}, whose {user} uses {unit.id}, {unit.how}") for claim in claims]
    return asked


def _find_naming(after: State, asked: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The scenarios that verify these items, with the reason for each."""
    named: dict[str, list[str]] = {}
    for scenario in after.scenarios.values():
        for target in scenario.requirements:
            named.setdefault(target, []).append(scenario.id)
    for target, why in asked:
        yield from ((name, why) for name in named.get(target, ()))


def _find_entering(
    units: tuple[UnitChange, ...], verification: VerificationEvidence | Gap
) -> Iterator[tuple[str, str]]:
    """The scenarios whose last run entered a function that changed."""
    if isinstance(verification, Gap):
        return
    changed = {n: name for n, name in enumerate(verification.functions) if any(name == unit.id for unit in units)}
    for result in verification.results:
        entered = [changed[n] for n in result.entered or () if n in changed]
        if entered:
            more = f" and {len(entered) - 1} more" if len(entered) > 1 else ""
            yield result.id, f"entered {entered[0]}{more}"


def _find_driven(before: State, after: State, found: Differences) -> Iterator[tuple[str, str]]:
    """The scenarios that changed step code drives."""
    for state in (before, after):
        changed = [unit.id for unit in found.steps if unit.id in state.steps]
        for name, function in find_driven(state.steps, changed, after.scenarios.values()) if changed else ():
            yield name, f"its step {function} changed, or uses what changed"


def _describe_basis(verification: VerificationEvidence | Gap) -> str:
    if isinstance(verification, Gap) or not any(result.entered is not None for result in verification.results):
        return LINKS_ALONE
    watched = sum(result.entered is not None for result in verification.results)
    commit = verification.source.commit[:12] + (" and files not committed" if verification.source.dirty else "")
    return f"links, and the functions that {watched} scenarios entered in the run at {commit}"


# --- documents --------------------------------------------------------------------------------------------------------


def _find_sections(
    before: State,
    after: State,
    found: Differences,
    affected: tuple[Affected, ...],
    again: tuple[Again, ...],
    estimates: tuple[Invalidated, ...],
) -> Iterator[SectionAffected]:
    """Yield the sections that differ or that show something touched."""
    touched = {each.id: each.kind for each in affected}
    touched |= {name: ItemKind.STUDY_CRITERION for each in estimates for name in each.criteria}
    touched |= {each.id: ItemKind.SCENARIO for each in found.scenarios}
    touched |= {each.id: ItemKind.SCENARIO for each in again}
    touched |= {unit.id: ItemKind.SYMBOL for unit in found.units if unit.claims}
    differing = {section.id for section, _ in compare(before.sections, after.sections)}
    for identity, section in (before.sections | after.sections).items():
        shown = [name for name, kind in touched.items() if name in section.ids or kind in section.kinds]
        because = [f"shows {shorten(shown)}"] if shown else []
        because += ["the content map says otherwise of it"] if identity in differing else []
        if because:
            yield SectionAffected(id=identity, title=section.title, because=tuple(because))
