"""`dataset.yaml`: what a collection of images is, where it is from, and how it is split."""

from __future__ import annotations

from pathlib import Path

import msgspec

from verification.datasets.manifest import BENCHMARK, SPLITS, blocking
from verification.evidence import Issue


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


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dataset, described. `not_recorded` names attributes that the data do not carry.

    `folder` is the folder of its images among a user's data; without one it is named as the dataset is. `metadata` is
    a table of its images and `mapping` says what its columns are, both in the dataset's own folder. `beside` is another
    dataset of the same publication, whose patients may be among those of this one; `findings_of` is the dataset whose
    table says more of its images.
    """

    name: str
    title: str
    origin: str
    terms: str
    role: str
    limitations: tuple[str, ...]
    not_recorded: tuple[str, ...] = ()
    split: SplitRule | None = None
    attribution: str | None = None
    folder: str | None = None
    metadata: str | None = None
    mapping: str | None = None
    beside: str | None = None
    findings_of: str | None = None

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
