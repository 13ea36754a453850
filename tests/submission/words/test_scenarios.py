"""How scenarios are printed: an observation once, rows that say little beside each other, and nothing broken."""

import pytest

from submission.words.claims import Run, runs_of, say
from submission.words.filters.scenarios import LONG, abreast, lines_of_rows, row_widths, seen
from verification import evidence as e

PLACE = "verification.json#/results/0/steps/0/observed"


def result(observed, **example):
    step = e.StepResult("Then", "it is so", e.ResultStatus.PASSED, observed)
    return e.VerificationResult(
        id="made_up/a-row/1", feature="Made up", name="A row", file="made_up.feature", line=1, example=example, tags=(),
        requirements=(), criteria=(), status=e.ResultStatus.PASSED, steps=(step,), message=None, digest="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("observed", "printed"),
    [
        ("gate: refused, VIEW: LL; exit\nanalyze: not_analyzed, VIEW: LL; exit", 0),
        ("gate: refused, VIEW: LL; exit\nanalyze: not_analyzed, VIEW: RL; exit", 1),
        ("gate: accepted\nanalyze: accepted", 1),
        ("one, two", 1),
    ],
)
def test_a_reason_that_two_commands_give_stands_once_and_any_other_as_it_was_seen(observed, printed):
    whole = "gate: refused, analyze: not_analyzed, both VIEW: LL; exit"
    assert seen(result(observed)) == (whole, observed)[printed]


def test_what_is_printed_once_is_still_a_part_of_its_evidence():
    observed = say([Run("gate: refused, 5 years\nanalyze: not_analyzed, 5 years", PLACE, "text")])
    runs = [run for run in runs_of(seen(result(observed))) if run.origin]
    assert [run.text for run in runs] == ["gate: refused", "analyze: not_analyzed", "5 years"]
    assert {(run.origin, run.rule) for run in runs} == {(PLACE, "part")}


def test_a_long_observation_is_cut_and_says_so():
    said = seen(result("x" * (LONG + 1)))
    assert said == "x" * LONG + " … (cut; whole in the log)"
    assert seen(result("x" * LONG)) == "x" * LONG


@pytest.mark.parametrize(
    ("length", "number", "side_by_side"), [(4, 9, 3), (30, 9, 2), (90, 9, 1), (4, 2, 2), (4, 1, 1)]
)
def test_rows_stand_beside_each_other_where_each_has_a_line_to_itself(length, number, side_by_side):
    rows = [result("accepted", value="x" * length) for _ in range(number)]
    assert abreast(rows) == side_by_side
    assert [row for line in lines_of_rows(rows) for row in line] == rows
    widths = [float(width.rstrip("%")) for width in row_widths(rows)]
    assert len(widths) == 4 * side_by_side
    assert sum(widths) == pytest.approx(100, abs=0.1)


def test_a_column_is_broader_where_it_holds_more():
    def middle(value, observed):
        return [float(width.rstrip("%")) for width in row_widths([result(observed, name=value)])[1:3]]

    values, seen_more = middle("short", "x" * 200)
    assert seen_more > 3 * values
    broad, seen_less = middle("x" * 200, "accepted")
    assert broad > 2 * values
    assert seen_less < seen_more
