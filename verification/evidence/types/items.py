"""Items of the trace, the links between them, and how far each is covered."""

from __future__ import annotations

from enum import StrEnum

from verification.evidence.types.record import Record
from verification.evidence.types.reviews import Review

__all__ = ["DOWNWARD", "Criterion", "Item", "ItemKind", "Link", "LinkStatus", "Method"]


class ItemKind(StrEnum):
    """What an item of the trace graph is."""

    USER_NEED = "user_need"
    SYSTEM_REQUIREMENT = "system_requirement"
    SOFTWARE_REQUIREMENT = "software_requirement"
    HAZARD = "hazard"
    RISK_CONTROL = "risk_control"
    ANOMALY = "anomaly"
    DEVIATION = "deviation"
    CHANGE = "change"
    THREAT = "threat"
    SYMBOL = "symbol"
    SCENARIO = "scenario"
    STUDY_CRITERION = "study_criterion"
    DOCUMENT_SECTION = "document_section"


class Method(StrEnum):
    """How a criterion is verified."""

    TEST = "test"
    ANALYSIS = "analysis"
    INSPECTION = "inspection"
    DEMONSTRATION = "demonstration"


class LinkStatus(StrEnum):
    """Whether something is covered is not a yes or no.

    `other_release` is of what a study of another release shows, which decides nothing for the release of the trace.
    """

    COVERS = "covers"
    FAILED = "failed"
    NOT_RUN = "not_run"
    STALE = "stale"
    UNREVIEWED = "unreviewed"
    SUSPECT = "suspect"
    ORPHANED = "orphaned"
    UNPROVEN = "unproven"
    UNSPECIFIED = "unspecified"
    GAP = "gap"
    OTHER_RELEASE = "other_release"


class Criterion(Record, frozen=True):
    """One acceptance criterion of a requirement, and where it stands.

    `scenarios` verify it by test; `studied` are the criteria of studies that show it by analysis.
    """

    id: str
    text: str
    method: Method
    status: LinkStatus
    why: str
    scenarios: tuple[str, ...]
    studied: tuple[str, ...] = ()


class Item(Record, frozen=True):
    """A node of the trace graph. `status` sums up what its links show; `why` says it in words."""

    id: str
    kind: ItemKind
    title: str
    text: str
    rationale: str | None
    source_clause: str | None
    file: str
    line: int
    criteria: tuple[Criterion, ...]
    safety_related: bool
    digest: str
    status: LinkStatus
    why: str
    review: Review = Review()


DOWNWARD = ("controlled_by", "implemented_by", "shown_by")
"""Relations of a link whose source stands above its target; of all others the target stands above the source."""


class Link(Record, frozen=True):
    """An edge, from the item that claims it to the item it claims: `source` `relation` `target`."""

    source: str
    target: str
    relation: str
    status: LinkStatus
    why: str
