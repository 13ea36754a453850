"""Writes a finding as a DICOM structured report: Comprehensive SR, TID 1500 (PS3.16), one for each analyzed image."""

from __future__ import annotations

import fcntl
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from pydicom import Dataset, dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.errors import InvalidDicomError
from pydicom.uid import ComprehensiveSRStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from device.errors import ReportError
from device.types import Finding, Flag, Release

if TYPE_CHECKING:  # 1 s, and only a report needs it
    from highdicom import sr

UNFINISHED = ".sr.unfinished"
"""How the name of a report ends while it is written."""

STATEMENT = "For prioritization only, not for diagnostic use; an unflagged image is not a normal image."
"""Said with every result that a person reads."""

MANUFACTURER = "Clearway project (no manufacturer named)"
SCHEME = "99CLEARWAY"

IDENTITY = (
    "SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence",
    "TypeOfPatientID", "PatientBirthDate", "PatientBirthTime", "PatientSex", "OtherPatientIDsSequence",
    "OtherPatientNames", "EthnicGroup", "PatientComments", "PatientSpeciesDescription", "PatientSpeciesCodeSequence",
    "PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence", "StudyInstanceUID",
    "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "IssuerOfAccessionNumberSequence",
    "ReferringPhysicianName", "StudyDescription", "PatientAge", "PatientSize", "PatientWeight",
)  # fmt: skip
"""What the report takes over as it stands: patient, study and patient study (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2)."""

UID_FORM = re.compile(r"(?=.{1,64}$)\d+(\.\d+)+")  # PS3.5 9.1

INSTANCE = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


@dataclass(frozen=True, slots=True)
class Report:
    """A structured report that is not yet written: the SOP Instance UID of its image, and the file's content."""

    image_uid: str
    content: bytes


def compose(finding: Finding, header: Dataset, release: Release, software_version: str) -> Report:
    """Make the structured report of an image.

    Args:
        finding: what the device says of the image.
        header: the analyzed image's header, which came through clinical intake.
        release: what made the finding.
        software_version: the version of the device software.

    Raises:
        ReportError: the image has no valid identifiers.

    Implements: SRS-029
    """
    for keyword in INSTANCE:
        if not UID_FORM.fullmatch(str(header.get(keyword, ""))):
            raise ReportError(f"{keyword}: found {header.get(keyword)!r}, expected a UID: a report has to reference it")
    content = io.BytesIO()
    make_report(finding, header, release, software_version).save_as(content, enforce_file_format=True)
    return Report(str(header.SOPInstanceUID), content.getvalue())


def write(report: Report, image: Path, folder: Path, reported: set[str] | None = None) -> Path:
    """Write a structured report as `<SOP Instance UID of the image>.sr.dcm`.

    Args:
        report: of one image.
        image: the analyzed image, which the report never overwrites.
        folder: where the report goes; it is created if need be.
        reported: the SOP Instance UIDs that this run has reported on; the image's is added.

    Returns:
        The report's path. The file is there whole or not at all; a report of the same image that an earlier run left
        is replaced.

    Raises:
        ReportError: another image of the run has the same identifier, or the file cannot be written.

    Implements: SRS-029, SRS-033
    """
    uid = report.image_uid
    if uid in (reported or ()):
        raise ReportError(
            f"SOPInstanceUID: found {uid}, which another image of this run has, expected its own: the report "
            "on that image would be lost; find out which image is the true one"
        )
    path = folder / f"{uid}.sr.dcm"
    try:
        if path.exists() and path.samefile(image):
            raise ReportError(f"{path}: is the analyzed image itself; expected another folder or another name")
        if path.exists() and not _is_report(path):
            raise ReportError(f"{path}: is there, and is no report of this device; expected another folder")
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(report.content, path)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}") from error
    if reported is not None:
        reported.add(uid)
    return path


def _is_report(path: Path) -> bool:
    """Say whether a file is a structured report of this device, which a new one may replace.

    Implements: SRS-033
    """
    try:
        found = dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID", "Manufacturer"])
        return bool(found.SOPClassUID == ComprehensiveSRStorage and found.Manufacturer == MANUFACTURER)
    except (InvalidDicomError, AttributeError, ValueError):
        return False


