"""Evidence that was edited and listed again: everything is made again in a clone, and what differs is named."""

import hashlib
import json

import pytest

from verification.evidence.files import MANIFEST
from verification.strength.strength import RECORD
from verification.trace.again import SHARE, choose, compare_again, find_differing

pytestmark = pytest.mark.slow


def forge(checkout, name, change):
    """Edit evidence, and let the manifest list it as it is now."""
    folder = checkout.project.evidence
    value = json.loads((folder / name).read_bytes())
    change(value)
    content = json.dumps(value, indent=1).encode()
    (folder / name).write_bytes(content)
    listed = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps(listed | {name: hashlib.sha256(content).hexdigest()}))


def altered(checkout):
    return {issue.where: issue for again in compare_again(checkout.project) for issue in again.issues}


@pytest.fixture
def traced(verified):
    assert verified.run("trace").returncode == 0
    return verified


def test_evidence_as_its_commands_make_it_is_left_alone(traced):
    found = {again.name: again.issues for again in compare_again(traced.project)}
    assert {"verification.json", "trace.json", "device.json"} <= found.keys()
    assert not any(found.values())


def raise_result(evidence):
    evidence["results"][0]["steps"][-1]["observed"] = "turned by 99"


def drop_scenario(evidence):
    evidence["results"].pop()


def drop_issues(evidence):
    evidence["issues"] = [issue for issue in evidence["issues"] if issue["code"] != "need-not-validated"]


def rename_device(evidence):
    evidence["name"] = "Another"


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("verification.json", raise_result, "observed is turned by 99, made again it is"),
        ("verification.json", drop_scenario, "is nothing, made again it is"),
        ("trace.json", drop_issues, "issues is a list of"),
        ("device.json", rename_device, "name is Another, made again it is"),
    ],
)
def test_evidence_that_was_edited_and_listed_again_is_named(traced, name, change, told):
    forge(traced, name, change)
    issue = altered(traced)[name]
    assert (issue.code, issue.severity) == ("evidence-altered", "blocking")
    assert told in issue.message


def test_the_command_says_of_each_part_how_it_stands(traced):
    forge(traced, "device.json", rename_device)
    run = traced.run("trace", "--check", "--deep")
    lines = [line for line in run.stdout.splitlines() if "made again" in line]
    assert any(line.startswith("verification.json        as it is made again") for line in lines)
    assert "studies.json             is not here; nothing was compared" in run.stdout
    # the trace is judged anew by --check itself, and the forged file is gone with it
    assert any(line.startswith("device.json              as it is made again") for line in lines)


def test_older_evidence_is_not_compared(traced):
    traced.edit("requirements_spec/software/SRS-001.yaml", "turn the handle.", "turn a handle.").commit()
    found = altered(traced)
    assert {found[name].code for name in ("verification.json", "trace.json")} == {"evidence-older"}
    assert "SRS-001.yaml, which has changed since; it is not compared" in found["verification.json"].message
    assert "rests on verification.json" in found["trace.json"].message


def test_files_that_nobody_committed_are_in_no_clone(traced):
    traced.edit("device/door.py", "angle + 1", "angle + 2")
    run = traced.run("trace", "--check", "--deep")
    assert run.returncode == 2
    assert "device/door.py" in run.stderr
    assert "commit them, then ask again" in run.stderr


@pytest.mark.parametrize("options", [["--deep"], ["SRS-001", "--check", "--deep"]])
def test_deep_is_of_all_evidence(traced, options):
    run = traced.run("trace", *options)
    assert run.returncode == 2
    assert "--deep: give it with --check and without an id" in run.stderr


def test_a_fault_that_is_recorded_as_noticed_is_tried_again(checkout):
    assert checkout.run("trace", "prove").returncode == 0
    record = json.loads((checkout.root / RECORD).read_bytes())
    weak = [each["strength"] for each in record if each["strength"]["mutants"]]
    for strength in weak:
        strength["killed"] += len(strength["mutants"])
        strength["survived"], strength["mutants"] = 0, []
    checkout.write(RECORD, json.dumps(record)).commit()
    # one of so many is tried: with all of them weak, any choice is
    assert len(weak) == len(record) <= SHARE
    (issue,) = (issue for issue in altered(checkout).values() if issue.code == "strength-altered")
    assert "recorded as noticed are not, tried again" in issue.message


def test_which_results_are_tried_again_depends_on_the_commit():
    class One:
        def __init__(self, symbol):
            self.strength = type("S", (), {"symbol": symbol})()

    tried = [One(f"device.{n}") for n in range(100)]
    assert len(choose(tried, "a")) == 100 // SHARE
    assert choose(tried, "a") == choose(tried, "a") != choose(tried, "b")
    assert choose([], "a") == []


def test_places_are_named_by_the_names_of_what_stands_there():
    before = {"studies": [{"name": "x", "interval": {"lower": 0.7}}, {"name": "y"}], "n": [1, 2]}
    after = {"studies": [{"name": "x", "interval": {"lower": 0.6}}, {"name": "z"}], "n": [1, 2, 3]}
    assert list(find_differing(before, after)) == [
        ("n", "a list of 2", "a list of 3"),
        ("studies[x].interval.lower", "0.7", "0.6"),
        ("studies[y]", "y", "nothing"),
        ("studies[z]", "nothing", "z"),
    ]
