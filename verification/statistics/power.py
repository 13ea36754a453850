"""How many images a study needs, and how likely it is to pass, with patients that have several images."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from verification.evidence import Table

LEVEL = 0.95
POWER = 0.9
LIMIT = 1_000_000
"""More images than any study has: what needs more has no size."""


def design_effect(images_of_patients: Sequence[int], correlation: float) -> float:
    """How many times as many images are needed as if each were of a patient of its own.

    1 + (m - 1) * rho with m the mean number of images that an image's patient has (Kish), so that unequal patients
    count as they weigh.
    """
    sizes = np.asarray(images_of_patients, dtype=float)
    return float(1 + ((sizes**2).sum() / sizes.sum() - 1) * correlation)


def auroc_standard_error(area: float, positives: float, negatives: float) -> float:
    """Of an AUROC over independent images, by Hanley and McNeil (1982), exponential scores."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (q1 - area**2) + (negatives - 1) * (q2 - area**2)
    return math.sqrt(spread / (positives * negatives))


def proportion_power(truth: float, bound: float, n: float) -> float:
    """How likely the lower limit of a proportion's 95 % interval lies above `bound`: Wilson's, of `n` images."""
    images = math.floor(n)
    counts = np.arange(images + 1)
    z = stats.norm.ppf((1 + LEVEL) / 2)
    share = counts / images
    centre = (share + z * z / (2 * images)) / (1 + z * z / images)
    reach = z * np.sqrt(share * (1 - share) / images + z * z / (4 * images**2)) / (1 + z * z / images)
    return float(stats.binom.pmf(counts[centre - reach > bound], images, truth).sum())


def auroc_power(truth: float, bound: float, positives: float, negatives: float) -> float:
    """How likely the lower limit of the AUROC's 95 % interval lies above `bound`, by the normal approximation."""
    z = stats.norm.ppf((1 + LEVEL) / 2)
    return float(stats.norm.cdf((truth - bound) / auroc_standard_error(truth, positives, negatives) - z))


def proportion_size(truth: float, bound: float, power: float = POWER) -> int | None:
    """The fewest independent images for that power, by `proportion_power`; None if the truth is not above the bound.

    The power goes up and down by a little as images are added; of the sizes that reach it, this is near the least.
    """
    return _least(lambda n: proportion_power(truth, bound, n), power) if truth > bound else None


def auroc_size(truth: float, bound: float, share: float, power: float = POWER) -> int | None:
    """The fewest independent images for that power, `share` of them positive; None if the truth is not above the bound.

    By the normal approximation with Hanley and McNeil's standard error.
    """
    return _least(lambda n: auroc_power(truth, bound, n * share, n * (1 - share)), power) if truth > bound else None


def _least(power_of: Callable[[int], float], power: float) -> int | None:
    """The least size that reaches a power that rises with it, by doubling and halving; None beyond `LIMIT`."""
    enough = 8
    while power_of(enough) < power:
        enough *= 2
        if enough > LIMIT:
            return None
    short = enough // 2
    while enough - short > 1:
        middle = (enough + short) // 2
        short, enough = (short, middle) if power_of(middle) >= power else (middle, enough)
    return enough


@dataclass(frozen=True, slots=True)
class Effects:
    """The design effects among the positive and among the negative images."""

    positives: float
    negatives: float

    def __str__(self) -> str:
        """Both, as a table's title names them."""
        return f"design effects {self.positives:.2f} (positive) and {self.negatives:.2f} (negative)"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is supposed to be true: AUROC, sensitivity and specificity."""

    auroc: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the lower limits have to lie above."""

    auroc: float
    sensitivity: float
    specificity: float


def power_table(positives: int, negatives: int, effects: Effects, assumed: Sequence[Assumed], bounds: Bounds) -> Table:
    """The power of each co-primary and of all together, for the images that there are.

    Args:
        positives: images that are positive.
        negatives: images that are negative.
        effects: the design effects, by which the images of each class are divided.
        assumed: what may be true.
        bounds: the criteria.
    """
    n_positive, n_negative = positives / effects.positives, negatives / effects.negatives

    def powers(one: Assumed) -> tuple[float, float, float]:
        return (
            auroc_power(one.auroc, bounds.auroc, n_positive, n_negative),
            proportion_power(one.sensitivity, bounds.sensitivity, n_positive),
            proportion_power(one.specificity, bounds.specificity, n_negative),
        )

    return joint_table(f"Power with {positives} positive and {negatives} negative images, {effects}", assumed, powers)


def joint_table(
    title: str, assumed: Sequence[Assumed], powers: Callable[[Assumed], tuple[float, float, float]]
) -> Table:
    """What may be true, the power of each co-primary then, and of all together whatever their dependence."""
    rows = []
    for one in assumed:
        found = powers(one)
        least = max(0.0, sum(found) - 2)  # Fréchet: whatever the dependence
        rows.append((one.auroc, one.sensitivity, one.specificity, *found, least, math.prod(found)))
    return Table(
        title=title,
        columns=(
            "true AUROC", "true sensitivity", "true specificity", "power, AUROC", "power, sensitivity",
            "power, specificity", "power of all, at least", "power of all, if independent",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def size_table(
    share: float, effects: Effects, assumed: Sequence[Assumed], bounds: Bounds, power: float = POWER
) -> Table:
    """The images that each co-primary would need for a power of its own, and all of them together.

    Together, whatever their dependence: each misses with a third of the probability that all may miss with.

    Args:
        share: of the images that are positive, in (0, 1).
        effects: the design effects, by which the images of each class are divided.
        assumed: what may be true.
        bounds: the criteria.
        power: wanted of each, and in the last column of all together.
    """
    joint = 1 - (1 - power) / 3
    rows = []
    for one in assumed:
        alone, together = (_sizes(share, effects, one, bounds, each) for each in (power, joint))
        needed = [size for size in together if size is not None]
        rows.append(
            (one.auroc, one.sensitivity, one.specificity, *alone, max(needed) if len(needed) == len(together) else None)
        )
    return Table(
        title=f"Images needed for a power of {power:g}, {share:.3f} of them positive, {effects}",
        columns=(
            "true AUROC", "true sensitivity", "true specificity", "images, AUROC", "images, sensitivity",
            "images, specificity", "images, all together",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _sizes(share: float, effects: Effects, one: Assumed, bounds: Bounds, power: float) -> tuple[int | None, ...]:
    """Images of both classes for AUROC, sensitivity and specificity, clusters counted."""
    positive, negative = share / effects.positives, (1 - share) / effects.negatives  # what an image counts for
    independent = positive + negative
    found = (
        (auroc_size(one.auroc, bounds.auroc, positive / independent, power), independent),
        (proportion_size(one.sensitivity, bounds.sensitivity, power), positive),
        (proportion_size(one.specificity, bounds.specificity, power), negative),
    )
    return tuple(None if size is None else math.ceil(size / part) for size, part in found)
