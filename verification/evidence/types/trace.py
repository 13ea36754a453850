"""`trace.json`: items, links and risk, in one piece of evidence."""

from __future__ import annotations

from verification.evidence.types.changes import Anomaly, Change, Deviation
from verification.evidence.types.items import Item, Link
from verification.evidence.types.record import Gap, Issue, Record, Source
from verification.evidence.types.results import Strength
from verification.evidence.types.reviews import ReviewLine
from verification.evidence.types.risk import DocumentationLevel, Hazard, RiskControl, RiskPolicy
from verification.evidence.types.security import FlowDiagram, Security, Threat

__all__ = ["TraceEvidence"]


class TraceEvidence(Record, frozen=True):
    """`trace.json`. `records` are the lines of the review record, `strengths` what deliberate faults showed.

    `release` is the one whose studies decide what criteria of studies show; if it is empty, all studies do.
    """

    source: Source
    items: tuple[Item, ...]
    links: tuple[Link, ...]
    hazards: tuple[Hazard, ...]
    controls: tuple[RiskControl, ...]
    policy: RiskPolicy | Gap
    documentation_level: DocumentationLevel | Gap
    anomalies: tuple[Anomaly, ...]
    issues: tuple[Issue, ...]
    deviations: tuple[Deviation, ...] = ()
    changes: tuple[Change, ...] = ()
    strengths: tuple[Strength, ...] = ()
    records: tuple[ReviewLine, ...] = ()
    threats: tuple[Threat, ...] = ()
    data_flow: FlowDiagram | Gap = Gap(reason="there is no data-flow diagram", closes="write risk/dataflow.yaml")
    security: Security | Gap = Gap(reason="there is no security file", closes="write risk/security.yaml")
    release: str = ""
