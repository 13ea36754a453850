"""Metrics against scikit-learn on random and degenerate inputs, and their directions on obvious data."""

import numpy as np
import pytest
from sklearn import metrics as reference

from verification.estimation.operating_point import MAXIMUM_POINTS, draw_curve
from verification.statistics.metrics import UNDEFINED, compute, compute_sums, describe_undefined, rank, sum_by, sweep


def estimate(labels, scores, threshold=0.5, weights=None):
    labels, scores = np.asarray(labels), np.asarray(scores, dtype=float)
    weights = np.ones(labels.size) if weights is None else np.asarray(weights, dtype=float)
    return {name: value[0] for name, value in compute(rank(labels, scores, threshold), weights[np.newaxis]).items()}


def random_cases(seed, ties):
    generator = np.random.default_rng(seed)
    n = int(generator.integers(5, 200))
    labels = generator.integers(0, 2, n)
    labels[:2] = 0, 1
    scores = np.clip(generator.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
    return labels, np.round(scores, 1) if ties else scores, generator.integers(0, 4, n).astype(float)


def gwet(one, other, weights):
    """AC1 by its definition: agreement by chance is as if a random part of the readings were guesses (Gwet 2008)."""
    agreed = np.average(one == other, weights=weights)
    share = np.average((one + other) / 2, weights=weights)
    chance = sum(each * (1 - each) for each in (share, 1 - share))
    return (agreed - chance) / (1 - chance)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_metrics_equal_scikit_learn(seed, ties):
    labels, scores, weights = random_cases(seed, ties)
    if not weights[labels == 0].sum() or not weights[labels == 1].sum():
        weights[:2] = 1
    flagged = (scores >= 0.5).astype(int)
    common = {"sample_weight": weights, "zero_division": np.nan}
    expected = {
        "auroc": reference.roc_auc_score(labels, scores, sample_weight=weights),
        "average_precision": reference.average_precision_score(labels, scores, sample_weight=weights),
        "sensitivity": reference.recall_score(labels, flagged, **common),
        "specificity": reference.recall_score(labels, flagged, pos_label=0, **common),
        "ppv": reference.precision_score(labels, flagged, **common),
        "npv": reference.precision_score(labels, flagged, pos_label=0, **common),
        "f1": reference.f1_score(labels, flagged, **common),
        "always_positive_f1": reference.f1_score(labels, np.ones_like(labels), **common),
        "accuracy": reference.accuracy_score(labels, flagged, sample_weight=weights),
        "prevalence": np.average(labels, weights=weights),
        "flagged_fraction": np.average(flagged, weights=weights),
        "kappa": reference.cohen_kappa_score(labels, flagged, sample_weight=weights),
        "ac1": gwet(labels, flagged, weights),
        "positive_agreement": reference.f1_score(labels, flagged, **common),
        "negative_agreement": reference.f1_score(labels, flagged, pos_label=0, **common),
    }
    positive, negative = reference.class_likelihood_ratios(
        labels, flagged, sample_weight=weights, replace_undefined_by=np.nan
    )
    found = estimate(labels, scores, weights=weights)
    assert found.keys() == expected.keys() | {"lr_positive", "lr_negative"} == set(UNDEFINED)
    for name, value in (expected | {"lr_positive": positive, "lr_negative": negative}).items():
        assert found[name] == pytest.approx(value, nan_ok=True), name


def test_obvious_data_point_the_obvious_way():
    labels, scores = [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]
    right, reversed_ = estimate(labels, scores), estimate(labels, [1 - score for score in scores])
    assert (right["auroc"], right["average_precision"], right["sensitivity"], right["specificity"]) == (1, 1, 1, 1)
    assert (reversed_["auroc"], reversed_["sensitivity"], reversed_["specificity"]) == (0, 0, 0)


def test_a_score_at_the_threshold_is_flagged():
    assert estimate([0, 1], [0.2, 0.5], threshold=0.5)["sensitivity"] == 1
    assert estimate([0, 1], [0.2, 0.5], threshold=np.nextafter(0.5, 1))["sensitivity"] == 0


@pytest.mark.parametrize("seed", range(20))
def test_rounding_of_weights_defines_nothing_that_is_undefined(seed):
    labels, scores, _ = random_cases(seed, ties=False)
    weights = np.random.default_rng(seed).uniform(0.1, 30, labels.size)
    every, none = (estimate(labels, scores, threshold, weights) for threshold in (0.0, 1.1))
    assert np.isnan([every["npv"], every["lr_negative"], none["ppv"], none["lr_positive"]]).all()
    assert (every["sensitivity"], every["specificity"]) == (1, 0)
    assert (none["sensitivity"], none["specificity"]) == (0, 1)


@pytest.mark.parametrize("seed", range(10))
def test_each_of_many_weightings_is_computed_as_if_alone(seed):
    labels, scores, _ = random_cases(seed, ties=True)
    weights = np.random.default_rng(seed).integers(0, 3, (7, labels.size)).astype(float)
    together = compute(rank(labels, scores, 0.5), weights)
    for number, one in enumerate(weights):
        for name, value in estimate(labels, scores, weights=one).items():
            assert together[name][number] == pytest.approx(value, nan_ok=True), name


def test_summing_over_units_is_summing_over_their_images():
    labels, scores, _ = random_cases(4, ties=True)
    units, sampling = np.arange(labels.size) // 3, np.random.default_rng(4).uniform(0.5, 4, labels.size)
    counts = np.random.default_rng(5).integers(0, 4, units.max() + 1).astype(float)
    ranked = rank(labels, scores, 0.5)
    found = compute_sums(ranked, sum_by(ranked, units, sampling) @ counts[:, np.newaxis])
    for name, value in estimate(labels, scores, weights=counts[units] * sampling).items():
        assert found[name][0] == pytest.approx(value, nan_ok=True), name


def test_one_score_for_all_images_ranks_nothing():
    found = estimate([0, 1, 1, 0], [0.3] * 4)
    assert found["auroc"] == 0.5
    assert found["average_precision"] == 0.5


@pytest.mark.parametrize(
    ("labels", "scores", "undefined"),
    [
        ([1, 1], [0.2, 0.9], {"auroc", "specificity", "lr_positive", "lr_negative"}),
        ([0, 0], [0.2, 0.9], {"auroc", "average_precision", "sensitivity", "lr_positive", "lr_negative"}),
        ([0, 1], [0.1, 0.2], {"ppv", "lr_positive"}),
        ([0, 1], [0.8, 0.9], {"npv", "lr_negative"}),
        (
            [0, 0],
            [0.1, 0.2],
            {"auroc", "average_precision", "sensitivity", "ppv", "lr_positive", "lr_negative", "f1", "kappa"}
            | {"positive_agreement"},
        ),
    ],
)
def test_an_undefined_metric_is_none_with_a_reason_and_never_zero(labels, scores, undefined):
    found = {name: describe_undefined(name, value) for name, value in estimate(labels, scores).items()}
    assert {name for name, (value, _) in found.items() if value is None} == undefined
    assert all((value is None) == (reason is not None) for value, reason in found.values())


@pytest.mark.parametrize(
    ("labels", "scores"), [([], []), ([0, 1], [0.5]), ([0, 2], [0.1, 0.2]), ([0, 1], [0.1, np.nan])]
)
def test_unusable_input_is_refused(labels, scores):
    with pytest.raises(ValueError, match="expected"):
        rank(np.asarray(labels, dtype=int), np.asarray(scores, dtype=float), 0.5)


@pytest.mark.parametrize("seed", range(5))
def test_the_sweep_is_scikit_learns_roc_curve(seed):
    labels, scores, _ = random_cases(seed, ties=True)
    fpr, tpr, thresholds = reference.roc_curve(labels, scores, drop_intermediate=False)
    found = sweep(labels, scores)
    np.testing.assert_allclose(found[0], thresholds[1:])
    np.testing.assert_allclose(found[1], tpr[1:])
    np.testing.assert_allclose(found[2], 1 - fpr[1:])


def test_the_drawn_curve_is_thin_whole_and_falls():
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 2, 5000)
    curve = draw_curve(labels, generator.random(5000), 0.25)
    points = curve.points
    assert len(points) == MAXIMUM_POINTS
    assert (points[0].sensitivity, points[0].specificity) == (0, 1)
    assert (points[-1].sensitivity, points[-1].specificity) == (1, 0)
    assert [p.threshold for p in points[1:]] == sorted((p.threshold for p in points[1:]), reverse=True)
    assert curve.operating.threshold == 0.25
    assert curve.operating.sensitivity == pytest.approx(0.75, abs=0.03)
    assert curve.operating.specificity == pytest.approx(0.25, abs=0.03)
