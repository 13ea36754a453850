"""What differs between two states of the repository: code, items, scenarios, releases, dependencies."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from verification.changes.impact_record import (
    DependencyChange,
    FileChange,
    ItemChange,
    ReleaseChange,
    ScenarioChange,
    UnitChange,
)
from verification.evidence import Project
from verification.evidence.project import sha256_of
from verification.graph.sections import Section, read_sections
from verification.sources.bindings import STEP_CODE, is_driving
from verification.sources.locks import LOCKS, distribution_name, read_lock
from verification.sources.scan import scan
from verification.sources.scenarios import Scenario, read_scenarios
from verification.sources.units import Unit, claims_of, reach, read_units
from verification.specification.documents import read_document
from verification.specification.items import Entry, Items, digest_of
from verification.specification.reading import read_items

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
_UNREAD = ("code-unreadable", "feature-", "yaml-", "item-", "schema-")


class _Digested(Protocol):
    @property
    def digest(self) -> str: ...


T = TypeVar("T", bound=_Digested)


@dataclass(frozen=True, slots=True)
class State:
    """The sources of the trace at one end of a range. `claims` are those of the product's units, by id."""

    project: Project
    items: Items
    scenarios: dict[str, Scenario]
    sections: dict[str, Section]
    units: dict[str, Unit]
    steps: dict[str, Unit]
    claims: dict[str, tuple[str, ...]]
    unread: tuple[str, ...]

    @property
    def written(self) -> dict[str, Entry]:
        """Everything that people wrote as items, the criteria of studies among it, by id."""
        return self.items.entries | self.items.study_criteria


@dataclass(frozen=True, slots=True)
class Differences:
    """Everything that differs."""

    files: tuple[FileChange, ...]
    units: tuple[UnitChange, ...]
    steps: tuple[UnitChange, ...]
    items: tuple[ItemChange, ...]
    scenarios: tuple[ScenarioChange, ...]
    releases: tuple[ReleaseChange, ...]
    dependencies: tuple[DependencyChange, ...]


def read_state(project: Project, files: Collection[str]) -> State:
    """Read the sources of the trace; `unread` names what cannot be read.

    Args:
        project: the checkout, or a commit's files.
        files: those that differ; code is read only where some of it does.
    """
    items, (symbols, code_issues), (scenarios, issues) = read_items(project), scan(project), read_scenarios(project)
    product = project.product
    code = {folder for folder in (product.folder, "verification/") for file in files if is_code(file, folder)}
    units = read_units(project, product.code) if product.folder in code else {}
    found = [each for each in (*items.issues, *code_issues, *issues) if each.code.startswith(_UNREAD)]
    return State(
        project=project,
        items=items,
        scenarios={scenario.id: scenario for scenario in scenarios},
        sections={section.id: section for section in read_sections(project)[0]},
        units=units,
        steps=read_units(project, *STEP_CODE) if "verification/" in code else {},
        claims=claims_of(units, symbols),
        unread=tuple(f"{issue.where}: {issue.message}" for issue in found),
    )


def is_code(file: str, *folders: str) -> bool:
    """Whether a file is Python in one of some folders."""
    return file.startswith(folders) and file.endswith(".py")


def find_differences(before: State, after: State, files: Mapping[str, str]) -> Differences:
    """Hold two states against each other; `files` are those that differ, each with how."""
    return Differences(
        files=tuple(FileChange(file=file, how=how) for file, how in files.items()),
        units=tuple(_find_unit_changes(before, after)),
        steps=tuple(_find_step_changes(before, after)),
        items=tuple(_find_item_changes(before, after)),
        scenarios=tuple(
            ScenarioChange(id=one.id, file=one.file, line=one.line, how=how)
            for one, how in compare(before.scenarios, after.scenarios)
        ),
        releases=tuple(_find_release_changes(before.project, after.project)),
        dependencies=tuple(_find_dependency_changes(before.project, after.project)),
    )


def compare(before: Mapping[str, T], after: Mapping[str, T]) -> Iterator[tuple[T, str]]:
    """Yield what is in one alone or has another digest in the other, as it is after or was before, and how."""
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield after[name], ADDED
        elif name not in after:
            yield before[name], REMOVED
        elif before[name].digest != after[name].digest:
            yield after[name], CHANGED


# --- code -------------------------------------------------------------------------------------------------------------


def _find_unit_changes(before: State, after: State) -> Iterator[UnitChange]:
    for unit, how in _compare_units(before.units, after.units):
        states = [state for state in (before, after) if unit.id in state.units]
        claims = dict.fromkeys(claim for state in states for claim in state.claims.get(unit.id, ()))
        users = {
            user
            for state in states
            for user in (() if claims else reach(state.units, [unit.id], state.claims))
            if user in state.claims
        }
        yield UnitChange(
            id=unit.id, file=unit.file, line=unit.line, how=how, claims=tuple(claims), reached_by=tuple(sorted(users))
        )


