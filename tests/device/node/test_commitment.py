"""Storage commitment at a real node: what is answered with success is reported, and asking costs what is stated."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage, generate_uid

from device.node.configuration import read_configuration
from device.node.services import MOST_REQUEST_BYTES
from device.node.store import Store
from tests.device.node.asking import Hearer, ask, make_request
from tests.device.node.bench import PACS, Node, Pacs, fill, find_port, find_processes, make_image, send, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def make_node(tmp_path: Path, pacs: Pacs, hearer: Hearer) -> Iterator[Any]:
    made: list[Node] = []

    def make(**changes: Any) -> Node:
        made.append(Node(tmp_path, pacs, peers=hearer.peers, **changes))
        made[-1].start()
        return made[-1]

    yield make
    for node in made:
        node.stop()


def test_a_commitment_that_is_asked_for_is_declined_since_the_node_keeps_nothing(make_node, hearer, tmp_path):
    node = make_node()
    image = dcmread(make_image(tmp_path))
    send(node.port, image)
    asked = make_request([(image.SOPClassUID, image.SOPInstanceUID), (image.SOPClassUID, "1.2.3.4")])
    assert ask(node.port, asked) == [0]
    (answer,) = wait_for(lambda: hearer.heard)
    assert answer.TransactionUID == asked.TransactionUID
    assert [one.FailureReason for one in answer.FailedSOPSequence] == [0x0213, 0x0112]
    assert "ReferencedSOPSequence" not in answer


def test_a_request_that_was_answered_with_success_is_reported_after_the_node_was_killed(make_node, hearer):
    hearer.stop()
    node = make_node()
    asked = make_request([(CTImageStorage, "1.2.3.4")])
    assert ask(node.port, asked) == [0]
    node.kill()
    hearer.start()
    node.start()
    (answer,) = wait_for(lambda: hearer.heard)
    assert answer.TransactionUID == asked.TransactionUID


def test_requests_whose_reports_do_not_arrive_cost_no_thread_each(make_node, hearer):
    hearer.stop()
    with socket.create_server(("127.0.0.1", hearer.port)):  # which never answers
        node = make_node()
        threads = Path(f"/proc/{find_processes(node)[1]}/task")
        before = len(list(threads.iterdir()))
        asked = [make_request([(CTImageStorage, generate_uid())]) for _ in range(40)]
        assert ask(node.port, *asked) == [0] * 40
        assert len(list(threads.iterdir())) <= before + 5


def test_a_report_that_the_peer_does_not_take_is_sent_again_and_then_forgotten(make_node, hearer):
    hearer.statuses = [0x0110]
    node = make_node()
    asked = make_request([(CTImageStorage, "1.2.3.4")])
    assert ask(node.port, asked) == [0]
    wait_for(lambda: "commitment answered" in node.read_log())
    assert [one.TransactionUID for one in hearer.heard] == [asked.TransactionUID] * 2
    assert 'said="status 0110"' in node.read_log()
    assert not Store(read_configuration(node.configuration)).commitments.find_due()


def test_what_is_kept_for_good_is_committed_to(make_node, hearer, tmp_path):
    node = make_node(keep={"pixel_days": None})
    image = dcmread(make_image(tmp_path))
    assert send(node.port, image) == [0]
    assert ask(node.port, make_request([(image.SOPClassUID, image.SOPInstanceUID)])) == [0]
    (answer,) = wait_for(lambda: hearer.heard)
    assert [one.ReferencedSOPInstanceUID for one in answer.ReferencedSOPSequence] == [image.SOPInstanceUID]
    assert "FailedSOPSequence" not in answer
    assert hearer.kinds == [1]


def test_a_request_for_which_there_is_no_room_is_refused_as_such(make_node, hearer):
    hearer.stop()
    node = make_node(limits={"waiting_commitments": 2, "peer_share": 1})
    asked = [make_request([(CTImageStorage, "1.2.3.4")]) for _ in range(3)]
    assert ask(node.port, *asked) == [0, 0, 0x0213]
    refused = 'commitment refused host="127.0.0.1" peer="PACS" said="as many requests wait for their reports as may" '
    wait_for(lambda: refused + 'status="0213"' in node.read_log())
    hearer.start()
    wait_for(lambda: len(hearer.heard) == 2)
    assert ask(node.port, asked[2]) == [0]
    wait_for(lambda: len(hearer.heard) == 3)


def test_a_request_that_is_too_long_is_not_read(make_node):
    node, asked = make_node(), make_request([(CTImageStorage, "1.2.3.4")])
    asked.TextValue = "x" * MOST_REQUEST_BYTES
    assert ask(node.port, asked) == [0x0213]
    assert "a request: found" in wait_for(lambda: "commitment refused" in node.read_log() and node.read_log())


def test_a_request_on_a_disk_that_takes_nothing_is_refused(make_node, hearer):
    node = make_node()
    wait_for(lambda: json.loads(node.read_page())["well"])  # each process has noted that it is ready
    give_room = fill(find_processes(node))
    assert ask(node.port, make_request([(CTImageStorage, "1.2.3.4")])) == [0x0213]
    give_room()
    assert ask(node.port, make_request([(CTImageStorage, "1.2.3.4")])) == [0]
    wait_for(lambda: hearer.heard)


def test_the_oldest_request_of_a_peer_that_is_away_holds_up_no_other_peer(tmp_path, pacs, hearer):
    peers = [{"ae_title": "AWAY", "host": "127.0.0.1", "port": find_port()}, *hearer.peers]
    node = Node(tmp_path, pacs, peers=peers)
    node.start()
    assert ask(node.port, make_request([(CTImageStorage, "1.2.3.4")]), title="AWAY") == [0]
    assert ask(node.port, make_request([(CTImageStorage, "1.2.3.5")])) == [0]
    wait_for(lambda: hearer.heard)
    node.stop()
    assert "commitment failed" in node.read_log()


def test_of_two_peers_of_one_title_each_is_told_what_it_asked_at_its_own_address(tmp_path, pacs, hearer):
    elsewhere = Hearer("127.0.0.2")
    elsewhere.start()
    node = Node(tmp_path, pacs, peers=[*hearer.peers, elsewhere.peers[1], {"ae_title": PACS, "host": "127.0.0.3"}])
    node.start()
    here, there = (make_request([(CTImageStorage, "1.2.3.4")]) for _ in range(2))
    assert ask(node.port, there, host="127.0.0.2") == [0]
    assert ask(node.port, here) == [0]
    assert ask(node.port, here, host="127.0.0.3") == [0x0110], "of that one no port is configured"
    wait_for(lambda: node.read_log().count("commitment answered") == 2)
    node.stop()
    elsewhere.stop()
    assert [one.TransactionUID for one in elsewhere.heard] == [there.TransactionUID]
    assert [one.TransactionUID for one in hearer.heard] == [here.TransactionUID]
