"""What departed from what was expected or planned, and what was changed on purpose."""

from __future__ import annotations

from verification.evidence.types.record import Record

__all__ = ["Anomaly", "Change", "Deviation"]


class Anomaly(Record, frozen=True):
    """A known, unresolved departure from what was expected.

    `scenarios` are those that fail by it; `excuses` those of them whose failure does not block, since a person has
    approved the anomaly as it stands and no risk control rests on the scenario. They stay failed.
    """

    id: str
    title: str
    found_in: str
    observed: str
    expected: str
    requirements: tuple[str, ...]
    hazards: tuple[str, ...]
    assessment: str
    security_assessment: str
    workaround: str
    disposition: str
    versions: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    excuses: tuple[str, ...] = ()


class Deviation(Record, frozen=True):
    """A departure of a run from the approved protocol: what was planned, what was done, and what that does to it."""

    id: str
    title: str
    scenarios: tuple[str, ...]
    planned: str
    done: str
    reason: str
    effect: str
    disposition: str


class Change(Record, frozen=True):
    """A change of the device under control (IEC 62304, 8.2): why, what it touches, what was verified again, decided."""

    id: str
    title: str
    reason: str
    base: str
    head: str
    impact_digest: str
    requirements: tuple[str, ...]
    scenarios: tuple[str, ...]
    verified: str | None
    risk_file_reviewed: str | None
    decision: str | None
