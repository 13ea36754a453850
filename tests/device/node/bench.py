"""A hospital in small: a modality that sends, a PACS that keeps, and a node that is started, killed, started again."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from pydicom import Dataset, dcmread
from pydicom.uid import ComprehensiveSRStorage, generate_uid
from pynetdicom import AE, AllStoragePresentationContexts, evt

from tests.device.conftest import BRIGHTNESS
from verification.steps.radiographs import radiograph, read_published, save

CLEARWAY = str(Path(sys.executable).with_name("clearway"))
MODALITY, PACS, NODE = "MODALITY", "PACS", "CLEARWAY"
BRIGHT, DARK = "person1951_bacteria_4882.jpeg", "person1946_bacteria_4875.jpeg"
"""Published radiographs; the release of the tests, whose score is the mean gray, flags the first alone."""


def make_image(folder: Path, study: str = "", picture: str = BRIGHT, **attributes: Any) -> Path:
    """An image that the release of the tests accepts, in a new file."""
    named = {"StudyInstanceUID": study or generate_uid(), "SOPInstanceUID": generate_uid()} | attributes
    return save(radiograph(read_published(picture), **named), folder / f"{generate_uid()}.dcm")


def find_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Pacs:
    """A peer of the node that keeps what it is sent, the first content of each instance, as archives do.

    What comes is answered with the status that stands first in `statuses`, and with success when there are no more.
    """

    def __init__(self) -> None:
        self.port = find_port()
        self.kept: dict[str, Dataset] = {}
        self.arrived: dict[str, float] = {}
        self.sent = Counter[str]()
        self.statuses: list[int] = []
        self._server: Any = None

    def start(self) -> None:
        ae = AE(ae_title=PACS)
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(str(context.abstract_syntax))
        handlers: list[Any] = [(evt.EVT_C_STORE, self._keep)]
        self._server = ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server = None

    def _keep(self, event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        self.sent[uid] += 1
        kept = event.dataset
        kept.file_meta = event.file_meta
        self.kept.setdefault(uid, kept)
        self.arrived.setdefault(uid, time.time())
        return self.statuses.pop(0) if self.statuses else 0x0000

    @property
    def reports(self) -> list[Dataset]:
        """The structured reports, in the order in which they came."""
        return [each for each in list(self.kept.values()) if each.SOPClassUID == ComprehensiveSRStorage]

    def find_reports(self, study: str) -> list[Dataset]:
        """The structured reports of a study."""
        return [each for each in self.reports if each.StudyInstanceUID == study]

    def find_latest(self, study: str) -> list[Dataset]:
        """Its reports that no later one replaces."""
        reports = self.find_reports(study)
        replaced = {
            instance.ReferencedSOPInstanceUID
            for report in reports
            for predecessor in report.get("PredecessorDocumentsSequence", ())
            for series in predecessor.ReferencedSeriesSequence
            for instance in series.ReferencedSOPSequence
        }
        return [report for report in reports if report.SOPInstanceUID not in replaced]


class Node:
    """`clearway serve` as a user starts it."""

    def __init__(self, folder: Path, pacs: Pacs, held: str = "held", **changes: Any) -> None:
        self.port, self.page, self.folder = find_port(), find_port(), folder
        self.configuration = folder / "node.yaml"
        content: dict[str, Any] = {
            "folder": str(folder / held), "release": str(BRIGHTNESS), "workers": 2,
            "listen": {"ae_title": NODE, "host": "127.0.0.1", "port": self.port},
            "peers": [{"ae_title": MODALITY, "host": "127.0.0.1"}, {"ae_title": PACS, "host": "127.0.0.1"}],
            "destination": {"ae_title": PACS, "host": "127.0.0.1", "port": pacs.port},
            "times": {"settle_seconds": 0.5, "first_retry_seconds": 0.3, "longest_retry_seconds": 2.0},
            "page": {"port": self.page},
            "limits": {"free_bytes": 1, "idle_seconds": 5.0},
        }  # fmt: skip
        for key, value in changes.items():
            content[key] = {**content[key], **value} if isinstance(value, dict) and key in content else value
        self.configuration.write_text(yaml.safe_dump(content), "utf-8")
        self.log = folder / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}
        """What its processes have in their environment beside what this one has."""

    def start(self, timeout: float = 30.0) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [CLEARWAY, "serve", str(self.configuration)],
                stdout=log, stderr=log, start_new_session=True, env=os.environ | self.environment,
            )  # fmt: skip
        ends = time.monotonic() + timeout
        while not (is_open(self.port) and is_open(self.page)):
            if self.process.poll() is not None or time.monotonic() > ends:
                raise AssertionError(f"the node did not start: {self.log.read_text('utf-8')}")
            time.sleep(0.05)

    def kill(self) -> None:
        """What a power cut does to processes: all of them end at once."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            wait_for(lambda: not (is_open(self.port) or is_open(self.page)))  # those that it started take a moment more

    def stop(self) -> int:
        """Ask it to end, and wait."""
        if not self.process:
            return 0
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(40)
        self.process = None
        return status

    def read_page(self, path: str = "/health") -> str:
        """What the status page says."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.page}{path}", timeout=10) as answer:
                text: str = answer.read().decode()
        except urllib.error.HTTPError as error:
            text = error.read().decode()
        return text

    def read_log(self) -> str:
        """What it printed."""
        return self.log.read_text("utf-8")


def is_open(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


def send(port: int, *images: Path | Dataset, title: str = MODALITY, node: str = NODE) -> list[int | None]:
    """Send objects in one association; the status of each, None where there was no answer."""
    ae = AE(ae_title=title)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 20
    ae.connection_timeout = 5
    read = [dcmread(each, force=True) if isinstance(each, Path) else each for each in images]
    for sop_class, syntax in sorted({(str(one.SOPClassUID), str(one.file_meta.TransferSyntaxUID)) for one in read}):
        ae.add_requested_context(sop_class, syntax)
    association = ae.associate("127.0.0.1", port, ae_title=node)
    if not association.is_established:
        return [None] * len(read)
    statuses: list[int | None] = []
    for one in read:
        try:
            statuses.append(association.send_c_store(one).get("Status") if association.is_established else None)
        except (RuntimeError, ValueError):
            statuses.append(None)
    if association.is_established:
        association.release()
    return statuses


def wait_for(what: Callable[[], Any], timeout: float = 30.0) -> Any:
    """What is asked for, as soon as it is so."""
    ends = time.monotonic() + timeout
    while not (found := what()):
        if time.monotonic() > ends:
            raise AssertionError(f"not so within {timeout} s")
        time.sleep(0.05)
    return found


def run_beside(what: Callable[[], None]) -> threading.Thread:
    """Do something in a thread."""
    thread = threading.Thread(target=what, daemon=True)
    thread.start()
    return thread


# --- faults -----------------------------------------------------------------------------------------------------------


def find_processes(node: Node) -> list[int]:
    """The node's processes: its parent, then those that it has started, in their order."""
    assert node.process
    parent = node.process.pid
    return [parent, *map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split())]


def fill(pids: list[int]) -> Callable[[], None]:
    """Have processes write nothing to any file, as on a full disk; what is returned gives them room again."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)) for pid in pids}

    def give_room() -> None:
        for pid, limit in before.items():
            with suppress(ProcessLookupError):  # it was killed in the meantime
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)

    return give_room


class Relay:
    """A network that is cut after so many bytes, and pauses after every 4096 of them."""

    def __init__(self, port: int, most: int, pause: float = 0.0) -> None:
        self._pause = pause
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        run_beside(lambda: self._carry(port, most))

    def _carry(self, port: int, most: int) -> None:
        near, _ = self._listening.accept()
        with near, socket.create_connection(("127.0.0.1", port)) as far:
            run_beside(lambda: _pump(far, near))
            while most > 0 and (part := near.recv(min(4096, most))):
                far.sendall(part)
                most -= len(part)
                time.sleep(self._pause)
        self._listening.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while part := source.recv(4096):
            sink.sendall(part)
    except OSError:
        return
