"""A node of the network in one process, with a modality that sends to it and an archive that keeps what it is sent."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from pydicom import Dataset, dcmread
from pydicom.uid import ComprehensiveSRStorage, SecondaryCaptureImageStorage
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]

import device
from verification.steps.certificates import Party
from verification.steps.receivers import Collector, MessageReceiver

MODALITY, ARCHIVE, NODE, LOOPBACK = "MODALITY", "ARCHIVE", "CLEARWAY", "127.0.0.1"
SETTLE_SECONDS, LONGEST_WAIT_SECONDS, PATIENCE_SECONDS = 0.05, 0.5, 60.0


def find_port() -> int:
    """A port of the loopback interface on which nobody listens."""
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens on a port of the loopback interface."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex((LOOPBACK, port)) == 0


def wait_for(what: Callable[[], Any]) -> Any:
    """What is asked for, as soon as it is so."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not (found := what()):
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.02)
    return found


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Wait, at the end, for every thread that was started in the meantime."""
    before = set(threading.enumerate())
    yield
    wait_for(lambda: not set(threading.enumerate()) - before)


class Archive:
    """Keeps the first content of each object that it is sent, and the answers to requests for commitment.

    An object is not taken for each status that stands in `refusals`, which it is answered with.
    """

    def __init__(self) -> None:
        self.port, self.kept, self.sent, self.commitments = find_port(), {}, 0, []  # type: ignore[var-annotated]
        self.refusals: list[int] = []
        self.web: int | None = None
        self.tls: ssl.SSLContext | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen, until this is left."""
        ae = AE(ae_title=ARCHIVE)
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(str(context.abstract_syntax))
        ae.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        handlers: list[Any] = [(evt.EVT_C_STORE, self._keep), (evt.EVT_N_EVENT_REPORT, self._note)]
        with no_thread_left(), self._answering() if self.web else nullcontext():
            where = (LOOPBACK, self.port)
            server: Any = ae.start_server(where, block=False, evt_handlers=handlers, ssl_context=self.tls)
            try:
                yield
            finally:
                server.shutdown()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Take results at a web address (PS3.18 10.5), each in a request of its own."""
        archive = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                boundary = self.headers["Content-Type"].partition("boundary=")[2].encode()
                (part,) = body.split(b"--" + boundary)[1:-1]
                archive.keep(dcmread(BytesIO(part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n"))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """It says nothing."""

        with HTTPServer((LOOPBACK, self.web or 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    def find(self, sop_class: str, study: str) -> list[Dataset]:
        """The objects of a class and a study, in the order in which they came."""
        return [one for one in self.kept.values() if (one.SOPClassUID, one.StudyInstanceUID) == (sop_class, study)]

    def find_reports(self, study: str) -> list[Dataset]:
        """The structured reports of a study."""
        return self.find(ComprehensiveSRStorage, study)

    def find_pages(self, study: str) -> list[Dataset]:
        """The pages of a study."""
        return self.find(SecondaryCaptureImageStorage, study)

    def keep(self, result: Dataset) -> None:
        """Keep an object, if none of its identifier is there."""
        self.sent += 1
        self.kept.setdefault(str(result.SOPInstanceUID), result)

    def _keep(self, event: Any) -> int:
        if self.refusals:
            self.sent += 1
            return self.refusals.pop(0)
        self.keep(event.dataset)
        return 0x0000

    def _note(self, event: Any) -> tuple[int, None]:
        self.commitments.append(event.event_information)
        return 0x0000, None


class Node:
    """The parts of a node, which a scenario lets do their work when it wants."""

    def __init__(self, folder: Path, release: str, archive: Archive) -> None:
        self.folder, self.archive, self.port, self.page = folder, archive, find_port(), find_port()
        folder.mkdir()
        self.stated: dict[str, Any] = {
            "folder": str(folder / "held"), "release": release,
            "listen": {"ae_title": NODE, "host": LOOPBACK, "port": self.port},
            "peers": [
                {"ae_title": MODALITY, "host": LOOPBACK},
                {"ae_title": ARCHIVE, "host": LOOPBACK, "port": archive.port},
            ],
            "destination": {"ae_title": ARCHIVE, "host": LOOPBACK, "port": archive.port},
            "limits": {"free_bytes": 1}, "page": {"port": self.page},
            "times": {
                "settle_seconds": SETTLE_SECONDS, "first_retry_seconds": 0.1,
                "longest_retry_seconds": LONGEST_WAIT_SECONDS,
            },
        }  # fmt: skip

    @property
    def file(self) -> Path:
        """The configuration, as it is stated now."""
        path = self.folder / "node.yaml"
        path.write_text(yaml.safe_dump(self.stated, sort_keys=False), "utf-8")
        return path

    @property
    def store(self) -> device.Store:
        """What the node holds."""
        return device.Store(device.read_configuration(self.file))

    def state(self, key: str, value: str) -> None:
        """State a value of the configuration, `part.key`, as YAML has it."""
        *parts, last = key.split(".")
        place = self.stated
        for part in parts:
            place = place.setdefault(part, {})
        place[last] = yaml.safe_load(value)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen, until this is left."""
        with no_thread_left():
            receiver = device.Receiver(device.read_configuration(self.file), lambda: None)
            thread = threading.Thread(target=receiver.run)
            thread.start()
            try:
                yield
            finally:
                receiver.stop()

    def work(self) -> None:
        """Judge, conclude and deliver what there is, once; then delete what is done with."""
        configuration = device.read_configuration(self.file)
        worker = device.Worker(configuration, 1)
        while worker.judge_next():
            pass
        time.sleep(2 * SETTLE_SECONDS)
        while worker.conclude_next():
            pass
        for name in device.find_destinations(configuration):
            wanted = iter([True])
            device.deliver(configuration, name, lambda wanted=wanted: next(wanted, False))  # type: ignore[misc]
        self.report()
        worker.store.sweep()
        worker.store.watch_drift()
        device.sweep_incoming(configuration)

    def report(self) -> None:
        """Report, once, on what the node was asked to commit to."""
        wanted = iter([True])
        device.report_commitments(device.read_configuration(self.file), lambda: next(wanted, False))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the whole node, in processes of its own; when this is left, ask it to end, and wait.

        Raises:
            ValueError: it did not start.
        """
        program = "import sys, device; sys.exit(device.main())"  # as the installed script does
        command = [sys.executable, "-c", program, "serve", str(self.file)]
        said = self.folder / "said.txt"
        with said.open("ab") as log, subprocess.Popen(command, stderr=log) as process:
            try:
                wait_for(lambda: process.poll() is not None or (is_open(self.port) and is_open(self.page)))
                if process.poll() is not None:
                    raise ValueError(f"the node did not start: {said.read_text('utf-8')}")
                yield
            finally:
                process.terminate()

    def open_messages(self) -> None:
        """Have the results go to a receiver of messages, too."""
        self.receiver = MessageReceiver(find_port())
        self.stated["hl7"] = {"host": LOOPBACK, "port": self.receiver.port, "receiving_application": "RIS"}

    def open_audit(self) -> None:
        """Have the record told to a collector, by TLS with certificates of one authority."""
        party = Party(self.folder / "audit")
        self.collector = Collector(find_port())
        self.collector.tls = party.make_server_context()
        self.stated["audit"] = {**party.stated, "host": LOOPBACK, "port": self.collector.port}

    def run_outlets(self) -> None:
        """Send once what is due, as a process does that was just started."""
        configuration = device.read_configuration(self.file)
        for name in device.find_outlets(configuration):
            wanted = iter([True])
            device.run_outlet(configuration, name, lambda wanted=wanted: next(wanted, False))  # type: ignore[misc]

    def secure(self) -> None:
        """Have node and archive speak TLS, each with a certificate of one authority."""
        self.party = Party(self.folder / "certificates")
        self.stated["tls"], self.archive.tls = self.party.stated, self.party.make_server_context()
        self.stated["destination"]["tls"] = True

    def open_web(self) -> None:
        """Have the archive take results at a web address alone."""
        self.archive.web, self.stated["destination"] = find_port(), None
        self.stated["web"] = {"url": f"http://{LOOPBACK}:{self.archive.web}/dicom-web"}

    def ask(self, path: str) -> str:
        """What the node's own page says, asked as a browser asks."""
        configuration = device.read_configuration(self.file)
        with no_thread_left(), device.make_page_server(configuration) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            with urllib.request.urlopen(f"http://{LOOPBACK}:{server.server_port}{path}", timeout=20) as answer:
                told: str = answer.read().decode()
            thread.join()
        return told

    def tell(self) -> str:
        """The record, a JSON object a line."""
        return "\n".join(json.dumps(event) for event in self.store.events.read())

    def change_event(self, number: int) -> None:
        """Change a line of the record as somebody with the rights to its file can."""
        with sqlite3.connect(self.folder / "held" / "node.db") as database:
            database.execute("DROP TRIGGER event_kept")
            database.execute("UPDATE event SET told = '{}' WHERE number = ?", (number,))


