"""Words that a page and its ledger say alike, and that the document's text file does not have, are found."""

import json
import random
import shutil
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.attacks import Forgery
from submission.audit.attacks.alike import turn_letter
from submission.audit.held.beyond import FORM
from submission.context.head import STANDING

PERFORMANCE = "claims/CW-DOC-011.json"


@pytest.fixture
def folder(good, tmp_path) -> Path:
    return Path(shutil.copytree(good.folder, tmp_path / "package"))


def told(folder: Path) -> set[str]:
    return {one.message for one in audit(folder).findings if one.code == "text-beyond"}


def test_what_a_release_of_any_status_says_of_itself_is_of_the_form():
    assert {*STANDING.values()} <= {*FORM}


def test_a_letter_turned_on_a_page_and_in_its_ledger_is_found(good, tmp_path):
    for seed in range(6):
        copy = Path(shutil.copytree(good.folder, tmp_path / str(seed)))
        forgery = Forgery(copy, random.Random(seed))  # noqa: S311  dice, not secrets
        what = next((said for said in (turn_letter(forgery) for _ in range(20)) if said), None)
        assert what is not None
        assert {one.code for one in audit(copy).findings} & {"text-differs", "text-beyond", "claim-misprinted"}, what


def change(folder: Path, before: str, after: str, *, last: bool) -> None:
    """Let a ledger say a word otherwise, where it says it first or last."""
    path = folder / PERFORMANCE
    ledger = json.loads(path.read_text())
    runs = [run for said in ledger["pages"] for run in said if before in run[0]]
    run = runs[-1 if last else 0]
    run[0] = run[0].replace(before, after)
    path.write_text(json.dumps(ledger))


def test_words_more_on_a_first_page_are_found(folder):
    change(folder, "Software version", "APPROVED Software version", last=False)
    assert any("APPROVED" in one for one in told(folder))


def test_words_more_in_the_margins_of_one_page_are_found(folder):
    change(folder, "Revision", "cleared Revision", last=True)
    assert any("margins" in one for one in told(folder))


def test_words_in_a_claim_are_held_elsewhere(folder):
    assert told(folder) == set()
