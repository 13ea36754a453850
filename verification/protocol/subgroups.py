"""Subgroups: what is known of each image, and which images a subgroup holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from verification.datasets.manifest import Entry
from verification.datasets.references import Collection
from verification.protocol.plan import Subgroup
from verification.protocol.scores import Scored

Mask: TypeAlias = NDArray[np.bool_]
Known: TypeAlias = Mapping[str, NDArray[Any]]
"""By attribute, (images,) texts, or numbers with NaN where none is recorded."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".dcm")
"""What an image's file may end with, whatever a list calls it and in small letters or capitals."""

LUNG = ("Pneumonia", "Consolidation", "Infiltration")
"""Findings of a mined label that an opacity of pneumonia may be reported as."""


def describe_images(entries: Sequence[Entry], collection: Collection | None = None) -> Known:
    """What is known of each image: the source of its label, how many of these images its patient has.

    Args:
        entries: the images.
        collection: the table that lists them by the names of their files; None if there is none.
    """
    images = Counter(entry.patient for entry in entries)
    known: dict[str, NDArray[Any]] = {
        "label_source": np.array([entry.label_source for entry in entries]),
        "images_of_patient": np.array([images[entry.patient] for entry in entries]),
    }
    if collection is not None:
        places = find_places([entry.image for entry in entries], collection)
        known |= {name: values[places] for name, values in describe_collection(collection).items()}
    return known


def describe_collection(collection: Collection) -> Known:
    """What a table of images says of each: patient, time, view, and what its label states beside pneumonia."""
    columns = {"sex": "sex", "age_years": "age_years", "view_position": "view", "follow_up": "follow_up"}
    held = {name: collection.column(of) for name, of in columns.items() if of in collection.records.table}
    numbers = {name: np.asarray(held[name], dtype=np.float64) for name in ("age_years", "follow_up") if name in held}
    lung = [name for name in collection.records.names if name in LUNG]
    others = [name for name in collection.records.names if name not in LUNG]
    stated = {"lung_findings": collection.states(*lung), "other_findings": collection.states(*others)}
    return held | numbers | {name: np.where(mask, "stated", "none") for name, mask in stated.items()}


def find_places(images: Sequence[str], collection: Collection) -> NDArray[np.intp]:
    """(images,) the place in the collection of each image, known by the name of its file; PNG and JPEG are alike.

    Raises:
        ValueError: the collection does not list some; the first is named.
    """
    names = [PurePosixPath(image).name for image in images]
    places = pd.Index(collection.images).get_indexer(pd.Index(names))
    if (places < 0).any():
        known = pd.Index([strip_suffix(name) for name in collection.images])
        known = known.where(~known.duplicated(keep=False), "")  # of two that differ in it alone, neither is meant
        places = known.get_indexer_for(pd.Index([strip_suffix(name) for name in names]))
    if (missing := np.flatnonzero(places < 0)).size:
        raise ValueError(f"{names[missing[0]]} and {missing.size - 1} more are not in the table of images")
    return np.asarray(places)


def strip_suffix(name: str) -> str:
    """A file's name without a suffix that images have; UIDs, which hold points, stay whole."""
    return name[: -len(PurePath(name).suffix)] if PurePath(name).suffix.lower() in SUFFIXES else name


def coarsen(subgroups: Sequence[Subgroup], known: Known) -> Known:
    """What is known of images, no finer than the groups need, so that a table tells the group of an image and no more.

    A number becomes the least of its group; a text that no group names becomes "other".

    Raises:
        ValueError: an attribute is not known of the images.
    """
    found: dict[str, NDArray[Any]] = {}
    for message in find_unknown(subgroups, known):
        raise ValueError(message)
    for attribute in dict.fromkeys(group.by for group in subgroups):
        groups = [group for group in subgroups if group.by == attribute]
        named = [value for group in groups for value in group.values or ()]
        values = known[attribute]
        if named:
            found[attribute] = np.where(np.isin(values.astype(str), named), values.astype(str), "other")
        else:
            found[attribute] = _lower(values.astype(np.float64), groups)
    return found


def _lower(values: NDArray[np.float64], groups: Sequence[Subgroup]) -> NDArray[np.float64]:
    """The greatest number not above each at which a group begins or ends; NaN where none is recorded."""
    starts = [group.minimum for group in groups if group.minimum is not None]
    ends = [group.maximum + 1 for group in groups if group.maximum is not None]
    edges = np.array(sorted({0, *starts, *ends}), dtype=np.float64)
    lower = edges[np.clip(np.searchsorted(edges, values, side="right") - 1, 0, None)]
    return np.where(np.isnan(values), np.nan, lower)


def read_groups(path: Path, rows: Sequence[Scored]) -> Known:
    """A custodian's table of groups: by attribute, (rows,) texts; a number stands as its text, "nan" for none.

    Raises:
        ValueError: it does not hold an image, or holds one twice.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("image")
    if (twice := table.index[table.index.duplicated()]).size:
        raise ValueError(f"{path.name}: {twice[0]} is there twice")
    if missing := sorted({row.image for row in rows} - set(table.index)):
        raise ValueError(f"{path.name}: {missing[0]} and {len(missing) - 1} more are missing")
    held = table.loc[[row.image for row in rows]]
    return {str(name): np.asarray(held[name].to_numpy()) for name in held.columns}


def find_unknown(subgroups: Sequence[Subgroup], known: Known) -> Iterator[str]:
    """Yield what is wrong with each subgroup whose attribute is not known of the images."""
    for subgroup in subgroups:
        if subgroup.by not in known:
            yield f"subgroup {subgroup.name}: {subgroup.by} is not known; expected one of {', '.join(known)}"


def select(subgroup: Subgroup, known: Known) -> Mask:
    """(images,) which the subgroup holds; one of which no number is recorded is in none that is chosen by it.

    Raises:
        ValueError: its attribute is not known of the images.
    """
    for message in find_unknown([subgroup], known):
        raise ValueError(message)
    values = known[subgroup.by]
    if subgroup.values is not None:
        return np.isin(values.astype(str), subgroup.values)
    minimum = -np.inf if subgroup.minimum is None else subgroup.minimum
    maximum = np.inf if subgroup.maximum is None else subgroup.maximum
    years = np.floor(values.astype(np.float64))
    return (minimum <= years) & (years <= maximum)
