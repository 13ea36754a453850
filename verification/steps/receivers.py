"""Who takes what a node says beside its results: a receiver of messages and a collector of audit messages."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

LOOPBACK = "127.0.0.1"
START, END = b"\x0b", b"\x1c\r"
GRACE_SECONDS, REFUSED_SECONDS = 20.0, 0.5


def read_field(message: bytes, segment: str, number: int) -> str:
    """A field of the first segment of a name, as it stands; "" if it is not there."""
    lines = [line.split("|") for line in message.decode().split("\r")]
    found = next((line for line in lines if line[0] == segment), [])
    at = number - (segment == "MSH")  # the separator is the first field of that segment
    return found[at] if at < len(found) else ""


def drain(connection: socket.socket) -> None:
    """Read what still comes, and make nothing of it: whoever was refused sees the refusal, and no reset."""
    connection.settimeout(REFUSED_SECONDS)
    with suppress(OSError):
        while connection.recv(4096):
            """It is gone."""


class Receiver:
    """Listens on a port of its own, one connection after the other, while it is asked to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.tls: ssl.SSLContext | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen, until this is left."""
        with socket.create_server((LOOPBACK, self.port)) as server:
            wanted = [True]
            thread = threading.Thread(target=self._run, args=(server, wanted))
            thread.start()
            try:
                yield
            finally:
                wanted.clear()
                with suppress(OSError), socket.create_connection((LOOPBACK, self.port), 5):
                    """Whoever waits for a connection sees that it is over."""
                thread.join()

    def _run(self, server: socket.socket, wanted: list[bool]) -> None:
        while True:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                if not wanted:
                    return
                connection.settimeout(GRACE_SECONDS)
                if self.tls is None:
                    self.hear(connection)
                    continue
                plain = connection.dup()
                with plain:
                    try:
                        secured = self.tls.wrap_socket(connection, server_side=True)
                    except OSError:
                        drain(plain)
                        raise
                    with secured:
                        self.hear(secured)

    def hear(self, connection: socket.socket) -> None:
        """Take what comes in a connection."""
        raise NotImplementedError


class MessageReceiver(Receiver):
    """Keeps a message that it accepts once for each control id; answers with what it is told to, by default AA."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.heard: list[bytes] = []
        self.kept: dict[str, bytes] = {}
        self.codes: list[str] = []
        self.say: Callable[[socket.socket, bytes], None] = lambda connection, answer: connection.sendall(answer)

    def hear(self, connection: socket.socket) -> None:
        """Take one message after the other, each with its acknowledgment (original mode of 2.5.1, chapter 2.9.2)."""
        taken = b""
        while part := connection.recv(65536):
            taken += part
            while END in taken:
                framed, _, taken = taken.partition(END)
                assert framed.startswith(START), framed[:20]
                self.say(connection, START + self._acknowledge(framed.removeprefix(START)) + END)

    def _acknowledge(self, message: bytes) -> bytes:
        code, control_id = self.codes.pop(0) if self.codes else "AA", read_field(message, "MSH", 10)
        self.heard.append(message)
        if code == "AA":
            self.kept.setdefault(control_id, message)
        head = f"MSH|^~\\&|RIS|SITE|CLEARWAY||20260101||ACK^R01^ACK|{len(self.heard)}|T|2.5.1"
        error = "" if code == "AA" else "ERR||PID^1^3|204^Unknown key identifier^HL70357|E||||Nobody is called DOE\r"
        return f"{head}\rMSA|{code}|{control_id}\r{error}".encode()


def take_one(port: int) -> str:
    """Wait for one message and accept it.

    Returns:
        Its segments, a line each.
    """
    one = MessageReceiver(port)
    with one.listening():
        while not one.kept:
            time.sleep(0.05)
    (message,) = one.kept.values()
    return message.decode().replace("\r", "\n")


class Collector(Receiver):
    """Keeps every message of syslog that comes in a frame (RFC 5425), and ends each connection as it is told to."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.heard: list[bytes] = []
        self.resets = 0
        self.is_polite = True

    def hear(self, connection: socket.socket) -> None:
        """Take frames until the sender ends; say so, or hang up, or break off after the first frame so many times."""
        taken = bytearray()
        while True:
            try:
                part = connection.recv(4096)
            except ssl.SSLEOFError:
                part = b""
            taken += part
            while (frame := self._cut(taken)) is not None:
                self.heard.append(frame)
                if self.resets:
                    self.resets -= 1
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
            if not part:
                break
        assert not taken, bytes(taken[:80])
        if self.is_polite and isinstance(connection, ssl.SSLSocket):
            connection.unwrap()

    def _cut(self, taken: bytearray) -> bytes | None:
        """The first whole frame of what came, taken out of it."""
        length, blank, _ = bytes(taken).partition(b" ")
        ends = len(length) + 1 + int(length) if blank else 0
        if not blank or len(taken) < ends:
            return None
        frame = bytes(taken[len(length) + 1 : ends])
        del taken[:ends]
        return frame
