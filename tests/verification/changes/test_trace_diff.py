"""What came, changed and went between two commits, as the commits hold it."""

import json

from tests.verification.conftest import git


def difference(checkout, *ends):
    run = checkout.run("trace", "diff", *ends, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def said(found, part):
    return {tuple(each.values()) for each in found[part]}


def test_items_and_links_that_came_changed_and_went(checkout):
    git(checkout.root, "tag", "one")
    (checkout.root / "risk/hazards/HAZ-001.yaml").unlink()
    text = (checkout.root / "requirements_spec/software/SRS-002.yaml").read_text()
    checkout.write("requirements_spec/software/SRS-003.yaml", text.replace("SRS-002", "SRS-003"))
    checkout.edit("requirements_spec/software/SRS-002.yaml", "shall be green", "shall be blue")
    checkout.edit("device/door.py", "Implements: SRS-002", "Implements: SRS-003").commit()
    git(checkout.root, "tag", "two")
    checkout.write("requirements_spec/software/SRS-003.yaml", "half: [")
    found = difference(checkout, "one", "two")
    assert said(found, "items") == {
        ("HAZ-001", "hazard", "Shut in", "retired"),
        ("SRS-002", "software_requirement", "Color", "changed"),
        ("SRS-003", "software_requirement", "Color", "added"),
    }
    assert said(found, "links") == {
        ("HAZ-001", "controlled_by", "RC-001", "retired"),
        ("SRS-003", "derives_from", "SYS-001", "added"),
        ("device.door.GREEN", "implements", "SRS-002", "retired"),
        ("device.door.GREEN", "implements", "SRS-003", "added"),
    }
    assert difference(checkout, "two", "two")["items"] == []


def archive(checkout, folder, commit, date, **statuses):
    results = [{"id": f"door/{name}", "status": status, "other": 1} for name, status in statuses.items()]
    run = {"source": {"commit": commit * 40, "commit_date": date}, "results": results, "of_a_later_version": True}
    checkout.write(f"docs/records/verification/{folder}/verification.json", json.dumps(run))


def test_outcomes_are_those_of_the_last_archived_run_of_each_commit(checkout):
    git(checkout.root, "tag", "none")
    archive(checkout, "2026-01-02-aa", "a", "2026-01-02", opens="passed", turns="passed")
    checkout.commit()
    git(checkout.root, "tag", "one")
    archive(checkout, "2026-01-03-bb", "b", "2026-01-03", opens="failed", turns="passed", back="passed")
    checkout.commit()
    outcomes = difference(checkout, "one", "HEAD")["outcomes"]
    assert outcomes["before"] == "2026-01-02-aa, the run at aaaaaaaaaaaa"
    assert [tuple(each.values()) for each in outcomes["differences"]] == [
        ("door/back", None, "passed"),
        ("door/opens", "passed", "failed"),
    ]
    missing = difference(checkout, "none", "HEAD")["outcomes"]
    assert (missing["before"], missing["differences"]) == ("not recorded at that commit", [])


def test_strength_is_that_of_the_record(checkout):
    row = {"requirement": "SRS-001", "symbol": "device.door.turn", "scenarios": 3, "killed": 3, "survived": 1}
    checkout.write("verification/strength.json", json.dumps([{"strength": row, "symbol_digest": "0"}])).commit()
    checkout.write(
        "verification/strength.json", json.dumps([{"strength": row | {"killed": 4, "survived": 0}}])
    ).commit()
    text = checkout.run("trace", "diff", "HEAD~1", "HEAD").stdout
    assert "SRS-001 device.door.turn: 3 of 4 faults noticed → 4 of 4 faults noticed" in text
    assert "outcomes\n  before: not recorded at that commit" in text


def test_a_bad_tag_is_named(checkout):
    run = checkout.run("trace", "diff", "HEAD", "v9")
    assert run.returncode == 2
    assert "found 'v9', expected a commit, tag or branch" in run.stderr


def test_markdown_escapes(checkout):
    checkout.edit("requirements_spec/software/SRS-001.yaml", "title: Handle", "title: <b>Handle</b>").commit()
    text = checkout.run("trace", "diff", "HEAD~1", "HEAD", "--markdown").stdout
    assert "&lt;b&gt;Handle&lt;/b&gt;" in text
