r"""Makes the table of `verification.protocol.lungs` of the pairs that the data set nih_adult lists.

    clearway data assemble nih_adult --data DIR
    python -m verification.protocol.lungs_table build/nih_adult.csv DIR --output verification/protocol/lungs.npz

Pairs of training patients make it, but for one patient in five; on these it is measured, and the measure is printed.
The same files give the same table but for rounding; the digest that is printed belongs into
`verification.protocol.lungs`.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from hashlib import sha256
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verification.protocol.images import read_grey
from verification.protocol.lungs import LEAST, rank
from verification.protocol.measures import SIDE
from verification.statistics.metrics import Floats

COMPONENTS = 200
RIDGE = 3.0
"""What is added to each component's sum of squares: a pair more or less should not matter."""
SEEN = 16 / 255
"""What a pixel has to show to be of the lungs: less is what compression left beside them."""
KEPT = 5


def find_pairs(manifest: Path, data: Path) -> list[tuple[Path, Path, str]]:
    """The files of a radiograph and of its lungs alone, and the patient, of the training patients."""
    with manifest.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "training"]
    alone = {PurePath(row["image"]).name: row for row in rows if row["kind"] == "lungs"}
    whole = [row for row in rows if row["kind"] == "whole" and PurePath(row["image"]).name in alone]
    return [(data / row["image"], data / alone[PurePath(row["image"]).name]["image"], row["patient"]) for row in whole]


def read_share(path: Path) -> Floats:
    """The share of lungs in each pixel of the thumbnail of a picture that shows them alone, (pixels,)."""
    seen = Image.fromarray((read_grey(path) > SEEN).astype(np.float32))
    return np.asarray(seen.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64).ravel()


def fit(ranks: Floats, shares: Floats, components: int = COMPONENTS) -> dict[str, NDArray[np.float32]]:
    """The table: principal components of ranks, (images, pixels), and by ridge regression what shares they say."""
    mean, share = ranks.mean(0), shares.mean(0)
    _, _, axes = np.linalg.svd(ranks - mean, full_matrices=False)
    chosen = axes[:components]
    told = (ranks - mean) @ chosen.T
    weights = np.linalg.solve(told.T @ told + RIDGE * np.eye(len(chosen)), told.T @ (shares - share))
    made = {"mean": mean, "components": chosen, "weights": weights, "share": share}
    return {name: each.astype(np.float32) for name, each in made.items()}


def measure(made: dict[str, NDArray[np.float32]], ranks: Floats, shares: Floats) -> tuple[float, float]:
    """The mean Dice coefficient with half as the limit, and the mean part of the lungs found with `LEAST` as it."""
    found = made["share"] + (ranks - made["mean"]) @ made["components"].T @ made["weights"]
    true, half = shares > 0.5, found > 0.5
    dice = 2 * (half & true).sum(1) / (half.sum(1) + true.sum(1))
    return float(dice.mean()), float((((found > LEAST) & true).sum(1) / true.sum(1)).mean())


def main() -> None:
    """Read the pairs, make the table, print what it is worth and its digest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    pairs = find_pairs(options.manifest, options.data)
    ranks = np.stack([rank(read_grey(whole)) for whole, _, _ in pairs])
    shares = np.stack([read_share(alone) for _, alone, _ in pairs])
    kept = np.array([zlib.crc32(patient.encode()) % KEPT == 0 for _, _, patient in pairs])
    made = fit(ranks[~kept], shares[~kept])
    dice, covered = measure(made, ranks[kept], shares[kept])
    np.savez_compressed(options.output, **{name: each.astype(np.float16) for name, each in made.items()})  # type: ignore[arg-type]
    print(f"{(~kept).sum()} pairs; on {kept.sum()} of other patients: Dice {dice:.3f}, lungs covered {covered:.3f}")
    print(sha256(options.output.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
