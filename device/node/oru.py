"""The result of a study as a message of HL7 version 2: ORU^R01 of 2.5.1, in the words of the page and of the report.

It says flagged, not flagged or not analyzed with every reason, and never more than that: the result is stored and not
verified by a person (tables 0123 and 0085, R), nothing is marked abnormal or normal, and no priority is stated. The
message of a reference release is for training (table 0103, T), never for production.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from pydicom import Dataset

from device.header import UnparsableError, read_text, read_value
from device.node.configuration import Hl7
from device.node.results import HEADLINES, NOT_ANALYZED, Verdict, derive_uid, identify, tell_page, tell_reason
from device.node.types import Message, Study
from device.report import SCHEME
from device.types import Release, Status

CONTROL_ID_CHARACTERS = 20
"""2.5.1, MSH-10: so many characters a control id may have at the most."""
NUMBER_DIGITS = 14
"""2.5.1, NM: 16 characters, of which a score has two before its decimals."""
STORED, NONE_OBTAINED = "R", "X"
"""Table 0085: a result that is not verified; one that could not be obtained."""
SCORE, THRESHOLD = "Score, not a probability", "Threshold at and above which an image is flagged"
ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
ENDS = ("sending_application", "sending_facility", "receiving_application", "receiving_facility")
NAME_FORMS = "AIP"
"""Table 4000: alphabetic, ideographic, phonetic; the order of the groups of a name (PS3.5 6.2.1)."""


def make_message(
    study: Study, verdict: Verdict, header: Dataset, release: Release, software_version: str, stated: Hl7
) -> Message:
    """Make the message of a study's result.

    Args:
        study: what it holds; the control id follows from that and from what judged it.
        verdict: what is said of it.
        header: of one of its objects, which names patient and study.
        release: what judged.
        software_version: the version of the device software.
        stated: the two ends, as the site names them.

    Returns:
        The message without its frame: segments that end with a carriage return, UTF-8.

    Implements: SRS-061
    """
    of, now = identify(study, release, software_version), datetime.now().astimezone().strftime("%Y%m%d%H%M%S%z")
    control_id, ends = derive_control_id(of), [escape(getattr(stated, each)) for each in ENDS]
    processing = "T" if release.status is Status.REFERENCE else "P"
    accession = escape(_read(header, "AccessionNumber"))
    segments = [
        ["MSH", "^~\\&", *ends, now, "", "ORU^R01^ORU_R01", control_id, processing, "2.5.1",
         "", "", "", "", "", "UNICODE UTF-8"],
        ["PID", "", "", _name_patient(header), "", _name(header)],
        ["OBR", "1", "", accession, _code("TRIAGE", "Pneumonia triage"), "", "", _tell_time(header), *[""] * 10,
         accession, "", "", "", now, "", "RAD", STORED],
    ]  # fmt: skip
    for number, (kind, name, part, value, units, status) in enumerate(_observe(study.uid, verdict, release, of), 1):
        segments.append(["OBX", str(number), kind, name, part, value, units, "", "", "", "", status])
    lines = [line for line in tell_page(verdict, release, software_version) if line]
    segments += [["NTE", str(number), "", escape(line)] for number, line in enumerate(lines, 1)]
    text = "".join("|".join(each) + "\r" for each in segments)
    return Message(control_id, study.uid, text.encode("utf-8", "replace"))


def derive_control_id(of: Sequence[str]) -> str:
    """What tells a receiver that a message is the same one again: it follows from what the result is of.

    Implements: SRS-060
    """
    return sha256("\n".join(["message", *of]).encode()).hexdigest()[:CONTROL_ID_CHARACTERS].upper()


def escape(text: str) -> str:
    """Text of a field, in which no character separates or ends anything (2.5.1, chapter 2.7).

    Implements: SRS-061
    """
    return "".join(
        ESCAPES.get(each) or (f"\\X{each.encode().hex().upper()}\\" if unicodedata.category(each) == "Cc" else each)
        for each in text
    )


def _observe(
    study: str, verdict: Verdict, release: Release, of: Sequence[str]
) -> Iterator[tuple[str, str, str, str, str, str]]:
    """The observations: value type, name, sub-id, value, units, status (OBX-2 to 6 and 11)."""
    triage, status = _code("TRIAGE", "Pneumonia triage"), NONE_OBTAINED if verdict.label == NOT_ANALYZED else STORED
    yield "CE", triage, "", _code(verdict.label.upper(), HEADLINES[verdict.label]), "", status
    if finding := verdict.finding:
        for code, meaning, value in (("SCORE", SCORE, finding.score), ("THRESHOLD", THRESHOLD, finding.threshold)):
            yield "NM", _code(code, meaning), "", _number(value), "1^no units^UCUM", STORED
    for part, (reason, number) in enumerate(verdict.reasons, 1):
        said = _code(reason, tell_reason(reason, number))
        yield "CE", _code("REASON", "Why objects were not analyzed"), str(part), said, "", STORED
    yield "HD", "113014^DICOM Study^DCM", "", f"^{study}^ISO", "", STORED
    yield (
        "HD",
        _code("REPORT", "DICOM structured report of this result"),
        "",
        f"^{derive_uid(of, 'report')}^ISO",
        "",
        STORED,
    )
    named = f"{release.name} {release.version} ({release.status} release), SHA-256 {release.digest}"
    yield "ST", _code("RELEASE", "Release that judged"), "", escape(named), "", STORED


def _code(value: str, meaning: str) -> str:
    return f"{escape(value)}^{escape(meaning)}^{SCHEME}"


def _number(value: float) -> str:
    """A number without an exponent, which HL7 does not know."""
    return f"{value:.{NUMBER_DIGITS}f}".rstrip("0").removesuffix(".")


def _read(header: Dataset, keyword: str) -> str:
    try:
        return read_text(header, keyword)
    except UnparsableError:
        return ""


def _name_patient(header: Dataset) -> str:
    """The patient's identifier, who issued it, and that it is internal to that."""
    identifier, issuer = _read(header, "PatientID"), _read(header, "IssuerOfPatientID")
    return f"{escape(identifier)}^^^{escape(issuer)}^PI" if identifier else ""


