"""`report.json` of a training run: what it is, how it went, and how it scores the images that it was tuned on."""

from __future__ import annotations

from verification.evidence.types.record import Gap, Record
from verification.evidence.types.tables import Figure, Table

__all__ = ["ScoredImage", "TrainingRun", "TuningScores"]


class ScoredImage(Record, frozen=True):
    """A tuning image: its name and what is known of it, its score, and a small picture (JPEG) if it can be read."""

    image: str
    label: int
    score: float
    kind: str
    source: str
    view: str
    picture: bytes | None


class TuningScores(Record, frozen=True, tag=True):
    """The scores of the tuning images. `threshold` and what it gives there are None before a release is made.

    `missed` are positive images with the lowest scores, `alarming` negative ones with the highest, worst first.
    `pictures` says where the pictures of these are from, or why there are none.
    """

    images: int
    positives: int
    threshold: float | None
    sensitivity: float | None
    specificity: float | None
    by_group: Table
    figures: tuple[Figure, ...]
    missed: tuple[ScoredImage, ...]
    alarming: tuple[ScoredImage, ...]
    pictures: str | Gap


class TrainingRun(Record, frozen=True):
    """A run of a training, as far as its folder holds it.

    `digest` is the recipe's, `manifest` that of the list of images (SHA-256).
    `rule` is the recipe's for the epoch that is exported, None for the last one. `exported` is that epoch, None before
    a release is made; `lowest_loss` and `highest_auroc` are those of the tuning images, None before the first epoch.
    """

    name: str
    version: str
    title: str
    digest: str
    dataset: str
    manifest: str | None
    machine: Table
    data: tuple[Table, ...] | Gap
    epochs: int
    planned: int
    rule: str | None
    patience: int | None
    exported: int | None
    lowest_loss: int | None
    highest_auroc: int | None
    curves: tuple[Figure, ...]
    scores: TuningScores | Gap
