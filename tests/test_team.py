"""A fictitious team takes a door from draft to a release, by commands alone, in a folder that is gone afterwards.

What it is refused on the way is as much a part of the story as what it may do.
"""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml
from pypdfium2 import PdfDocument

from tests.verification.conftest import Checkout, git
from verification.qualification.sample import write_sample

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
ADA, BEN = "Ada Example (fictitious)", "Ben Example (fictitious)"
ITEMS = ("UN-001", "SYS-001", "SRS-001", "SRS-002", "HAZ-001", "RC-001", "CRIT-TEAM-1")
CODE = ("device.door.turn", "device.door.GREEN")
GREEN = "door/it-is-green"
CHANGE = "docs/records/changes/CHG-001.yaml"

# --- what the team starts from ----------------------------------------------------------------------------------------

STEP = """\
@then("its color is green")
def green(observe):
    observe(f"red, green, blue: {door().GREEN}")
    assert door().GREEN == (0, 128, 0), "it is not green"

@then("it is shown to be good")
"""
TOLD = "Fictitious."
PLAN = dict.fromkeys(
    ("objective", "population", "unit", "reference_standard", "data", "threshold_rule", "interval_method",
     "sample_size", "label", "title"), TOLD,
) | {
    "name": "team-plan", "kind": "validation_plan", "release": "brightness", "dataset": "team-doors",
    "split": "benchmark", "exclusions": [], "replicates": 10, "seed": 1, "subgroups": [], "not_recorded": [],
    "limitations": [TOLD], "asserted": None,
}  # fmt: skip
GOAL = {
    "id": "CRIT-TEAM-1", "metric": "auroc", "subgroup": "all", "limit": "lower", "comparison": ">", "bound": 0.5,
    "rationale": TOLD,
}  # fmt: skip
DATASET = dict.fromkeys(("title", "origin", "terms", "role"), TOLD) | {
    "name": "team-doors", "limitations": [TOLD],
    "split": {"key": "team", "shares": {"benchmark": 1.0}, "folders": ["test/NORMAL", "test/PNEUMONIA"]},
}  # fmt: skip
MANIFEST = "image,patient,label,label_source,split,sha256\n" + "".join(
    f"test/NORMAL/IM-{n:04}-0001.jpeg,IM-{n:04},0,NORMAL,benchmark,{n:064x}\n" for n in range(1, 5)
)
CARD = dict.fromkeys(
    ("architecture", "initial_weights", "recipe", "loss", "optimizer", "augmentation", "dataset"), TOLD
) | dict.fromkeys(
    ("parameters", "epochs", "batch_size", "seed", "training_images", "training_patients", "tuning_images",
     "tuning_patients", "keras_litert_maximum_difference", "keras_litert_decision_flips"), 1,
) | {"recipe_digest": "ab" * 32, "dataset_digest": "cd" * 32, "history": []}  # fmt: skip

ANOMALY = {
    "id": "ANO-001", "title": "Doors are blue", "found_in": "0.0.1", "versions": ["0.0.1"],
    "observed": "The door is blue.", "expected": "The door is green.", "requirements": ["SRS-002"],
    "scenarios": [GREEN], "hazards": [], "assessment": "Nobody is harmed by blue.",
    "security_assessment": "None is affected.", "workaround": "Look at the handle.",
    "disposition": "To be mended under change control before the release.",
}  # fmt: skip


@pytest.fixture
def team(tmp_path):
    """The small checkout with a candidate release, whose doors are blue by mistake."""
    checkout = Checkout(tmp_path / "team")
    write_sample(checkout.root, ROOT)
    checkout.edit("device/door.py", "(0, 128, 0)", "(0, 0, 128)")
    checkout.edit("verification/test_features.py", '@then("it is shown to be good")\n', STEP)
    feature, red = "verification/features/door.feature", "Scenario: It is green\n    Given a door\n    Then "
    checkout.edit(feature, f"{red}it is shown to be good", f"{red}its color is green")
    for file, value in (
        ("verification/studies/team-plan/plan.yaml", PLAN),
        ("verification/studies/team-plan/criteria.yaml", [GOAL]),
        ("verification/datasets/team-doors/dataset.yaml", DATASET),
    ):
        checkout.write(file, yaml.safe_dump(value))
    checkout.write("verification/datasets/team-doors/manifest.csv", MANIFEST)
    checkout.write("docs/records/changes/schema.json", (ROOT / "docs/records/changes/schema.json").read_text())
    add_release(checkout)
    checkout.edit("pyproject.toml", 'name = "small"', 'name = "clearway"')  # as what is installed here has it
    for file in ("suite.lock", "runtime.lock", "training.lock"):
        shutil.copy(ROOT / file, checkout.root / file)
    for name in ("licences", "support", "vulnerabilities"):
        shutil.copy(ROOT / f"risk/{name}.yaml", checkout.root / f"risk/{name}.yaml")
    return checkout.commit()


