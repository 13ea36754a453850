"""Which images an epoch shows: all of them once, or draws that let nothing but the picture tell the label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.training.recipe import Recipe, Sampling
from device.training.samples import KINDS, Sample


def draw_epoch(samples: Sequence[Sample], recipe: Recipe, epoch: int) -> NDArray[np.int64]:
    """The places of the images that an epoch shows, in order: a function of recipe, samples and epoch."""
    dice = np.random.default_rng((recipe.seed, epoch))
    if recipe.sampling is None:
        return dice.permutation(len(samples))
    cells = group(samples)
    return np.array([_draw(cells, recipe.sampling, dice) for _ in range(recipe.sampling.draws)], dtype=np.int64)


def count_draws(recipe: Recipe, images: int) -> int:
    """How many images an epoch shows."""
    return recipe.sampling.draws if recipe.sampling else images


def group(samples: Sequence[Sample]) -> dict[str, Any]:
    """The places of the samples by kind, label, projection and copy."""
    cells: dict[str, Any] = {}
    for place, sample in enumerate(samples):
        inner = cells.setdefault(sample.kind, {}).setdefault(sample.label, {}).setdefault(sample.view, {})
        inner.setdefault(sample.source, []).append(place)
    return cells


def _draw(cells: dict[str, Any], sampling: Sampling, dice: np.random.Generator) -> int:
    """A kind by its share, then label, projection, copy and picture, each as likely as its like."""
    kinds = [kind for kind in KINDS if kind in cells]
    alone = sampling.lungs_alone if len(kinds) == len(KINDS) else float(kinds[0] == KINDS[1])
    found: Any = cells[KINDS[int(dice.random() < alone)]]
    while isinstance(found, dict):
        found = found[sorted(found)[int(dice.integers(len(found)))]]
    return int(found[int(dice.integers(len(found)))])
