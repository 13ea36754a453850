"""Every way in which a scenario can fail to be a clean pass, run for real in a checkout of its own."""

import shutil

import pytest

pytestmark = pytest.mark.slow

FAULTS = """\
Feature: Faults

  Scenario: passes
    Given fine

  Scenario: fails
    Given fine
    When it fails
    Then fine

  Scenario: lacks a definition
    Given fine
    When nobody wrote this step
    Then fine

  Scenario: breaks in set-up
    Given fine

  Scenario: breaks in teardown
    Given fine

  @skip
  Scenario: is skipped by a tag
    Given fine

  Scenario: is skipped by a step
    Given fine
    When it is skipped

  @xfail
  Scenario: is expected to fail
    When it fails

  @xfail
  Scenario: passes against expectation
    Given fine

  Scenario: has a namesake
    Given fine

  Scenario: has a namesake
    When it fails

  Scenario: has no steps

  Scenario Outline: has no rows <n>
    Given fine

    Examples:
      | n |

  Scenario Outline: repeats a row <n>
    Given fine

    Examples:
      | n |
      | 1 |

    @SRS-001
    Examples: more
      | n |
      | 1 |
      | 2 |

  @SRS-404
  Scenario: names what does not exist
    Given fine

  Scenario Outline: has no examples <x>
    Given fine

  Scenario Outline: has a name of no column <n>
    Given <m> doors are open

    Examples:
      | n |
      | 1 |

  Scenario: has a step that nothing awaits
    Given nobody awaits it

  Scenario: calls what nothing awaits
    Given it calls what nobody awaits

  Scenario: has a sentence of two definitions
    Given it is said twice

  Scenario: has a sentence that two patterns match
    Given 3 doors are open

  Scenario: fails in a thread
    Given a thread fails

  Scenario: leaves a thread behind
    Given a thread goes on
"""

STEPS = """\
import threading
import time

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

scenarios("features/faults.feature", "features/unparsable")

@pytest.fixture(autouse=True)
def breaks(request):
    assert "setup" not in request.node.name.replace("_", ""), "no set-up"
    yield
    assert "teardown" not in request.node.name, "no teardown"

@given("fine")
@then("fine")
def fine(observe): observe("seen to be fine")

@when("it fails")
def fails(tmp_path): assert "open" == "shut", f"at {tmp_path}"

@when("it is skipped")
def skipped(): pytest.skip("no reason")

async def opens(): assert "open" == "shut"

@given("nobody awaits it")
async def unawaited(): assert "open" == "shut"

@given("it calls what nobody awaits")
def calls(): opens()

@given("it is said twice")
def first(): assert "open" == "shut"

@given("it is said twice")
def second(): pass

@given(parsers.parse("{number:d} doors are open"))
def many(number): assert number == 2

@given(parsers.parse("{what} are open"))
def some(what): pass

@given("a thread fails")
def in_thread():
    thread = threading.Thread(target=fails, args=("nowhere",))
    thread.start()
    thread.join()

@given("a thread goes on")
def goes_on(): threading.Thread(target=time.sleep, args=(8,), daemon=True, name="slow").start()
"""

UNBOUND = """\
Feature: Unbound
  Background:
    Given fine
  Rule: of some weight
    @SRS-001/AC1
    Scenario: nobody binds it
      Then fine
        \"\"\"
        a text
        \"\"\"
"""


@pytest.fixture(scope="module")
def faults(pristine, tmp_path_factory):
    checkout = type(pristine)(tmp_path_factory.mktemp("faults") / "checkout")
    shutil.copytree(pristine.root, checkout.root)
    checkout.write("verification/features/faults.feature", FAULTS)
    checkout.write("verification/features/unbound.feature", UNBOUND)
    checkout.write("verification/features/broken.feature", "Feature: Broken\n  Scenario: x\n    Given a\n  nonsense\n")
    checkout.write("verification/test_features.py", STEPS.replace(', "features/unparsable"', ""))
    return checkout.commit(), checkout.run("verify")


