"""Every estimate of a study once more from its scores: value, counts, and the interval by its seed."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from statistics import NormalDist
from typing import Any, NamedTuple

from submission.audit.again.draws import draw_samples

Values = dict[str, float | None]
LEVEL, TAIL = 0.95, 0.025
"""Of the intervals, which are two-sided, and what is left below and above one."""
TOLERANCE = 1e-9
BOOTSTRAP = re.compile(r"patient-clustered bootstrap, percentile, (\d+) replicates, seed (\d+)")
EXACT = re.compile(r"exact binomial \(Clopper–Pearson\) over (\d+) .*")
ENOUGH = 0.99
"""In so many of the replicates a metric has to be defined, or it has no interval."""


class Image(NamedTuple):
    """A scored image: its patient, whether it is positive, its score."""

    patient: str
    positive: bool
    score: float


def find_in_estimates(
    where: str, images: tuple[Image, ...], study: Mapping[str, Any], threshold: float | None
) -> Iterator[tuple[str, str, str]]:
    """Yield each estimate of a study that does not follow from its scores.

    Args:
        where: the study, for a person.
        images: those with a score, in the order of the table.
        study: as the evidence has it; `members` tells the images of each subgroup.
        threshold: at and above it an image is flagged; None if nothing is.
    """
    usual = next((text for row in study["estimates"] if BOOTSTRAP.fullmatch(text := _method(row))), "")
    for estimate in study["estimates"]:
        if estimate["score"] or estimate["reason"] == "not recorded":
            continue
        group = estimate["subgroup"]
        held = _choose(images, "1" * len(images) if group == "all" else study["members"].get(group, ""))
        place = f"{where}, {estimate['metric']} ({group})"
        if held is None:
            yield "scores-differ", place, f"the evidence does not tell which of the {len(images)} images it is of"
        else:
            yield from (("scores-differ", place, said) for said in _compare(estimate, held, threshold, usual))


def _method(estimate: Mapping[str, Any]) -> str:
    return str((estimate["interval"] or {"method": ""})["method"])


def _choose(images: tuple[Image, ...], members: str) -> tuple[Image, ...] | None:
    if len(members) != len(images) or set(members) - {"0", "1"}:
        return None
    return tuple(image for image, member in zip(images, members, strict=True) if member == "1")


def _compare(
    estimate: Mapping[str, Any], images: tuple[Image, ...], threshold: float | None, usual: str
) -> Iterator[str]:
    metric = estimate["metric"]
    value = _values_of(images, threshold).get(metric)
    if not _agree(estimate["value"], value):
        yield f"the scores give {value}, the study states {estimate['value']}"
    among = _denominator(metric, images, threshold)
    counts = {
        "n": len(among), "patients": len({image.patient for image in among}),
        "positives": sum(image.positive for image in images),
        "negatives": sum(not image.positive for image in images),
    }  # fmt: skip
    for name, number in counts.items():
        if estimate[name] != number:
            yield f"{name}: the scores give {number}, the study states {estimate[name]}"
    if estimate["events"] is not None and estimate["events"] != round((value or 0) * len(among)):
        yield f"events: the scores give {round((value or 0) * len(among))}, the study states {estimate['events']}"
    yield from _compare_interval(estimate, images, threshold, value, usual)


def _compare_interval(
    estimate: Mapping[str, Any], images: tuple[Image, ...], threshold: float | None, value: float | None, usual: str
) -> Iterator[str]:
    stated, method = estimate["interval"], _method(estimate)
    expected = find_interval(images, threshold, estimate["metric"], value, method or usual)
    if not stated:
        if expected and expected[0] < expected[1]:
            yield f"the interval by “{usual}” is {expected[0]} to {expected[1]}, the study states none"
    elif stated["level"] != LEVEL:
        yield f"its interval is of a level of {LEVEL}, the study states {stated['level']}"
    elif expected is None:
        if not method.startswith("Wilson"):  # that needs counts alone, and is looked at there
            yield f"no interval by “{method}” follows from the scores, the study states one"
    elif not (_agree(stated["lower"], expected[0]) and _agree(stated["upper"], expected[1])):
        said = f"{stated['lower']} to {stated['upper']}"
        yield f"the interval by its method is {expected[0]} to {expected[1]}, the study states {said}"


def find_interval(
    images: tuple[Image, ...], threshold: float | None, metric: str, value: float | None, method: str
) -> tuple[float, float] | None:
    """The limits that a method gives; None where it gives none, or is another's."""
    if value is None:
        return None
    if match := BOOTSTRAP.fullmatch(method):
        return _sampled(images, threshold, int(match[1]), int(match[2])).get(metric)
    if match := EXACT.fullmatch(method):
        return _exact(value, int(match[1]))
    return _delong(images) if method.startswith("DeLong") else None


