"""The adult recipe from end to end on a few real images: split, train, release, scores of the hold-out with intervals.

python benchmarks/adult_trial.py FOLDER [--epochs 2] [--side 160] [--keep DIR]

FOLDER holds PNG images of the NIH collection under their own names, of any size. Only epochs, side and manifest differ
from the shipped recipe. So few images make no model: the intervals say how little the figures mean.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from device import main as clearway
from device import read_release
from device.training.recipe import read_recipe
from verification.datasets.manifest import Entry, read_manifest
from verification.datasets.mapping import read_mapping
from verification.datasets.records import read_records
from verification.evidence import Estimate, find_project
from verification.performance.estimates import Cases, Digests, Setting, estimate
from verification.performance.images import score_file

NIH = find_project().root / "verification" / "datasets" / "nih"
TABLE = NIH / "Data_Entry_2017_v2020.csv.gz"
METRICS = ("auroc", "sensitivity", "specificity")


def run(*arguments: str | Path) -> None:
    """Run a command of Clearway's, or stop."""
    if code := clearway([str(one) for one in arguments]):
        raise SystemExit(code)


def write_recipe(options: argparse.Namespace, folder: Path) -> Path:
    """The shipped recipe with the trial's manifest, epochs and side."""
    recipe = yaml.safe_load(read_recipe("adult-nih").path.read_bytes())
    recipe["data"]["manifest"] = str(folder / "manifest.csv")
    recipe["epochs"] = options.epochs
    recipe["geometry"] |= {"rows": options.side, "columns": options.side}
    path = folder / "adult-nih.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def read_stated() -> dict[str, dict[str, str]]:
    """By image, what the collection's table states of it, as the research intake takes it."""
    mapping, _ = read_mapping(NIH / "mapping.yaml")
    if mapping is None:
        raise SystemExit(f"{NIH / 'mapping.yaml'}: cannot be used; run: clearway data explore nih")
    records, _ = read_records(TABLE, mapping)
    if records is None:
        raise SystemExit(f"{TABLE}: cannot be used; run: clearway data explore nih")
    rows = records.table[["image", "age_years", "view"]].dropna()
    fixed = {"Modality": "DX", "BodyPartExamined": "CHEST", "BurnedInAnnotation": "NO"}
    return {
        str(image): {**fixed, "PatientAge": f"{int(age):03d}Y", "ViewPosition": str(view)}
        for image, age, view in rows.itertuples(index=False)
    }


def score(folder: Path, made: Path, entries: list[Entry]) -> Cases:
    """The hold-out with the scores of the release that was made; what it does not apply to is counted and left out."""
    release, stated = read_release(made), read_stated()
    scores = np.array([score_file(folder / one.image, release, stated[Path(one.image).name]) for one in entries])
    analysed = ~np.isnan(scores)
    print(f"hold-out: {len(entries)} images, of which the device analysed {analysed.sum()}")
    labels, patients = np.array([one.label for one in entries]), np.array([one.patient for one in entries])
    threshold = release.operating_point.threshold if release.operating_point else None
    return Cases(labels, scores, patients, threshold).where(analysed)


def describe(one: Estimate) -> str:
    """An estimate with its interval, or why it has none."""
    if one.value is None or one.interval is None:
        return f"{one.metric}: undefined"
    positives = f"{one.positives} positive and {one.negatives} negative images"
    return f"{one.metric}: {one.value:.3f} ({one.interval.lower:.3f} to {one.interval.upper:.3f}), {positives}"


def trial(options: argparse.Namespace, folder: Path) -> None:
    """Split, train and score; print what each step took and what came of it."""
    manifest, out = folder / "manifest.csv", folder / "run"
    started = time.perf_counter()
    run("data", "split", "--images", options.folder, "--metadata", TABLE, "--minimum-age", "22", "-o", manifest)
    print(f"split in {time.perf_counter() - started:.0f} s")
    started = time.perf_counter()
    run("train", write_recipe(options, folder), "--data", options.folder, "--output", out)
    print(f"trained in {time.perf_counter() - started:.0f} s")
    entries = [one for one in read_manifest(manifest)[0] if one.split not in ("training", "tuning")]
    cases = score(options.folder, out / "release", entries)
    setting = Setting(2000, 1, "label mined from the report", Digests("trial", "trial"))
    for one in estimate(cases, setting, metrics=METRICS):
        print(describe(one))


def main() -> None:
    """Run the trial in a temporary folder, or in the one to keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--keep", type=Path, help="make manifest, recipe and run here and leave them")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        trial(options, folder)


if __name__ == "__main__":
    main()
