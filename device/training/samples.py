"""The images that a manifest lists for a training: where they are, whose, and what they are labeled."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from device.training.recipe import Recipe, RecipeError, RecipeFile

COLUMNS = frozenset(("image", "patient", "label", "split", "sha256"))
"""What a manifest has to say of each image."""

KINDS = ("whole", "lungs")
"""What a picture shows: a radiograph, or of one only the lungs. A manifest that does not say lists radiographs."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A labeled image: its file, its name in the manifest, its patient, 1 for pneumonia or 0, the file's SHA-256.

    `kind` is one of `KINDS`; `source` is the copy that it is from and `view` its projection, where the manifest says.
    """

    path: Path
    image: str
    patient: str
    label: int
    sha256: str
    kind: str = KINDS[0]
    source: str = ""
    view: str = ""


def find_folder(recipe: Recipe, data: Path | None) -> Path:
    """The dataset's folder: `data`, else the folder named like the dataset in CLEARWAY_DATA.

    Raises:
        RecipeError: neither is given, or it is no folder.
    """
    dataset = recipe.data.dataset
    if data is None:
        root = os.environ.get("CLEARWAY_DATA")
        if not root:
            raise RecipeError(f"no folder of images: give --data DIR (the folder of {dataset}), or set CLEARWAY_DATA")
        data = Path(root) / dataset
    if not data.is_dir():
        raise RecipeError(f"{data}: no such folder; the images of {dataset} are expected there (--data DIR)")
    return data


def read_samples(file: RecipeFile, folder: Path) -> dict[str, tuple[Sample, ...]]:
    """The samples of each split of the recipe's manifest, in its order.

    Raises:
        RecipeError: the manifest or images that it lists are missing, or training or tuning lacks a class.
    """
    splits: dict[str, list[Sample]] = {"training": [], "tuning": []}
    for row in _read_rows(file.manifest, folder):
        if row["split"] in splits:  # the hold-out is not opened here
            image = row["image"]
            said = {name: row[name] for name in ("kind", "source", "view") if name in row}
            splits[row["split"]].append(
                Sample(folder / image, image, row["patient"], int(row["label"]), row["sha256"], **said)
            )
    _require_usable(splits, file.manifest)
    return {name: tuple(samples) for name, samples in splits.items()}


def _read_rows(manifest: Path, folder: Path) -> list[dict[str, str]]:
    hint = f"make it with `clearway data split DATASET --images {folder}`"
    try:
        with manifest.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{manifest}: no manifest ({error}); {hint}") from error
    missing = sorted(COLUMNS - set(rows[0] if rows else ()))
    if missing:
        raise RecipeError(f"{manifest}:1: no column {', '.join(missing)}; {hint}")
    bad = [
        f"{manifest}:{line}: label {row['label']!r}, expected 0 or 1"
        for line, row in enumerate(rows, start=2)
        if row["label"] not in ("0", "1")
    ]
    bad += [
        f"{manifest}:{line}: kind {row['kind']!r}, expected {' or '.join(KINDS)}"
        for line, row in enumerate(rows, start=2)
        if row.get("kind", KINDS[0]) not in KINDS
    ]
    if bad:
        raise RecipeError("\n".join(bad))
    return rows


def _require_usable(splits: dict[str, list[Sample]], manifest: Path) -> None:
    problems = []
    for name, samples in splits.items():
        if {sample.label for sample in samples} != {0, 1}:
            problems.append(f"{manifest}: split {name} does not hold both classes")
        missing = [sample.path for sample in samples if not sample.path.is_file()]
        if missing:
            problems.append(f"{missing[0]}: missing, as are {len(missing) - 1} more images of split {name}")
    shared = {s.patient for s in splits["training"]} & {s.patient for s in splits["tuning"]}
    if shared:
        problems.append(f"{manifest}: {len(shared)} patients are in training and tuning, such as {min(shared)}")
    if problems:
        raise RecipeError("\n".join(problems))
