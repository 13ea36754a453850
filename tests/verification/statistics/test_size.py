"""The size of a study: against simulation, scipy's own intervals, scikit-learn's AUROC, and known figures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import roc_auc_score

from verification.evidence import Interval
from verification.statistics.intervals import delong, wilson
from verification.statistics.metrics import Floats
from verification.statistics.power import LIMIT, Assumed, Bounds, auroc_standard_error, design_effect
from verification.statistics.size import (
    Clustering,
    Images,
    Z,
    auroc_images,
    count_wrong,
    find_images,
    find_powers,
    half_width,
    images_for_width,
    images_to_screen,
    join_images,
    measure_design_effect,
    normal_standard_error,
    power_of_each,
    predict,
    proportion_images,
    spread_power,
    transfer_design_effect,
)

Labels = NDArray[np.int_]
BOUNDS = Bounds(0.95, 0.8, 0.8)
ALONE = Clustering(1.0, 1.0, 1.0)
TRUTH = Assumed(0.97, 0.92, 0.86)


def interval(lower: float, upper: float) -> Interval:
    return Interval(lower=lower, upper=upper, level=0.95, method="")


def draw_normal(rng: np.random.Generator, area: float, positives: int, negatives: int) -> tuple[Labels, Floats]:
    """Labels and scores of two normal distributions of one spread with that AUROC."""
    scores = np.concatenate((rng.normal(np.sqrt(2) * stats.norm.ppf(area), 1, positives), rng.normal(0, 1, negatives)))
    return np.repeat([1, 0], (positives, negatives)), scores


def draw_exponential(rng: np.random.Generator, area: float, positives: int, negatives: int) -> tuple[Labels, Floats]:
    """The same of two exponential distributions, which Hanley and McNeil's variance is of."""
    scores = np.concatenate((rng.exponential(area / (1 - area), positives), rng.exponential(1, negatives)))
    return np.repeat([1, 0], (positives, negatives)), scores


@pytest.mark.parametrize(
    ("truth", "bound", "power", "images"),
    # computed by others, before this code, by the same definition: Wilson's lower limit above the bound
    [(0.85, 0.8, 0.8, 481), (0.87, 0.8, 0.9, 315), (0.9, 0.8, 0.9, 142), (0.78, 0.7, 0.8, 248), (0.8, 0.75, 0.9, 758)],
)
def test_images_for_a_proportion_are_those_that_are_known(
    truth: float, bound: float, power: float, images: int
) -> None:
    assert proportion_images(1.0, truth, bound, power) == pytest.approx(images, abs=6)


def test_power_of_a_proportion_is_what_scipys_intervals_give_and_stays_reached() -> None:
    def reached(n: int) -> float:
        """The probability that scipy's Wilson limit lies above the bound, count by count."""
        passing = [k for k in range(n + 1) if stats.binomtest(k, n).proportion_ci(0.95, "wilson").low > 0.8]
        return float(stats.binom.pmf(passing, n, 0.92).sum())

    needed = proportion_images(1.0, 0.92, 0.8, 0.9)
    assert needed is not None
    assert reached(needed - 1) < 0.9
    assert all(reached(n) >= 0.9 for n in range(needed, needed + 4))
    assert proportion_images(1.5, 0.92, 0.8, 0.9) == np.ceil(needed * 1.5)


DRAWN = {"exponential": (draw_exponential, auroc_standard_error), "normal": (draw_normal, normal_standard_error)}


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize(("area", "positives", "negatives"), [(0.97, 100, 150), (0.85, 80, 80)])
def test_spread_of_an_auroc_is_that_of_drawn_scores(kind: str, area: float, positives: int, negatives: int) -> None:
    draw, standard_error = DRAWN[kind]
    rng = np.random.default_rng(20261130)
    drawn = [roc_auc_score(*draw(rng, area, positives, negatives)) for _ in range(300)]
    assert np.mean(drawn) == pytest.approx(area, abs=0.004)
    assert standard_error(area, positives, negatives) == pytest.approx(np.std(drawn), rel=0.13)


@pytest.mark.parametrize(("kind", "least", "most"), [("exponential", 0.72, 0.88), ("normal", 0.9, 1.0)])
def test_power_of_an_auroc_is_that_of_delongs_limit_on_drawn_scores(kind: str, least: float, most: float) -> None:
    """Sized for 0.8 by Hanley and McNeil's variance; scores that are normal then pass more often."""
    images = auroc_images(0.4, 1.0, 0.97, 0.95, 0.8)
    assert images is not None
    rng = np.random.default_rng(7)
    limits = [delong(*DRAWN[kind][0](rng, 0.97, images.positive, images.negative)) for _ in range(300)]
    met = np.mean([limit is not None and limit.lower > 0.95 for limit in limits])
    assert least <= met <= most  # the standard error of the simulation is 0.02


