"""Then: the structured reports that the device wrote are read back and compared."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.uid import ComprehensiveSRStorage
from pytest_bdd import parsers, then

import device
from verification.steps.bench import Bench, Observe, counted

IDENTITY = (
    "SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "PatientAge", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
"""What identifies patient and study (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2)."""


SCHEME = "99CLEARWAY"


def read_reports(bench: Bench) -> list[Dataset]:
    """Every file of the folder of the reports, as DICOM."""
    return [dcmread(path) for path in sorted(bench.reports.iterdir())]


def read_report(bench: Bench) -> Dataset:
    """The one report."""
    (report,) = read_reports(bench)
    return report


def find_items(item: Dataset) -> Iterator[Dataset]:
    """Yield every content item below another, depth first (PS3.3 C.17.3)."""
    for child in item.get("ContentSequence", ()):
        yield child
        yield from find_items(child)


def name_of(item: Dataset) -> str:
    """The meaning of a content item's concept name."""
    return str(item.ConceptNameCodeSequence[0].CodeMeaning) if item.get("ConceptNameCodeSequence") else ""


def code_of(item: Dataset) -> tuple[str, str]:
    """Value and scheme of a content item's concept name."""
    name = item.ConceptNameCodeSequence[0]
    return str(name.CodeValue), str(name.CodingSchemeDesignator)


def find_numbers(report: Dataset, name: str) -> list[float]:
    """The numeric values under a concept name that begins so."""
    numbers = (each for each in find_items(report) if each.ValueType == "NUM" and name_of(each).startswith(name))
    return [
        float(each.MeasuredValueSequence[0].get("FloatingPointValue", each.MeasuredValueSequence[0].NumericValue))
        for each in numbers
    ]


def find_texts(report: Dataset) -> list[str]:
    """Every text of the report."""
    return [str(each.TextValue) for each in find_items(report) if each.ValueType == "TEXT"]


def references(report: Dataset) -> set[tuple[str, str]]:
    """SOP class and instance of each image that the content of a report references."""
    return {
        (str(reference.ReferencedSOPClassUID), str(reference.ReferencedSOPInstanceUID))
        for each in find_items(report)
        if each.ValueType == "IMAGE"
        for reference in each.ReferencedSOPSequence
    }


def key(image: Dataset) -> tuple[str, str]:
    """SOP class and instance of an object."""
    return str(image.SOPClassUID), str(image.SOPInstanceUID)


@then(parsers.re(r"there (is|are) exactly (?P<count>\d+) reports?$"))
def count_reports(bench: Bench, count: str, observe: Observe) -> None:
    """So many files are in the folder of reports, all of them DICOM."""
    found = read_reports(bench)
    observe(counted(len(found), "report"))
    assert len(found) == int(count)


@then("every report is a Comprehensive SR document of template 1500")
def template(bench: Bench, observe: Observe) -> None:
    """Every report is of SOP class Comprehensive SR, modality SR, template 1500 of DCMR (PS3.16 TID 1500)."""
    reports = read_reports(bench)
    for report in reports:
        template = report.ContentTemplateSequence[0]
        assert report.SOPClassUID == ComprehensiveSRStorage
        assert (report.Modality, template.MappingResource, template.TemplateIdentifier) == ("SR", "DCMR", "1500")
    observe(f"{len(reports)} of {len(reports)}")


@then("every report references an image of its own by SOP class and instance")
def own_references(bench: Bench, observe: Observe) -> None:
    """Every report references one image, every analyzed image is referenced by one report."""
    analysed = [each["path"] for each in bench.last.results if each["outcome"] == "analyzed"]
    images = {key(dcmread(path, stop_before_pixels=True)) for path in analysed}
    found = [references(report) for report in read_reports(bench)]
    observe(f"{len(found)} reports reference {len(set().union(*found))} of {len(images)} images")
    assert all(len(each) == 1 for each in found)
    assert sorted(set().union(*found)) == sorted(images)
    assert len(found) == len(images)


@then("every report is named by the SOP Instance UID of its image")
def names(bench: Bench, observe: Observe) -> None:
    """Every report's file is named by the SOP Instance UID that it references, with .sr.dcm."""
    paths = sorted(bench.reports.iterdir())
    observe(counted(len(paths), "file"))
    assert paths
    for path in paths:
        ((_, uid),) = references(dcmread(path))
        assert path.name == f"{uid}.sr.dcm"


@then(parsers.parse("a report lies in {folder} with the permissions {expected}"))
def permissions(bench: Bench, folder: str, expected: str, observe: Observe) -> None:
    """The one file in this folder is a Comprehensive SR with this mode, as `ls` shows it."""
    (path,) = (bench.images / folder).iterdir()
    mode = stat.filemode(path.stat().st_mode)
    observe(mode)
    assert dcmread(path).SOPClassUID == ComprehensiveSRStorage
    assert mode == expected


