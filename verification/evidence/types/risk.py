"""The risk file: hazards, what controls them, and the policy that they are judged by."""

from __future__ import annotations

from verification.evidence.types.items import LinkStatus
from verification.evidence.types.record import Record

__all__ = ["DocumentationLevel", "Hazard", "RarerHarm", "RiskControl", "RiskPolicy"]


class RarerHarm(Record, frozen=True):
    """A harm of a hazard that is worse than the one it states, and rarer; controls change how rare it is alone."""

    harm: str
    severity: int
    probability_of_harm: int
    residual_probability_of_harm: int


class Hazard(Record, frozen=True):
    """The chain of ISO 14971, clause 5: hazard, sequence of events, hazardous situation, harm. Scales are 1 to 5.

    The probability of a software failure is taken as 1: `probability_of_harm` is the probability that the hazardous
    situation, once there, leads to harm. `acceptability` is the matrix's worse word of this harm and the `rarer` one.

    `residual_why` says why the residual is not shown, since it counts on controls of which some are not shown to be
    implemented and effective; it is empty where all are. `benefit_risk` is what stands in place of a control.
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
    rarer: RarerHarm | None = None
    residual_why: str = ""
    benefit_risk: str | None = None


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