def _find_step_changes(before: State, after: State) -> Iterator[UnitChange]:
    for unit, how in _compare_units(before.steps, after.steps):
        if any(is_driving(state.steps, unit.id) for state in (before, after) if unit.id in state.steps):
            yield UnitChange(id=unit.id, file=unit.file, line=unit.line, how=how, claims=(), reached_by=())


def _compare_units(before: dict[str, Unit], after: dict[str, Unit]) -> Iterator[tuple[Unit, str]]:
    """Leave out imports that came or went, and modules in which nothing is left: what uses a name differs itself."""
    for unit, how in compare(before, after):
        if how == CHANGED or not (unit.is_import or unit.is_empty):
            yield unit, how


# --- items ------------------------------------------------------------------------------------------------------------


def _find_item_changes(before: State, after: State) -> Iterator[ItemChange]:
    old, new = before.written, after.written
    for name in sorted(old.keys() | new.keys()):
        entry = new.get(name) or old[name]
        values = [entries[name].value if name in entries else {} for entries in (old, new)]
        keys = [key for key in {**values[0], **values[1]} if values[0].get(key) != values[1].get(key)]
        normative = tuple(key for key in keys if _is_normative(entry, key, values))
        if keys:
            yield ItemChange(
                id=name,
                kind=entry.kind,
                title=str(entry.value.get("title") or name),
                file=entry.document.file,
                how=ADDED if name not in old else REMOVED if name not in new else CHANGED,
                fields=normative,
                other=tuple(key for key in keys if key not in normative),
            )


def _is_normative(entry: Entry, key: str, values: list[dict[str, Any]]) -> bool:
    """Whether the item's digest covers a key."""
    value = next(each[key] for each in values if key in each)
    without = {name: each for name, each in entry.value.items() if name != key}
    return digest_of(without) != digest_of(without | {key: value})


# --- releases and dependencies ----------------------------------------------------------------------------------------


def _find_release_changes(before: Project, after: Project) -> Iterator[ReleaseChange]:
    for name in sorted({*_release_files(before), *_release_files(after)}):
        old, new = _release_files(before).get(name, {}), _release_files(after).get(name, {})
        files = tuple(file for file in sorted(old.keys() | new.keys()) if old.get(file) != new.get(file))
        if files:
            described = [_describe(project, name) for project in (before, after)]
            keys = {**described[0], **described[1]}
            yield ReleaseChange(
                name=name,
                how=ADDED if not old else REMOVED if not new else CHANGED,
                digest_before=old.get("SHA256SUMS"),
                digest_after=new.get("SHA256SUMS"),
                fields=tuple(key for key in keys if described[0].get(key) != described[1].get(key)),
                files=files,
            )


def _release_files(project: Project) -> dict[str, dict[str, str]]:
    """By release, the digest of each of its files; that of SHA256SUMS is the release's own."""
    found: dict[str, dict[str, str]] = {}
    for path in project.find_files(f"{project.product.releases}/*/*"):
        found.setdefault(path.parent.name, {})[path.name] = sha256_of(path)
    return found


def _describe(project: Project, name: str) -> dict[str, Any]:
    file = f"{project.product.releases}/{name}/release.yaml"
    value = read_document(project.root / file, file).value
    return value if isinstance(value, dict) else {}


def find_statuses(project: Project) -> dict[str, str]:
    """The status that each release states of itself, by its name."""
    return {name: str(_describe(project, name).get("status", "")) for name in _release_files(project)}


def _find_dependency_changes(before: Project, after: Project) -> Iterator[DependencyChange]:
    purposes = {**_purposes(before), **_purposes(after)}
    for lock in LOCKS:
        old, new = (
            {distribution_name(one.name): one.version for one in read_lock(project.root / f"{lock}.lock")}
            for project in (before, after)
        )
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                yield DependencyChange(
                    name=name, lock=lock, before=old.get(name), after=new.get(name), purpose=purposes.get(name, "")
                )


def _purposes(project: Project) -> dict[str, str]:
    rows = read_settings(project).get("tool", {}).get("clearway", {}).get("soup", {})
    return {distribution_name(name): str(row.get("purpose", "")) for name, row in rows.items() if isinstance(row, dict)}


def read_settings(project: Project) -> dict[str, Any]:
    """What pyproject.toml says; nothing where it cannot be read."""
    try:
        return tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def shorten(names: Sequence[str], shown: int = 6) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
