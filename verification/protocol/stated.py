"""What a plan states of images that carry no header: the same of all, and of each what the table of images says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from verification.datasets.manifest import Entry
from verification.datasets.references import Collection
from verification.product.api import Admission, Intake, Release, gate
from verification.protocol.plan import Asserted
from verification.protocol.subgroups import find_places

StatedOf: TypeAlias = Callable[[Entry], Mapping[str, str]]
"""DICOM keywords with the values that are stated of an image."""
LEAST_ANALYSED = 0.5
"""The share of the images that must pass the gate, and be analyzed: fewer tell nothing of a population."""


def read_stated(asserted: Asserted | None, entries: Sequence[Entry], collection: Collection | None) -> StatedOf:
    """What the plan states of each image; an age or a view that the table does not hold is not stated.

    Args:
        asserted: the plan's.
        entries: the images.
        collection: the table that lists them; needed where the plan names columns.

    Raises:
        ValueError: the plan names columns and there is no table, or it does not list an image.
    """
    if asserted is None:
        return lambda _: {}
    if not asserted.columns:
        return lambda _: asserted.values
    if collection is None:
        raise ValueError("the plan asserts values by image; the data set has no table of images that holds them")
    places = find_places([entry.image for entry in entries], collection)
    columns = {keyword: collection.column(name)[places] for keyword, name in asserted.columns.items()}
    stated = {}
    for at, entry in enumerate(entries):
        own = {keyword: _say(values[at]) for keyword, values in columns.items()}
        stated[entry.image] = asserted.values | {keyword: said for keyword, said in own.items() if said}
    return lambda entry: stated[entry.image]


def _say(value: object) -> str:
    """An age in completed years as DICOM writes it (PS3.5 6.2 AS), a text as it is; nothing where none is recorded."""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{int(value):03d}Y"
    return str(value)


def require_admitted(
    entries: Sequence[Entry],
    path_of: Callable[[Entry], Path],
    release: Release,
    stated: StatedOf,
    intake_of: Callable[[Path], Intake] = lambda _: Intake.RESEARCH,
) -> None:
    """Ask the gate before anything is scored, until enough images have passed.

    Raises:
        ValueError: the gate refuses too many; its commonest reasons are named.
    """
    enough, passed, reasons = LEAST_ANALYSED * len(entries), 0, Counter[str]()
    for entry in entries:
        path = path_of(entry)
        result = gate(path, release, intake_of(path), stated(entry))
        passed += result.outcome is Admission.ACCEPTED
        reasons.update([rejection.code for rejection in result.rejections])
        reasons.update([result.failure] if result.failure else [])
        if passed >= enough and passed:
            return
    _refuse(passed, len(entries), reasons)


def require_analysed(reasons: Iterable[str], images: int) -> None:
    """Refuse an opening of which too little is left.

    Args:
        reasons: why each image that has no score has none.
        images: how many there are.

    Raises:
        ValueError: too many have none; the commonest reasons are named.
    """
    counted = Counter(reasons)
    analysed = images - counted.total()
    if not analysed or analysed < LEAST_ANALYSED * images:
        _refuse(analysed, images, counted)


def _refuse(passed: int, images: int, reasons: Counter[str]) -> None:
    said = "; ".join(f"{reason} ({count} images)" for reason, count in reasons.most_common(5))
    raise ValueError(
        f"{passed} of {images} images can be analyzed, expected at least {LEAST_ANALYSED:.0%}: {said or 'no image'}; "
        "state what is true of the images under `asserted` in the plan, or mend the release; nothing counts as scored"
    )
