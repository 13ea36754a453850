"""What a product does as a node of the network, from its own tables: services, statuses, associations, keys."""

from __future__ import annotations

from verification.evidence.types.record import Record

__all__ = [
    "AssociationRefusal",
    "AssociationTerm",
    "NetworkService",
    "NetworkStatus",
    "NodeInterfaces",
    "NodeParameter",
    "RecordLine",
    "RegisteredUid",
]


class RegisteredUid(Record, frozen=True):
    """A UID of the standard and its name there."""

    uid: str
    name: str


class NetworkService(Record, frozen=True):
    """A service by one operation; each class goes with each transfer syntax, the preferred one first.

    `role` is SCP or SCU, `opener` who opens the association, `occasion` when it is used.
    """

    name: str
    operation: str
    role: str
    opener: str
    sop_classes: tuple[RegisteredUid, ...]
    transfer_syntaxes: tuple[RegisteredUid, ...]
    occasion: str


class NetworkStatus(Record, frozen=True):
    """A status of a response, and what is told of it: when the node sends it, or what it does when a peer sends it.

    `code` is in hexadecimal digits; None for every code that has no line of its own.
    """

    place: str
    sender: str
    code: str | None
    kind: str
    meaning: str
    told: str


class AssociationTerm(Record, frozen=True):
    """What is agreed on in an association: where the node accepts it, and where it opens it."""

    name: str
    accepting: str
    opening: str


class AssociationRefusal(Record, frozen=True):
    """How the node answers who gets no association, or none any longer; `codes` are those of a rejection."""

    answer: str
    codes: str | None
    why: str


class NodeParameter(Record, frozen=True):
    """A key of the configuration; `default` is None where it has none: it is `required`, or may be left out."""

    key: str
    meaning: str
    expected: str
    default: str | None
    required: bool


class RecordLine(Record, frozen=True):
    """A kind of line of the record; `audit` is the audit message that would say so, None if there is none."""

    what: str
    meaning: str
    audit: str | None


class NodeInterfaces(Record, frozen=True, tag=True):
    """The whole node. `least_tls` is the oldest version of TLS that it speaks."""

    services: tuple[NetworkService, ...]
    statuses: tuple[NetworkStatus, ...]
    terms: tuple[AssociationTerm, ...]
    refusals: tuple[AssociationRefusal, ...]
    parameters: tuple[NodeParameter, ...]
    lines: tuple[RecordLine, ...]
    least_tls: str
