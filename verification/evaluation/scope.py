"""Radiographs that a release is not for, scored on purpose to show what the gate's limit is for.

The images go through the same research path as every other, with stated values that are known to be false of them. The
labels are radiologists' reads from a table that is not in the repository: what leaves here are counts and estimates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from verification.analyses.out_of_scope import Outside
from verification.datasets.manifest import Entry
from verification.datasets.mapping import read_mapping
from verification.datasets.reads import read_labels
from verification.datasets.records import read_records
from verification.estimation.estimates import Cases
from verification.evidence import Issue
from verification.product.api import Admission, Intake, Release, gate
from verification.protocol.images import FolderOf, Progress, score_file


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of images by their file name: the radiologists' label, 1 or 0, and the age in completed years."""

    labels: Mapping[str, int]
    ages: Mapping[str, int]


def read_known(tables: Path, metadata: Path) -> Known:
    """Read RSNA's reads and the ages of NIH's images.

    Args:
        tables: the folder of the tables of reads.
        metadata: the folder with NIH's metadata and its `mapping.yaml`.

    Raises:
        ValueError: a table cannot be used.
    """
    labels, issues = read_labels(tables, "rsna")
    _stop(issues)
    mapping, issues = read_mapping(metadata / "mapping.yaml")
    _stop(issues)
    (file,) = metadata.glob("*.csv.gz")
    records, issues = read_records(file, mapping) if mapping else (None, ())
    if records is None:
        _stop(issues)
        raise ValueError(f"{file}: cannot be used")
    rows = records.table[["image", "age_years"]].dropna()
    return Known(labels, {str(image): int(age) for image, age in zip(rows["image"], rows["age_years"], strict=True)})


def _stop(issues: Sequence[Issue]) -> None:
    if issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))


def score_out_of_scope(
    entries: Sequence[Entry],
    folder_of: FolderOf,
    known: Known,
    release: Release,
    asserted: Mapping[str, str],
    progress: Progress | None = None,
) -> Outside:
    """Score images outside the release's population, and ask the gate what it says when the true age is stated.

    Args:
        entries: the images; those without a read or an age are left out and counted.
        folder_of: the folder that the image path of an entry is relative to.
        known: reads and ages; the entries' own labels are not used.
        release: whose population the images are not of.
        asserted: what is stated of them, knowingly false where the gate would refuse.
        progress: told after each image.

    Raises:
        ValueError: no image with a read was analyzed, or the device failed.
    """
    read = [entry for entry in entries if _name(entry) in known.labels]
    used = [entry for entry in read if _name(entry) in known.ages]
    scores, refusals = np.empty(len(used)), []
    for number, entry in enumerate(used, start=1):
        path = folder_of(entry) / entry.image
        scores[number - 1] = score_file(path, release, asserted)
        stated = {**asserted, "PatientAge": f"{known.ages[_name(entry)]:03d}Y"}
        refusals.append(_find_codes(path, release, stated))
        if progress:
            progress(number, len(used))
    analysed = ~np.isnan(scores)
    if not analysed.any():
        raise ValueError(f"no image with a read was analyzed, of {len(entries)}")
    labels = np.array([known.labels[_name(entry)] for entry in used])
    cases = Cases(labels, scores, np.array([entry.patient for entry in used]), _threshold(release)).where(analysed)
    left_out = {
        "not read by RSNA's radiologists": len(entries) - len(read),
        "no age is recorded": len(read) - len(used),
        "not analyzed, with the stated values": int((~analysed).sum()),
    }
    codes = Counter(code for found in refusals for code in found)
    return Outside(cases, dict(asserted), len(used), sum(map(bool, refusals)), dict(sorted(codes.items())), left_out)


def _threshold(release: Release) -> float | None:
    return release.operating_point.threshold if release.operating_point else None


def _name(entry: Entry) -> str:
    return PurePosixPath(entry.image).name


def _find_codes(path: Path, release: Release, stated: Mapping[str, str]) -> list[str]:
    """Why the gate refuses a file; nothing if it accepts it."""
    result = gate(path, release, Intake.RESEARCH, stated)
    if result.outcome is Admission.FAILED:
        raise ValueError(f"{path}: the device failed: {result.failure}")
    return [rejection.code for rejection in result.rejections]
