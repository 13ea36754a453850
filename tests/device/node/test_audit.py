"""Audit messages: by the schema, by the tutorial's table, and told to a collector on the loopback interface."""

import contextlib
import re
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from device.errors import ConfigurationError
from device.node import auditing
from device.node.audit import KINDS, Party, Subject, Way, clean, find_access, make_message
from device.node.configuration import Audit, Configuration, Destination, Hl7, Peer, Times, Web, read_configuration
from device.node.events import LINES
from device.node.outlets import find_outlets, run_outlet
from device.node.page import describe
from device.node.store import Store
from device.node.types import Added, Held, Received, Result, Study
from tests.device.node.bench import find_port, make_image
from verification.steps.certificates import Party as Certified
from verification.steps.receivers import Collector
from verification.steps.receivers import Receiver as Listener

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("audit.rng")))
LINE = {"number": 1, "time": 1.7e9, "what": "received", "study": "0123", "said": "why", "peer": "PACS"}


@pytest.fixture
def party(tmp_path):
    return Certified(tmp_path / "certificates")


@pytest.fixture
def collector(party):
    one = Collector(find_port())
    one.tls = party.make_server_context()
    return one


@pytest.fixture
def configuration(tmp_path, party, collector):
    shown = {key: Path(value) for key, value in party.stated.items()}
    return Configuration(
        folder=tmp_path / "held", peers=(Peer("PACS", "10.0.0.7"), Peer("MODALITY", "127.0.0.1")),
        destination=Destination("ARCHIVE", "pacs.example", 104), times=Times(0.1, 0.05, 0.2),
        audit=Audit(**shown, host="127.0.0.1", port=collector.port), web=Web("https://web.example/dicom"),
        hl7=Hl7("ris"),
    )  # fmt: skip


def run(configuration, passes=1):
    wanted = iter([True] * passes)
    run_outlet(configuration, "audit", lambda: next(wanted, False))


def read(heard):
    """The document of a message of syslog."""
    return etree.fromstring(heard.partition(b"\xef\xbb\xbf")[2])


def number(heard):
    return int(re.search(rb'\[meta sequenceId="(\d+)"\]', heard)[1])


# --- what is said -----------------------------------------------------------------------------------------------------

WHOLE = {
    Way.ALONE: None, Way.FROM_PEER: Party("PACS", "10.0.0.7"), Way.TO_ARCHIVE: Party("", "https://a.example/b"),
    Way.TO_RECEIVER: Party("", "ris"), Way.OF_STRANGER: Party("", "10.0.0.9"),
}  # fmt: skip


@pytest.mark.parametrize("subject", [None, Subject("1.2.3"), Subject("1.2.3", "P^1")])
@pytest.mark.parametrize("what", KINDS)
def test_every_kind_of_line_gives_a_message_by_the_schema(what, subject):
    kind = KINDS[what]
    made = etree.fromstring(make_message({**LINE, "what": what}, kind, Party("CLEARWAY"), WHOLE[kind.way], subject))
    assert SCHEMA.validate(made), SCHEMA.error_log
    assert made.find("EventIdentification/EventID").get("originalText") == kind.event[1]
    asked = [each.get("UserIsRequestor") for each in made.findall("ActiveParticipant")]
    assert asked.count("true") == 1
    assert len(asked) == (1 if kind.way is Way.ALONE else 2)
    named = {
        each.find("ParticipantObjectIDTypeCode").get("originalText"): each.get("ParticipantObjectID")
        for each in made.findall("ParticipantObjectIdentification")
    }
    assert named.get("Study Instance UID") == (subject.study_uid if subject else None)
    assert named.get("Patient Number") == (subject.patient_id or None if subject else None)
    assert named.get("Node ID") == ("10.0.0.9" if kind.way is Way.OF_STRANGER else None)


