"""Then: what a receiver of messages was sent, and what a collector of audit messages was told."""

from __future__ import annotations

import json
import re
from collections import Counter
from xml.etree import ElementTree as ET

from pydicom import dcmread
from pytest_bdd import parsers, then

from verification.steps.bench import Bench, Observe, counted
from verification.steps.receivers import read_field


@then(parsers.re(r"the receiver keeps (?P<kept>\d+) messages? and was sent (?P<sent>\d+)"))
def counts(bench: Bench, observe: Observe, kept: str, sent: str) -> None:
    """Messages that it accepted, each control id once; and how many came, whichever they were."""
    receiver = bench.node.receiver
    observe(f"{len(receiver.kept)} kept, {len(receiver.heard)} sent")
    assert (len(receiver.kept), len(receiver.heard)) == (int(kept), int(sent))


@then("what was sent again was the same, byte for byte")
def same(bench: Bench, observe: Observe) -> None:
    """Every message that came has the control id, and all the bytes, of the first."""
    heard = bench.node.receiver.heard
    observe(f"{counted(len(heard), 'message')} with {len(set(heard))} content")
    assert len(heard) > 1
    assert len(set(heard)) == 1


def read_newest(bench: Bench) -> bytes:
    """The message that the receiver accepted last."""
    return list(bench.node.receiver.kept.values())[-1]


def find_observations(message: bytes) -> dict[str, list[list[str]]]:
    """The fields of the observations of a message, by the code of what they are."""
    found: dict[str, list[list[str]]] = {}
    for line in message.decode().split("\r"):
        if line.startswith("OBX|"):
            fields = line.split("|")
            found.setdefault(fields[3].split("^")[0], []).append(fields)
    return found


@then(parsers.re(r"the message says (?P<code>\w+) with the status (?P<status>\w)( and the reasons? (?P<reasons>.+))?"))
def says(bench: Bench, observe: Observe, code: str, status: str, reasons: str | None) -> None:
    """The observation of the triage has this code and status; the reasons are these, and no other."""
    found = find_observations(read_newest(bench))
    ((triage, *_),) = [found["TRIAGE"]]
    given = [each[5].split("^")[0] for each in found.get("REASON", [])]
    observe(f"{triage[5]}, status {triage[11]}, reasons {', '.join(given) or 'none'}")
    assert triage[5].startswith(f"{code}^")
    assert triage[11] == status
    assert given == (reasons.split(" and ") if reasons else [])


@then("the message says what the report says")
def as_the_report(bench: Bench, observe: Observe) -> None:
    """Triage of the study, score, and the identifier of the report itself are those of the archive's newest report."""
    found = find_observations(read_newest(bench))
    group = next(one for part in bench.report.ContentSequence for one in part.get("ContentSequence", ())
                 if "ContentSequence" in one)  # fmt: skip
    codes = {str(one.ConceptNameCodeSequence[0].CodeValue): one for one in group.ContentSequence}
    assert found["TRIAGE"][0][5].split("^")[0] == codes["TRIAGE"].ConceptCodeSequence[0].CodeValue
    score = float(codes["SCORE"].MeasuredValueSequence[0].NumericValue)
    assert abs(float(found["SCORE"][0][5]) - score) < 1e-9
    assert found["REPORT"][0][5] == f"^{bench.report.SOPInstanceUID}^ISO"
    observe("triage, score and identifier of the report are those of the report")


NAMES = {"E": "\\", "F": "|", "S": "^", "T": "&", "R": "~"}


def read_text(field: str) -> str:
    """The text of a component, its escapes undone (HL7 2.5.1, chapter 2.7)."""
    return re.sub(r"\\([EFSTR])\\", lambda found: NAMES[found[1]], field)


@then("the message is of the patient, the order and the study of the image")
def identity(bench: Bench, observe: Observe) -> None:
    """Patient ID, accession number and Study Instance UID, read back, are those of the image, and so is the name."""
    message, image = read_newest(bench), dcmread(bench.file())
    patient = read_field(message, "PID", 3).split("^")[0]
    family, given = read_field(message, "PID", 5).split("^")[:2]
    assert read_text(patient) == image.PatientID
    assert (read_text(family), read_text(given)) == (image.PatientName.family_name, image.PatientName.given_name)
    assert {read_text(read_field(message, "OBR", number)) for number in (3, 18)} == {image.AccessionNumber}
    assert find_observations(message)["113014"][0][5] == f"^{image.StudyInstanceUID}^ISO"
    observe(f"patient {patient}, order {read_field(message, 'OBR', 3)}")


