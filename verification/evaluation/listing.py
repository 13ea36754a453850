"""For an open test on images of NIH's collection: the list of those that were read, and other scores of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

import numpy as np

from verification.datasets.manifest import Entry
from verification.datasets.reads import read_labels
from verification.datasets.references import Collection, find_collection
from verification.evaluation.holding import find_files
from verification.evaluation.measuring import score_baselines
from verification.evidence import Issue, Project, write_atomically
from verification.product.api import Release, read_release
from verification.protocol.custody import Sealed, read_list
from verification.protocol.images import Progress, score_file
from verification.protocol.scores import render_columns
from verification.protocol.subgroups import find_places, strip_suffix
from verification.statistics.metrics import Floats

PROJECTION = "projection"
READERS = ("rsna", "google")
"""Whose reads are taken, the first that has one."""
NEEDED = ("image", "patient", "label", "label_source", "split", "sha256")
"""The columns of a manifest."""


def list_reads(project: Project, dataset: str, images: Path, reads: Path, youngest: float, output: Path) -> str:
    """Write the list of a folder's images that radiologists read: image, label, patient.

    Args:
        project: the checkout.
        dataset: the data set whose table lists the images.
        images: the folder.
        reads: the folder of the tables of reads, which stay there.
        youngest: the least age in years; images of others are left out and counted.
        output: the list.

    Returns:
        What was listed and left out, for a person to read.

    Raises:
        ValueError: a table cannot be used, or no image is left.
    """
    collection = _find_collection(project, dataset)
    labels: dict[str, int] = {}
    for reader in reversed(READERS):
        found, issues = read_labels(reads, reader)
        _stop(issues)
        labels |= found
    places = {strip_suffix(name): place for place, name in enumerate(collection.images)}
    names = sorted(strip_suffix(path.name) for path in images.iterdir() if path.is_file())
    known = [collection.images[places[name]] for name in names if name in places]
    read = [image for image in known if image in labels]
    ages, patients = collection.column("age_years"), collection.patients
    kept = [image for image in read if float(ages[places[strip_suffix(image)]]) >= youngest]
    if not kept:
        raise ValueError(f"{images}: none of {len(names)} files is an image of {dataset} that was read")
    rows = [(image, labels[image], patients[places[strip_suffix(image)]]) for image in kept]
    write_atomically(output, _render(rows))
    return (
        f"{output}: {len(kept)} images, {sum(label for _, label, _ in rows)} positive; of {len(names)} files "
        f"{len(names) - len(known)} are not of {dataset}, {len(known) - len(read)} were not read, "
        f"{len(read) - len(kept)} are of patients younger than {youngest:g} years or of no known age"
    )


def _render(rows: Sequence[tuple[str, int, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("image", "label", "patient"))
    writer.writerows(rows)
    return text.getvalue().encode()


def score_beside(
    project: Project, dataset: str, listed: Path, images: Path, training: tuple[Path, Path], other: str, output: Path,
    progress: Progress | None = None,
) -> str:  # fmt: skip
    """Write other scores of a list's images: of simple measures, of the projection alone, and of another release.

    Args:
        project: the checkout.
        dataset: the data set whose table knows the images.
        listed: the list.
        images: the folder of its images.
        training: a manifest, and the folder of its images; on the whole ones of its training the measures are fitted.
        other: a release, which scores the images as if they were of its population; one that it refuses has 0.
        output: the table.
        progress: told after each image.

    Returns:
        What was written, for a person to read.

    Raises:
        ValueError: a file cannot be used, or a patient of the list is in the manifest.
    """
    rows, collection = read_list(listed), _find_collection(project, dataset)
    places = find_places([row.image for row in rows], collection)
    _require_others(set(map(str, collection.patients[places])), listed, training[0])
    files = find_files(images, [row.image for row in rows])
    entries = [_enter(row, files[row.image]) for row in rows]
    taught = read_taught(training[0])
    folders = dict.fromkeys(taught, training[1]) | dict.fromkeys(entries, images)
    scores: dict[str, Floats] = score_baselines(taught, entries, folders.__getitem__, progress)
    scores[PROJECTION] = (collection.column("view")[places] == "AP").astype(np.float64)
    release = read_release(project.root / project.product.releases / other)
    found = np.array([score_file(files[row.image], release, pretend(release)) for row in rows])
    refused = int(np.isnan(found).sum())
    scores[other] = np.where(np.isnan(found), 0.0, found)
    write_atomically(output, render_columns(("image",), [(row.image,) for row in rows], scores))
    return f"{output}: {', '.join(scores)} of {len(rows)} images; {refused} that {other} refuses rank lowest by it"


def _require_others(patients: Set[str], listed: Path, manifest: Path) -> None:
    """Refuse a list of patients whom a release may know from its training or tuning.

    Raises:
        ValueError: a patient of the list is in the manifest, or that is none.
    """
    known = patients & {row["patient"] for row in _read_rows(manifest)}
    if known:
        raise ValueError(
            f"{listed}: {len(known)} of {len(patients)} patients are in {manifest} too, such as {min(known)}; leave "
            "their images out of one of the two"
        )


def pretend(release: Release) -> Mapping[str, str]:
    """What is stated of images, knowingly false, so that a release for other patients scores them."""
    population = release.population
    return {
        "BodyPartExamined": "CHEST", "Modality": "DX", "ViewPosition": population.view_positions[0],
        "PatientAge": f"{population.minimum_age_years or 0:03d}Y",
    }  # fmt: skip


def read_taught(manifest: Path) -> list[Entry]:
    """The whole images of the training that a manifest lists; its further columns are not needed.

    Raises:
        ValueError: it is no manifest.
    """
    return [
        Entry(row["image"], row["patient"], int(row["label"]), row["label_source"], row["split"], row["sha256"])
        for row in _read_rows(manifest)
        if row["split"] == "training" and row.get("kind", "whole") == "whole"
    ]


def _read_rows(manifest: Path) -> list[dict[str, str]]:
    hint = "make it with `clearway data assemble` or `clearway data split`"
    try:
        with manifest.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, ValueError) as error:
        raise ValueError(f"{manifest}: no manifest: {error}; {hint}") from error
    missing = [name for name in NEEDED if not rows or name not in rows[0]]
    if missing:
        raise ValueError(f"{manifest}: no manifest: has no column {', '.join(missing)}; {hint}")
    return rows


def _enter(row: Sealed, path: Path) -> Entry:
    return Entry(path.name, row.said.get("patient", row.image), row.label, "", "", "")


def _find_collection(project: Project, dataset: str) -> Collection:
    found = find_collection(project.root / "verification" / "datasets", dataset)
    if found is None:
        raise ValueError(f"data set {dataset}: its dataset.yaml names no table of images")
    return found


def _stop(issues: Sequence[Issue]) -> None:
    if issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))
