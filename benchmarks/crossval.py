"""What a change of a recipe gives, by cross-validation within the training patients: no tuning or test image is read.

    clearway data assemble nih_adult --data DIR
    python benchmarks/crossval.py adult-nih DIR --weights WHEEL --fold 0 --variant grown='{lungs: {grown: 3}}'

A third of the training patients is kept from the training, and the release of that run scores their whole images of the
copies that hold both classes; then again with the lungs or all else hidden, and moved. A variant is a name and, as
YAML, what it changes of the recipe; without one the recipe is tried as it is. Rows go to build/crossval.csv; a run that
is there is continued.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.stats import rankdata

from verification.datasets.manifest import Entry
from verification.evaluation.perturbing import score_perturbed
from verification.product.api import Release, read_release
from verification.protocol.changes import LOOKING, LUNGS_HIDDEN, SURROUNDINGS_FADED

RECIPES, TRAINING, BUILD = Path("device/training/recipes"), ".tox/training/bin/clearway", Path("build")
FOLDS = 3
TABLE = BUILD / "crossval.csv"
Floats = np.typing.NDArray[np.float64]
Rows = list[dict[str, str]]


def fold_of(patient: str) -> int:
    """The fold of a patient, by a keyed hash."""
    return zlib.crc32(f"clearway/fold/{patient}".encode()) % FOLDS


def divide(rows: Rows, fold: int) -> Rows:
    """The training rows, those of the fold's patients as tuning: whole images of copies that hold both classes."""
    rows = [row for row in rows if row["split"] == "training"]
    labels: dict[str, set[str]] = {}
    for row in rows:
        labels.setdefault(row["source"], set()).add(row["label"])
    kept = []
    for row in rows:
        if fold_of(row["patient"]) != fold:
            kept.append(row)
        elif row["kind"] == "whole" and len(labels[row["source"]]) > 1:
            kept.append(row | {"split": "tuning"})
    return kept


def change(recipe: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe with what a variant changes; a mapping is changed key by key, None takes a key away."""
    changed = dict(recipe)
    for key, value in changes.items():
        inner = changed.get(key)
        changed[key] = change(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return {key: value for key, value in changed.items() if value is not None}


def measure_area(labels: Floats, scores: Floats) -> float:
    """The area under the ROC curve, ties counted half; NaN of one class."""
    positive = labels == 1
    count, ranks = int(positive.sum()), rankdata(scores)
    if not 0 < count < labels.size:
        return float("nan")
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (labels.size - count)))


def assert_of(row: Mapping[str, str], release: Release) -> dict[str, str]:
    """What is stated of an image: an age of the population, and the projection that the list says."""
    age = release.population.minimum_age_years or 0
    stated = {"BodyPartExamined": "CHEST", "Modality": "DX"}
    return stated | {"ViewPosition": row["view"], "PatientAge": f"{age:03d}Y"}


def judge(run: Path, rows: Rows, data: Path) -> dict[str, float | int]:
    """What the release of a run makes of the rows that were kept from it."""
    release = read_release(run / "release")
    with (run / "tuning.csv").open(encoding="utf-8", newline="") as stream:
        scores = {row["image"]: float(row["score"]) for row in csv.DictReader(stream)}
    held = [row for row in rows if row["split"] == "tuning"]
    labels, views = np.array([float(row["label"]) for row in held]), np.array([row["view"] for row in held])
    own = np.array([scores[row["image"]] for row in held])
    by_image = {row["image"]: row for row in held}
    entries = [Entry(row["image"], row["patient"], int(row["label"]), "", "tuning", row["sha256"]) for row in held]
    changed = score_perturbed(
        entries, lambda entry: data / entry.image, release, lambda entry: assert_of(by_image[entry.image], release),
        LOOKING,
    )  # fmt: skip
    found: dict[str, float | int] = {"images": labels.size, "positive": int(labels.sum())}
    for name, each in (("whole", own), *((name, changed[name]) for name in (SURROUNDINGS_FADED, LUNGS_HIDDEN))):
        for view in ("all", "PA", "AP"):
            chosen = ~np.isnan(each) & ((views == view) | (view == "all"))
            found[f"{name}, {view}"] = measure_area(labels[chosen], each[chosen])
    return found | _measure_moves(labels, own, changed)


def _measure_moves(labels: Floats, own: Floats, changed: Mapping[str, Floats]) -> dict[str, float]:
    """By how much the specificity changes at the threshold that 0.85 of the positive images reach."""
    threshold = np.sort(own[labels == 1])[::-1][int(np.ceil(0.85 * labels.sum())) - 1]
    before = float((own[labels == 0] < threshold).mean())
    moved = {name: each for name, each in changed.items() if name not in (SURROUNDINGS_FADED, LUNGS_HIDDEN)}
    return {
        f"specificity less, {name}": float((each[(labels == 0) & ~np.isnan(each)] < threshold).mean()) - before
        for name, each in moved.items()
    }


def train(options: argparse.Namespace, name: str, changes: Mapping[str, Any], rows: Rows) -> Path:
    """Train a variant on the divided rows; the run's folder.

    What finds lungs is taught once for a fold and taken over by the other variants.
    """
    folder = BUILD / "crossval" / f"{name}-{options.fold}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    recipe = yaml.safe_load((RECIPES / f"{options.recipe}.yaml").read_text(encoding="utf-8"))
    recipe = change(change(recipe, changes), {"data": {"manifest": "manifest.csv"}})
    recipe["release"]["study"] = None
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    run = folder / "run"
    lungs = [path for path in (BUILD / "crossval").glob(f"*-{options.fold}/run/lungs.txt") if path.parent != run]
    command = [TRAINING, "train", str(folder / "recipe.yaml"), "--data", str(options.data), "--output", str(run)]
    command += ["--cache", str(BUILD / "training" / "inputs"), *(["--resume"] if run.exists() else [])]
    command += ["--lungs", str(lungs[0].parent)] if lungs and not (run / "lungs.txt").exists() else []
    command += ["--weights", str(options.weights)] if options.weights else []
    subprocess.run(command, check=True)
    return run


def keep(row: Mapping[str, object]) -> None:
    """Put a row into the table, in place of one of the same variant and fold."""
    rows: list[Mapping[str, object]] = []
    if TABLE.exists():
        with TABLE.open(encoding="utf-8", newline="") as stream:
            rows += csv.DictReader(stream)
    named = ("variant", "fold")
    rows = [each for each in rows if [str(each[key]) for key in named] != [str(row[key]) for key in named]]
    with TABLE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, row])


def main(argv: Sequence[str] | None = None) -> None:
    """Train and judge each variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--fold", type=int, default=0, choices=range(FOLDS))
    parser.add_argument("--variant", action="append", metavar="NAME=YAML", default=[])
    options = parser.parse_args(argv)
    with (BUILD / "nih_adult.csv").open(encoding="utf-8", newline="") as stream:
        rows = divide(list(csv.DictReader(stream)), options.fold)
    for name, _, text in (variant.partition("=") for variant in options.variant or ["recipe={}"]):
        run = train(options, name, yaml.safe_load(text or "{}"), rows)
        found = judge(run, rows, options.data)
        keep({"variant": name, "fold": options.fold, "changes": text} | found)
        print(f"{name}, fold {options.fold}: " + ", ".join(f"{key} {value:.3f}" for key, value in found.items()))


if __name__ == "__main__":
    main()
