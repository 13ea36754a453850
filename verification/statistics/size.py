"""How many images a study needs whose co-primary limits must all lie above their bounds, and its power if less is true.

The test of each is that the lower limit of a two-sided 95 % interval lies above a bound, which is a one-sided test at
0.025. All have to be met, so that no level is divided (intersection-union test; Berger 1982); the powers that they are
met together lie between Fréchet's least and the smallest of them.

- AUROC: normal approximation with the variance of Hanley and McNeil (1982, exponential scores), which is larger than
  that of two normal distributions (Obuchowski and McClish 1997), so that the number is on the safe side.
- Sensitivity, specificity: the exact binomial probability that Wilson's lower limit lies above the bound.
- Patients with several images: a number of independent images times the design effect (Kish 1965; Rao and Scott 1992;
  for the AUROC Obuchowski 1997), which is the square of the ratio of the clustered to the independent interval.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from scipy import stats

from verification.evidence import Interval
from verification.statistics.power import (
    LIMIT,
    Assumed,
    Bounds,
    auroc_standard_error,
    proportion_power,
    proportion_size,
)

Z = float(stats.norm.ppf(0.975))
CO_PRIMARIES = 3


@dataclass(frozen=True, slots=True)
class Clustering:
    """The design effect of each co-primary."""

    auroc: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True, slots=True)
class Images:
    """Images by the reference standard."""

    positive: int
    negative: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.positive + self.negative


@dataclass(frozen=True, slots=True)
class Powers:
    """How likely each co-primary is met, and all together."""

    auroc: float
    sensitivity: float
    specificity: float

    @property
    def at_least(self) -> float:
        """Of all together, whatever their dependence (Fréchet)."""
        return max(0.0, self.auroc + self.sensitivity + self.specificity - (CO_PRIMARIES - 1))

    @property
    def if_independent(self) -> float:
        """Of all together, if none says anything of another."""
        return self.auroc * self.sensitivity * self.specificity


def measure_design_effect(clustered: Interval, independent: Interval) -> float:
    """How many times as large the variance is with patients as they are: the squared ratio of the intervals' widths."""
    return ((clustered.upper - clustered.lower) / (independent.upper - independent.lower)) ** 2


def transfer_design_effect(measured: float, images_per_patient: float, planned: float) -> float:
    """The design effect with another mean number of images a patient; never below 1.

    What exceeds 1 is taken to grow in proportion to the further images of a patient.

    Args:
        measured: the design effect that was found.
        images_per_patient: the mean where it was found; with 1 it tells nothing of further images.
        planned: the mean that is planned, at least 1.
    """
    if images_per_patient <= 1:
        return 1.0
    return 1 + max(0.0, measured - 1) * (planned - 1) / (images_per_patient - 1)


def normal_standard_error(area: float, positives: float, negatives: float) -> float:
    """Of an AUROC over independent images whose scores are two normal distributions of one spread.

    By Obuchowski and McClish (1997), their parameter B being 1.
    """
    square = 2 * float(stats.norm.ppf(area)) ** 2
    spread = math.exp(-square / 2) * (square + 8) / (32 * math.pi)
    return math.sqrt(spread * (1 / positives + 1 / negatives))


def find_powers(images: Images, clustering: Clustering, truth: Assumed, bounds: Bounds) -> Powers:
    """The power of each co-primary with so many images, if this is true."""
    error = auroc_standard_error(truth.auroc, images.positive / clustering.auroc, images.negative / clustering.auroc)
    return Powers(
        auroc=float(stats.norm.cdf((truth.auroc - bounds.auroc) / error - Z)),
        sensitivity=_proportion(truth.sensitivity, bounds.sensitivity, images.positive / clustering.sensitivity),
        specificity=_proportion(truth.specificity, bounds.specificity, images.negative / clustering.specificity),
    )


def _proportion(truth: float, bound: float, images: float) -> float:
    return min(1.0, proportion_power(truth, bound, images))  # a sum of probabilities may exceed 1 in its last digit


def power_of_each(joint: float) -> float:
    """The power that each co-primary needs for that power of all together, whatever their dependence."""
    return 1 - (1 - joint) / CO_PRIMARIES


