"""The tuning scores that a release's threshold was chosen on, which it ships; and whether the plan's rule gives it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verification.datasets.manifest import blocking
from verification.estimation.operating_point import rule_threshold
from verification.evidence import Issue
from verification.product.api import Release
from verification.protocol.plan import StudyFolder
from verification.statistics.metrics import Floats

TUNING = "tuning_scores.csv"


@dataclass(frozen=True, slots=True)
class Tuning:
    """A row an image: its name, label 1 or 0, score in [0, 1], and its patient, numbered from 0 without holes."""

    images: tuple[str, ...]
    labels: NDArray[np.int_]
    scores: Floats
    patients: NDArray[np.intp]


def read_tuning(release: Release) -> Tuning | None:
    """The tuning scores of a release; None if it ships none."""
    path = release.folder / TUNING
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Tuning(
        tuple(row["image"] for row in rows),
        np.array([int(row["label"]) for row in rows]),
        np.array([float(row["score"]) for row in rows]),
        np.unique([row["patient"] for row in rows], return_inverse=True)[1],
    )


def find_threshold_faults(study: StudyFolder, release: Release) -> Iterator[Issue]:
    """Yield an issue if the locked threshold is not what the plan's rule gives on the release's tuning scores."""
    point, wanted, tuning = release.operating_point, study.plan.minimum_sensitivity, read_tuning(release)
    if point is None or wanted is None or tuning is None:
        return
    expected = rule_threshold(tuning.labels, tuning.scores, wanted)
    if point.threshold != expected:
        message = (
            f"threshold {point.threshold}; the plan's rule, sensitivity at least {wanted:g}, gives {expected} on "
            f"{TUNING}"
        )
        hint = "lock a release by the plan's rule, or plan the study by the release's"
        yield blocking("threshold-of-another-rule", f"release {release.name}", message, hint)