def test_the_schema_refuses_what_the_standard_does_not_have():
    made = make_message(LINE, KINDS["received"], Party("CLEARWAY"), Party("PACS"), Subject("1.2.3"))
    assert SCHEMA.validate(etree.fromstring(made))
    for wrong in ((b'Code="C"', b'Code="X"'), (b"originalText", b"displayName"), (b' UserIsRequestor="true"', b""),
                  (b"<ParticipantObjectName>0123</ParticipantObjectName>", b""), (b"T22:13:20.000Z", b"")):  # fmt: skip
        assert wrong[0] in made
        assert not SCHEMA.validate(etree.fromstring(made.replace(*wrong)))


def test_who_sends_is_the_source_and_who_takes_is_the_destination():
    def tell(what, other):
        made = etree.fromstring(make_message({**LINE, "what": what}, KINDS[what], Party("CLEARWAY"), other, None))
        return [(each.get("UserID"), each.find("RoleIDCode").get("csd-code"), each.get("UserIsRequestor"))
                for each in made.findall("ActiveParticipant")]  # fmt: skip

    assert tell("received", Party("PACS")) == [("CLEARWAY", "110152", "false"), ("PACS", "110153", "true")]
    assert tell("delivered", Party("PACS")) == [("CLEARWAY", "110153", "true"), ("PACS", "110152", "false")]
    assert tell("node started", None) == [("CLEARWAY", "110150", "true")]


@given(st.text())
def test_whatever_was_said_is_a_document(text):
    line = {**LINE, "said": text, "study": text}
    made = make_message(
        line, KINDS["object refused"], Party(text or "A"), Party(text or "B", text), Subject("1.2", text)
    )
    read_back = etree.fromstring(made)
    assert SCHEMA.validate(read_back) or not clean(text).strip()
    assert (read_back.findtext("EventIdentification/EventOutcomeDescription") or "") == clean(text)


def test_a_host_is_a_name_an_address_or_an_identifier():
    assert [find_access(each) for each in ("pacs", "10.0.0.7", "::1", "https://a/b")] == ["1", "2", "2", "5"]


# --- the table --------------------------------------------------------------------------------------------------------


def test_messages_are_of_lines_that_the_record_has():
    assert KINDS.keys() < LINES.keys()


def test_the_table_of_the_tutorial_is_that_of_the_code():
    text = (ROOT / "docs/tutorials/node.md").read_text("utf-8")
    table = text.partition("| Line of the record | Audit message |\n|---|---|\n")[2].partition("\n\n")[0]
    said: dict[str, str] = {}
    for row in table.splitlines():
        kinds, message = (cell.strip() for cell in row.strip("|").split("|"))
        said |= dict.fromkeys(re.findall("`([^`]+)`", kinds), message)
    assert said == {what: KINDS[what].describe() if what in KINDS else "none" for what in LINES}


# --- how it is sent ---------------------------------------------------------------------------------------------------


def fill(store, count=3):
    for each in range(count):
        store.tell("association refused", peer=f"STRANGER{each}", host="10.0.0.9")


def test_lines_are_told_once_in_their_order_and_what_is_no_matter_is_passed_over(configuration, collector):
    store = Store(configuration)
    store.tell("node started", release="r")
    store.tell("concluded", study="0123", outcome="flagged", version=1)
    fill(store, 250)
    with collector.listening():
        run(configuration, 5)
        run(configuration)
    assert [number(each) for each in collector.heard] == [1, *range(3, 253)]
    assert store.trail.read_position() == 252
    first = collector.heard[0]
    assert re.match(rb"<85>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ clearway \d+ DICOM\+RFC3881 \[meta ", first)
    assert collector.heard[1].startswith(b"<84>1 ")
    assert all(SCHEMA.validate(etree.fromstring(each.partition(b"\xef\xbb\xbf")[2])) for each in collector.heard)


@pytest.mark.parametrize("is_polite", [True, False])
def test_a_collector_that_ends_the_connection_has_read_it(configuration, collector, is_polite):
    collector.is_polite = is_polite
    fill(Store(configuration))
    with collector.listening():
        run(configuration, 3)
    assert [number(each) for each in collector.heard] == [1, 2, 3]


