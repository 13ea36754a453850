"""A number that a chart prints beside a mark is the value of that mark, or it is found."""

import random
import shutil
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.attacks import Forgery
from submission.audit.attacks.alike import move_marked
from submission.audit.page.printed import fault_in_columns, fault_in_names, fault_in_rows
from submission.audit.page.scales import Word

MARKS = [(40.0, 98.0, 44.0, 102.0), (50.0, 88.0, 54.0, 92.0)]
BARS = [(10.0, 0.0, 20.0, 50.0), (30.0, 0.0, 40.0, 70.0)]


def word(text: str, x: float, line: float) -> Word:
    """A word that begins at a place and is ten points long."""
    return Word(text, (x, line, x + 10.0, line + 5.0), line)


def test_numbers_in_each_others_place_beside_the_marks_of_a_chart_are_found(good, tmp_path):
    for seed in range(3):
        folder = Path(shutil.copytree(good.folder, tmp_path / str(seed)))
        forgery = Forgery(folder, random.Random(seed))  # noqa: S311  dice, not secrets
        what = next((said for said in (move_marked(forgery) for _ in range(20)) if said), None)
        assert what is not None
        assert "chart-differs" in {one.code for one in audit(folder).findings}, what


def rows(first: str, second: str, label: str = "") -> list[Word]:
    """What stands in the rows of two marks, and a label of the first."""
    told = [word(text, 60.0 + 12 * n, 97.8) for n, text in enumerate(first.split())]
    told += [word(text, 60.0 + 12 * n, 87.8) for n, text in enumerate(second.split())]
    return [*([word(label, 5.0, 97.8)] if label else []), *told]


VALUES = [(0.974, 0.938, 0.996), (1341.0, None, None)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (rows("0.974 (0.938 to 0.996)", "1,341"), ""),
        (rows("0.97 (0.94 to 1.00)", "1,341", label="32"), ""),
        (rows("0.957 (0.938 to 0.996)", "1,341"), "beside the mark of 0.974"),
        (rows("0.974 (0.925 to 0.996)", "1,341"), "beside the mark of 0.974"),
        (rows("0.974", "1,341"), "beside the mark of 0.974"),
        (rows("0.974 (0.938 to 0.996)", ""), "beside the mark of 1341"),
        (rows("0.974 (0.938 to 0.996)", "1,345"), "beside the mark of 1341"),
        (rows("1,341", "0.974 (0.938 to 0.996)"), "beside the mark of 0.974"),
    ],
)
def test_a_row_prints_the_value_and_the_limits_of_its_mark(words, said):
    fault = fault_in_rows(words, VALUES, MARKS, limits=True)
    assert said in fault
    assert bool(said) == bool(fault)


def test_a_bar_prints_its_value_alone():
    bars = [VALUES[0]], [MARKS[0]]
    assert fault_in_rows(rows("0.974", ""), *bars, limits=False) == ""
    assert "beside the mark" in fault_in_rows(rows("0.938", ""), *bars, limits=False)


def test_above_a_bar_stands_its_value_or_nothing():
    told = [(50.0, None, None), (70.0, None, None)]
    assert fault_in_columns([word("50", 10.0, 53.0), word("70", 30.0, 73.0)], told, BARS) == ""
    assert fault_in_columns([word("50", 10.0, 53.0), word("2", 30.0, -9.0)], told, BARS) == ""
    found = fault_in_columns([word("70", 10.0, 53.0), word("50", 30.0, 73.0)], told, BARS)
    assert "above the bar of 50.0" in found


def test_behind_the_name_of_a_rate_stands_that_rate():
    told = {"sensitivity": 0.9333, "specificity": 0.9359}

    def named(one: str, other: str) -> list[Word]:
        texts = ["sensitivity", f"{one},", "specificity", other]
        return [word(text, 12.0 * n, 0.0) for n, text in enumerate(texts)]

    assert fault_in_names(named("0.933", "0.936"), told) == ""
    assert "behind sensitivity" in fault_in_names(named("0.936", "0.933"), told)
