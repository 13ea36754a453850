"""What an audit message says of a line of the record (DICOM PS3.15 A.5): of each kind, and as a message.

The message is made of the line, of what the site configured, and of what the node still holds of the study: a record
names nobody, an audit message says whose study it is of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from xml.etree import ElementTree as ET

Code = tuple[str, str]
"""A code of DICOM (DCM) and its meaning."""

SUCCESS, MINOR_FAILURE = "0", "4"
OUTCOMES = {SUCCESS: "", MINOR_FAILURE: "minor failure"}
ACTIONS = {"C": "create", "R": "read", "U": "update", "D": "delete", "E": "execute"}
APPLICATION = ("110150", "Application")
SOURCE, DESTINATION = ("110153", "Source Role ID"), ("110152", "Destination Role ID")
START, STOP = ("110120", "Application Start"), ("110121", "Application Stop")
NODE_AUTHENTICATION = ("110126", "Node Authentication")
STUDY, NODE = ("110180", "Study Instance UID"), ("110182", "Node ID")
SERVER = "4"
"""PS3.15 A.5.1.2.1: the source is a process of an application server."""


class Way(StrEnum):
    """Who else takes part in what happened."""

    ALONE = "nobody"
    FROM_PEER = "a peer that sends"
    TO_ARCHIVE = "where results go"
    TO_RECEIVER = "where messages go"
    OF_STRANGER = "somebody who is not let in"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an audit message says of a kind of line: event, type, action and outcome, and who takes part."""

    event: Code
    action: str
    way: Way
    outcome: str = SUCCESS
    type: Code | None = None

    def describe(self) -> str:
        """The kind in words, as the tutorial has it."""
        said = f"{self.event[1]}: {self.type[1]}" if self.type else self.event[1]
        return ", ".join(each for each in (said, ACTIONS[self.action], OUTCOMES[self.outcome]) if each)


ACTIVITY, TRANSFERRED = ("110100", "Application Activity"), ("110104", "DICOM Instances Transferred")
ACCESSED, EXPORT, ALERT = ("110103", "DICOM Instances Accessed"), ("110106", "Export"), ("110113", "Security Alert")

KINDS: dict[str, Kind] = {
    "node started": Kind(ACTIVITY, "E", Way.ALONE, type=START),
    "node stopped": Kind(ACTIVITY, "E", Way.ALONE, type=STOP),
    "received": Kind(TRANSFERRED, "C", Way.FROM_PEER),
    "received with other content": Kind(TRANSFERRED, "U", Way.FROM_PEER),
    "received again": Kind(TRANSFERRED, "R", Way.FROM_PEER),
    "object refused": Kind(TRANSFERRED, "C", Way.FROM_PEER, MINOR_FAILURE),
    "delivered": Kind(TRANSFERRED, "C", Way.TO_ARCHIVE),
    "delivery failed": Kind(TRANSFERRED, "C", Way.TO_ARCHIVE, MINOR_FAILURE),
    "message delivered": Kind(EXPORT, "R", Way.TO_RECEIVER),
    "message failed": Kind(EXPORT, "R", Way.TO_RECEIVER, MINOR_FAILURE),
    "pixels deleted": Kind(ACCESSED, "D", Way.ALONE),
    "association refused": Kind(ALERT, "E", Way.OF_STRANGER, MINOR_FAILURE, NODE_AUTHENTICATION),
    "connection refused": Kind(ALERT, "E", Way.OF_STRANGER, MINOR_FAILURE, NODE_AUTHENTICATION),
    "association broken off": Kind(ALERT, "E", Way.OF_STRANGER, MINOR_FAILURE, NODE_AUTHENTICATION),
}
"""By kind of line; of the others no message tells."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who takes part: by AE title, or by what stands for it, and where."""

    name: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Of which study a line is: its Study Instance UID, and the patient's identifier if the node still holds it."""

    study_uid: str
    patient_id: str = ""


