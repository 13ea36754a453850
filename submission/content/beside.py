"""A plan beside devices of others: what it says of itself, and the words that were read of each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from submission.content.answers import Comparison
from submission.content.catalogue import ClearedDevice, Equivalence, Quoted
from submission.words.claims import compose, join_words
from submission.words.filters import total
from verification.evidence import Gap, PlanSection


@dataclass(frozen=True, slots=True)
class Line:
    """A characteristic: what the plan says of it, and what was read of it of each device, in the plan's order."""

    what: str
    ours: str
    theirs: tuple[Quoted | str | None, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """The devices that a plan is read against, and a line for each characteristic."""

    devices: tuple[ClearedDevice, ...]
    lines: tuple[Line, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the columns."""
        return ("What", "This plan", *(compose("{}, {}", one.device, one.k_number) for one in self.devices))


@total
def beside_devices(section: PlanSection, known: Iterable[ClearedDevice]) -> Beside | Gap:
    """A section of a plan that names K-numbers, with the records of these devices; a gap where one has none.

    Args:
        section: its texts are K-numbers, its first table has a row for each characteristic: what, and the plan's own.
        known: the records.
    """
    found = {one.k_number: one for one in known}
    if missing := [number for number in section.texts if number not in found]:
        reason = compose("no record was kept of {}", join_words(missing))
        return Gap(reason=reason, closes="record what was read of it in submission/devices.yaml")
    devices = tuple(found[number] for number in section.texts)
    rows: Sequence[tuple[str, str]] = section.tables[0].rows if section.tables else ()  # type: ignore[assignment]
    lines = (
        Line(what, ours, tuple(getattr(one, what.replace(" ", "_"), None) for one in devices)) for what, ours in rows
    )
    return Beside(devices, tuple(lines))


@total
def for_this_finding(comparison: Comparison | Equivalence) -> str:
    """Which devices of others are for the finding of this one, as their records say, and of which none was read."""
    named = _named(one for one in comparison.devices if one.is_for(comparison.finding))
    unread = _named(one for one in comparison.devices if one.finding is None)
    what = "Records of devices whose finding is named “{}”: {}. Of these records the finding was not read: {}."
    return compose(what, comparison.finding, named or "none", unread or "none")


def _named(devices: Iterable[ClearedDevice]) -> str:
    return join_words((compose("{}, {}", one.device, one.k_number) for one in devices), "; ")
