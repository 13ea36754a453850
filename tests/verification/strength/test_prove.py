"""Faults are tried for real, in a small checkout whose device can be imported."""

import json
import shutil
import subprocess
import threading

import pytest

from verification.strength import prove

pytestmark = pytest.mark.slow

CODE = '''\
"""Doors."""


def turn(angle):
    """Turn the handle.

    Implements: SRS-001
    """
    return angle + 1


def paint(red, green):
    """Paint the door.

    Implements: SRS-002
    """
    if red > green:
        return "red"
    return "green"
'''
STEPS = """\
from pytest_bdd import given, parsers, scenarios, then, when

from device import door

scenarios("features/door.feature")

@given("a door", target_fixture="state")
def a_door(): return {}

@when(parsers.parse("the handle is turned by {angle:d}"))
def turned(state, angle, observe):
    state["angle"], state["before"] = door.turn(angle), angle
    observe("turned")

@then("it is shown to be good")
def good(state):
    if state:
        assert state["angle"] == state["before"] + 1

@then("it is green")
def green(): assert door.paint(1, 2) == "green"
"""


@pytest.fixture(scope="session")
def _moving(pristine, tmp_path_factory):
    """A checkout with a device that runs, in which every fault was tried."""
    checkout = type(pristine)(tmp_path_factory.mktemp("moving") / "checkout")
    shutil.copytree(pristine.root, checkout.root)
    checkout.write("device/__init__.py", "").write("device/door.py", CODE)
    checkout.write("verification/test_features.py", STEPS)
    feature = "verification/features/door.feature"
    checkout.edit(
        feature, "It is green\n    Given a door\n    Then it is shown to be good", "It is green\n    Then it is green"
    )
    checkout.commit()
    run = checkout.run("trace", "prove", "--jobs", "1")
    assert run.returncode == 0, run.stdout + run.stderr
    return checkout


@pytest.fixture
def moving(_moving, tmp_path):
    shutil.copytree(_moving.root, tmp_path / "moving")
    return type(_moving)(tmp_path / "moving")


def strengths(checkout):
    return {(each.requirement, each.symbol): each for each in checkout.trace().strengths}


def issues(checkout, code):
    return [issue.message for issue in checkout.trace().issues if issue.code == code]


def test_what_scenarios_notice_is_killed_and_the_rest_survives(moving):
    found = strengths(moving)
    turn, paint = found["SRS-001", "device.door.turn"], found["SRS-002", "device.door.paint"]
    assert (turn.killed, turn.survived, turn.scenarios) == (3, 0, 3)
    assert [(each.line, each.before, each.after) for each in paint.mutants] == [
        (17, "if red > green:", "if red >= green:"),
        (18, 'return "red"', 'return "Xred"'),
    ]
    assert (paint.killed, paint.survived) == (2, 2)


