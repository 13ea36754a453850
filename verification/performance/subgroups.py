"""Subgroups: what is known of each image, and which images a subgroup holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from verification.datasets.manifest import Entry
from verification.performance.plan import Subgroup


def describe_images(entries: Sequence[Entry]) -> list[Mapping[str, str | int]]:
    """What is known of each image: the source of its label, and how many of these images its patient has."""
    images = Counter(entry.patient for entry in entries)
    return [{"label_source": entry.label_source, "images_of_patient": images[entry.patient]} for entry in entries]


def select(subgroup: Subgroup, images: Sequence[Mapping[str, str | int]]) -> NDArray[np.bool_]:
    """Which images the subgroup holds.

    Raises:
        ValueError: its attribute is not known of the images.
    """
    if images and subgroup.by not in images[0]:
        raise ValueError(
            f"subgroup {subgroup.name}: {subgroup.by} is not known; expected one of {', '.join(images[0])}"
        )
    return np.array([_holds(subgroup, image[subgroup.by]) for image in images], dtype=np.bool_)


def _holds(subgroup: Subgroup, value: str | int) -> bool:
    if subgroup.values is not None:
        return str(value) in subgroup.values
    minimum = -np.inf if subgroup.minimum is None else subgroup.minimum
    maximum = np.inf if subgroup.maximum is None else subgroup.maximum
    return bool(minimum <= int(value) <= maximum)
