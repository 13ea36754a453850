"""What no peer should say, said to a real node: it is answered or ended at once, told in a line, and harms no other."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from device.node.configuration import read_configuration
from device.node.receiving import Receiver
from device.node.store import Store
from tests.device.node.bench import DARK, Node, make_image, send, wait_for
from tests.device.node.peer import (
    COMMAND,
    COMMITMENT,
    DATA,
    IMPLICIT,
    LAST,
    VERIFICATION,
    Elements,
    Peer,
    action,
    ask,
    context,
    encode,
    fragment,
    pdu,
    short,
    store,
)

pytestmark = pytest.mark.slow
DX = "1.2.840.10008.5.1.4.1.1.1.1"
SOON = 3.0
"""Seconds, fewer than the node's limit of idle time in these tests."""


@pytest.fixture
def node(tmp_path, pacs):
    peers = [{"ae_title": title, "host": "127.0.0.1", "port": pacs.port} for title in ("MODALITY", "PACS")]
    one = Node(tmp_path, pacs, peers=peers)
    one.start()
    yield one
    one.stop()


def say(node: Node, elements: Elements, content: bytes | None = None, number: int = 1, times: int = 1) -> str:
    """What a node answers to messages that are sent at once: the last of it."""
    contexts = [context(1, DX, [IMPLICIT]), context(3, VERIFICATION, [IMPLICIT]), context(5, COMMITMENT, [IMPLICIT])]
    peer = Peer(node.port)
    peer.send(ask(contexts))
    assert peer.hear(SOON) == "accepted"
    whole = pdu(DATA, fragment(number, COMMAND | LAST, encode(elements)))
    if content is not None:
        whole += pdu(DATA, fragment(number, LAST, content))
    peer.send(whole * times)
    heard = peer.hear(SOON)
    peer.close()
    return heard


def find_line(node: Node, part: str) -> str:
    """A line of the log."""
    return wait_for(lambda: next((line for line in node.read_log().splitlines() if part in line), None))


@pytest.mark.parametrize("named", [VERIFICATION, COMMITMENT, "1.2.3"])
def test_an_object_stored_under_the_class_of_another_service_is_never_acknowledged(node, pacs, tmp_path, named):
    assert say(node, store(named, "1.2.3.4"), b"\0" * 100, number=3) in ("aborted", "closed")
    line = find_line(node, "object refused")
    assert re.search(r'object="[0-9a-f]{16}"', line)
    assert f"found C_STORE_RQ of {named}, expected C-STORE of a storage class" in line
    assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: len(pacs.kept) == 2)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({0x0800: short(0x0101)}, "found no data set, expected one"),
        ({0x0110: None}, "found no MessageID, expected it"),
        ({0x1000: None}, "found no AffectedSOPInstanceUID, expected it"),
        ({0x0002: None}, "found C_STORE_RQ of no class, expected C-STORE of a storage class"),
        ({0x0100: short(0x20)}, f"found C_FIND_RQ of {DX}, expected C-STORE of a storage class"),
    ],
)
def test_a_message_that_cannot_be_answered_ends_its_association_at_once(node, changed, told):
    elements = [(number, changed.get(number, value)) for number, value in store(DX, "1.2.3.4")]
    whole = [(number, value) for number, value in elements if value is not None]
    content = None if 0x0800 in changed else b"\0" * 100
    started = time.monotonic()
    assert say(node, whole, content) in ("aborted", "closed")
    assert time.monotonic() - started < SOON
    assert told in find_line(node, "object refused")


def test_a_pdu_far_longer_than_agreed_is_not_read(node, tmp_path):
    peer = Peer(node.port)
    peer.send(ask([context(1, DX, [IMPLICIT])]))
    assert peer.hear(SOON) == "accepted"
    peer.send(b"\4\0" + (2**31).to_bytes(4, "big"), bytes(2**16))
    assert peer.hear(SOON) in ("aborted", "closed")
    assert "a PDU: found 2147483648 bytes, expected at most 1048576" in find_line(node, "a PDU")
    assert send(node.port, make_image(tmp_path)) == [0]


def test_connections_that_end_before_they_ask_hold_no_place(node, tmp_path):
    for _ in range(25):  # more than the associations that the node has room for
        peer = Peer(node.port)
        peer.send(b"\x08\0" + bytes(4))  # no PDU of the standard
        assert peer.hear(SOON) in ("aborted", "closed")
        peer.close()
    assert send(node.port, make_image(tmp_path)) == [0]


