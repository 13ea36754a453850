"""The security file: threats, the data-flow diagram that they were asked of, and what is said to each question."""

from __future__ import annotations

from enum import StrEnum

from msgspec import field

from verification.evidence.types.items import LinkStatus
from verification.evidence.types.record import Gap, NotApplicable, Record

__all__ = [
    "Boundary",
    "DataFlow",
    "FlowDiagram",
    "FlowElement",
    "Security",
    "SecurityAnswer",
    "SecurityView",
    "Stride",
    "StrideCell",
    "Threat",
    "UseCase",
]


class Stride(StrEnum):
    """The six kinds of threats that are asked of each element of a data-flow diagram."""

    SPOOFING = "spoofing"
    TAMPERING = "tampering"
    REPUDIATION = "repudiation"
    INFORMATION_DISCLOSURE = "information_disclosure"
    DENIAL_OF_SERVICE = "denial_of_service"
    ELEVATION_OF_PRIVILEGE = "elevation_of_privilege"


class Threat(Record, frozen=True):
    """A way in which somebody could make the device harm or fail. Exploitability is a step of a scale, 1 to 5.

    `severity` is that of the worst hazard that it can lead to, None where it leads to none; acceptability is that of
    severity and exploitability. `open` is what neither control nor requirement answers.
    """

    id: str
    title: str
    text: str
    elements: tuple[str, ...]
    stride: tuple[Stride, ...]
    ai: str | None
    many_patients: bool
    hazards: tuple[str, ...]
    controls: tuple[str, ...]
    requirements: tuple[str, ...]
    host: str | None
    open: Gap | None
    severity: int | None
    exploitability: int
    acceptability: str
    residual_exploitability: int
    residual_acceptability: str
    status: LinkStatus
    why: str


class FlowElement(Record, frozen=True):
    """A box of the data-flow diagram; `kind` is external, process or store; `row` is its place, from the top.

    `set_aside` says why a kind of threat that would be asked of it does not apply.
    """

    id: str
    kind: str
    title: str
    text: str
    boundary: str
    row: int
    set_aside: dict[str, str] = field(default_factory=dict)


class DataFlow(Record, frozen=True):
    """An arrow of the data-flow diagram."""

    id: str
    source: str
    target: str
    title: str
    set_aside: dict[str, str] = field(default_factory=dict)


class Boundary(Record, frozen=True):
    """A trust boundary: who rules what lies inside it."""

    id: str
    title: str
    text: str


class StrideCell(Record, frozen=True):
    """What answers one kind of threat for one element: threats, or the reason why it does not apply; else a gap."""

    element: str
    stride: Stride
    threats: tuple[str, ...]
    set_aside: str | None


class FlowDiagram(Record, frozen=True, tag=True):
    """The data-flow diagram, boundaries from left to right; its cells are what STRIDE asks and what answers it."""

    boundaries: tuple[Boundary, ...]
    elements: tuple[FlowElement, ...]
    flows: tuple[DataFlow, ...]
    cells: tuple[StrideCell, ...]


class SecurityAnswer(Record, frozen=True):
    """What is said to a question of security, and the items that show it. Where nothing is, `gap` says so."""

    id: str
    title: str
    text: str | None
    refs: tuple[str, ...]
    gap: Gap | NotApplicable | None


class SecurityView(Record, frozen=True):
    """An architecture view: statements, each with the elements and items that it is about."""

    id: str
    title: str
    statements: tuple[SecurityAnswer, ...]


class UseCase(Record, frozen=True):
    """A security use case: who does what, and what the device does at each step."""

    id: str
    title: str
    actor: str
    steps: tuple[str, ...]
    refs: tuple[str, ...]


class Security(Record, frozen=True, tag=True):
    """The security file: architecture views and use cases, answers to the control categories, tests, plan."""

    views: tuple[SecurityView, ...]
    use_cases: tuple[UseCase, ...]
    control_categories: tuple[SecurityAnswer, ...]
    testing: tuple[SecurityAnswer, ...]
    plan: tuple[SecurityAnswer, ...]
