"""What goes out: an association that the node opens, and the loop that sends again what did not arrive."""

from __future__ import annotations

import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pynetdicom import AE, build_role

from device.node.events import say
from device.node.services import CALLING_SECONDS, IMPLEMENTATION_UID, IMPLEMENTATION_VERSION, PDU_BYTES, Role, Service

PAUSE_SECONDS = 0.2
"""How often it is looked for what is due."""

T = TypeVar("T")
Sent = Iterator[tuple[T, str | None]]
"""What was to go out, and why it did not arrive; None if it did."""


def do_nothing() -> None:
    """What is called when a process is ready, where nobody asks."""


def make_entity(ae_title: str, seconds: float) -> AE:
    """The node as an application entity, in the terms of its table.

    Args:
        ae_title: the node's.
        seconds: how long it waits for what the other side has to say.

    Implements: SRS-049, SRS-051
    """
    ae = AE(ae_title=ae_title)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = seconds
    ae.maximum_pdu_size = PDU_BYTES
    ae.implementation_class_uid = IMPLEMENTATION_UID
    ae.implementation_version_name = IMPLEMENTATION_VERSION
    return ae


def associate(service: Service, ae_title: str, called: str, where: tuple[str, int], tls: ssl.SSLContext | None) -> Any:
    """Open an association for a service, each class in each of its transfer syntaxes.

    Args:
        service: one in which the node opens the association.
        ae_title: the node's.
        called: the other side's AE title.
        where: its address and port.
        tls: how to speak TLS; None without.

    Returns:
        The association, which may not have come about.

    Implements: SRS-051
    """
    ae = make_entity(ae_title, CALLING_SECONDS)
    ae.connection_timeout = CALLING_SECONDS
    for sop_class in service.sop_classes:
        for syntax in service.transfer_syntaxes:
            ae.add_requested_context(sop_class, syntax)
    roles: Any = [build_role(each, scp_role=True) for each in service.sop_classes if service.role is Role.SCP]
    arguments: Any = (tls, None) if tls else None  # no host name is asked for: it is an AE title
    association = ae.associate(*where, ae_title=called, max_pdu=PDU_BYTES, ext_neg=roles or None, tls_args=arguments)
    association._reactor_checkpoint = Checkpoint(association)  # type: ignore[assignment]
    return association


class Checkpoint:
    """Where the thread of an association waits while another one sends: `clear` returns when it does wait.

    The library asks that thread whether it is paused, and it says so on its way past, too. On a busy machine it then
    takes the answer that the sender waits for, and nothing else goes out until the time for an answer is over.

    Implements: SRS-051
    """

    def __init__(self, thread: threading.Thread) -> None:
        self._thread, self._changed = thread, threading.Condition()
        self._open, self._held = True, False

    def set(self) -> None:
        """Let the thread go on.

        Implements: SRS-051
        """
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Hold the thread, and wait until it is held or has ended.

        Implements: SRS-051
        """
        with self._changed:
            self._open = False
            while not self._held and self._thread.is_alive():
                self._changed.wait(PAUSE_SECONDS)

    def wait(self) -> None:
        """Be held, as the thread is at each turn, until it may go on.

        Implements: SRS-051
        """
        with self._changed:
            while not self._open:
                self._held = True
                self._changed.notify_all()
                self._changed.wait()
            self._held = False


def tell_missing(association: Any) -> str:
    """Why an association did not come about.

    Implements: SRS-051
    """
    return "the association was rejected" if association.is_rejected else "no association: not reached or aborted"


def tell_status(status: Any) -> str:
    """What an answer says that is no success; without what it names of an object.

    Implements: SRS-051
    """
    if "Status" not in status:
        return "no answer"
    return f"status {status.Status:04X} {status.get('ErrorComment', '')}".strip()


def send_while(
    is_wanted: Callable[[], bool],
    find_due: Callable[[], list[T]],
    send: Callable[[list[T]], Sent[T]],
    settle: Callable[[T, str | None], None],
    longest_wait_seconds: float,
) -> None:
    """Send what is due, and keep of each whether it has arrived, while it is wanted.

    Implements: SRS-051
    """
    while is_wanted():
        due = find_due()
        try:
            for each, failure in send(due) if due else ():
                settle(each, failure)
        except sqlite3.Error as error:  # the disk takes nothing: what has arrived is sent once more, as the same
            say(f"clearway serve: sending: {error}")
            time.sleep(longest_wait_seconds)
        if not due:
            time.sleep(PAUSE_SECONDS)
