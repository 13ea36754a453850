"""The list of sentences holds every step that there is, at its place, and finds one by words."""

import json
from collections import Counter

import pytest

from verification.evidence import find_project
from verification.sources.bindings import UNREAD, find_sentences
from verification.sources.scenarios import read_scenarios

STEPS = "verification/test_features.py"


def test_every_step_of_the_feature_files_is_a_use_of_one_sentence():
    project = find_project()
    scenarios, _ = read_scenarios(project)
    used = Counter(use for each in find_sentences(project, scenarios) for use in each.used)
    assert used == Counter({step.text for scenario in scenarios for step in scenario.steps})


def test_a_sentence_is_told_with_its_place_its_work_and_its_uses(checkout):
    checkout.edit(
        STEPS, "def turned(angle, observe): observe", 'def turned(angle, observe):\n    "Turn it."\n    observe'
    )
    line = (checkout.root / STEPS).read_text().splitlines().index(
        '@when(parsers.parse("the handle is turned by {angle:d}"))'
    ) + 1  # fmt: skip
    run = checkout.run("steps", "HANDLE", "turn")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == [
        "When   the handle is turned by {angle:d}",
        f"       {STEPS}:{line}  Turn it.",
        "       as: the handle is turned by 10",
        "       as: the handle is turned by 20",
    ]
    (said,) = map(json.loads, checkout.run("steps", "--json", "turned").stdout.splitlines())
    assert said == {
        "keyword": "when", "text": "the handle is turned by {angle:d}", "does": "Turn it.", "file": STEPS, "line": line,
        "used": ["the handle is turned by 10", "the handle is turned by 20"],
    }  # fmt: skip


def test_without_words_all_are_told(checkout):
    run = checkout.run("steps")
    assert [line for line in run.stdout.splitlines() if not line.startswith(" ")] == [
        "Given  a door", "When   the handle is turned by {angle:d}", "Then   it is shown to be good",
    ]  # fmt: skip


def test_words_that_no_sentence_holds_are_told_so(checkout):
    run = checkout.run("steps", "door", "window")
    assert (run.returncode, run.stdout) == (1, "")
    assert "no sentence holds door and window" in run.stderr


@pytest.mark.parametrize("text", ["FRONT + 'door'", "parsers.parse(FRONT + 'door')"])
def test_a_sentence_that_is_no_text_in_the_code_is_told_as_such(checkout, text):
    checkout.edit(STEPS, '@given("a door")', f"FRONT = 'a '\n\n@given({text})")
    assert f"Given  {UNREAD}" in checkout.run("steps").stdout.splitlines()


def test_many_uses_are_cut_short_and_those_with_the_words_come_first(checkout):
    rows = "".join(f"      | {number}    |\n" for number in range(30, 90, 10))
    checkout.edit("verification/features/door.feature", "      | 20    |\n", f"      | 20    |\n{rows}")
    lines = checkout.run("steps", "turned", "70").stdout.splitlines()
    assert lines[2:] == [
        "       as: the handle is turned by 70", "       as: the handle is turned by 10",
        "       as: the handle is turned by 20", "       and 5 more",
    ]  # fmt: skip
