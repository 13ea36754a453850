"""Intervals against scipy and against a loop over scikit-learn; what clustering and degenerate data do to them."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import recall_score, roc_auc_score

from verification.performance.estimates import Cases, Digests, estimate, estimate_as_if_independent, judge
from verification.performance.intervals import bootstrap, clopper_pearson, delong, wilson
from verification.performance.metrics import rank
from verification.performance.plan import Goal, Plan


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
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates)
    areas, sensitivities = [], []
    for counts in drawn:
        images = np.repeat(np.arange(labels.size), counts[codes])
        areas.append(roc_auc_score(labels[images], scores[images]))
        sensitivities.append(recall_score(labels[images], scores[images] >= 0.5))
    for metric, values in (("auroc", areas), ("sensitivity", sensitivities)):
        interval, defined = found[metric]
        assert defined == replicates
        np.testing.assert_allclose([interval.lower, interval.upper], np.quantile(values, [0.025, 0.975]))


def test_the_bootstrap_does_not_depend_on_how_it_is_cut(monkeypatch):
    labels, scores, codes = clustered()
    whole = bootstrap(rank(labels, scores, 0.5), codes, 50, 7)
    monkeypatch.setattr("verification.performance.intervals.CHUNK", 3 * labels.size)
    assert bootstrap(rank(labels, scores, 0.5), codes, 50, 7) == whole


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


PLAN = Plan(
    name="p", title="", kind="development", label="", release="", dataset="", split="", objective="", population="",
    unit="", reference_standard="r", data="", exclusions=(), threshold_rule="", interval_method="", replicates=200,
    seed=1, subgroups=(), not_recorded=(), sample_size="", limitations=(), asserted=None,
)  # fmt: skip
OF = Digests("a", "b")


def goal(metric, bound, limit="lower", comparison=">"):
    return Goal(
        id="CRIT-P-1", metric=metric, subgroup="all", limit=limit, comparison=comparison, bound=bound, rationale=""
    )


def cases(labels, scores, patients, threshold=0.5):
    return Cases(np.asarray(labels), np.asarray(scores, dtype=float), np.asarray(patients, dtype=str), threshold)


def test_at_one_hundred_per_cent_the_exact_interval_over_patients_decides():
    perfect = cases([1, 1, 1, 0, 0], [0.9, 0.8, 0.7, 0.1, 0.2], ["a", "a", "b", "c", "d"])
    found = {one.metric: one for one in estimate(perfect, PLAN, (goal("sensitivity", 0.8),), "all", OF)}
    sensitivity = found["sensitivity"]
    assert (sensitivity.value, sensitivity.n, sensitivity.events, sensitivity.patients) == (1, 3, 3, 2)
    assert sensitivity.interval.lower == pytest.approx(0.025**0.5)  # two patients, not three images
    assert "Clopper" in sensitivity.interval.method
    assert sensitivity.met is False
    assert found["auroc"].interval.lower == pytest.approx(0.025**0.5)
    assert found["lr_positive"].value is None
    assert found["lr_positive"].reason


def test_a_criterion_is_decided_by_its_limit_and_side():
    labels, scores, codes = clustered(patients=200)
    data = cases(labels, scores, codes)
    area = next(one for one in estimate(data, PLAN, (), "all", OF) if one.metric == "auroc")
    low, high = area.interval.lower, area.interval.upper
    for one, expected in (
        (goal("auroc", low - 0.01), True),
        (goal("auroc", low + 0.01), False),
        (goal("auroc", low), False),
        (goal("auroc", low, comparison=">="), True),
        (goal("auroc", high + 0.01, limit="upper", comparison="<"), True),
        (goal("auroc", high - 0.01, limit="upper", comparison="<"), False),
    ):
        estimates = tuple(estimate(data, PLAN, (one,), "all", OF))
        (judged,) = judge((one,), estimates, None)
        assert judged.met is expected
        assert judged.estimate.decides
        assert [e.metric for e in estimates if e.decides] == ["auroc"]


def test_intervals_that_assume_independence_decide_nothing():
    labels, scores, codes = clustered()
    found = list(estimate_as_if_independent(cases(labels, scores, codes), PLAN, OF))
    assert [one.metric for one in found] == ["auroc", "sensitivity", "specificity"]
    assert all("independence" in one.interval.method and not one.decides for one in found)