def auroc_images(
    share: float,
    design_effect: float,
    truth: float,
    bound: float,
    power: float,
    standard_error: Callable[[float, float, float], float] = auroc_standard_error,
) -> Images | None:
    """The fewest images, `share` of them positive, for that power; None if the truth is not above the bound."""

    def split(total: int) -> Images:
        return Images(math.ceil(total * share), math.ceil(total * (1 - share)))

    def power_of(total: int) -> float:
        images = split(total)
        error = standard_error(truth, images.positive / design_effect, images.negative / design_effect)
        return float(stats.norm.cdf((truth - bound) / error - Z))

    if truth <= bound or power_of(LIMIT) < power:
        return None
    return split(bisect_left(range(LIMIT), power, lo=2, key=power_of))


def proportion_images(design_effect: float, truth: float, bound: float, power: float) -> int | None:
    """The fewest images of the class from which on the power stays reached; None if the truth is not above the bound.

    The power goes up and down by a little as images are added, so that the first number that reaches it may be too few.
    """
    reached = proportion_size(truth, bound, power)
    if reached is None:
        return None
    last = next(n for n in range(reached + reached // 10 + 20, 0, -1) if proportion_power(truth, bound, n) < power)
    return math.ceil((last + 1) * design_effect)


def find_images(
    share: float, clustering: Clustering, truth: Assumed, bounds: Bounds, joint: float
) -> tuple[Images | None, int | None, int | None]:
    """What each co-primary needs for a joint power: both classes for the AUROC, positive images, negative images.

    None where the truth is not above the bound.

    Args:
        share: of the images that are positive, in (0, 1).
        clustering: the design effects.
        truth: what is supposed to be true.
        bounds: what the lower limits have to lie above.
        joint: the power of all together, whatever their dependence.
    """
    each = power_of_each(joint)
    return (
        auroc_images(share, clustering.auroc, truth.auroc, bounds.auroc, each),
        proportion_images(clustering.sensitivity, truth.sensitivity, bounds.sensitivity, each),
        proportion_images(clustering.specificity, truth.specificity, bounds.specificity, each),
    )


def join_images(needed: tuple[Images | None, int | None, int | None]) -> Images | None:
    """The images that satisfy every co-primary; None if one of them has no size."""
    area, positive, negative = needed
    if area is None or positive is None or negative is None:
        return None
    return Images(max(area.positive, positive), max(area.negative, negative))


def half_width(share: float, images: float) -> float:
    """Half the width of a proportion's 95 % interval: Wilson's, at that share."""
    spread = share * (1 - share) / images + Z * Z / (4 * images**2)
    return Z * math.sqrt(spread) / (1 + Z * Z / images)


def images_for_width(share: float, wanted: float) -> int:
    """The fewest independent images for an interval of at most that half width."""
    images = 1
    while half_width(share, images) > wanted:
        images += 1
    return images


def spread_power(truth: float, bound: float, error: float, spread: float, sites: int) -> float:
    """The power if the truth of each site is drawn about `truth` with that standard deviation.

    The interval is that of these sites, which are not drawn anew; the estimate moves with them.
    """
    return float(stats.norm.cdf((truth - bound - Z * error) / math.sqrt(error**2 + spread**2 / sites)))


def count_wrong(truth: Assumed, lost: float) -> Assumed:
    """What is estimated if a share `lost` of each class has no score and each such image counts as decided wrongly.

    A pair of images is ranked rightly only if both have a score.
    """
    kept = 1 - lost
    return Assumed(truth.auroc * kept**2, truth.sensitivity * kept, truth.specificity * kept)


def images_to_screen(positives: int, prevalence: float, confidence: float = 0.95) -> int:
    """The consecutive images among which that many are positive with that probability (negative binomial)."""
    return positives + int(stats.nbinom.ppf(confidence, positives, prevalence))


def predict(truth: Assumed, prevalence: float) -> tuple[float, float]:
    """The positive predictive value, and the flags among 100 consecutive images, if the spectrum were the same."""
    flagged = truth.sensitivity * prevalence + (1 - truth.specificity) * (1 - prevalence)
    return truth.sensitivity * prevalence / flagged, 100 * flagged
