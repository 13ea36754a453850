"""What a change touches, on small repositories made for it; each expectation is worked out by hand."""

import json
import re
import subprocess

import pytest
from msgspec import structs

from tests.verification.conftest import git
from verification.changes.impact import find_impact
from verification.evidence import Gap, VerificationEvidence, read_evidence, write_evidence
from verification.sources.revision import read_range

pytestmark = pytest.mark.slow

NONE = Gap(reason="none", closes="none")
HANDLE = {
    "door/the-handle-turns-by-angle/1", "door/the-handle-turns-by-angle/2", "door/the-handle-turns-back",
}  # fmt: skip
"""The scenarios of SRS-001."""

EVERY = HANDLE | {"door/a-door-opens", "door/it-is-green"}

HELPED = '''\
"""Doors."""

raise RuntimeError("read by the trace, never imported")

import math as arithmetic


def _whole(angle):
    return arithmetic.floor(angle)


def _twice(angle):
    return 2 * _whole(angle)


def _alone():
    return None


class Lock:
    """A lock."""

    def open(self):
        """Open it.

        Implements: RC-001
        """
        return self.key()

    def key(self):
        return 1


def turn(angle):
    """Turn the handle.

    Implements: SRS-001
    """
    return _twice(angle) + 1


GREEN = (0, 128, 0)
"""The color.

Implements: SRS-002
"""
'''


def impact(checkout, text=None, verification=NONE):
    return find_impact(checkout.project, read_range(checkout.project, text), verification)


def again(found):
    return {each.id for each in found.again}


def ids(found):
    return [each.id for each in found]


# --- code -------------------------------------------------------------------------------------------------------------


def test_nothing_changed_nothing_touched(checkout):
    found = impact(checkout)
    assert (found.files, found.units, found.items, found.affected, found.again) == ((), (), (), (), ())
    assert found.head is None


def test_a_changed_function_leads_to_what_it_claims_and_upward(checkout):
    found = impact(checkout.edit("device/door.py", "angle + 1", "angle + 2"))
    (unit,) = found.units
    assert (unit.id, unit.how, unit.claims, unit.reached_by) == ("device.door.turn", "changed", ("SRS-001",), ())
    assert ids(found.affected) == ["SRS-001", "RC-001", "SYS-001", "HAZ-001", "UN-001"]
    assert again(found) == HANDLE
    assert {"DOC-1/requirements", "DOC-1/handle"} == set(ids(found.sections))


def test_reformatting_is_no_change(checkout):
    checkout.edit("device/door.py", "return angle + 1", "# a comment\n    return (angle\n            + 1)")
    checkout.edit("device/door.py", "Turn the handle.", "Turn the handle, slowly.")
    found = impact(checkout)
    assert ids(found.units) == []
    assert [each.file for each in found.files] == ["device/door.py"]
    assert again(found) == set()


def test_a_changed_helper_is_traced_to_the_symbols_that_use_it(checkout):
    checkout.write("device/door.py", HELPED).commit()
    found = impact(checkout.edit("device/door.py", "arithmetic.floor(angle)", "arithmetic.ceil(angle)"))
    (unit,) = found.units
    assert (unit.id, unit.claims, unit.reached_by) == ("device.door._whole", (), ("device.door.turn",))
    assert again(found) == HANDLE
    assert "device.door.turn uses device.door._whole" in found.again[0].why[0]


def test_only_the_nearest_symbols_that_claim_are_named(checkout):
    outer = '\n\ndef swing(angle):\n    """Swing.\n\n    Implements: SRS-002\n    """\n    return turn(angle)\n'
    checkout.write("device/door.py", HELPED + outer).commit()
    (unit,) = impact(checkout.edit("device/door.py", "2 * _whole", "3 * _whole")).units
    assert unit.reached_by == ("device.door.turn",)


def test_an_import_that_leads_elsewhere_is_a_change_of_who_uses_it(checkout):
    checkout.write("device/door.py", HELPED).commit()
    found = impact(checkout.edit("device/door.py", "import math as arithmetic", "import cmath as arithmetic"))
    (unit,) = found.units
    assert (unit.id, unit.reached_by) == ("device.door.arithmetic", ("device.door.turn",))
    assert ids(impact(checkout.commit().edit("device/door.py", "import cmath", "import os\nimport cmath")).units) == []


