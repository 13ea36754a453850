"""Images that are nearly the same: a difference hash of the decoded pixels, compared pair by pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from verification.evidence import Table

Bits = NDArray[np.uint64]

SIDE = 16
"""The hash has SIDE * SIDE = 256 bits."""
NEAR = 10
"""Images whose hashes differ in at most so many of the 256 bits are taken as near duplicates."""
PAIRS_AT_ONCE = 2**21
"""Keeps the memory flat: a pair takes 40 bytes while it is compared."""


def hash_pixels(grey: NDArray[np.floating]) -> Bits:
    """The difference hash of an image: is each cell of a 16 x 17 grid of means brighter than its left neighbor?

    Args:
        grey: (rows, columns), any range.

    Returns:
        (4,) uint64, the 256 bits.
    """
    small = _shrink(_shrink(np.asarray(grey, dtype=np.float64), SIDE, 0), SIDE + 1, 1)
    return np.packbits(small[:, 1:] > small[:, :-1]).view(np.uint64)


def _shrink(values: NDArray[np.float64], cells: int, axis: int) -> NDArray[np.float64]:
    """Means over `cells` intervals of nearly equal length along an axis; a short axis repeats its values."""
    starts = np.arange(cells) * values.shape[axis] // cells
    lengths = np.maximum(np.diff(starts, append=values.shape[axis]), 1)
    sums: NDArray[np.float64] = np.add.reduceat(values, starts, axis=axis)
    means: NDArray[np.float64] = sums / np.expand_dims(lengths, 1 - axis)
    return means


def find_near(hashes: Bits, others: Bits | None = None, near: int = NEAR) -> Iterator[tuple[int, int, int]]:
    """Yield (first, second, differing bits) of each pair at most `near` bits apart, within one set or between two.

    Args:
        hashes: (images, 4) uint64.
        others: (images, 4) uint64; without them each pair within `hashes` is compared once.
        near: the largest number of differing bits.
    """
    against = hashes if others is None else others
    step = max(1, PAIRS_AT_ONCE // max(1, len(against)))
    for start in range(0, len(hashes), step):
        first = start if others is None else 0  # within one set the pairs before were compared from the other side
        apart = np.bitwise_count(hashes[start : start + step, None, :] ^ against[None, first:, :])
        total = apart.sum(axis=2, dtype=np.int64)
        for row, column in np.argwhere(total <= near).tolist():
            if others is not None or first + column > start + row:
                yield start + row, first + column, int(total[row, column])


def near_table(
    pairs: Sequence[tuple[int, int, int]], same: Sequence[bool], title: str, columns: tuple[str, str]
) -> Table:
    """Pairs by differing bits, apart for those on one side (`same`) and those on two."""
    bands = ((0, 0), *((low, low + 4) for low in range(1, NEAR, 5)))
    rows = []
    for low, high in bands:
        chosen = [alike for (_, _, bits), alike in zip(pairs, same, strict=True) if low <= bits <= min(high, NEAR)]
        name = "0" if high == 0 else f"{low} to {min(high, NEAR)}"
        rows.append((name, sum(chosen), len(chosen) - sum(chosen)))
    rows.append((f"at most {NEAR}", sum(same), len(same) - sum(same)))
    return Table(title=title, columns=(f"Differing bits of {SIDE * SIDE}", *columns), rows=tuple(rows))
