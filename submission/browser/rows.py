"""The rows of the matrix and the criteria of studies, as the browser's page holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from submission.words.filters import decimal, events_of, metric, rule_of
from submission.words.matrix import REQUIREMENTS, BackRow, NeedRow, TraceRow, backward, forward, needs
from submission.words.matrix_table import Row, matrix_tables
from submission.words.reasons import word_of
from verification.evidence import (
    Estimate,
    Gap,
    StudiesEvidence,
    Study,
    StudyCriterion,
    TraceEvidence,
    VerificationEvidence,
)

Places = Mapping[str, int]
"""Where each item stands in the page's list of items, by its id."""


def _places(places: Places, names: Iterable[str]) -> list[int]:
    """Where the items of these names stand; what is no item is left out."""
    return [places[name] for name in names if name in places]


def find_rows(
    trace: TraceEvidence, verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap, places: Places
) -> dict[str, Any]:
    """The rows of the matrix in each direction, and as the tables that are exported.

    A row from a need down names the row forward of its last requirement by its place.
    """
    rows = list(forward(trace, verification, studies, REQUIREMENTS))
    at = {_name(row): number for number, row in enumerate(rows)}
    return {
        "forward": [_forward(row, places) for row in rows],
        "needs": [_need(row, places, at) for row in needs(trace, verification, studies)],
        "backward": [_backward(row, places) for row in backward(trace, verification, studies)],
        "tables": {name: _table(found) for name, found in matrix_tables(trace, verification, studies).items()},
    }


def _name(row: TraceRow) -> tuple[str, str, str]:
    """What tells a row forward from the others."""
    return row.item.id, getattr(row.criterion, "id", ""), row.study.id if row.study else ""


def _forward(row: TraceRow, places: Places) -> dict[str, Any]:
    value = {
        "item": places[row.item.id],
        "criterion": getattr(row.criterion, "id", ""),
        "text": getattr(row.criterion, "text", ""),
        "parents": _places(places, row.parents),
        "children": _places(places, (child.id for child in row.children)),
        "scenarios": _places(places, (name for name, _ in row.scenarios)),
        "study": places[row.study.id] if row.study else None,
        "result": row.result,
        "symbols": _places(places, (symbol.id for symbol in row.symbols)),
        "risks": _places(places, (*row.controls, *row.hazards)),
        "status": row.status,
        "why": row.why,
    }
    return {name: each for name, each in value.items() if each or each == 0}


def _need(row: NeedRow, places: Places, at: Mapping[tuple[str, str, str], int]) -> dict[str, Any]:
    path = [places[item.id] for item in row.path]
    return {"need": places[row.need.id], "path": path, "row": at[_name(row.row)]}


def _backward(row: BackRow, places: Places) -> dict[str, Any]:
    first = row.rows[0] if row.rows else row.id
    return {
        "item": places.get(first),
        "name": row.id,
        "rows": len(row.rows),
        "kind": row.kind,
        "place": row.place,
        "targets": row.targets,
        "needs": _places(places, row.needs),
        "status": row.status,
        "why": row.why,
    }


def _table(rows: list[Row]) -> dict[str, Any]:
    """The rows as a file of values holds them: heads once, then cells."""
    return {"heads": list(rows[0]) if rows else [], "rows": [list(row.values()) for row in rows]}


def find_goals(studies: StudiesEvidence | Gap, places: Places) -> Iterator[tuple[int, dict[str, Any]]]:
    """By place, what each criterion of a study asks, and what came of it."""
    for study in getattr(studies, "studies", ()):
        for goal in study.criteria:
            if goal.id in places:
                yield places[goal.id], {"result": word_of(goal), "facts": _goal_facts(study, goal)}


def _goal_facts(study: Study, goal: StudyCriterion) -> list[tuple[str, str]]:
    estimate = goal.estimate
    found = f"{estimate.reason}; {estimate.closes}" if isinstance(estimate, Gap) else _estimate(estimate)
    return [
        ("Study", f"{study.title} ({study.name})"),
        ("Release", f"{study.release} ({study.release_version})"),
        ("It asks", f"{rule_of(goal)}, of {goal.subgroup}"),
        ("It found", found),
    ]


def _estimate(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"undefined: {estimate.reason or 'no reason was recorded'}"
    limits = estimate.interval
    between = f" ({_measure(limits.lower)} to {_measure(limits.upper)}, {limits.method})" if limits else ""
    return f"{metric(estimate.metric)} {_measure(estimate.value)}{between}; images: {events_of(estimate)}"


def _measure(value: float) -> str:
    return decimal(value, 3)