def test_associations_that_are_broken_off_leave_no_thread(node):
    with ThreadPoolExecutor(3) as pool:
        heard = list(pool.map(lambda _: say(node, store("1.2.3", "1.2.3.4"), b"\0" * 100), range(48)))
    assert set(heard) <= {"aborted", "closed"}
    assert node.process
    children = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text("ascii").split()
    threads = Path(f"/proc/{children[0]}/task")
    wait_for(lambda: len(list(threads.iterdir())) <= 3)  # it listens, watches for the end, and is the process


def test_messages_are_taken_one_at_a_time(node, tmp_path):
    say(node, store(DX, "1.2.3.4"), b"\0" * 100, times=30)
    assert "expected one at a time" in find_line(node, "found another before")
    assert send(node.port, make_image(tmp_path)) == [0]


@pytest.mark.parametrize(
    ("keyword", "value", "told"),
    [
        ("SeriesInstanceUID", "Secret^Name", "SeriesInstanceUID: found 11 characters that are none, expected a UID"),
        ("StudyInstanceUID", "", "StudyInstanceUID: found none, expected a UID"),
    ],
)
def test_a_refused_object_is_named_by_its_keyed_digest_with_found_and_expected(node, tmp_path, keyword, value, told):
    image = dcmread(make_image(tmp_path))
    image[keyword] = type(image[keyword])(image[keyword].tag, "LO", value)
    assert send(node.port, image) == [0xC000]
    line = find_line(node, "object refused")
    name = Store(read_configuration(node.configuration)).blind(image.SOPInstanceUID)
    assert f'object="{name}"' in line
    assert told in line
    assert 'status="C000"' in line
    assert "Secret" not in node.read_log()


def test_one_identifier_in_two_studies_gives_each_study_its_result(node, pacs, tmp_path):
    first, second, sop_uid = generate_uid(), generate_uid(), generate_uid()
    images = [make_image(tmp_path, study, DARK, SOPInstanceUID=sop_uid) for study in (first, second)]
    assert send(node.port, *images) == [0, 0]
    wait_for(lambda: pacs.find_reports(first) and pacs.find_reports(second))


@pytest.mark.parametrize("uid", [b"../..", b"", b"1.2\\1.3", b"\xff" * 8])
def test_a_commitment_that_names_no_uid_is_refused(node, uid):
    def make(group: int, number: int, value: bytes) -> bytes:
        head = group.to_bytes(2, "little") + number.to_bytes(2, "little")
        return head + len(value).to_bytes(4, "little") + value

    reference = make(8, 0x1150, b"1.2.3\0") + make(8, 0x1155, uid)
    asked = make(8, 0x1195, b"1.2.3.4\0") + make(8, 0x1199, make(0xFFFE, 0xE000, reference))
    assert say(node, action(), asked, number=5) == "8130 0110"
    assert "commitment refused" in find_line(node, "commitment")


def test_the_library_s_opinion_of_a_text_is_not_printed_with_it(node, pacs, tmp_path):
    image = dcmread(make_image(tmp_path))
    image.add_new("SpecificCharacterSet", "CS", "SECRET SET")
    assert send(node.port, image) in ([0], [0xC000])
    assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: pacs.reports)
    assert not re.search("Warning|SECRET", node.read_log())


def test_a_thread_that_cannot_go_on_is_told_in_a_line_without_what_it_read(tmp_path, pacs, monkeypatch):
    configuration = read_configuration(Node(tmp_path, pacs).configuration)
    receiver: Any = Receiver(configuration, lambda: None)
    running = threading.Thread(target=receiver.run, daemon=True)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    running.start()
    wait_for(lambda: threading.excepthook == receiver._end)

    def fail() -> None:
        raise ValueError("Secret^Name")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    receiver.stop()
    (event,) = Store(configuration).events.read_last(("association broken off",), 5)
    assert event["said"] == "what came led to ValueError in fail"
    assert "Secret" not in str(event)


def test_an_association_that_ended_is_not_kept_in_memory(tmp_path, pacs):
    receiver: Any = Receiver(read_configuration(Node(tmp_path, pacs).configuration), lambda: None)

    class Association:
        requestor = Dataset()

    one = Association()
    receiver._received[one] = 1
    del one
    assert not receiver._received
