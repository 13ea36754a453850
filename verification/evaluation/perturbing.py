"""Changed images, scored: each is written without loss and goes through the device as a file does.

So the whole path is tried, not the network alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from verification.datasets.manifest import Entry
from verification.product.api import Release
from verification.protocol.changes import Perturbation
from verification.protocol.images import PathOf, Progress, read_grey, score_file, to_picture
from verification.protocol.stated import StatedOf
from verification.statistics.metrics import Floats

CHANGED = "changed.png"


def score_perturbed(
    entries: Sequence[Entry],
    path_of: PathOf,
    release: Release,
    stated: StatedOf,
    changes: Mapping[str, Perturbation],
    progress: Progress | None = None,
) -> dict[str, Floats]:
    """Score every image under every change through research intake.

    Args:
        entries: the images.
        path_of: the file of an entry.
        release: what scores.
        stated: what is stated of each image, for its file carries no header.
        changes: what is done to each, by name.
        progress: told after each image.

    Returns:
        By change, (images,), in [0, 1]; NaN where the device does not apply to the changed image.

    Raises:
        ValueError: images cannot be read or the device failed; every one is named.
    """
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        for done, (name, change) in enumerate(changes.items()):
            tell = partial(_tell, progress, done * len(entries), len(changes) * len(entries))
            scores[name] = _score_all(entries, path_of, Path(folder), (name, change, release, stated), tell)
    return scores


def _tell(progress: Progress | None, before: int, total: int, number: int) -> None:
    if progress:
        progress(before + number, total)


def _score_all(
    entries: Sequence[Entry],
    path_of: PathOf,
    folder: Path,
    how: tuple[str, Perturbation, Release, StatedOf],
    tell: Callable[[int], None],
) -> Floats:
    name, change, release, stated = how
    scores, faults = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            grey = read_grey(path_of(entry))
            to_picture(change.apply(grey, entry.image)).save(folder / CHANGED, compress_level=1)
            scores.append(score_file(folder / CHANGED, release, stated(entry)))
        except ValueError as error:
            faults.append(f"{name}: {error}")
        tell(number)
    if faults:
        raise ValueError("\n".join(faults))
    return np.array(scores, dtype=np.float64)
