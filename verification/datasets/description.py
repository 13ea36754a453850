"""`dataset.yaml`: what a collection of images is, where it is from, and how it is split."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from verification.datasets.manifest import BENCHMARK, SPLITS, blocking
from verification.evidence import Issue, Table


class SplitRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How patients are placed: `shares` by split, in order, summing to 1; `folders` are the only ones read.

    A public test set has the one split `benchmark`.
    """

    key: str
    shares: dict[str, float]
    folders: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise ValueError unless the shares are of the known splits and sum to 1."""
        known = tuple(self.shares) in (SPLITS, (BENCHMARK,))
        if not known or abs(sum(self.shares.values()) - 1) > 1e-9:
            expected = f"{', '.join(SPLITS)}, or {BENCHMARK} alone, summing to 1"
            raise ValueError(f"shares: expected {expected}; received {self.shares}")


class LeftOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Images of a folder that its manifest leaves out, and how many of them RSNA's radiologists read."""

    reason: str
    images: int
    read: int


class Folder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a manifest was made from: its images, how many of them RSNA's radiologists read, and what was left out."""

    images: int
    read: int
    left_out: tuple[LeftOut, ...]

    @property
    def listed(self) -> tuple[int, int]:
        """The images that are left, and how many of them were read."""
        images, read = (sum(getattr(one, name) for one in self.left_out) for name in ("images", "read"))
        return self.images - images, self.read - read

    def state(self) -> Table:
        """From the folder to the manifest; the counts sum."""
        left = tuple((f"left out: {one.reason}", one.images, one.read) for one in self.left_out)
        rows = (("in the folder", self.images, self.read), *left, ("listed in the manifest", *self.listed))
        title = "From the folder to the images listed"
        return Table(title=title, columns=("Step", "Images", "Of them read by RSNA's radiologists"), rows=rows)


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of pictures with `labels.csv`: whole images, or pictures of which only the lungs are left."""

    folder: str
    kind: Literal["whole", "lungs"]


class Reserved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of images whose patients are reserved for tests, among a user's data: its file, and the column."""

    file: str
    image: str


class Assembly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a training set is put together from."""

    parts: tuple[Part, ...]
    minimum_age_years: float
    reserved: Reserved | None = None


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dataset, described. `not_recorded` names attributes that the data do not carry.

    `spectrum` says what kinds of patients the figures on it hold for; it is its first limitation as well.
    `country` and `ages` are of its patients; `reference_standard` is what its label rests on.

    `folder` is the folder of its images among a user's data; without one it is named as the dataset is. `metadata` is
    a table of its images and `mapping` says what its columns are, both in the dataset's own folder. `beside` is another
    dataset of the same publication, whose patients may be among those of this one; `findings_of` is the dataset whose
    table says more of its images. `made_from` is the folder that the manifest was made from, where it
    leaves images out. `assembly` says which folders a training set is put together from, whose list is not published.
    """

    name: str
    title: str
    origin: str
    terms: str
    role: str
    limitations: tuple[str, ...]
    spectrum: str | None = None
    country: str | None = None
    ages: str | None = None
    reference_standard: str | None = None
    not_recorded: tuple[str, ...] = ()
    split: SplitRule | None = None
    attribution: str | None = None
    folder: str | None = None
    metadata: str | None = None
    mapping: str | None = None
    beside: str | None = None
    findings_of: str | None = None
    made_from: Folder | None = None
    assembly: Assembly | None = None

    @property
    def bounds(self) -> tuple[str, ...]:
        """All that bounds figures on it: its spectrum, and the limitations."""
        return (*((self.spectrum,) if self.spectrum else ()), *self.limitations)

    def find_images(self, data: Path) -> Path:
        """The folder of this dataset's images: `data`, or the one inside it that is named for them."""
        inside = data / (self.folder or self.name)
        return inside if inside.is_dir() else data


def read_description(path: Path, where: str | None = None) -> tuple[Description | None, tuple[Issue, ...]]:
    """Read `dataset.yaml` strictly.

    Returns:
        The description, or None with the issue that says why not.
    """
    where = where or str(path)
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=Description), ()
    except (OSError, msgspec.DecodeError) as error:
        hint = "see verification/datasets/kermany224/dataset.yaml for the keys"
        return None, (blocking("dataset-unreadable", where, f"not a description of a dataset: {error}", hint),)
