"""Every sentence of the feature files is one step's: of two that match it, pytest-bdd runs what the alphabet says."""

import re

import msgspec

from verification.evidence import find_project
from verification.sources.bindings import find_functions
from verification.sources.scenarios import read_scenarios
from verification.sources.units import read_units
from verification.steps.bench import counted


def test_every_sentence_is_matched_by_exactly_one_step():
    project = find_project()
    units, (scenarios, _) = read_units(project, "verification/steps/**/*.py"), read_scenarios(project)
    sentences = {
        step.text: msgspec.structs.replace(scenario, steps=(step,)) for scenario in scenarios for step in scenario.steps
    }
    assert len(sentences) > 400
    matching = {text: list(find_functions(units, [alone])) for text, alone in sentences.items()}
    assert {text: steps for text, steps in matching.items() if len(steps) != 1} == {}


AFTER_ONE = re.compile(r"(?<![\d.,/-])\b1 ((?!and )\w+ )??(\w+s)\b")
"""One of several: "1 reports", "1 unreadable files"."""

SINGULAR = {"as", "does", "has", "is", "shows", "this", "was"}


def test_a_sentence_names_one_thing_in_the_singular():
    """What the test report prints of a scenario reads as English, whatever numbers its rows hold."""
    scenarios, _ = read_scenarios(find_project())
    sentences = {step.text for scenario in scenarios for step in scenario.steps}
    plural = {text for text in sentences for found in AFTER_ONE.finditer(text) if found[2] not in SINGULAR}
    assert plural == {'its reason says "PatientAge of 1 years"'}  # the device's own words


def test_an_observation_counts_one_thing_in_the_singular():
    assert [counted(number, "report") for number in (0, 1, 2)] == ["0 reports", "1 report", "2 reports"]
