"""`clearway trace diff`: the trace at one commit against that at another, as the commits themselves hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from verification.changes.difference_record import (
    ItemDifference,
    LinkDifference,
    Recorded,
    TraceDifference,
    ValueDifference,
)
from verification.evidence import Gap, Item, Project
from verification.graph.link import Sources, find_items, find_links, link
from verification.graph.sections import read_sections
from verification.graph.specified import read_code
from verification.graph.standing import read_proof
from verification.sources.revision import find_commit, open_commit
from verification.sources.scan import scan
from verification.sources.scenarios import read_scenarios
from verification.specification.reading import read_items

NOT_RECORDED = "not recorded at that commit"
ARCHIVES, STRENGTH = "docs/records/verification/*/verification.json", "verification/strength.json"

_NONE = Gap(reason="outcomes are those of the records", closes="see the archived runs")


class _Result(Struct):
    id: str
    status: str


class _Source(Struct):
    commit: str
    commit_date: str


class _Run(Struct):
    """As much of an archived run as every version of the evidence holds."""

    source: _Source
    results: tuple[_Result, ...]


@dataclass(frozen=True, slots=True)
class _Values:
    """Values by name, and where they are recorded."""

    where: str
    by_name: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Trace:
    """The trace that a commit holds."""

    items: dict[str, Item]
    links: set[tuple[str, str, str]]
    outcomes: _Values
    strength: _Values


def find_difference(project: Project, base: str, head: str) -> TraceDifference:
    """Find what differs between two commits.

    Raises:
        RevisionError: one of them is no commit here.
    """
    commits = find_commit(project, base), find_commit(project, head)
    with open_commit(project, commits[0]) as folder:
        before = _read(folder)
    with open_commit(project, commits[1]) as folder:
        after = _read(folder)
    return TraceDifference(
        base=commits[0],
        head=commits[1],
        items=tuple(_compare_items(before.items, after.items)),
        links=tuple(
            LinkDifference(source=one[0], relation=one[1], target=one[2], how=how)
            for how, found in (("added", after.links - before.links), ("retired", before.links - after.links))
            for one in sorted(found)
        ),
        outcomes=_compare_values(before.outcomes, after.outcomes),
        strength=_compare_values(before.strength, after.strength),
    )


def _read(project: Project) -> _Trace:
    proof = read_proof(_NONE, _NONE, project, {})
    items, symbols = read_items(project), scan(project)[0]
    code = read_code(project, items, symbols)
    graph = link(Sources(items, symbols, read_scenarios(project)[0], read_sections(project)[0], proof, code))
    return _Trace(
        items={item.id: item for item in find_items(graph)},
        links={(one.source, one.relation, one.target) for one in find_links(graph)},
        outcomes=_read_outcomes(project),
        strength=_read_strength(project),
    )


def _compare_items(before: dict[str, Item], after: dict[str, Item]) -> Iterator[ItemDifference]:
    for name in sorted(before.keys() | after.keys()):
        item = after.get(name) or before[name]
        how = "added" if name not in before else "retired" if name not in after else "changed"
        if how != "changed" or before[name].digest != after[name].digest:
            yield ItemDifference(id=name, kind=item.kind.value, title=item.title, how=how)


def _compare_values(before: _Values, after: _Values) -> Recorded:
    names = sorted(before.by_name.keys() | after.by_name.keys())
    pairs = ((name, before.by_name.get(name), after.by_name.get(name)) for name in names)
    known = NOT_RECORDED not in (before.where, after.where)
    return Recorded(
        before=before.where,
        after=after.where,
        differences=tuple(ValueDifference(name=n, before=b, after=a) for n, b, a in pairs if known and b != a),
    )


# --- what records hold ------------------------------------------------------------------------------------------------


def _read_outcomes(project: Project) -> _Values:
    """The outcomes of the last formal run that the commit holds, by the day of the commit that it ran at."""
    runs = [(path.parent.name, _decode(path, _Run)) for path in project.find_files(ARCHIVES)]
    found = [(run.source.commit_date, name, run) for name, run in runs if run is not None]
    if not found:
        return _Values(NOT_RECORDED, {})
    _, name, run = max(found, key=lambda each: each[:2])
    where = f"{name}, the run at {run.source.commit[:12]}"
    return _Values(where, {result.id: result.status for result in run.results})


def _read_strength(project: Project) -> _Values:
    rows = _decode(project.root / STRENGTH, list[dict[str, Any]])
    if rows is None:
        return _Values(NOT_RECORDED, {})
    found = (row.get("strength", row) for row in rows)
    named = {f"{one.get('requirement')} {one.get('symbol')}": _share(one.get) for one in found if isinstance(one, dict)}
    return _Values(STRENGTH, named)


def _share(count: Callable[[str], Any]) -> str:
    return f"{count('killed')} of {(count('killed') or 0) + (count('survived') or 0)} faults noticed"


def _decode(path: Path, kind: Any) -> Any:
    """A file's content, unknown fields aside; None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None


# --- for people -------------------------------------------------------------------------------------------------------


def render_difference(found: TraceDifference, *, markdown: bool) -> Iterator[str]:
    """Yield the lines, as text or as Markdown."""
    from verification.changes.show_impact import escape, render_block

    headline = f"{found.base[:12]} to {found.head[:12]}: {len(found.items)} items, {len(found.links)} links differ"
    yield f"## Trace\n\n{escape(headline)}" if markdown else headline
    for title, lines in (
        ("items", [f"{one.how:8} {one.id}  {one.title}  ({one.kind.replace('_', ' ')})" for one in found.items]),
        ("links", [f"{one.how:8} {one.source} {one.relation.replace('_', ' ')} {one.target}" for one in found.links]),
        ("outcomes", list(_recorded_lines(found.outcomes))),
        ("strength", list(_recorded_lines(found.strength))),
    ):
        yield from render_block(title, lines, markdown=markdown) if lines else ()


def _recorded_lines(recorded: Recorded) -> Iterator[str]:
    yield f"before: {recorded.before}"
    yield f"after: {recorded.after}"
    yield from (f"{one.name}: {one.before or 'none'} → {one.after or 'none'}" for one in recorded.differences)
