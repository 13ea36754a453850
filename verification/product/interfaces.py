"""How the device is called and what it gives back, found out by calling it; the gate's limits, read from it."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verification.evidence import (
    CommandHelp,
    ContentItem,
    FittedOn,
    Gap,
    GateLimits,
    IntakeLimits,
    Interfaces,
    ReportElement,
    ReportForm,
)

if TYPE_CHECKING:
    from pydicom import Dataset

    from verification.product.api import Release

COMMANDS = ("gate", "analyze", "release")
"""The device's own commands; those of the other rooms are no part of it."""

WIDTH = "96"
"""Columns that a command may use to explain itself: as many as a page holds."""

FINDING = "TRIAGE"
"""The code of the report's item that holds the finding."""

FROM_IMAGE, TIME = "the image", "the time of the analysis"
ANEW, FIXED, REFERENCE = "made anew for each report", "the same in every report of the release", "names the image"


def describe_gate() -> GateLimits:
    """The gate's configuration, from the constants that it judges by."""
    from verification.product import api

    return GateLimits(
        intakes=tuple(_intake(intake.value, limits) for intake, limits in api.LIMITS.items()),
        body_part=api.CHEST,
        body_part_codes=tuple(sorted(api.CHEST_CODES)),
        view_codes=dict(sorted(api.VIEW_CODES.items())),
        age_tolerance_years=api.AGE_TOLERANCE_YEARS,
        least_contrast=api.LEAST_CONTRAST,
        most_at_an_end=api.MOST_AT_AN_END,
        decoding_seconds=api.DECODING_SECONDS,
        decoding_gib=api.DECODING_BYTES // 2**30,
        fitted_on=tuple(FittedOn(*one) for one in api.FITTED_ON),
    )


def _intake(name: str, limits: Any) -> IntakeLimits:
    from pydicom.uid import UID

    return IntakeLimits(
        name=name,
        sop_classes={uid: tuple(modalities) for uid, modalities in limits.modalities.items()},
        sop_class_names={uid: UID(uid).name for uid in limits.modalities},
        fewest_bits_stored=limits.bits_stored[0],
        most_bits_stored=limits.bits_stored[-1],
        bits_allocated=limits.bits_allocated,
        shortest_side_pixels=limits.shortest_side,
        longest_side_pixels=limits.longest_side,
    )


def describe_interfaces(releases: tuple[Release, ...]) -> Interfaces:
    """Call the device as a user would: its help, what it says of its releases, a result, a report."""
    from verification.product import api

    with tempfile.TemporaryDirectory(prefix="clearway-interfaces-") as folder:
        images = _write_images(Path(folder)) if releases else ()
        built = [release for release in releases if release.weights]
        return Interfaces(
            commands=tuple(CommandHelp(name=name, text=_say(name, "--help")) for name in COMMANDS),
            about={release.name: _say("release", "show", str(release.folder)) for release in releases},
            version=_say("--version"),
            json_fields=_read_fields(images[0], releases) if images else (),
            outcomes=(*(flag.value for flag in api.Flag), *(one.value for one in api.Outcome)),
            report=_describe_first(built, images, Path(folder)),
        )


_UNBUILT = Gap(reason="no release has weights here, so that no report can be written", closes="build a release")


def _say(*arguments: str) -> str:
    """What the device prints when it is called so, with our width and without colors."""
    from verification.product import api

    with _environment(COLUMNS=WIDTH, NO_COLOR="1"), redirect_stdout(io.StringIO()) as said:
        api.main(list(arguments))
    return said.getvalue().rstrip()


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    kept = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _read_fields(image: Path, releases: tuple[Release, ...]) -> tuple[str, ...]:
    return tuple(json.loads(_say("analyze", "--json", "--release", str(releases[0].folder), str(image))))


# --- the structured report --------------------------------------------------------------------------------------------


def _write_images(folder: Path) -> tuple[Path, ...]:
    """Two images of made-up patients that differ in everything that a report may take over, and in their finding."""
    from pydicom.uid import ImplicitVRLittleEndian

    from verification.steps.radiographs import radiograph, read_published, save

    other = radiograph(
        read_published("NORMAL2-IM-1427-0001.jpeg"), TransferSyntaxUID=ImplicitVRLittleEndian,
        PatientName="Other^Radiograph", PatientID="OTHER-2", PatientBirthDate="20200202",
        PatientSex="F", PatientAge="004Y", StudyDate="20240707", StudyTime="111111", StudyID="22",
        AccessionNumber="B2", ReferringPhysicianName="Nobody^Named", SeriesNumber="33", InstanceNumber="44",
        StudyInstanceUID="2.25.55", SeriesInstanceUID="2.25.66", SOPInstanceUID="2.25.77",
    )  # fmt: skip
    paths = folder / "one.dcm", folder / "other.dcm"
    for path, image in zip(paths, (radiograph(), other), strict=True):
        save(image, path)
    return paths


