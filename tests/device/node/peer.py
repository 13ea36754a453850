"""A peer that may say anything: the upper layer and the messages of DICOM as bytes (PS3.7, PS3.8), with no opinion."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

ASSOCIATE, ACCEPT, REJECT, DATA, RELEASE, RELEASED, ABORT = range(1, 8)
SAID = {ACCEPT: "accepted", REJECT: "rejected", RELEASED: "released", ABORT: "aborted"}
HEAD_BYTES = 68
"""Those of an association request and its answer, before their items."""
COMMAND, LAST = 1, 2
"""Bits of the control header of a fragment (PS3.8 E.2)."""
VERIFICATION, COMMITMENT = "1.2.840.10008.1.1", "1.2.840.10008.1.20.1"
IMPLICIT = "1.2.840.10008.1.2"
Elements = list[tuple[int, bytes]]


def pdu(kind: int, content: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(content)) + content


def item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(content) & 0xFFFF) + content


def context(number: int, abstract: str, syntaxes: Iterable[str]) -> bytes:
    inner = item(0x30, abstract.encode()) + b"".join(item(0x40, one.encode()) for one in syntaxes)
    return item(0x20, bytes([number, 0, 0, 0]) + inner)


def ask(
    contexts: Iterable[bytes], user: bytes = b"", called: bytes = b"CLEARWAY", calling: bytes = b"MODALITY"
) -> bytes:
    """An association request."""
    known = item(0x51, struct.pack(">I", 0x10000)) + item(0x52, b"1.2.3.4")
    head = struct.pack(">HH16s16s32x", 1, 0, called.ljust(16), calling.ljust(16))
    return pdu(ASSOCIATE, head + item(0x10, b"1.2.840.10008.3.1.1.1") + b"".join(contexts) + item(0x50, known + user))


def fragment(number: int, control: int, content: bytes) -> bytes:
    return struct.pack(">IBB", len(content) + 2, number, control) + content


def uid(text: str) -> bytes:
    return text.encode() + b"\0" * (len(text) % 2)


def encode(elements: Elements) -> bytes:
    """A command set, implicit VR little endian, its group length first."""
    content = b"".join(struct.pack("<HHI", 0, number, len(value)) + value for number, value in elements)
    return struct.pack("<HHII", 0, 0, 4, len(content)) + content


def short(value: int) -> bytes:
    return struct.pack("<H", value)


def store(sop_class: str, sop_uid: str, message: int = 1) -> Elements:
    return [(0x0002, uid(sop_class)), (0x0100, short(1)), (0x0110, short(message)), (0x0700, short(0)),
            (0x0800, short(1)), (0x1000, uid(sop_uid))]  # fmt: skip


def echo(message: int = 1) -> Elements:
    return [(0x0002, uid(VERIFICATION)), (0x0100, short(0x30)), (0x0110, short(message)), (0x0800, short(0x0101))]


def action(message: int = 1) -> Elements:
    return [(0x0003, uid(COMMITMENT)), (0x0100, short(0x130)), (0x0110, short(message)), (0x0800, short(1)),
            (0x1001, uid("1.2.840.10008.1.20.1.1")), (0x1008, short(1))]  # fmt: skip


class Peer:
    """One connection; `content` is that of the last PDU that was heard."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 20, (host, 0))
        self.closed, self.content = False, b""

    def send(self, *parts: bytes) -> None:
        """Send what the other side still takes."""
        try:
            for part in parts:
                self.socket.sendall(part)
        except OSError:
            self.closed = True

    def hear(self, seconds: float) -> str:
        """The next thing that the node says: `silent` when it says nothing for so long, `closed` when it hung up."""
        self.socket.settimeout(seconds)
        try:
            head = self._read(6)
            kind, length = struct.unpack(">BxI", head)
            self.content = content = self._read(length)
        except TimeoutError:
            return "silent"
        except (OSError, EOFError):
            self.closed = True
            return "closed"
        return SAID.get(kind, f"PDU {kind}") if kind != DATA else _read_status(content)

    def _read(self, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            if not (more := self.socket.recv(length - len(content))):
                raise EOFError
            content += more
        return bytes(content)

    def hang_up(self, seconds: float) -> bool:
        """Say no more; whether the node hung up, too."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return True
        said = ""
        while said not in ("closed", "silent"):
            said = self.hear(seconds)
        return said == "closed"

    def close(self) -> None:
        self.socket.close()


def read_items(content: bytes) -> list[tuple[int, bytes]]:
    """The items that stand one after the other (PS3.8 9.3): kind and content of each."""
    found, at = [], 0
    while at < len(content):
        kind, length = struct.unpack_from(">BxH", content, at)
        found.append((kind, content[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def read_contexts(accepted: bytes) -> dict[int, tuple[int, str]]:
    """What became of each presentation context in an accepted association: result and transfer syntax."""
    items = [inner for kind, inner in read_items(accepted[HEAD_BYTES:]) if kind == 0x21]
    return {inner[0]: (inner[2], read_items(inner[4:])[0][1].decode()) for inner in items}


def read_user_items(accepted: bytes) -> dict[int, bytes]:
    """The items of user information in an accepted association, by kind."""
    return dict(read_items(next(inner for kind, inner in read_items(accepted[HEAD_BYTES:]) if kind == 0x50)))


def _read_status(content: bytes) -> str:
    """What a message answers: command field and status."""
    found, at = {}, 6
    while at + 8 <= len(content):
        _, number, length = struct.unpack_from("<HHI", content, at)
        found[number] = content[at + 8 : at + 8 + length]
        at += 8 + length
    field, status = (int.from_bytes(found.get(number, b""), "little") for number in (0x0100, 0x0900))
    return f"{field:04X} {status:04X}"