@pytest.fixture(scope="module")
def results(faults):
    return {result["id"]: result for result in faults[0].evidence()["results"]}


@pytest.mark.parametrize(
    ("scenario", "status"),
    [
        ("faults/passes", "passed"),
        ("faults/fails", "failed"),
        ("faults/lacks-a-definition", "undefined"),
        ("faults/breaks-in-set-up", "error"),
        ("faults/breaks-in-teardown", "error"),
        ("faults/is-skipped-by-a-tag", "skipped"),
        ("faults/is-skipped-by-a-step", "skipped"),
        ("faults/is-expected-to-fail", "xfailed"),
        ("faults/passes-against-expectation", "xpassed"),
        ("faults/has-a-namesake", "not_run"),  # pytest-bdd keeps the last of one name
        ("faults/has-a-namesake~2", "failed"),
        ("faults/has-no-steps", "undefined"),
        ("faults/has-no-rows-n", "undefined"),
        ("faults/repeats-a-row-n/1", "passed"),
        ("faults/repeats-a-row-n/2", "passed"),
        ("faults/repeats-a-row-n/3", "passed"),
        ("faults/has-no-examples-x", "undefined"),
        ("faults/has-a-name-of-no-column-n/1", "undefined"),
        ("faults/has-a-step-that-nothing-awaits", "error"),
        ("faults/calls-what-nothing-awaits", "failed"),
        ("faults/has-a-sentence-of-two-definitions", "error"),
        ("faults/has-a-sentence-that-two-patterns-match", "error"),
        ("faults/fails-in-a-thread", "failed"),
        ("faults/leaves-a-thread-behind", "failed"),
        ("unbound/nobody-binds-it", "not_run"),
        ("door/a-door-opens", "not_run"),
    ],
)
def test_each_outcome_has_its_own_status(results, scenario, status):
    assert results[scenario]["status"] == status


def test_nothing_but_passes_would_be_good(faults):
    assert faults[1].returncode == 1
    assert "not run  unbound/nobody-binds-it" in faults[1].stdout


TOLD = [
    "passed   Given fine",
    "           observed: seen to be fine",
    "failed   When it fails",
    "AssertionError: at <tmp>/test_fails0",
]


def test_who_ran_it_reads_step_by_step_why_a_scenario_failed(faults):
    lines = [line.strip(" ") if "observed" not in line else line[4:] for line in faults[1].stdout.splitlines()]
    first = next(n for n, line in enumerate(lines) if line.startswith("failed  faults/fails "))
    assert "verification/features/faults.feature:6" in lines[first]
    assert lines[first + 1 : first + 4] == TOLD[:3]
    assert lines[first + 4] == "not run  Then fine"
    assert lines[first + 5].startswith(TOLD[3])
    assert "with n = 1" in lines


def test_a_scenario_is_shown_with_what_its_last_run_observed(faults):
    said = faults[0].run("trace", "faults/fails").stdout
    for line in TOLD:
        assert line in said
    assert "observed: seen to be fine" in faults[0].run("trace", "faults/passes").stdout


def test_every_scenario_and_row_of_the_files_appears_once(faults, results):
    assert len(results) == len(faults[0].evidence()["results"]) == 25 + 1 + 5


def test_a_step_that_is_no_evidence_says_why(results):
    """By itself pytest-bdd passes each of them."""
    said = {name.removeprefix("faults/"): each["message"] for name, each in results.items() if each["message"]}
    assert "unawaited (verification/test_features.py:" in said["has-a-step-that-nothing-awaits"]
    assert "nothing awaits it, and it would pass without running" in said["has-a-step-that-nothing-awaits"]
    assert "<coroutine object opens" in said["calls-what-nothing-awaits"]
    twice = said["has-a-sentence-of-two-definitions"]
    assert "Given it is said twice: 2 definitions match it, of which one would run unseen: first (" in twice
    assert "second (" in twice
    assert "many (" in said["has-a-sentence-that-two-patterns-match"]
    assert "at nowhere" in said["fails-in-a-thread"]
    assert "slow: a thread of the scenario still runs behind its last step" in said["leaves-a-thread-behind"]
    assert "<m> stands for no column" in said["has-a-name-of-no-column-n/1"]
    steps = results["faults/has-a-sentence-of-two-definitions"]["steps"]
    assert [step["status"] for step in steps] == ["error"]