def test_a_collector_that_breaks_off_is_told_again_from_the_first_line(configuration, collector):
    store = Store(configuration)
    fill(store, 400)
    collector.resets = 2
    with collector.listening():
        run(configuration)
        run(configuration)
        assert store.trail.read_position() == 0
        run(configuration, 6)
    heard = [number(each) for each in collector.heard]
    assert heard[:2] == [1, 1]
    assert sorted(set(heard)) == heard[2:] == list(range(1, 401))


def test_where_nobody_collects_lines_wait_and_it_is_said_once(configuration, collector):
    store = Store(configuration)
    fill(store)
    run(configuration, 40)
    failed = [each for each in store.events.read() if each["what"] == "audit failed"]
    assert [each["said"] for each in failed] == ["Connection refused"]
    assert describe(store, configuration)["unwell"][0].startswith("a line of the record has not been told for")
    with collector.listening():
        run(configuration, 2)
    assert [number(each) for each in collector.heard] == [1, 2, 3]
    assert describe(store, configuration)["well"]


def test_a_collector_that_is_silent_is_waited_for_no_longer_than_the_limit(configuration, monkeypatch, party):
    monkeypatch.setattr(auditing, "TIMEOUT_SECONDS", 0.5)
    store, done = Store(configuration), threading.Event()
    fill(store)

    class Silent(Collector):
        def hear(self, connection):
            connection.recv(10)
            done.wait(10)

    silent = Silent(configuration.audit.port)
    silent.tls = party.make_server_context()
    with silent.listening():
        before = time.monotonic()
        run(configuration)
        assert time.monotonic() - before < 5
        done.set()
    assert store.trail.read_position() == 0


@pytest.mark.parametrize("count", [1, 400])
def test_a_collector_that_ends_before_it_read_is_told_again(configuration, collector, count):
    store = Store(configuration)
    fill(store, count)
    hear, left = collector.hear, [True]

    def end_early(connection):
        if not left:
            hear(connection)
            return
        left.clear()
        with contextlib.suppress(OSError):
            connection.settimeout(0.2)
            connection.unwrap()  # says that it ends, and reads nothing

    collector.hear = end_early
    with collector.listening():
        run(configuration)
        assert store.trail.read_position() == 0
        run(configuration, 5)
    assert [number(each) for each in collector.heard] == list(range(1, count + 1))


@pytest.mark.parametrize("wrong", ["authority", "name", "certificate"])
def test_nothing_is_told_to_who_is_not_the_collector(configuration, collector, tmp_path, wrong):
    store = Store(configuration)
    fill(store)
    stated = configuration.audit
    if wrong == "authority":
        collector.tls = Certified(tmp_path / "others").make_server_context()
    elif wrong == "name":
        stated = Audit(stated.certificate, stated.key, stated.authority, "localhost", collector.port)
    else:
        others = Certified(tmp_path / "others").stated
        stated = Audit(Path(others["certificate"]), Path(others["key"]), stated.authority, stated.host, stated.port)
    with collector.listening(), pytest.raises(OSError):  # noqa: PT011 of TLS or of the connection
        auditing.send(b"5 hello", stated)
    assert collector.heard == []


def test_who_speaks_no_tls_hears_nothing_but_a_greeting(configuration):
    heard = bytearray()

    class Plain(Listener):
        def hear(self, connection):
            heard.extend(connection.recv(65536))

    with Plain(configuration.audit.port).listening(), pytest.raises(OSError):  # noqa: PT011 of TLS or of the connection
        auditing.send(b"5 hello", configuration.audit)
    assert heard[0] == 22, "a record of a handshake (RFC 8446, 5.1)"
    assert b"hello" not in heard


