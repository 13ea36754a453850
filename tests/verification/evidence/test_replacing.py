"""A folder takes another's place, or what was there stays: also when the process is killed meanwhile."""

import subprocess
import sys

import pytest

from verification.evidence import alone, replacing, restore

KILLED = """
import os, sys
from pathlib import Path
from verification.evidence import replacing
rename, count = Path.rename, []
def killed(self, target):
    count.append(target)
    os._exit(9) if len(count) == int(sys.argv[2]) else rename(self, target)
Path.rename = killed
with replacing(Path(sys.argv[1])) as fresh:
    (fresh / "new").write_text("")
"""


@pytest.fixture
def target(tmp_path):
    with replacing(tmp_path / "package") as fresh:
        (fresh / "old").write_text("")
    return tmp_path / "package"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("step", [1, 2])
def test_what_a_killed_replacement_took_away_is_put_back_and_said(target, step, capsys):
    assert subprocess.run([sys.executable, "-c", KILLED, str(target), str(step)], check=False).returncode == 9
    assert target.is_dir() == (step == 1)
    restore(target)
    assert names(target) == ["old"]
    assert ("its replacement was interrupted" in capsys.readouterr().err) == (step == 2)


def test_a_later_replacement_begins_with_what_was_there(target, capsys):
    subprocess.run([sys.executable, "-c", KILLED, str(target), "2"], check=False)
    with pytest.raises(KeyError), replacing(target):
        raise KeyError
    assert names(target) == ["old"]
    with replacing(target) as fresh:
        (fresh / "new").write_text("")
    assert names(target) == ["new"]


def test_a_replacement_that_cannot_be_put_there_leaves_what_was_there(target, monkeypatch, capsys):
    rename = type(target).rename
    failed: list[object] = []

    def failing(self, to):  # no disk refuses the second of two renames on demand
        if to == target and not failed:
            failed.append(to)
            raise OSError("no more room")
        return rename(self, to)

    monkeypatch.setattr(type(target), "rename", failing)
    with pytest.raises(OSError, match="no more room"), replacing(target):
        pass
    assert names(target) == ["old"]
    assert names(target.parent) == ["package"]


def test_what_may_be_done_once_is_done_by_one(tmp_path):
    (tmp_path / "plan").write_text("")
    with (
        alone(tmp_path / "plan", "opening it"),
        pytest.raises(ValueError, match="another process is opening it"),
        alone(tmp_path / "plan", "opening it"),
    ):
        pass
    with alone(tmp_path / "plan", "opening it"):
        pass