def test_a_method_is_reached_by_its_name_and_covered_by_its_class(checkout):
    checkout.write("device/door.py", HELPED).commit()
    (unit,) = impact(checkout.edit("device/door.py", "return 1\n", "return 2\n")).units
    assert (unit.id, unit.reached_by) == ("device.door.Lock.key", ("device.door.Lock.open",))
    checkout.edit("device/door.py", '"""A lock."""', '"""A lock.\n\n    Implements: SRS-002\n    """').commit()
    (unit,) = impact(checkout.edit("device/door.py", "return 2\n", "return 3\n")).units
    assert unit.claims == ("SRS-002",)


def test_what_nothing_uses_says_so(checkout):
    checkout.write("device/door.py", HELPED).commit()
    checkout.edit("device/door.py", "return None", "return 0")
    text = checkout.run("trace", "impact").stdout
    assert "device.door._alone  device/door.py:16  no symbol that claims an item uses it" in text


def test_a_removed_symbol_leads_to_what_it_claimed(checkout):
    text = (checkout.root / "device/door.py").read_text()
    found = impact(checkout.write("device/door.py", text[: text.index("GREEN")]))
    (unit,) = found.units
    assert (unit.id, unit.how, unit.claims) == ("device.door.GREEN", "removed", ("SRS-002",))
    assert again(found) == {"door/it-is-green"}


def test_what_a_scenario_entered_is_added_to_what_the_links_say(verified):
    evidence = read_evidence(verified.project.evidence, "verification.json", VerificationEvidence)
    results = tuple(
        structs.replace(result, entered=(0,) if result.id == "door/a-door-opens" else ()) for result in evidence.results
    )
    watched = structs.replace(evidence, functions=("device.door.turn",), results=results)
    write_evidence(verified.project.evidence, "verification.json", watched)
    verified.edit("device/door.py", "angle + 1", "angle + 2")
    found = json.loads(verified.run("trace", "impact", "--json").stdout)
    assert {each["id"] for each in found["again"]} == HANDLE | {"door/a-door-opens"}
    assert next(each["why"] for each in found["again"] if each["id"] == "door/a-door-opens") == [
        "entered device.door.turn"
    ]
    assert [each["nearness"] for each in found["again"]][-1] == "by shared code"
    assert found["basis"].startswith("links, and the functions that 5 scenarios entered in the run at ")
    assert impact(verified).basis.startswith("links alone")


def test_scenarios_that_name_what_changed_come_first(verified):
    evidence = read_evidence(verified.project.evidence, "verification.json", VerificationEvidence)
    every = tuple(structs.replace(result, entered=(0,)) for result in evidence.results)
    watched = structs.replace(evidence, functions=("device.door.turn",), results=every)
    write_evidence(verified.project.evidence, "verification.json", watched)
    verified.edit("device/door.py", "angle + 1", "angle + 2")
    verified.edit("requirements_spec/software/SRS-002.yaml", "be green", "be lime")
    found = json.loads(verified.run("trace", "impact", "--json").stdout)["again"]
    by = {name: {each["id"] for each in found if each["nearness"].startswith(name)} for name in ("names what c", "by")}
    assert by["names what c"] == {"door/it-is-green"}
    assert by["by"] == EVERY - HANDLE - {"door/it-is-green"}
    assert found[0]["id"] == "door/it-is-green"
    text = verified.run("trace", "impact").stdout
    assert text.index("1 names what changed, or changed itself:") < text.index("1 by shared code:")


# --- items, scenarios, steps ------------------------------------------------------------------------------------------


def test_a_changed_requirement_names_its_normative_fields(checkout):
    found = impact(checkout.edit("requirements_spec/software/SRS-001.yaml", "shall turn", "shall gently turn"))
    (item,) = found.items
    assert (item.id, item.how, item.fields, item.other) == ("SRS-001", "changed", ("text",), ())
    assert ids(found.affected) == ["SRS-001", "RC-001", "SYS-001", "HAZ-001", "UN-001"]
    assert again(found) == HANDLE


def test_a_rationale_is_not_normative_and_verifies_nothing_again(checkout):
    found = impact(checkout.edit("requirements_spec/software/SRS-001.yaml", "Doors have handles.", "They all have."))
    (item,) = found.items
    assert (item.fields, item.other) == ((), ("rationale",))
    assert again(found) == set()


