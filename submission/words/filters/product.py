"""What only this device has: labeled ages, reasons to refuse an image, and its tables as a node of the network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from submission.words.claims import compose, join_words, number_of, written
from submission.words.filters.identifiers import ident
from submission.words.filters.numbers import count
from submission.words.filters.registry import total
from verification.evidence import (
    Gap,
    Item,
    NodeParameter,
    Population,
    RegisteredUid,
    RejectionCode,
    TransferSyntax,
)


@total
def ages(population: Population) -> str:
    """The labeled ages, in completed years."""
    lowest, highest = population.minimum_age_years, population.maximum_age_years
    if highest is None:
        return compose("{} years and older", count(lowest))
    return compose("{} to {} years", count(lowest), count(highest))


RESEARCH = {"--intake {clinical,research}", "--assert KEYWORD=VALUE", "--manifest CSV"}
"""Options that serve research: instructions for use do not name them."""

OPTION = re.compile(r"^  (-\S.*?|[A-Z]+)(?:\s{2,}|\n\s+)(\S.*(?:\n {20,}\S.*)*)", re.MULTILINE)


@total
def options(text: str) -> tuple[tuple[str, str], ...]:
    """The options of a command that serve the use of the device, each with its meaning, from what its help prints."""
    return tuple(_options(text))


def _options(text: str) -> Iterator[tuple[str, str]]:
    for name, meaning in OPTION.findall(str(text)):
        if name not in RESEARCH:
            yield written(name, text, "part"), written(" ".join(meaning.split()), text, "part")


@total
def that_refuse(requirements: Iterable[Item], rejections: Iterable[RejectionCode] | Gap) -> tuple[Item, ...] | Gap:
    """The requirements for which the device has a reason to refuse an image."""
    if isinstance(rejections, Gap):
        return rejections
    named = {rejection.requirement for rejection in rejections}
    return tuple(requirement for requirement in requirements if requirement.id in named)


# --- a node of the network --------------------------------------------------------------------------------------------

MOST_LISTED = 2
"""So many classes or syntaxes stand in a cell; of more it is said how many there are."""


@total
def listed(uids: Sequence[RegisteredUid]) -> str:
    """A few names of the standard, each with its UID; of many how many they are, where a table below lists them."""
    if len(uids) > MOST_LISTED:
        return compose("{} of the table below", count(number_of(uids)))
    return join_words((compose("{} ({})", one.name, one.uid) for one in uids), "; ")


@total
def analysed_in(uid: str, syntaxes: Iterable[TransferSyntax]) -> str:
    """Whether images in a transfer syntax are analyzed: whether it is one of those that the device reads."""
    return "analyzed" if among(uid, syntaxes) else "not analyzed"


@total
def among(uid: str, syntaxes: Iterable[TransferSyntax]) -> bool:
    """Whether a transfer syntax is one of these."""
    return uid in {one.uid for one in syntaxes}


@total
def beside(first: Sequence[TransferSyntax], second: Iterable[TransferSyntax]) -> tuple[TransferSyntax, ...]:
    """The transfer syntaxes of two lists, each once: those of the first, then what the second has alone."""
    return (*first, *(one for one in second if not among(one.uid, first)))


@total
def default_of(parameter: NodeParameter) -> object:
    """The default of a key, or that it has none."""
    if parameter.default is None:
        return "required" if parameter.required else "none"
    return ident(parameter.default)
