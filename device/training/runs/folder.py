"""A run's folder: the recipe, a record of what runs it and on what, and the scores of its tuning images."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
import shutil
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from device.locking import replace_folder
from device.training.recipe import RecipeError, RecipeFile, read_recipe
from device.training.samples import Sample

RECIPE, RECORD, SCORES = "recipe.yaml", "run.json", "tuning.csv"

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
"""The variable of the environment that chooses TensorFlow's kernels on a processor, and so the last digits."""

OTHER = "name another folder with --output"


def require_run(run: Path, file: RecipeFile, *, resume: bool) -> None:
    """Refuse a run's folder that is of something else, or of this recipe without `resume`.

    Raises:
        RecipeError: it holds no run, or one of another recipe, manifest or choice of kernels, or is not to be resumed.
    """
    copy = run / RECIPE
    if not copy.is_file():
        if run.exists() and any(run.iterdir()):
            raise RecipeError(f"{run}: is not empty and holds no run; {OTHER}")
        return
    if not resume:
        raise RecipeError(f"{run}: holds a run; continue it with --resume, or {OTHER}")
    if read_recipe(str(copy)).digest != file.digest:
        raise RecipeError(f"{run}: was made with another recipe; {OTHER}")
    record = json.loads((run / RECORD).read_bytes())
    if file.manifest.is_file() and record.get("manifest_sha256") != _digest(file.manifest):
        raise RecipeError(f"{run}: was made with another {file.manifest}; {OTHER}")
    now = _onednn()
    if (then := record.get(ONEDNN, now)) != now:  # a run of before says nothing of it
        raise RecipeError(f"{run}: was made with {ONEDNN} {then}, now it is {now}; make it {then} again, or {OTHER}")


def open_run(run: Path, file: RecipeFile, splits: Mapping[str, Sequence[Sample]]) -> None:
    """Make the run's folder, whole, with a copy of the recipe and a record of what runs it; or open it again."""
    if (run / RECIPE).is_file():
        for left in run.glob(".writing-*"):  # by a run that was killed
            shutil.rmtree(left)
        return
    tensorflow = set(metadata.packages_distributions()["tensorflow"])  # with a GPU another package than without
    packages = {name: metadata.version(name) for name in sorted({"keras", "numpy", "pillow"} | tensorflow)}
    record = {"python": platform.python_version(), "machine": platform.machine(), "packages": packages}
    record |= {"processor": _describe_processor(), ONEDNN: _onednn(), "manifest_sha256": _digest(file.manifest)}
    record |= {"dataset": file.recipe.data.dataset}
    record |= {"data": {split: count_samples(samples) for split, samples in splits.items()}}
    text = json.dumps(record, indent=1) + "\n"
    replace_folder(run, {RECORD: text.encode(), RECIPE: file.content})


def count_samples(samples: Iterable[Sample]) -> dict[str, Any]:
    """How many images and patients there are, in all and of each kind, source, projection and label."""
    groups: dict[tuple[str, str, str, int], list[str]] = {}
    for sample in samples:
        groups.setdefault((sample.kind, sample.source, sample.view, sample.label), []).append(sample.patient)
    every = [patient for patients in groups.values() for patient in patients]
    names = ("kind", "source", "view", "label")
    rows = [dict(zip(names, group, strict=True)) | _count(groups[group]) for group in sorted(groups)]
    return _count(every) | {"groups": rows}


def _count(patients: list[str]) -> dict[str, int]:
    return {"images": len(patients), "patients": len(set(patients))}


def render_tuning(samples: Sequence[Sample], scores: Iterable[float]) -> str:
    """The score of each tuning image with what is known of it, sorted by image: what `clearway train report` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("image", "patient", "label", "kind", "source", "view", "score"))
    pairs = sorted(zip(samples, scores, strict=True), key=lambda pair: pair[0].image)
    writer.writerows((s.image, s.patient, s.label, s.kind, s.source, s.view, repr(float(score))) for s, score in pairs)
    return text.getvalue()


def _onednn() -> str:
    return os.environ.get(ONEDNN, "unset")


def _describe_processor() -> dict[str, str]:
    """The processor's name and vector instructions, by which floating-point kernels are chosen; empty if not known."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {"name": platform.processor(), "vectors": ""}
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    vectors = [flag for flag in facts.get("flags", "").split() if flag.startswith(("avx", "fma", "amx"))]
    return {"name": facts.get("model name", ""), "vectors": " ".join(vectors)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