def test_a_control_that_is_no_longer_effective_leads_to_its_hazard(checkout):
    found = impact(checkout.edit("requirements_spec/system/SYS-001.yaml", "A door opens.", "Any door opens."))
    assert [(each.id, each.because) for each in found.affected] == [
        ("SYS-001", "changed: criteria"),
        ("RC-001", "above SYS-001"),
        ("UN-001", "above SYS-001"),
        ("HAZ-001", "above RC-001"),
    ]


def test_a_changed_row_of_an_outline_is_run_again_and_no_other(checkout):
    found = impact(checkout.edit("verification/features/door.feature", "| 20    |", "| 30    |"))
    assert [(each.id, each.how) for each in found.scenarios] == [("door/the-handle-turns-by-angle/2", "changed")]
    assert again(found) == {"door/the-handle-turns-by-angle/2"}
    assert ids(found.affected)[0] == "SRS-001"
    assert (
        impact(
            checkout.commit().edit("verification/features/door.feature", "Feature: Doors\n", "Feature: Doors\n\n")
        ).again
        == ()
    )


STEPS = """\
from pytest_bdd import given, parsers, then, when


def _degrees(angle):
    return angle


@given("a door")
def a_door(): pass


@when(parsers.parse("the handle is turned by {angle:d}"))
def turned(angle, observe): observe(f"turned by {_degrees(angle)}")


@then(parsers.re(r"it is shown to be (good|bad)"))
def good(observe): observe("good")
"""


def test_changed_step_code_drives_the_scenarios_that_have_the_step(checkout):
    checkout.write("verification/steps/door.py", STEPS).commit()
    found = impact(checkout.edit("verification/steps/door.py", "return angle", "return angle % 360"))
    assert ids(found.steps) == ["verification.steps.door._degrees"]
    assert again(found) == {"door/the-handle-turns-by-angle/1", "door/the-handle-turns-by-angle/2"}
    assert found.affected == ()
    assert again(impact(checkout.commit().edit("verification/steps/door.py", '"good"', '"fine"'))) == EVERY


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("runtime.lock", "numpy==2.4.6", "numpy==2.4.7"),
        ("verification/test_features.py", "good, in", "fine, in"),
        ("pyproject.toml", 'version = "0.0.1"', 'version = "0.0.2"'),
    ],
)
def test_what_every_scenario_depends_on_runs_them_all(checkout, file, old, new):
    found = impact(checkout.edit(file, old, new))
    assert found.everything
    assert again(found) == EVERY


def test_what_no_scenario_depends_on_runs_none(checkout):
    checkout.write("README.md", "Doors.\n").edit("suite.lock", "jinja2==3.1.6", "jinja2==3.1.7")
    checkout.edit("pyproject.toml", "[tool.clearway.soup]", "[tool.other]\nkey = 1\n\n[tool.clearway.soup]")
    found = impact(checkout)
    assert again(found) == set()
    (dependency,) = found.dependencies
    assert (dependency.name, dependency.lock, dependency.before, dependency.after) == (
        "jinja2",
        "suite",
        "3.1.6",
        "3.1.7",
    )


# --- studies ----------------------------------------------------------------------------------------------------------

SCORE, COMPUTE = "clearway study open oak --study doors", "compute again: `clearway evaluate`"

PIPELINE = "from device import preprocessing\n\n\ndef analyze(image):\n    return preprocessing.preprocess(image)\n"

SCORES = """\
[tool.clearway.product]
entry = "pipeline.analyze"
scoring = ["pipeline", "preprocessing"]
"""


@pytest.fixture
def studied(checkout):
    study = "verification/studies/doors"
    plan = "name: doors\nkind: benchmark\nrelease: oak\ndataset: planks\n"
    checkout.write(f"{study}/plan.yaml", plan).write(f"{study}/scores.csv", "image,score\na,0.5\n")
    checkout.write(f"{study}/criteria.yaml", "- {id: CRIT-DO-1, metric: auroc}\n")
    checkout.write("device/releases/oak/release.yaml", "name: oak\nstatus: reference\nversion: 1.0.0\n")
    checkout.write("device/releases/oak/SHA256SUMS", "00  release.yaml\n")
    checkout.edit("pyproject.toml", "[tool.clearway.soup]", f"{SCORES}\n[tool.clearway.soup]")
    checkout.write("device/pipeline.py", PIPELINE)
    checkout.write(
        "device/preprocessing.py", "def preprocess(image):\n    return image\n\n\ndef other():\n    return 0\n"
    )
    checkout.write("verification/datasets/planks/manifest.csv", "image\na\n")
    checkout.write(
        "verification/evaluation/evaluate.py",
        "from verification.statistics.sums import add\n\n\ndef run():\n    return add(1, 1)\n",
    )
    checkout.write(
        "verification/statistics/sums.py", "def add(a, b):\n    return a + b\n\n\ndef unused():\n    return 0\n"
    )
    for name in ("recorded", "planned"):
        kind = "comparator" if name == "recorded" else "validation_plan"
        checkout.write(
            f"verification/studies/{name}/plan.yaml", f"name: {name}\nkind: {kind}\nrelease: oak\ndataset: planks\n"
        )
    return checkout.commit()