def _write_whole(content: bytes, path: Path) -> None:
    """Write beside the target, then rename (the rename is atomic). Who may read it, the umask of the process says.

    Implements: SRS-033, SRS-044
    """
    beside = path.with_name(f".{uuid4().hex}{UNFINISHED}")  # no name of a patient or an image
    with beside.open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # while this process lives, nobody sweeps it
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def sweep(folder: Path) -> None:
    """Remove what runs that were killed left half-written in a folder of reports.

    Implements: SRS-044
    """
    for path in folder.glob(f".*{UNFINISHED}"):
        with suppress(OSError), path.open("rb") as file:  # held, by a run that lives
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def make_report(finding: Finding, header: Dataset, release: Release, software_version: str) -> Dataset:
    """The structured report as a dataset: a new instance in a new series of the image's study.

    Its UIDs are new each time, for no two instances that differ may share one (PS3.5 section 9); its content date is
    the time of the analysis.

    Implements: SRS-029, SRS-030
    """
    from highdicom import sr

    group = make_group("image", finding, header.SOPClassUID, header.SOPInstanceUID, release)
    report = sr.ComprehensiveSR(
        evidence=[make_evidence({keyword: header[keyword].value for keyword in INSTANCE})],
        content=make_content([group], release)[0],
        series_instance_uid=make_uid(),
        sop_instance_uid=make_uid(),
        **describe_origin(header, release, software_version),
    )
    complete(report, header)
    return report


def describe_origin(header: Dataset, release: Release, software_version: str) -> dict[str, Any]:
    """What a report says of who made it, and how it is written.

    Implements: SRS-029
    """
    return {
        "series_number": number_series(header),
        "instance_number": 1,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": f"Clearway {release.name}",
        "software_versions": (software_version, release.version),
        "series_description": f"Pneumonia triage, {release.status} release",
        "is_complete": True,
        "transfer_syntax_uid": ImplicitVRLittleEndian if header.original_encoding[0] else ExplicitVRLittleEndian,
    }


def complete(report: Dataset, header: Dataset) -> None:
    """Date a report, let its readers show what its values are of, and give it the patient and the study of an image.

    Implements: SRS-029, SRS-030
    """
    date(report, header)
    for container in _find_containers(report):
        container.ContinuityOfContent = "SEPARATE"  # a reader of CONTINUOUS leaves out what the values are of
    copy_identity(header, report)


SERIES_OFFSET = 9000
"""What is added to the Series Number of the image: viewers list a series of results behind those of images."""


def number_series(header: Dataset) -> int:
    """A Series Number that the series of the image does not have, whatever it is.

    Implements: SRS-029
    """
    text = str(header.get("SeriesNumber") or "")
    return SERIES_OFFSET + (int(text) if re.fullmatch(r"\d{1,6}", text) else 0)


def date(report: Dataset, header: Dataset) -> None:
    """Date series and content by the time of the analysis, in the image's time zone if it states one.

    The time zone of an object holds for every date and time in it (PS3.3 C.12.1.1), so also for those of the study,
    which are the image's.

    Implements: SRS-029
    """
    stated = str(header.get("TimezoneOffsetFromUTC") or "")
    match = re.fullmatch(r"([+-])(\d\d)([0-5]\d)", stated)
    zone = None
    if match:
        ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
        zone = timezone(ahead if match[1] == "+" else -ahead) if ahead < timedelta(days=1) else None
    now = datetime.now(zone) if zone else datetime.now().astimezone()
    report.SeriesDate = report.ContentDate = now.strftime("%Y%m%d")
    report.SeriesTime = report.ContentTime = now.strftime("%H%M%S.%f")
    if zone:
        report.TimezoneOffsetFromUTC = stated


def _find_containers(item: Dataset) -> Iterator[Dataset]:
    """An item and those within it, as far as they are containers (PS3.3 C.17.3)."""
    if item.ValueType == "CONTAINER":
        yield item
    for each in item.get("ContentSequence", ()):
        yield from _find_containers(each)


