"""New items and scenarios: the next id at its place, and a form that the trace refuses until it is written."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import yaml

from verification.commands.writing.new import ELSEWHERE, KINDS
from verification.evidence import write_new
from verification.protocol import plan
from verification.specification.forms import make_form
from verification.specification.reading import read_schema
from verification.specification.unwritten import TO_BE_WRITTEN

PLACES = {
    "user-need": "requirements_spec/user_needs/UN-002.yaml",
    "system-requirement": "requirements_spec/system/SYS-002.yaml",
    "requirement": "requirements_spec/software/SRS-003.yaml",
    "hazard": "risk/hazards/HAZ-002.yaml",
    "risk-control": "risk/controls/RC-002.yaml",
    "threat": "risk/threats/THR-001.yaml",
    "anomaly": "risk/anomalies/ANO-001.yaml",
    "deviation": "risk/anomalies/DEV-001.yaml",
}
WRITTEN = {
    "safety_related": "false", "many_patients": "true", "severity": "2", "probability_of_harm": "3",
    "exploitability": "2", "residual_exploitability": "1", "ai": "null", "type": "design",
}  # fmt: skip
"""What is written into fields that are no text; of lists and methods it depends on the kind."""
LISTED = {
    "system-requirement": {"parents": "UN-001", "needs": "scenario"},
    "requirement": {"parents": "SYS-001", "needs": "symbol"},
    "hazard": {"controls": "RC-001"},
    "risk-control": {"requirements": "SRS-001", "evidence": "SYS-001/AC1"},
    "threat": {
        "elements": "PRC-01", "stride": "tampering", "hazards": "HAZ-001", "controls": "RC-001",
        "requirements": "SRS-001",
    },
    "anomaly": {"requirements": "SRS-001", "hazards": "HAZ-001"},
}  # fmt: skip
LINE = re.compile(rf"(?P<before> *(?:- )?)(?:(?P<key>\w+):)?(?P<said>[^#]*?){TO_BE_WRITTEN}")


def write_all(text, kind):
    """Write what a form leaves open, line by line, as a person would."""
    lines, listed = [], ""
    for line in text.splitlines():
        found = None if line.lstrip().startswith("#") else LINE.fullmatch(line)
        if found:
            key, before = found["key"] or listed, found["before"] + (f"{found['key']}:" if found["key"] else "")
            words = LISTED.get(kind, {}).get(key) or WRITTEN.get(key) or ("test" if key == "method" else "Written.")
            line = f"{before}{found['said'] or (' ' if found['key'] else '')}{words}"
        elif line.endswith(":") and not line.lstrip().startswith("#"):
            listed = line.strip().rstrip(":")
        lines.append(line)
    return "\n".join(lines) + "\n"


def about(checkout, file):
    return [issue for issue in checkout.trace().issues if issue.where.startswith(f"{file}:")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_is_refused_field_by_field_until_it_is_written(checkout, kind):
    file = PLACES[kind]
    run = checkout.run("new", kind)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[0] == f"{file}: written; write what says TO BE WRITTEN, then: clearway check"
    path = checkout.root / file
    lines = path.read_text().splitlines()
    open_ = [n for n, line in enumerate(lines, 1) if TO_BE_WRITTEN in line and not line.lstrip().startswith("#")]
    assert len(open_) >= 5
    refused = about(checkout, file)
    assert {issue.code for issue in refused} == {"item-unwritten"}
    assert sorted(int(issue.where.rpartition(":")[2]) for issue in refused) == open_
    assert any(issue.message == "title is yet to be written" for issue in refused)
    path.write_text(write_all(path.read_text(), kind))
    assert TO_BE_WRITTEN not in "".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
    known = {"requirement-orphaned", "dataflow-missing"}  # what is beside the item: no code, no diagram
    assert {issue.code for issue in about(checkout, file) if issue.severity == "blocking"} <= known
    assert path.stem in {item.id for item in checkout.trace().items}


def test_one_field_that_is_left_open_is_named(checkout):
    checkout.run("new", "hazard")
    path = checkout.root / PLACES["hazard"]
    path.write_text(write_all(path.read_text(), "hazard").replace("harm: Written.", f"harm: {TO_BE_WRITTEN}"))
    line = path.read_text().splitlines().index(f"harm: {TO_BE_WRITTEN}") + 1
    (issue,) = about(checkout, PLACES["hazard"])
    assert (issue.where, issue.message) == (f"{PLACES['hazard']}:{line}", "harm is yet to be written")
    assert checkout.run("trace", "--check").returncode == 1


def test_an_id_is_never_used_again(checkout):
    for _ in range(3):
        checkout.run("new", "hazard")
    assert (checkout.root / "risk/hazards/HAZ-004.yaml").is_file()
    checkout.commit()
    (checkout.root / "risk/hazards/HAZ-004.yaml").unlink()
    checkout.commit()
    said = json.loads(checkout.run("new", "hazard", "--json").stdout)
    assert said == {"id": "HAZ-005", "file": "risk/hazards/HAZ-005.yaml"}
    tombstone = {"id": "ANO-007", "title": "Gone", "reason": "It was none.", "replaced_by": []}
    checkout.write("requirements_spec/retired.yaml", yaml.safe_dump([tombstone]))
    assert json.loads(checkout.run("new", "anomaly", "--json").stdout)["id"] == "ANO-008"
    assert json.loads(checkout.run("new", "deviation", "--json").stdout)["id"] == "DEV-001"


def test_several_at_once_get_an_id_each_and_overwrite_nothing(checkout):
    checkout.write("risk/hazards/HAZ-002.yaml", "not: an item\n")

    def make(_):
        from verification.commands.writing.new import _new_item

        return _new_item(checkout.project, KINDS["hazard"])[0]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(8)))
    assert sorted(made) == [f"HAZ-{number:03}" for number in range(3, 11)]
    assert (checkout.root / "risk/hazards/HAZ-002.yaml").read_text() == "not: an item\n"
    assert [path.name for path in (checkout.root / "risk/hazards").glob(".*")] == []


def test_a_file_that_is_there_is_left_as_it_is(tmp_path):
    write_new(tmp_path / "new" / "a.txt", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "new" / "a.txt", b"second")
    assert [path.read_bytes() for path in (tmp_path / "new").iterdir()] == [b"first"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_form_has_a_line_that_says_what_it_is(checkout, kind):
    schema = read_schema(checkout.project, PLACES[kind].partition("/")[0], KINDS[kind].value, [])
    lines = make_form(schema, KINDS[kind], "X-001").splitlines()
    for before, line in pairwise(lines):
        if re.match(r" *(- )?\w+:", line) and line.split(":")[0] not in ("id", "kind"):
            assert before.lstrip().startswith("# "), line


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_what_has_a_command_of_its_own_is_pointed_to(checkout, kind):
    run = checkout.run("new", kind)
    assert run.returncode == 2
    assert ELSEWHERE[kind] in run.stderr


def test_plans_and_items_say_in_the_same_words_that_a_person_has_to_write():
    assert plan.TO_BE_WRITTEN == TO_BE_WRITTEN


# --- scenarios --------------------------------------------------------------------------------------------------------

DOOR = "verification/features/door.feature"


def test_a_scenario_is_put_where_the_others_of_its_requirement_are_and_passes_once_it_is_written(checkout):
    before = (checkout.root / DOOR).read_text()
    run = checkout.run("new", "scenario", "SRS-002/AC1")
    assert run.returncode == 0, run.stderr
    text = (checkout.root / DOOR).read_text()
    line = text.splitlines().index("  Scenario: TO BE WRITTEN (SRS-002/AC1)") + 1
    assert run.stdout.startswith(f"{DOOR}:{line}: written; write what says TO BE WRITTEN")
    assert text.startswith(before)
    assert text[len(before) :].splitlines()[1:4] == [
        "  @SRS-002 @SRS-002/AC1",
        "  Scenario: TO BE WRITTEN (SRS-002/AC1)",
        "    # It is green.",
    ]
    (issue,) = about(checkout, DOOR)
    assert (issue.code, issue.severity, issue.where) == ("scenario-empty", "blocking", f"{DOOR}:{line}")
    assert f"yet to be written: its name, “Given TO BE WRITTEN” in line {line + 2}, “When" in issue.message
    again = checkout.run("new", "scenario", "SRS-002/AC1")
    assert again.returncode == 2
    assert f"{DOOR}:{line}: holds a form for SRS-002/AC1 already" in again.stderr
    assert (checkout.root / DOOR).read_text() == text
    for old, new in (
        ("Scenario: TO BE WRITTEN (SRS-002/AC1)", "Scenario: It stays green"),
        ("Given TO BE WRITTEN", "Given a door"),
        ("When the device TO BE WRITTEN", "When the handle is turned by 3"),
        ("Then TO BE WRITTEN", "Then it is shown to be good"),
    ):
        checkout.edit(DOOR, old, new)
    assert about(checkout, DOOR) == []
    ran = checkout.run("verify", "--only", "SRS-002/AC1")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout


def test_a_scenario_can_begin_a_feature_file(checkout):
    run = checkout.run("new", "scenario", "SRS-002/AC1", "--feature", "colour")
    assert run.returncode == 0, run.stderr
    text = (checkout.root / "verification/features/colour.feature").read_text()
    assert text.startswith("Feature: Color\n\n  @SRS-002 @SRS-002/AC1\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["SRS-002/AC2"], "SRS-002/AC2 is shown by inspection"),
        (["SRS-002"], "expected one of SRS-002/AC1, SRS-002/AC2"),
        (["SRS-009/AC1"], "SRS-009/AC1 is no criterion of a requirement; did you mean"),
        (["SRS-003/AC1"], "SRS-003 cannot be read"),
        (["SYS-002/AC1"], "no feature file holds a scenario of SYS-002; name one with --feature: door"),
        (["SRS-002/AC1", "--feature", "../door"], "--feature ../door: expected small letters"),
    ],
)
def test_what_no_scenario_can_be_for_is_refused(checkout, arguments, says):
    checkout.run("new", "requirement")
    checkout.run("new", "system-requirement")
    path = checkout.root / PLACES["system-requirement"]
    path.write_text(write_all(path.read_text(), "system-requirement"))
    before = {path: path.read_bytes() for path in (checkout.root / "verification").rglob("*.feature")}
    run = checkout.run("new", "scenario", *arguments)
    assert run.returncode == 2
    assert says in run.stderr
    assert {path: path.read_bytes() for path in (checkout.root / "verification").rglob("*.feature")} == before
