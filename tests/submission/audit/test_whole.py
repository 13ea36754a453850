"""A row that a document leaves out of a list, on page, in ledger, text and attachment alike, is missed."""

import json
import random
import shutil
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.attacks import Forgery
from submission.audit.attacks.rows import drop_gap, drop_row
from submission.audit.held.tables import find_in_tables
from submission.audit.held.whole import BEGUN, LISTS, OF_ALL, OF_GROUPS, OF_STUDY, REQUIREMENTS, find_in_lists

GAPS = "CW-DOC-014"
MANIFEST = {"documents": [{"number": GAPS, "file": "gaps.pdf"}], "release": None}


def test_a_gap_left_out_of_the_register_is_missed(good, tmp_path):
    for seed in range(2):
        folder = Path(shutil.copytree(good.folder, tmp_path / str(seed)))
        forgery = Forgery(folder, random.Random(seed))  # noqa: S311  dice, not secrets
        what = next((said for said in (drop_gap(forgery) for _ in range(20)) if said), None)
        assert what is not None
        assert "row-missing" in {one.code for one in audit(folder).findings}, what


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
        "studies.json": {
            "studies": [{"name": "other", "criteria": [{}, {}]}, {"name": "s", "criteria": [{}, {}], "estimates": []}]
        },
    }
    (tmp_path / "claims").mkdir()
    claims = [{"file": "studies.json", "pointer": "/studies/1/criteria/0/id"}]
    (tmp_path / "claims/CW-DOC-011.json").write_text(json.dumps({"claims": claims}))
    assert [code for code, _, _ in find_in_lists(tmp_path, manifest, files)] == ["row-missing"]


def test_each_list_is_of_a_document_and_a_file_that_there_are(good):
    manifest = json.loads((good.folder / "manifest.json").read_text())
    documents = {document["number"] for document in manifest["documents"]}
    assert {number for number, *_ in LISTS + BEGUN} | {*OF_STUDY, OF_ALL, OF_GROUPS, REQUIREMENTS} <= documents
    assert {f"evidence/{file}" for _, file, _ in LISTS + BEGUN} - {"evidence/manifest.json"} <= {*manifest["evidence"]}


def test_every_software_requirement_is_stated_and_no_item_of_another_kind(tmp_path):
    manifest = {"documents": [{"number": REQUIREMENTS, "file": "x.pdf"}], "release": None}
    kinds = ("software_requirement", "user_need", "software_requirement")
    (tmp_path / "claims").mkdir()
    claims = [{"file": "trace.json", "pointer": "/items/0/id"}]
    (tmp_path / f"claims/{REQUIREMENTS}.json").write_text(json.dumps({"claims": claims}))
    files = {"trace.json": {"items": [{"kind": kind} for kind in kinds]}}
    found = [message for _, _, message in find_in_lists(tmp_path, manifest, files)]
    assert found == ["does not state row 2 of trace.json#/items"]


def test_a_gap_in_the_place_of_a_list_has_no_rows(tmp_path):
    manifest = {"documents": [{"number": "CW-DOC-002", "file": "x.pdf"}], "release": None}
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims/CW-DOC-002.json").write_text(json.dumps({"claims": []}))
    files = {"device.json": {"transfer_syntaxes": {"reason": "none", "closes": "make it"}}}
    assert list(find_in_lists(tmp_path, manifest, files)) == []


def test_a_list_of_which_a_row_is_stated_is_stated_whole_and_no_other(tmp_path):
    manifest = {"documents": [{"number": "CW-DOC-016", "file": "x.pdf"}], "release": None}
    (tmp_path / "claims").mkdir()
    claims = [{"file": "studies.json", "pointer": "/studies/0/analyses/1/estimates/0/value"}]
    (tmp_path / "claims/CW-DOC-016.json").write_text(json.dumps({"claims": claims}))
    some = {"estimates": [{"value": 0.5}, {"value": None}, {"value": 0.7}]}
    found = find_in_lists(tmp_path, manifest, {"studies.json": {"studies": [{"analyses": [some, some]}]}})
    assert [told for *_, told in found] == ["does not state row 2 of studies.json#/studies/0/analyses/1/estimates"]


@pytest.mark.parametrize(("number", "missing"), [("CW-DOC-011", "row 0"), ("CW-DOC-017", "row 1")])
def test_the_estimates_of_the_study_of_the_release_are_a_list(tmp_path, number, missing):
    manifest = {"documents": [{"number": number, "file": "x.pdf"}], "release": {"name": "r"}}
    estimates = [{"subgroup": "all", "value": 1}, {"subgroup": "AP", "value": 1}, {"subgroup": "PA", "value": None}]
    study = {"name": "s", "criteria": [], "estimates": estimates}
    files = {"device.json": {"releases": [{"name": "r", "study": "s"}]}, "studies.json": {"studies": [study]}}
    (tmp_path / "claims").mkdir()
    (tmp_path / f"claims/{number}.json").write_text(json.dumps({"claims": []}))
    found = [" ".join(message.split()[3:5]) for _, _, message in find_in_lists(tmp_path, manifest, files)]
    assert found == [missing]


HELD = {"title": "By view", "columns": ["View", "Share"], "rows": [["as_scored", 0.25], ["PA", 12], ["AP", None]]}
ROWS = [["as scored", "25.0%"], ["PA", "12"], ["AP", "–"]]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (ROWS, 0),
        ([["None recorded."]], 1),
        ([["as scored", "0.250"], *ROWS[1:]], 0),
        (ROWS[:2], 1),
        ([ROWS[1], ROWS[0], ROWS[2]], 1),
        ([ROWS[0], ["PA", "13"], ROWS[2]], 1),
        ([ROWS[0], ["LL", "12"], ROWS[2]], 1),
        ([ROWS[0], ["PA"], ROWS[2]], 1),
    ],
)
def test_a_table_that_is_called_as_one_of_the_evidence_has_its_rows(tmp_path, rows, found):
    table = [{"kind": "caption", "text": "By view"}, {"kind": "table", "rows": [["View", "Share"], *rows], "heads": 1}]
    (tmp_path / "text").mkdir()
    (tmp_path / "text/x.json").write_text(json.dumps({"blocks": [{"kind": "paragraph", "text": "By view"}, *table]}))
    manifest = {"documents": [{"number": "CW-DOC-011", "file": "x.pdf"}]}
    assert len(list(find_in_tables(tmp_path, manifest, {"studies.json": {"tables": [HELD]}}))) == found
    empty = {"studies.json": {"tables": [HELD | {"rows": []}]}}
    assert len(list(find_in_tables(tmp_path, manifest, empty))) == (rows != [["None recorded."]])


def test_a_row_left_out_of_a_table_of_the_evidence_is_found(good, tmp_path):
    codes: set[str] = set()
    for seed in range(4):
        folder = Path(shutil.copytree(good.folder, tmp_path / str(seed)))
        forgery = Forgery(folder, random.Random(seed))  # noqa: S311  dice, not secrets
        if next((said for said in (drop_row(forgery) for _ in range(20)) if said), None):
            codes |= {one.code for one in audit(folder).findings}
    assert codes & {"row-missing", "table-differs", "words-unknown"}
