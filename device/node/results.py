"""What a study is told: a DICOM structured report, and a page for viewers that show no report.

A flag is for the study: that of the highest score among its images that were analyzed. A study of which no image was
analyzed is told so, with every reason, and never as not flagged.

Identifiers of results follow from what they are of. The same images, judged by the same release, give the same ones,
in objects that are alike but for the times at which they were made; a study to which an image is added, or of which one
changes, gets others, and the report names the one before.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset, FileMetaDataset, uid

from device import report
from device.dicom import open_regular, read_header
from device.node.types import Held, Result, Study
from device.rejections import REJECTION_CODES
from device.types import Finding, Flag, Release, Status

NOT_ANALYZED = "not_analyzed"
PAGE_ROWS, PAGE_COLUMNS, MARGIN = 768, 1024, 48
"""The page, in pixels."""
MOST_REASONS = 8
"""How many reasons the page tells; the report tells all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a study: the finding of its highest score, or none if no image was analyzed."""

    finding: Finding | None
    of: Held | None
    analysed: int
    objects: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def label(self) -> str:
        """In one word: the flag if there is one; never the one for the other."""
        return str(self.finding.flag) if self.finding else NOT_ANALYZED


def judge_study(study: Study) -> Verdict:
    """Say what the objects of a study come to.

    Implements: SRS-050
    """
    found = [(find(each), each) for each in study.objects]
    analysed = [(finding, each) for finding, each in found if finding]
    finding, of = max(analysed, key=lambda pair: pair[0].score, default=(None, None))
    reasons = Counter(reason for each in study.objects for reason in tell_reasons(each))
    return Verdict(finding, of, len(analysed), len(study.objects), tuple(sorted(reasons.items())))


def find(held: Held) -> Finding | None:
    """The finding of an object, if it was analyzed.

    Implements: SRS-050
    """
    record = held.record or {}
    if record.get("finding") is None:
        return None
    return Finding(Flag(record["finding"]), record["score"], record["threshold"])


def tell_reasons(held: Held) -> list[str]:
    """Why an object was not analyzed: the codes of the gate, or that it failed.

    Implements: SRS-050
    """
    record = held.record or {}
    codes = sorted({str(each["code"]) for each in record.get("rejections", ())})
    return codes or (["FAILED"] if record.get("outcome") == "failed" else [])


def read_newest(study: Study) -> Dataset:
    """The header of the newest object of a study whose file is there: it names patient and study.

    Implements: SRS-050
    """
    newest = max((each for each in study.objects if each.path.is_file()), key=lambda each: each.number)
    with open_regular(newest.path) as file:
        return read_header(file, newest.path).header


def identify(study: Study, release: Release, software_version: str) -> list[str]:
    """What a result of a study is of: from this its identifiers follow.

    Implements: SRS-050
    """
    return [study.uid, release.digest, software_version, *(f"{one.sop_uid} {one.digest}" for one in study.objects)]


def make_results(
    study: Study,
    verdict: Verdict,
    header: Dataset,
    release: Release,
    software_version: str,
    before: Sequence[tuple[str, str, str]],
) -> tuple[Result, ...]:
    """Make both result objects of a study.

    Args:
        study: what it holds.
        verdict: what is said of it.
        header: of one of its objects, which names patient and study.
        release: what judged.
        software_version: the version of the device software.
        before: SOP class, SOP Instance and Series Instance UID of the results that these take the place of.

    Raises:
        ReportError: a DICOM object cannot be made.

    Implements: SRS-050
    """
    of = identify(study, release, software_version)
    told = _make_report(study, verdict, header, release, software_version, before, of)
    page = _make_page(study, verdict, header, release, software_version, of)
    return tuple(
        Result(str(one.SOPInstanceUID), str(one.SOPClassUID), str(one.SeriesInstanceUID), _write(one))
        for one in (told, page)
    )


def derive_uid(of: Sequence[str], what: str) -> str:
    """A UID that follows from what it is of (PS3.5 B.2; the UUID is of the kind that a name gives).

    Implements: SRS-050
    """
    digest = bytearray(hashlib.sha256("\n".join([what, *of]).encode()).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80  # RFC 9562, version 8
    return f"2.25.{int.from_bytes(digest, 'big')}"


def _write(made: Dataset) -> bytes:
    content = io.BytesIO()
    made.save_as(content, enforce_file_format=True)
    return content.getvalue()


# --- the report -------------------------------------------------------------------------------------------------------


def _make_report(
    study: Study,
    verdict: Verdict,
    header: Dataset,
    release: Release,
    software_version: str,
    before: Sequence[tuple[str, str, str]],
    of: Sequence[str],
) -> Dataset:
    """Comprehensive SR, TID 1500: a group for the study, then one for each of its objects.

    Implements: SRS-050
    """
    from highdicom import sr

    groups = [_make_study_group(verdict, release, of), *(_make_object_group(one, release, of) for one in study.objects)]
    evidence = [
        report.make_evidence(dict(zip(report.INSTANCE, values, strict=True)))
        for values in ((one.sop_class, one.sop_uid, study.uid, one.series_uid) for one in study.objects)
    ]
    content = report.make_content(groups, release)[0]
    made = sr.ComprehensiveSR(
        evidence=evidence,
        content=_take_root(content),
        series_instance_uid=derive_uid(of, "series of the report"),
        sop_instance_uid=derive_uid(of, "report"),
        **report.describe_origin(header, release, software_version),
    )
    made.ContentSequence = content.ContentSequence
    made.SeriesDescription = describe_series(verdict, release)
    if former := [(sop_uid, series) for sop_class, sop_uid, series in before if sop_class == made.SOPClassUID]:
        made.PredecessorDocumentsSequence = [_refer(study.uid, sop_uid, series) for sop_uid, series in former]
    report.complete(made, header)
    return made


def _take_root(content: Dataset) -> Dataset:
    """The root of a content tree alone: to copy and search the whole, as the library does, costs more than to score.

    The tree refers to the study's objects alone, and each of them is evidence, so there is nothing to find in it.

    Implements: SRS-050
    """
    root = Dataset()
    for element in content:
        if element.keyword != "ContentSequence":
            root.add(element)
    root.ContentSequence = []
    return root


def _make_study_group(verdict: Verdict, release: Release, of: Sequence[str]) -> Any:
    tracking = derive_uid(of, "group of the study")
    if verdict.finding and verdict.of:
        group = report.make_group("study", verdict.finding, verdict.of.sop_class, verdict.of.sop_uid, release, tracking)
    else:
        group = _make_unanalysed("study", None, tracking)
        report.comment(group, report.STATEMENT)
    report.comment(group, tell_coverage(verdict))
    return group


def _make_object_group(held: Held, release: Release, of: Sequence[str]) -> Any:
    tracking = derive_uid(of, f"group of {held.sop_uid}")
    if finding := find(held):
        return report.make_group("image", finding, held.sop_class, held.sop_uid, release, tracking)
    group = _make_unanalysed("object", held, tracking)
    record = held.record or {}
    for each in record.get("rejections", ()):
        report.comment(
            group, f"{each['code']}: {each['attribute']}: found {each['found']}; expected {each['expected']}"
        )
    if record.get("failure"):
        report.comment(group, "FAILED: the object could not be analyzed; the log of the node says why")
    return group


def _make_unanalysed(name: str, held: Held | None, tracking: str) -> Any:
    """A group that says, of a study or an object, that it was not analyzed.

    Implements: SRS-050
    """
    from highdicom import sr

    triage, said = report.make_code("TRIAGE", "Pneumonia triage"), report.make_code("NOT_ANALYZED", "Not analyzed")
    source = []
    if held and held.sop_class in _IMAGES:
        source = [sr.SourceImageForMeasurementGroup(held.sop_class, held.sop_uid)]
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(tracking, name),
        qualitative_evaluations=[sr.QualitativeEvaluation(triage, said)],
        source_images=source or None,
    )


_IMAGES = frozenset(
    str(each) for each in vars(uid).values()
    if isinstance(each, uid.UID) and each.name.split("(")[0].strip().endswith(("Image Storage", "For Presentation"))
)  # fmt: skip
"""The storage classes of images: only of these may a report say that they are what it measured."""


def _refer(study: str, sop_uid: str, series: str) -> Dataset:
    """A reference to a former report (PS3.3 C.17.2.1, hierarchical)."""
    one, of_series, of_study = Dataset(), Dataset(), Dataset()
    one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = uid.ComprehensiveSRStorage, sop_uid
    of_series.SeriesInstanceUID, of_series.ReferencedSOPSequence = series, [one]
    of_study.StudyInstanceUID, of_study.ReferencedSeriesSequence = study, [of_series]
    return of_study


# --- the page ---------------------------------------------------------------------------------------------------------

HEADLINES = {
    "flagged": "Flagged: suspected pneumonia",
    "not_flagged": "Not flagged",
    NOT_ANALYZED: "Not analyzed: this study has no result",
}


def describe_series(verdict: Verdict, release: Release) -> str:
    """What a list of the study's series shows, within 64 characters: the result, and that a release is of reference.

    Implements: SRS-050
    """
    return f"Pneumonia triage: {verdict.label.replace('_', ' ')} ({release.status} release)"


def tell_coverage(verdict: Verdict) -> str:
    """Of how many objects the result is.

    Implements: SRS-050
    """
    told = f"Analyzed: {verdict.analysed} of {verdict.objects} object{'s' * (verdict.objects != 1)} of this study"
    partly = 0 < verdict.analysed < verdict.objects
    return f"{told}; the result says nothing of the rest" if partly else told


def tell_reason(code: str, number: int) -> str:
    """Why so many objects were not analyzed, in the words of the labeling.

    Implements: SRS-050
    """
    text = REJECTION_CODES[code].text if code in REJECTION_CODES else "The analysis failed; the node's log says why."
    return f"{code}, {number} object{'s' * (number != 1)}: {text}"


def tell_page(verdict: Verdict, release: Release, software_version: str) -> list[str]:
    """What the page says, line by line; no name, for it is burned in.

    Implements: SRS-050
    """
    lines = [HEADLINES[verdict.label], "", tell_coverage(verdict) + "."]
    if verdict.finding:
        finding = verdict.finding
        lines += [
            f"Highest score {finding.score:.4g}, flagged at and above {finding.threshold:.4g}; not a probability."
        ]
    lines += [tell_reason(code, number) for code, number in verdict.reasons[:MOST_REASONS]]
    if more := len(verdict.reasons) - MOST_REASONS:
        lines += [f"and {more} more reasons: see the report"] * (more > 0)
    lines += ["", report.STATEMENT, "A result never lowers the priority of a study.", ""]
    if release.status is Status.REFERENCE:
        lines += ["A reference release: not for clinical use."]
    lines += [f"Clearway {software_version}, release {release.name} {release.version} ({release.status})"]
    return lines


def _make_page(
    study: Study, verdict: Verdict, header: Dataset, release: Release, software_version: str, of: Sequence[str]
) -> Dataset:
    """A Secondary Capture of what the report says (PS3.3 A.8.1).

    Implements: SRS-050
    """
    pixels = _draw(tell_page(verdict, release, software_version))
    made = Dataset()
    told = {
        "SOPClassUID": uid.SecondaryCaptureImageStorage, "SOPInstanceUID": derive_uid(of, "page"),
        "StudyInstanceUID": study.uid, "SeriesInstanceUID": derive_uid(of, "series of the page"), "Modality": "OT",
        "SeriesNumber": report.number_series(header) + 1, "InstanceNumber": 1, "PatientOrientation": "",
        "SeriesDescription": describe_series(verdict, release), "ConversionType": "SYN",
        "Manufacturer": report.MANUFACTURER, "ManufacturerModelName": f"Clearway {release.name}",
        "SoftwareVersions": [software_version, release.version], "BurnedInAnnotation": "NO",
        "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Rows": PAGE_ROWS, "Columns": PAGE_COLUMNS,
        "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0, "PixelData": pixels.tobytes(),
    }  # fmt: skip
    for keyword, value in (dict.fromkeys(_NAMED) | told).items():
        setattr(made, keyword, value)
    made["PixelData"].VR = "OB"
    made.file_meta = FileMetaDataset()
    implicit = header.original_encoding[0]
    made.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian
    report.date(made, header)
    report.copy_identity(header, made)
    return made


_NAMED = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName", "Laterality",
)  # fmt: skip
"""What must stand in a composite object, though it be empty (type 2 and 2C of PS3.3 C.7.1.1, C.7.2.1 and C.7.3.1)."""


def _draw(lines: Sequence[str]) -> NDArray[np.uint8]:
    """Lines as a picture: axis order (rows, columns), uint8, white on black; the first is the headline."""
    picture = Image.new("L", (PAGE_COLUMNS, PAGE_ROWS), 0)
    down = MARGIN
    for number, line in enumerate(lines):
        size, height = (44, 64) if number == 0 else (24, 36)
        for part in _wrap(line, size):
            picture.paste(_draw_line(part, size, height), (0, down))
            down += height
    return np.asarray(picture)


@lru_cache(maxsize=128)
def _draw_line(line: str, size: int, height: int) -> Image.Image:
    """One line as a picture as wide as the page; most lines stand on every page."""
    picture = Image.new("L", (PAGE_COLUMNS, height), 0)
    ImageDraw.Draw(picture).text((MARGIN, 0), line, 255, _load_font(size))
    return picture


@lru_cache
def _load_font(size: int) -> Any:
    return ImageFont.load_default(size)


@lru_cache(maxsize=128)
def _wrap(line: str, size: int) -> tuple[str, ...]:
    """A line in as many as it needs."""
    font, parts = _load_font(size), [""]
    for word in line.split(" "):
        longer = f"{parts[-1]} {word}".strip()
        if parts[-1] and font.getlength(longer) > PAGE_COLUMNS - 2 * MARGIN:
            parts.append(word)
        else:
            parts[-1] = longer
    return tuple(parts)
