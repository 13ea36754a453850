"""What the trace holds, arranged for a reader: items by kind, the risk matrix, both matrices, the coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from submission.context.gaps import bind, some
from submission.context.verified import tally
from submission.drawings.diagrams.risks import RiskCell
from submission.words.claims import origin_of, pick, rows
from submission.words.matrix import REQUIREMENTS, BackRow, NeedRow, TraceRow, backward, forward, needs
from verification.evidence import (
    Gap,
    Hazard,
    Item,
    ItemKind,
    LinkStatus,
    Review,
    RiskControl,
    StudiesEvidence,
    TraceEvidence,
    VerificationEvidence,
)


@dataclass(frozen=True, slots=True)
class Traced:
    """The items of a package, the review of each, and how they hang together.

    `forward` and `backward` are the rows of the traceability matrix, `ways` those from user needs down, the rows of one
    way together, `by_study` those of criteria that criteria of studies show, `coverage` how many criteria of software
    requirements have each status.
    """

    user_needs: tuple[Item, ...] | Gap
    system_requirements: tuple[Item, ...] | Gap
    software_requirements: tuple[Item, ...] | Gap
    hazards: tuple[Hazard, ...] | Gap
    controls: tuple[RiskControl, ...] | Gap
    reviews: Mapping[str, Review] | Gap
    risk_matrix: tuple[tuple[str, tuple[RiskCell, ...]], ...] | Gap
    forward: tuple[TraceRow, ...] | Gap
    ways: tuple[tuple[NeedRow, ...], ...] | Gap
    by_study: tuple[TraceRow, ...] | Gap
    backward: tuple[BackRow, ...] | Gap
    coverage: tuple[tuple[str, int], ...] | Gap


def traced(
    trace: TraceEvidence | Gap, verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap
) -> Traced:
    """Arrange what the trace holds; the matrices say what scenarios and studies showed as well."""
    return Traced(
        user_needs=_items(trace, ItemKind.USER_NEED),
        system_requirements=_items(trace, ItemKind.SYSTEM_REQUIREMENT),
        software_requirements=_items(trace, ItemKind.SOFTWARE_REQUIREMENT),
        hazards=bind(trace, lambda graph: some(graph.hazards, "trace.json lists no hazard")),
        controls=bind(trace, lambda graph: some(graph.controls, "trace.json lists no risk control")),
        reviews=bind(trace, _reviews),
        risk_matrix=bind(trace, _risk_matrix),
        forward=bind(trace, lambda graph: tuple(forward(graph, verification, studies))),
        ways=bind(trace, lambda graph: _ways(graph, verification, studies)),
        by_study=bind(trace, lambda graph: _by_study(graph, verification, studies)),
        backward=bind(trace, lambda graph: tuple(backward(graph, verification, studies))),
        coverage=bind(trace, _coverage),
    )


def _items(trace: TraceEvidence | Gap, kind: ItemKind) -> tuple[Item, ...] | Gap:
    reason = f"trace.json lists no {kind.value.replace('_', ' ')}"
    return bind(trace, lambda graph: some(tuple(item for item in graph.items if item.kind is kind), reason))


def _ways(
    trace: TraceEvidence, verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap
) -> tuple[tuple[NeedRow, ...], ...]:
    found = groupby(needs(trace, verification, studies), key=lambda row: (row.need.id, [item.id for item in row.path]))
    return tuple(tuple(rows_of_one) for _, rows_of_one in found)


def _by_study(
    trace: TraceEvidence, verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap
) -> tuple[TraceRow, ...]:
    return tuple(row for row in forward(trace, verification, studies, REQUIREMENTS) if row.study is not None)


def _reviews(trace: TraceEvidence) -> dict[str, Review]:
    """The review of each item by its id."""
    parts: tuple[tuple[Any, ...], ...] = (
        trace.hazards, trace.controls, trace.threats, trace.anomalies, trace.deviations,
    )  # fmt: skip
    return {each.id: Review() for part in parts for each in part} | {item.id: item.review for item in trace.items}


def _risk_matrix(trace: TraceEvidence) -> tuple[tuple[str, tuple[RiskCell, ...]], ...] | Gap:
    if isinstance(trace.policy, Gap):
        return trace.policy
    rows = []
    for severity, (name, row) in enumerate(zip(trace.policy.severities, trace.policy.matrix, strict=True), start=1):
        cells = tuple(_risk_cell(trace.hazards, severity, p, value) for p, value in enumerate(row, start=1))
        rows.append((name, cells))
    return tuple(reversed(rows))


def _risk_cell(hazards: tuple[Hazard, ...], severity: int, probability: int, acceptability: str) -> RiskCell:
    here = (severity, probability)
    return RiskCell(
        acceptability,
        before=tuple(hazard.id for hazard in hazards if here in _places(hazard)[0]),
        after=tuple(hazard.id for hazard in hazards if here in _places(hazard)[1]),
    )


def _places(hazard: Hazard) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Severity and probability of each harm of a hazard, before and after control."""
    before = [(hazard.severity, hazard.probability_of_harm)]
    after = [(hazard.residual_severity, hazard.residual_probability_of_harm)]
    if rarer := hazard.rarer:
        before.append((rarer.severity, rarer.probability_of_harm))
        after.append((rarer.severity, rarer.residual_probability_of_harm))
    return before, after


def _coverage(trace: TraceEvidence) -> tuple[tuple[str, int], ...]:
    """How many criteria of software requirements have each status."""
    found = pick(trace.items, "kind", ItemKind.SOFTWARE_REQUIREMENT)
    criteria = rows((criterion for item in found for criterion in item.criteria), f"{origin_of(found)}/*/criteria/*")
    return tuple(tally(criteria, LinkStatus))