@pytest.mark.parametrize(
    ("file", "old", "new", "why", "then"),
    [
        ("device/preprocessing.py", "return image", "return -image", "device.preprocessing.preprocess changed", SCORE),
        ("device/releases/oak/SHA256SUMS", "00", "01", "release oak has another digest", SCORE),
        ("verification/datasets/planks/manifest.csv", "a\n", "b\n", "manifest.csv of data set planks changed", SCORE),
        ("verification/studies/doors/plan.yaml", "benchmark", "development", "plan.yaml changed", "study lock doors"),
        ("verification/studies/doors/scores.csv", "0.5", "0.6", "scores.csv changed", COMPUTE),
        ("verification/statistics/sums.py", "a + b", "a - b", "statistics.sums.add changed", COMPUTE),
    ],
)  # fmt: skip
def test_estimates_are_invalidated_with_the_reason(studied, file, old, new, why, then):
    (one,) = impact(studied.edit(file, old, new)).estimates
    assert (one.study, one.criteria) == ("doors", ("CRIT-DO-1",))
    assert why in one.why[0]
    assert then in one.then[0]


@pytest.mark.parametrize("file", ["device/preprocessing.py", "verification/statistics/sums.py"])
def test_code_that_no_estimate_comes_from_invalidates_none(studied, file):
    assert impact(studied.edit(file, "return 0", "return 1")).estimates == ()


def test_a_recorded_study_is_bound_to_the_bytes_of_its_code(studied):
    studied.write("verification/statistics/metrics.py", "A = 1\n").commit()
    (one,) = impact(studied.edit("verification/statistics/metrics.py", "A = 1", "A  =  1")).estimates
    assert one.study == "recorded"
    assert "verification/statistics/metrics.py changed" in one.why[0]
    assert "clearway evaluate recorded --record" in one.then[0]


# --- plan and questions -----------------------------------------------------------------------------------------------

PLAN = """\
title: What may change without a new submission
modifications:
  - id: MOD-1
    what: Another angle of the handle.
    symbols: [device.door.turn]
    conditions: [The handle still turns back.]
"""


def test_without_a_plan_its_boundary_is_not_applicable(checkout):
    assert impact(checkout).boundary.why == "no plan: not applicable"


def test_a_change_within_the_plan_keeps_its_boundary(checkout):
    checkout.write("requirements_spec/pccp.yaml", PLAN).commit()
    assert checkout.codes() == ["verification-missing"]
    boundary = impact(checkout.edit("device/door.py", "angle + 1", "angle + 2")).boundary
    assert (boundary.kept, boundary.under, boundary.outside) == (True, ("device.door.turn: MOD-1",), ())
    assert boundary.conditions == ("MOD-1: The handle still turns back.",)


def test_a_change_beyond_the_plan_leaves_its_boundary_and_cannot_widen_it(checkout):
    checkout.write("requirements_spec/pccp.yaml", PLAN).commit()
    checkout.edit("requirements_spec/pccp.yaml", "device.door.turn", "device.door.*")
    checkout.edit("device/door.py", "(0, 128, 0)", "(0, 129, 0)")
    assert "LEFT: 2 of 2 changes are not foreseen" in checkout.run("trace", "impact").stdout
    boundary = impact(
        checkout.edit("requirements_spec/software/SRS-001.yaml", "shall turn", "shall slowly turn")
    ).boundary
    assert (boundary.kept, boundary.outside) == (False, ("device.door.GREEN", "SRS-001", "requirements_spec/pccp.yaml"))