def test_steps_say_how_far_the_scenario_got(results):
    steps = results["faults/fails"]["steps"]
    assert [step["status"] for step in steps] == ["passed", "failed", "not_run"]
    assert steps[0]["observed"] == "seen to be fine"
    assert [step["status"] for step in results["faults/lacks-a-definition"]["steps"]] == [
        "passed",
        "undefined",
        "not_run",
    ]
    assert [step["status"] for step in results["faults/breaks-in-set-up"]["steps"]] == ["not_run"]


def test_the_message_says_why_without_naming_this_machine(faults, results):
    message = results["faults/fails"]["message"]
    assert "at <tmp>/test_fails0" in message
    assert "verification/test_features.py" in message
    assert str(faults[0].root) not in str(results)
    assert "no teardown" in results["faults/breaks-in-teardown"]["message"]
    assert results["faults/is-skipped-by-a-step"]["message"].endswith("no reason")


def test_tags_background_rule_and_argument_belong_to_the_scenario(results):
    unbound = results["unbound/nobody-binds-it"]
    assert unbound["requirements"] == ["SRS-001"]
    assert unbound["criteria"] == ["SRS-001/AC1"]
    assert [step["text"] for step in unbound["steps"]] == ["fine", "fine"]
    assert unbound["steps"][1]["docstring"] == "a text"
    assert results["faults/repeats-a-row-n/1"]["requirements"] == []
    assert results["faults/repeats-a-row-n/3"]["requirements"] == ["SRS-001"]
    assert results["faults/repeats-a-row-n/3"]["example"] == {"n": "2"}


def test_what_is_wrong_with_the_files_is_an_issue_at_its_line(faults):
    issues = {(issue["code"], issue["where"]) for issue in faults[0].evidence()["issues"]}
    line = {text: number for number, text in enumerate(FAULTS.splitlines(), start=1)}
    file = "verification/features/faults.feature"
    for text in (
        "  Scenario Outline: has no rows <n>",
        "  Scenario Outline: has no examples <x>",
        "  Scenario: has no steps",
    ):
        assert ("scenario-empty", f"{file}:{line[text]}") in issues
    assert ("scenario-duplicate", f"{file}:{line['  Scenario: has a namesake']}") in issues
    assert ("feature-syntax", "verification/features/broken.feature:4") in issues
    assert "row-duplicate" in {code for code, _ in issues}


def test_a_module_that_cannot_be_collected_leaves_its_scenarios_not_run(checkout):
    checkout.edit("verification/test_features.py", "from pytest_bdd", "import nowhere\nfrom pytest_bdd").commit()
    assert checkout.run("verify").returncode == 1
    evidence = checkout.evidence()
    assert {result["status"] for result in evidence["results"]} == {"not_run"}
    assert "nowhere" in evidence["issues"][0]["message"]


def test_what_a_crash_leaves_is_kept_and_the_rest_is_not_run(checkout):
    checkout.edit(
        "verification/test_features.py",
        "def turned(angle, observe): ",
        "def turned(angle, observe): import os; os._exit(9); ",
    )
    assert checkout.commit().run("verify").returncode == 1
    evidence = checkout.evidence()
    status = {result["id"]: result["status"] for result in evidence["results"]}
    assert status["door/the-handle-turns-by-angle/1"] == "not_run"
    assert "status 9" in evidence["issues"][0]["message"]
    assert evidence["complete"] is True  # complete in what it lists; nothing that did not run has passed


