"""Intervals against scipy and against a loop over scikit-learn; what clustering and degenerate data do to them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import recall_score, roc_auc_score

from verification.estimation.estimates import (
    Cases,
    Digests,
    Setting,
    difference,
    estimate,
    estimate_as_if_independent,
    judge,
)
from verification.protocol.plan import Goal
from verification.statistics.intervals import BLOCK, bootstrap, clopper_pearson, delong, wilson
from verification.statistics.metrics import RANKING, rank

SETTING = Setting(200, 1, "r", Digests("a", "b"))


def clustered(patients=60, seed=1):
    generator = np.random.default_rng(seed)
    codes = np.repeat(np.arange(patients), generator.integers(1, 5, patients))
    labels = (codes % 2).astype(int)
    scores = np.clip(0.35 + 0.3 * labels + generator.normal(0, 0.15, patients)[codes], 0, 1)
    return labels, scores, codes


def test_the_bootstrap_is_a_loop_over_scikit_learn():
    labels, scores, codes = clustered()
    replicates, seed = 200, 7
    found = bootstrap(rank(labels, scores, 0.5), codes, replicates, seed)
    count = codes.max() + 1
    areas, sensitivities = [], []
    for block in np.random.SeedSequence(seed).spawn(replicates // BLOCK):
        for patients in np.random.default_rng(block).integers(0, count, (BLOCK, count)):
            images = np.concatenate([np.flatnonzero(codes == patient) for patient in patients])
            areas.append(roc_auc_score(labels[images], scores[images]))
            sensitivities.append(recall_score(labels[images], scores[images] >= 0.5))
    for metric, values in (("auroc", areas), ("sensitivity", sensitivities)):
        interval, defined = found[metric]
        assert defined == replicates
        np.testing.assert_allclose([interval.lower, interval.upper], np.quantile(values, [0.025, 0.975]))


@pytest.mark.parametrize("threads", [1, 4])
def test_the_bootstrap_does_not_depend_on_threads(monkeypatch, threads):
    labels, scores, codes = clustered()
    found = bootstrap(rank(labels, scores, 0.5), codes, 150, 7)
    monkeypatch.setattr("verification.statistics.intervals.THREADS", threads)
    assert bootstrap(rank(labels, scores, 0.5), codes, 150, 7) == found


def limits(one):
    return (one.interval.lower, one.interval.upper) if one.interval else (np.nan, np.nan)


def test_equal_sampling_weights_change_nothing_and_a_weight_of_two_is_the_image_twice():
    labels, scores, codes = clustered()
    plain = estimate(cases(labels, scores, codes), SETTING)
    equal = estimate(replace(cases(labels, scores, codes), weights=np.full(labels.size, 3.0)), SETTING)
    for one, other in zip(plain, equal, strict=True):
        assert one.value == pytest.approx(other.value)
        assert limits(one) == pytest.approx(limits(other), nan_ok=True), one.metric
    doubled = np.where(labels == 1, 2.0, 1.0)
    again = np.repeat(np.arange(labels.size), doubled.astype(int))
    weighted = estimate(replace(cases(labels, scores, codes), weights=doubled), SETTING)
    repeated = estimate(cases(labels[again], scores[again], codes[again]), SETTING)
    for one, other in zip(weighted, repeated, strict=True):
        assert one.value == pytest.approx(other.value), one.metric
        assert limits(one) == pytest.approx(limits(other), nan_ok=True), one.metric


def test_a_difference_of_a_score_with_itself_is_zero_and_with_noise_is_not():
    labels, scores, codes = clustered(patients=200)
    same = difference(cases(labels, scores, codes), scores, SETTING, "itself")
    assert (same.value, same.interval) == (0, None)  # one without width would say that nothing is uncertain
    assert "every replicate gives the same value" in same.reason
    noise = np.random.default_rng(2).random(labels.size)
    better = difference(cases(labels, scores, codes), noise, SETTING, "noise")
    assert better.value == pytest.approx(roc_auc_score(labels, scores) - roc_auc_score(labels, noise))
    assert 0 < better.interval.lower < better.value < better.interval.upper


def test_few_images_of_a_class_only_describe():
    labels, scores, codes = clustered(patients=100)
    assert not any(one.descriptive for one in estimate(cases(labels, scores, codes), SETTING))
    few = np.concatenate((np.flatnonzero(labels == 1)[:29], np.flatnonzero(labels == 0)))
    assert all(one.descriptive for one in estimate(cases(labels[few], scores[few], codes[few]), SETTING))


def test_without_a_threshold_only_the_ranking_is_estimated():
    labels, scores, codes = clustered()
    found = estimate(cases(labels, scores, codes, threshold=None), SETTING)
    assert [one.metric for one in found] == list(RANKING)


def test_repeated_images_widen_the_clustered_interval_and_not_the_independent_one():
    labels, scores, codes = clustered(patients=80)
    again = np.tile(np.arange(labels.size), 4)  # each image four times: no new information
    once = bootstrap(rank(labels, scores, 0.5), codes, 500, 1)["auroc"][0]
    clusters = bootstrap(rank(labels[again], scores[again], 0.5), codes[again], 500, 1)["auroc"][0]
    assert (clusters.lower, clusters.upper) == pytest.approx((once.lower, once.upper))
    naive, naive_again = delong(labels, scores), delong(labels[again], scores[again])
    assert naive_again.upper - naive_again.lower < 0.6 * (naive.upper - naive.lower)


def test_coverage_of_the_clustered_interval_is_near_its_level():
    """The mean of clustered flags is known: of 200 studies, about 95 % of the intervals hold it."""
    held = 0
    for seed in range(200):
        generator = np.random.default_rng(seed)
        rates = generator.beta(8, 2, 80)  # mean 0.8
        codes = np.repeat(np.arange(80), 3)
        scores = (generator.random(240) < rates[codes]).astype(float)
        interval, _ = bootstrap(rank(np.ones(240, dtype=int), scores, 0.5), codes, 300, seed)["sensitivity"]
        held += interval.lower <= 0.8 <= interval.upper
    assert 0.89 <= held / 200 <= 0.99


def test_coverage_of_the_clustered_intervals_of_auroc_and_of_a_paired_difference():
    """Normal scores of known area: about 95 % of the intervals hold it where those of independent images hold less."""
    area, held = stats.norm.cdf(1 / np.sqrt(1 + 1)), {"auroc": 0, "difference": 0, "independent": 0}
    for seed in range(150):
        generator = np.random.default_rng(seed)
        codes = np.repeat(np.arange(120), 4)
        labels = (codes % 2).astype(int)
        both = [generator.normal(0, np.sqrt(0.8), 120)[codes] + generator.normal(labels, np.sqrt(0.2)) for _ in "ab"]
        data = cases(labels, stats.norm.cdf(both[0]), codes)
        setting = Setting(200, seed, "r", Digests("a", "b"))
        (found,) = estimate(data, setting, metrics=("auroc",))
        less = difference(data, both[1], setting, "two scores of the same area")
        alone = delong(labels, both[0])
        held["auroc"] += found.interval.lower <= area <= found.interval.upper
        held["difference"] += less.interval.lower <= 0 <= less.interval.upper
        held["independent"] += alone.lower <= area <= alone.upper
    assert 0.87 <= held["auroc"] / 150 <= 0.99
    assert 0.87 <= held["difference"] / 150 <= 0.99
    assert held["independent"] / 150 < 0.8


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 10), (10, 10), (481, 500)])
def test_exact_and_wilson_limits(successes, n):
    exact, score = clopper_pearson(successes, n, "patients"), wilson(successes, n)
    tail = 0.025
    assert exact.lower == pytest.approx(stats.beta.ppf(tail, successes, n - successes + 1) if successes else 0)
    assert exact.upper == pytest.approx(stats.beta.ppf(1 - tail, successes + 1, n - successes) if successes < n else 1)
    z = stats.norm.ppf(1 - tail)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    assert (score.lower, score.upper) == pytest.approx((centre - reach, centre + reach), abs=1e-12)
    assert "independence" in score.method


def test_delong_is_its_definition():
    labels, scores, _ = clustered()
    scores = scores.round(1)
    positive, negative = scores[labels == 1], scores[labels == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = wins.mean(1).var(ddof=1) / positive.size + wins.mean(0).var(ddof=1) / negative.size
    expected = stats.norm.interval(0.95, wins.mean(), np.sqrt(variance))
    found = delong(labels, scores)
    assert (found.lower, found.upper) == pytest.approx(np.clip(expected, 0, 1))


def goal(metric, bound, limit="lower", comparison=">"):
    return Goal(
        id="CRIT-P-1", metric=metric, subgroup="all", limit=limit, comparison=comparison, bound=bound, rationale=""
    )


def cases(labels, scores, patients, threshold=0.5):
    return Cases(np.asarray(labels), np.asarray(scores, dtype=float), np.asarray(patients, dtype=str), threshold)


def test_at_one_hundred_per_cent_the_exact_interval_over_patients_decides():
    perfect = cases([1, 1, 1, 0, 0], [0.9, 0.8, 0.7, 0.1, 0.2], ["a", "a", "b", "c", "d"])
    found = {one.metric: one for one in estimate(perfect, SETTING, goals=(goal("sensitivity", 0.8),))}
    sensitivity = found["sensitivity"]
    assert (sensitivity.value, sensitivity.n, sensitivity.events, sensitivity.patients) == (1, 3, 3, 2)
    assert sensitivity.interval.lower == pytest.approx(0.025**0.5)  # two patients, not three images
    assert "Clopper" in sensitivity.interval.method
    assert sensitivity.met is False
    assert found["auroc"].interval.lower == pytest.approx(0.025**0.5)
    assert found["lr_positive"].value is None
    assert found["lr_positive"].reason


def perfect_cases():
    labels, scores, patients = [1, 1, 0, 0], [0.9, 0.8, 0.1, 0.2], ["a", "b", "c", "d"]
    return cases(labels * 20, scores * 20, [f"{one}{copy}" for copy in range(20) for one in patients])


def test_without_an_exact_method_an_interval_without_width_is_none():
    plain = {one.metric: one for one in estimate(perfect_cases(), SETTING)}
    assert plain["sensitivity"].interval.upper == 1
    assert plain["sensitivity"].interval.lower < 1
    for one in (plain["f1"], plain["lr_negative"]):
        assert one.value in (0, 1)
        assert one.interval is None
        assert "same value" in one.reason


def test_a_weighted_estimate_at_the_end_has_the_exact_interval_over_the_effective_patients():
    perfect = perfect_cases()
    alike = {one.metric: one for one in estimate(replace(perfect, weights=np.full(80, 2.0)), SETTING)}
    plain = {one.metric: one for one in estimate(perfect, SETTING)}
    for metric in ("sensitivity", "specificity", "auroc"):
        assert alike[metric].interval.lower == plain[metric].interval.lower  # weights that are alike are none
    weights = np.where(np.arange(80) < 4, 9.0, 1.0)
    uneven = {one.metric: one for one in estimate(replace(perfect, weights=weights), SETTING)}
    effective = int((2 * 9 + 38) ** 2 / (2 * 81 + 38))  # 2 of the 40 positive patients count nine times
    assert effective == 15
    assert uneven["sensitivity"].value == 1
    assert uneven["sensitivity"].interval.lower == pytest.approx(0.025 ** (1 / effective))
    assert uneven["auroc"].interval.lower == pytest.approx(0.025 ** (1 / effective))
    assert "15 effective patients" in uneven["sensitivity"].interval.method
    assert uneven["prevalence"].interval.lower < 0.5 < uneven["prevalence"].interval.upper
    none = estimate(replace(perfect, weights=weights, threshold=0.95), SETTING, metrics=("sensitivity",))[0]
    assert (none.value, none.interval.lower) == (0, 0)
    assert none.interval.upper == pytest.approx(1 - 0.025 ** (1 / effective))


def test_one_patient_gives_values_and_no_interval_that_the_patient_alone_could_not_give():
    found = {one.metric: one for one in estimate(cases([1, 1, 0, 0], [0.9, 0.3, 0.2, 0.1], ["a"] * 4), SETTING)}
    assert (found["sensitivity"].value, found["sensitivity"].interval) == (0.5, None)
    exact = found["specificity"].interval
    assert (exact.lower, exact.upper) == pytest.approx((0.025, 1))
    assert "1 patients" in exact.method


def test_a_criterion_is_decided_by_its_limit_and_side():
    labels, scores, codes = clustered(patients=200)
    data = cases(labels, scores, codes)
    area = next(one for one in estimate(data, SETTING) if one.metric == "auroc")
    low, high = area.interval.lower, area.interval.upper
    for one, expected in (
        (goal("auroc", low - 0.01), True),
        (goal("auroc", low + 0.01), False),
        (goal("auroc", low), False),
        (goal("auroc", low, comparison=">="), True),
        (goal("auroc", high + 0.01, limit="upper", comparison="<"), True),
        (goal("auroc", high - 0.01, limit="upper", comparison="<"), False),
    ):
        estimates = estimate(data, SETTING, goals=(one,))
        (judged,) = judge((one,), estimates, None)
        assert judged.met is expected
        assert judged.estimate.decides
        assert [e.metric for e in estimates if e.decides] == ["auroc"]


def test_intervals_that_assume_independence_decide_nothing():
    labels, scores, codes = clustered()
    found = estimate_as_if_independent(cases(labels, scores, codes), SETTING)
    assert [one.metric for one in found] == ["auroc", "sensitivity", "specificity"]
    assert all("independence" in one.interval.method and not one.decides for one in found)