def test_a_plan_that_cannot_be_read_judges_nothing(checkout):
    checkout.write("requirements_spec/pccp.yaml", PLAN.replace("MOD-1", "one")).commit()
    boundary = impact(checkout.edit("device/door.py", "angle + 1", "angle + 2")).boundary
    assert boundary.kept is None
    assert "the plan cannot be read" in boundary.why


def test_before_clearance_no_question_applies(studied):
    found = impact(studied.edit("device/door.py", "angle + 1", "angle + 2"))
    assert {question.answer for question in found.questions} == {"not applicable: not cleared"}
    assert "unit of the device's code changed: device.door.turn" in found.questions[0].evidence
    studied.edit("device/releases/oak/release.yaml", "status: reference", "status: cleared")
    assert {question.answer for question in impact(studied).questions} == {"for a person to answer"}
    assert "unverified: to be confirmed at source" in studied.run("trace", "impact").stdout


# --- ranges and forms -------------------------------------------------------------------------------------------------


def test_two_commits_are_compared_without_touching_the_checkout(checkout):
    checkout.edit("device/door.py", "angle + 1", "angle + 2").commit()
    checkout.write("device/door.py", "not python (\n")
    found = impact(checkout, "HEAD~1..HEAD")
    assert ids(found.units) == ["device.door.turn"]
    assert found.unread == ()
    assert (checkout.root / "device/door.py").read_text() == "not python (\n"
    assert "device/door.py:1" in impact(checkout).unread[0]
    assert found.digest == impact(checkout, "HEAD~1..").digest
    assert re.fullmatch("[0-9a-f]{40}", found.head)


def test_a_bad_revision_is_named(checkout):
    run = checkout.run("trace", "impact", "v9..HEAD")
    assert run.returncode == 2
    assert "found 'v9', expected a commit, tag or branch of this clone" in run.stderr
    assert checkout.run("trace", "impact", "--", "--upload-pack=x..HEAD").returncode == 2


def test_a_shallow_clone_says_how_to_get_the_base(checkout, tmp_path):
    base = subprocess.run(
        ["git", "-C", checkout.root, "rev-parse", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    checkout.edit("device/door.py", "angle + 1", "angle + 2").commit()
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{checkout.root}", tmp_path / "shallow"], check=True)
    checkout.root = tmp_path / "shallow"
    run = checkout.run("trace", "impact", f"{base}..HEAD")
    assert run.returncode == 2
    assert base in run.stderr
    assert "git fetch --unshallow" in run.stderr


def test_three_dots_begin_at_the_common_ancestor(checkout):
    git(checkout.root, "checkout", "-q", "-b", "side")
    checkout.edit("device/door.py", "angle + 1", "angle + 2").commit()
    git(checkout.root, "checkout", "-q", "-")
    checkout.edit("device/door.py", "(0, 128, 0)", "(0, 129, 0)").commit()
    assert ids(impact(checkout, "HEAD...side").units) == ["device.door.turn"]
    assert ids(impact(checkout, "HEAD..side").units) == ["device.door.GREEN", "device.door.turn"]


def test_markdown_shows_what_stands_in_the_repository_as_text(checkout):
    checkout.edit("requirements_spec/software/SRS-001.yaml", "title: Handle", "title: <script>alert(1)</script>")
    text = checkout.run("trace", "impact", "--markdown").stdout
    assert text.startswith("## Impact")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "- changed SRS-001" in text


def test_run_runs_exactly_the_affected_scenarios_as_partial_evidence(checkout):
    checkout.edit("device/door.py", "angle + 1", "angle + 2")
    run = checkout.run("trace", "impact", "--run")
    assert run.returncode == 0, run.stderr
    evidence = checkout.evidence("verification.partial.json")
    assert {result["id"] for result in evidence["results"]} == HANDLE
    assert evidence["complete"] is False
    checkout.edit("verification/test_features.py", "import uuid", "assert False")
    assert checkout.run("trace", "impact", "--run").returncode == 1


def test_only_the_checkout_can_be_run(checkout):
    checkout.edit("device/door.py", "angle + 1", "angle + 2").commit()
    checkout.write("README.md", "Doors.\n").commit()
    run = checkout.run("trace", "impact", "HEAD~2..HEAD~1", "--run")
    assert run.returncode == 2
    assert "expected a range that ends at the checkout" in run.stderr
