"""Figures that stand together on a page: value, limits and count of one estimate, behind the name of its metric."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from submission.audit.pointers import value_at

Found = tuple[str, str, str]

LIMIT = re.compile(r"(.*)/interval/(lower|upper)")
FIELD = re.compile(r"(.*/estimates/\d+)/(value|events)")
CELL = re.compile(r"(.*/rows/)(\d+)/(\d+)")
NAMES = {
    "AUROC": "auroc", "Average precision": "average_precision", "Sensitivity": "sensitivity",
    "Specificity": "specificity", "PPV": "ppv", "NPV": "npv", "LR+": "lr_positive", "LR−": "lr_negative", "F1": "f1",
    "F1 if every image were flagged": "always_positive_f1", "Accuracy": "accuracy", "Prevalence": "prevalence",
    "Flagged fraction": "flagged_fraction",
}  # fmt: skip
"""By how a table names it: a metric."""
NAMED = re.compile("(" + "|".join(map(re.escape, sorted(NAMES, key=len, reverse=True))) + ")(?: decides)?$")
BETWEEN = 3
"""Signs of a text between two figures of a row: a stroke, a bracket, the mark of a method."""


def find_in_rows(
    where: str, said: list[list[Any]], claims: list[dict[str, Any]], files: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield figures of a page that stand together and are of different estimates, or behind the name of another metric.

    Args:
        where: the page.
        said: its stretches, as its ledger has them.
        claims: those of the ledger.
        files: the evidence, by name.
    """
    yield from _find_torn(where, said, claims)
    for at, (lower, between, upper) in enumerate(zip(said, said[1:], said[2:], strict=False)):
        if between[0].strip() == "to" and lower[1] is not None and upper[1] is not None:
            yield from _find_in_interval(where, said, claims, at)
    yield from _find_in_tables(where, said, claims)
    for at, run in enumerate(said):
        if run[1] is not None and (match := FIELD.fullmatch(claims[run[1]]["pointer"])) and match[2] == "value":
            yield from _find_in_name(where, said, at, claims[run[1]], files)


def _find_in_tables(where: str, said: list[list[Any]], claims: list[dict[str, Any]]) -> Iterator[Found]:
    """Yield cells of a table of the evidence that stand side by side and not in its order; a row may begin again."""
    for at, run in enumerate(said):
        after = _next(said, at, 1) if run[1] is not None else None
        if after is None:
            continue
        one, other = (CELL.fullmatch(claims[said[n][1]]["pointer"]) for n in (at, after))
        if not one or not other or one[1] != other[1] or other[3] == "0":
            continue
        places = [(int(cell[2]), int(cell[3])) for cell in (one, other)]
        if places[1] < places[0]:
            told = f"{run[0]} before {said[after][0]}"
            yield "claim-torn", where, f"{told}: the evidence has them in the other order, {one[0]} and {other[0]}"


def _find_in_interval(where: str, said: list[list[Any]], claims: list[dict[str, Any]], at: int) -> Iterator[Found]:
    """Yield limits that are not of one interval, and a value before or a count behind them that is of another."""
    lower, upper = (LIMIT.fullmatch(claims[said[n][1]]["pointer"]) for n in (at, at + 2))
    if not lower and not upper:
        return
    told = f"{said[at][0]} to {said[at + 2][0]}"
    if not lower or not upper or (lower[1], lower[2], upper[2]) != (upper[1], "lower", "upper"):
        yield "claim-torn", where, f"{told}: its limits are not the lower and the upper one of one estimate"
        return
    for n in (_next(said, at, -1), _next(said, at + 2, 1)):
        field = FIELD.fullmatch(claims[said[n][1]]["pointer"]) if n is not None else None
        if n is not None and field and (field[2] == "value") == (n < at) and field[1] != lower[1]:
            yield "claim-torn", where, f"{said[n][0]} beside {told}: its figures are of different estimates"


def _next(said: list[list[Any]], at: int, step: int) -> int | None:
    """The claim before or behind another in its row; None if another text stands between."""
    at += step
    while 0 <= at < len(said) and said[at][1] is None and len(said[at][0].strip()) <= BETWEEN:
        at += step
    return at if 0 <= at < len(said) and said[at][1] is not None else None


def _find_in_name(
    where: str, said: list[list[Any]], at: int, claim: Mapping[str, Any], files: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield a value behind the name of another metric than its own."""
    before = at - 1
    if before > 1 and said[before][0].strip() in ("MET", "NOT MET"):
        before -= 2
    match = NAMED.search(said[before][0].strip()) if before >= 0 and said[before][1] is None else None
    if match is None:
        return
    try:
        metric = value_at(files, claim["file"], claim["pointer"].removesuffix("value") + "metric")
    except (LookupError, TypeError):  # a place that is not there is named where the claim is looked up
        return
    if metric != NAMES[match[1]]:
        yield "label-differs", where, f"calls {said[at][0]} {match[1]}, the evidence has it as {metric}"


def _find_torn(where: str, said: list[list[Any]], claims: list[dict[str, Any]]) -> Iterator[Found]:
    """Yield each estimate with an interval, `a (b to c)`, whose three figures are not of one estimate."""
    for value, opens, lower, between, upper, _ in zip(*(said[at:] for at in range(6)), strict=False):
        if (opens[0].strip(), between[0].strip()) != ("(", "to") or None in (value[1], lower[1], upper[1]):
            continue
        places = [(claims[run[1]]["file"], claims[run[1]]["pointer"]) for run in (value, lower, upper)]
        if len({file for file, _ in places}) > 1 or not _is_one_estimate(*(pointer for _, pointer in places)):
            told = f"{value[0]} ({lower[0]} to {upper[0]})"
            yield (
                "claim-torn",
                where,
                f"{told}: its figures are of different estimates: {', '.join(p for _, p in places)}",
            )


def _is_one_estimate(value: str, lower: str, upper: str) -> bool:
    """Whether three places are those of one estimate: fields of one record, or one place of three lists."""
    if value.endswith("/value"):
        own = value.removesuffix("value")
        return (lower, upper) == (f"{own}interval/lower", f"{own}interval/upper")
    found = re.fullmatch(r"(.*/)y(/\d+)", value)
    if found is None:
        return False
    return (lower, upper) == (f"{found[1]}lower{found[2]}", f"{found[1]}upper{found[2]}")
