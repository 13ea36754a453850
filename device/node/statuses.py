"""The statuses that the node answers with, and what it does at those that it is answered with, as one table.

PS3.4 B.2.3 has those of C-STORE, PS3.4 annex J with PS3.7 annex C those of storage commitment, PS3.3 C.14.1.1 the
reasons why an object is not committed to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from device.errors import DeviceError
from device.node.services import MOST_REQUEST_BYTES, Side


class Kind(StrEnum):
    """Of what kind a status is (PS3.7 annex C)."""

    SUCCESS = "Success"
    WARNING = "Warning"
    FAILURE = "Failure"


class Place(StrEnum):
    """Where a code stands."""

    ECHO = "C-ECHO response"
    STORE = "C-STORE response"
    ACTION = "N-ACTION response"
    REASON = "Failure Reason in the N-EVENT-REPORT request"
    REPORT = "N-EVENT-REPORT response"


@dataclass(frozen=True, slots=True)
class Status:
    """A status, and what is told of it: of one that the node sends, when; of one that a peer sends, what the node does.

    `code` is None for every code that has no line of its own.
    """

    place: Place
    sender: Side
    code: int | None
    kind: Kind
    meaning: str
    told: str

    @property
    def number(self) -> int:
        """The code of a status that the node answers with.

        Implements: SRS-049
        """
        if self.code is None:
            raise ValueError(f"{self.place}: found the line of every other code, expected one with a code")
        return self.code


ECHOED = Status(Place.ECHO, Side.NODE, 0x0000, Kind.SUCCESS, "Success", "the node listens")
STORED = Status(
    Place.STORE, Side.NODE, 0x0000, Kind.SUCCESS, "Success",
    "the object is on disk and its study owes a result, or the same object was so before",
)  # fmt: skip
NO_ROOM = Status(
    Place.STORE, Side.NODE, 0xA700, Kind.FAILURE, "Refused: Out of resources",
    "fewer bytes are free on disk than `limits.free_bytes`, as many objects wait as `limits.waiting_objects`, the peer"
    " has its share of either (`limits.peer_share`), or the disk takes nothing",
)  # fmt: skip
MISMATCH = Status(
    Place.STORE, Side.NODE, 0xA900, Kind.FAILURE, "Error: Data set does not match SOP class",
    "class or identifier of the object are not those of the command",
)  # fmt: skip
NOT_UNDERSTOOD = Status(
    Place.STORE, Side.NODE, 0xC000, Kind.FAILURE, "Error: Cannot understand",
    "the data set cannot be read, or the UID of study, series or object is missing or none",
)  # fmt: skip
FAULT = Status(
    Place.STORE, Side.NODE, 0xC211, Kind.FAILURE, "Error: Cannot understand",
    "a fault of the node, for which the library answers; the object may be on disk or not",
)  # fmt: skip

ASKED = Status(
    Place.ACTION, Side.NODE, 0x0000, Kind.SUCCESS, "Success", "the request is on disk; a report answers it",
)  # fmt: skip
FAILED = Status(
    Place.ACTION, Side.NODE, 0x0110, Kind.FAILURE, "Processing failure",
    "no port of the peer is configured, or the request cannot be read or does not name a transaction and objects by"
    " UIDs",
)  # fmt: skip
NO_SUCH_ACTION = Status(
    Place.ACTION, Side.NODE, 0x0123, Kind.FAILURE, "No such action",
    "the action is another than the request for storage commitment",
)  # fmt: skip
NO_ROOM_TO_ASK = Status(
    Place.ACTION, Side.NODE, 0x0213, Kind.FAILURE, "Resource limitation",
    f"as many requests wait for their reports as `limits.waiting_commitments`, or as are the share of the peer"
    f" (`limits.peer_share`), the request is longer than {MOST_REQUEST_BYTES} bytes, or the disk takes nothing",
)  # fmt: skip
UNKNOWN = Status(
    Place.REASON, Side.NODE, 0x0112, Kind.FAILURE, "No such object instance", "no pixels of the object are here",
)  # fmt: skip
NOT_KEPT = Status(
    Place.REASON, Side.NODE, 0x0213, Kind.FAILURE, "Resource limitation",
    "the object is here, and `keep.pixel_days` does not say that it stays",
)  # fmt: skip

ARRIVED = Status(Place.STORE, Side.PEER, 0x0000, Kind.SUCCESS, "Success", "the result has arrived")
COERCED = Status(
    Place.STORE, Side.PEER, 0xB000, Kind.WARNING, "Coercion of data elements", "the result has arrived"
)  # fmt: skip
DISCARDED = Status(Place.STORE, Side.PEER, 0xB006, Kind.WARNING, "Elements discarded", "the result has arrived")
UNLIKE = Status(
    Place.STORE, Side.PEER, 0xB007, Kind.WARNING, "Data set does not match SOP class", "the result has arrived"
)  # fmt: skip
NOT_TAKEN = Status(
    Place.STORE, Side.PEER, None, Kind.FAILURE, "any other, or no answer",
    "the reason is recorded; the result is sent again after `times.first_retry_seconds`, then after twice as long each"
    " time up to `times.longest_retry_seconds`, until it has arrived",
)  # fmt: skip
HEARD = Status(Place.REPORT, Side.PEER, 0x0000, Kind.SUCCESS, "Success", "the request is done with")
NOT_HEARD = Status(
    Place.REPORT, Side.PEER, None, Kind.FAILURE, "any other, or no answer",
    "the reason is recorded; the report is sent again with the same waits, and is given up at the first failure after"
    " `times.commitment_seconds`",
)  # fmt: skip
STATUSES = (
    ECHOED, STORED, NO_ROOM, MISMATCH, NOT_UNDERSTOOD, FAULT, ASKED, FAILED, NO_SUCH_ACTION, NO_ROOM_TO_ASK, UNKNOWN,
    NOT_KEPT, ARRIVED, COERCED, DISCARDED, UNLIKE, NOT_TAKEN, HEARD, NOT_HEARD,
)  # fmt: skip


def has_arrived(place: Place, code: int | None) -> bool:
    """Say whether what the node sent has arrived: whether the status that it was answered with is one of the table.

    Args:
        place: the response.
        code: its status; None if there was no answer.

    Implements: SRS-051
    """
    arrived = {each.code for each in (ARRIVED, COERCED, DISCARDED, UNLIKE, HEARD) if each.place is place}
    return code is not None and code in arrived


class RefusedError(DeviceError):
    """What is not done: the status that it is answered with, why, and of what the peer has its share, if it is that."""

    def __init__(self, status: Status, why: str, share: str | None = None) -> None:
        super().__init__(why)
        self.status, self.share = status, share
