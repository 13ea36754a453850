"""What people said of an item: lines of the review record, and where an item stands by them."""

from __future__ import annotations

from enum import StrEnum

from verification.evidence.types.record import Record

__all__ = ["Meaning", "Review", "ReviewLine", "ReviewStatus"]


class ReviewStatus(StrEnum):
    """Whether a person has reviewed an item as it is now: never, since its last change, or before it."""

    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    SUSPECT = "suspect"


class Meaning(StrEnum):
    """What a person says by a line of the review record.

    `reviewed`: I have read it and what it rests on, and found no fault that is not recorded. `adequate`: what stands
    below it suffices to show it (scenarios a requirement, evidence a risk control). `approved`: it may be used as it
    is. `withdrawn`: what was said of it before no longer counts.
    """

    REVIEWED = "reviewed"
    ADEQUATE = "adequate"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class Review(Record, frozen=True):
    """What the review record says of an item today. `by`, `meaning` and `date` are of the last review, if any.

    `meanings` are those of all lines that are about the item as it is now.
    """

    status: ReviewStatus = ReviewStatus.UNREVIEWED
    why: str = "no person has reviewed it"
    by: str | None = None
    meaning: str | None = None
    date: str | None = None
    meanings: tuple[str, ...] = ()


class ReviewLine(Record, frozen=True):
    """A line of the review record, `docs/records/reviews.log`: who reviewed or approved what, as it was then.

    `digest` is of the item and of all that it rests on; `parts` gives its own alone and that of each item directly
    below, by id, so that a later change can be named. `date` is that of the clock of who ran the command (UTC). It is
    evidence of review, no signature in the sense of 21 CFR part 11.
    """

    event: str
    id: str
    by: str
    meaning: str
    reason: str
    date: str
    digest: str
    parts: dict[str, str]
    previous: str | None = None
