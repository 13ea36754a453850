"""The message of a result: read with other code than the device's, with every character that separates or ends."""

import re
from pathlib import Path

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from device.node import oru
from device.node.configuration import Hl7
from device.node.results import HEADLINES, derive_uid, identify, judge_study
from device.node.types import Held, Study
from device.release import read_release
from device.report import STATEMENT

RELEASE = read_release("paediatric-reference")
NAMED = {"PatientID": "P1", "PatientName": "A^B", "AccessionNumber": "ACC1", "StudyInstanceUID": "1.2.3"}


def make_study(*records):
    objects = [
        Held(number, f"1.2.3.{number}", "1.2.840.10008.5.1.4.1.1.1", "1.2.4", f"digest {number}", Path("none"), record)
        for number, record in enumerate(records, 1)
    ]
    return Study("1.2.3", 0, tuple(objects), 0.0)


def found(flag, score=0.75):
    return {"finding": flag, "score": score, "threshold": 0.5, "rejections": []}


def refused(*codes):
    rejections = [{"code": code, "attribute": "A", "found": "x", "expected": "y"} for code in codes]
    return {"finding": None, "outcome": "not_analyzed", "rejections": rejections}


def make(study, stated=None, release=RELEASE, **attributes):
    header = Dataset()
    for keyword, value in {**NAMED, **attributes}.items():
        setattr(header, keyword, value)
    return oru.make_message(study, judge_study(study), header, release, "0.1", stated or Hl7(host="ris"))


def read(message):
    """As the other reader reads it, each against the structure of 2.5.1: what must be there, and how often."""
    parsed = parse_message(message.content.decode(), validation_level=VALIDATION_LEVEL.STRICT)
    assert parsed.validate()
    return parsed


def rows(message, name):
    return [line.split("|") for line in message.content.decode().split("\r") if line.startswith(name)]


def observed(message):
    """Value by name, and the status of each."""
    return {row[3].split("^")[0]: (row[5], row[11]) for row in rows(message, "OBX")}


@pytest.mark.parametrize(
    ("records", "code", "status"),
    [
        ([found("flagged")], "FLAGGED", "R"),
        ([found("not_flagged", 0.25)], "NOT_FLAGGED", "R"),
        ([refused("AGE"), refused("AGE", "VIEW")], "NOT_ANALYZED", "X"),
        ([found("flagged"), refused("AGE")], "FLAGGED", "R"),
    ],
)
def test_a_message_says_what_the_report_says_and_is_one_of_its_version(records, code, status):
    study = make_study(*records)
    message = make(study)
    (order,) = read(message).oru_r01_patient_result.oru_r01_order_observation
    values = observed(message)
    assert values["TRIAGE"] == (f"{code}^{HEADLINES[code.lower()]}^99CLEARWAY", status)
    assert [row[5].split("^")[0] for row in rows(message, "OBX") if row[3].startswith("REASON^")] == sorted(
        {each["code"] for record in records for each in record["rejections"]}
    )
    assert ("SCORE" in values) == (code != "NOT_ANALYZED")
    assert values["113014"][0] == "^1.2.3^ISO"
    assert values["REPORT"][0] == f"^{derive_uid(identify(study, RELEASE, '0.1'), 'report')}^ISO"
    assert RELEASE.digest in values["RELEASE"][0]
    assert order.obr.obr_25.value == "R"


def test_nothing_is_said_of_priority_and_nothing_is_abnormal_or_normal():
    message = make(make_study(found("not_flagged", 0.25)))
    assert [row[8] for row in rows(message, "OBX")] == [""] * 6
    (order,) = rows(message, "OBR")
    assert (order[5], len(order)) == ("", 26)
    assert not [line for line in message.content.split(b"\r") if line[:3] in (b"TQ1", b"ORC", b"DG1")]
    told = [row[3] for row in rows(message, "NTE")]
    assert STATEMENT in told
    assert "A result never lowers the priority of a study." in told


def test_a_reference_release_is_named_as_such_and_is_for_training():
    message = make(make_study(found("flagged")))
    assert rows(message, "MSH")[0][10] == "T"
    assert "(reference release)" in observed(message)["RELEASE"][0]
    assert "A reference release: not for clinical use." in [row[3] for row in rows(message, "NTE")]


def test_the_two_ends_are_named_as_the_site_names_them():
    stated = Hl7("ris", sending_facility="X|Y", receiving_application="RIS", receiving_facility="MAIN")
    assert rows(make(make_study(found("flagged")), stated), "MSH")[0][2:6] == ["CLEARWAY", "X\\F\\Y", "RIS", "MAIN"]


NASTY = "A|B^C&D~E\\F"