def test_the_checkout_gets_a_record_and_nothing_else(moving):
    command = ["git", "-C", str(moving.root), "status", "--porcelain"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "?? verification/strength.json\n"


def test_survivors_are_an_issue_and_are_shown(moving):
    (message,) = issues(moving, "strength-below-aim")
    assert "SRS-002: 50% of the faults were noticed, the aim is 80%" in message
    assert message.endswith(": not in device/door.py:17, device/door.py:18")  # no code: a document may print it
    text = moving.run("trace", "SRS-002").stdout
    assert "executed and fault-sensitive" in text
    assert "device.door.paint  2 of 4 faults noticed (50%) by 1 scenarios; 2 survived" in text
    assert 'survived   device/door.py:18  return "red" → return "Xred"' in text
    assert "SRS-001  3 of 3 faults noticed (100%) by 3 scenarios" in moving.run("trace", "device.door.turn").stdout


def test_a_sharper_step_notices_them(moving):
    moving.edit(
        "verification/test_features.py",
        'assert door.paint(1, 2) == "green"',
        "\\\n    assert [door.paint(1, n) for n in (0, 1, 2)] == ['red', 'green', 'green']",
    )
    moving.edit("verification/features/door.feature", "  Scenario: It is green", "  Scenario: It is green and calm")
    assert "survived" not in moving.run("trace", "prove", "SRS-002").stdout
    assert strengths(moving)["SRS-002", "device.door.paint"].survived == 0
    assert issues(moving, "strength-below-aim") == []


def test_an_assertion_less_lets_faults_survive(moving):
    moving.edit("verification/test_features.py", "assert state", "state")
    moving.edit("verification/features/door.feature", "  Scenario: The handle turns back", "  Scenario: It turns back")
    moving.run("trace", "prove", "device.door.turn")
    assert strengths(moving)["SRS-001", "device.door.turn"].killed < 3


def test_what_still_fits_is_not_tried_again(moving):
    before = (moving.root / "verification/strength.json").read_bytes()
    moving.edit(
        "device/door.py", "    return angle + 1", "    # one degree more\n\n    return (angle +\n            1)"
    )
    run = moving.run("trace", "prove")
    assert (run.returncode, run.stdout) == (0, "")
    assert "nothing to try" in run.stderr
    assert (moving.root / "verification/strength.json").read_bytes() == before


def test_a_changed_constant_makes_its_symbol_stale_and_no_other(moving):
    moving.edit("device/door.py", "angle + 1", "1 + angle")
    assert issues(moving, "strength-stale") == [
        "SRS-001: code, scenarios or steps changed since faults were tried in device.door.turn"
    ]
    assert ("SRS-001", "device.door.turn") not in strengths(moving)
    run = moving.run("trace", "prove", "--json")
    assert [json.loads(line)["symbol"] for line in run.stdout.splitlines()] == ["device.door.turn"]
    assert issues(moving, "strength-stale") == []


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        (
            "verification/features/door.feature",
            "Then it is green",
            "Then it is green\n    And it is green",
            {"SRS-002"},
        ),
        ("verification/features/door.feature", "  Scenario: It is green", "\n\n  Scenario: It is green", set()),
        ("verification/test_features.py", "door.paint(1, 2)", "door.paint(0, 2)", {"SRS-002"}),
        ("verification/test_features.py", 'parse("the handle', 'parse(r"the handle', set()),
        ("verification/steps/more.py", "", "STEP = 1", set()),
    ],
)
def test_a_scenario_is_bound_by_its_text_and_steps_by_their_code(moving, file, old, new, stale):
    moving.edit(file, old, new) if old else moving.write(file, new)
    assert {each.partition(":")[0] for each in issues(moving, "strength-stale")} == stale


def test_lines_are_those_of_the_code_as_it_is(moving):
    moving.edit("device/door.py", '"""Doors."""', '"""Doors."""\n\n# painted or not\n')
    assert [each.line for each in strengths(moving)["SRS-002", "device.door.paint"].mutants] == [20, 21]


def test_a_link_that_was_never_tried_is_an_issue_of_its_requirement(checkout):
    assert sorted(issues(checkout, "strength-missing")) == [
        "SRS-001: no fault was ever tried in device.door.turn",
        "SRS-002: no fault was ever tried in device.door.GREEN",
    ]


def test_what_one_requirement_misses_another_of_the_symbol_may_notice(moving):
    moving.edit("device/door.py", "Implements: SRS-001", "Implements: SRS-001, SRS-002")
    moving.run("trace", "prove", "SRS-001")
    found = strengths(moving)
    both = found["SRS-001", "device.door.turn"], found["SRS-002", "device.door.turn"]
    assert [(each.killed, each.elsewhere, each.survived) for each in both] == [(3, 0, 0), (0, 3, 0)]
    assert "SRS-002: its scenarios notice no fault in device.door.turn, which claim to implement it" in issues(
        moving, "strength-below-aim"
    )


def test_while_another_requirement_of_the_symbol_is_stale_no_fault_counts_as_unnoticed(moving):
    """SRS-002 notices nothing in the handle; that SRS-001 does is not known while it is stale."""
    moving.edit("device/door.py", "Implements: SRS-001", "Implements: SRS-001, SRS-002")
    moving.run("trace", "prove", "SRS-001")
    moving.edit("verification/features/door.feature", "| handle |", "| knob   |")
    stale = issues(moving, "strength-stale")
    assert any(each.startswith("SRS-001: code, scenarios or steps changed since") for each in stale)
    assert any(each.startswith("SRS-002: what it did not notice in device.door.turn may be noticed") for each in stale)
    assert not any("device.door.turn" in each for each in issues(moving, "strength-below-aim"))
    assert ("SRS-002", "device.door.turn") not in strengths(moving)


