"""What each scenario enters is seen, and what a claim says is held against it; code that serves nothing is named."""

import shutil

import pytest

pytestmark = pytest.mark.slow

STEPS = "verification/test_features.py"

DOOR = '''\
"""Doors."""

import functools


def turn(angle):
    """Turn the handle.

    Implements: SRS-001
    """
    return _push(angle)


def _push(angle):
    return angle + 1


def look():
    """Show the color.

    Implements: SRS-002
    """
    return GREEN


GREEN = (0, 128, 0)
"""The color.

Implements: SRS-002
"""


class Bell:
    def ring(self):
        def sound():
            return "ring"

        return sound


def hang():
    return "hung"


def unhang():
    return "gone"


@functools.lru_cache
def weigh():
    return 40


@functools.lru_cache(maxsize=None)
def oil(): return "oiled"


def list_parts():
    return ["handle"]


PARTS = list_parts()
'''

FEATURE = """\
Feature: Watched

  Scenario: turns
    When it is run: turn(1)

  Scenario: only looks
    When it is run: look()

  Scenario: has a door for its own
    Given a door that is hung

  Scenario: weighs once
    When it is run: weigh()

  Scenario: weighs again
    When it is run: weigh()

  Scenario: oils
    When it is run: oil()

  Scenario: rings
    When it is run: Bell().ring()()

  Scenario: holds a bell that nobody rings
    When it is run: Bell().ring()

  Scenario: turns and fails
    When it is run: turn(1) / 0

  Scenario: is skipped after it looked
    When it is run: look() and pytest.skip("no more")

  Scenario: turns in a process of its own
    When another process runs: turn(1)

  Scenario: is killed in a process of its own
    When another process runs: turn(os.kill(os.getpid(), 9))
"""

WATCHED_STEPS = """\
import importlib.util, os, shutil, subprocess, sys
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, scenarios, when

scenarios("features/watched.feature")

PATH = Path(__file__).parents[1] / "device" / "door.py"
LOAD = "import importlib.util, os\\nspec = importlib.util.spec_from_file_location('door', {path!r})\\n"
LOAD += "door = importlib.util.module_from_spec(spec)\\nspec.loader.exec_module(door)\\n"
spec = importlib.util.spec_from_file_location("door", PATH)
door = sys.modules["door"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(door)

@pytest.fixture
def hung():
    door.hang()
    yield
    door.unhang()

@given("a door that is hung")
def given_hung(hung): pass

@when(parsers.parse("it is run: {code}"))
def run(code, observe):
    eval(code, {**vars(door), "pytest": pytest})
    observe(f"in {shutil.get_terminal_size().columns} columns")

@when(parsers.parse("another process runs: {code}"))
def run_elsewhere(code):
    subprocess.run([sys.executable, "-c", LOAD.format(path=str(PATH)) + f"door.{code}"])
"""


def watched_copy(pristine, root):
    checkout = type(pristine)(root)
    shutil.copytree(pristine.root, checkout.root)
    (checkout.root / "verification/features/door.feature").unlink()
    checkout.write("device/door.py", DOOR)
    checkout.write("verification/features/watched.feature", FEATURE).write(STEPS, WATCHED_STEPS)
    return checkout.commit()


@pytest.fixture(scope="module")
def watched(pristine, tmp_path_factory):
    checkout = watched_copy(pristine, tmp_path_factory.mktemp("watched") / "checkout")
    checkout.run("verify")
    return checkout


@pytest.fixture(scope="module")
def entered(watched):
    evidence = watched.evidence()
    assert evidence["functions"] == sorted(evidence["functions"])
    return {
        result["id"]: {evidence["functions"][place].removeprefix("device.door.") for place in result["entered"]}
        for result in evidence["results"]
    }


@pytest.mark.parametrize(
    ("scenario", "functions"),
    [
        ("turns", {"turn", "_push"}),
        ("only-looks", {"look"}),
        ("has-a-door-for-its-own", {"hang", "unhang"}),
        ("weighs-once", {"weigh"}),
        ("weighs-again", {"weigh"}),
        ("oils", {"oil"}),
        ("rings", {"Bell.ring"}),
        ("holds-a-bell-that-nobody-rings", {"Bell.ring"}),
        ("turns-and-fails", {"turn", "_push"}),
        ("is-skipped-after-it-looked", {"look"}),
        ("turns-in-a-process-of-its-own", {"turn", "_push"}),
        ("is-killed-in-a-process-of-its-own", set()),
    ],
)
def test_a_scenario_enters_what_runs_from_its_set_up_to_its_teardown(entered, scenario, functions):
    assert entered[f"watched/{scenario}"] == functions


def test_what_runs_when_the_device_is_imported_is_entered_by_no_scenario(watched, entered):
    evidence = watched.evidence()
    assert [evidence["functions"][place] for place in evidence["on_import"]] == ["device.door.list_parts"]
    assert not any("list_parts" in functions for functions in entered.values())


