"""A row that a document leaves out of a list, on page, in ledger, text and attachment alike, is missed."""

import json
import random
import shutil
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.attacks import Forgery
from submission.audit.attacks.rows import drop_gap
from submission.audit.held.whole import find_in_lists

GAPS = "CW-DOC-014"
MANIFEST = {"documents": [{"number": GAPS, "file": "gaps.pdf"}], "release": None}


def test_a_gap_left_out_of_the_register_is_missed(good, tmp_path):
    for seed in range(2):
        folder = Path(shutil.copytree(good.folder, tmp_path / str(seed)))
        forgery = Forgery(folder, random.Random(seed))  # noqa: S311  dice, not secrets
        what = next((said for said in (drop_gap(forgery) for _ in range(20)) if said), None)
        assert what is not None
        assert {one.code for one in audit(folder).findings} == {"row-missing"}, what


@pytest.mark.parametrize(("told", "missing"), [((0, 1, 2), []), ((0, 2), ["row 1"]), ((), ["row 0", "row 1", "row 2"])])
def test_each_row_of_a_list_is_stated(tmp_path, told, missing):
    claims = [{"file": "manifest.json", "pointer": f"/register/{row}/title"} for row in told]
    claims += [{"file": "trace.json", "pointer": "/register/1/title"}]  # of another file
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / f"{GAPS}.json").write_text(json.dumps({"claims": claims}))
    files = {"manifest.json": MANIFEST | {"register": [{}, {}, {}]}}
    found = [message for _, _, message in find_in_lists(tmp_path, MANIFEST, files)]
    assert [" ".join(message.split()[3:5]) for message in found] == missing


def test_the_criteria_of_the_study_of_the_release_are_a_list(tmp_path):
    manifest = {"documents": [{"number": "CW-DOC-011", "file": "x.pdf"}], "release": {"name": "r"}}
    files = {
        "device.json": {"releases": [{"name": "r", "study": "s"}]},
        "studies.json": {"studies": [{"name": "other", "criteria": [{}, {}]}, {"name": "s", "criteria": [{}, {}]}]},
    }
    (tmp_path / "claims").mkdir()
    claims = [{"file": "studies.json", "pointer": "/studies/1/criteria/0/id"}]
    (tmp_path / "claims/CW-DOC-011.json").write_text(json.dumps({"claims": claims}))
    assert [code for code, _, _ in find_in_lists(tmp_path, manifest, files)] == ["row-missing"]
