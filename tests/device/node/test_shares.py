"""A greedy peer at a real node: it has its share of what there is, is told so, and shuts out no other."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage
from pynetdicom import AE

from tests.device.node.asking import ask as ask_commitment
from tests.device.node.asking import make_request
from tests.device.node.bench import MODALITY, NODE, PACS, Node, find_processes, wait_for
from tests.device.node.lab import Lab
from tests.device.node.peer import IMPLICIT, VERIFICATION, Peer, ask, context
from tests.device.node.test_attacks import WORKER

pytestmark = pytest.mark.slow
GREEDY, QUIET = "127.0.0.1", "127.0.0.2"
"""Addresses of two peers of one title."""
PEERS = [{"ae_title": MODALITY, "host": GREEDY}, {"ae_title": MODALITY, "host": QUIET}]
LIMIT_EXCEEDED = (2, 3, 2)
"""PS3.8 9.3.4: rejected for now, by the provider of the service, since a local limit is exceeded."""
SOON = 5.0


def associate(port: int, host: str) -> Peer:
    peer = Peer(port, host)
    peer.send(ask([context(1, VERIFICATION, [IMPLICIT])]))
    return peer


def send(port: int, image: Dataset, host: str) -> int | None:
    """Send an object from an address of this computer; None where there was no answer."""
    ae: Any = AE(ae_title=MODALITY)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 20
    ae.add_requested_context(image.SOPClassUID, image.file_meta.TransferSyntaxUID)
    association = ae.associate("127.0.0.1", port, ae_title=NODE, bind_address=(host, 0))
    if not association.is_established:
        return None
    status = association.send_c_store(image).get("Status")
    association.release()
    return None if status is None else int(status)


def read_refused(node: Node) -> dict[str, int]:
    return dict(json.loads(node.read_page())["refused"])


def take_all(lab: Lab, port: int, host: str) -> int:
    """Open associations, and hold them, until one is rejected for now; how many came about."""
    for held in range(100):
        peer = associate(port, host)
        if (heard := peer.hear(SOON)) == "rejected":
            assert tuple(peer.content[1:]) == LIMIT_EXCEEDED
            peer.close()
            return held
        assert heard == "accepted"
        lab.held.append(peer)
    raise AssertionError("none was rejected")


@pytest.mark.parametrize(("share", "most"), [(None, 4), (0.3, 2), (0.01, 1)])
def test_a_peer_that_holds_associations_leaves_the_others_theirs(lab, share, most):
    limits = {"associations": 8, "connections": 2000, "idle_seconds": 60.0}
    limits |= {"peer_share": share} if share else {}
    node = lab.make(peers=PEERS, limits=limits)
    assert take_all(lab, node.port, GREEDY) == most
    assert send(node.port, dcmread(lab.image()), QUIET) == 0
    assert take_all(lab, node.port, QUIET) == most
    wait_for(lambda: read_refused(node) == {f"{MODALITY} {each} associations": 1 for each in (GREEDY, QUIET)})
    line = f'clearway_refused_of_peer{{peer="{MODALITY}",host="{GREEDY}",share="associations"}} 1'
    assert line in node.read_page("/metrics").splitlines()
    assert f"<td>{MODALITY} {QUIET} associations</td><td>1</td>" in node.read_page("/")
    assert json.loads(node.read_page())["well"]
    wait_for(lambda: node.read_log().count("the peer has its share of associations") == 2)


def test_a_place_is_free_again_when_its_association_has_ended_in_whichever_way(lab):
    node = lab.make(peers=PEERS, limits={"associations": 2, "idle_seconds": 60.0})
    for end in (
        Peer.close,
        lambda peer: peer.send(b"\7\0\0\0\0\4\0\0\0\0"),
        lambda peer: peer.send(b"\5\0\0\0\0\4\0\0\0\0"),
    ):
        assert take_all(lab, node.port, GREEDY) == 1
        end(lab.held.pop())
        wait_for(lambda: associate(node.port, GREEDY).hear(SOON) == "accepted")
        wait_for(lambda: send(node.port, dcmread(lab.image()), GREEDY) == 0)


def test_a_peer_alone_may_have_all(lab):
    node = lab.make(peers=PEERS[:1], limits={"associations": 4, "idle_seconds": 60.0})
    assert take_all(lab, node.port, GREEDY) == 4
    wait_for(lambda: "there are as many associations" in node.read_log())
    assert read_refused(node) == {}


def test_connections_that_say_nothing_hold_no_association_and_leave_other_hosts_theirs(lab):
    node = lab.make(peers=PEERS, limits={"associations": 4, "connections": 8, "idle_seconds": 60.0})
    lab.held += [Peer(node.port, GREEDY) for _ in range(30)]
    wait_for(lambda: associate(node.port, GREEDY).hear(SOON) == "closed")
    assert send(node.port, dcmread(lab.image()), QUIET) == 0
    refused = wait_for(lambda: read_refused(node))
    assert refused.keys() == {f"{GREEDY} connections"}
    wait_for(lambda: read_refused(node)[f"{GREEDY} connections"] >= 30 - 4 + 1)
    assert node.read_log().count("its host has its share of connections") < 10


def test_a_peer_whose_objects_wait_leaves_the_others_room_in_the_queue(lab):
    node = lab.make(peers=PEERS, limits={"waiting_objects": 4})
    worker = find_processes(node)[WORKER]
    os.kill(worker, signal.SIGSTOP)
    assert [send(node.port, dcmread(lab.image()), GREEDY) for _ in range(3)] == [0, 0, 0xA700]
    assert send(node.port, dcmread(lab.image()), QUIET) == 0
    assert read_refused(node) == {f"{MODALITY} {GREEDY} waiting_objects": 1}
    os.kill(worker, signal.SIGCONT)
    wait_for(lambda: len(lab.pacs.kept) == 6)
    assert send(node.port, dcmread(lab.image()), GREEDY) == 0


def test_a_peer_that_fills_the_disk_leaves_the_others_room_on_it(lab):
    lab.pacs.stop()
    node = lab.make(peers=PEERS, limits={"peer_share": 1e-9, "waiting_objects": 10**10, "connections": 10**10})
    assert [send(node.port, dcmread(lab.image()), GREEDY) for _ in range(2)] == [0, 0xA700]
    assert send(node.port, dcmread(lab.image()), QUIET) == 0
    assert read_refused(node) == {f"{MODALITY} {GREEDY} disk": 1}
    lab.pacs.start()
    wait_for(lambda: len(lab.pacs.kept) == 4)
    wait_for(lambda: send(node.port, dcmread(lab.image()), GREEDY) == 0, 60)


def test_a_peer_that_asks_for_commitment_without_end_leaves_the_others_theirs(lab):
    lab.hearer.stop()
    peers = [{"ae_title": PACS, "host": each, "port": lab.hearer.port} for each in (GREEDY, QUIET)]
    node = lab.make(peers=peers, limits={"waiting_commitments": 4})
    asked = [make_request([(CTImageStorage, "1.2.3.4")]) for _ in range(3)]
    assert ask_commitment(node.port, *asked, host=GREEDY) == [0, 0, 0x0213]
    assert ask_commitment(node.port, asked[0], host=QUIET) == [0]
    assert read_refused(node) == {f"{PACS} {GREEDY} waiting_commitments": 1}