def test_a_selection_is_partial_and_leaves_the_complete_evidence_alone(verified):
    before = (verified.root / "build/evidence/verification.json").read_bytes()
    record = (verified.root / "build/evidence/verify.run.json").read_bytes()
    assert verified.run("verify", "--only", "SRS-001/AC2", "--only", "door/it-is-green").returncode == 0
    assert (verified.root / "build/evidence/verify.run.json").read_bytes() == record
    assert verified.evidence("verify.partial.run.json")["command"][2] == "--only"
    partial = verified.evidence("verification.partial.json")
    assert [result["id"] for result in partial["results"]] == ["door/the-handle-turns-back", "door/it-is-green"]
    assert partial["complete"] is False
    assert partial["selection"] == ["SRS-001/AC2", "door/it-is-green"]
    assert (verified.root / "build/evidence/verification.json").read_bytes() == before
    assert "verification.partial.json" not in verified.evidence("manifest.json")


def test_plain_pytest_records_too_but_never_as_complete(verified):
    import os
    import subprocess
    import sys

    environment = {**os.environ, "PYTHONPATH": str(verified.root)}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "verification.scenarios.plugin", "-m", "SRS-001", "verification"],
        cwd=verified.root, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 of 5 scenarios passed" in run.stdout
    partial = verified.evidence("verification.partial.json")
    assert partial["complete"] is False
    assert [result["status"] for result in partial["results"]] == ["not_run"] * 3 + ["passed", "not_run"]


def test_the_same_commit_elsewhere_gives_the_same_bytes(verified, checkout):
    assert checkout.run("verify").returncode == 0
    here, there = (each.root / "build/evidence/verification.json" for each in (checkout, verified))
    assert here.read_bytes() == there.read_bytes()


def test_a_digest_is_of_what_a_scenario_says_not_of_where(checkout):
    from verification.sources.scenarios import read_scenarios

    def digests():
        return {each.id: each.digest for each in read_scenarios(checkout.project)[0]}

    before = digests()
    checkout.edit("verification/features/door.feature", "Feature: Doors\n", "# a remark\nFeature: Doors\n\n")
    assert digests() == before
    checkout.edit("verification/features/door.feature", "| handle |", "| hinge  |")
    assert {name for name in before if digests()[name] != before[name]} == {"door/the-handle-turns-back"}
    checkout.edit("verification/features/door.feature", "| 20 ", "| 21 ")
    assert digests()["door/the-handle-turns-by-angle/1"] == before["door/the-handle-turns-by-angle/1"]
    assert digests()["door/the-handle-turns-by-angle/2"] != before["door/the-handle-turns-by-angle/2"]


def outcome(checkout, **changes):
    """What a run of the first scenario records when all is well, with some of it changed."""
    from verification.evidence import ResultStatus
    from verification.scenarios.verify import Outcome, StepOutcome
    from verification.sources.scenarios import read_scenarios

    scenario = read_scenarios(checkout.project)[0][0]
    step = StepOutcome(status=ResultStatus.PASSED, observed="")
    values = {"status": ResultStatus.PASSED, "message": None, "steps": (step, step)} | changes
    return scenario, Outcome(file=scenario.file, line=scenario.defined_at, row=scenario.row, **values)


def test_a_pass_of_which_not_every_step_was_seen_is_an_error(checkout):
    from verification.scenarios.verify import combine

    scenario, whole = outcome(checkout)
    assert combine([scenario], (whole,))[0].status == "passed"
    _, short = outcome(checkout, steps=whole.steps[:1])
    (result,) = combine([scenario], (short,))
    assert (result.status, result.message) == ("error", "1 of its 2 steps were seen to pass")


def test_a_scenario_that_ran_twice_takes_the_worse_outcome(checkout):
    from verification.evidence import ResultStatus
    from verification.scenarios.verify import combine

    scenario, good = outcome(checkout)
    _, bad = outcome(checkout, status=ResultStatus.SKIPPED, message="no reason")
    assert combine([scenario], (good, bad))[0].status == combine([scenario], (bad, good))[0].status == "skipped"
