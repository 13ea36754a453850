"""Known anomalies and deviations: which failures they account for, without making them anything but failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verification.evidence import (
    Anomaly,
    Deviation,
    Issue,
    ItemKind,
    Meaning,
    ResultStatus,
    Severity,
)
from verification.graph.link import Sources
from verification.sources.scenarios import Scenario
from verification.specification.hints import near
from verification.specification.items import Entry


def find_anomalies(sources: Sources) -> Iterator[Anomaly]:
    """Yield every recorded anomaly, with the failures that it excuses."""
    excused = find_excused(sources)
    for entry in sources.items.of(ItemKind.ANOMALY):
        own = tuple(scenario for scenario, anomaly in excused.items() if anomaly == entry.id)
        yield Anomaly(**_fields(entry, Anomaly) | {"excuses": own})


def find_deviations(sources: Sources) -> Iterator[Deviation]:
    """Yield every recorded deviation from the protocol."""
    for entry in sources.items.of(ItemKind.DEVIATION):
        yield Deviation(**_fields(entry, Deviation))


def find_excused(sources: Sources) -> dict[str, str]:
    """The scenarios whose failure does not block, each with the anomaly that accounts for it.

    The anomaly is approved as it stands, names the scenario and every requirement that the scenario verifies; and no
    risk control rests on the scenario.
    """
    approved = [
        entry
        for entry in sources.items.of(ItemKind.ANOMALY)
        if entry.id in sources.reviews and Meaning.APPROVED in sources.reviews[entry.id].meanings
    ]
    return {
        scenario.id: entry.id
        for scenario in sources.scenarios
        for entry in approved
        if _has_failed(sources, scenario) and _accounts_for(entry, scenario) and scenario.id not in sources.controlled
    }


def find_why_not_excused(sources: Sources, scenario: Scenario) -> Iterator[str]:
    """Say of each anomaly that names a requirement of a failed scenario why it does not excuse the failure."""
    for entry in sources.items.of(ItemKind.ANOMALY):
        review = sources.reviews.get(entry.id)
        if not set(entry.ids("requirements")) & set(scenario.requirements):
            continue
        if not _accounts_for(entry, scenario):
            yield f"{entry.id} does not name {scenario.id} and all that it verifies"
        elif review is None or Meaning.APPROVED not in review.meanings:
            yield f"{entry.id} is not approved as it stands"
        elif scenario.id in sources.controlled:
            yield f"{entry.id} cannot excuse it: a risk control rests on {scenario.id}"


def find_scenario_issues(sources: Sources) -> Iterator[Issue]:
    """Yield an advisory issue for each scenario that an anomaly or a deviation names and that is not there."""
    known = {scenario.id for scenario in sources.scenarios}
    for entry in sources.items.of(ItemKind.ANOMALY, ItemKind.DEVIATION):
        for place, target in entry.targets("scenarios"):
            if target not in known:
                yield Issue(
                    code="scenario-unknown", severity=Severity.ADVISORY, where=entry.document.where(*place),
                    message=f"{entry.id} names the scenario {target}, which does not exist", hint=near(target, known),
                )  # fmt: skip


def _has_failed(sources: Sources, scenario: Scenario) -> bool:
    """Whether the device was seen to differ; a step without code or a fault of the bench is no finding about it."""
    result = sources.proof.results.get(scenario.id)
    return result is not None and result.status is ResultStatus.FAILED


def _accounts_for(entry: Entry, scenario: Scenario) -> bool:
    named = {target for key in ("scenarios", "requirements") for target in entry.ids(key)}
    return {scenario.id, *scenario.requirements} <= named


def _fields(entry: Entry, kind: type[Anomaly | Deviation]) -> dict[str, Any]:
    """The fields of the record that the file states; its lists as tuples."""
    stated = {key: entry.value[key] for key in kind.__struct_fields__ if key in entry.value}
    return {key: tuple(value) if isinstance(value, list) else value for key, value in stated.items()}