def add_release(checkout):
    folder = "device/releases/brightness"
    shutil.copytree(ROOT / "tests/device/brightness", checkout.root / folder)
    checkout.edit(f"{folder}/release.yaml", "status: reference", "status: candidate")
    checkout.edit(f"{folder}/release.yaml", "study: null", "study: team-plan")
    checkout.write(f"{folder}/card.yaml", yaml.safe_dump(CARD))
    names = ("card.yaml", "model.tflite", "release.yaml")
    sums = [f"{hashlib.sha256((checkout.root / folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    checkout.write(f"{folder}/SHA256SUMS", "".join(sums))


# --- how it speaks ----------------------------------------------------------------------------------------------------


def does(team, *command):
    """Run a command that has to succeed; what it said."""
    run = team.run(*command)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def is_refused(team, status, *command):
    """Run a command that must not succeed; what it said."""
    run = team.run(*command)
    assert run.returncode == status, run.stdout + run.stderr
    return run.stdout + run.stderr


def says(who, meaning, why):
    return ("--by", who, "--meaning", meaning, "--reason", why)


def rows(team):
    """What `clearway release check` says, and what it answers by clause; what is not here is left out."""
    said = team.run("release", "check", "brightness").stdout
    lines = [line.split(maxsplit=2) for line in said.splitlines() if "5.8." in line and not line.startswith(" ")]
    return said, {clause: answer for answer, clause, _ in lines if answer in ("done", "gap")}


def blocking(team):
    """The codes of what blocks, which the exit status of `clearway trace --check` has to agree with."""
    status = team.run("trace", "--check").returncode
    codes = {issue["code"] for issue in team.evidence("trace.json")["issues"] if issue["severity"] == "blocking"}
    assert status == bool(codes)
    return codes


def reviews(team, status):
    items = team.evidence("trace.json")["items"]
    return {item["id"] for item in items if item["review"]["status"] == status}


# --- the story --------------------------------------------------------------------------------------------------------


def test_a_fictitious_team_goes_from_draft_to_a_release(team):
    it_reviews_a_draft_and_agrees_on_a_protocol(team)
    it_runs_the_protocol_and_finds_that_doors_are_blue(team)
    it_assesses_the_anomaly(team)
    it_mends_the_door_under_change_control(team)
    it_reviews_what_the_change_touched_and_no_more(team)
    it_releases(team)
    its_documents_say_what_happened(team)


def it_reviews_a_draft_and_agrees_on_a_protocol(team):
    assert "QA" in does(team, "status")
    assert "no approval of the protocol as it is now" in is_refused(team, 2, "verify", "--formal")
    approval = ("approve", "protocol", *says(ADA, "approved", "protocol review"))
    team.write("notes.txt", "left lying about")
    assert "notes.txt: differs from the commit" in is_refused(team, 2, *approval)
    (team.root / "notes.txt").unlink()
    does(team, *approval)
    review = ("review", *ITEMS, *CODE, "door", *says(BEN, "reviewed", "design review"))
    assert "say the same again with --despite" in is_refused(team, 2, *review)  # nothing was run yet
    does(team, *review, "--despite")
    assert "commit them, approvals included" in is_refused(team, 2, "verify", "--formal")
    team.commit()


def it_runs_the_protocol_and_finds_that_doors_are_blue(team):
    team.write("notes.txt", "left lying about")
    assert "files of the checkout differ from the commit" in is_refused(team, 2, "verify", "--formal")
    (team.root / "notes.txt").unlink()
    assert "it is not green" in is_refused(team, 1, "verify", "--formal")
    assert team.evidence()["kind"] == "formal"
    team.commit()
    assert blocking(team) == {"requirement-failed"}


def it_assesses_the_anomaly(team):
    team.write("risk/anomalies/ANO-001.yaml", yaml.safe_dump(ANOMALY)).commit()  # and nothing is run again for it
    assert blocking(team) == {"requirement-failed"}
    assert "ANO-001 is not approved as it stands" in team.run("trace", "SRS-002").stdout + team.run("status").stdout
    said, answers = rows(team)
    assert answers["5.8.3"] == "gap"
    assert "missing: ANO-001 is unreviewed" in said
    does(team, "approve", "ANO-001", *says(ADA, "approved", "no control rests on the color"))
    team.commit()
    assert blocking(team) == set()
    said, answers = rows(team)
    assert (answers["5.8.1"], answers["5.8.2"], answers["5.8.3"]) == ("gap", "done", "done")
    assert "scenarios that did not pass: 1" in said


def it_mends_the_door_under_change_control(team):
    team.edit("device/door.py", "(0, 0, 128)", "(0, 128, 0)").commit()
    assert blocking(team) == {"verification-stale"}
    does(team, "change", "new", "HEAD~1..HEAD", "--title", "Paint it green", "--reason", "ANO-001")
    record = yaml.safe_load((team.root / CHANGE).read_text())
    assert record["requirements"] == ["SRS-002", "SYS-001", "UN-001"]
    assert GREEN in record["scenarios"]
    assert "door/the-handle-turns-back" not in record["scenarios"]
    team.commit()
    check = ("change", "check", "CHG-001")
    assert "no complete evidence of a clean checkout" in is_refused(team, 1, *check)
    does(team, "verify", "--formal")
    team.commit()
    digest = hashlib.sha256((team.root / "build/evidence/verification.json").read_bytes()).hexdigest()
    assert f"enter `verified: {digest}`" in is_refused(team, 1, *check)
    team.edit(CHANGE, "verified: null", f"verified: {digest}")
    team.edit(CHANGE, "risk_file_reviewed: null", "risk_file_reviewed: No hazard is new; no control rests on it.")
    team.edit(CHANGE, "decision: null", "decision: Accepted.")
    said, _ = rows(team)
    assert "missing: open changes: CHG-001" in said
    assert "open  approval: unreviewed" in is_refused(team, 1, *check)
    does(team, "approve", "CHG-001", *says(ADA, "approved", "change board"))
    does(team, *check)
    team.commit()


def it_reviews_what_the_change_touched_and_no_more(team):
    assert blocking(team) == set()
    assert reviews(team, "suspect") == {"UN-001", "SYS-001", "SRS-002", "device.door.GREEN"}
    said, answers = rows(team)
    assert answers["5.8.6"] == "gap"
    assert "missing: suspect items: 4" in said
    touched = sorted(reviews(team, "suspect"))
    does(team, "review", *touched, *says(BEN, "reviewed", "after the change"))
    team.commit()
    assert blocking(team) == set()
    assert reviews(team, "suspect") == set()


def it_releases(team):
    said, answers = rows(team)
    assert [clause for clause, answer in answers.items() if answer == "gap"] == ["5.8.4"]
    assert "missing: no tag names the commit" in said
    git(team.root, "tag", "v0.0.1")
    said = does(team, "release", "check", "brightness")
    assert "tag v0.0.1" in said
    assert "not here  5.8.8" in said


def its_documents_say_what_happened(team):
    does(team, "evaluate")
    does(team, "data", "explore")
    does(team, "trace")
    does(team, "supply")
    assert "DRAFT" in does(team, "submission", "build", "--release", "brightness")
    folder = team.root / "build/submission"
    does(team, "submission", "audit", str(folder))
    text = {path.name[:10]: text_of(path) for path in folder.glob("CW-DOC-*.pdf")}
    for expected in ("ANO-001", "Doors are blue", ADA, "Nobody is harmed by blue."):
        assert expected in text["CW-DOC-013"]
    assert "a formal run, by an approved protocol" in text["CW-DOC-009"]
    assert BEN in text["CW-DOC-006"]
    does(team, "approve", "CW-DOC-009", *says(ADA, "approved", "report review"))
    line = json.loads((team.root / "docs/records/reviews.log").read_bytes().splitlines()[-1])
    assert (line["id"], line["by"], line["meaning"]) == ("CW-DOC-009", ADA, "approved")


def text_of(path):
    with PdfDocument(path) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
