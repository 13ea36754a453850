"""Every sentence of the feature files is one step's: of two that match it, pytest-bdd runs what the alphabet says."""

import msgspec

from verification.evidence import find_project
from verification.sources.bindings import find_functions
from verification.sources.scenarios import read_scenarios
from verification.sources.units import read_units


def test_every_sentence_is_matched_by_exactly_one_step():
    project = find_project()
    units, (scenarios, _) = read_units(project, "verification/steps/**/*.py"), read_scenarios(project)
    sentences = {
        step.text: msgspec.structs.replace(scenario, steps=(step,)) for scenario in scenarios for step in scenario.steps
    }
    assert len(sentences) > 400
    matching = {text: list(find_functions(units, [alone])) for text, alone in sentences.items()}
    assert {text: steps for text, steps in matching.items() if len(steps) != 1} == {}
