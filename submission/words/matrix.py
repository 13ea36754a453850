"""The matrix: from requirement to evidence, from need to criterion, and from what was made to what asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from submission.words.claims import compose, pick, total_of, written
from submission.words.reasons import sum_up, tell_why, word_of
from verification.evidence import (
    DOWNWARD,
    Criterion,
    Gap,
    Item,
    ItemKind,
    LinkStatus,
    Review,
    RiskControl,
    Strength,
    StudiesEvidence,
    StudyCriterion,
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

    A criterion that criteria of studies show has a row for each of them: `study` is its item, `goal` what it asks and
    what was estimated. `children` are the requirements that derive from the item. `result` says in a word what came of
    the criterion, `reasons` in a sentence each why scenarios did not pass. `faults` are those put into the code of the
    requirement; None where nobody has tried.
    """

    item: Item
    parents: tuple[str, ...]
    children: tuple[Item, ...]
    criterion: Criterion | Gap
    scenarios: tuple[tuple[str, str], ...]
    study: Item | None
    goal: StudyCriterion | Gap
    result: str
    reasons: tuple[str, ...]
    symbols: tuple[Item, ...]
    controls: tuple[str, ...]
    hazards: tuple[str, ...]
    faults: Faults | None
    status: LinkStatus
    why: str


@dataclass(frozen=True, slots=True)
class NeedRow:
    """One row from a user need down: the requirements in between, and the row of a criterion of the last of them."""

    need: Item
    path: tuple[Item, ...]
    row: TraceRow


@dataclass(frozen=True, slots=True)
class BackRow:
    """One row of the matrix backward: what was made, and what asked for it. `rows` are those of an outline.

    `status` is what came of it, `why` says it in words.
    """

    id: str
    rows: tuple[str, ...]
    kind: str
    place: str
    targets: tuple[str, ...]
    needs: tuple[str, ...]
    status: str
    why: str
    review: Review


@dataclass(frozen=True, slots=True)
class _Graph:
    items: dict[str, Item]
    results: dict[str, VerificationResult]
    goals: dict[str, StudyCriterion]
    up: dict[str, list[str]] = field(default_factory=dict)
    down: dict[str, list[str]] = field(default_factory=dict)
    controls: dict[str, list[RiskControl]] = field(default_factory=dict)
    strengths: dict[str, tuple[Strength, ...]] = field(default_factory=dict)


def forward(
    trace: TraceEvidence,
    verification: VerificationEvidence | Gap,
    studies: StudiesEvidence | Gap,
    kinds: tuple[ItemKind, ...] = (ItemKind.SOFTWARE_REQUIREMENT,),
) -> Iterator[TraceRow]:
    """Yield a row for each criterion of each requirement, one kind after the other; without criteria, one row."""
    graph = _graph(trace, verification, studies)
    for kind in kinds:
        for item in (item for item in trace.items if item.kind is kind):
            yield from _rows(graph, item)


def needs(
    trace: TraceEvidence, verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap
) -> Iterator[NeedRow]:
    """Yield a row for each way from a user need down to a criterion; a way that ends before one is a row too."""
    graph = _graph(trace, verification, studies)
    for need in (item for item in trace.items if item.kind is ItemKind.USER_NEED):
        yield from _ways(graph, need, ())


def backward(
    trace: TraceEvidence, verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap
) -> Iterator[BackRow]:
    """Yield a row for each symbol, for each scenario and for each criterion of a study."""
    graph = _graph(trace, verification, studies)
    for item in (item for item in trace.items if item.kind is ItemKind.SYMBOL):
        targets = tuple(sorted(graph.up.get(item.id, [])))
        place, above = compose("{}:{}", item.file, _line(item)), _needs(graph, targets)
        yield BackRow(item.id, (), "symbol", place, targets, above, item.status.value, item.why, item.review)
    # Rows of one outline that verify the same with the same outcome stand in one row.
    for (stem, targets, status), found in groupby(graph.results.values(), key=_asked):
        rows = tuple(found)
        place, above = compose("{}:{}", rows[0].file, _line(rows[0])), _needs(graph, rows[0].requirements)
        names = tuple(row.id for row in rows if row.id != stem)
        said, why = _said_of(graph, rows, status)
        yield BackRow(_stem(rows[0]), names, "scenario", place, targets, above, said, why, _review(graph, rows))
    yield from _study_rows(trace, graph)


