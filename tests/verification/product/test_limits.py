"""The figures in the texts of requirements of the gate are the limits that the gate has."""

import re
from pathlib import Path

import pytest
import yaml

import device

FOLDER = Path(__file__).resolve().parents[3] / "requirements_spec/software"
CLINICAL, RESEARCH = (device.LIMITS[intake] for intake in (device.Intake.CLINICAL, device.Intake.RESEARCH))


@pytest.mark.parametrize(
    ("name", "rule", "limits"),
    [
        (
            "SRS-008",
            r"bits stored are not (\S+) to (\S+) of (\S+) bits allocated",
            (CLINICAL.bits_stored[0], CLINICAL.bits_stored[-1], CLINICAL.bits_allocated),
        ),
        (
            "SRS-009",
            r"shorter side is below (\S+) pixels or whose longer side is above (\S+) pixels",
            (CLINICAL.shortest_side, CLINICAL.longest_side),
        ),
        (
            "SRS-014",
            r"span less than (\S+) of their range .* at least (\S+) % of its pixels",
            (device.LEAST_CONTRAST, 100 * device.MOST_AT_AN_END),
        ),
        (
            "SRS-037",
            r"images of (\S+) bits with a shorter side of at least (\S+) pixels",
            (RESEARCH.bits_allocated, RESEARCH.shortest_side),
        ),
    ],
)
def test_a_requirement_states_the_limits_that_the_gate_has(name: str, rule: str, limits: tuple[float, ...]) -> None:
    stated = re.search(rule, yaml.safe_load((FOLDER / f"{name}.yaml").read_text())["text"])
    assert stated, f"{name} states its limits in other words"
    assert tuple(map(float, stated.groups())) == pytest.approx(limits)
