"""Two-sided 95 % intervals: the patient-clustered bootstrap decides; the others assume independence and only inform."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from verification.evidence import Interval
from verification.statistics.metrics import Floats, Ranked, compute_sums, sum_by

LEVEL = 0.95
LIMITS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
BLOCK = 50
"""Replicates that are drawn and computed together, from one seed: neither memory nor threads change a result."""

THREADS = 2


def bootstrap(
    ranked: Ranked, patients: NDArray[np.intp], replicates: int, seed: int, weights: Floats | None = None
) -> dict[str, tuple[Interval | None, int]]:
    """Percentile intervals of every metric from samples of patients with replacement, each with all its images.

    Args:
        ranked: the images.
        patients: (images,) the patient of each image, in the input's order, numbered from 0 without holes.
        replicates: how many samples.
        seed: of the generators (PCG64, one a block of 50 replicates).
        weights: (images,) sampling weights, which an image keeps in every sample; None if all count alike.

    Returns:
        By metric, the interval and the number of replicates in which the metric was defined; no interval if it was
        undefined in more than 1 % of them.
    """
    summing = sum_by(ranked, patients, weights)

    def measure(drawn: Floats) -> dict[str, Floats]:
        return compute_sums(ranked, summing @ drawn)

    values = resample(int(patients.max()) + 1, replicates, seed, measure)
    return {metric: percentile(each, replicates, seed) for metric, each in values.items()}


def bootstrap_difference(
    pair: tuple[Ranked, Ranked], patients: NDArray[np.intp], replicates: int, seed: int, weights: Floats | None = None
) -> tuple[Interval | None, int]:
    """The same for the AUROC of the first score less that of the second, both on the same samples."""
    summing = [sum_by(ranked, patients, weights) for ranked in pair]

    def measure(drawn: Floats) -> dict[str, Floats]:
        areas = [compute_sums(ranked, each @ drawn)["auroc"] for ranked, each in zip(pair, summing, strict=True)]
        return {"auroc_difference": areas[0] - areas[1]}

    values = resample(int(patients.max()) + 1, replicates, seed, measure)
    return percentile(values["auroc_difference"], replicates, seed)


def resample(
    patients: int, replicates: int, seed: int, measure: Callable[[Floats], dict[str, Floats]]
) -> dict[str, Floats]:
    """What `measure` gives on samples of patients with replacement.

    Args:
        patients: how many there are.
        replicates: how many samples.
        seed: of the generators.
        measure: takes (patients, samples), how often each was drawn, and gives (samples,) by name.
    """
    sizes = [min(BLOCK, replicates - start) for start in range(0, replicates, BLOCK)]
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(lambda size, each: measure(_draw(patients, size, each)), sizes, seeds))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def percentile(values: Floats, replicates: int, seed: int) -> tuple[Interval | None, int]:
    """The interval between the outer percentiles of the replicates, and how many of them are defined."""
    defined = values[~np.isnan(values)]
    if defined.size < 0.99 * replicates:
        return None, int(defined.size)
    method = f"patient-clustered bootstrap, percentile, {replicates} replicates, seed {seed}"
    lower, upper = np.quantile(defined, LIMITS)
    return _interval(lower, upper, method), int(defined.size)


def _draw(patients: int, samples: int, seed: np.random.SeedSequence) -> Floats:
    places = np.random.default_rng(seed).integers(0, patients, (samples, patients)) * samples
    places += np.arange(samples)[:, np.newaxis]
    counts = np.bincount(places.ravel(), minlength=samples * patients)
    return counts.reshape(patients, samples).astype(np.float64)


def clopper_pearson(successes: int, n: int, of: str) -> Interval:
    """The exact binomial interval of `successes` in `n` independent `of` (such as "patients")."""
    limits = stats.binomtest(successes, n).proportion_ci(LEVEL, method="exact")
    return _interval(limits.low, limits.high, f"exact binomial (Clopper–Pearson) over {n} {of}")


def wilson(successes: int, n: int) -> Interval:
    """Wilson's score interval over images, as if they were independent."""
    limits = stats.binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return _interval(limits.low, limits.high, "Wilson over images, assumes independence")


def delong(labels: NDArray[np.int_], scores: Floats) -> Interval | None:
    """DeLong's interval of the AUROC over images, as if they were independent; None with fewer than 2 of a class."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    if min(positive.size, negative.size) < 2:
        return None
    ranks = stats.rankdata(np.concatenate((positive, negative)))
    above = (ranks[: positive.size] - stats.rankdata(positive)) / negative.size
    below = 1 - (ranks[positive.size :] - stats.rankdata(negative)) / positive.size
    area = float(above.mean())
    error = float(np.sqrt(above.var(ddof=1) / positive.size + below.var(ddof=1) / negative.size))
    reach = float(stats.norm.ppf(LIMITS[1])) * error
    return _interval(max(0.0, area - reach), min(1.0, area + reach), "DeLong over images, assumes independence")


def _interval(lower: float, upper: float, method: str) -> Interval:
    return Interval(lower=float(lower), upper=float(upper), level=LEVEL, method=method)
