r"""Makes the device's table of what frontal chest radiographs look like, from folders of published ones.

    python -m device.training.likeness CLEARWAY_DATA/kermany224/train CLEARWAY_DATA/nih_adult_256 \
        CLEARWAY_DATA/rsna_normal_192:3 --output device/likeness.npz

A folder is walked; `:3` takes every third of its files in the order of their names. The same files give the same table
but for rounding; the digest that is printed belongs into `device.likeness`.
"""

from __future__ import annotations

import argparse
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device import research
from device.likeness import Reference, measure, rank
from device.types import PixelFault

COMPONENTS = 40

WITHIN = 99.9
"""Percent of the radiographs that are within the limits before the margin is given."""

MARGIN = 1.1
"""How much farther the limits are than that: what others have that these have not."""

PICTURES = frozenset({".png", ".jpg", ".jpeg"})


def find_pictures(folder: str) -> list[Path]:
    """The pictures in a folder and those below, every nth if `:n` follows its name."""
    name, _, step = folder.partition(":")
    found = sorted(path for path in Path(name).rglob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise SystemExit(f"{name}: holds no {', '.join(sorted(PICTURES))} file")
    return found[:: int(step or 1)]


def read_ranks(paths: list[Path]) -> NDArray[np.float64]:
    """The thumbnails' ranks, axis order (pictures, pixels)."""
    ranks = []
    for number, path in enumerate(paths, 1):
        pixels = research.decode(path)
        if isinstance(pixels, PixelFault):
            raise SystemExit(f"{path}: {pixels.found}, expected {pixels.expected}")
        ranks.append(rank(pixels))
        if number % 500 == 0 or number == len(paths):
            print(f"{number} of {len(paths)} pictures read", file=sys.stderr)
    return np.array(ranks)


def fit(ranks: NDArray[np.float64], components: int = COMPONENTS) -> Reference:
    """The principal components of thumbnails, and limits beyond nearly all of them.

    Args:
        ranks: axis order (thumbnails, pixels).
        components: how many of them.
    """
    mean = ranks.mean(0)
    _, sizes, axes = np.linalg.svd(ranks - mean, full_matrices=False)
    variances = sizes[:components] ** 2 / len(ranks)
    far, rest = measure(ranks, Reference(mean, axes[:components], variances, 1, 0, 1))
    return Reference(
        mean, axes[:components], variances, MARGIN * float(np.percentile(far, WITHIN)),
        float(np.percentile(rest, (100 - WITHIN) / 2)) / MARGIN, MARGIN * float(np.percentile(rest, WITHIN)),
    )  # fmt: skip


def main() -> None:
    """Read the pictures, make the table, print its digest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER[:N]")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    made = fit(read_ranks([path for folder in options.folders for path in find_pictures(folder)]))
    arrays = {"mean": made.mean, "components": made.components, "variances": made.variances}
    limits = np.array([made.farthest, made.least_rest, made.most_rest], np.float32)
    small: dict[str, Any] = {name: each.astype(np.float32) for name, each in arrays.items()}
    np.savez_compressed(options.output, limits=limits, **small)
    print(sha256(options.output.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
