"""The whole device: header, gate, pixels, gate, model, decision, report."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from device import decision, dicom, model, report, research
from device.errors import DeviceError, ReleaseError
from device.gate import check_elements, check_header
from device.header import find_notices
from device.pixels import check_pixels
from device.preprocessing import preprocess
from device.release import read_software_version
from device.types import (
    Admission,
    Analysis,
    ChestRadiograph,
    Finding,
    GateResult,
    Intake,
    Notice,
    Outcome,
    PixelFault,
    Rejection,
    Release,
    UnitImage,
)


class _Admitted(NamedTuple):
    """What the gate says of a file: the radiograph if there is no rejection, and what was read on the way."""

    radiograph: ChestRadiograph | None
    header: Any
    rejections: tuple[Rejection, ...]
    notices: tuple[Notice, ...]
    asserted: tuple[tuple[str, str], ...]


@contextmanager
def _quiet() -> Iterator[None]:
    """What pydicom warns of, the gate judges."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@_quiet()
def gate(
    path: Path, release: Release, intake: Intake = Intake.CLINICAL, asserted: Mapping[str, str] | None = None
) -> GateResult:
    """Say whether the device applies to a file and, if not, every reason.

    Args:
        path: a file.
        release: whose labeled population the image must be of.
        intake: the door it comes through.
        asserted: research only: DICOM keyword to the value that the user states for a file that does not state it.

    Implements: SRS-018, SRS-021, SRS-028, SRS-038
    """
    try:
        admitted = _admit(path, release, intake, asserted or {})
    except Exception as error:
        return fail_gate(path, release, intake, _explain(error))
    outcome = Admission.REFUSED if admitted.radiograph is None else Admission.ACCEPTED
    _, _, rejections, notices, used = admitted
    return GateResult(str(path), outcome, rejections, notices, None, intake, used, *_identify(release))


def fail_gate(path: Path, release: Release, intake: Intake, why: str) -> GateResult:
    """What the gate says of a file that it could not judge.

    Implements: SRS-021
    """
    return GateResult(str(path), Admission.FAILED, (), (), why, intake, (), *_identify(release))


def analyze(
    path: Path,
    release: Release,
    intake: Intake = Intake.CLINICAL,
    asserted: Mapping[str, str] | None = None,
    output: Path | None = None,
    reported: set[str] | None = None,
) -> Analysis:
    """Analyze a file: gate it and, if the device applies, score it, decide and, if asked, write the report.

    Args:
        path: a file.
        release: what judges, scores and decides.
        intake: the door it comes through.
        asserted: research only: DICOM keyword to the value that the user states for a file that does not state it.
        output: clinical only: the folder in which the report is written.
        reported: the SOP Instance UIDs that this run has reported on: a second image with one of them fails.

    Raises:
        ValueError: a report was asked for through research intake.

    Implements: SRS-021, SRS-031
    """
    if output is not None and intake is not Intake.CLINICAL:
        raise ValueError(f"output: expected None through {intake} intake (never DICOM), received {output}")
    return conclude(examine(path, release, intake, asserted, reporting=output is not None), output, reported)


class Examined(NamedTuple):
    """An analysis of a file and, if one was asked for, the report on it, which is not yet written."""

    analysis: Analysis
    report: report.Report | None


@_quiet()
def examine(
    path: Path,
    release: Release,
    intake: Intake = Intake.CLINICAL,
    asserted: Mapping[str, str] | None = None,
    *,
    reporting: bool = False,
) -> Examined:
    """Analyze a file as `analyze` does, and write nothing.

    Args:
        path: a file.
        release: what judges, scores and decides.
        intake: the door it comes through.
        asserted: as of `analyze`.
        reporting: clinical only: make the report, too.

    Implements: SRS-020, SRS-021, SRS-029, SRS-031, SRS-038, SRS-039
    """
    made = None
    try:
        admitted = _admit(path, release, intake, asserted or {})
        finding = _find(admitted.radiograph, release) if admitted.radiograph else None
        if finding and reporting:
            made = report.compose(finding, admitted.header, release, read_software_version())
    except Exception as error:
        return Examined(fail(path, release, intake, _explain(error)), None)
    outcome = Outcome.ANALYZED if finding else Outcome.NOT_ANALYZED
    _, _, rejections, notices, used = admitted
    told = Analysis(str(path), outcome, rejections, notices, finding, None, intake, used, *_identify(release))
    return Examined(told, made)


