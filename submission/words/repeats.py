"""Scores made again by the device as it is, on the page: whether the figures of a study are of the device described."""

from __future__ import annotations

from submission.words.claims import compose, join_words
from submission.words.filters import count, decimal, total
from verification.evidence import Repeat


@total
def scored_again(repeat: Repeat) -> str:
    """What scoring a study's images once more gave, as they are, and whether the device has changed since."""
    first = repeat.rows[0]
    said = compose(
        "On {} the device scored the same {} images again: {} had been analyzed before, {} were then; "
        "decisions that differ: {}, the largest difference between two scores: {}.",
        repeat.date, count(first.images), count(first.analysed_then), count(first.analysed_now), count(first.decisions),
        decimal(first.largest, 6),
    )  # fmt: skip
    if repeat.since:
        return compose("{} Files by which it judges an image and that have changed since: {}.", said,
                       join_words(repeat.since))  # fmt: skip
    return compose("{} No file by which it judges an image has changed since.", said)
