"""Messages in their frames: a receiver that takes, refuses, is away, is slow, or says anything."""

import sqlite3
import threading
import time

import pytest
from msgspec import structs
from pydicom import Dataset

from device.node import mllp, working
from device.node.configuration import Configuration, Destination, Hl7, Peer, Times, Tls, make_client_context
from device.node.events import writing
from device.node.outbox import Outbox
from device.node.outlets import find_outlets, run_outlet
from device.node.page import describe, tell_status
from device.node.results import Verdict
from device.node.store import Store
from device.node.types import Held, Message, Study
from tests.device.conftest import BRIGHTNESS
from tests.device.node.bench import find_port
from verification.steps.certificates import Party
from verification.steps.receivers import END, START, MessageReceiver

LONGEST = 0.4


@pytest.fixture
def receiver():
    return MessageReceiver(find_port())


@pytest.fixture
def configuration(tmp_path, receiver):
    return Configuration(
        folder=tmp_path / "held", peers=(Peer("PACS", "127.0.0.1"),), destination=Destination("PACS", "127.0.0.1", 104),
        hl7=Hl7("127.0.0.1", receiver.port), times=Times(0.1, 0.1, LONGEST),
    )  # fmt: skip


def make(control_id, study="1.2.3", size=0):
    text = f"MSH|^~\\&|CLEARWAY||||2026||ORU^R01^ORU_R01|{control_id}|T|2.5.1\rNTE|1||{'x' * size}\r"
    return Message(control_id, study, text.encode())


def put(store, *messages):
    for message in messages:
        with writing(store._database):
            store.outbox.put(message)


def run(configuration, passes=1):
    wanted = iter([True] * passes)
    run_outlet(configuration, "HL7", lambda: next(wanted, False))


def tell(store, what):
    return [event for event in store.events.read() if event["what"] == what]


def test_what_was_accepted_is_kept_no_longer_and_not_sent_again(configuration, receiver):
    store = Store(configuration)
    put(store, make("A"), make("B", "1.2.4", size=3 * 10**6))
    with receiver.listening():
        run(configuration, 3)
    assert [message.split(b"|")[9] for message in receiver.heard] == [b"A", b"B"]
    assert receiver.kept["B"] == make("B", size=3 * 10**6).content
    assert store._database.execute("SELECT DISTINCT content, settled IS NULL FROM message").fetchall() == [(b"", 0)]
    assert len(tell(store, "message delivered")) == 2


@pytest.mark.parametrize("code", ["AE", "AR"])
def test_what_is_refused_is_sent_again_under_the_same_control_id_after_growing_waits(configuration, receiver, code):
    store = Store(configuration)
    put(store, make("A"))
    receiver.codes = [code] * 4
    with receiver.listening():
        for _ in range(4):
            (due,) = store.outbox.find_due()
            before = time.time()
            run(configuration)
            tried, wait = store._database.execute("SELECT attempts, next_try FROM message").fetchone()
            assert 0 <= wait - before - min(0.1 * 2**due.attempts, LONGEST) < 1
            assert tried == due.attempts + 1
            store._database.execute("UPDATE message SET next_try = 0")
        run(configuration, 2)
    assert len(receiver.heard) == 5
    assert set(receiver.heard) == {make("A").content}
    assert [event["said"][:2] for event in tell(store, "message failed")] == [code] * 4
    assert "error 204 of table 0357" in tell(store, "message failed")[0]["said"]
    assert "DOE" not in str(list(store.events.read()))
    assert len(tell(store, "message delivered")) == 1


def test_a_message_that_is_refused_holds_up_no_other(configuration, receiver):
    store = Store(configuration)
    put(store, make("A"), make("B", "1.2.4"))
    receiver.codes = ["AE", "AA"]
    with receiver.listening():
        run(configuration)
    assert list(receiver.kept) == ["B"]


def test_a_message_that_ends_its_connection_holds_up_no_other(configuration, receiver):
    store = Store(configuration)
    put(store, make("A"), make("B", "1.2.4"))

    def say(connection, answer):
        if len(receiver.heard) == 1:
            raise OSError
        connection.sendall(answer)

    receiver.say = say
    with receiver.listening():
        run(configuration)
    assert [event["message"] for event in tell(store, "message delivered")] == ["B"]
    assert "ended before a whole frame came" in tell(store, "message failed")[0]["said"]


def test_where_nobody_listens_every_message_waits(configuration, receiver):
    store = Store(configuration)
    put(store, make("A"), make("B", "1.2.4"))
    run(configuration)
    run(configuration)
    assert [event["said"] for event in tell(store, "message failed")] == ["no connection: Connection refused"], "once"
    with receiver.listening():
        time.sleep(LONGEST)
        run(configuration)
    assert list(receiver.kept) == ["A", "B"]


def test_a_result_that_takes_the_place_of_one_that_waits_is_the_only_one_sent(configuration, receiver):
    store = Store(configuration)
    put(store, make("A"), make("B", "1.2.4"), make("C"))
    with receiver.listening():
        run(configuration)
    assert list(receiver.kept) == ["B", "C"]
    assert [event["message"] for event in tell(store, "message replaced")] == ["A"]
    put(store, make("D"))
    assert len(tell(store, "message replaced")) == 1, "what was delivered is not replaced"