def _name(header: Dataset) -> str:
    """The patient's name, once for each form of it that is there; its kind is not stated.

    DICOM has the prefix before the suffix (PS3.5 6.2.1), HL7 the suffix before the prefix.
    """
    try:
        groups = str(read_value(header, "PatientName") or "").split("=")
    except UnparsableError:
        groups = []
    names = []
    for form, group in zip(NAME_FORMS, groups, strict=False):
        family, given, middle, prefix, suffix = (*map(escape, group.strip().split("^")), "", "", "", "", "")[:5]
        if any((family, given, middle, prefix, suffix)):
            names.append("^".join((family, given, middle, suffix, prefix, "", "U", form)))
    return "~".join(names) or "^^^^^^U"


def _tell_time(header: Dataset) -> str:
    """When the study was, as far as it says so: date, hours and minutes, seconds, zone."""
    day, clock, zone = (_read(header, each) for each in ("StudyDate", "StudyTime", "TimezoneOffsetFromUTC"))
    if not re.fullmatch(r"\d{8}", day):
        return ""
    found = re.match(r"\d{4}(\d{2})?", clock)
    return day + (found[0] + (zone if re.fullmatch(r"[+-]\d{4}", zone) else "") if found else "")


# --- acknowledgments -------------------------------------------------------------------------------------------------

ACCEPTED = frozenset({"AA", "CA"})
REFUSED = {
    "AE": "an error in the message", "AR": "the message is rejected", "CE": "an error in the message",
    "CR": "the message is rejected",
}  # fmt: skip
"""Table 0008."""


def find_failure(answer: bytes, control_id: str) -> str | None:
    """Why an answer does not say that a message was accepted; None if it does.

    What the receiver says in words is not told: it may be of the patient.

    Args:
        answer: what came between the ends of a frame.
        control_id: of the message.

    Implements: SRS-060
    """
    text = answer.decode("utf-8", "replace")
    if not text.startswith("MSH") or len(text) < 4:
        return "the answer: found no MSH, expected an acknowledgment"
    segments = [line.split(text[3]) for line in re.split("[\r\n]+", text)]
    said = _find(segments, "MSA")
    code, of = (*said[1:3], "", "")[:2]
    if of != control_id:
        return "the answer: found an acknowledgment of another message"
    if code in ACCEPTED:
        return None
    if code not in REFUSED:
        return "the answer: found no code of table 0008 in MSA-1"
    error = re.match(r"\d{1,3}", (*_find(segments, "ERR"), "", "", "", "")[3])
    return f"{code}: {REFUSED[code]}" + (f", error {error[0]} of table 0357" if error else "")


def _find(segments: Iterable[list[str]], name: str) -> list[str]:
    return next((each for each in segments if each[0] == name), [])