@then("the report states the digest of the weights")
def stated_weights(bench: Bench, observe: Observe) -> None:
    """Exactly one text of the report contains the SHA-256 of the release's weights."""
    weights = device.read_release(bench.release).weights
    assert weights is not None
    found = [text for text in find_texts(read_report(bench)) if weights.sha256 in text]
    observe("; ".join(found))
    assert len(found) == 1


@then("the report names the version of the software")
def software(bench: Bench, observe: Observe) -> None:
    """Software Versions are the version of the installed package and that of the release, in this order."""
    found = [str(each) for each in read_report(bench).SoftwareVersions]
    observe(", ".join(found))
    assert found == [version("clearway"), device.read_release(bench.release).version]


@then("the report was observed by the device Clearway and tracks the image")
def observer(bench: Bench, observe: Observe) -> None:
    """The device observer has the name Clearway and a UID made of a UUID (2.25.); the tracking identifier is image."""
    items = list(find_items(read_report(bench)))
    uid = [str(each.UID) for each in items if name_of(each) == "Device Observer UID"]
    texts = {name_of(each): str(each.TextValue) for each in items if each.ValueType == "TEXT"}
    observe(f"{texts.get('Device Observer Name')}, {texts.get('Tracking Identifier')}")
    assert [re.fullmatch(r"2\.25\.[1-9]\d{0,38}", each) is not None for each in uid] == [True]  # PS3.5 B.2
    assert texts["Device Observer Name"] == "Clearway"
    assert texts["Tracking Identifier"] == "image"


@then("the report is complete, the first instance of another series than the image's")
def complete(bench: Bench, observe: Observe) -> None:
    """Completion Flag is COMPLETE, Series Number that of the image and 9000, Instance Number 1."""
    report = read_report(bench)
    observe(f"{report.CompletionFlag}, series {report.SeriesNumber}, instance {report.InstanceNumber}")
    assert report.CompletionFlag == "COMPLETE"
    assert (report.SeriesNumber, report.InstanceNumber) == (9000 + dcmread(bench.file()).SeriesNumber, 1)


@then(parsers.parse("the report is encoded in {uid}"))
def encoding(bench: Bench, uid: str, observe: Observe) -> None:
    """The report's Transfer Syntax UID is this one."""
    observe(str(read_report(bench).file_meta.TransferSyntaxUID))
    assert read_report(bench).file_meta.TransferSyntaxUID == uid


@then("no two reports share a Series or SOP Instance UID")
def distinct(bench: Bench, observe: Observe) -> None:
    """Series and SOP Instance UID of every report differ from those of every other."""
    reports = read_reports(bench)
    for keyword in ("SeriesInstanceUID", "SOPInstanceUID"):
        found = {str(report[keyword].value) for report in reports}
        observe(f"{len(found)} values of {keyword}")
        assert len(found) == len(reports)


@then(parsers.parse("the report names the algorithm {name} in the version of the release"))
def algorithm(bench: Bench, name: str, observe: Observe) -> None:
    """The algorithm has this name, and the version of the release."""
    texts = {name_of(each): str(each.TextValue) for each in find_items(read_report(bench)) if each.ValueType == "TEXT"}
    observe(f"{texts.get('Algorithm Name')} {texts.get('Algorithm Version')}")
    assert texts["Algorithm Name"] == name
    assert texts["Algorithm Version"] == device.read_release(bench.release).version


@then("the report states the release digest of the result")
def stated_digest(bench: Bench, observe: Observe) -> None:
    """Exactly one text of the report contains the release digest of the last result."""
    digest = bench.last.result["release_digest"]
    found = [text for text in find_texts(read_report(bench)) if digest in text]
    observe("; ".join(found))
    assert len(found) == 1


@then(parsers.re(r"the report states the (?P<what>score|threshold) of the result$"))
def stated_number(bench: Bench, what: str, observe: Observe) -> None:
    """The report's score or threshold is that of the last result, to the digits of a Decimal String."""
    check_number(bench, what, bench.last.result[what], observe)


@then(parsers.re(r"the report states the score of (?P<file>\S+\.dcm)"))
def stated_score_of(bench: Bench, file: str, observe: Observe) -> None:
    """The report's score is that of this file's result, to the digits of a Decimal String."""
    (score,) = (each["score"] for each in bench.last.results if Path(each["path"]).name == file)
    check_number(bench, "score", score, observe)


def check_number(bench: Bench, what: str, expected: float, observe: Observe) -> None:
    """Hold the only report's number against what it should be."""
    codes = [code_of(each) for each in find_items(read_report(bench)) if each.ValueType == "NUM"]
    assert codes.count((what.upper(), SCHEME)) == 1
    found = find_numbers(read_report(bench), what.capitalize())
    observe(f"{found} in the report, {expected!r} in the result")
    assert len(found) == 1
    assert abs(found[0] - expected) <= DECIMAL_STRING * max(expected, DECIMAL_STRING)


DECIMAL_STRING = 1e-12
"""A Decimal String has 16 characters (PS3.5 6.2): what is left of a number's digits."""


