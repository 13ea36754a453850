"""What parts of the device that no release holds were fitted on: for whoever describes it; nothing is judged by it."""

from __future__ import annotations

from typing import NamedTuple


class FittedOn(NamedTuple):
    """Published radiographs that a part was fitted on: the collection, which part of it, and how many images."""

    collection: str
    part: str
    images: int


CHILDREN = "Chest radiographs of children, Kermany and others, Mendeley Data rscbjbr9sj, CC BY 4.0"
ADULTS = "Chest radiographs of adults, NIH Clinical Center, ChestX-ray14, Wang and others 2017, free with attribution"

FITTED_ON = (
    FittedOn(CHILDREN, "the publication's training part, whole; none of its test part", 5216),
    FittedOn(ADULTS, "full frames from public copies, at 256 pixels, all of them", 2914),
    FittedOn(ADULTS, "full frames from a public copy of images read as normal, at 192 pixels, every third", 2147),
)
"""What `device.training.likeness` made the table of `device.likeness` of: from these alone are its limits."""
