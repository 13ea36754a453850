"""The patient-clustered bootstrap of every metric, and the same by a loop over scikit-learn's calls.

python benchmarks/bootstrap.py [replicates]

Made-up images of three studies: as many, with about as many images a patient and as many positives, as the public
benchmark, the comparator and all of NIH's collection have. Each size runs in a process of its own, so that its peak
memory is its own. The loop is timed on a few replicates, which are drawn and weighted alike, and extrapolated: it is
linear in them. Run it on an idle machine; both sides share what else runs.
"""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as reference

from verification.estimation.estimates import Cases
from verification.statistics.intervals import THREADS, bootstrap
from verification.statistics.metrics import UNDEFINED, Floats, compute, rank

LOOPED = 5
"""Replicates of the loop that are timed."""

SIZES = ((624, 300, 0.625), (22_433, 6_187, 0.2), (112_120, 30_805, 0.2))
"""Images, patients and the share of positive images."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of all replicates, the loop's extrapolated, and the peak memory of the bootstrap's process."""

    images: int
    ours: float
    loop: float
    megabytes: float


def make_cases(images: int, patients: int, share: float) -> Cases:
    """Images whose patients have unequal numbers of them, with overlapping scores of many digits."""
    generator = np.random.default_rng(1)
    labels = (generator.random(images) < share).astype(np.int_)
    scores = 1 / (1 + np.exp(-generator.normal(labels - 0.5, 1)))
    return Cases(labels, scores, generator.integers(0, patients, images).astype(str), 0.5)


def call_all(labels: NDArray[np.int_], scores: Floats, weights: Floats) -> dict[str, float]:
    """Every metric that scikit-learn has a call for, and the rest from its calls."""
    flagged = (scores >= 0.5).astype(np.int_)
    common = {"sample_weight": weights, "zero_division": np.nan}
    positive, negative = reference.class_likelihood_ratios(labels, flagged, sample_weight=weights)
    (tn, fp), (fn, tp) = reference.confusion_matrix(labels, flagged, sample_weight=weights)
    share = (2 * tp + fp + fn) / 2 / (tp + fp + fn + tn)
    agreed = reference.accuracy_score(labels, flagged, sample_weight=weights)
    by_guess = 2 * share * (1 - share)
    return {
        "auroc": reference.roc_auc_score(labels, scores, sample_weight=weights),
        "average_precision": reference.average_precision_score(labels, scores, sample_weight=weights),
        "sensitivity": reference.recall_score(labels, flagged, **common),
        "specificity": reference.recall_score(labels, flagged, pos_label=0, **common),
        "ppv": reference.precision_score(labels, flagged, **common),
        "npv": reference.precision_score(labels, flagged, pos_label=0, **common),
        "lr_positive": positive,
        "lr_negative": negative,
        "f1": reference.f1_score(labels, flagged, **common),
        "always_positive_f1": reference.f1_score(labels, np.ones_like(labels), **common),
        "accuracy": agreed,
        "prevalence": float(np.average(labels, weights=weights)),
        "flagged_fraction": float(np.average(flagged, weights=weights)),
        "kappa": reference.cohen_kappa_score(labels, flagged, sample_weight=weights),
        "ac1": (agreed - by_guess) / (1 - by_guess),
        "positive_agreement": 2 * tp / (2 * tp + fp + fn),
        "negative_agreement": 2 * tn / (2 * tn + fp + fn),
    }


def time_size(images: int, patients: int, share: float, replicates: int) -> Timed:
    """Both ways on one size; their metrics are compared first."""
    cases = make_cases(images, patients, share)
    start = time.perf_counter()
    bootstrap(rank(cases.labels, cases.scores, cases.threshold), cases.codes, replicates, 1)
    ours = time.perf_counter() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    count = int(cases.codes.max()) + 1  # a few of the patients have no image
    drawn = np.random.default_rng(1).multinomial(count, np.full(count, 1 / count), size=LOOPED)
    weights = drawn[:, cases.codes].astype(np.float64)
    expected = compute(rank(cases.labels, cases.scores, cases.threshold), weights)
    start = time.perf_counter()
    found = [call_all(cases.labels, cases.scores, each) for each in weights]
    loop = (time.perf_counter() - start) / LOOPED * replicates
    compare(expected, found)
    return Timed(images, ours, loop, megabytes)


def compare(expected: Mapping[str, Floats], found: list[dict[str, float]]) -> None:
    """Stop if the two ways differ: a benchmark of two different things says nothing."""
    for name in UNDEFINED:
        np.testing.assert_allclose(expected[name], [one[name] for one in found], rtol=1e-9, err_msg=name)


def alone(work: Callable[..., Timed], *arguments: float) -> Timed:
    """Run in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def main(replicates: int) -> None:
    """Print a row for each size."""
    print(f"{len(UNDEFINED)} metrics, {replicates} replicates, {THREADS} threads; the loop extrapolated from {LOOPED}")
    print("  images   bootstrap        loop   ratio   microseconds/image   peak memory")
    for size in SIZES:
        one = alone(time_size, *size, replicates)
        each = one.ours / one.images * 1e6
        print(
            f"{one.images:>8,} {one.ours:>9.2f} s {one.loop:>9.0f} s {one.loop / one.ours:>7.0f} {each:>20.1f}"
            f" {one.megabytes:>10.0f} MB"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