def send(
    node: Node,
    image: Path,
    sender: str = MODALITY,
    sop_class: str | None = None,
    shown: str | None = None,
    host: str = LOOPBACK,
) -> str:
    """Send an object to a node.

    Args:
        node: which listens.
        image: a DICOM file.
        sender: the AE title of who sends.
        sop_class: what the command says of it; default what it says of itself.
        shown: the certificate that the sender shows, one of those of `certificates`; default no TLS.
        host: the address that it is sent from, one of this computer.

    Returns:
        The status as four hexadecimal digits, or why there is none.
    """
    dataset = dcmread(image)
    if sop_class:
        dataset = type("Told", (Dataset,), {"SOPClassUID": sop_class})(dataset)
        dataset.file_meta = dcmread(image).file_meta
    with node.listening():
        return _store(node, dataset, sender, shown, host)


def send_beside(node: Node, image: Path) -> tuple[int, str, str]:
    """Send an object as the archive while the modality holds every association that it gets.

    Returns:
        How many the modality got, how the next was rejected (result, source and reason), and the status of the object.
    """
    dataset, held = dcmread(image), list[Any]()
    with node.listening():
        while (one := associate(node, dataset, MODALITY)).is_established:
            held.append(one)
        said = one.acceptor.primitive
        rejected = f"{said.result}, {said.result_source}, {said.diagnostic}" if one.is_rejected else "not rejected"
        status = _store(node, dataset, ARCHIVE)
        for one in held:
            one.release()
    return len(held), rejected, status