def test_a_message_names_study_and_patient_as_the_node_still_holds_them(configuration, collector, tmp_path):
    store = Store(configuration)
    image = make_image(tmp_path, "1.2.3", PatientID="P-17")
    file = tmp_path / "received.dcm"
    file.write_bytes(image.read_bytes())
    sop_class = "1.2.840.10008.5.1.4.1.1.1.1"
    assert (
        store.add(Received("1.2.3.4", sop_class, "1.2.3", "1.2.5", "d1", 1, "MODALITY", "127.0.0.1", None, None), file)
        is Added.NEW
    )
    store.tell("object refused", peer="MODALITY", status="C000", said="no UID")
    with collector.listening():
        run(configuration)
        held = Held(1, "1.2.3.4", sop_class, "1.2.5", "d1", store.folder / "objects/d1.dcm", {})
        last = store._database.execute("SELECT last FROM study").fetchone()[0]
        result = Result("1.2.9", "1.2.840.10008.5.1.4.1.1.7", "1.2.8", make_image(tmp_path, "1.2.3").read_bytes())
        assert store.conclude(Study("1.2.3", 0, (held,), last), (result,), ("C-STORE", "STOW-RS"), "flagged")
        for name in ("C-STORE", "STOW-RS"):
            store.settle(store.find_due(name)[0], None)
        store._database.execute("UPDATE object SET judged = 1.0")
        assert store.sweep() == 1
        run(configuration)
    told = []
    for each in map(read, collector.heard):
        ids = [one.get("ParticipantObjectID") for one in each.findall("ParticipantObjectIdentification")]
        told.append((each.find("EventIdentification/EventID").get("csd-code"), ids))
    assert told == [("110104", ["1.2.3", "P-17"]), ("110104", []), ("110104", ["1.2.3", "TEST-1"]),
                    ("110104", ["1.2.3", "TEST-1"]), ("110103", ["1.2.3", "TEST-1"])]  # fmt: skip
    ends = [[one.get("NetworkAccessPointID") for one in each.findall("ActiveParticipant")][-1]
            for each in map(read, collector.heard)]  # fmt: skip
    assert ends == ["127.0.0.1", "127.0.0.1", "pacs.example", "https://web.example/dicom", None]


def test_studies_of_before_the_outlet_was_switched_on_are_named_too(configuration):
    store = Store(configuration)
    for each in ("1.2.3", "1.2.4"):
        store._database.execute("INSERT INTO study (uid, last) VALUES (?, 1.0)", (each,))
    assert store.trail.find_study(store.blind("1.2.4")) == "1.2.4"
    store._database.execute("INSERT INTO study (uid, last) VALUES ('1.2.5', 1.0)")
    assert store.trail.find_study(store.blind("1.2.5")) == "1.2.5"
    assert store.trail.find_study("") is store.trail.find_study("0123") is None


def test_a_configuration_whose_certificates_are_not_there_is_refused(tmp_path, party):
    path = tmp_path / "node.yaml"
    text = ("folder: held\npeers: [{ae_title: PACS, host: 127.0.0.1}]\n"
            "destination: {ae_title: PACS, host: 127.0.0.1, port: 104}\n"
            "audit: {host: log.example, certificate: CERT, key: KEY, authority: AUTHORITY}\n")  # fmt: skip
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"audit\.key: found KEY, which is no file"):
        read_configuration(path)
    for name, key in (("CERT", "certificate"), ("AUTHORITY", "authority"), ("KEY", "key")):
        text = text.replace(name, party.stated[key])
    path.write_text(text)
    read = read_configuration(path)
    assert (read.audit.port, find_outlets(read)) == (6514, ("audit",))
    path.write_text(text.replace(party.stated["key"], party.authority.make("other")[1].as_posix()))
    with pytest.raises(ConfigurationError, match="audit: certificate, key and authority do not fit together"):
        read_configuration(path)
    path.write_text(text.replace("host: log.example, ", ""))
    with pytest.raises(ConfigurationError, match=r"node\.yaml:4: audit\.host: is missing"):
        read_configuration(path)
