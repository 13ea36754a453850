"""Scoring a study's images with the device, through the door that a user of published images takes."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from device import Intake, Outcome, Release, ReleaseError, analyze, read_release
from verification.datasets.manifest import Entry, read_manifest
from verification.evidence import Opening, Project, write_atomically
from verification.evidence.project import sha256_of
from verification.performance.plan import StudyFolder
from verification.performance.scores import Scored, render_scores


def rescore(project: Project, study: StudyFolder, data: Path | None) -> None:
    """Score every image of the study's split, write scores.csv and append a `scored` line to the log.

    Nothing is written unless every image was analysed.

    Args:
        project: the checkout.
        study: a study whose plan names what is asserted of its images.
        data: the folder that the manifest's image paths are relative to, or its parent if it is named like the dataset.

    Raises:
        ValueError: no folder is given, the manifest or the release cannot be used, or images were not analysed or are
            not the manifest's; every one is named.
    """
    folder = _find_images(data, study.plan.dataset)
    manifest = project.root / "verification" / "datasets" / study.plan.dataset / "manifest.csv"
    entries, issues = read_manifest(manifest, project.relative(manifest))
    if issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in issues))
    try:
        release = read_release(project.root / "device" / "releases" / study.plan.release)
    except ReleaseError as error:
        raise ValueError(str(error)) from error
    rows = _score([entry for entry in entries if entry.split == study.plan.split], folder, study, release)
    content = render_scores(rows)
    write_atomically(study.scores, content)
    opening = Opening(
        event="scored",
        date=datetime.now(UTC).date().isoformat(),
        reason=f"{study.plan.label}: {len(rows)} images of split {study.plan.split} through research intake",
        release=f"{release.name} {release.version}",
        release_digest=release.digest,
        dataset_digest=sha256_of(manifest),
        scores_sha256=sha256_of(study.scores),
    )
    held = study.log.read_bytes() if study.log.is_file() else b""
    write_atomically(study.log, held + msgspec.json.encode(opening) + b"\n")


def _find_images(data: Path | None, dataset: str) -> Path:
    if data is None or not data.is_dir():
        raise ValueError(f"no folder of images: found {data}; give --data DIR, the folder of the images of {dataset}")
    return data / dataset if (data / dataset).is_dir() else data


def _score(entries: list[Entry], data: Path, study: StudyFolder, release: Release) -> list[Scored]:
    rows, faults = [], []
    for number, entry in enumerate(entries, start=1):
        found = _score_one(entry, data / entry.image, study, release)
        if isinstance(found, str):
            faults.append(f"{data / entry.image}: {found}")
        else:
            rows.append(found)
        if sys.stderr.isatty():
            print(f"\rscored {number}/{len(entries)}", end="", file=sys.stderr)
    if faults:
        raise ValueError("\n".join(faults) + "\nnothing was written")
    return rows


def _score_one(entry: Entry, path: Path, study: StudyFolder, release: Release) -> Scored | str:
    """The score, or why there is none."""
    if not path.is_file():
        return "missing"
    if sha256_of(path) != entry.sha256:
        return "SHA-256 is not the manifest's"
    asserted = study.plan.asserted.values if study.plan.asserted else {}
    analysis = analyze(path, release, Intake.RESEARCH, asserted)
    if analysis.outcome is not Outcome.ANALYSED or analysis.finding is None:
        reasons = [f"{rejection.code} ({rejection.found})" for rejection in analysis.rejections]
        return f"{analysis.outcome}: {analysis.failure or ', '.join(reasons)}"
    return Scored(entry.image, entry.patient, entry.label, analysis.finding.score)