def test_a_fault_that_hangs_or_kills_the_process_counts_as_noticed(moving, monkeypatch):
    monkeypatch.setattr(prove, "PATIENCE_SECONDS", 1.0)
    code = """\
    while angle < 0:
        angle += 1
    if angle > 1000:
        os.abort()
    if angle > 2000:
        raise KeyboardInterrupt
    return angle + 1"""
    moving.edit("device/door.py", "    return angle + 1", code).edit(
        "device/door.py", '"""Doors."""', '"""Doors."""\nimport os'
    )
    moving.edit("verification/features/door.feature", "      | 20    |", "      | 20    |\n      | 0     |")
    moving.run("trace", "prove", "SRS-001")
    found = strengths(moving)["SRS-001", "device.door.turn"]
    survived = {each.after for each in found.mutants}
    assert "if angle <= 1000:" not in survived  # the process aborts
    assert "if angle <= 2000:" not in survived  # pytest is interrupted
    assert "while angle >= 0:" not in survived  # the loop has no end
    assert "while angle <= 0:" not in survived  # 0 becomes 1


def test_a_fault_that_cannot_be_imported_is_noticed(moving):
    moving.edit(
        "device/door.py",
        '    return "green"\n',
        '    return "green"\n\n\nSHADES = {"a": 1}["a"]\n"""Shades.\n\nImplements: SRS-002\n"""\n',
    )
    moving.run("trace", "prove", "device.door.SHADES")
    found = strengths(moving)["SRS-002", "device.door.SHADES"]
    assert found.killed == 2
    assert [each.after for each in found.mutants] == ['SHADES = {"a": 2}["a"]']


def test_scenarios_that_fail_without_a_fault_show_nothing(moving):
    before = (moving.root / "verification/strength.json").read_bytes()
    moving.edit("device/door.py", "angle + 1", "angle + 2")
    run = moving.run("trace", "prove")
    assert run.returncode == 1
    assert "without any fault, these fail: door/the-handle-turns-by-angle/1" in run.stderr
    assert (moving.root / "verification/strength.json").read_bytes() == before


def test_what_was_tried_before_an_interruption_is_kept(moving):
    (moving.root / "verification/strength.json").unlink()
    links = prove.read_links(moving.project)
    work = list(prove.find_work(links))
    running = prove.prove(links, work, 2, lambda done, total: None)
    (first,) = next(running)
    running.close()
    assert [each.symbol.id for each in work] == ["device.door.turn", "device.door.paint"]
    assert first.symbol == "device.door.turn"
    assert [each.symbol.id for each in prove.find_work(links)] == ["device.door.paint"]


def test_a_process_that_lost_the_signal_to_end_still_ends(moving, tmp_path):
    ground = prove._Ground(moving.project, tmp_path)
    (tmp_path / "tree/deaf.py").write_text("import signal\n\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n")
    assert ground.ask(["deaf"]) == 1
    closing = threading.Thread(target=ground.close, daemon=True)
    closing.start()
    closing.join(60)
    ended = ground.process.poll()
    ground.process.kill()
    assert ended == 0


def test_an_unknown_name_suggests_near_ones(moving):
    run = moving.run("trace", "prove", "SRS-003")
    assert run.returncode == 2
    assert "SRS-003: no code and scenarios; did you mean SRS-001 or SRS-002?" in run.stderr


def exemption(after, before="if red > green:", symbol="device.door.paint"):
    return f"- {{symbol: {symbol}, before: '{before}', after: '{after}', reason: Both are green.}}\n"


def test_an_exemption_awaits_review(moving):
    moving.write("verification/equivalents.yaml", exemption("if red >= green:"))
    found = strengths(moving)["SRS-002", "device.door.paint"]
    assert (found.killed, found.equivalent, found.survived) == (2, 1, 1)
    assert "1 equivalent, awaiting review" in moving.run("trace", "SRS-002").stdout
    assert issues(moving, "exemption-unused") == []


@pytest.mark.parametrize(
    "unused",
    [exemption("if red <= green:"), exemption("if red == green:"), exemption("pass", symbol="device.door.open")],
)
def test_an_exemption_of_what_is_noticed_or_does_not_exist_is_an_issue(moving, unused):
    moving.write("verification/equivalents.yaml", exemption("if red >= green:") + unused)
    (issue,) = (each for each in moving.trace().issues if each.code == "exemption-unused")
    assert issue.where == "verification/equivalents.yaml:2"


def test_an_exemption_without_a_reason_counts_for_nothing(moving):
    moving.write("verification/equivalents.yaml", "- {symbol: device.door.paint, before: a, after: b}\n")
    assert issues(moving, "item-missing-key") == ["0 lacks reason"]
    assert strengths(moving)["SRS-002", "device.door.paint"].survived == 2


def test_a_damaged_record_is_an_issue_and_counts_for_nothing(moving):
    moving.write("verification/strength.json", "[{]")
    assert strengths(moving) == {}
    assert len(issues(moving, "strength-unreadable")) == 1
    assert len(issues(moving, "strength-missing")) == 2
