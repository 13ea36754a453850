"""Curves, prevalence, calibration, power and the threshold's uncertainty against definitions and simulation."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from device.training.operating_point import choose_threshold
from verification.estimation.calibration import calibration
from verification.estimation.curves import POINTS, precision_recall_figure, roc_figure, sweep_table
from verification.estimation.estimates import Cases, Digests, Setting, estimate
from verification.estimation.operating_point import threshold_interval
from verification.statistics.intervals import BLOCK, delong, wilson
from verification.statistics.power import (
    Assumed,
    Bounds,
    Effects,
    auroc_power,
    auroc_size,
    auroc_standard_error,
    design_effect,
    power_table,
    proportion_power,
    proportion_size,
    size_table,
)
from verification.statistics.prevalence import prevalence_table

SETTING = Setting(200, 1, "r", Digests("a", "b"))


def random_cases(n=3000, seed=0, weights=None):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, n)
    scores = np.clip(generator.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
    return Cases(labels, scores, generator.integers(0, n // 3, n).astype(str), 0.5, weights)


def area_under(series):
    return np.trapezoid(series.y, series.x)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_drawn_roc_curve_is_thin_and_has_the_area_of_the_score(weighted):
    weights = np.random.default_rng(1).uniform(0.5, 4, 3000) if weighted else None
    cases = random_cases(weights=weights)
    figure = roc_figure(cases, {"reversed": 1 - cases.scores})
    ours, reversed_, chance = figure.series
    assert len(ours.x) <= POINTS + 1
    assert (ours.x[0], ours.y[0], ours.x[-1], ours.y[-1]) == pytest.approx((0, 0, 1, 1))
    area = reference.roc_auc_score(cases.labels, cases.scores, sample_weight=weights)
    assert area_under(ours) == pytest.approx(area, abs=0.005)
    assert area_under(reversed_) == pytest.approx(1 - area, abs=0.005)
    assert area_under(chance) == 0.5


def test_precision_and_recall_end_at_the_prevalence():
    cases = random_cases()
    curve, base = precision_recall_figure(cases).series
    precision, recall, _ = reference.precision_recall_curve(cases.labels, cases.scores)
    assert (curve.x[-1], curve.y[-1]) == pytest.approx((1, cases.labels.mean()))
    assert base.y[0] == pytest.approx(cases.labels.mean())
    assert (
        curve.y[100] in np.round(precision[np.isclose(recall, curve.x[100])], 12)
        or np.isclose(precision[np.isclose(recall, curve.x[100])], curve.y[100]).any()
    )


def test_the_sweep_holds_the_locked_threshold_and_falls():
    cases = random_cases()
    locked, *swept = sweep_table(cases).rows
    flagged = cases.scores >= 0.5
    expected = (flagged[cases.labels == 1].mean(), 1 - flagged[cases.labels == 0].mean(), flagged.mean())
    assert locked[1] == 0.5
    assert locked[2:] == pytest.approx(expected)
    for name, threshold, sensitivity, *_ in swept:
        wanted = float(name.split()[-1])
        positive = cases.scores[cases.labels == 1]
        assert sensitivity >= wanted
        assert (positive > threshold).mean() < wanted  # a higher threshold would keep too few


def test_curves_of_one_class_are_refused():
    with pytest.raises(ValueError, match="both classes"):
        roc_figure(Cases(np.ones(3, dtype=int), np.array([0.1, 0.2, 0.3]), np.array(["a", "b", "c"]), 0.2))


def test_predictive_values_follow_bayes_at_the_studys_own_prevalence():
    cases = random_cases()
    found = {one.metric: one for one in estimate(cases, SETTING)}
    table = prevalence_table(found["sensitivity"], found["specificity"], (float(cases.labels.mean()), 0.01))
    own, rare = table.rows
    assert own[1:4] == pytest.approx((found["ppv"].value, found["npv"].value, 100 * found["flagged_fraction"].value))
    assert rare[1] < own[1]
    assert rare[4] < rare[1] < rare[7]
    limits = [found[name].interval for name in ("sensitivity", "specificity")]
    corners = [
        100 * (one * 0.01 + (1 - two) * 0.99)
        for one in (limits[0].lower, limits[0].upper)
        for two in (limits[1].lower, limits[1].upper)
    ]
    assert (rare[6], rare[9]) == pytest.approx((min(corners), max(corners)))
    assert "no change of spectrum" in table.title


def test_calibration_counts_every_image_once_and_rises_with_a_good_score():
    cases = random_cases()
    table, figure = calibration(cases)
    assert np.sum([row[2] for row in table.rows]) == cases.labels.size
    shares = [row[4] for row in table.rows]
    assert shares == sorted(shares)
    assert figure.series[0].y == tuple(shares)
    assert max(figure.series[1].x) == max(figure.series[0].x)  # the drawing's axis is that of the scores
    constant = Cases(cases.labels, np.full(3000, 0.3), cases.patients, 0.5)
    assert [row[2] for row in calibration(constant)[0].rows] == [3000]


def test_the_design_effect_is_one_without_clusters_or_correlation():
    assert design_effect([1] * 10, 0.8) == 1
    assert design_effect([3] * 10, 0) == 1
    assert design_effect([3] * 10, 0.5) == 2
    assert design_effect([1, 1, 4], 1) == pytest.approx(3)  # (1 + 1 + 16) / 6


def test_each_class_is_counted_by_its_own_clusters():
    assumed, bounds = [Assumed(0.9, 0.9, 0.9)], Bounds(0.8, 0.8, 0.8)
    (row,) = power_table(300, 100, Effects(3, 1), assumed, bounds).rows
    assert row[4] == row[5] == proportion_power(0.9, 0.8, 100)  # as many independent positives as negatives
    assert row[3] == auroc_power(0.9, 0.8, 100, 100)
    (needed,) = size_table(0.75, Effects(3, 1), assumed, bounds).rows
    assert needed[4] == needed[5] == 4 * proportion_size(0.9, 0.8)  # a quarter of the images count, in each class


def test_hanley_and_mcneil_is_near_a_simulation():
    generator = np.random.default_rng(5)
    rate = 0.9 / 0.1  # P(positive > negative) of exponential scores with this ratio of means is 0.9
    positive, negative = generator.exponential(rate, (2000, 60, 1)), generator.exponential(1, (2000, 1, 90))
    areas = (positive > negative).mean(axis=(1, 2))  # of 2,000 studies
    assert np.std(areas) == pytest.approx(auroc_standard_error(0.9, 60, 90), rel=0.05)


def test_the_power_of_a_proportion_is_that_of_its_wilson_interval():
    n, bound, truth = 80, 0.8, 0.9
    passed = [wilson(k, n).lower > bound for k in range(n + 1)]
    assert proportion_power(truth, bound, n) == pytest.approx(stats.binom.pmf(np.flatnonzero(passed), n, truth).sum())
    assert proportion_power(truth, bound, 300) > proportion_power(truth, bound, n)


def test_no_more_than_the_level_passes_at_the_bound():
    assert auroc_power(0.95, 0.95, 390, 234) == pytest.approx(0.025)
    assert proportion_power(0.8, 0.8, 1000) < 0.03


@pytest.mark.parametrize("truth", [0.85, 0.93, 0.99])
def test_the_size_found_reaches_the_power_and_half_of_it_does_not(truth):
    needed = proportion_size(truth, 0.8, 0.9)
    assert proportion_power(truth, 0.8, needed - 1) < 0.9 <= proportion_power(truth, 0.8, needed)
    images = auroc_size(truth, 0.8, 0.3, 0.9)
    powers = [auroc_power(truth, 0.8, n * 0.3, n * 0.7) for n in (images // 2, images - 1, images)]
    assert powers[1] < 0.9 <= powers[2]
    assert powers[0] < 0.9
    assert (proportion_size(0.8, 0.8), auroc_size(0.79, 0.8, 0.3)) == (None, None)


def test_a_study_of_the_size_found_passes_that_often():
    truth, generator, passed = 0.9, np.random.default_rng(8), 0
    images = auroc_size(truth, 0.8, 0.4, 0.8)
    positives = round(images * 0.4)
    labels = np.r_[np.ones(positives, dtype=int), np.zeros(images - positives, dtype=int)]
    for _ in range(400):
        found = delong(labels, generator.normal(labels * np.sqrt(2) * stats.norm.ppf(truth), 1))
        passed += found.lower > 0.8
    assert passed / 400 == pytest.approx(0.8, abs=0.1)


def test_the_sizes_of_all_together_are_enough_for_their_joint_power():
    one, bounds = Assumed(0.975, 0.93, 0.88), Bounds(0.95, 0.8, 0.8)
    ((*_, area, sensitive, specific, together),) = size_table(0.6, Effects(1.9, 1.9), [one], bounds, 0.9).rows
    assert together > max(area, sensitive, specific)
    (row,) = power_table(round(together * 0.6), together - round(together * 0.6), Effects(1.9, 1.9), [one], bounds).rows
    assert row[6] >= 0.895
    ((*_, hopeless),) = size_table(0.6, Effects(1.9, 1.9), [Assumed(0.94, 0.93, 0.88)], bounds).rows
    assert hopeless is None


def test_joint_power_lies_between_its_bounds():
    (row,) = power_table(390, 234, Effects(1.2, 1.2), [Assumed(0.97, 0.93, 0.88)], Bounds(0.95, 0.8, 0.8)).rows
    powers, least, independent = row[3:6], row[6], row[7]
    assert max(0, sum(powers) - 2) == pytest.approx(least)
    assert least <= independent <= min(powers)


def test_the_thresholds_interval_holds_it_and_narrows_with_more_patients():
    widths = []
    for n in (300, 3000):
        cases = random_cases(n)
        positive = np.sort(cases.scores[cases.labels == 1])[::-1]
        chosen = positive[int(np.ceil(0.95 * positive.size)) - 1]
        found = threshold_interval(cases.labels, cases.scores, cases.codes, 0.95, 400, 3)
        assert found.lower <= chosen <= found.upper
        widths.append(found.upper - found.lower)
    assert widths[1] < widths[0]


def test_the_thresholds_interval_is_of_the_rule_that_releases_are_locked_by():
    cases = random_cases(120)
    scores, codes = cases.scores.round(2), cases.codes
    count, thresholds = codes.max() + 1, []
    for block in np.random.SeedSequence(3).spawn(2):
        for patients in np.random.default_rng(block).integers(0, count, (BLOCK, count)):
            images = np.concatenate([np.flatnonzero(codes == patient) for patient in patients])
            thresholds.append(choose_threshold(cases.labels[images] == 1, scores[images], 0.9))
    found = threshold_interval(cases.labels, scores, codes, 0.9, 2 * BLOCK, 3)
    assert (found.lower, found.upper) == pytest.approx(tuple(np.quantile(thresholds, [0.025, 0.975])))


def test_a_threshold_that_no_sample_changes_has_no_width():
    labels, scores = np.array([1, 1, 0, 0]), np.array([0.7, 0.7, 0.1, 0.3])
    one = threshold_interval(labels, scores, np.array([0, 0, 0, 0]), 0.95, 200, 1)
    assert (one.lower, one.upper) == (0.5, 0.5)
    assert threshold_interval(labels, scores, np.array([0, 0, 1, 1]), 0.95, 200, 1) is None  # a quarter lack patient 0
