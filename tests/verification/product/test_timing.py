"""The time from file to report: measured for real, recorded with the computer, read back; a damaged record is told."""

import json
from pathlib import Path

import msgspec
import pytest

from verification.evidence import Gap, NodeTiming, Project, Severity, Timing
from verification.product.timing import RECORD, find_quantile, join, measure, measure_node, read_timing, write

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([3.0], 0.95, 3.0), ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0), (list(range(1, 101)), 0.95, 95), (list(range(20)), 1.0, 19)],
)
def test_a_quantile_is_a_value_that_was_measured(values, share, expected):
    assert find_quantile(values, share) == expected


def test_every_image_is_timed_and_the_computer_described():
    told = []
    found = measure(Project(ROOT), "paediatric-reference", 20, lambda done, of: told.append((done, of)))
    assert told[-1] == (20, 20)
    assert 0 < found.median_seconds <= found.percentile_95_seconds <= found.slowest_seconds
    assert (found.images, found.release) == (20, "paediatric-reference")
    assert found.processor
    assert found.mean_file_bytes > 1_000_000
    assert (found.pictures, found.transfer_syntax) == (16, "Explicit VR Little Endian")


def test_every_study_is_timed_until_its_results_are_in_the_archive():
    told, stated = [], {"times": {"settle_seconds": 0.3}, "workers": 2}
    found = measure_node(Project(ROOT), "paediatric-reference", 4, lambda *each: told.append(each), 0.1, stated)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert 0.3 < found.median_seconds <= found.percentile_95_seconds <= found.slowest_seconds
    assert (found.images, found.pictures, found.settle_seconds, found.workers) == (4, 4, 0.3, 2)
    assert (found.seconds_between, found.release) == (0.1, "paediatric-reference")
    assert found.processor
    assert found.mean_file_bytes > 1_000_000


def test_studies_that_the_release_does_not_analyse_are_no_time():
    with pytest.raises(ValueError, match="found 2 studies that were not analyzed, expected none"):
        measure_node(Project(ROOT), "adult-nih", 2, lambda *_: None, 0.1, {"times": {"settle_seconds": 0.3}})


def test_a_node_that_does_not_start_is_no_time():
    with pytest.raises(ValueError, match=r"did not start: .*cannot be used as the node.s folder"):
        measure_node(Project(ROOT), "paediatric-reference", 2, lambda *_: None, 0.1, {"folder": "/proc/held"})


def make_timings():
    found, _ = read_timing(Project(ROOT))
    told = {name: getattr(found, name) for name in found.__struct_fields__ if name != "node"}
    files = Timing(**told)
    return files, NodeTiming(**told, seconds_between=1.0, settle_seconds=10.0, workers=1)


def test_a_record_without_a_time_of_a_node_has_a_gap_there_and_is_written_as_it_was_read(tmp_path):
    files, _ = make_timings()
    (tmp_path / RECORD).parent.mkdir(parents=True)
    write(Project(tmp_path), files)
    assert "node" not in json.loads((tmp_path / RECORD).read_bytes())
    found, issues = read_timing(Project(tmp_path))
    assert isinstance(found.node, Gap)
    assert found.node.closes == "run `clearway time --node`"
    assert (found, issues) == (files, ())


def test_what_is_measured_of_files_and_of_a_node_is_kept_beside_each_other(tmp_path):
    files, node = make_timings()
    (tmp_path / RECORD).parent.mkdir(parents=True)
    write(Project(tmp_path), join(files, node))
    both, issues = read_timing(Project(tmp_path))
    assert (both.node, issues) == (node, ())
    again = join(both, msgspec.structs.replace(files, images=77))
    assert (again.images, again.node) == (77, node)
    assert join(Gap(reason="", closes=""), files) == files
    with pytest.raises(ValueError, match="found no record of files"):
        join(Gap(reason="", closes=""), node)


def test_a_release_that_is_not_there_is_no_time():
    from device import ReleaseError

    with pytest.raises(ReleaseError):
        measure(Project(ROOT), "nowhere", 20, lambda done, of: None)


def test_the_record_of_this_checkout_is_read():
    found, issues = read_timing(Project(ROOT))
    assert isinstance(found, Timing)
    assert not issues
    assert found.images >= 20


def test_without_a_record_there_is_a_gap_and_no_issue(tmp_path):
    found, issues = read_timing(Project(tmp_path))
    assert isinstance(found, Gap)
    assert found.closes == "run `clearway time`"
    assert not issues


@pytest.mark.parametrize("damage", ["{", "[]", "without a figure"])
def test_a_damaged_record_stops_a_build(tmp_path, damage):
    if damage == "without a figure":
        content = json.loads((ROOT / RECORD).read_bytes())
        del content["median_seconds"]
        damage = json.dumps(content)
    (tmp_path / RECORD).parent.mkdir(parents=True)
    (tmp_path / RECORD).write_text(damage)
    found, (issue,) = read_timing(Project(tmp_path))
    assert isinstance(found, Gap)
    assert issue.severity is Severity.BLOCKING
    assert issue.where == RECORD


def test_the_record_spells_as_it_is_written():
    content = (ROOT / RECORD).read_bytes()
    found = msgspec.json.decode(content, type=Timing)
    assert msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=1) + b"\n" == content