def _agree(stated: float | None, found: float | None) -> bool:
    if stated is None or found is None:
        return stated is found
    return math.isclose(stated, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _denominator(metric: str, images: tuple[Image, ...], threshold: float | None) -> list[Image]:
    """The images that a proportion is of; of another metric, all."""
    kept: Callable[[Image], bool] = {
        "sensitivity": lambda image: image.positive,
        "specificity": lambda image: not image.positive,
        "ppv": lambda image: threshold is not None and image.score >= threshold,
        "npv": lambda image: threshold is None or image.score < threshold,
    }.get(metric, lambda _: True)
    return [image for image in images if kept(image)]


# --- metrics ----------------------------------------------------------------------------------------------------------


def _values_of(images: tuple[Image, ...], threshold: float | None) -> Values:
    return _measure(_prepare(images), [1] * len({image.patient for image in images}), threshold)


def _prepare(images: tuple[Image, ...]) -> list[tuple[float, list[tuple[int, bool]]]]:
    """By falling score, the images that have it: the number of the patient, and whether it is positive."""
    numbers = {patient: n for n, patient in enumerate(sorted({image.patient for image in images}))}
    ordered = sorted(images, key=lambda image: -image.score)
    return [
        (score, [(numbers[image.patient], image.positive) for image in alike])
        for score, alike in groupby(ordered, key=lambda image: image.score)
    ]


def _measure(ranked: list[tuple[float, list[tuple[int, bool]]]], weights: list[int], threshold: float | None) -> Values:
    """Every metric where patients count so often; None where it is undefined."""
    above = [0, 0]  # positive and negative images with a higher score
    flagged = [0, 0]
    lost = won = 0.0
    for score, alike in ranked:
        here = [0, 0]
        for patient, positive in alike:
            here[not positive] += weights[patient]
        lost += here[0] * (above[1] + here[1] / 2)
        above[0] += here[0]
        above[1] += here[1]
        if here[0]:
            won += here[0] * above[0] / (above[0] + above[1])
        if threshold is not None and score >= threshold:
            flagged = [*above]
    positives, negatives = above
    found: Values = {
        "auroc": _ratio(positives * negatives - lost, positives * negatives),
        "average_precision": _ratio(won, positives),
    }
    return found if threshold is None else found | _from_cells(flagged, positives, negatives)


def _from_cells(flagged: list[int], positives: int, negatives: int) -> Values:
    hit, alarm = flagged
    total, marked, correct = positives + negatives, hit + alarm, hit + negatives - alarm
    return {
        "sensitivity": _ratio(hit, positives),
        "specificity": _ratio(negatives - alarm, negatives),
        "ppv": _ratio(hit, marked),
        "npv": _ratio(negatives - alarm, total - marked),
        "lr_positive": _ratio(hit * negatives, alarm * positives),
        "lr_negative": _ratio((positives - hit) * negatives, (negatives - alarm) * positives),
        "f1": _ratio(2 * hit, positives + marked),
        "always_positive_f1": _ratio(2 * positives, total + positives),
        "accuracy": _ratio(correct, total),
        "prevalence": _ratio(positives, total),
        "flagged_fraction": _ratio(marked, total),
    }


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0 else None


# --- intervals --------------------------------------------------------------------------------------------------------


@lru_cache(256)
def _sampled(
    images: tuple[Image, ...], threshold: float | None, replicates: int, seed: int
) -> dict[str, tuple[float, float]]:
    """By metric, the limits of the bootstrap over patients; those without are undefined too often."""
    ranked, patients = _prepare(images), len({image.patient for image in images})
    found: dict[str, list[float]] = {}
    for drawn in draw_samples(seed, patients, replicates):
        weights = [0] * patients
        for patient in drawn:
            weights[patient] += 1
        for metric, value in _measure(ranked, weights, threshold).items():
            if value is not None:
                found.setdefault(metric, []).append(value)
    return {
        metric: (_quantile(values, TAIL), _quantile(values, 1 - TAIL))
        for metric, values in ((metric, sorted(values)) for metric, values in found.items())
        if len(values) >= ENOUGH * replicates
    }


def _quantile(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _exact(value: float, n: int) -> tuple[float, float] | None:
    """The limits of Clopper and Pearson where none or all of n count."""
    reach = TAIL ** (1 / n)
    return {0.0: (0.0, 1 - reach), 1.0: (reach, 1.0)}.get(round(value, 9))


def _delong(images: tuple[Image, ...]) -> tuple[float, float] | None:
    """DeLong's limits of the area, by the spread of each image's share of the pairs that it wins."""
    kinds = [sorted(image.score for image in images if image.positive is kind) for kind in (False, True)]
    if min(map(len, kinds)) < 2:
        return None
    shares = [
        [(bisect_left(others, score) + bisect_right(others, score)) / (2 * len(others)) for score in own]
        for own, others in (kinds, kinds[::-1])
    ]
    area = math.fsum(shares[1]) / len(shares[1])
    error = math.sqrt(sum(_variance(each) / len(each) for each in shares))
    reach = NormalDist().inv_cdf(1 - TAIL) * error
    return max(0.0, area - reach), min(1.0, area + reach)


def _variance(values: list[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
