"""Changes under control: written once each, open until people and evidence have closed them."""

import contextlib
import hashlib
import io
import json

import pytest
import yaml

from tests.verification.conftest import Run
from verification.commands.change import change
from verification.commands.records import approve

pytestmark = pytest.mark.slow

FOLDER = "docs/records/changes"


@pytest.fixture
def controlled(checkout, project_root):
    """A checkout with a change committed, and the schema of change records."""
    checkout.write(f"{FOLDER}/schema.json", (project_root / FOLDER / "schema.json").read_text()).commit()
    return checkout.edit("device/door.py", "angle + 1", "angle + 2").commit()


def run(checkout, *argv):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(checkout.root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = change(list(argv))
    return Run(status, out.getvalue(), err.getvalue())


def new(checkout, span="HEAD~1..HEAD"):
    return run(checkout, "new", span, "--title", "Turn further", "--reason", "It stuck.")


def read(checkout, name="CHG-001"):
    return yaml.safe_load((checkout.root / FOLDER / f"{name}.yaml").read_text())


def points(checkout, name="CHG-001"):
    return {each["what"]: each for each in map(json.loads, run(checkout, "check", name, "--json").stdout.splitlines())}


def says(checkout, meaning="approved"):
    options = ["--by", "Ada Example (fictitious)", "--meaning", meaning, "--reason", "change board"]
    return approve(["CHG-001", *options, "--project", str(checkout.root)])


def test_a_new_change_says_what_the_impact_says_and_leaves_the_rest_to_people(controlled):
    done = new(controlled)
    assert done.returncode == 0, done.stderr
    value = read(controlled)
    assert value["requirements"] == ["SRS-001", "SYS-001", "UN-001"]
    assert value["scenarios"] == [
        "door/the-handle-turns-back", "door/the-handle-turns-by-angle/1", "door/the-handle-turns-by-angle/2"
    ]  # fmt: skip
    assert [value[key] for key in ("verified", "risk_file_reviewed", "decision")] == [None, None, None]
    item = controlled.item("CHG-001")
    assert (item.kind, item.status, item.title) == ("change", "gap", "Turn further")
    assert "change-open" in controlled.codes("advisory")
    assert controlled.trace().changes[0].scenarios == tuple(value["scenarios"])


def test_an_id_is_never_used_again(controlled):
    new(controlled)
    new(controlled)
    controlled.commit()
    (controlled.root / FOLDER / "CHG-002.yaml").unlink()
    controlled.commit()
    assert "CHG-003 written" in new(controlled).stdout


def test_a_change_closes_with_evidence_at_its_head_and_what_people_enter(controlled):
    new(controlled)
    found = points(controlled)
    assert {what for what, point in found.items() if point["done"]} == {"impact"}
    assert "no complete evidence" in found["re-verification"]["found"]
    controlled.commit()
    assert controlled.run("verify").returncode == 0
    digest = hashlib.sha256((controlled.root / "build/evidence/verification.json").read_bytes()).hexdigest()
    found = points(controlled)
    assert found["re-verification"]["done"]
    assert digest in found["evidence named"]["how"]
    controlled.edit(f"{FOLDER}/CHG-001.yaml", "verified: null", f"verified: {digest}")
    controlled.edit(f"{FOLDER}/CHG-001.yaml", "risk_file_reviewed: null", "risk_file_reviewed: No hazard is new.")
    assert run(controlled, "check", "CHG-001").returncode == 1
    controlled.edit(f"{FOLDER}/CHG-001.yaml", "decision: null", "decision: Accepted.")
    assert {what for what, point in points(controlled).items() if not point["done"]} == {"approval"}
    assert controlled.item("CHG-001").why == "open: no approval of it as it stands"
    assert says(controlled) == 0
    done = run(controlled, "check", "CHG-001")
    assert done.returncode == 0, done.stdout
    assert "by Ada Example (fictitious)" in done.stdout
    assert controlled.item("CHG-001").status == "covers"
    assert "change-open" not in controlled.codes("advisory")


def completed(controlled):
    """With a change that lacks its approval alone."""
    new(controlled)
    digest = "ab" * 32
    for key, value in (("verified", digest), ("risk_file_reviewed", "No hazard is new."), ("decision", "Accepted.")):
        controlled.edit(f"{FOLDER}/CHG-001.yaml", f"{key}: null", f"{key}: {value}")
    return controlled


@pytest.mark.parametrize(
    ("old", "new"), [("Accepted.", "Rejected."), ("No hazard is new.", "A hazard is new."), ("abab", "acab")]
)
def test_an_approval_is_of_the_record_as_it_was_approved(controlled, old, new):
    completed(controlled)
    says(controlled)
    assert points(controlled)["approval"]["done"]
    controlled.edit(f"{FOLDER}/CHG-001.yaml", old, new)
    point = points(controlled)["approval"]
    assert (point["done"], point["found"][:7]) == (False, "suspect")
    assert "CHG-001 changed" in point["found"]
    assert "change-open" in controlled.codes("advisory")


def test_an_approval_of_what_was_not_decided_closes_nothing(controlled):
    new(controlled)
    says(controlled)
    controlled.edit(f"{FOLDER}/CHG-001.yaml", "decision: null", "decision: Accepted.")
    assert not points(controlled)["approval"]["done"]


def test_an_approval_that_was_withdrawn_or_whose_record_is_damaged_closes_nothing(controlled):
    completed(controlled)
    says(controlled)
    says(controlled, "withdrawn")
    assert points(controlled)["approval"]["found"] == "unreviewed: its review was withdrawn"
    says(controlled)
    assert points(controlled)["approval"]["done"]
    controlled.edit("docs/records/reviews.log", "change board", "change bored")
    point = points(controlled)["approval"]
    assert (point["done"], "cannot be used" in point["found"]) == (False, True)
    assert controlled.item("CHG-001").status == "gap"


def test_a_review_is_no_approval(controlled):
    completed(controlled)
    options = ["--by", "Ada Example (fictitious)", "--meaning", "reviewed", "--reason", "read"]
    assert controlled.run("review", "CHG-001", *options).returncode == 0
    assert points(controlled)["approval"]["found"].startswith("reviewed: ")
    assert not points(controlled)["approval"]["done"]


def test_evidence_that_was_edited_or_is_of_other_code_does_not_close_a_change(controlled):
    new(controlled)
    controlled.commit()
    controlled.run("verify")
    path = controlled.root / "build/evidence/verification.json"
    text = path.read_text()
    path.write_text(text.replace("door", "d00r", 1))
    assert not points(controlled)["re-verification"]["done"]
    path.write_text(text)
    assert points(controlled)["re-verification"]["done"]
    controlled.edit("device/door.py", "angle + 2", "angle + 3").commit()
    controlled.run("verify")
    assert not points(controlled)["re-verification"]["done"]


def test_a_run_of_what_is_not_committed_does_not_close_a_change(controlled):
    new(controlled)
    controlled.commit().edit("device/door.py", "angle + 2", "angle + 3")
    controlled.run("verify")
    assert not points(controlled)["re-verification"]["done"]


def test_a_scenario_that_fails_keeps_a_change_open(controlled):
    controlled.edit("verification/test_features.py", 'observe(f"turned', 'assert False; observe(f"turned').commit()
    new(controlled)
    controlled.commit()
    controlled.run("verify")
    found = points(controlled)["re-verification"]
    assert (found["done"], "door/the-handle-turns-by-angle/1" in found["found"]) == (False, True)


def test_a_record_that_leaves_out_a_scenario_is_found(controlled):
    new(controlled)
    controlled.edit(f"{FOLDER}/CHG-001.yaml", "- door/the-handle-turns-back\n", "")
    found = points(controlled)["impact"]
    assert (found["done"], "door/the-handle-turns-back" in found["found"]) == (False, True)


def test_what_cannot_be_a_change_is_refused(controlled):
    assert "expected BASE..HEAD: commit the change first" in new(controlled, "HEAD").stderr
    assert "found 'v9'" in new(controlled, "v9..HEAD").stderr
    assert run(controlled, "new", "HEAD~1..HEAD", "--title", " ", "--reason", "x").returncode == 2
    assert run(controlled, "check", "CHG-009").returncode == 2
    assert not list((controlled.root / FOLDER).glob("CHG-*"))


def test_a_record_that_is_not_of_the_form_is_named_with_its_line(controlled):
    new(controlled)
    controlled.edit(f"{FOLDER}/CHG-001.yaml", "decision: null", "decided: yes")
    checked = run(controlled, "check", "CHG-001")
    assert checked.returncode == 1
    assert "unknown key decided" in checked.stderr
    assert "docs/records/changes/CHG-001.yaml:" in checked.stderr
