"""The items of the specification and of the risk file are of their schemas, and name each other rightly."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
REQUIREMENTS = sorted((ROOT / "requirements_spec").glob("*/*.yaml"))
RISK = sorted((ROOT / "risk").glob("*/*.yaml"))


def validator(room: str) -> Draft202012Validator:
    schema = json.loads((ROOT / room / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def items(paths: list[Path]) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in map(read, paths)}


@pytest.mark.parametrize("path", REQUIREMENTS + RISK, ids=lambda path: path.stem)
def test_every_item_is_of_its_schema_and_named_after_its_id(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    assert [error.message for error in validator(room).iter_errors(read(path))] == []
    assert read(path)["id"] == path.stem


def test_the_policy_is_of_its_schema_and_never_falls_with_severity_or_probability() -> None:
    policy = read(ROOT / "risk" / "policy.yaml")
    assert [error.message for error in validator("risk").iter_errors(policy)] == []
    rank = {"acceptable": 0, "reduce": 1, "unacceptable": 2}
    matrix = [[rank[cell] for cell in row] for row in policy["matrix"]]
    assert all(row == sorted(row) for row in matrix)
    assert all(list(column) == sorted(column) for column in zip(*matrix, strict=True))


@pytest.mark.parametrize(
    ("room", "change"),
    [
        ("requirements_spec", {"colour": "green"}),
        ("requirements_spec", {"id": "HAZ-001"}),
        ("requirements_spec", {"text": "The device should work."}),
        ("requirements_spec", {"criteria": []}),
        ("requirements_spec", {"criteria": [{"id": "AC1", "text": "It works.", "method": "hope"}]}),
        ("requirements_spec", {"parents": ["UN-001"]}),
        ("risk", {"severity": 6}),
        ("risk", {"residual": {"severity": 1}}),
        ("risk", {"disclosed": ""}),
    ],
)
def test_the_schemas_refuse_what_no_item_may_say(room: str, change: dict[str, Any]) -> None:
    good = read(
        ROOT / {"requirements_spec": "requirements_spec/software/SRS-001.yaml"}.get(room, "risk/hazards/HAZ-001.yaml")
    )
    assert validator(room).is_valid(good)
    assert not validator(room).is_valid(good | change)


def test_an_anomaly_has_a_place_though_none_is_recorded() -> None:
    texts = ["found_in", "observed", "expected", "assessment", "security_assessment", "workaround", "disposition"]
    lists = {"requirements": ["SRS-001"], "hazards": [], "versions": ["1.0.0"]}
    anomaly = {"id": "ANO-001", "title": "t"} | lists | dict.fromkeys(texts, "x")
    assert validator("risk").is_valid(anomaly)
    assert validator("risk").is_valid(anomaly | {"scenarios": ["gate/a-scenario"]})
    assert not validator("risk").is_valid(anomaly | {"versions": []})
    assert not validator("risk").is_valid(anomaly | {"disposition": None})


def test_parents_exist_and_every_need_and_system_requirement_is_served() -> None:
    known = items(REQUIREMENTS)
    claimed = {parent for item in known.values() for parent in item["parents"]}
    served = {id_ for id_, item in known.items() if not id_.startswith("SRS-") and item["needs"] != ["study_criterion"]}
    assert claimed == served  # what studies show is of the release as it is, which no code of its own serves


def test_hazards_and_controls_name_each_other_and_safety_related_requirements() -> None:
    known, risk = items(REQUIREMENTS), items(RISK)
    controls = {id_: item for id_, item in risk.items() if item["kind"] == "risk_control"}
    named = {control for item in risk.values() if item["kind"] == "hazard" for control in item["controls"]}
    assert named == set(controls)
    implementing = {id_ for item in controls.values() for id_ in item["requirements"]}
    assert [id_ for id_ in sorted(implementing) if not known[id_]["safety_related"]] == []


def test_evidence_of_effectiveness_names_criteria_that_exist() -> None:
    known = {f"{item['id']}/{each['id']}" for item in items(REQUIREMENTS).values() for each in item["criteria"]}
    named = {
        id_
        for item in items(RISK).values()
        if item["kind"] == "risk_control"
        for id_ in item["effectiveness"]["evidence"]
        if "/" in id_
    }
    assert named - known == set()


def test_a_hazard_that_stays_above_acceptable_is_disclosed() -> None:
    matrix = read(ROOT / "risk" / "policy.yaml")["matrix"]
    hazards = [item for item in items(RISK).values() if item["kind"] == "hazard"]
    left = {
        item["id"]: matrix[item["residual"]["severity"] - 1][item["residual"]["probability_of_harm"] - 1]
        for item in hazards
        if item["disclosed"] is None
    }
    assert {id_: level for id_, level in left.items() if level != "acceptable"} == {}
