"""The structured report is valid, says what was found, and files under the image's patient and study."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread, uid

import device
from device import report
from verification.steps.radiographs import computed_radiograph, phantom, radiograph, save


def write(path: Path, release: device.Release) -> Path:
    analysis = device.analyze(path, release, output=path.parent / "reports")
    assert analysis.failure is None
    (written,) = (path.parent / "reports").iterdir()
    assert written.name == f"{dcmread(path).SOPInstanceUID}.sr.dcm"
    return written


def items(content: Dataset) -> list[tuple[str, Any]]:
    """Every content item below `content`: the meaning of its name, and its value."""
    found = []
    for item in content.get("ContentSequence", []):
        name = item.ConceptNameCodeSequence[0].CodeMeaning
        if item.ValueType == "NUM":
            found.append((name, float(item.MeasuredValueSequence[0].NumericValue)))
        elif item.ValueType == "CODE":
            found.append((name, item.ConceptCodeSequence[0].CodeMeaning))
        elif item.ValueType == "TEXT":
            found.append((name, item.TextValue))
        elif item.ValueType == "IMAGE":
            found.append((name, item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID))
        found += items(item)
    return found


def test_it_says_what_was_found_and_by_what(image: Callable[..., Path], release: device.Release) -> None:
    path = image()
    written, finding = dcmread(write(path, release)), device.analyze(path, release).finding
    said = items(written)
    assert written.SOPClassUID == uid.ComprehensiveSRStorage
    assert written.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert finding is not None
    for expected in [
        ("Algorithm Name", "Clearway brightness"),
        ("Algorithm Version", "0.0.1"),
        ("Algorithm Parameters", f"release SHA-256: {release.digest}"),
        ("Pneumonia triage", "Flagged: suspected pneumonia"),
        ("Source of Measurement", dcmread(path).SOPInstanceUID),
        ("Comment", device.STATEMENT),
    ]:
        assert expected in said
    numbers = {name: value for name, value in said if isinstance(value, float)}
    assert numbers == {
        "Score, not a probability": pytest.approx(finding.score, abs=1e-12),
        "Threshold at and above which an image is flagged": 0.5,
    }


def test_an_image_that_is_not_flagged_says_so(tmp_path: Path, release: device.Release) -> None:
    image = save(radiograph(phantom() // 2), tmp_path / "image.dcm")
    said = items(dcmread(write(image, release)))
    assert ("Pneumonia triage", "Not flagged") in said
    assert ("Comment", device.STATEMENT) in said


def test_it_replaces_no_other_image(image: Callable[..., Path], release: device.Release) -> None:
    path = image(SOPInstanceUID="1.2.3")
    other = image("1.2.3.sr.dcm", SOPInstanceUID="1.2.4")
    before = other.read_bytes()
    analysis = device.analyze(path, release, output=path.parent)
    assert "is there, and is no report" in str(analysis.failure)
    assert other.read_bytes() == before


def test_it_files_beside_the_image_and_replaces_nothing(image: Callable[..., Path], release: device.Release) -> None:
    path = image()
    before, original = path.read_bytes(), dcmread(path)
    first = dcmread(write(path, release))
    second = dcmread(write(path, release))
    assert path.read_bytes() == before
    assert first.StudyInstanceUID == original.StudyInstanceUID
    uids = {one.SOPInstanceUID for one in (original, first, second)}
    series = {one.SeriesInstanceUID for one in (original, first, second)}
    assert (len(uids), len(series)) == (3, 3)


ODD = {
    "as usual": {},
    "latin": {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Jörg", "StudyDescription": "Thorax à 2 m"},
    "japanese": {
        "SpecificCharacterSet": ["", "ISO 2022 IR 87"], "PatientName": "Yamada^Tarou=山田^太郎",
        "ReferringPhysicianName": "=山田",
    },
    "utf-8": {"PatientName": "Ἰώαννης", "PatientID": "№ 1/2^3"},
    "nothing": dict.fromkeys(
        ["PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
         "AccessionNumber", "ReferringPhysicianName", "SpecificCharacterSet"]
    ),
    "empty": dict.fromkeys(
        ["PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
         "AccessionNumber", "ReferringPhysicianName"], ""
    ),
    "more": {"PatientComments": "twin", "PatientWeight": 14.5, "OtherPatientNames": ["B", "C"]},
}  # fmt: skip


@pytest.mark.parametrize(
    "syntax", [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian], ids=["explicit", "implicit"]
)
@pytest.mark.parametrize("identity", ODD)
def test_identity_is_that_of_the_image(tmp_path: Path, release: device.Release, identity: str, syntax: uid.UID) -> None:
    path = save(radiograph(**ODD[identity], TransferSyntaxUID=syntax), tmp_path / "image.dcm")
    original, written = dcmread(path), dcmread(write(path, release))
    for keyword in report.IDENTITY:
        if keyword in original:
            assert written[keyword].value == original[keyword].value, keyword
    for keyword in ("PatientName", "PatientID", "StudyDate", "AccessionNumber", "ReferringPhysicianName"):
        assert keyword in written  # type 2: there, even if empty
        assert str(written[keyword].value or "") == str(original.get(keyword) or "")


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian])
def test_bytes_that_the_character_set_does_not_explain_are_kept(
    tmp_path: Path, release: device.Release, syntax: uid.UID
) -> None:
    image = radiograph(SpecificCharacterSet="ISO_IR 192", PatientName="Mueller^Jo", TransferSyntaxUID=syntax)
    path = save(image, tmp_path / "image.dcm")
    name = b"M\xfc\xfeller^J\xf6"  # no UTF-8
    path.write_bytes(path.read_bytes().replace(b"Mueller^Jo", name))
    assert name in write(path, release).read_bytes()


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
@pytest.mark.parametrize("value", [None, "", "../../escape"])
def test_an_image_that_cannot_be_referenced_gets_no_report(
    tmp_path: Path, release: device.Release, keyword: str, value: str | None
) -> None:
    image = radiograph(**{keyword: value})
    path = save(image, tmp_path / "image.dcm")
    analysis = device.analyze(path, release, output=tmp_path / "reports")
    assert analysis.outcome is device.Outcome.FAILED
    assert analysis.finding is None
    assert keyword in str(analysis.failure)
    assert sorted(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing(image: Callable[..., Path], release: device.Release) -> None:
    path = image()
    (path.parent / "file").touch()
    analysis = device.analyze(path, release, output=path.parent / "file")
    assert analysis.outcome is device.Outcome.FAILED
    assert "cannot be written" in str(analysis.failure)
    analysis = device.analyze(path, release, output=path.parent / ("n" * 300))
    assert "cannot be written: File name too long" in str(analysis.failure)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # no file of this process grows beyond 1,000 bytes
    try:
        analysis = device.analyze(path, release, output=path.parent / "reports")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "File too large" in str(analysis.failure)
    assert list((path.parent / "reports").iterdir()) == []


def test_an_image_is_never_overwritten_by_its_report(tmp_path: Path, release: device.Release) -> None:
    image = radiograph()
    path = save(image, tmp_path / f"{image.SOPInstanceUID}.sr.dcm")
    before = path.read_bytes()
    analysis = device.analyze(path, release, output=tmp_path)
    assert analysis.outcome is device.Outcome.FAILED
    assert path.read_bytes() == before


def test_research_results_cannot_be_written(image: Callable[..., Path], release: device.Release) -> None:
    with pytest.raises(ValueError, match="never DICOM"):
        device.analyze(image(), release, device.Intake.RESEARCH, output=Path("anywhere"))


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dicom3tools is not installed")
@pytest.mark.parametrize("identity", ODD)
def test_dciodvfy_finds_no_error(tmp_path: Path, release: device.Release, identity: str) -> None:
    written = write(save(radiograph(**ODD[identity]), tmp_path / "image.dcm"), release)
    told = subprocess.run(["dciodvfy", written], capture_output=True, text=True, check=False).stderr
    assert "ComprehensiveSR" in told
    assert "Error" not in told


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dicom3tools is not installed")
def test_dciodvfy_finds_no_error_for_computed_radiography(tmp_path: Path, release: device.Release) -> None:
    written = write(save(computed_radiograph(), tmp_path / "image.dcm"), release)
    told = subprocess.run(["dciodvfy", written], capture_output=True, text=True, check=False).stderr
    assert "Error" not in told