def copy_identity(header: Dataset, report: Dataset) -> None:
    """Give the report the patient and the study of the image, byte for byte, with the character set they are in.

    Implements: SRS-030
    """
    for keyword in IDENTITY:
        tag = tag_for_keyword(keyword)
        if tag is not None and tag in header:
            report[tag] = header.get_item(tag)
    # Elements in the encoding that they were read in are written as they are, not decoded and encoded again.
    report.set_original_encoding(header.original_encoding[0], True, header.original_character_set)


def make_evidence(instance: Mapping[str, str]) -> Dataset:
    """What the library needs of an image; the identity is copied without its opinion of it.

    Args:
        instance: the keywords of `INSTANCE`, and their values.

    Implements: SRS-030
    """
    evidence = Dataset()
    for keyword in INSTANCE:
        setattr(evidence, keyword, instance[keyword])
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID"):
        setattr(evidence, keyword, "")
    for keyword in ("StudyDate", "StudyTime", "ReferringPhysicianName"):
        setattr(evidence, keyword, None)
    return evidence


def make_content(groups: Sequence[Any], release: Release) -> sr.MeasurementReport:
    """TID 1500, with its groups.

    Implements: SRS-029
    """
    from highdicom import sr
    from pydicom.sr.codedict import codes

    observer = sr.DeviceObserverIdentifyingAttributes(
        uid=f"2.25.{uuid5(NAMESPACE_OID, release.digest).int}", name="Clearway", manufacturer_name=MANUFACTURER
    )
    context = sr.ObserverContext(codes.DCM.Device, observer)
    return sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=context),
        procedure_reported=codes.SCT.PlainRadiography,
        imaging_measurements=groups,
    )


def make_group(
    name: str, finding: Finding, sop_class: str, sop_uid: str, release: Release, tracking: str | None = None
) -> Any:
    """A group (TID 1501) of what was found, with the image that it was found in, and its tracking UID: a new one.

    Implements: SRS-029, SRS-032
    """
    from highdicom import sr

    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(tracking or make_uid(), name),
        algorithm_id=_identify_algorithm(finding, release),
        measurements=[
            _make_measurement("SCORE", "Score, not a probability", finding.score),
            _make_measurement("THRESHOLD", "Threshold at and above which an image is flagged", finding.threshold),
        ],
        qualitative_evaluations=[
            sr.QualitativeEvaluation(make_code("TRIAGE", "Pneumonia triage"), _flag_code(finding.flag))
        ],
        source_images=[sr.SourceImageForMeasurementGroup(sop_class, sop_uid)],
    )
    comment(group, STATEMENT)
    return group


def comment(group: Any, text: str) -> None:
    """Say something with a group.

    Implements: SRS-032
    """
    from highdicom import sr
    from pydicom.sr.codedict import codes

    group[0].ContentSequence.append(sr.TextContentItem(codes.DCM.Comment, text, sr.RelationshipTypeValues.CONTAINS))


def _identify_algorithm(finding: Finding, release: Release) -> sr.AlgorithmIdentification:
    """TID 4019: the release by name, version, status and digest.

    Implements: SRS-029
    """
    from highdicom import sr

    parameters = [f"status: {release.status}", f"release SHA-256: {release.digest}", f"threshold: {finding.threshold}"]
    if release.weights:
        parameters.append(f"weights SHA-256: {release.weights.sha256}")
    return sr.AlgorithmIdentification(f"Clearway {release.name}", release.version, parameters)


def _make_measurement(code: str, meaning: str, value: float) -> sr.Measurement:
    from highdicom import sr
    from pydicom.sr.codedict import codes

    return sr.Measurement(make_code(code, meaning), value, codes.UCUM.NoUnits)


def _flag_code(flag: Flag) -> Any:
    meaning = "Flagged: suspected pneumonia" if flag is Flag.FLAGGED else "Not flagged"
    return make_code(flag.upper(), meaning)


def make_code(value: str, meaning: str) -> Any:
    """A code of this device's own scheme.

    Implements: SRS-030
    """
    from pydicom.sr.coding import Code

    return Code(value, SCHEME, meaning)


def make_uid() -> str:
    """A UID from a random UUID (PS3.5 B.2).

    Implements: SRS-030
    """
    return f"2.25.{uuid4().int}"
