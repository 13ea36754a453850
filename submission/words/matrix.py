"""The matrix both ways: from requirement to evidence, and from what was made to the need that asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from submission.words.claims import compose, pick, total_of, written
from verification.evidence import (
    Criterion,
    Gap,
    Item,
    ItemKind,
    LinkStatus,
    Review,
    RiskControl,
    Strength,
    TraceEvidence,
    VerificationEvidence,
    VerificationResult,
)

NEEDS = (ItemKind.USER_NEED, ItemKind.SYSTEM_REQUIREMENT)
REQUIREMENTS = (*NEEDS, ItemKind.SOFTWARE_REQUIREMENT)


@dataclass(frozen=True, slots=True)
class Faults:
    """Deliberate faults put into code: how many changed what it does, and how many of these a scenario noticed."""

    put: int
    noticed: int
    equivalent: int


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One row of the matrix forward: a criterion of a requirement, or a requirement that has none.

    `faults` are those put into the code of the requirement; None where nobody has tried.
    """

    item: Item
    parents: tuple[str, ...]
    criterion: Criterion | Gap
    scenarios: tuple[tuple[str, str], ...]
    symbols: tuple[Item, ...]
    controls: tuple[str, ...]
    hazards: tuple[str, ...]
    faults: Faults | None
    status: LinkStatus
    why: str


@dataclass(frozen=True, slots=True)
class BackRow:
    """One row of the matrix backward: what was made, and what asked for it. `rows` are those of an outline."""

    id: str
    rows: tuple[str, ...]
    kind: str
    place: str
    targets: tuple[str, ...]
    needs: tuple[str, ...]
    status: str
    review: Review


@dataclass(frozen=True, slots=True)
class _Graph:
    items: dict[str, Item]
    up: dict[str, list[str]]
    down: dict[str, list[str]]
    controls: dict[str, list[RiskControl]]
    strengths: dict[str, tuple[Strength, ...]]


def forward(
    trace: TraceEvidence,
    verification: VerificationEvidence | Gap,
    kinds: tuple[ItemKind, ...] = (ItemKind.SOFTWARE_REQUIREMENT,),
) -> Iterator[TraceRow]:
    """Yield a row for each criterion of each requirement, one kind after the other; without criteria, one row."""
    graph = _graph(trace)
    status_of = {result.id: result.status.value for result in getattr(verification, "results", ())}
    none = Gap(reason="the requirement has no criterion", closes="write one")
    for kind in kinds:
        for item in (item for item in trace.items if item.kind is kind):
            yield from (_row(graph, item, criterion, status_of) for criterion in item.criteria or (none,))


def backward(trace: TraceEvidence, verification: VerificationEvidence | Gap) -> Iterator[BackRow]:
    """Yield a row for each symbol and for each scenario."""
    graph = _graph(trace)
    for item in trace.items:
        if item.kind is ItemKind.SYMBOL:
            targets = tuple(sorted(graph.up.get(item.id, [])))
            place, needs = compose("{}:{}", item.file, _line(item)), _needs(graph, targets)
            yield BackRow(item.id, (), "symbol", place, targets, needs, item.status.value, item.review)
    # Rows of one outline that verify the same with the same outcome stand in one row.
    for (stem, targets, status), found in groupby(getattr(verification, "results", ()), key=_asked):
        rows = tuple(found)
        place, needs = compose("{}:{}", rows[0].file, _line(rows[0])), _needs(graph, rows[0].requirements)
        names = tuple(row.id for row in rows if row.id != stem)
        yield BackRow(_stem(rows[0]), names, "scenario", place, targets, needs, status, _review(graph, rows))


def _line(found: Item | VerificationResult) -> str:
    return written(f"{found.line:d}", found.line, "plain")


def _stem(result: VerificationResult) -> str:
    stem = stem_of(result)
    return result.id if stem == result.id else written(stem, result.id, "part")


def count_faults(strengths: Iterable[Strength]) -> Faults | None:
    """The faults put into some symbols together; None where there were no trials."""
    found = strengths if isinstance(strengths, tuple) else tuple(strengths)
    if not found:
        return None
    return Faults(total_of(found, "killed", "survived"), total_of(found, "killed"), total_of(found, "equivalent"))


def stem_of(result: VerificationResult) -> str:
    """The id of a scenario without the number of its row."""
    return result.id.rpartition("/")[0] if result.example and "/" in result.id else result.id


def _graph(trace: TraceEvidence) -> _Graph:
    graph = _Graph({item.id: item for item in trace.items}, {}, {}, {}, {})
    for link in trace.links:
        graph.up.setdefault(link.source, []).append(link.target)
        graph.down.setdefault(link.target, []).append(link.source)
    for control in trace.controls:
        for requirement in control.requirements:
            graph.controls.setdefault(requirement, []).append(control)
    for name in {strength.requirement for strength in trace.strengths}:
        graph.strengths[name] = pick(trace.strengths, "requirement", name)
    return graph


def _ancestors(graph: _Graph, start: str) -> tuple[str, ...]:
    """User needs and system requirements above an item, each once, nearest first; cycles are harmless."""
    found: dict[str, None] = {}
    todo = list(graph.up.get(start, []))
    while todo:
        target = todo.pop(0)
        item = graph.items.get(target)
        if target not in found and item is not None and item.kind in NEEDS:
            found[target] = None
            todo += graph.up.get(target, [])
    return tuple(found)


def _row(graph: _Graph, item: Item, criterion: Criterion | Gap, status_of: dict[str, str]) -> TraceRow:
    below = [graph.items[name] for name in graph.down.get(item.id, []) if name in graph.items]
    controls = graph.controls.get(item.id, [])
    scenarios = () if isinstance(criterion, Gap) else criterion.scenarios
    return TraceRow(
        item=item,
        parents=_ancestors(graph, item.id),
        criterion=criterion,
        scenarios=tuple((name, status_of.get(name, "not_run")) for name in scenarios),
        symbols=tuple(one for one in below if one.kind is ItemKind.SYMBOL),
        controls=tuple(control.id for control in controls),
        hazards=tuple(sorted({hazard for control in controls for hazard in control.hazards})),
        faults=count_faults(graph.strengths.get(item.id, ())),
        status=_status(item, criterion),
        why=_why(item, criterion),
    )


def _status(item: Item, criterion: Criterion | Gap) -> LinkStatus:
    """A requirement without a criterion is a gap, or worse; a need stands as the trace says."""
    if not isinstance(criterion, Gap):
        return criterion.status
    return LinkStatus.GAP if item.status is LinkStatus.COVERS else item.status


def _why(item: Item, criterion: Criterion | Gap) -> str:
    if not isinstance(criterion, Gap):
        return criterion.why
    return criterion.reason if item.status is LinkStatus.COVERS else item.why


def _asked(result: VerificationResult) -> tuple[str, tuple[str, ...], str]:
    targets = result.criteria or result.requirements
    return stem_of(result), tuple(sorted(targets)), result.status.value


def _needs(graph: _Graph, targets: tuple[str, ...]) -> tuple[str, ...]:
    above = {name for target in targets for name in _ancestors(graph, target.partition("/")[0])}
    return tuple(sorted(name for name in above if graph.items[name].kind is ItemKind.USER_NEED))


def _review(graph: _Graph, rows: tuple[VerificationResult, ...]) -> Review:
    """Of the rows of an outline the review that says least."""
    reviews = [graph.items[row.id].review for row in rows if row.id in graph.items]
    return min(reviews, key=lambda review: _LEAST_FIRST.index(review.status), default=Review())


_LEAST_FIRST = ("unreviewed", "suspect", "reviewed")
