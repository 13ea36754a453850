"""The audit under attack: whatever one thing a forger changes, and however well the digests agree, it is found."""

import random
import shutil
import sys
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.attacks import ATTACKS, Forgery, Tried, attack, tabulate
from submission.audit.attacks.pages import change_digit
from submission.audit.attacks.wording import WORDING
from submission.cli import submission


@pytest.fixture
def folder(good, tmp_path) -> Path:
    return Path(shutil.copytree(good.folder, tmp_path / "package"))


PARTLY = {*WORDING, "a row of a table left out, on page, in ledger, text"}
"""Kinds of which some pass: a short word that documents use in the place of another, a row of what no list holds."""
ABSENT = {"a score of an image", "two labels of a chart, on page and in ledger"}
"""What the fictitious studies have none of."""


def test_every_attack_is_found(folder):
    tried = list(attack(folder, 4 * len(ATTACKS), seed=20))
    assert {one.kind for one in tried} >= set(ATTACKS) - PARTLY - ABSENT
    assert [one for one in tried if not one.found and one.kind not in PARTLY] == []
    assert audit(folder).findings == ()  # the package itself is as it was


def test_a_changed_figure_is_named_by_page(folder):
    what = change_digit(Forgery(folder, random.Random(3)))  # noqa: S311  dice, not secrets
    assert what is not None
    file, _, rest = what.partition(", page ")
    found = audit(folder).findings
    assert {(one.code, one.where) for one in found} >= {("page-differs", f"{file}, page {rest.partition(':')[0]}")}


def test_without_the_comparison_with_the_ledger_a_changed_figure_would_pass(folder, monkeypatch):
    monkeypatch.setattr(sys.modules["submission.audit.audit"], "find_in_ledgers", lambda *_: ())
    tried = [one for one in attack(folder, len(ATTACKS), seed=5) if one.kind == "a letter on a page"]
    assert [one.found for one in tried] in ([""], ["page-lacks"])


def test_the_command_counts_by_kind_and_refuses_what_is_no_package(folder, capsys):
    assert submission(["attack", str(folder), "--times", "2"]) == 0
    assert "a digit on a page" in capsys.readouterr().out
    for odd in (["--times", "0"], ["--times", "2", "--done", "2"]):
        assert submission(["attack", str(folder), *odd]) == 2
        assert "expected at least 1" in capsys.readouterr().err
    (folder / "stranger.txt").write_text("x")
    assert submission(["attack", str(folder), "--times", "1"]) == 2
    assert "no package in which the audit finds nothing" in capsys.readouterr().err


def test_a_run_goes_on_where_another_ended(folder):
    whole = list(attack(folder, 5, seed=2))
    assert [one.number for one in whole] == [*range(5)]
    assert list(attack(folder, 5, seed=2, done=3)) == whole[3:]


def test_a_run_that_is_stopped_prints_what_it_has_and_where_to_go_on(folder, capsys, monkeypatch):
    def stop(*_):
        yield Tried("a digit on a page", "x", "page-differs", 6)
        raise KeyboardInterrupt

    monkeypatch.setattr("submission.audit.attacks.attack", stop)
    assert submission(["attack", str(folder), "--times", "9", "--done", "6"]) == 130
    told = capsys.readouterr()
    assert "1 of    1 found" in told.out
    assert "--done 7 goes on from here" in told.err


def test_what_was_not_found_is_listed():
    kind = next(iter(ATTACKS))
    lines = list(tabulate([Tried(kind, "x", "page-differs"), Tried(kind, "y", "")]))
    assert sum(line.endswith("not tried") for line in lines) == len(ATTACKS) - 1
    assert lines[0].split() == [*kind.split(), "1", "of", "2", "found", "(page-differs)"]
    assert lines[-1] == f"not found: {kind}: y"
