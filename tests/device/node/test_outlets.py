"""A whole node with both outlets: what nobody takes holds up no result, and what is told is there after a kill."""

import json
import re
import time

import pytest
from pydicom.uid import generate_uid

from tests.device.node.bench import Node, find_port, make_image, send, wait_for
from verification.steps.certificates import Party
from verification.steps.receivers import Collector, MessageReceiver, read_field

pytestmark = pytest.mark.slow


def test_results_arrive_while_nobody_takes_messages_and_after_a_kill_each_is_taken_once(tmp_path, pacs):
    party, receiver, collector = Party(tmp_path / "certificates"), MessageReceiver(find_port()), Collector(find_port())
    collector.tls = party.make_server_context()
    node = Node(
        tmp_path, pacs, hl7={"host": "127.0.0.1", "port": receiver.port},
        audit={**party.stated, "host": "127.0.0.1", "port": collector.port},
    )  # fmt: skip
    studies = [generate_uid() for _ in range(3)]
    try:
        node.start()
        assert send(node.port, *[make_image(tmp_path, study) for study in studies]) == [0, 0, 0]
        wait_for(lambda: len(pacs.kept) == 6)
        wait_for(lambda: "message failed" in node.read_log())
        wait_for(lambda: "audit failed" in node.read_log())
        assert "a message has not been acknowledged" in wait_for(lambda: find_fault(node))
        node.kill()
        receiver.codes = ["AE", "AA", "AR"]
        with receiver.listening(), collector.listening():
            node.start()
            wait_for(lambda: len(receiver.kept) == 3)
            wait_for(lambda: json.loads(node.read_page())["well"])
            time.sleep(2)  # what was accepted is not sent again
            assert node.stop() == 0
    finally:
        node.kill()
    assert sorted(read_study(message) for message in receiver.kept.values()) == sorted(studies)
    assert len(receiver.heard) == 5
    assert len(pacs.kept) == sum(pacs.sent.values()) == 6
    numbers = [int(re.search(rb'sequenceId="(\d+)"', each)[1]) for each in collector.heard]
    assert numbers == sorted(set(numbers)), "in their order, each once: no connection broke"
    events = [re.search(rb'EventID csd-code="(\d+)"', each)[1] for each in collector.heard]
    assert events.count(b"110104") == 3 + 6
    assert events.count(b"110106") >= 3 + 2


def find_fault(node):
    """What the node says of itself, when it says so."""
    unwell = json.loads(node.read_page())["unwell"]
    return next((each for each in unwell if "message" in each), "")


def read_study(message):
    assert read_field(message, "MSH", 9) == "ORU^R01^ORU_R01"
    return re.search(rb"\|113014\^DICOM Study\^DCM\|\|\^([0-9.]+)\^ISO\|", message)[1].decode()
