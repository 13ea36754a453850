"""Somebody else's scores of a collection's images, as they were published, held against the reads."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from verification.datasets.references import Collection
from verification.estimation.estimates import Cases, Digests
from verification.estimation.operating_point import rule_threshold
from verification.estimation.reads import MAIN, Choice, Held, Reads, ScoreTable, find_tuning, hold
from verification.protocol.plan import StudyFolder
from verification.statistics.metrics import Floats

SCORES = (MAIN, "Consolidation", "Infiltration")
HIGHEST = "highest of Pneumonia, Consolidation and Infiltration"
PART_KEY = "clearway/adult-nih-comparator/threshold/1"
PART_SHARE = 0.3
MODEL = "its score for "
NOT_OURS = "This is somebody else's model: comparator and context, never this device's performance."


@dataclass(frozen=True)
class Foreign:
    """Somebody else's model: its scores (images,) by finding, and that for pneumonia held against the reads."""

    scores: Mapping[str, Floats]
    held: Held


def hold_foreign(study: StudyFolder, path: Path, reads: Reads) -> Foreign:
    """Read the model's scores and hold that for pneumonia against the reads, by the plan's rule for a threshold.

    Args:
        study: the plan.
        path: the table of the model's scores.
        reads: what radiologists read.

    Raises:
        ValueError: the plan has no rule, or the table cannot be used; what is wrong with it is named.
    """
    wanted = study.plan.minimum_sensitivity
    if wanted is None:
        raise ValueError(f"{study.where}/plan.yaml: no minimum_sensitivity; the threshold rule needs it")
    scores = read_scores(path, reads.collection)
    table = make_table(reads.collection, scores)
    tuning, cases = find_tuning(table, reads, study.plan.ages)
    choice = Choice(choose_threshold(cases, wanted), cases, wanted, midway=False)
    return Foreign(scores, hold(table, study, reads, (tuning, cases), choice))


def read_scores(path: Path, collection: Collection) -> dict[str, Floats]:
    """Read the model's scores, (images,) by finding, each beside its image; NaN where the model scored none.

    Raises:
        ValueError: columns are missing, a score is no number in [0, 1], or an image is listed twice or is not the
            collection's; the first lines are named.
    """
    wanted = ["Image Index", *(f"prob_{name}" for name in SCORES)]
    try:
        table = pd.read_csv(path, usecols=wanted)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: cannot be used: {error}; expected the columns {', '.join(wanted)}") from error
    values = table[wanted[1:]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    places = pd.Index(collection.images).get_indexer(pd.Index(table["Image Index"].astype(str)))
    bad = {
        "no number in [0, 1]": ~((values >= 0) & (values <= 1)).all(axis=1),
        "an image that is listed again": table["Image Index"].duplicated().to_numpy(),
        "no image of the collection": places < 0,
    }
    problems = [
        f"{path}:{int(np.flatnonzero(mask)[0]) + 2}: {what} ({int(mask.sum())} rows)"
        for what, mask in bad.items() if mask.any()
    ]  # fmt: skip
    if problems:
        raise ValueError("\n".join(problems))
    scores = {name: np.full(collection.images.size, np.nan) for name in SCORES}
    for column, name in enumerate(SCORES):
        scores[name][places] = values[:, column]
    return scores | {HIGHEST: np.maximum.reduce([scores[name] for name in SCORES])}


def make_table(collection: Collection, scores: Mapping[str, Floats]) -> ScoreTable:
    """The score for Pneumonia; whole patients, by a keyed hash, choose its threshold."""
    listed = ~np.isnan(scores[MAIN])
    part = np.array([choose_part(patient) for patient in collection.patients])
    view = np.asarray(collection.column("view") == "AP", dtype=np.float64)
    return ScoreTable(
        collection, scores[MAIN], listed, listed & part, listed, "images that the model scored",
        Digests("somebody else's model", collection.digest), "a public CheXNet reproduction's score for Pneumonia",
        MODEL + MAIN, NOT_OURS, shown={"Consolidation": scores["Consolidation"], "view alone": view},
    )  # fmt: skip


def choose_part(patient: str) -> bool:
    """Whether a patient's images choose the threshold; the others estimate. By a keyed hash, so stable as data grow."""
    digest = hmac.new(PART_KEY.encode(), patient.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) / 2**64 < PART_SHARE


def choose_threshold(cases: Cases, minimum_sensitivity: float) -> float:
    """The highest score at and above which enough of the positive images' weight lies.

    Raises:
        ValueError: no image is positive.
    """
    if not cases.labels.any():
        raise ValueError("no image of the threshold part is positive; the threshold cannot be chosen")
    return rule_threshold(cases.labels, cases.scores, minimum_sensitivity, cases.weights, midway=False)
