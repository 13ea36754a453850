"""What the node does as a DICOM application entity, as tables: it answers by them, and its statement prints them.

Services by role, class and transfer syntax; what an association agrees on; and why one does not come about or ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydicom.uid import (
    AllTransferSyntaxes,
    ComprehensiveSRStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
)
from pynetdicom import PYNETDICOM_IMPLEMENTATION_UID, PYNETDICOM_IMPLEMENTATION_VERSION, AllStoragePresentationContexts
from pynetdicom import sop_class as known
from pynetdicom.sop_class import SOPClass, StorageCommitmentPushModel, Verification  # type: ignore[attr-defined]

from device.dicom import TRANSFER_SYNTAXES


class Role(StrEnum):
    """Who does what is asked for (PS3.4): the provider does it, the user asks for it."""

    SCP = "SCP"
    SCU = "SCU"


class Side(StrEnum):
    """Who opens an association, or says something in one."""

    PEER = "a peer"
    NODE = "the node"


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the node by one operation.

    `sop_classes` and `transfer_syntaxes` are UIDs; each class goes with each syntax. Of the syntaxes that a peer
    offers, the one that stands first here is taken.
    """

    name: str
    operation: str
    role: Role
    opener: Side
    sop_classes: tuple[str, ...]
    transfer_syntaxes: tuple[str, ...]
    occasion: str


PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
ANY = (
    *map(str, TRANSFER_SYNTAXES),
    *(str(each) for each in AllTransferSyntaxes if str(each) not in TRANSFER_SYNTAXES),
)
"""Every transfer syntax that the library knows, those first whose images the device reads."""

ECHO = Service(
    "Verification", "C-ECHO", Role.SCP, Side.PEER, (str(Verification),), PLAIN,
    "a peer asks whether the node answers",
)  # fmt: skip
STORE = Service(
    "Storage", "C-STORE", Role.SCP, Side.PEER,
    tuple(str(each.abstract_syntax) for each in AllStoragePresentationContexts), ANY,
    "a peer sends an object: what the device does not apply to is taken, too, and told to be not analyzed",
)  # fmt: skip
COMMIT = Service(
    "Storage Commitment", "N-ACTION", Role.SCP, Side.PEER, (str(StorageCommitmentPushModel),), PLAIN,
    "a peer asks whether objects are kept for good",
)  # fmt: skip
REPORT = Service(
    "Storage Commitment", "N-EVENT-REPORT", Role.SCP, Side.NODE, (str(StorageCommitmentPushModel),), PLAIN,
    "the node says of each object that was asked for whether it is kept: to the address that the request came from, at"
    " the port that the configuration gives for the peer",
)  # fmt: skip
DELIVER = Service(
    "Storage", "C-STORE", Role.SCU, Side.NODE, (str(ComprehensiveSRStorage), str(SecondaryCaptureImageStorage)),
    PLAIN, "a result goes to the destination",
)  # fmt: skip
SERVICES = (ECHO, STORE, COMMIT, REPORT, DELIVER)

KEYWORDS = {str(uid): keyword for keyword, uid in vars(known).items() if isinstance(uid, SOPClass)}
"""The keyword of each class that the library knows, by UID."""

COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
"""PS3.4 J.3.5: the one instance of the Storage Commitment Push Model."""


# --- what an association agrees on ------------------------------------------------------------------------------------

PDU_BYTES, LARGEST_PDU_BYTES = 2**17, 2**20
"""How long PDUs are agreed to be, and how long one may be, a request for an association included."""
CALLING_SECONDS = 30.0
"""How long the node waits, where it opens an association: for the connection, for each answer, for the release."""
MOST_REQUEST_BYTES = 2**22
"""How long a request for commitment may be: tens of thousands of objects."""
CONTEXT_NAME = "1.2.840.10008.3.1.1.1"
"""PS3.7 A.2.1: the DICOM application context."""
IMPLEMENTATION_UID, IMPLEMENTATION_VERSION = str(PYNETDICOM_IMPLEMENTATION_UID), PYNETDICOM_IMPLEMENTATION_VERSION
"""Those of the library that speaks DICOM; the device has no root of its own."""


@dataclass(frozen=True, slots=True)
class Term:
    """What is agreed on in an association: where the node accepts it, and where it opens it."""

    name: str
    accepting: str
    opening: str