def associate(node: Node, dataset: Dataset, sender: str, shown: str | None = None, host: str = LOOPBACK) -> Any:
    """An association for objects like one, which may not have come about."""
    ae = AE(ae_title=sender)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = PATIENCE_SECONDS
    ae.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    tls: Any = (node.party.make_context(shown), None) if shown else None
    return ae.associate(LOOPBACK, node.port, ae_title=NODE, tls_args=tls, bind_address=(host, 0))


def _store(node: Node, dataset: Dataset, sender: str, shown: str | None = None, host: str = LOOPBACK) -> str:
    association = associate(node, dataset, sender, shown, host)
    if not association.is_established:
        return "no association"
    status = association.send_c_store(dataset)
    if association.is_established:
        association.release()
    return f"{status.Status:04X}" if "Status" in status else "no answer"


def ask_commitment(node: Node, references: list[tuple[str, str]]) -> str:
    """Ask a node to commit to objects, each a class and an identifier.

    Returns:
        The status of the request as four hexadecimal digits; what it says of the objects comes to the archive.
    """
    asked = Dataset()
    asked.TransactionUID, asked.ReferencedSOPSequence = "1.2.3.4.5", []
    for sop_class, uid in references:
        one = Dataset()
        one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = sop_class, uid
        asked.ReferencedSOPSequence.append(one)
    ae = AE(ae_title=ARCHIVE)
    ae.add_requested_context(StorageCommitmentPushModel)
    with node.listening():
        association = ae.associate(LOOPBACK, node.port, ae_title=NODE)
        status, _ = association.send_n_action(asked, 1, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")
        association.release()
    return f"{status.Status:04X}"
