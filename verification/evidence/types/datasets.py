"""`datasets.json`: what the data are."""

from __future__ import annotations

from verification.evidence.types.record import Gap, Issue, Record, Source
from verification.evidence.types.tables import Figure, Table

__all__ = ["Dataset", "DatasetsEvidence", "PixelDescription", "SplitCount"]


class SplitCount(Record, frozen=True):
    """One part of a patient-disjoint split."""

    name: str
    images: int
    patients: int
    positives: int


class PixelDescription(Record, frozen=True, tag=True):
    """What the pixels of a collection are like, recorded where the images were: they are not in the repository.

    `list_digest` is of the manifest or metadata that listed the images; `images` is how many of them were read.
    """

    list_digest: str
    images: int
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]


class Dataset(Record, frozen=True):
    """A collection of images, described. Counts that are not recorded are rows that say so.

    `spectrum` says what kinds of patients the figures on it hold for; it is among the limitations as well. `country`,
    `ages` and `reference_standard` say where its patients are from, how old they are, and what its label rests on.
    """

    name: str
    title: str
    origin: str
    terms: str
    role: str
    images: int
    patients: int
    digest: str
    tables: tuple[Table, ...]
    splits: tuple[SplitCount, ...]
    flow: tuple[Table, ...]
    limitations: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    pixels: PixelDescription | Gap | None = None
    spectrum: str | None = None
    country: str | None = None
    ages: str | None = None
    reference_standard: str | None = None


class DatasetsEvidence(Record, frozen=True):
    """`datasets.json`"""

    source: Source
    datasets: tuple[Dataset, ...]
    issues: tuple[Issue, ...]
