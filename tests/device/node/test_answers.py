"""Each status and each refusal of the conformance statement, brought about at a real node."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from device.node import services
from device.node.configuration import read_configuration
from device.node.receiving import Receiver
from device.node.services import LARGEST_PDU_BYTES, REFUSALS, STORE, Side
from device.node.statuses import STATUSES, Place
from tests.device.node.asking import ask as ask_commitment
from tests.device.node.asking import make_request
from tests.device.node.bench import NODE, PACS, Node, run_beside, send, wait_for
from tests.device.node.lab import Lab
from tests.device.node.peer import (
    COMMAND,
    DATA,
    IMPLICIT,
    LAST,
    VERIFICATION,
    Peer,
    ask,
    context,
    encode,
    fragment,
    pdu,
    store,
)
from tests.device.node.test_node import Liar
from verification.product.network import describe_node
from verification.steps.certificates import Party

pytestmark = pytest.mark.slow
STATED = describe_node()
SOON = 5.0


# --- statuses ---------------------------------------------------------------------------------------------------------


def echo(lab: Lab) -> int | None:
    ae = AE(ae_title=PACS)
    ae.add_requested_context(Verification)
    association = ae.associate("127.0.0.1", lab.make().port, ae_title=NODE)
    status = association.send_c_echo().get("Status")
    association.release()
    return status


def store_liar(lab: Lab) -> int | None:
    image = lab.image()
    liar = Liar(dcmread(image))
    liar.file_meta = dcmread(image).file_meta
    liar.add_new(0x00080016, "UI", CTImageStorage)
    return send(lab.make().port, liar)[0]


def store_nameless(lab: Lab) -> int | None:
    image = dcmread(lab.image())
    del image.StudyInstanceUID
    return send(lab.make().port, image)[0]


def store_in_a_node_with_a_fault(lab: Lab) -> int | None:
    """A node in this process, in which what wakes the workers fails."""
    (lab.folder / "faulty").mkdir()
    node = Node(lab.folder / "faulty", lab.pacs)

    def fail() -> None:
        raise ValueError("no semaphore")

    receiver = Receiver(read_configuration(node.configuration), fail)
    thread = threading.Thread(target=receiver.run)
    thread.start()
    (status,) = send(node.port, lab.image())
    receiver.stop()
    thread.join()
    return status


def ask_twice_where_one_may_wait(lab: Lab) -> int | None:
    lab.hearer.stop()
    node = lab.make(limits={"waiting_commitments": 1})
    return ask_commitment(node.port, lab.commitment(), lab.commitment())[-1]


def read_reason(lab: Lab, there: bool) -> int:
    node, image = lab.make(), dcmread(lab.image())
    if there:
        assert send(node.port, image) == [0]
    assert ask_commitment(node.port, make_request([(image.SOPClassUID, image.SOPInstanceUID)])) == [0]
    wait_for(lambda: lab.hearer.heard)
    return int(lab.hearer.heard[0].FailedSOPSequence[0].FailureReason)


def arrives_with(code: int) -> Callable[[Lab], int]:
    """The archive answers so, and is sent each result once."""

    def see(lab: Lab) -> int:
        lab.pacs.statuses = [code, code]
        node = lab.make()
        assert send(node.port, lab.image()) == [0]
        wait_for(lambda: node.read_log().count(" delivered ") == 2)
        assert set(lab.pacs.sent.values()) == {1}
        assert "delivery failed" not in node.read_log()
        return code

    return see


def is_sent_again(lab: Lab) -> None:
    lab.pacs.statuses = [0xA700, 0x0124]
    node = lab.make()
    assert send(node.port, lab.image()) == [0]
    wait_for(lambda: node.read_log().count(" delivered ") == 2)
    assert sum(lab.pacs.sent.values()) == 4
    assert 'said="status A700"' in node.read_log()


def is_heard(lab: Lab) -> int:
    node = lab.make()
    assert ask_commitment(node.port, lab.commitment()) == [0]
    wait_for(lambda: "commitment answered" in node.read_log())
    return 0x0000


def is_reported_again(lab: Lab) -> None:
    lab.hearer.statuses = [0x0110]
    node = lab.make()
    assert ask_commitment(node.port, lab.commitment()) == [0]
    wait_for(lambda: "commitment answered" in node.read_log())
    assert len(lab.hearer.heard) == 2
    assert "commitment failed" in node.read_log()


SEEN: dict[tuple[Place, Side, int | None], Callable[[Lab], int | None]] = {
    (Place.ECHO, Side.NODE, 0x0000): echo,
    (Place.STORE, Side.NODE, 0x0000): lambda lab: send(lab.make().port, lab.image())[0],
    (Place.STORE, Side.NODE, 0xA700): lambda lab: send(lab.make(limits={"free_bytes": 2**60}).port, lab.image())[0],
    (Place.STORE, Side.NODE, 0xA900): store_liar,
    (Place.STORE, Side.NODE, 0xC000): store_nameless,
    (Place.STORE, Side.NODE, 0xC211): store_in_a_node_with_a_fault,
    (Place.ACTION, Side.NODE, 0x0000): lambda lab: ask_commitment(lab.make().port, lab.commitment())[0],
    (Place.ACTION, Side.NODE, 0x0110): lambda lab: ask_commitment(lab.make().port, lab.commitment(), title="MODALITY")[0],  # noqa: E501
    (Place.ACTION, Side.NODE, 0x0123): lambda lab: ask_commitment(lab.make().port, lab.commitment(), action=2)[0],
    (Place.ACTION, Side.NODE, 0x0213): ask_twice_where_one_may_wait,
    (Place.REASON, Side.NODE, 0x0112): lambda lab: read_reason(lab, there=False),
    (Place.REASON, Side.NODE, 0x0213): lambda lab: read_reason(lab, there=True),
    (Place.STORE, Side.PEER, 0x0000): arrives_with(0x0000),
    (Place.STORE, Side.PEER, 0xB000): arrives_with(0xB000),
    (Place.STORE, Side.PEER, 0xB006): arrives_with(0xB006),
    (Place.STORE, Side.PEER, 0xB007): arrives_with(0xB007),
    (Place.STORE, Side.PEER, None): is_sent_again,
    (Place.REPORT, Side.PEER, 0x0000): is_heard,
    (Place.REPORT, Side.PEER, None): is_reported_again,
}  # fmt: skip
"""How each status of the statement comes about."""


def test_every_status_of_the_statement_is_seen_here():
    stated = {(one.place, one.sender, one.code) for one in STATED.statuses}
    assert {(str(place), str(side), None if code is None else f"{code:04X}") for place, side, code in SEEN} == stated


@pytest.mark.parametrize("status", STATUSES, ids=lambda one: f"{one.place}, {one.sender}, {one.code}")
def test_a_status_comes_about_as_stated(lab, status):
    assert SEEN[status.place, status.sender, status.code](lab) == status.code


# --- refusals ---------------------------------------------------------------------------------------------------------

ANSWERS = {"rejected": "A-ASSOCIATE-RJ", "aborted": "A-ABORT", "closed": "the connection is closed"}


def hear_end(peer: Peer) -> str:
    """The last thing that the node says: how it ended."""
    while (heard := peer.hear(3 * SOON)) == "accepted":
        pass
    return heard


def associate(port: int, host: str = "127.0.0.1", **named: bytes) -> Peer:
    peer = Peer(port, host)
    peer.send(ask([context(1, STORE.sop_classes[0], [IMPLICIT])], **named))
    return peer


def refuse_second(lab: Lab) -> Peer:
    node = lab.make(limits={"associations": 1})
    lab.held.append(associate(node.port))
    assert lab.held[-1].hear(SOON) == "accepted"
    return associate(node.port)


def refuse_of_peer(lab: Lab) -> Peer:
    node = lab.make(limits={"associations": 2})
    lab.held.append(associate(node.port))
    assert lab.held[-1].hear(SOON) == "accepted"
    return associate(node.port)


def refuse_of_host(lab: Lab) -> Peer:
    peers = [*lab.hearer.peers, {"ae_title": "MODALITY", "host": "127.0.0.2"}]
    node = lab.make(peers=peers, limits={"connections": 4, "idle_seconds": 30.0})
    return connect_until_closed(lab, node.port)


def refuse_connection(lab: Lab) -> Peer:
    return connect_until_closed(lab, lab.make(limits={"connections": 2, "idle_seconds": 30.0}).port)


def connect_until_closed(lab: Lab, port: int) -> Peer:
    """The first connection that is too many. Whoever looked whether the port is open may count for a moment, too."""
    while (peer := associate(port)).hear(SOON) != "closed":
        lab.held.append(peer)
    return peer


def refuse_without_certificate(lab: Lab) -> Peer:
    return associate(lab.make(tls=Party(lab.folder / "certificates").stated).port)


def send_head(length: int) -> Callable[[Lab], Peer]:
    """A PDU of which the head says how long it is, and nothing follows."""

    def begin(lab: Lab) -> Peer:
        peer = associate(lab.make(limits={"idle_seconds": 1.0}).port)
        assert peer.hear(SOON) == "accepted"
        peer.send(bytes([DATA, 0]) + length.to_bytes(4, "big"))
        return peer

    return begin


def send_object(content: int, pause: float, **limits: float) -> Callable[[Lab], Peer]:
    """An object in fragments."""

    def begin(lab: Lab) -> Peer:
        peer = associate(lab.make(limits=limits).port)
        assert peer.hear(SOON) == "accepted"
        peer.send(pdu(DATA, fragment(1, COMMAND | LAST, encode(store(STORE.sop_classes[0], "1.2.3.4")))))

        def go_on() -> None:
            for _ in range(20):
                peer.send(pdu(DATA, fragment(1, 0, bytes(content // 20))))
                time.sleep(pause)

        run_beside(go_on)
        return peer

    return begin


def say_nothing(lab: Lab) -> Peer:
    return associate(lab.make(limits={"idle_seconds": 1.0}).port)


def say_what_is_no_operation(lab: Lab) -> Peer:
    peer = associate(lab.make().port)
    assert peer.hear(SOON) == "accepted"
    peer.send(pdu(DATA, fragment(1, COMMAND | LAST, encode([*store(VERIFICATION, "1.2.3.4")]))))
    return peer


CAUSED: dict[str, Callable[[Lab], Peer]] = {
    "OTHER_NODE": lambda lab: associate(lab.make().port, called=b"OTHER"),
    "NO_PEER": lambda lab: associate(lab.make().port, calling=b"STRANGER"),
    "TOO_MANY": refuse_second,
    "TOO_MANY_OF_PEER": refuse_of_peer,
    "OTHER_HOST": lambda lab: associate(
        lab.make(peers=[*lab.hearer.peers, {"ae_title": "ELSEWHERE", "host": "127.0.0.3"}]).port, calling=b"ELSEWHERE"
    ),
    "NO_HOST": lambda lab: associate(lab.make().port, "127.0.0.9"),
    "TOO_MANY_CONNECTIONS": refuse_connection,
    "TOO_MANY_OF_HOST": refuse_of_host,
    "NO_CERTIFICATE": refuse_without_certificate,
    "LONG_PDU": send_head(LARGEST_PDU_BYTES + 1),
    "SLOW_PDU": send_head(LARGEST_PDU_BYTES),
    "LARGE_OBJECT": send_object(2_000_000, 0.0, object_bytes=1_000_000),
    "SLOW_OBJECT": send_object(20_000, 0.2, object_seconds=1.0),
    "SILENCE": say_nothing,
    "NO_OPERATION": say_what_is_no_operation,
}


def test_every_refusal_of_the_statement_is_seen_here():
    assert [getattr(services, name) for name in CAUSED] == list(REFUSALS)
    assert len(STATED.refusals) == len(REFUSALS)


@pytest.mark.parametrize("name", CAUSED)
def test_an_association_is_refused_or_ends_as_stated(lab, name):
    stated: services.Refusal = getattr(services, name)
    peer = CAUSED[name](lab)
    assert ANSWERS[hear_end(peer)] == stated.answer
    if stated.codes:
        assert tuple(peer.content[1:]) == stated.codes
        wait_for(lambda: f'said="{stated.why}"' in lab.nodes[0].read_log())
    peer.close()
