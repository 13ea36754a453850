"""Figures of one row of a page are of one estimate, behind the name of its metric, and in the order of its table."""

from typing import Any

import pytest

from submission.audit.held.rows import find_in_rows

ESTIMATES = "/studies/0/estimates"
FILES = {
    "studies.json": {
        "studies": [
            {"estimates": [{"metric": "sensitivity"}, {"metric": "specificity"}], "rows": [[1, 2, 3], [4, 5, 6]]}
        ]
    }
}


def codes(*cells: str) -> list[str]:
    """What is found in a page of these stretches: text, or `figure@pointer`."""
    said: list[list[Any]] = []
    claims: list[dict[str, Any]] = []
    for cell in cells:
        figure, at, pointer = cell.partition("@")
        said.append([figure, len(claims) if at else None, ""])
        if at:
            claims.append({"file": "studies.json", "pointer": pointer, "text": figure})
    return [code for code, _, _ in find_in_rows("page 1", said, claims, FILES)]


def row(name: str, value: int, lower: int, upper: int, events: int) -> list[str]:
    """A row of a table whose figures are of these estimates."""
    return [
        name, f"0.93@{ESTIMATES}/{value}/value", f"0.90@{ESTIMATES}/{lower}/interval/lower", " to ",
        f"0.95@{ESTIMATES}/{upper}/interval/upper", "a", f"364@{ESTIMATES}/{events}/events",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (row("Sensitivity", 0, 0, 0, 0), []),
        (row("MetricEstimateSensitivity decides", 0, 0, 0, 0), []),
        (row("women", 1, 1, 1, 1), []),
        (row("women", 1, 0, 0, 0), ["claim-torn"]),
        (row("women", 0, 0, 0, 1), ["claim-torn"]),
        (row("women", 0, 1, 0, 0), ["claim-torn"]),
        (row("Specificity", 0, 0, 0, 0), ["label-differs"]),
        (["Sensitivity", f"0.93@{ESTIMATES}/0/interval/lower", " to ", f"0.95@{ESTIMATES}/0/value"], ["claim-torn"]),
        (["men", f"0.95@{ESTIMATES}/0/interval/upper", " to ", f"0.90@{ESTIMATES}/0/interval/lower"], ["claim-torn"]),
        (["x", "1@/studies/0/rows/0/1", "2@/studies/0/rows/0/2", "4@/studies/0/rows/1/0"], []),
        (["x", "2@/studies/0/rows/0/2", "1@/studies/0/rows/0/0"], []),
        (["x", "3@/studies/0/rows/0/2", "2@/studies/0/rows/0/1"], ["claim-torn"]),
        (["x", "3@/studies/0/rows/0/2", "and of", "2@/studies/0/rows/0/1"], []),
    ],
)
def test_figures_of_a_row_belong_together(cells, expected):
    assert codes(*cells) == expected


def test_a_value_behind_a_criterion_that_is_met_is_held_to_the_name_before_it():
    figure = f"0.93@{ESTIMATES}/0/value"
    assert codes("Sensitivity decides ", "CRIT-1@/studies/0/criteria/0/id", " MET", figure) == []
    assert codes("Specificity decides ", "CRIT-1@/studies/0/criteria/0/id", " MET", figure) == ["label-differs"]