_ONE_AT_A_TIME = "not negotiated: one operation at a time"
TERMS = (
    Term("Application context name", CONTEXT_NAME, CONTEXT_NAME),
    Term("Implementation class UID", IMPLEMENTATION_UID, IMPLEMENTATION_UID),
    Term("Implementation version name", IMPLEMENTATION_VERSION, IMPLEMENTATION_VERSION),
    Term("Maximum length of a PDU, in bytes", f"{PDU_BYTES}", f"{PDU_BYTES}"),
    Term("Longest PDU that is read, in bytes", f"{LARGEST_PDU_BYTES}", "not limited"),
    Term("Associations at a time", "`limits.associations`", "one to the destination, one for reports of commitment"),
    Term("Associations of one peer at a time", "where there are others, `limits.peer_share` of those", "as above"),
    Term("Asynchronous operations window", _ONE_AT_A_TIME, _ONE_AT_A_TIME),
    Term(
        "SCP/SCU role selection", "not answered: the roles are the default ones",
        "the SCP role is proposed for Storage Commitment, none for Storage",
    ),
    Term("SOP class extended negotiation", "not answered", "not proposed"),
    Term("SOP class common extended negotiation", "not answered", "not proposed"),
    Term("User identity", "not looked at and not answered: a peer is known by AE title and address", "not proposed"),
    Term(
        "Time for the request, each PDU and each silence, in seconds", "`limits.idle_seconds`",
        f"{CALLING_SECONDS:g}, and so much for the connection",
    ),
    Term("Time for an object, in seconds", "`limits.object_seconds`", "not limited"),
)  # fmt: skip


# --- why one does not come about, or ends -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the node answers who gets no association, or none any longer, and why.

    `codes` are result, source and reason of a rejection (PS3.8 9.3.4).
    """

    answer: str
    why: str
    codes: tuple[int, int, int] | None = None


_REJECTED, _ABORTED, _CLOSED = "A-ASSOCIATE-RJ", "A-ABORT", "the connection is closed"
OTHER_NODE = Refusal(_REJECTED, "it calls another AE title than that of the node", (1, 1, 7))
NO_PEER = Refusal(_REJECTED, "its AE title is that of no peer", (1, 1, 3))
TOO_MANY = Refusal(_REJECTED, "there are as many associations as `limits.associations`", (2, 3, 2))
TOO_MANY_OF_PEER = Refusal(
    _REJECTED, "the peer has its share of associations, `limits.peer_share` of `limits.associations`", (2, 3, 2)
)
OTHER_HOST = Refusal(_ABORTED, "its AE title is that of a peer at another address")
NO_HOST = Refusal(_CLOSED, "it comes from the address of no peer")
TOO_MANY_CONNECTIONS = Refusal(_CLOSED, "there are as many connections as `limits.connections`")
TOO_MANY_OF_HOST = Refusal(
    _CLOSED, "its host has its share of connections, `limits.peer_share` of `limits.connections`"
)
NO_CERTIFICATE = Refusal(_CLOSED, "TLS is configured, and it shows no valid certificate of the authority")
LONG_PDU = Refusal(_CLOSED, "the head of a PDU says that it is longer than the longest that is read")
SLOW_PDU = Refusal(_CLOSED, "a PDU is not whole after `limits.idle_seconds`")
LARGE_OBJECT = Refusal(_ABORTED, "an object is larger than `limits.object_bytes`")
SLOW_OBJECT = Refusal(_ABORTED, "an object is not whole after `limits.object_seconds`")
SILENCE = Refusal(_ABORTED, "nothing is said for `limits.idle_seconds`")
NO_OPERATION = Refusal(
    _ABORTED, "a message is no operation of the node in that class, lacks what its answer has to name, or comes before"
    " the answer to the last",
)  # fmt: skip
REFUSALS = (
    OTHER_NODE, NO_PEER, TOO_MANY, TOO_MANY_OF_PEER, OTHER_HOST, NO_HOST, TOO_MANY_CONNECTIONS, TOO_MANY_OF_HOST,
    NO_CERTIFICATE, LONG_PDU, SLOW_PDU, LARGE_OBJECT, SLOW_OBJECT, SILENCE, NO_OPERATION,
)  # fmt: skip
