"""One command says in one pass what stops a build in items, links, limits, scenarios and texts, and runs nothing."""

import json
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ITEM = "requirements_spec/software/SRS-002.yaml"


def told(run):
    """The code and the place of each issue."""
    found = [json.loads(line) for line in run.stdout.splitlines()]
    return {(issue["code"], issue["where"]) for issue in found}


def test_a_sound_checkout_has_nothing_to_mend(checkout):
    run = checkout.run("check")
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr == "clearway check: nothing in items, links and texts stops a build\n"
    assert not (checkout.root / "build/evidence/verification.json").exists()


def test_what_is_wrong_is_told_in_one_pass_with_its_place(checkout):
    checkout.edit(ITEM, "rationale: Green is calm.", "rationale: Green is calm.\ncolor: green")
    checkout.edit("risk/controls/RC-001.yaml", "[SRS-001]", "[SRS-001, SRS-777]")
    checkout.edit("verification/features/door.feature", "@SRS-001 @SRS-001/AC2", "@SRS-001 @SRS-001/AC9")
    checkout.edit("requirements_spec/software/SRS-001.yaml", "Doors have handles.", "Doors have a proven QZX.")
    text = "The device shall refuse images whose bits stored are not 9 to 16 of 16 bits allocated."
    other = yaml.safe_load((checkout.root / "requirements_spec/software/SRS-001.yaml").read_text())
    own = other | {"id": "SRS-008", "text": text, "needs": ["scenario"]}
    checkout.write("requirements_spec/software/SRS-008.yaml", yaml.safe_dump(own, sort_keys=False))
    run = checkout.run("check", "--json")
    assert run.returncode == 1
    found = told(run)
    assert {
        ("item-unknown-key", f"{ITEM}:6"),
        ("link-dangling", "risk/controls/RC-001.yaml:6"),
        ("id-unknown", "verification/features/door.feature:20"),
        ("limit-differs", "requirements_spec/software/SRS-008.yaml:4"),
    } <= found
    words = [line for line in map(json.loads, run.stdout.splitlines()) if line["code"] == "wording"]
    assert {one["where"] for one in words} == {"CW-DOC-006"}
    assert any("“proven”: evidence supports" in one["message"] for one in words)
    assert any("QZX is explained nowhere in submission/wording.yaml" in one["message"] for one in words)


def test_what_a_run_found_is_not_asked(verified):
    verified.edit("device/door.py", "return angle + 1", "raise RuntimeError")
    assert verified.run("verify").returncode == 1
    assert verified.run("trace", "--check").returncode == 1
    assert verified.run("check").returncode == 0
    verified.edit("device/door.py", "raise RuntimeError", "return angle + 2")
    assert "verification-stale" in verified.run("trace", "--check").stdout
    assert verified.run("check").returncode == 0


@pytest.mark.slow
def test_a_fault_that_nothing_noticed_is_quoted_in_no_document(checkout):
    """What a fault was made of is code: the words of it are nobody's."""
    checkout.edit("device/door.py", "    return angle + 1", '    return "proven QZX" if angle > 400 else angle + 1')
    checkout.commit()
    assert checkout.run("verify").returncode == 0
    tried = checkout.run("trace", "prove", "--jobs", "2")
    assert tried.returncode == 0, tried.stderr
    assert "QZX" in checkout.run("trace", "SRS-001").stdout
    assert "strength-below-aim" in checkout.run("trace", "--check").stdout
    run = checkout.run("check")
    assert (run.returncode, run.stdout) == (0, "")


def test_pre_commit_checks_items_and_texts_at_each_commit():
    hooks = {hook["id"]: hook for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
             for hook in repo["hooks"]}  # fmt: skip
    assert hooks["check"]["entry"] == ".venv/bin/clearway check"
    assert hooks["check"]["pass_filenames"] is False
    commands = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["clearway.commands"]
    assert "check" in commands
