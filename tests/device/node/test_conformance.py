"""The statement of conformance against a real node: what it says is accepted, agreed on, answered and refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydicom._uid_dict import UID_dictionary
from pynetdicom import AE, evt

from device.node.services import STORE
from tests.device.node.asking import ask as ask_commitment
from tests.device.node.bench import PACS, send, wait_for
from tests.device.node.peer import (
    IMPLICIT,
    VERIFICATION,
    Peer,
    ask,
    context,
    item,
    read_contexts,
    read_user_items,
)
from verification.evidence import NetworkService
from verification.product.network import describe_node

pytestmark = pytest.mark.slow
STATED = describe_node()
MOST_CONTEXTS = 128
"""PS3.8 9.3.2.2: their numbers are odd, and of one byte."""
NO_CLASS, NO_SYNTAX = 3, 4
"""PS3.8 9.3.3.2: why a presentation context is not accepted."""
UNKNOWN = "1.2.826.0.1.3680043.9.3811.9.9"
SOON = 5.0


# --- presentation contexts --------------------------------------------------------------------------------------------


def negotiate(port: int, offered: list[tuple[str, tuple[str, ...]]]) -> list[tuple[int, str]]:
    """What becomes of each class with its syntaxes: the result, and the syntax that is taken."""
    peer = Peer(port)
    numbers = range(1, 2 * len(offered), 2)
    peer.send(ask(context(number, *one) for number, one in zip(numbers, offered, strict=True)))
    assert peer.hear(SOON) == "accepted"
    answers = read_contexts(peer.content)
    peer.close()
    return [answers[number] for number in numbers]


def offered_to_peers() -> Iterator[NetworkService]:
    return (one for one in STATED.services if one.opener == "a peer")


def test_each_presentation_context_is_accepted_exactly_as_stated(lab):
    node = lab.make(limits={"associations": 100})
    stated = {
        (each.uid, syntax.uid) for one in offered_to_peers() for each in one.sop_classes
        for syntax in one.transfer_syntaxes
    }  # fmt: skip
    registered = {uid for uid, (_, kind, *_) in UID_dictionary.items() if kind in ("SOP Class", "Meta SOP Class")}
    classes = sorted({sop_class for sop_class, _ in stated} | registered | {UNKNOWN})
    syntaxes = sorted({syntax for _, syntax in stated} | {UNKNOWN})
    known = {sop_class for sop_class, _ in stated}
    asked = [
        (sop_class, syntax) for sop_class in classes for syntax in syntaxes if sop_class in known or syntax == IMPLICIT
    ]
    taken: set[tuple[str, str]] = set()
    refused: dict[tuple[str, str], int] = {}
    for at in range(0, len(asked), MOST_CONTEXTS):
        some = asked[at : at + MOST_CONTEXTS]
        for pair, (result, syntax) in zip(some, negotiate(node.port, [(a, (b,)) for a, b in some]), strict=True):
            assert syntax == pair[1]
            taken |= {pair} if result == 0 else set()
            refused |= {pair: result} if result else {}
    assert taken == stated
    assert refused == {pair: NO_SYNTAX if pair[0] in known else NO_CLASS for pair in set(asked) - stated}
    assert len(known) > 150
    assert NO_SYNTAX in refused.values()


def test_of_several_transfer_syntaxes_the_one_that_is_stated_first_is_taken(lab):
    node = lab.make()
    for service in offered_to_peers():
        syntaxes = [each.uid for each in service.transfer_syntaxes]
        sets = [tuple(reversed(syntaxes[at:])) for at in range(len(syntaxes))]
        found = negotiate(node.port, [(service.sop_classes[0].uid, each) for each in sets])
        assert found == [(0, each) for each in syntaxes]


def hear_request(port: int, classes: tuple[str, ...], role: bool) -> tuple[Any, Callable[[], None]]:
    """Listen as a peer that takes what a service opens an association for; what is proposed there."""
    heard: list[Any] = []
    ae = AE(ae_title=PACS)
    for each in classes:
        ae.add_supported_context(each, **({"scu_role": True, "scp_role": True} if role else {}))
    handlers: list[Any] = [
        (evt.EVT_REQUESTED, lambda event: heard.append(event.assoc.requestor)),
        (evt.EVT_C_STORE, lambda _: 0), (evt.EVT_N_EVENT_REPORT, lambda _: (0, None)),
    ]  # fmt: skip
    server: Any = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
    return heard, server.shutdown


@pytest.mark.parametrize(
    "stated", [one for one in STATED.services if one.opener == "the node"], ids=lambda s: s.operation
)
def test_what_the_node_opens_an_association_for_is_proposed_exactly_as_stated(lab, stated):
    lab.pacs.stop()
    lab.hearer.stop()
    as_provider = stated.role == "SCP"
    where = lab.hearer.port if as_provider else lab.pacs.port
    heard, stop = hear_request(where, tuple(each.uid for each in stated.sop_classes), as_provider)
    node = lab.make()
    if as_provider:
        assert ask_commitment(node.port, lab.commitment()) == [0]
    else:
        assert send(node.port, lab.image()) == [0]
    requestor = wait_for(lambda: heard)[0]
    wait_for(lambda: "delivered" in node.read_log() or "commitment answered" in node.read_log())
    stop()
    proposed = {(str(one.abstract_syntax), str(syntax)) for one in requestor.requested_contexts
                for syntax in one.transfer_syntax}  # fmt: skip
    assert proposed == {(one.uid, syntax.uid) for one in stated.sop_classes for syntax in stated.transfer_syntaxes}
    roles = {str(uid): (one.scu_role, one.scp_role) for uid, one in requestor.role_selection.items()}
    assert roles == ({one.uid: (False, True) for one in stated.sop_classes} if as_provider else {})
    terms = {one.name: one.opening for one in STATED.terms}
    assert str(requestor.maximum_length) == terms["Maximum length of a PDU, in bytes"]
    assert str(requestor.implementation_class_uid) == terms["Implementation class UID"]
    assert requestor.implementation_version_name == terms["Implementation version name"]
    assert str(requestor.primitive.application_context_name) == terms["Application context name"]
    assert requestor.asynchronous_operations == (1, 1)
    assert not requestor.user_identity
    assert not requestor.sop_class_extended
    assert not requestor.sop_class_common_extended


# --- what an association agrees on ------------------------------------------------------------------------------------

LENGTH, IMPLEMENTATION, WINDOW, ROLE, VERSION, EXTENDED, COMMON, IDENTITY = (
    0x51,
    0x52,
    0x53,
    0x54,
    0x55,
    0x56,
    0x57,
    0x58,
)
IDENTITY_ANSWER = 0x59


def name_uid(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


NOT_ANSWERED = {
    "Asynchronous operations window": (WINDOW, b"\0\5\0\5"),
    "SCP/SCU role selection": (ROLE, name_uid(STORE.sop_classes[0]) + b"\1\1"),
    "SOP class extended negotiation": (EXTENDED, name_uid(STORE.sop_classes[0]) + b"\1\0\1\0\0\0"),
    "SOP class common extended negotiation": (COMMON, name_uid(STORE.sop_classes[0]) + name_uid("1.2.840.10008.4.2")
                                              + b"\0\0"),
    "User identity": (IDENTITY, b"\1\1\0\4user\0\0"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ANSWERED)
def test_what_is_stated_as_not_negotiated_is_not_answered_and_refuses_nobody(lab, name):
    (stated,) = (one for one in STATED.terms if one.name == name)
    assert stated.accepting.startswith(("not answered", "not negotiated", "not looked at"))
    node = lab.make()
    peer = Peer(node.port)
    kind, content = NOT_ANSWERED[name]
    peer.send(ask([context(1, STORE.sop_classes[0], [IMPLICIT])], item(kind, content)))
    assert peer.hear(SOON) == "accepted"
    assert set(read_user_items(peer.content)) <= {LENGTH, IMPLEMENTATION, VERSION}
    peer.close()


def test_what_is_stated_as_agreed_on_is_answered(lab):
    node = lab.make()
    peer = Peer(node.port)
    peer.send(ask([context(1, VERIFICATION, [IMPLICIT])]))
    assert peer.hear(SOON) == "accepted"
    answered = read_user_items(peer.content)
    terms = {one.name: one.accepting for one in STATED.terms}
    assert str(int.from_bytes(answered[LENGTH], "big")) == terms["Maximum length of a PDU, in bytes"]
    assert answered[IMPLEMENTATION].decode() == terms["Implementation class UID"]
    assert answered[VERSION].decode() == terms["Implementation version name"]
    assert terms["Application context name"].encode() in peer.content
    peer.close()
