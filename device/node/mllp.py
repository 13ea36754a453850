"""One process that sends results as messages of HL7 version 2, each in a frame of the Minimal Lower Layer Protocol."""

from __future__ import annotations

import socket
import sqlite3
import ssl
import time
from collections.abc import Callable

from device.node.calling import PAUSE_SECONDS, do_nothing
from device.node.configuration import Configuration, Hl7, make_client_context
from device.node.delivering import TIMEOUT_SECONDS, tell
from device.node.events import say
from device.node.oru import find_failure
from device.node.store import Store
from device.node.types import Message

START, END = b"\x0b", b"\x1c\r"
LONGEST_ANSWER_BYTES, LEAST_SECONDS = 2**16, 0.001


def send_messages(
    configuration: Configuration, is_wanted: Callable[[], bool], say_ready: Callable[[], None] = do_nothing
) -> None:
    """Send what is due while it is wanted; nothing else of the node waits for it.

    `say_ready` is called when every file that sending needs has been read.

    Implements: SRS-060
    """
    if configuration.hl7 is None:
        raise ValueError("hl7: found none, expected a configuration that has it")
    store, stated, context = Store(configuration), configuration.hl7, None
    if configuration.tls and stated.tls:
        context = make_client_context(configuration.tls)
    say_ready()
    while is_wanted():
        due = store.outbox.find_due()
        try:
            for message in due:
                try:
                    store.outbox.settle(message, send(message, stated, context))
                except UnreachedError as error:
                    store.outbox.wait(message, str(error))
                    break
        except sqlite3.Error as error:  # the disk takes nothing: what was taken is sent again under the same control id
            say(f"clearway serve: messages: {error}")
            time.sleep(configuration.times.first_retry_seconds)
        if not due:
            time.sleep(PAUSE_SECONDS)


class UnreachedError(Exception):
    """Nobody takes a connection, of whichever message."""


def send(message: Message, stated: Hl7, context: ssl.SSLContext | None = None) -> str | None:
    """Send a message in a connection of its own, so that one that breaks its connection breaks no other's.

    Returns:
        Why it was not accepted; None if it was.

    Raises:
        UnreachedError: there is no connection.

    Implements: SRS-060
    """
    try:
        connection = _connect(stated, context)
    except OSError as error:
        raise UnreachedError(f"no connection: {tell(error)}") from error
    with connection:
        try:
            answer = _exchange(connection, message.content)
        except OSError as error:
            return f"no answer: {tell(error)}"
    return find_failure(answer, message.control_id)


def _connect(stated: Hl7, context: ssl.SSLContext | None) -> socket.socket:
    connection = socket.create_connection((stated.host, stated.port), TIMEOUT_SECONDS)
    if context is None:
        return connection
    try:
        return context.wrap_socket(connection)
    except OSError:
        connection.close()
        raise


def _exchange(connection: socket.socket, content: bytes) -> bytes:
    """Send a message, and take the whole of one frame within the limits of time and size.

    Raises:
        OSError: the connection broke, or what came is no frame.

    Implements: SRS-060
    """
    ends, answer = time.monotonic() + TIMEOUT_SECONDS, bytearray()
    try:
        connection.sendall(START + content + END)
        while END not in answer:
            if len(answer) > LONGEST_ANSWER_BYTES:
                raise OSError(f"found more than {LONGEST_ANSWER_BYTES} bytes, expected the end of a frame")
            connection.settimeout(max(ends - time.monotonic(), LEAST_SECONDS))
            if not (part := connection.recv(4096)):
                raise OSError("the connection ended before a whole frame came")
            answer += part
            if time.monotonic() > ends:
                raise TimeoutError
    except TimeoutError as error:
        raise TimeoutError(f"no whole frame within {TIMEOUT_SECONDS:g} s") from error
    return bytes(answer[: answer.index(END)]).lstrip(START)
