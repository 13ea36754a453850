"""What the node's parts hand to each other: frozen values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Added(StrEnum):
    """What an object is that was received."""

    NEW = "received"
    AGAIN = "received again"
    OTHER = "received with other content"


@dataclass(frozen=True, slots=True)
class Received:
    """An object as it came: identifiers, SHA-256 of its data set in its transfer syntax, who sent it, what made it.

    `peer` and `host` are AE title and host of who sent it, as the configuration names them.
    """

    sop_uid: str
    sop_class: str
    study_uid: str
    series_uid: str
    digest: str
    bytes: int
    peer: str
    host: str
    manufacturer: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """An object in the store; `record` is what was judged of it, as `clearway analyze --json` prints it."""

    number: int
    sop_uid: str
    sop_class: str
    series_uid: str
    digest: str
    path: Path
    record: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Study:
    """A study that is whole, with the newest content of each object, and the number of results that it had."""

    uid: str
    version: int
    objects: tuple[Held, ...]
    last: float


@dataclass(frozen=True, slots=True)
class Result:
    """A result object: its identifiers, and the file's content."""

    uid: str
    sop_class: str
    series_uid: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A result that is to go to a destination."""

    result_uid: str
    sop_class: str
    study_uid: str
    destination: str
    attempts: int
    path: Path
    digest: str

    def read(self) -> bytes:
        """The result, as it was made.

        Raises:
            ValueError: the file holds something else.
            OSError: it cannot be read.

        Implements: SRS-051
        """
        content = self.path.read_bytes()
        if (found := hashlib.sha256(content).hexdigest()) != self.digest:
            raise ValueError(f"not sent: the file is not what was made, SHA-256 {found}, expected {self.digest}")
        return content


@dataclass(frozen=True, slots=True)
class Commitment:
    """A request for storage commitment that waits for its report.

    `references` are class and identifier of each object; `host` is the address that the request came from.
    """

    number: int
    transaction_uid: str
    references: tuple[tuple[str, str], ...]
    peer: str
    host: str
    attempts: int
    received: float


@dataclass(frozen=True, slots=True)
class Message:
    """A message of HL7 version 2 on a study: its control id, what is sent, and how often it was tried."""

    control_id: str
    study_uid: str
    content: bytes
    attempts: int = 0
