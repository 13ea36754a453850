"""Shortcut baselines, scored: a logistic regression on each simple measure, fitted on the training split alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from verification.datasets.manifest import Entry
from verification.protocol.images import FolderOf, Progress, read_grey
from verification.protocol.measures import BASELINES, LINEAR, MEASURES, SIDE
from verification.statistics.metrics import Floats

STRENGTH = {LINEAR: 0.01}
"""Inverse strength of the regularization; 1 where it is not named. Fixed beforehand, tuned on nothing."""


def score_baselines(
    training: Sequence[Entry],
    evaluation: Sequence[Entry],
    folder_of: FolderOf,
    progress: Progress | None = None,
) -> dict[str, Floats]:
    """Fit every baseline on the training images and score the evaluation images with it.

    Args:
        training: images of both labels; nothing else is fitted on.
        evaluation: images to be scored; their labels are not read.
        folder_of: the folder that the image path of an entry is relative to.
        progress: told after each image.

    Returns:
        By baseline, (evaluation images,), in [0, 1]: higher is more like the training images with pneumonia.

    Raises:
        ValueError: images cannot be read, every one named; or the training images are of one label.
    """
    labels = np.array([entry.label for entry in training])
    if np.unique(labels).size < 2:
        raise ValueError(f"training: expected images of both labels, received {labels.size} of one or none")
    numbers = _measure_all([*training, *evaluation], folder_of, progress)
    return {name: _fit_and_score(name, rows[: labels.size], labels, rows[labels.size :]) for name, rows in numbers}


def _fit_and_score(name: str, known: Floats, labels: NDArray[np.int_], unknown: Floats) -> Floats:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH.get(name, 1.0), max_iter=2000))
    model.fit(known, labels)
    return np.asarray(model.predict_proba(unknown)[:, 1]) if unknown.size else np.empty(0)


def _measure_all(entries: Sequence[Entry], folder_of: FolderOf, progress: Progress | None) -> list[tuple[str, Floats]]:
    """By baseline, (images, numbers)."""
    rows, faults = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            rows.append(_measure(folder_of(entry) / entry.image))
        except ValueError as error:
            faults.append(str(error))
        if progress:
            progress(number, len(entries))
    if faults:
        raise ValueError("\n".join(faults))
    return [(name, np.array(column)) for name, column in zip(BASELINES, zip(*rows, strict=True), strict=True)]


def _measure(path: Path) -> tuple[Floats, ...]:
    """What each baseline reads of a file, in the order of `BASELINES`."""
    grey = read_grey(path)
    if min(grey.shape) < SIDE:
        raise ValueError(f"{path}: {grey.shape[0]} rows, {grey.shape[1]} columns; expected at least {SIDE} of each")
    size = np.log(np.array([path.stat().st_size], dtype=np.float64))
    return (size, *(measure(grey) for measure in MEASURES.values()))