def make_message(line: Mapping[str, Any], kind: Kind, us: Party, other: Party | None, subject: Subject | None) -> bytes:
    """Make the audit message of a line of the record.

    Args:
        line: its time in seconds since 1970, and what it tells.
        kind: what is said of such a line.
        us: this node.
        other: who else takes part.
        subject: of which study it is.

    Returns:
        A document by the schema of PS3.15 A.5.1, UTF-8, without a declaration.

    Implements: SRS-062
    """
    message = ET.Element("AuditMessage")
    _identify_event(message, line, kind)
    outward = kind.way is not Way.FROM_PEER
    role = APPLICATION if other is None else SOURCE if outward else DESTINATION
    parties = [(us, role, outward and kind.way is not Way.OF_STRANGER)]
    if other:
        parties.append((other, DESTINATION if outward else SOURCE, not outward or kind.way is Way.OF_STRANGER))
    for party, code, asked in parties:
        _name_party(message, party, None if kind.way is Way.OF_STRANGER else code, asked)
    source = ET.SubElement(message, "AuditSourceIdentification", AuditSourceID=clean(us.name))
    ET.SubElement(source, "AuditSourceTypeCode", {"csd-code": SERVER})
    if subject:
        _add_object(message, "2", "3", subject.study_uid, STUDY, str(line.get("study") or ""))
        if subject.patient_id:
            _add_object(message, "1", "1", subject.patient_id, ("2", "Patient Number"), "", "RFC-3881")
    if kind.way is Way.OF_STRANGER and other:
        _add_object(message, "2", "13", other.host or other.name, NODE, "")
    return ET.tostring(message, "unicode").encode()


def _identify_event(message: ET.Element, line: Mapping[str, Any], kind: Kind) -> None:
    when = datetime.fromtimestamp(line["time"], UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"EventActionCode": kind.action, "EventDateTime": when, "EventOutcomeIndicator": kind.outcome}
    event = ET.SubElement(message, "EventIdentification", told)
    _add_code(event, "EventID", kind.event)
    if kind.type:
        _add_code(event, "EventTypeCode", kind.type)
    if said := str(line.get("said") or ""):
        ET.SubElement(event, "EventOutcomeDescription").text = clean(said)


def _name_party(message: ET.Element, party: Party, role: Code | None, asked: bool) -> None:
    told = {"UserID": clean(party.name or party.host), "UserIsRequestor": str(asked).lower()}
    if party.name:
        told["AlternativeUserID"] = clean(f"AETITLES={party.name}")
    if party.host:
        told |= {"NetworkAccessPointID": clean(party.host), "NetworkAccessPointTypeCode": find_access(party.host)}
    element = ET.SubElement(message, "ActiveParticipant", told)
    if role:
        _add_code(element, "RoleIDCode", role)


def _add_object(
    message: ET.Element, kind: str, role: str, name: str, code: Code, known_as: str, scheme: str = "DCM"
) -> None:
    """An object that takes part; its name is, of a study, the keyed digest by which the record tells of it."""
    told = {
        "ParticipantObjectID": clean(name),
        "ParticipantObjectTypeCode": kind,
        "ParticipantObjectTypeCodeRole": role,
    }
    element = ET.SubElement(message, "ParticipantObjectIdentification", told)
    _add_code(element, "ParticipantObjectIDTypeCode", code, scheme)
    ET.SubElement(element, "ParticipantObjectName").text = clean(known_as)


def _add_code(parent: ET.Element, name: str, code: Code, scheme: str = "DCM") -> None:
    value, meaning = code
    ET.SubElement(parent, name, {"csd-code": value, "codeSystemName": scheme, "originalText": meaning})


def find_access(host: str) -> str:
    """What a host is given by (PS3.15 A.5.1): 1 a name, 2 an address, 5 an address of the web.

    Implements: SRS-062
    """
    try:
        ip_address(host)
    except ValueError:
        return "5" if "://" in host else "1"
    return "2"


def clean(text: str) -> str:
    """Text in which every character may stand in a message.

    Implements: SRS-062
    """
    return "".join(each if each.isprintable() else "�" for each in text)