@then("the message says that its release is one of reference, for training")
def reference(bench: Bench, observe: Observe) -> None:
    """The processing id is T; release and notes say so in words."""
    message = read_newest(bench)
    observe(f"processing id {read_field(message, 'MSH', 11)}")
    assert read_field(message, "MSH", 11) == "T"
    assert "(reference release)" in find_observations(message)["RELEASE"][0][5]
    assert "|A reference release: not for clinical use.\r" in message.decode()


@then("the message states no priority and marks nothing as abnormal or not")
def unmarked(bench: Bench, observe: Observe) -> None:
    """OBR-5 and OBR-27 and every OBX-8 are empty, no segment of timing is there, and no result is final."""
    message = read_newest(bench)
    rows = [row for rows in find_observations(message).values() for row in rows]
    observe(f"{len(rows)} observations, order status {read_field(message, 'OBR', 25)}")
    assert {read_field(message, "OBR", 5), read_field(message, "OBR", 27), *(row[8] for row in rows)} == {""}
    assert b"\rTQ1|" not in message
    assert "F" not in {read_field(message, "OBR", 25), *(row[11] for row in rows)}


@then("the node has no message that waits")
def none_waits(bench: Bench, observe: Observe) -> None:
    """The count of the node's store."""
    waiting = bench.node.store.counts.count()["messages_waiting"]
    observe(f"{waiting} wait")
    assert waiting == 0


# --- audit messages ---------------------------------------------------------------------------------------------------

ACTIONS = {"C": "create", "R": "read", "U": "update", "D": "delete", "E": "execute"}
OUTCOMES = {"0": "", "4": "minor failure"}


def read_audit(bench: Bench) -> list[ET.Element]:
    """The documents that the collector was told, in the order in which they came."""
    return [ET.fromstring(each.partition(b"\xef\xbb\xbf")[2]) for each in bench.node.collector.heard]  # noqa: S314 ours


def describe(message: ET.Element) -> str:
    """An audit message in words: event, type, action and outcome."""
    event = message.find("EventIdentification")
    assert event is not None
    codes = [str(each.get("originalText")) for each in event if each.tag in ("EventID", "EventTypeCode")]
    said = ACTIONS[event.attrib["EventActionCode"]], OUTCOMES[event.attrib["EventOutcomeIndicator"]]
    return ", ".join(each for each in (": ".join(codes), *said) if each)


@then(parsers.re(r'the collector was told of (?P<told>".*" \d+ times?)$'))
def told(bench: Bench, observe: Observe, told: str) -> None:
    """So many messages were told of each kind."""
    found = Counter(map(describe, read_audit(bench)))
    observe("; ".join(f"{what} {counted(count, 'time')}" for what, count in found.items()))
    for what, count in re.findall(r'"([^"]*)" (\d+) times?', told):
        assert found[what] == int(count), what


@then("every audit message of these names the study and the patient of the image")
def named(bench: Bench, observe: Observe) -> None:
    """Study Instance UID and Patient ID, in every message of an object that was received, sent or deleted."""
    image, count = dcmread(bench.file()), 0
    for message in read_audit(bench):
        objects = [each.get("ParticipantObjectID") for each in message.findall("ParticipantObjectIdentification")]
        assert objects == [image.StudyInstanceUID, image.PatientID], describe(message)
        count += 1
    observe(f"both named in {counted(count, 'message')}")
    assert count


@then(parsers.parse("the collector was told every line in its order, and the first {again:d} times again"))
def in_order(bench: Bench, observe: Observe, again: int) -> None:
    """The numbers of the lines that audit messages are made of; none is left out, and what came again came at first."""
    numbers = [int(match[1]) for each in bench.node.collector.heard
               if (match := re.search(rb'sequenceId="(\d+)"', each))]  # fmt: skip
    observe(f"lines {', '.join(map(str, numbers))}")
    audited = {"received", "delivered", "pixels deleted"}
    expected = [one["number"] for one in map(json.loads, bench.node.tell().splitlines()) if one["what"] in audited]
    assert numbers == [expected[0]] * again + expected


@then("the collector was told nothing")
def told_nothing(bench: Bench, observe: Observe) -> None:
    """No message came."""
    observe(counted(len(bench.node.collector.heard), "message"))
    assert bench.node.collector.heard == []
