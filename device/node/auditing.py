"""One process that tells a collector what the record holds: audit messages by syslog over TLS (PS3.15 A.6, RFC 5425).

Syslog has no acknowledgment. Lines count as told when the collector, asked by the end of the connection, has ended it,
too, without a reset: then it had read all that came before. What was not told so is sent again, each with its number in
the record, so that a collector can see what it has already.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydicom import dcmread

from device.header import read_text
from device.node.audit import KINDS, SUCCESS, Kind, Party, Subject, Way, make_message
from device.node.calling import do_nothing
from device.node.configuration import Audit, Configuration, make_audit_context
from device.node.delivering import TIMEOUT_SECONDS, tell
from device.node.events import say
from device.node.store import OBJECTS, RESULTS, Store

PAUSE_SECONDS = 1.0
"""How often this process looks for what is new."""
MOST_LINES = 100
"""So many lines are told in one connection."""
T = TypeVar("T")
AUTHORISATION, NOTICE, WARNING = 10, 5, 4
"""RFC 5424, 6.2.1: facility and severities."""
MESSAGE_ID, BOM = "DICOM+RFC3881", b"\xef\xbb\xbf"


def send_audit(
    configuration: Configuration, is_wanted: Callable[[], bool], say_ready: Callable[[], None] = do_nothing
) -> None:
    """Tell what is new while it is wanted; nothing else of the node waits for it.

    `say_ready` is called when the files of certificates could be read. They are read again for each connection.

    Implements: SRS-062
    """
    auditor, failures = Auditor(configuration), 0
    make_audit_context(auditor.stated)
    say_ready()
    while is_wanted():
        pause = PAUSE_SECONDS
        try:
            pause = 0.0 if auditor.send_next() else pause
            failures = 0
        except (OSError, sqlite3.Error) as error:
            if not failures:  # once, until it works again
                auditor.store.tell("audit failed", said=tell(error))
            say(f"clearway serve: audit: {tell(error)}")
            pause, failures = configuration.times.find_wait(failures), failures + 1
        ends = time.monotonic() + pause
        while pause and is_wanted() and (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, PAUSE_SECONDS))


class Auditor:
    """What makes messages of lines, and sends them.

    Implements: SRS-062
    """

    def __init__(self, configuration: Configuration) -> None:
        if configuration.audit is None:
            raise ValueError("audit: found none, expected a configuration that has it")
        self.store, self._configuration, self.stated = Store(configuration), configuration, configuration.audit

    def send_next(self) -> int:
        """Tell the next lines, in their order; when this returns the collector has read them.

        Returns:
            How many lines were done with.

        Raises:
            OSError: the collector was not reached, is not of the authority, or did not read all of it.

        Implements: SRS-062
        """
        lines = self.store.trail.read_next(MOST_LINES)
        framed = b"".join(frame(self.render(line, kind)) for line in lines if (kind := KINDS.get(line["what"])))
        if framed:
            send(framed, self.stated)
        if lines:
            self.store.trail.move(lines[-1]["number"])
        return len(lines)

    def render(self, line: Mapping[str, Any], kind: Kind) -> bytes:
        """A line as a message of syslog (RFC 5424).

        Implements: SRS-062
        """
        severity = NOTICE if kind.outcome == SUCCESS else WARNING
        when = datetime.fromtimestamp(line["time"], UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        host = "".join(each for each in socket.gethostname() if "!" <= each <= "~")[:255] or "-"
        head = f"<{AUTHORISATION * 8 + severity}>1 {when} {host} clearway {os.getpid()} {MESSAGE_ID}"
        us = Party(self._configuration.listen.ae_title)
        said = make_message(line, kind, us, self._find_other(line, kind), self._find_subject(line))
        return f'{head} [meta sequenceId="{line["number"]}"] '.encode() + BOM + said

    def _find_other(self, line: Mapping[str, Any], kind: Kind) -> Party | None:
        """Who else took part, as the line or the configuration names them."""
        stated = self._configuration
        if kind.way is Way.TO_RECEIVER:
            return Party("", stated.hl7.host) if stated.hl7 else None
        if kind.way is Way.TO_ARCHIVE:
            if line.get("destination") == "C-STORE" and stated.destination:
                return Party(stated.destination.ae_title, stated.destination.host)
            return Party("", stated.web.url) if stated.web else None
        if kind.way is Way.ALONE:
            return None
        title = str(line.get("peer") or "")
        known = {each.host for each in stated.peers if each.ae_title == title}
        host = known.pop() if len(known) == 1 else ""  # of two peers of one title nobody can say which it was
        return Party(title, str(line.get("host") or host))

    def _find_subject(self, line: Mapping[str, Any]) -> Subject | None:
        """Of which study a line is, as far as the node knows it still."""
        if not (study := self.store.trail.find_study(str(line.get("study") or ""))):
            return None
        folder = self.store.folder
        path = self.store.trail.find_file(study, folder / RESULTS, folder / OBJECTS)
        return Subject(study, _read_patient(path) if path else "")


def _read_patient(path: Path) -> str:
    try:
        return read_text(dcmread(path, specific_tags=["PatientID"], stop_before_pixels=True), "PatientID")
    except Exception:  # pydicom raises whatever a malformed byte leads it to; the study is named all the same
        return ""


def frame(message: bytes) -> bytes:
    """A message with its length before it (RFC 5425, 4.3).

    Implements: SRS-062
    """
    return f"{len(message)} ".encode() + message


def send(framed: bytes, stated: Audit) -> None:
    """Send frames in one connection, and wait until the collector has read them.

    Raises:
        OSError: it has not, or that is not known.

    Implements: SRS-062
    """
    with socket.create_connection((stated.host, stated.port), TIMEOUT_SECONDS) as plain:
        connection = _Connection(plain, make_audit_context(stated), stated.host)
        connection.do(connection.tls.do_handshake)
        connection.do(lambda: connection.tls.write(framed))
        connection.end()


class _Connection:
    """TLS whose end tells a refusal from an end: that of the library takes a fatal alert of the other side for one.

    By TLS 1.3 a certificate is refused after this side's handshake is over, so what was written may have been read by
    nobody.
    """

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._plain, self._incoming, self._outgoing = plain, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def do(self, step: Callable[[], T]) -> T:
        """Take a step of TLS, with as much from the other side as it needs."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._flush()
                if part := self._plain.recv(4096):
                    self._incoming.write(part)
                else:
                    self._incoming.write_eof()
            finally:
                self._flush()

    def _flush(self) -> None:
        if said := self._outgoing.read():
            self._plain.sendall(said)

    def end(self) -> None:
        """Say that nothing more comes, and read until the other side has ended, too, in TLS or without a word of it.

        Raises:
            OSError: it refused what came, ended before it was asked, or broke off.

        Implements: SRS-062
        """
        with suppress(ssl.SSLWantReadError):  # what has come is read before: an alert would be taken for the end
            if not self.tls.read(1):
                raise ConnectionAbortedError("the collector ended the connection before all was sent")
        with suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self._flush()
        self._plain.shutdown(socket.SHUT_WR)
        with suppress(ssl.SSLZeroReturnError, ssl.SSLEOFError):
            while self.do(lambda: self.tls.read(4096)):
                """A collector has nothing to say."""
        while self._plain.recv(4096):
            """What it had not read when it ended, a reset tells."""