def _study_rows(trace: TraceEvidence, graph: _Graph) -> Iterator[BackRow]:
    """What rests on each criterion of a study: criteria of requirements by name, risk controls as a whole."""
    asked: dict[str, list[str]] = {}
    for owner in trace.items:
        for criterion in owner.criteria:
            for name in criterion.studied:
                asked.setdefault(name, []).append(full_id(owner, criterion))
    for item in (item for item in trace.items if item.kind is ItemKind.STUDY_CRITERION):
        whole = (name for name in graph.up.get(item.id, []) if name in graph.items and not graph.items[name].criteria)
        targets = tuple(sorted({*asked.get(item.id, ()), *whole}))
        place, above = compose("{}:{}", item.file, _line(item)), _needs(graph, targets)
        said = item.status.value if item.status is LinkStatus.STALE else word_of(_goal(graph, item.id))
        yield BackRow(item.id, (), "study criterion", place, targets, above, said, item.why, item.review)


def _said_of(graph: _Graph, rows: tuple[VerificationResult, ...], status: str) -> tuple[str, str]:
    """What came of scenarios and why; of those that passed long ago, that they are stale."""
    reasons = dict.fromkeys(why for row in rows if (why := tell_why(row)))
    if reasons:
        return status, " ".join(reasons)
    found = (graph.items[row.id] for row in rows if row.id in graph.items)
    stale = next((item for item in found if item.status is LinkStatus.STALE), None)
    return (stale.status.value, stale.why) if stale else (status, "every step passed")


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


def full_id(item: Item, criterion: Criterion) -> str:
    """The id of a criterion with that of its requirement, `SRS-003/AC2`."""
    return criterion.id if "/" in criterion.id else compose("{}/{}", item.id, criterion.id)


def stem_of(result: VerificationResult) -> str:
    """The id of a scenario without the number of its row."""
    return result.id.rpartition("/")[0] if result.example and "/" in result.id else result.id


def _graph(trace: TraceEvidence, verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap) -> _Graph:
    graph = _Graph(
        items={item.id: item for item in trace.items},
        results={result.id: result for result in getattr(verification, "results", ())},
        goals={goal.id: goal for study in getattr(studies, "studies", ()) for goal in study.criteria},
    )
    for link in trace.links:
        ends = (link.target, link.source) if link.relation in DOWNWARD else (link.source, link.target)
        graph.up.setdefault(ends[0], []).append(ends[1])
        graph.down.setdefault(ends[1], []).append(ends[0])
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


def _ways(graph: _Graph, item: Item, path: tuple[Item, ...]) -> Iterator[NeedRow]:
    """Every way down from the last item of a path; a requirement that is in it already is not taken again."""
    need, children = path[0] if path else item, _children(graph, item)
    path = (*path, item)
    if item.criteria or not children:
        yield from (NeedRow(need, path[1:], row) for row in _rows(graph, item))
    for child in children:
        if child not in path:
            yield from _ways(graph, child, path)


def _children(graph: _Graph, item: Item) -> tuple[Item, ...]:
    """The requirements that derive from an item, each once."""
    names = dict.fromkeys(graph.down.get(item.id, ()))
    return tuple(graph.items[name] for name in names if name in graph.items and graph.items[name].kind in REQUIREMENTS)


def _rows(graph: _Graph, item: Item) -> Iterator[TraceRow]:
    none = Gap(reason="the requirement has no criterion", closes="write one")
    for criterion in item.criteria or (none,):
        studied = () if isinstance(criterion, Gap) else criterion.studied
        for name in studied or (None,):
            yield _row(graph, item, criterion, graph.items.get(name or ""))


def _row(graph: _Graph, item: Item, criterion: Criterion | Gap, study: Item | None) -> TraceRow:
    below = [graph.items[name] for name in graph.down.get(item.id, []) if name in graph.items]
    controls = graph.controls.get(item.id, [])
    names = () if isinstance(criterion, Gap) else criterion.scenarios
    ran = {name: graph.results[name] for name in names if name in graph.results}
    goal = _goal(graph, study.id if study else "any")
    scenarios = tuple((name, ran[name].status.value if name in ran else "not_run") for name in names)
    return TraceRow(
        item=item,
        parents=_ancestors(graph, item.id),
        children=_children(graph, item),
        criterion=criterion,
        scenarios=scenarios,
        study=study,
        goal=goal,
        result=word_of(goal) if study else sum_up(status for _, status in scenarios),
        reasons=tuple(why for result in ran.values() if (why := tell_why(result))),
        symbols=tuple(one for one in below if one.kind is ItemKind.SYMBOL),
        controls=tuple(control.id for control in controls),
        hazards=tuple(sorted({hazard for control in controls for hazard in control.hazards})),
        faults=count_faults(graph.strengths.get(item.id, ())),
        status=study.status if study else _status(item, criterion),
        why=study.why if study else _why(item, criterion),
    )


def _goal(graph: _Graph, identity: str) -> StudyCriterion | Gap:
    missing = Gap(reason=compose("studies.json does not hold {}", identity), closes="run `clearway evaluate`")
    return graph.goals.get(identity, missing)


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
