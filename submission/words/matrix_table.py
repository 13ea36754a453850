"""The matrix as tables of plain cells, a column a fact: what a workbook, a CSV file and the trace page export."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from submission.words.filters import words
from submission.words.matrix import REQUIREMENTS, BackRow, NeedRow, TraceRow, backward, forward, full_id, needs
from verification.evidence import Gap, Item, ItemKind, StudiesEvidence, TraceEvidence, VerificationEvidence

Cell: TypeAlias = str | int | None
Row: TypeAlias = dict[str, Cell]

DIRECTIONS = ("forward", "needs", "backward")
STATUS = "Status"
SEVERAL = ("Above it", "Below it", "Scenarios", "Code", "Controls", "Hazards", "Rows", "Asked for by", "User needs")
"""Columns that hold one text a line."""


def matrix_tables(
    trace: TraceEvidence, verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap
) -> dict[str, list[Row]]:
    """The rows of the matrix in each direction."""
    return {
        "forward": [_forward(row) for row in forward(trace, verification, studies, REQUIREMENTS)],
        "needs": [_need(row) for row in needs(trace, verification, studies)],
        "backward": [_backward(row) for row in backward(trace, verification, studies)],
    }


def _forward(row: TraceRow) -> Row:
    faults, review = row.faults, row.item.review
    return {
        "Requirement": row.item.id,
        "Kind": words(row.item.kind),
        "Title": row.item.title,
        "Safety-related": "yes" if row.item.safety_related else "no",
        "Above it": _lines(row.parents),
        "Below it": _lines(f"{child.id}: {words(child.status)}" for child in row.children),
        **_criterion(row),
        "Scenarios": _lines(f"{name}: {words(status)}" for name, status in row.scenarios),
        "Code": _lines(f"{symbol.id} ({symbol.file}:{symbol.line})" for symbol in row.symbols),
        "Controls": _lines(row.controls),
        "Hazards": _lines(row.hazards),
        "Faults put": faults.put if faults else "not known",
        "Faults noticed": faults.noticed if faults else "not known",
        "Review": words(review.status),
        "Reviewed by": review.by,
        "Reviewed on": review.date,
        **_standing(row),
    }


def _need(row: NeedRow) -> Row:
    return {
        "User need": row.need.id,
        "Title": row.need.title,
        "System requirement": _named(row.path, ItemKind.SYSTEM_REQUIREMENT),
        "Software requirement": _named(row.path, ItemKind.SOFTWARE_REQUIREMENT),
        **_criterion(row.row),
        "Scenarios": _lines(f"{name}: {words(status)}" for name, status in row.row.scenarios),
        **_standing(row.row),
    }


def _criterion(row: TraceRow) -> Row:
    """A criterion and what shows it; of a requirement without one, its own text."""
    criterion = None if isinstance(row.criterion, Gap) else row.criterion
    return {
        "Criterion": full_id(row.item, criterion) if criterion else None,
        "Text": criterion.text if criterion else row.item.text,
        "Method": criterion.method.value if criterion else None,
        "Study criterion": row.study.id if row.study else None,
        "Result": row.result,
    }


def _standing(row: TraceRow) -> Row:
    return {STATUS: words(row.status), "Why": "\n".join((row.why, *row.reasons))}


def _backward(row: BackRow) -> Row:
    return {
        "What was made": row.id,
        "Rows": _lines(row.rows),
        "Kind": row.kind,
        "Where": row.place,
        "Asked for by": _lines(row.targets),
        "User needs": _lines(row.needs),
        "Review": words(row.review.status),
        STATUS: words(row.status),
        "Why": row.why,
    }


def _named(path: tuple[Item, ...], kind: ItemKind) -> str | None:
    return _lines(item.id for item in path if item.kind is kind)


def _lines(values: Iterable[str]) -> str | None:
    return "\n".join(values) or None
