"""The risk file: hazards, what controls them, and the policy that they are judged by."""

from __future__ import annotations

from verification.evidence.types.items import LinkStatus
from verification.evidence.types.record import Record

__all__ = ["DocumentationLevel", "Hazard", "RiskControl", "RiskPolicy"]


class Hazard(Record, frozen=True):
    """The chain of ISO 14971, clause 5: hazard, sequence of events, hazardous situation, harm. Scales are 1 to 5.

    The probability of a software failure is taken as 1: `probability_of_harm` is the probability that the hazardous
    situation, once there, leads to harm.
    """

    id: str
    title: str
    hazard: str
    sequence_of_events: tuple[str, ...]
    hazardous_situation: str
    harm: str
    severity: int
    probability_of_harm: int
    acceptability: str
    controls: tuple[str, ...]
    residual_severity: int
    residual_probability_of_harm: int
    residual_acceptability: str
    disclosed: str | None


class RiskControl(Record, frozen=True):
    """A measure against hazards. Implemented is one question, effective another; each has its evidence or a gap."""

    id: str
    title: str
    text: str
    kind: str
    hazards: tuple[str, ...]
    requirements: tuple[str, ...]
    implemented: LinkStatus
    implemented_why: str
    effective: LinkStatus
    effective_why: str


class RiskPolicy(Record, frozen=True, tag=True):
    """The acceptability matrix: rows severity 1 to 5, columns probability 1 to 5; for malice, exploitability 1 to 5."""

    severities: tuple[str, ...]
    probabilities: tuple[str, ...]
    matrix: tuple[tuple[str, ...], ...]
    assumptions: tuple[str, ...]
    exploitabilities: tuple[str, ...] = ()


class DocumentationLevel(Record, frozen=True, tag=True):
    """Basic or Enhanced, computed from the hazards before any control, with the reasons."""

    level: str
    why: str
    hazards: tuple[str, ...]
