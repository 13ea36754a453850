"""What a chart calls its series, its rows and its columns is what the evidence calls them, or it is found."""

import random
import shutil
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.attacks import Forgery
from submission.audit.attacks.legends import exchange_series
from submission.audit.page.content import Text
from submission.audit.page.printed import fault_in_labels, fault_in_legend

PAGE = (0.0, 0.0, 600.0, 800.0)
INK = (0.0, 0.0, 0.0)


def test_names_of_a_legend_in_each_others_place_are_found(good, tmp_path):
    forgery = Forgery(Path(shutil.copytree(good.folder, tmp_path / "package")), random.Random(1))  # noqa: S311  dice
    what = next((said for said in (exchange_series(forgery) for _ in range(40)) if said), None)
    assert what is not None
    assert "chart-differs" in {one.code for one in audit(forgery.folder).findings}, what


def text(said: str, x: float, y: float) -> Text:
    """A text of some width at a place."""
    return Text(said, (x, y, x + 5.0 * len(said), y + 7.0), 8.0, INK, True, PAGE, False, 1)


LEGEND = [text("0.5", 0.0, 50.0), text("women", 20.0, 10.0), text("men", 80.0, 10.0)]


@pytest.mark.parametrize(
    ("texts", "names", "fault"),
    [
        (LEGEND, ("women", "men"), ""),
        ([*LEGEND, text("all", 20.0, -5.0)], ("women", "men", "all"), ""),
        (LEGEND, ("men", "women"), "has another legend"),
        ([*LEGEND, text("x", 200.0, 10.0)], ("women", "men"), "has another legend"),
        ([LEGEND[0], text("women", 80.0, 10.0), text("men", 20.0, 10.0)], ("women", "men"), "men in its legend before"),
        ([LEGEND[0], text("women", 20.0, -5.0), text("men", 20.0, 10.0)], ("women", "men"), "men in its legend before"),
    ],
)
def test_a_legend_names_the_series_in_the_order_in_which_they_are_drawn(texts, names, fault):
    assert fault_in_legend(texts, names).find(fault) >= 0
    assert bool(fault_in_legend(texts, names)) is bool(fault)


MARKS = [(100.0, 88.0, 104.0, 92.0), (110.0, 68.0, 114.0, 72.0)]
"""Of two rows, the first above the second."""


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ([text("as scored", 0.0, 87.0), text("0.9", 120.0, 87.0), text("turned", 0.0, 67.0)], ""),
        ([text("as", 0.0, 92.0), text("scored", 0.0, 82.0), text("turned", 0.0, 67.0)], ""),
        ([text("turned", 0.0, 87.0), text("as scored", 0.0, 67.0)], "has other names beside its marks"),
        ([text("as scored", 0.0, 67.0), text("turned", 0.0, 87.0)], "has turned beside a mark of as scored"),
    ],
)
def test_a_row_has_the_name_of_its_mark(texts, fault):
    found = fault_in_labels(texts, ("as scored", "turned"), ("as scored", "turned"), MARKS)
    assert bool(found) is bool(fault)
    assert fault in found


def test_a_column_has_the_name_of_its_bar():
    bars = [(10.0, 0.0, 30.0, 50.0), (60.0, 0.0, 80.0, 70.0)]
    names = ("AP", "PA")
    assert fault_in_labels([text("AP", 15.0, -9.0), text("PA", 65.0, -9.0)], names, names, bars) == ""
    found = fault_in_labels([text("AP", 65.0, -9.0), text("PA", 15.0, -9.0)], names, names, bars)
    assert found == "has PA beside a mark of AP"