def conclude(examined: Examined, output: Path | None, reported: set[str] | None = None) -> Analysis:
    """Write the report on an examined file, if there is one; without it, the file fails.

    Implements: SRS-021, SRS-029, SRS-031
    """
    analysis, made = examined
    try:
        if made and output:
            report.write(made, Path(analysis.path), output, reported)
    except Exception as error:
        return replace(
            analysis, outcome=Outcome.FAILED, finding=None, notices=(), asserted=(), failure=_explain(error)
        )  # fmt: skip
    return analysis


def fail(path: Path, release: Release, intake: Intake, why: str) -> Analysis:
    """The analysis of a file that could not be analyzed.

    Implements: SRS-021
    """
    return Analysis(str(path), Outcome.FAILED, (), (), None, why, intake, (), *_identify(release))


def _admit(path: Path, release: Release, intake: Intake, asserted: Mapping[str, str]) -> _Admitted:
    """Open a file once, judge its header and, only if it is accepted, decode and judge its pixels.

    Implements: SRS-011, SRS-018, SRS-020, SRS-037, SRS-038, SRS-041
    """
    with dicom.open_regular(path) as file:
        if intake is Intake.RESEARCH and research.is_picture(file):
            return _admit_picture(file, path, release, asserted)
        image = dicom.read_header(file, path)
        in_research = intake is Intake.RESEARCH
        used = dicom.fill_in(image.header, asserted) if in_research else ()
        syntaxes = dicom.RESEARCH_TRANSFER_SYNTAXES if in_research else dicom.TRANSFER_SYNTAXES
        rejections = check_elements(image.layout.faults)
        rejections += check_header(image.header, release.population, intake, syntaxes)
        pixels = None if rejections else dicom.decode(image)
    return _judge_pixels(pixels, intake, image.header, rejections, used)


def _admit_picture(file: BinaryIO, path: Path, release: Release, asserted: Mapping[str, str]) -> _Admitted:
    """Judge a PNG or JPEG file as `_admit` judges DICOM.

    Implements: SRS-037, SRS-038
    """
    header = dicom.make_header(research.read_attributes(file, path))
    used = dicom.fill_in(header, asserted)
    rejections = check_header(header, release.population, Intake.RESEARCH, None)
    pixels = None if rejections else research.decode(file)
    return _judge_pixels(pixels, Intake.RESEARCH, header, rejections, used)


def _judge_pixels(
    pixels: UnitImage | PixelFault | None,
    intake: Intake,
    header: Any,
    rejections: tuple[Rejection, ...],
    used: tuple[tuple[str, str], ...],
) -> _Admitted:
    """Judge the pixels, if the header was accepted and so there are some.

    Implements: SRS-018, SRS-020
    """
    radiograph = None
    if pixels is not None:
        rejections = check_pixels(pixels)
        if not rejections and not isinstance(pixels, PixelFault):
            radiograph = ChestRadiograph(pixels, intake)
    return _Admitted(radiograph, header, rejections, tuple(find_notices(header)), used)


def _find(radiograph: ChestRadiograph, release: Release) -> Finding:
    """Preprocess, score, decide.

    Implements: SRS-024
    """
    score = model.score(preprocess(radiograph.pixels, release.geometry), release)
    if release.operating_point is None:
        raise ReleaseError(model.explain_unbuilt(release))
    return decision.decide(score, release.operating_point)


def _explain(error: Exception) -> str:
    """Why a file failed. A fault that nobody foresaw fails its own file, too, and no other; CLEARWAY_DEBUG=1 raises it.

    Implements: SRS-021
    """
    if isinstance(error, DeviceError):
        return str(error)
    if os.environ.get("CLEARWAY_DEBUG") == "1":
        raise error
    return f"{type(error).__name__}: {' '.join(str(error).split())} (CLEARWAY_DEBUG=1 shows where)"


def _identify(release: Release) -> tuple[str, str, str]:
    return release.name, release.version, release.digest