@then("the report states the finding of the result")
def stated_finding(bench: Bench, observe: Observe) -> None:
    """The report's one coded finding is that of the last result."""
    items = [each for each in find_items(read_report(bench)) if each.ValueType == "CODE"]
    findings = [each for each in items if code_of(each) == ("TRIAGE", SCHEME)]
    found = [str(each.ConceptCodeSequence[0].CodeValue).lower() for each in findings]
    observe(f"{found} in the report, {bench.last.result['finding']} in the result")
    assert found == [bench.last.result["finding"]]


@then("the report has the patient and the study of the image, byte for byte")
def identity(bench: Bench, observe: Observe) -> None:
    """Each attribute that identifies patient and study has the bytes that it has in the image, or is in neither."""
    image, report = raw_identity(bench.file()), raw_identity(next(bench.reports.iterdir()))
    observe(", ".join(f"{keyword} {value!r}" for keyword, value in report.items() if value))
    assert report == image


def raw_identity(path: Path) -> dict[str, bytes | None]:
    """The bytes of each identifying attribute as the file holds them, None if it is absent."""
    dataset, found = dcmread(path), {}
    for keyword in IDENTITY:
        raw = dataset.get_item(keyword) if keyword in dataset else None
        found[keyword] = None if raw is None else as_bytes(raw.value)
    return found


def as_bytes(value: object) -> bytes:
    """The bytes of a value, decoded or not; padding is no part of it."""
    return (value if isinstance(value, bytes) else str(value or "").encode()).rstrip(b" \x00")


@then("the report references the image by its SOP class and instance")
def reference(bench: Bench, observe: Observe) -> None:
    """The report references one image, by the SOP Class and SOP Instance UID of the scenario's file."""
    found, expected = references(read_report(bench)), key(dcmread(bench.file(), stop_before_pixels=True))
    observe(f"{len(found)} image referenced")
    assert found == {expected}


@then("the Series and SOP Instance UIDs of the report are new")
def new_uids(bench: Bench, observe: Observe) -> None:
    """The report's Series and SOP Instance UID differ from each other and from every UID of the image."""
    image, report = dcmread(bench.file(), stop_before_pixels=True), read_report(bench)
    used = {str(image[keyword].value) for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")}
    found = {str(report[keyword].value) for keyword in ("SeriesInstanceUID", "SOPInstanceUID")}
    observe(f"{len(found - used)} new values")
    assert len(found - used) == 2


@then(parsers.parse('the report says "{text}"'))
def report_says(bench: Bench, text: str, observe: Observe) -> None:
    """Exactly one text of the report contains the text, and is nothing else."""
    found = [each for each in find_texts(read_report(bench)) if text in each]
    observe("; ".join(found))
    assert found == [text]


@then("each report has the identity and the score of one of the two, and both occur")
def one_of_two(bench: Bench, observe: Observe) -> None:
    """Patient and score of each report are those that one of the two files has when it is analyzed by itself."""
    alone = set()
    for path in sorted(bench.images.iterdir()):
        run = bench.run("analyze", path, "--json")
        alone.add((str(dcmread(path).PatientID), run.result["score"]))
    reports = [dcmread(path) for path in sorted(bench.reports.rglob("*.sr.dcm"))]
    found = {(str(each.PatientID), *find_numbers(each, "Score, not a probability")) for each in reports}
    observe(f"{len(alone)} pairs of patient and score alone; {len(found - alone)} others in the reports")
    assert found == alone
    assert len(alone) == 2


@then("of the unfinished reports the other run's alone is left")
def swept(bench: Bench, observe: Observe) -> None:
    """What is locked is still there, what nobody held is not."""
    names = sorted(path.name for path in bench.reports.glob(".*"))
    observe(", ".join(names))
    assert names == [".held.sr.unfinished"]


@then(parsers.parse("the report was made now in the time zone {zone}"))
def made_now(bench: Bench, zone: str, observe: Observe) -> None:
    """Content and series are of the last minute, in this zone or in the machine's; the zone is stated."""
    report = read_report(bench)
    stated = str(report.get("TimezoneOffsetFromUTC", "none"))
    observe(stated)
    made = datetime.strptime(f"{report.ContentDate}{report.ContentTime}", "%Y%m%d%H%M%S.%f")
    now = datetime.now(datetime.strptime(zone, "%z").tzinfo if zone != "none" else None).replace(tzinfo=None)
    assert stated == zone
    assert timedelta(0) <= now - made < timedelta(minutes=1)
    assert (report.SeriesDate, report.SeriesTime) == (report.ContentDate, report.ContentTime)


@then("every container of the report holds its items separately")
def separate(bench: Bench, observe: Observe) -> None:
    """Continuity of Content is SEPARATE in the report and in every container in it."""
    report = read_report(bench)
    found = [each.ContinuityOfContent for each in (report, *find_items(report)) if each.ValueType == "CONTAINER"]
    observe(f"{len(found)} containers: {', '.join(sorted(set(found)))}")
    assert len(found) > 1
    assert set(found) == {"SEPARATE"}
