"""A run of a training, read from the files that it leaves in its folder, whether it has ended or not."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import yaml
from msgspec.structs import replace
from numpy.typing import NDArray
from PIL import Image

from verification.datasets.tables import histogram
from verification.evidence import (
    Figure,
    FigureKind,
    Gap,
    ScoredImage,
    Series,
    Table,
    TrainingRun,
    TuningScores,
    sha256_of,
)
from verification.statistics.metrics import Floats, compute, describe_undefined, rank, sweep

RECIPE, RECORD, HISTORY, SCORES = "recipe.yaml", "run.json", "history.csv", "tuning.csv"
RELEASE = "release/release.yaml"
COLUMNS = ("image", "patient", "label", "kind", "source", "view", "score")
ATTRIBUTES = {"kind": "Kind", "source": "Source", "view": "Projection"}
"""What a run says of its images, in the words of a table."""
CLASSES = {0: "negative", 1: "positive"}
BINS, POINTS, SIDE = 20, 200, 180
MOST_LINES = 4
"""Groups whose histograms are drawn as lines; more are a grid."""

Row: TypeAlias = Mapping[str, str]


class RunError(Exception):
    """A folder is not that of a run, or a file in it cannot be read; the message names the file and what to do."""


def read_run(run: Path, images: Path | None, shared: Path | None, worst: int) -> TrainingRun:
    """Describe a run as far as it is there.

    Args:
        run: its folder.
        images: the folder of its data set; None for that of its name in `shared`.
        shared: a folder of data sets; None if there is none.
        worst: how many images of each class are shown that are scored worst.

    Raises:
        RunError: it is no run, a file of it cannot be read, or `images` is no folder.
    """
    recipe = _read_recipe(run)
    if images and not images.is_dir():
        raise RunError(f"{images}: no such folder; the images of {recipe['data']['dataset']} are expected there")
    if images is None and shared and (shared / recipe["data"]["dataset"]).is_dir():
        images = shared / recipe["data"]["dataset"]
    record = _read_record(run)
    history = _read_rows(run / HISTORY, ("epoch", "training_loss", "tuning_loss", "tuning_auroc"))
    release = _read_yaml(run / RELEASE) if (run / RELEASE).is_file() else None
    stopping = recipe.get("stopping") or {}
    losses, aurocs = _column(history, "tuning_loss"), _column(history, "tuning_auroc")
    lowest, highest = _first_best(losses), _first_best([None if value is None else -value for value in aurocs])
    by_rule = {None: len(history), "best_tuning_loss": lowest, "best_tuning_auroc": highest}.get(stopping.get("rule"))
    exported = by_rule if release else None
    return TrainingRun(
        name=recipe["name"], version=recipe["version"], title=recipe["release"]["title"],
        digest=sha256_of(run / RECIPE), dataset=recipe["data"]["dataset"], manifest=record.get("manifest_sha256"),
        machine=_describe_machine(record), data=_describe_data(record), epochs=len(history), planned=recipe["epochs"],
        rule=stopping.get("rule"), patience=stopping.get("patience"), exported=exported, lowest_loss=lowest,
        highest_auroc=highest, curves=_draw_history(history, exported),
        scores=_describe_scores(run, release, images, worst),
    )  # fmt: skip


# --- files ------------------------------------------------------------------------------------------------------------


def _read_recipe(run: Path) -> Any:
    if not (run / RECIPE).is_file():
        raise RunError(f"{run}: holds no {RECIPE}; name the folder of a run of `clearway train`")
    recipe = _read_yaml(run / RECIPE)
    try:
        _ = recipe["name"], recipe["version"], recipe["release"]["title"], recipe["data"]["dataset"], recipe["epochs"]
    except (KeyError, TypeError) as error:
        raise RunError(f"{run / RECIPE}: not a recipe: no {error}; name the folder of another run") from error
    return recipe


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise RunError(f"{path}: cannot be read: {error}") from error


def _read_record(run: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((run / RECORD).read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{run / RECORD}: cannot be read: {error}; name the folder of another run") from error


def _read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a table that has at least these columns, none if there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise RunError(f"{path}:1: no column {', '.join(missing)}; expected {', '.join(columns)}")
        rows: list[Row] = list(reader)
    for line, row in enumerate(rows, start=2):
        if None in row.values() or None in row:
            raise RunError(f"{path}:{line}: expected {len(reader.fieldnames or ())} values")
    return rows


def _column(rows: Sequence[Row], name: str) -> list[float | None]:
    """Numbers, None where there is none; what is not a number is a fault."""
    try:
        values = [float(row[name]) if row.get(name) else None for row in rows]
    except ValueError as error:
        raise RunError(f"{HISTORY}: column {name}: {error}") from error
    return [None if value is None or np.isnan(value) else value for value in values]


# --- what it is -------------------------------------------------------------------------------------------------------


def _describe_machine(record: Mapping[str, Any]) -> Table:
    processor = record.get("processor") or {}
    facts = {
        "Processor": processor.get("name"), "Vector instructions": processor.get("vectors"),
        "Machine": record.get("machine"), "Python": record.get("python"), **record.get("packages", {}),
        "TF_ENABLE_ONEDNN_OPTS": record.get("TF_ENABLE_ONEDNN_OPTS"),
    }  # fmt: skip
    return Table(title="What ran it", columns=("", "Value"), rows=tuple((name, value) for name, value in facts.items()))


def _describe_data(record: Mapping[str, Any]) -> tuple[Table, ...] | Gap:
    if "data" not in record:
        return Gap(reason="the run does not record how many images it has", closes="a run that is begun anew")
    return tuple(_count_images(split, counts) for split, counts in record["data"].items())


def _count_images(split: str, counts: Mapping[str, Any]) -> Table:
    """A row for each kind, source, projection and label."""
    rows = [
        (*(_named(group[name]) for name in ATTRIBUTES), CLASSES[group["label"]], group["images"], group["patients"])
        for group in counts["groups"]
    ]
    every = ("all", "", "", "", counts["images"], counts["patients"])
    columns = (*ATTRIBUTES.values(), "Label", "Images", "Patients")
    return Table(title=f"Images of {split}", columns=columns, rows=(*rows, every))


def _named(value: str) -> str:
    return value or "not stated"


# --- how it went ------------------------------------------------------------------------------------------------------


def _first_best(values: Sequence[float | None]) -> int | None:
    """The number of the first epoch with the lowest value; of no value the first epoch, of no epoch None."""
    badness = [np.inf if value is None else value for value in values]
    return int(np.argmin(badness)) + 1 if badness else None


def _draw_history(history: Sequence[Row], exported: int | None) -> tuple[Figure, ...]:
    if not history:
        return ()
    ranking = (("tuning_auroc", "AUROC"), ("tuning_average_precision", "average precision"))
    return (
        _draw_lines(history, "Loss", "loss", (("tuning_loss", "tuning"), ("training_loss", "training")), exported),
        _draw_lines(history, "Ranking of the tuning images", "AUROC, average precision", ranking, exported),
    )


def _draw_lines(
    history: Sequence[Row], title: str, y_label: str, columns: Sequence[tuple[str, str]], exported: int | None
) -> Figure:
    """A line for each column that holds numbers, and on the first of them a mark at the epoch that is exported."""
    epochs = tuple(float(number + 1) for number in range(len(history)))
    found = [(name, tuple(_column(history, column))) for column, name in columns]
    series = [Series(name=name, x=epochs, y=values) for name, values in found if set(values) != {None}]
    if exported is not None:
        series.append(Series(name="exported", x=(float(exported),), y=(found[0][1][exported - 1],)))
    return Figure(kind=FigureKind.LINES, title=title, x_label="epoch", y_label=y_label, series=tuple(series))


# --- how it scores ----------------------------------------------------------------------------------------------------


def _describe_scores(run: Path, release: Any, images: Path | None, worst: int) -> TuningScores | Gap:
    rows = _read_rows(run / SCORES, COLUMNS)
    if not rows:
        closes = "the end of the training; of a run that was made before, `clearway train` with --resume"
        return Gap(reason=f"the run has no {SCORES}", closes=closes)
    try:
        labels, scores = np.array([int(row["label"]) for row in rows]), np.array([float(row["score"]) for row in rows])
        rank(labels, scores, None)
    except ValueError as error:
        raise RunError(f"{run / SCORES}: {error}") from error
    threshold = release["operating_point"]["threshold"] if release else None
    found = _measure(labels, scores, threshold)
    falling = np.argsort(-scores, kind="stable")
    alarming, missed = falling[labels[falling] == 0][:worst], falling[labels[falling] == 1][::-1][:worst]
    return TuningScores(
        images=len(rows), positives=int(labels.sum()), threshold=threshold, sensitivity=found.get("sensitivity"),
        specificity=found.get("specificity"), by_group=_estimate_groups(rows, labels, scores),
        figures=(*_draw_sweep(labels, scores, threshold), *_draw_histograms(rows, labels, scores)),
        missed=tuple(_describe_image(rows[at], images) for at in missed),
        alarming=tuple(_describe_image(rows[at], images) for at in alarming),
        pictures=str(images) if images else Gap(reason="no folder of images", closes="--data DIR, or CLEARWAY_DATA"),
    )  # fmt: skip


def _measure(labels: NDArray[np.int_], scores: Floats, threshold: float | None) -> dict[str, float | None]:
    """Every metric; None where it is undefined."""
    found = compute(rank(labels, scores, threshold), np.ones((1, labels.size)))
    return {name: describe_undefined(name, float(value[0]))[0] for name, value in found.items()}


def _estimate_groups(rows: Sequence[Row], labels: NDArray[np.int_], scores: Floats) -> Table:
    """AUROC and average precision of all images, and of those of one kind, source or projection."""
    lines = [("all", "", *_estimate(labels, scores))]
    for name, title in ATTRIBUTES.items():
        values = np.array([row[name] for row in rows])
        found = sorted(set(values.tolist()))
        chosen = [(value, values == value) for value in found if len(found) > 1]
        lines += [(title, _named(value), *_estimate(labels[mask], scores[mask])) for value, mask in chosen]
    columns = ("Images by", "Group", "Images", "Positive", "AUROC", "Average precision")
    return Table(title="Ranking of the tuning images", columns=columns, rows=tuple(lines))


def _estimate(labels: NDArray[np.int_], scores: Floats) -> tuple[int, int, float | None, float | None]:
    found = _measure(labels, scores, None)
    both = 0 < labels.sum() < labels.size
    return labels.size, int(labels.sum()), found["auroc"], found["average_precision"] if both else None


def _draw_histograms(rows: Sequence[Row], labels: NDArray[np.int_], scores: Floats) -> Iterator[Figure]:
    """How the scores of each class spread; and of each class those of each source, where there are several."""
    edges, share = np.linspace(0, 1, BINS + 1), "% of the group's images"
    by_class = [(name, scores[labels == label]) for label, name in CLASSES.items() if (labels == label).any()]
    yield histogram("Scores by label", "score", share, by_class, edges)
    sources = np.array([_named(row["source"]) for row in rows])
    for label, name in CLASSES.items():
        chosen = labels == label
        found = sorted(set(sources[chosen].tolist()))
        if len(found) > 1:
            groups = [(f"{source} ({(chosen & (sources == source)).sum()})", scores[chosen & (sources == source)])
                      for source in found]  # fmt: skip
            drawn = histogram(f"Scores of the {name} images by source", "score", share, groups, edges)
            yield replace(drawn, kind=FigureKind.GRID) if len(found) > MOST_LINES else drawn


def _draw_sweep(labels: NDArray[np.int_], scores: Floats, threshold: float | None) -> Iterator[Figure]:
    """Sensitivity and specificity against the threshold, where both classes are there; the operating point on them."""
    if not 0 < labels.sum() < labels.size:
        return
    thresholds, sensitivity, specificity = sweep(labels, scores)
    kept = np.unique(np.linspace(0, thresholds.size - 1, min(POINTS, thresholds.size)).round().astype(int))[::-1]
    x = (0.0, *thresholds[kept].tolist(), float(thresholds[0]), 1.0)  # above the highest score nothing is flagged
    series = [
        Series(name="sensitivity", x=x, y=(1.0, *sensitivity[kept].tolist(), 0.0, 0.0)),
        Series(name="specificity", x=x, y=(0.0, *specificity[kept].tolist(), 1.0, 1.0)),
    ]
    if threshold is not None:
        series.append(Series(name="operating point", x=(threshold, threshold), y=(0.0, 1.0)))
    yield Figure(
        kind=FigureKind.LINES, title="What a threshold gives on the tuning images", x_label="threshold of the score",
        y_label="sensitivity, specificity", series=tuple(series),
    )  # fmt: skip


# --- the worst --------------------------------------------------------------------------------------------------------


def _describe_image(row: Row, images: Path | None) -> ScoredImage:
    return ScoredImage(
        image=row["image"], label=int(row["label"]), score=float(row["score"]), kind=row["kind"], source=row["source"],
        view=row["view"], picture=draw_thumbnail(images / row["image"]) if images else None,
    )  # fmt: skip


def draw_thumbnail(path: Path) -> bytes | None:
    """A small gray picture of an image file, JPEG; None if the file is not there or cannot be read."""
    try:
        with path.open("rb") as file:
            is_dicom = file.read(132)[128:] == b"DICM"
        picture = _draw_dicom(path) if is_dicom else _draw_picture(path)
        picture.thumbnail((SIDE, SIDE))
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=85)
    except Exception:  # any file can stand there, and a page without one picture is still a page
        return None
    return content.getvalue()


def _draw_picture(path: Path) -> Image.Image:
    with Image.open(path) as image:
        if image.mode.startswith("I"):  # 16 bits
            return _stretch(np.asarray(image, dtype=np.float32))
        return image.convert("L")


def _draw_dicom(path: Path) -> Image.Image:
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    dataset = pydicom.dcmread(path)
    shown = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset).astype(np.float32)
    return _stretch(-shown if dataset.get("PhotometricInterpretation") == "MONOCHROME1" else shown)


def _stretch(values: NDArray[np.float32]) -> Image.Image:
    """Gray values (rows, columns) between their lowest and highest."""
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) / max(high - low, 1e-6) * 255).astype(np.uint8))
