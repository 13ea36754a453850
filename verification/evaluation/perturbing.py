"""Changed images, scored: each is written without loss and goes through the device as a file does.

So the whole path is tried, not the network alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from verification.datasets.manifest import Entry
from verification.product.api import Release
from verification.protocol.changes import PERTURBATIONS
from verification.protocol.images import FolderOf, Progress, read_grey, score_file, to_picture
from verification.protocol.stated import StatedOf
from verification.statistics.metrics import Floats

CHANGED = "changed.png"


def score_perturbed(
    entries: Sequence[Entry],
    folder_of: FolderOf,
    release: Release,
    stated: StatedOf,
    progress: Progress | None = None,
) -> dict[str, Floats]:
    """Score every image under every perturbation through research intake.

    Args:
        entries: the images.
        folder_of: the folder that the image path of an entry is relative to.
        release: what scores.
        stated: what is stated of each image, for its file carries no header.
        progress: told after each image.

    Returns:
        By perturbation, (images,), in [0, 1]; NaN where the device does not apply to the changed image.

    Raises:
        ValueError: images cannot be read or the device failed; every one is named.
    """
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        for done, name in enumerate(PERTURBATIONS):
            tell = partial(_tell, progress, done * len(entries), len(PERTURBATIONS) * len(entries))
            scores[name] = _score_all(entries, folder_of, Path(folder), (name, release, stated), tell)
    return scores


def _tell(progress: Progress | None, before: int, total: int, number: int) -> None:
    if progress:
        progress(before + number, total)


def _score_all(
    entries: Sequence[Entry],
    folder_of: FolderOf,
    folder: Path,
    how: tuple[str, Release, StatedOf],
    tell: Callable[[int], None],
) -> Floats:
    name, release, stated = how
    scores, faults = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            grey = read_grey(folder_of(entry) / entry.image)
            to_picture(PERTURBATIONS[name].apply(grey, entry.image)).save(folder / CHANGED, compress_level=1)
            scores.append(score_file(folder / CHANGED, release, stated(entry)))
        except ValueError as error:
            faults.append(f"{name}: {error}")
        tell(number)
    if faults:
        raise ValueError("\n".join(faults))
    return np.array(scores, dtype=np.float64)
