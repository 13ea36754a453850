"""Runs over very many files: ended, gone on with, shared; a file of results that is another's."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device import cli
from device.folders import Share, Walk, find_share
from verification.steps.radiographs import radiograph, save

BRIGHTNESS = Path(__file__).parent / "brightness"


@pytest.fixture
def folder(tmp_path):
    """Thirty files, some of them no images."""
    folder = tmp_path / "images"
    folder.mkdir()
    save(radiograph(), folder / "00.dcm")
    for number in range(1, 30):
        path = folder / f"{number:02}.dcm"
        path.write_bytes((folder / "00.dcm").read_bytes() if number % 3 else b"no image")
    return folder


def analyze(folder, *arguments):
    return cli.main(["analyze", "--release", str(BRIGHTNESS), *arguments, str(folder)])


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_that_is_killed_and_gone_on_with_gives_what_a_whole_one_gives(folder, tmp_path, jobs):
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    assert analyze(folder, "--record", str(whole)) == 4
    arguments = [sys.executable, "-m", "device", "analyze", "--release", str(BRIGHTNESS), "--jobs", jobs]
    run = subprocess.Popen([*arguments, "--record", str(cut), str(folder)], stderr=subprocess.DEVNULL)
    while not cut.is_file() or cut.stat().st_size < 2000:
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.wait()
    ended = cut.read_bytes()
    assert 0 < len(ended) < whole.stat().st_size
    assert analyze(folder, "--record", str(cut), "--jobs", jobs) == 4
    assert cut.read_bytes() == whole.read_bytes()


def test_a_run_that_is_whole_judges_nothing_again_and_counts_what_is_there(folder, tmp_path, capsys):
    record = tmp_path / "record.jsonl"
    analyze(folder, "--record", str(record))
    first, said = record.read_bytes(), capsys.readouterr().err
    assert analyze(folder, "--record", str(record)) == 4
    assert record.read_bytes() == first
    assert capsys.readouterr().err == said
    assert said.startswith("30 files: 9 failed, ")


def test_a_file_that_two_runs_write_is_refused_to_the_second(folder, tmp_path, capsys):
    import fcntl

    record = tmp_path / "record.jsonl"
    with record.open("a+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert analyze(folder, "--record", str(record)) == 4
    assert "is being written by another run" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["patients", "patients\n", "{}\n", "[]\n", '{"path": "a"}\n'])
def test_a_file_that_holds_something_else_is_left_as_it_is(folder, tmp_path, capsys, content):
    record = tmp_path / "record.jsonl"
    record.write_text(content)
    assert analyze(folder, "--record", str(record)) == 4
    assert f"{record}:1: found no result, expected a line of `clearway analyze --record`" in capsys.readouterr().err
    assert record.read_text() == content


@pytest.mark.parametrize("stated", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_a_share_that_is_none_is_a_wrong_use(folder, capsys, stated):
    assert analyze(folder, f"--shard={stated}") == 2
    assert f"--shard: found '{stated}', expected K/N with K from 1 to N" in capsys.readouterr().err


def test_a_share_is_by_the_place_in_its_folder_wherever_that_is(folder, tmp_path):
    moved = folder.rename(tmp_path / "elsewhere")
    shares = [[path.name for path in Walk([moved], share=Share(number, 3))] for number in (1, 2, 3)]
    assert sorted(name for share in shares for name in share) == [f"{number:02}.dcm" for number in range(30)]
    assert [find_share(moved / name, moved, 3) for name in shares[1]] == [2] * len(shares[1])
    assert all(shares)


def test_a_summary_that_cannot_be_written_is_told_and_the_record_stays(folder, tmp_path, capsys):
    record = tmp_path / "record.jsonl"
    assert analyze(folder, "--record", str(record), "--summary", str(tmp_path / "none" / "summary.csv")) == 4
    assert "summary.csv: cannot be written: No such file or directory" in capsys.readouterr().err
    assert len([json.loads(line) for line in record.read_text().splitlines()]) == 30


def test_reports_and_a_record_together_are_a_wrong_use(folder, tmp_path, capsys):
    assert analyze(folder, "--record", str(tmp_path / "a"), "--output", str(tmp_path / "b")) == 2
    assert "--record: a run that is gone on with cannot see two images of one identifier" in capsys.readouterr().err
