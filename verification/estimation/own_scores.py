"""A release's own scores of a collection's images, as an opening left them, held against the reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verification.datasets.description import SplitRule
from verification.datasets.references import Collection
from verification.datasets.split import split_of
from verification.estimation.estimates import Cases, Digests
from verification.estimation.reads import Choice, Held, Mask, Reads, ScoreTable, find_tuning, hold
from verification.estimation.tuning import Tuning, read_tuning
from verification.product.api import Release
from verification.protocol.plan import StudyFolder
from verification.protocol.scores import Scored
from verification.protocol.subgroups import find_places
from verification.statistics.metrics import Floats


@dataclass(frozen=True)
class Opened:
    """What an opening left: the release, its scores of the split, the manifest's digest, and the rule of the split."""

    release: Release
    rows: Sequence[Scored]
    dataset_digest: str
    rule: SplitRule | None


def hold_own(study: StudyFolder, opened: Opened, reads: Reads) -> Held:
    """Hold the release's scores against the reads, at the threshold that it was locked with.

    Args:
        study: the plan.
        opened: what was scored.
        reads: what radiologists read.

    Raises:
        ValueError: the release has no threshold or the plan no sensitivity for it, a table does not list an image, or a
            patient of the split is known to have chosen the threshold.
    """
    tuning, point, wanted = read_tuning(opened.release), opened.release.operating_point, study.plan.minimum_sensitivity
    if point is None or wanted is None:
        raise ValueError(f"release {opened.release.name} or {study.where}: no threshold or no minimum_sensitivity")
    table = make_table(study, opened, tuning, reads.collection)
    chosen_by = Cases(tuning.labels, tuning.scores, tuning.patients.astype(str), None) if tuning else None
    choice = Choice(point.threshold, chosen_by, wanted, midway=True)
    return hold(table, study, reads, find_tuning(table, reads, study.plan.ages), choice)


def make_table(study: StudyFolder, opened: Opened, tuning: Tuning | None, collection: Collection) -> ScoreTable:
    """The release's scores beside the collection's images, and the tuning images that chose its threshold.

    Which these are is not known where their labels are withheld: none then.

    Raises:
        ValueError: the table does not list an image, or a patient of the split chose the threshold.
    """
    split, rule, patients = study.plan.split, opened.rule, collection.patients
    own = [np.nan if row.score is None else row.score for row in opened.rows]
    scores = np.full(collection.images.size, np.nan)
    listed = _place([row.image for row in opened.rows], own, collection, scores)
    choosing = _place(tuning.images, tuning.scores, collection, scores) if tuning else np.zeros_like(listed)
    if (both := np.intersect1d(patients[listed], patients[choosing])).size:
        raise ValueError(f"{study.where}: {both.size} patients of {split} chose the threshold too, such as {both[0]}")
    falls = np.array([rule is not None and split_of(patient, rule) == split for patient in patients])
    return ScoreTable(
        collection, scores, listed, choosing, listed | falls,
        f"images of the collection's table whose patients fall to the split {split}",
        Digests(opened.release.digest, opened.dataset_digest), "the release's score", "the release's score",
        unscored=Counter(row.not_analysed for row in opened.rows if row.score is None),
    )  # fmt: skip


def _place(images: Sequence[str], own: Sequence[float] | Floats, collection: Collection, scores: Floats) -> Mask:
    """Write images' own scores into those of the collection; (images,) which images they are of."""
    places = find_places(images, collection)
    scores[places] = own
    where = np.zeros(collection.images.size, dtype=np.bool_)
    where[places] = True
    return where
