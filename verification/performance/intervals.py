"""Two-sided 95 % intervals: the patient-clustered bootstrap decides; the others assume independence and only inform."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from verification.evidence import Interval
from verification.performance.metrics import Floats, Ranked, compute

LEVEL = 0.95
LIMITS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
CHUNK = 2**22
"""How many weights are held at once: memory does not grow with the number of replicates."""


def bootstrap(
    ranked: Ranked, patients: NDArray[np.intp], replicates: int, seed: int
) -> dict[str, tuple[Interval | None, int]]:
    """Percentile intervals of every metric from samples of patients with replacement, each with all its images.

    Args:
        ranked: the images.
        patients: (images,) the patient of each image, in the input's order, numbered from 0 without holes.
        replicates: how many samples.
        seed: of the generator (PCG64).

    Returns:
        By metric, the interval and the number of replicates in which the metric was defined; no interval if it was
        undefined in more than 1 % of them.
    """
    parts = [compute(ranked, weights) for weights in _weights(patients, replicates, seed)]
    found = {}
    for metric in parts[0]:
        values = np.concatenate([part[metric] for part in parts])
        defined = values[~np.isnan(values)]
        enough = defined.size >= 0.99 * replicates
        method = f"patient-clustered bootstrap, percentile, {replicates} replicates, seed {seed}"
        limits = np.quantile(defined, LIMITS) if enough else None
        interval = None if limits is None else _interval(limits[0], limits[1], method)
        found[metric] = (interval, int(defined.size))
    return found


def _weights(patients: NDArray[np.intp], replicates: int, seed: int) -> Iterator[Floats]:
    """Yield (replicates of a part, images): how often each image's patient was drawn."""
    generator = np.random.default_rng(seed)
    count = int(patients.max()) + 1
    step = max(1, CHUNK // patients.size)
    for start in range(0, replicates, step):
        drawn = generator.multinomial(count, np.full(count, 1 / count), size=min(step, replicates - start))
        yield drawn[:, patients].astype(np.float64)


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
