"""Which messages a peer may send, what makes a message none of them, and how a name is read out of what it sent."""

from __future__ import annotations

import time
from typing import Any

from pydicom import Dataset

from device.header import UnparsableError, read_text
from device.node.services import COMMIT, ECHO, STORE
from device.report import UID_FORM

OPERATIONS = {
    "C_STORE_RQ": (frozenset(STORE.sop_classes), ("MessageID", "Priority", "AffectedSOPInstanceUID")),
    "C_ECHO_RQ": (frozenset(ECHO.sop_classes), ("MessageID",)),
    "N_ACTION_RQ": (frozenset(COMMIT.sop_classes), ("MessageID", "RequestedSOPInstanceUID", "ActionTypeID")),
}
"""The operations that this node performs: of which classes, and what a command must hold beside its class (PS3.7).

The library goes by the class alone: under that of Verification it would answer a C-STORE with success, and lose it.
"""
PART_BYTES, LEAST_SECONDS = 2**16, 0.001
"""How much is read at once, and how long it is waited for at least."""
NO_DATA = 0x0101
"""PS3.7 E.1: no data set follows the command."""


def find_fault(message: Any, waiting: int) -> str | None:
    """Why a message is no operation that this node performs: found, expected.

    Args:
        message: a message as the library decoded it.
        waiting: how many messages of the association came before it, and were not looked at yet.

    Implements: SRS-049
    """
    command, name = message.command_set, type(message).__name__
    found = str(read(command, "AffectedSOPClassUID") or read(command, "RequestedSOPClassUID") or "no class")
    classes, needed = OPERATIONS.get(name, (frozenset[str](), ()))
    if found not in classes:
        found = found if UID_FORM.fullmatch(found) else "no class"
        return f"command: found {name} of {found}, expected C-STORE of a storage class, C-ECHO or a commitment"
    if missing := [keyword for keyword in needed if read(command, keyword) in (None, "")]:
        return f"command: found no {', '.join(missing)}, expected it in a {name}"
    if name == "C_STORE_RQ" and read(command, "CommandDataSetType") == NO_DATA:
        return "command: found no data set, expected one with a C-STORE"
    if waiting:
        return "command: found another before the answer to the last, expected one at a time (PS3.7 D.3.3.3)"
    return None


def take(connection: Any, count: int, seconds: float) -> bytearray:
    """Read a part of a PDU from a connection of the library, all of it within a time.

    Raises:
        TimeoutError: it took longer, bytes now and then included.
        OSError: the connection broke.

    Implements: SRS-049
    """
    ends, taken = time.monotonic() + seconds, bytearray()
    try:
        while len(taken) < count:
            connection.socket.settimeout(max(ends - time.monotonic(), LEAST_SECONDS))
            if not (part := connection.socket.recv(min(count - len(taken), PART_BYTES))):
                break
            taken += part
            if time.monotonic() > ends:
                raise TimeoutError
    except TimeoutError as error:
        said = f"a PDU: found {len(taken)} of {count} bytes after {seconds:g} s, expected all of them"
        raise TimeoutError(said) from error
    connection.socket.settimeout(seconds)
    return taken


def read(command: Dataset, keyword: str) -> Any:
    """An element of a command; None if it has none that can be read.

    Implements: SRS-049
    """
    try:
        return command.get(keyword)
    except Exception:  # pydicom raises whatever a malformed byte leads it to
        return None


def read_name(header: Dataset, keyword: str) -> str | None:
    """A name as it stands, of 64 characters (PS3.5 6.2, LO) that can be shown; None if there is none.

    Implements: SRS-056
    """
    try:
        text = read_text(header, keyword)
    except UnparsableError:
        return None
    return "".join(each for each in text if each.isprintable())[:64] or None
