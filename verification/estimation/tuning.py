"""The tuning scores that a release's threshold was chosen on, which it ships; and whether the plan's rule gives it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import yaml
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
    """The tuning scores of a release with their labels; None if it ships none, or withholds these."""
    rows = _read_rows(release)
    if not rows or not all(row["label"] for row in rows):
        return None
    return Tuning(
        tuple(row["image"] for row in rows),
        np.array([int(row["label"]) for row in rows]),
        np.array([float(row["score"]) for row in rows]),
        np.unique([row["patient"] for row in rows], return_inverse=True)[1],
    )


def _read_rows(release: Release) -> list[dict[str, str]]:
    path = release.folder / TUNING
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def find_threshold_faults(study: StudyFolder, release: Release) -> Iterator[Issue]:
    """Yield an issue if the locked threshold is not what the plan's rule gives on the release's tuning scores."""
    point, wanted = release.operating_point, study.plan.minimum_sensitivity
    if point is None or wanted is None or not (rows := _read_rows(release)):
        return
    tuning = read_tuning(release)
    expected = rule_threshold(tuning.labels, tuning.scores, wanted) if tuning else None
    said = f"gives {expected}" if tuning else _doubt_withheld(release, [float(row["score"]) for row in rows], wanted)
    if said and point.threshold != expected:
        message = f"threshold {point.threshold}; the plan's rule, sensitivity at least {wanted:g}, {said} on {TUNING}"
        hint = "lock a release by the plan's rule, or plan the study by the release's"
        yield blocking("threshold-of-another-rule", f"release {release.name}", message, hint)


def _doubt_withheld(release: Release, scores: Sequence[float], wanted: float) -> str:
    """Why a threshold cannot be by the rule, where labels are withheld; nothing if it can.

    By the rule it is midway between two neighbouring scores, and just so many positive images lie above as are asked
    for: of these the card tells how many there are, and what the threshold gives. A lower threshold that the same
    positive images reach cannot be told from it without the labels.
    """
    card, point = yaml.safe_load((release.folder / "card.yaml").read_bytes()), release.operating_point
    threshold, positive = point.threshold if point else 0.0, card.get("tuning_positive_images") or 0
    sensitivity, specificity = (card.get(f"tuning_{name}") for name in ("sensitivity", "specificity"))
    above = min((score for score in scores if score >= threshold), default=1.0)
    below = max((score for score in scores if score < threshold), default=0.0)
    if not math.isclose(threshold, (above + below) / 2, rel_tol=0, abs_tol=1e-12):
        return f"gives the middle of two scores, and it is not that of {below} and {above}"
    if not positive or sensitivity is None or specificity is None:
        return "cannot be held against the card, which does not say what the threshold gives"
    flagged = sum(score >= threshold for score in scores)
    told = sensitivity * positive + (1 - specificity) * (len(scores) - positive)
    if not math.isclose(flagged, told, abs_tol=1e-6):
        return f"flags {flagged}, and by the card it would be {told:g}"
    ties = sum(score == above for score in scores) - 1
    least = math.ceil(round(wanted * positive, 9)) / positive
    if not least - 1e-9 <= sensitivity <= least + ties / positive + 1e-9:
        return f"gives the sensitivity {least:g}, and the card says {sensitivity:g}"
    return ""
