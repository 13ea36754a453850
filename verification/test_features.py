"""Collects every scenario of every feature file."""

from pathlib import Path

from pytest_bdd import scenarios

pytest_plugins = (
    "verification.steps.bench",
    "verification.steps.given.headers",
    "verification.steps.given.pixels",
    "verification.steps.given.encodings",
    "verification.steps.given.elements",
    "verification.steps.given.files",
    "verification.steps.given.folders",
    "verification.steps.given.published",
    "verification.steps.given.research",
    "verification.steps.given.releases",
    "verification.steps.given.process",
    "verification.steps.given.network",
    "verification.steps.given.outlets",
    "verification.steps.when",
    "verification.steps.when_network",
    "verification.steps.then.one_file",
    "verification.steps.then.many_files",
    "verification.steps.then.scores",
    "verification.steps.then.run",
    "verification.steps.then.files",
    "verification.steps.then.reports",
    "verification.steps.then.product",
    "verification.steps.then.network",
    "verification.steps.then.outlets",
)

scenarios(str(Path(__file__).parent / "features"))