def test_a_second_run_elsewhere_gives_the_same_bytes(watched, pristine, tmp_path, monkeypatch):
    again = watched_copy(pristine, tmp_path / "again")
    monkeypatch.setenv("COLUMNS", "173")  # a scenario observes the help of a command, which is as wide as a terminal
    again.run("verify")
    here, there = (each.root / "build/evidence/verification.json" for each in (watched, again))
    assert here.read_bytes() == there.read_bytes()


def test_alone_a_scenario_enters_what_it_enters_among_others(watched, entered):
    watched.run("verify", "--only", "watched/weighs-again")
    evidence = watched.evidence("verification.partial.json")
    (result,) = evidence["results"]
    assert {evidence["functions"][place] for place in result["entered"]} == {"device.door.weigh"}


# --- claims -----------------------------------------------------------------------------------------------------------


def link_of(checkout, source, target):
    return next(link for link in checkout.trace().links if (link.source, link.target) == (source, target))


def test_a_claim_is_shown_by_the_scenarios_that_enter_it(verified):
    link = link_of(verified, "device.door.turn", "SRS-001")
    assert (link.status, link.why) == ("covers", "entered by 3 of its 3 scenarios")
    assert link_of(verified, "device.door.GREEN", "SRS-002").why.startswith("no function names it")
    link = link_of(verified, "door/a-door-opens", "SYS-001")
    assert link.why == "door/a-door-opens passed; it enters 1 of 2 symbols of SYS-001"
    assert "code      device/door.py:6  device.door.turn  (entered by 3 of its 3 scenarios)" in "".join(
        verified.run("trace", "SRS-001").stdout
    )


def test_a_constant_is_shown_by_the_functions_that_name_it(checkout):
    user = '\n\ndef _paint():\n    return SHADES["first"]\n\n\nSHADES = {"first": GREEN}\n'
    checkout.write("device/door.py", (checkout.root / "device/door.py").read_text() + user)
    checkout.edit(STEPS, "door().turn(0)", "door().turn(0), 'green' in str(tmp_path) and door()._paint()").commit()
    assert checkout.run("verify").returncode == 0
    assert link_of(checkout, "device.door.GREEN", "SRS-002").why == "entered by 1 of its 1 scenario"
    checkout.edit(STEPS, "door()._paint()", "door()").commit()
    assert checkout.run("verify").returncode == 0
    link = link_of(checkout, "device.door.GREEN", "SRS-002")
    assert (link.status, link.why) == ("unproven", "device.door.GREEN is entered by none of its 1 scenario")


def test_a_claim_whose_scenarios_never_enter_it_is_unproven_and_blocks(checkout):
    checkout.edit(STEPS, "door().turn(0)", "door()").commit()
    assert checkout.run("verify").returncode == 0
    why = "device.door.turn is entered by none of its 3 scenarios"
    link, item = link_of(checkout, "device.door.turn", "SRS-001"), checkout.item("SRS-001")
    assert (link.status, link.why) == (item.status, item.why) == ("unproven", why)
    assert checkout.item("SYS-001").status == checkout.item("RC-001").status == "unproven"
    (issue,) = [issue for issue in checkout.trace().issues if issue.severity == "blocking"]
    assert (issue.code, issue.where) == ("link-unproven", "device/door.py:6")
    assert issue.message == f"device.door.turn implements SRS-001: {why}"
    verifies = link_of(checkout, "door/the-handle-turns-back", "SRS-001/AC2")
    assert (verifies.status, verifies.why) == (
        "unproven",
        "door/the-handle-turns-back enters none of the code of SRS-001",
    )
    assert checkout.codes("advisory").count("scenario-unproven") == 4
    assert why in checkout.run("trace", "SRS-001").stdout


def test_a_scenario_that_enters_none_of_the_code_is_advisory_at_its_line(checkout):
    checkout.edit(STEPS, "door().turn(0)", "'back' in str(tmp_path) or door().turn(0)").commit()
    assert checkout.run("verify").returncode == 0
    assert checkout.codes() == []
    assert link_of(checkout, "device.door.turn", "SRS-001").why == "entered by 2 of its 3 scenarios"
    (issue,) = [issue for issue in checkout.trace().issues if issue.code == "scenario-unproven"]
    assert issue.where == "verification/features/door.feature:20"


def test_evidence_that_was_not_watched_proves_no_claim(verified):
    import msgspec

    from tests.verification.graph.test_link import rewrite
    from verification.evidence import read_evidence
    from verification.evidence.types import VerificationEvidence

    evidence = read_evidence(verified.project.evidence, "verification.json", VerificationEvidence)
    rewrite(verified, results=tuple(msgspec.structs.replace(each, entered=None) for each in evidence.results))
    link = link_of(verified, "device.door.turn", "SRS-001")
    assert (link.status, link.why) == ("unproven", "what its 3 scenarios enter was not watched")
    assert set(verified.codes()) == {"link-unproven"}