def _describe_first(releases: list[Release], images: tuple[Path, ...], folder: Path) -> ReportForm | Gap:
    """The report of the first release that is labeled for the images; why there is none, if none is."""
    found: ReportForm | Gap = _UNBUILT
    for release in releases:
        found = _describe_report(release, images, folder)
        if not isinstance(found, Gap):
            break
    return found


def _describe_report(release: Release, images: tuple[Path, ...], folder: Path) -> ReportForm | Gap:
    from pydicom import dcmread

    from verification.product import api

    results = [api.analyze(image, release, output=folder / "reports") for image in images]
    if unfit := [result for result in results if result.finding is None]:
        why = unfit[0].failure or ", ".join(one.code for one in unfit[0].rejections)
        return Gap(reason=f"release {release.name} gave a made-up image no report: {why}", closes="mend the device")
    taken = tuple(dcmread(image, stop_before_pixels=True) for image in images)
    found = tuple(dcmread(folder / "reports" / f"{image.SOPInstanceUID}.sr.dcm") for image in taken)
    first = found[0]
    return ReportForm(
        sop_class_uid=str(first.SOPClassUID),
        sop_class_name=first.SOPClassUID.name,
        transfer_syntaxes=tuple(sorted({str(one.file_meta.TransferSyntaxUID) for one in found})),
        implementation_class_uid=str(first.file_meta.ImplementationClassUID),
        implementation_version=str(first.file_meta.ImplementationVersionName),
        character_sets=tuple(sorted({str(one.SpecificCharacterSet) for one in found})),
        elements=tuple(_element(keyword, found, taken) for keyword in sorted(first.dir(), key=lambda k: first[k].tag)),
        content=tuple(_find_content(found[0].ContentSequence, found[1].ContentSequence, 0)),
        findings=tuple(sorted({finding for one in found for finding in _find_findings(one.ContentSequence)})),
        identity=api.IDENTITY,
    )  # fmt: skip


def _element(keyword: str, found: tuple[Dataset, ...], taken: tuple[Dataset, ...]) -> ReportElement:
    first, other = (report[keyword] for report in found)
    pairs = zip(taken, found, strict=True)
    if all(keyword in image and image[keyword].value == report[keyword].value for image, report in pairs):
        origin = FROM_IMAGE
    elif first.VR == "IS" and len(apart := _apart(keyword, found, taken)) == 1:
        origin = f"{FROM_IMAGE}, and {apart.pop()}"
    elif str(taken[0].SOPInstanceUID) in str(first.value):
        origin = REFERENCE
    elif first.VR in ("DA", "TM", "DT"):
        origin = TIME
    else:
        origin = ANEW if first.VR != "SQ" and first.value != other.value else FIXED
    return ReportElement(
        tag=str(first.tag).replace(" ", ""), keyword=keyword, vr=first.VR, origin=origin,
        value=_value(first) if origin == FIXED else None,
    )  # fmt: skip


def _apart(keyword: str, found: tuple[Dataset, ...], taken: tuple[Dataset, ...]) -> set[int]:
    """By how much a whole number of the reports is above that of their images; nothing if an image has none."""
    if any(image.get(keyword) is None for image in taken):
        return set()
    return {int(report[keyword].value) - int(image[keyword].value) for image, report in zip(taken, found, strict=True)}


def _value(element: Any) -> str:
    if element.VR != "SQ":
        return "\\".join(map(str, element.value)) if element.VM > 1 else str(element.value)
    return f"{len(element.value)} item{'s' * (len(element.value) != 1)}"


def _find_content(items: Any, others: Any, depth: int) -> Iterator[ContentItem]:
    """The content tree, item by item; the other report's tree says which values are not always the same."""
    for item, other in zip(items, others, strict=True):
        value = _content_value(item)
        yield ContentItem(
            depth=depth,
            relationship=item.RelationshipType,
            value_type=item.ValueType,
            concept=_code(item.ConceptNameCodeSequence[0]),
            value=value if value == _content_value(other) else None,
        )
        yield from _find_content(item.get("ContentSequence", ()), other.get("ContentSequence", ()), depth + 1)


def _find_findings(items: Any) -> Iterator[str]:
    for item in items:
        if item.ConceptNameCodeSequence[0].CodeValue == FINDING:
            yield _code(item.ConceptCodeSequence[0])
        yield from _find_findings(item.get("ContentSequence", ()))


def _content_value(item: Any) -> str:
    if item.ValueType == "CODE":
        return _code(item.ConceptCodeSequence[0])
    if item.ValueType == "NUM":
        return str(item.MeasuredValueSequence[0].NumericValue)
    if item.ValueType == "IMAGE":
        return str(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
    return str(item.get("TextValue", item.get("UID", "")))


def _code(code: Any) -> str:
    return f"({code.CodeValue}, {code.CodingSchemeDesignator}, “{code.CodeMeaning}”)"
