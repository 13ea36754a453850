"""NIH's images with what their reports were mined for and what radiologists read, and how the read ones were drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from verification.datasets.description import read_description
from verification.datasets.mapping import read_mapping
from verification.datasets.reads import FILES, UNSAFE_MATCH_MSE, read_labels
from verification.datasets.records import Records, read_records
from verification.evidence import Issue, Severity, Table
from verification.evidence.project import sha256_of

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

STRATA = (
    "Pneumonia",
    "Consolidation or Infiltration, not Pneumonia",
    "other findings only",
    "No Finding",
)
"""The groups of mined labels that RSNA's cases were drawn from unevenly, each image in the first that it is of."""


@dataclass(frozen=True)
class Collection:
    """The images of NIH's metadata. `records.table` has the columns image, patient, age_years, sex, view, follow_up."""

    records: Records
    digest: str

    @property
    def images(self) -> NDArray[np.str_]:
        """(images,) their names."""
        return np.asarray(self.records.table["image"].to_numpy(dtype=str))

    @property
    def patients(self) -> NDArray[np.str_]:
        """(images,) the patient of each."""
        return np.asarray(self.records.table["patient"].to_numpy(dtype=str))

    def column(self, name: str) -> NDArray[np.str_] | Floats:
        """(images,) a column: texts, or numbers with NaN where none is recorded."""
        return np.asarray(self.records.table[name].to_numpy())

    def states(self, *findings: str) -> Mask:
        """(images,) whether the mined label states one of these findings."""
        return np.asarray(self.records.findings[:, [self.records.names.index(one) for one in findings]].any(axis=1))

    @property
    def strata(self) -> NDArray[np.intp]:
        """(images,) the place in STRATA of each image."""
        first = self.states("Pneumonia")
        second = self.states("Consolidation", "Infiltration")
        return np.select([first, second, ~self.records.normal], [0, 1, 2], default=3)


def read_collection(folder: Path, digest: str) -> Collection:
    """Read the table of images in a data set's folder, as its description names it, through its mapping.

    Raises:
        ValueError: the table or its mapping cannot be used; every fault is named.
    """
    description, problems = read_description(folder / "dataset.yaml")
    _stop(problems)
    table, name = (description.metadata, description.mapping) if description else (None, None)
    mapping, issues = read_mapping(folder / (name or "mapping.yaml"))
    file = folder / str(table)
    records, faults = read_records(file, mapping) if mapping else (None, ())
    _stop((*issues, *faults))
    if records is None:
        raise ValueError(f"{file}: cannot be used")
    return Collection(records, digest)


def find_table(datasets: Path, name: str) -> Path | None:
    """The table of images of a data set: its own, or that of the data set that its description names; None if none."""
    own, _ = read_description(datasets / name / "dataset.yaml")
    home = name if own and own.metadata else own.findings_of if own else None
    if home is None:
        return None
    description, _ = read_description(datasets / home / "dataset.yaml")
    return datasets / home / description.metadata if description and description.metadata else None


def find_collection(datasets: Path, name: str) -> Collection | None:
    """The table of images of a data set, read; None if it has none.

    Raises:
        ValueError: the table or its mapping cannot be used; every fault is named.
    """
    table = find_table(datasets, name)
    return None if table is None else read_collection(table.parent, sha256_of(table))


def read_reads(folder: Path, source: str, collection: Collection) -> Floats:
    """What radiologists read of each image of the collection: 1, 0, or NaN where it was not read.

    Args:
        folder: where the tables of reads are.
        source: `rsna` (Lung Opacity) or `google` (airspace opacity).
        collection: the images.

    Raises:
        ValueError: the table cannot be used.
    """
    labels, issues = read_labels(folder, source)
    _stop(issues)
    return np.array([labels.get(image, np.nan) for image in collection.images], dtype=np.float64)


def count_reads(folder: Path, source: str, reads: Floats) -> Table:
    """From the rows of a table of reads to the images that are used; the counts sum."""
    name, columns = FILES[source]
    table = pd.read_csv(folder / name, usecols=list(columns))
    unsafe = int((table["match_mse"] > UNSAFE_MATCH_MSE).sum()) if source == "rsna" else 0
    used = int((~np.isnan(reads)).sum())
    rows = (
        ("rows of the table", len(table)),
        (f"left out: match unsafe (mean squared error above {UNSAFE_MATCH_MSE})", unsafe),
        ("left out: a further row of an image, contradicting rows, or no image of the collection",
         len(table) - unsafe - used),
        ("images used", used),
    )  # fmt: skip
    return Table(title=f"Flow of {name}", columns=("step", "rows"), rows=rows)


def weigh(collection: Collection, among: Mask, read: Mask) -> Floats:
    """(images,) the inverse of the share of each stratum of mined labels that was read; NaN for images not read.

    Args:
        collection: the images.
        among: (images,) the population that the weights lead back to.
        read: (images,) which of them were read.

    Raises:
        ValueError: a stratum of the population holds no image that was read.
    """
    shares, drawn = share_read(collection, among, read), among & read
    weights = np.full(among.size, np.nan)
    weights[drawn] = 1 / shares[drawn]
    return weights


def share_read(collection: Collection, among: Mask, read: Mask) -> Floats:
    """(images,) the share of the image's stratum of mined labels that was read; NaN outside of the population.

    Raises:
        ValueError: a stratum of the population holds no image that was read.
    """
    strata, shares = collection.strata, np.full(among.size, np.nan)
    for place, name in enumerate(STRATA):
        held = among & (strata == place)
        drawn = held & read
        if held.any() and not drawn.any():
            raise ValueError(f"stratum {name}: none of {int(held.sum())} images was read; no weight can be given")
        shares[held] = drawn.sum() / max(1, held.sum())
    return shares


def strata_table(collection: Collection, among: Mask, reads: Floats) -> Table:
    """By stratum: images, how many of them were read, their share, and how many were read as positive."""
    read, strata = among & ~np.isnan(reads), collection.strata
    rows = []
    for place, name in enumerate(STRATA):
        held = among & (strata == place)
        drawn = held & read
        share = float(drawn.sum() / held.sum()) if held.any() else None
        rows.append((name, int(held.sum()), int(drawn.sum()), share, int(reads[drawn].sum())))
    total = ("all", int(among.sum()), int(read.sum()), float(read.sum() / among.sum()), int(reads[read].sum()))
    return Table(
        title="How the images that were read were drawn: shares of the mined labels' strata",
        columns=("stratum of the mined label", "images", "read", "share read", "read as positive"),
        rows=(*rows, total),
    )


def _stop(issues: tuple[Issue, ...]) -> None:
    if bad := [issue for issue in issues if issue.severity is Severity.BLOCKING]:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in bad))
