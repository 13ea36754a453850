"""Collects every scenario of every feature file."""

from pathlib import Path

from pytest_bdd import scenarios

pytest_plugins = (
    "verification.steps.bench",
    "verification.steps.given",
    "verification.steps.when",
    "verification.steps.then",
    "verification.steps.reports",
)

scenarios(str(Path(__file__).parent / "features"))