def test_what_runs_on_import_is_shown_without_being_entered(checkout):
    made = '"""A table.\n\n    Implements: SRS-001\n    """\n    return 7\n\n\nTABLE = make()\n'
    checkout.write("device/table.py", f"def make():\n    {made}")
    load = "import runpy\nrunpy.run_path(str(Path(__file__).parents[1] / 'device' / 'table.py'))\nscenarios("
    checkout.edit(STEPS, "scenarios(", load).commit()
    assert checkout.run("verify").returncode == 0
    link = link_of(checkout, "device.table.make", "SRS-001")
    assert (link.status, link.why) == ("covers", "runs when the device is imported, before its 3 scenarios")


# --- code that nothing asks for ---------------------------------------------------------------------------------------

UNASKED = '''\
from __future__ import annotations

from device import door
from device.parts import Part, _join as join, announce

WORDS = {"open": "_said"}


def open_wide(part: Part) -> str:
    """Open.

    Implements: SRS-001
    """
    announce()
    return _say(join(part)) + door.creak()


def _say(text):
    return text + CALLS[0]()


def _never_called(angle):
    return 1


def called_by_name():
    return 2


def _third():
    return 3


CALLS = [_third]
'''

PARTS = """\
class Part:
    def weight(self):
        return _measure(self)


class Unused:
    def method(self):
        return 1


def _measure(part):
    return 1


def _join(part):
    return ""


def announce():
    return None
"""


@pytest.fixture
def unasked(checkout):
    return checkout.write("device/unasked.py", UNASKED).write("device/parts.py", PARTS)


def unspecified(checkout):
    return {item.id for item in checkout.trace().items if item.status == "unspecified"}


def test_what_claimed_code_uses_is_specified_and_what_is_public_says_so_itself(unasked):
    found = unspecified(unasked)
    assert found == {
        "device.unasked._never_called", "device.unasked.called_by_name", "device.parts.Unused", "device.parts.announce"
    }  # fmt: skip
    issues = [issue for issue in unasked.trace().issues if issue.code == "code-unspecified"]
    assert {issue.severity for issue in issues} == {"advisory"}
    assert ("device/parts.py:6", "the class device.parts.Unused serves no requirement") in {
        (issue.where, issue.message) for issue in issues
    }


def test_a_helper_serves_what_uses_it_serves(unasked):
    from verification.graph.specified import read_code
    from verification.sources.scan import scan
    from verification.specification.reading import read_items

    code = read_code(unasked.project, read_items(unasked.project), scan(unasked.project)[0])
    for helper in ("unasked._say", "unasked._third", "parts._join", "parts._measure", "parts.Part.weight"):
        assert code.serves[f"device.{helper}"] == {"SRS-001"}, helper
    assert code.serves["device.door.GREEN"] == {"SRS-002"}


def test_code_in_a_module_that_claims_is_specified(checkout):
    checkout.write("device/whole.py", '"""All of it.\n\nImplements: SRS-001\n"""\n\n\ndef public():\n    return 1\n')
    assert unspecified(checkout) == set()


def test_infrastructure_is_declared_with_a_reason(unasked):
    file = "requirements_spec/infrastructure.yaml"
    unasked.write(file, "- {code: device.parts.*, reason: Spare.}\n- {code: device.windows.*, reason: Planned.}\n")
    assert unspecified(unasked) == {"device.unasked._never_called", "device.unasked.called_by_name"}
    (issue,) = [issue for issue in unasked.trace().issues if issue.code.startswith("infrastructure")]
    assert (issue.where, issue.message) == (f"{file}:2", "device.windows.* is no code of the device")


def test_code_is_declared_infrastructure_once(unasked):
    file = "requirements_spec/infrastructure.yaml"
    unasked.write(file, "- {code: device.parts.*, reason: Spare.}\n- {code: device.parts.*, reason: Kept.}\n")
    (issue,) = [issue for issue in unasked.trace().issues if issue.code.startswith("infrastructure")]
    assert (issue.code, issue.where) == ("infrastructure-doubled", f"{file}:2")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("- code: device.parts.*\n", "item-missing-key", 1),
        ("- {code: device.parts.*, reason: Spare.}\n- {code: parts, reason: Spare.}\n", "item-malformed", 2),
        ("- {code: device.parts.*, reason: Spare., owner: none}\n", "item-unknown-key", 1),
        ("0\n", "item-malformed", 1),
        ("code: [\n", "yaml-unreadable", 2),
    ],
)
def test_a_declaration_that_cannot_be_read_declares_nothing(unasked, text, code, line):
    unasked.write("requirements_spec/infrastructure.yaml", text)
    assert "device.parts.Unused" in unspecified(unasked)
    (issue,) = [issue for issue in unasked.trace().issues if "infrastructure.yaml" in issue.where]
    assert (issue.code, issue.severity, issue.where) == (
        code, "blocking", f"requirements_spec/infrastructure.yaml:{line}"
    )  # fmt: skip


def test_nothing_of_our_own_code_is_unspecified(project_root):
    from verification.evidence import Project
    from verification.graph.specified import find_code_issues, read_code
    from verification.sources.scan import scan
    from verification.specification.reading import read_items

    project = Project(project_root)
    code = read_code(project, read_items(project), scan(project)[0])
    assert len(code.units) > 100
    assert list(find_code_issues(code)) == []
