"""Whether a change of a cleared device's software needs a new submission: the questions, with the evidence at hand.

After FDA, Deciding When to Submit a 510(k) for a Software Change to an Existing Device (2017), in our own words and
from memory: unverified, to be confirmed at source. People answer; nothing is answered here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from verification.changes.differences import Differences, shorten
from verification.changes.impact_record import Affected, Invalidated, Question
from verification.evidence import ItemKind

UNVERIFIED = (
    "questions in our own words, unverified: to be confirmed at source (FDA, Deciding When to Submit a 510(k) for a "
    "Software Change to an Existing Device, 2017)"
)
NOT_CLEARED = "not applicable: not cleared"
OPEN = "for a person to answer"

_BEFORE_CLEARANCE = ("reference", "candidate")
_REQUIREMENTS = (ItemKind.USER_NEED, ItemKind.SYSTEM_REQUIREMENT, ItemKind.SOFTWARE_REQUIREMENT)


def ask(
    found: Differences, affected: Iterable[Affected], estimates: Iterable[Invalidated], statuses: Mapping[str, str]
) -> Iterator[Question]:
    """Yield each question; `statuses` are those of the releases, by name: before any clearance none applies."""
    cleared = any(status not in _BEFORE_CLEARANCE for status in statuses.values())
    hazards = [each.id for each in affected if each.kind is ItemKind.HAZARD]
    controls = [each.id for each in affected if each.kind is ItemKind.RISK_CONTROL]
    dependencies = [f"{one.name} {one.before} → {one.after}" for one in found.dependencies if one.lock == "runtime"]
    code = _count("unit of the device's code changed", [each.id for each in found.units])
    releases = _count("release changed", [each.name for each in found.releases])
    asked = (
        ("1", "Does it only strengthen cybersecurity, and change nothing else?",
         [code, _count("runtime dependency changed", dependencies)]),
        ("2", "Does it only return the device to its cleared specification?",
         [_changed(found, *_REQUIREMENTS), _changed(found, ItemKind.ANOMALY)]),
        ("3a", "Does it bring a new risk of significant harm, or change one, that the cleared device does not control?",
         [_changed(found, ItemKind.HAZARD), _count("hazard lies above what changed", hazards)]),
        ("3b", "Does it need a new or changed control of a risk of significant harm?",
         [_changed(found, ItemKind.RISK_CONTROL), _count("risk control lies above what changed", controls)]),
        ("4", "Could it significantly change clinical functionality or performance that the intended use rests on?",
         [releases, _count("study's estimates invalidated", [each.study for each in estimates])]),
        ("5", "Is it of a kind that the guidance treats further (infrastructure, architecture, core algorithm, "
         "clarified requirement, appearance)?", [code, releases, _changed(found, *_REQUIREMENTS)]),
    )  # fmt: skip
    for identity, text, evidence in asked:
        yield Question(id=identity, text=text, answer=OPEN if cleared else NOT_CLEARED, evidence=tuple(evidence))


def _changed(found: Differences, *kinds: ItemKind) -> str:
    names = [each.id for each in found.items if each.kind in kinds and each.fields]
    what = "requirement" if len(kinds) > 1 else kinds[0].value.replace("_", " ")
    return _count(f"{what} changed in a normative field", names)


def _count(what: str, names: list[str]) -> str:
    return f"{what}: {shorten(names) or 'none'}"
