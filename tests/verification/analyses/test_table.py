"""The table of analyses: whatever is asked is registered, fits the material, and is printed by the section it names."""

import ast
import re
from pathlib import Path
from typing import get_type_hints

import msgspec
import numpy as np
import pytest

from verification import analyses
from verification.analyses.frame import state_analysis
from verification.analyses.table import ANALYSES, Registered
from verification.estimation.estimates import Cases, Digests, Setting
from verification.estimation.material import Material
from verification.evidence import RecordedAnalyses, Role, find_project

ROOM = Path(analyses.__file__).parent
TEMPLATES = ROOM.parents[1] / "submission" / "templates"
NAMES = [one.answer.__name__ for one in ANALYSES]


def find_functions():
    """Yield where each public function of the room that answers a question stands, and its name."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("analyse_"):
                yield f"verification/analyses/{path.relative_to(ROOM)}:{node.lineno}", node.name


def test_every_analysis_is_in_the_table():
    known = {*NAMES, "analyse_out_of_scope"}  # that one is asked at an opening: its labels are not the project's
    found = list(find_functions())
    assert len(found) > len(NAMES)
    assert [f"{where}: {name} is in no line of table.py" for where, name in found if name not in known] == []
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("one", ANALYSES, ids=NAMES)
def test_what_an_analysis_needs_are_parts_of_the_material(one):
    properties = {name for name, value in vars(Material).items() if isinstance(value, property)}
    parts = {*get_type_hints(Material), *properties}
    assert one.needs
    for name in one.needs:
        assert name in parts, f"{one.answer.__name__}: {name} is no part of a study's material: {', '.join(parts)}"


def print_of(section):
    """The text of a template below an anchor, to the next heading of its level."""
    name, _, anchor = section.partition("#")
    text = (TEMPLATES / name).read_text()
    if not anchor:
        return text
    _, level, rest = re.split(rf'<h([23]) id="{re.escape(anchor)}">', text, maxsplit=1)
    return re.split(rf"<h[2-{level}] ", rest, maxsplit=1)[0]


@pytest.mark.parametrize("one", ANALYSES, ids=NAMES)
def test_the_section_prints_each_kind_that_an_analysis_yields(one):
    text = print_of(one.section)
    assert one.yields
    for identity, role in one.yields.items():
        ways = (f'"{role.value}"', f'with_id("{identity}")', f'one("{identity}")', "| by_role")
        groups = role is Role.SUBGROUP and '| unless("subgroup"' in text
        assert groups or any(way in text for way in ways), f"{one.section} prints no {role.value} ({identity})"


def test_what_is_not_registered_is_refused_with_the_place_to_enter_it():
    setting = Setting(10, 1, "a made-up reference", Digests("none", "none"))

    def analyse_made_up(setting):
        cases = Cases(np.array([0, 1]), np.array([0.1, 0.9]), np.array(["a", "b"]), 0.5)
        return state_analysis(
            cases, setting, Role.CONTEXT, identity="made-up", title="", score="", statement="", estimates=()
        )

    asked = Registered(analyse_made_up, {"made-up": Role.CONTEXT}, "performance_report.html#context")
    material = Material(None, setting)
    assert [one.id for one in asked.ask(material)] == ["made-up"]
    other = Registered(analyse_made_up, {"made-up": Role.PRIMARY}, "performance_report.html#context")
    with pytest.raises(TypeError, match=r"analyse_made_up yields “made-up” of kind context; .*analyses/table\.py"):
        list(other.ask(material))


def test_a_study_that_lacks_a_part_is_not_asked():
    def analyse_made_up(perturbed, rule=None):
        raise AssertionError("asked without the part")

    asked = Registered(analyse_made_up, {}, "")
    assert asked.needs == ("perturbed", "rule")
    assert list(asked.ask(Material(None, None))) == []


@pytest.mark.parametrize("name", ["adult-nih-comparator", "nih-label-agreement"])
def test_every_analysis_that_was_recorded_is_registered_with_its_kind(name):
    path = find_project().root / "verification" / "studies" / name / "recorded.json"
    record = msgspec.json.decode(path.read_bytes(), type=RecordedAnalyses)
    registered = {(identity, role) for one in ANALYSES for identity, role in one.yields.items()}
    assert record.analyses
    assert {(one.id, one.role) for one in record.analyses} <= registered