def test_the_variance_that_sizes_a_study_is_the_larger_one() -> None:
    for area in (0.8, 0.9, 0.95, 0.97, 0.99):
        assert auroc_standard_error(area, 200, 300) > normal_standard_error(area, 200, 300)


def test_fewest_images_for_an_auroc_are_the_fewest() -> None:
    images = auroc_images(0.5, 1.0, 0.97, 0.95, 0.9)
    assert images is not None
    fewer = Images(images.positive - 1, images.negative - 1)
    assert find_powers(images, ALONE, TRUTH, BOUNDS).auroc >= 0.9 > find_powers(fewer, ALONE, TRUTH, BOUNDS).auroc


@pytest.mark.parametrize("joint", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("clustering", [ALONE, Clustering(1.2, 1.3, 1.6)])
def test_images_reach_the_power_of_all_together_whatever_their_dependence(joint: float, clustering: Clustering) -> None:
    images = join_images(find_images(0.4, clustering, TRUTH, BOUNDS, joint))
    assert images is not None
    found = find_powers(images, clustering, TRUTH, BOUNDS)
    each = (found.auroc, found.sensitivity, found.specificity)
    assert joint <= found.at_least <= found.if_independent <= min(each)
    assert min(each) >= power_of_each(joint) - 1e-9


@pytest.mark.parametrize("truth", [Assumed(0.95, 0.92, 0.86), Assumed(0.97, 0.79, 0.86), Assumed(0.9501, 0.92, 0.86)])
def test_a_truth_not_above_a_bound_has_no_size(truth: Assumed) -> None:
    assert join_images(find_images(0.4, ALONE, truth, BOUNDS, 0.9)) is None
    assert find_powers(Images(LIMIT, LIMIT), ALONE, Assumed(0.95, 0.8, 0.8), BOUNDS).auroc == pytest.approx(0.025)


def test_design_effect_is_measured_from_the_widths_of_two_intervals() -> None:
    """Patients with two images that are decided alike need twice as many images."""
    rng = np.random.default_rng(5)
    shares = (
        rng.binomial(200, 0.9, 4000) / 200
    )  # 200 patients, each of whose two images is right or wrong with the other
    clustered = interval(*np.quantile(shares, (0.025, 0.975)))
    found = measure_design_effect(clustered, wilson(360, 400))
    assert found == pytest.approx(design_effect([2] * 200, 1.0), rel=0.12) == 2.0
    assert measure_design_effect(interval(0.8, 0.9), interval(0.8, 0.9)) == 1.0


def test_design_effect_goes_to_other_numbers_of_images_a_patient() -> None:
    assert transfer_design_effect(2.0, 2.0, 1.5) == 1.5
    assert transfer_design_effect(2.0, 2.0, 1.0) == 1.0
    assert transfer_design_effect(0.7, 2.0, 1.5) == 1.0  # what is below 1 is not counted on
    assert transfer_design_effect(3.0, 1.0, 1.5) == 1.0


def test_half_width_is_that_of_scipys_interval() -> None:
    limits = stats.binomtest(184, 200).proportion_ci(0.95, "wilson")
    assert half_width(0.92, 200) == pytest.approx((limits.high - limits.low) / 2)
    images = images_for_width(0.92, 0.05)
    assert half_width(0.92, images) <= 0.05 < half_width(0.92, images - 1)


def test_worst_case_is_that_of_scores_that_are_ranked_wrongly() -> None:
    rng = np.random.default_rng(11)
    labels, scores = draw_normal(rng, 0.9, 400, 600)
    scores[:40], scores[400:460] = -99, 99  # a tenth of each class without a score
    kept = np.concatenate((np.arange(40, 400), np.arange(460, 1000)))
    wanted = roc_auc_score(labels, scores)
    found = count_wrong(Assumed(roc_auc_score(labels[kept], scores[kept]), 0.9, 0.8), 0.1)
    assert found.auroc == pytest.approx(wanted)
    assert (found.sensitivity, found.specificity) == pytest.approx((0.81, 0.72))


def test_images_to_screen_hold_the_positive_ones() -> None:
    needed = images_to_screen(50, 0.1)
    assert stats.binom.sf(49, needed, 0.1) >= 0.95 > stats.binom.sf(49, needed - 1, 0.1)


def test_flags_among_consecutive_images() -> None:
    value, flags = predict(Assumed(0.97, 0.85, 0.8), 0.05)
    assert (round(value, 2), round(flags)) == (0.18, 23)


def test_sites_that_differ_cost_power() -> None:
    error, spread, sites = 0.005, 0.01, 4
    rng = np.random.default_rng(3)
    estimates = rng.normal(rng.normal(0.97, spread, (20_000, sites)).mean(axis=1), error)
    met = np.mean(estimates - Z * error > 0.95)
    assert spread_power(0.97, 0.95, error, spread, sites) == pytest.approx(met, abs=0.01)
    assert spread_power(0.97, 0.95, error, 0.0, sites) > met