def test_an_acknowledgement_that_comes_in_parts_is_one(configuration, receiver):
    store = Store(configuration)
    put(store, make("A"))

    def say(connection, answer):
        for at in range(0, len(answer), 7):
            connection.sendall(answer[at : at + 7])
            time.sleep(0.002)

    receiver.say = say
    with receiver.listening():
        run(configuration)
    assert len(tell(store, "message delivered")) == 1


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (b"x" * 2**17, "expected the end of a frame"),
        (START + b"MSH|^~\\&|" + END, "another message"),
        (END, "no MSH"),
        (b"", "no whole frame within 0.5 s"),
        (START + b"MSH", "no whole frame within 0.5 s"),
    ],
)
def test_whatever_is_answered_is_bounded_and_no_acknowledgement(configuration, receiver, monkeypatch, said, failure):
    monkeypatch.setattr(mllp, "TIMEOUT_SECONDS", 0.5)
    store = Store(configuration)
    put(store, make("A"))
    done = threading.Event()

    def say(connection, _):
        connection.sendall(said)
        done.wait(5)

    receiver.say = say
    with receiver.listening():
        run(configuration)
        done.set()
    assert failure in tell(store, "message failed")[0]["said"]


def test_bytes_now_and_then_hold_up_a_message_no_longer_than_the_limit(configuration, receiver, monkeypatch):
    monkeypatch.setattr(mllp, "TIMEOUT_SECONDS", 0.5)
    store = Store(configuration)
    put(store, make("A"))
    done = threading.Event()

    def say(connection, _):
        while not done.wait(0.05):
            connection.sendall(b"x")

    receiver.say = say
    with receiver.listening():
        run(configuration)
        done.set()
    assert "no whole frame within" in tell(store, "message failed")[0]["said"]


def test_by_tls_both_sides_show_a_certificate_of_the_authority(tmp_path, configuration, receiver):
    party = Party(tmp_path / "certificates")
    receiver.tls = party.make_server_context()
    tls = Tls(**{key: tmp_path.joinpath(value) for key, value in party.stated.items()})
    secured = Hl7("127.0.0.1", receiver.port, tls=True)
    with receiver.listening():
        assert mllp.send(make("A"), secured, make_client_context(tls)) is None
        assert mllp.send(make("B"), secured).startswith("no answer")
        receiver.tls = Party(tmp_path / "others").make_server_context()
        with pytest.raises(mllp.UnreachedError, match="certificate verify failed"):
            mllp.send(make("C"), secured, make_client_context(tls))
    assert list(receiver.kept) == ["A"]


def test_a_disk_that_takes_nothing_ends_nothing_and_the_message_goes_again(configuration, receiver, monkeypatch):
    store = Store(configuration)
    put(store, make("A"))
    real, left = Outbox.settle, [True]

    def settle(self, message, failure):
        if left:
            left.clear()
            raise sqlite3.OperationalError("disk I/O error")
        real(self, message, failure)

    monkeypatch.setattr(Outbox, "settle", settle)
    with receiver.listening():
        run(configuration, 2)
    assert len(receiver.heard) == 2
    assert list(receiver.kept) == ["A"]
    assert len(tell(store, "message delivered")) == 1


def test_a_message_that_waits_too_long_makes_the_node_unwell(configuration):
    store = Store(configuration)
    put(store, make("A"))
    assert describe(store, configuration)["well"]
    store._database.execute("UPDATE message SET made = made - 10")
    assert describe(store, configuration)["unwell"] == ["a message has not been acknowledged for 10 s"]
    assert "clearway_messages_waiting 1" in tell_status("/metrics", configuration)[2]


def test_a_node_has_the_outlets_that_its_configuration_names(configuration, tmp_path):
    assert find_outlets(configuration) == ("HL7",)
    plain = Configuration(tmp_path, configuration.peers, destination=configuration.destination)
    assert find_outlets(plain) == ()
    with pytest.raises(ValueError, match="hl7"):
        run_outlet(plain, "HL7", lambda: False)


def test_a_study_that_changed_in_the_meantime_has_no_message(configuration):
    store = Store(configuration)
    store._database.execute("INSERT INTO study (uid, last) VALUES ('1.2.3', 2.0)")
    held = Held(1, "1.2.3.4", "1.2", "1.3", "d", configuration.folder, {})
    assert not store.conclude(Study("1.2.3", 0, (held,), 1.0), (), (), "flagged", make("A"))
    assert store.outbox.find_due() == []
    assert store.conclude(Study("1.2.3", 0, (held,), 2.0), (), (), "flagged", make("A"))
    assert [each.control_id for each in store.outbox.find_due()] == ["A"]


def test_a_message_that_cannot_be_made_holds_up_no_result(configuration, monkeypatch):
    def make_message(*_):
        raise KeyError("DOE")

    monkeypatch.setattr(working, "make_message", make_message)
    worker = working.Worker(structs.replace(configuration, release=str(BRIGHTNESS)), 1)
    assert worker._make_message(Study("1.2.3", 0, (), 1.0), Verdict(None, None, 0, 0, ()), Dataset()) is None
    assert [event["said"] for event in tell(worker.store, "message failed")] == ["not made: KeyError"]
