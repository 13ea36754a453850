"""What only this device has: labelled ages, and reasons to refuse an image."""

from __future__ import annotations

from collections.abc import Iterable

from submission.words.claims import compose
from submission.words.filters.numbers import count
from submission.words.filters.registry import total
from verification.evidence import Gap, Item, Population, RejectionCode


@total
def ages(population: Population) -> str:
    """The labelled ages, in completed years."""
    lowest, highest = population.minimum_age_years, population.maximum_age_years
    if highest is None:
        return compose("{} years and older", count(lowest))
    return compose("{} to {} years", count(lowest), count(highest))


@total
def that_refuse(requirements: Iterable[Item], rejections: Iterable[RejectionCode] | Gap) -> tuple[Item, ...] | Gap:
    """The requirements for which the device has a reason to refuse an image."""
    if isinstance(rejections, Gap):
        return rejections
    named = {rejection.requirement for rejection in rejections}
    return tuple(requirement for requirement in requirements if requirement.id in named)