def test_no_character_of_an_identifier_separates_or_ends_anything():
    message = make(make_study(found("flagged")), AccessionNumber=NASTY.replace("\\", ""), IssuerOfPatientID="H&H")
    parsed = read(message)
    assert [child.name for child in parsed.children] == ["MSH", "ORU_R01_PATIENT_RESULT"]
    assert rows(message, "OBR")[0][3] == rows(message, "OBR")[0][18] == "A\\F\\B\\S\\C\\T\\D\\R\\EF"
    assert rows(message, "PID")[0][3] == "P1^^^H\\T\\H^PI"


def test_a_name_has_its_suffix_before_its_prefix_and_each_of_its_forms():
    message = make(make_study(found("flagged")), PatientName="Møller^Åsa^M^Dr^Jr=山田^太郎=やまだ^たろう")
    assert rows(message, "PID")[0][5] == "Møller^Åsa^M^Jr^Dr^^U^A~山田^太郎^^^^^U^I~やまだ^たろう^^^^^U^P"
    assert read(message).oru_r01_patient_result.oru_r01_patient.pid.pid_5[0].pid_5_4.value == "Jr"


@pytest.mark.parametrize("attributes", [{"PatientName": None}, {"PatientName": ""}, {"PatientName": "=="}])
def test_a_name_that_is_not_there_is_of_a_kind_that_is_not_stated(attributes):
    assert rows(make(make_study(found("flagged")), **attributes), "PID")[0][5] == "^^^^^^U"


@pytest.mark.parametrize(
    ("day", "clock", "zone", "told"),
    [
        ("20260102", "030405.123456", "+0100", "20260102030405+0100"),
        ("20260102", "0304", "", "202601020304"),
        ("20260102", "03", "+0100", "20260102"),
        ("20260102", "", "", "20260102"),
        ("2026", "0304", "", ""),
        ("", "030405", "", ""),
    ],
)
def test_the_time_of_a_study_is_told_as_far_as_it_is_stated(day, clock, zone, told):
    stated = {"StudyDate": day, "StudyTime": clock, "TimezoneOffsetFromUTC": zone}
    message = make(make_study(found("flagged")), **stated)
    assert rows(message, "OBR")[0][7] == told


@pytest.mark.parametrize("score", [1e-9, 0.1 + 0.2, 1.0, 0.0, 2 / 3])
def test_a_score_is_told_in_a_form_without_an_exponent(score):
    told = observed(make(make_study(found("flagged", score))))["SCORE"][0]
    assert re.fullmatch(r"\d(\.\d+)?", told)
    assert len(told) <= 16
    assert float(told) == pytest.approx(score, abs=1e-13)


def unescape(text):
    """The way back, written apart from the way there."""
    names = {"E": "\\", "F": "|", "S": "^", "T": "&", "R": "~"}
    return re.sub(
        r"\\([EFSTR]|X(?:[0-9A-F]{2})+)\\",
        lambda found: names.get(found[1]) or bytes.fromhex(found[1][1:]).decode(), text,
    )  # fmt: skip


@given(st.text(st.characters(codec="utf-8")))
def test_every_text_comes_back_and_holds_no_separator(text):
    escaped = oru.escape(text)
    assert not set(escaped) & set("|^&~\r\n\x0b\x1c")
    assert unescape(escaped) == text


def test_the_control_id_follows_from_what_the_result_is_of_and_fits():
    study, other = make_study(found("flagged")), make_study(found("flagged"), found("flagged"))
    assert make(study).control_id == make(study, PatientName="Other").control_id != make(other).control_id
    assert re.fullmatch("[0-9A-F]{20}", make(study).control_id)


HEAD = "MSH|^~\\&|RIS||||2026||ACK|1|P|2.5.1\r"


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (HEAD + "MSA|AA|ID\r", None),
        (HEAD + "MSA|CA|ID", None),
        (HEAD.replace("|", "#") + "MSA#AA#ID#said\r", None),
        (HEAD.replace("\r", "\r\n") + "MSA|AA|ID\r\n", None),
        (
            HEAD + "MSA|AE|ID|DOE is unknown\rERR||PID^1|204^Unknown^HL70357|E\r",
            "AE: an error in the message, error 204",
        ),
        (HEAD + "MSA|AE|ID\rERR|||DOE|E\r", "AE: an error in the message$"),
        (HEAD + "MSA|AR|ID\r", "AR: the message is rejected$"),
        (HEAD + "MSA|CR|ID\r", "CR: the message is rejected$"),
        (HEAD + "MSA|AA|OTHER\r", "another message"),
        (HEAD + "MSA|DOE|ID\r", "no code of table 0008"),
        (HEAD, "another message"),
        ("", "no MSH"),
        ("MSH", "no MSH"),
        ("\xff\x00", "no MSH"),
    ],
)
def test_an_answer_accepts_a_message_or_says_why_not_and_names_nobody(answer, failure):
    said = oru.find_failure(answer.encode(), "ID")
    if failure is None:
        assert said is None
    else:
        assert re.search(failure, said)
        assert "DOE" not in said


@given(st.binary(max_size=200))
def test_any_answer_is_judged(answer):
    assert oru.find_failure(answer, "ID")
