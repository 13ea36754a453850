"""The limits that requirements of the gate state in words, held against those that the gate has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import isclose
from typing import NamedTuple, TypeAlias

from verification.evidence import Gap, GateLimits, IntakeLimits, Issue, ItemKind
from verification.specification.items import Items

Limits: TypeAlias = Callable[[GateLimits, dict[str, IntakeLimits]], tuple[float, ...]]


class Stated(NamedTuple):
    """The words in which a requirement states limits, a group for each figure, and the limits that they are."""

    words: re.Pattern[str]
    limits: Limits


STATED = {
    "SRS-008": Stated(
        re.compile(r"bits stored are not (\d+(?:\.\d+)?) to (\d+(?:\.\d+)?) of (\d+(?:\.\d+)?) bits allocated"),
        lambda _, intakes: (
            intakes["clinical"].fewest_bits_stored,
            intakes["clinical"].most_bits_stored,
            intakes["clinical"].bits_allocated,
        ),
    ),
    "SRS-009": Stated(
        re.compile(
            r"shorter side is below (\d+(?:\.\d+)?) pixels or whose longer side is above (\d+(?:\.\d+)?) pixels"
        ),
        lambda _, intakes: (intakes["clinical"].shortest_side_pixels, intakes["clinical"].longest_side_pixels),
    ),
    "SRS-014": Stated(
        re.compile(r"span less than (\d+(?:\.\d+)?) of their range .* at least (\d+(?:\.\d+)?) % of its pixels"),
        lambda gate, _: (gate.least_contrast, 100 * gate.most_at_an_end),
    ),
    "SRS-037": Stated(
        re.compile(r"images of (\d+(?:\.\d+)?) bits with a shorter side of at least (\d+(?:\.\d+)?) pixels"),
        lambda _, intakes: (intakes["research"].bits_allocated, intakes["research"].shortest_side_pixels),
    ),
}
"""By requirement."""


def find_limit_issues(items: Items, gate: GateLimits | Gap) -> Iterator[Issue]:
    """Yield a blocking issue for each requirement that states other limits than the gate has, or in other words."""
    if isinstance(gate, Gap):
        return
    intakes = {intake.name: intake for intake in gate.intakes}
    for entry in items.of(ItemKind.SOFTWARE_REQUIREMENT):
        if entry.id not in STATED:
            continue
        words, limits = STATED[entry.id]
        expected, found = limits(gate, intakes), words.search(entry.value["text"])
        said = " and ".join(f"{limit:g}" for limit in expected)
        if found is None:
            message = f"{entry.id} states its limits in words that are not read, expected {words.pattern!r} with {said}"
            hint = "write the text in these words, or change them in verification/product/limits.py"
            yield entry.document.issue("limit-unread", ("text",), message, hint)
        elif not all(isclose(float(one), other) for one, other in zip(found.groups(), expected, strict=True)):
            message = f"{entry.id} states {' and '.join(found.groups())}, the gate has {said}"
            yield entry.document.issue(
                "limit-differs", ("text",), message, "correct the text, or the limit of the gate"
            )
