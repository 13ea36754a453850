"""What a hospital needs: its busiest hour, at most half of each processor busy, three days kept without the archive."""

import runpy
from pathlib import Path

import pytest

find_need = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks/node/capacity.py"))["find_need"]


def test_the_need_of_a_day():
    need = find_need(1000, 2, 0.08, 10_000_000)
    assert need.images_an_hour == 300  # 15 % of 1,000 studies of 2 images
    assert need.processors == 1  # 24 s of 1,800 s
    assert need.disk_bytes == 60_000_000_000  # 3 days of 20 GB


@pytest.mark.parametrize(("seconds", "processors"), [(6.0, 1), (6.1, 2), (12.0, 2), (60.0, 10)])
def test_no_processor_is_more_than_half_busy(seconds, processors):
    assert find_need(1000, 2, seconds, 1).processors == processors


def test_all_at_once_is_the_most():
    assert find_need(100, 1, 1, 1, busiest=1.0).images_an_hour == 100


@pytest.mark.parametrize("wrong", [(0, 1, 1, 1, 0.1), (1, 1, -1, 1, 0.1), (1, 1, 1, 1, 1.5)])
def test_figures_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="above 0"):
        find_need(*wrong)
