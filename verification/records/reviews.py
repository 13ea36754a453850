"""Where each item stands in the review record today: reviewed as it is, reviewed before it changed, or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from verification.evidence import (
    Issue,
    Item,
    ItemKind,
    Review,
    ReviewLine,
    ReviewStatus,
    Severity,
    fitting,
    is_reviewable,
    lines_by_subject,
)
from verification.records.record import RECORD
from verification.sources.subjects import PROTOCOL, Subject

DAMAGED = Review(why="the review record cannot be used: see its issues")
"""What holds of every item while the record is damaged."""

DOCUMENTS = "CW-DOC-"
"""How the numbers of documents begin. Whether their approvals hold is known where they are rendered."""

Known: TypeAlias = Mapping[str, tuple[ReviewLine, ...]]

_SHOWN = 3


def find_reviews(record: Iterable[ReviewLine], subjects: Mapping[str, Subject]) -> dict[str, Review]:
    """The review of each subject that the record has a line about, those that are no more included."""
    known = lines_by_subject(record)
    return {identity: _review(identity, lines, subjects, known) for identity, lines in known.items()}


def find_review_issues(items: Iterable[Item], reviews: Mapping[str, Review], gone: Iterable[str]) -> Iterator[Issue]:
    """Yield an advisory issue for each review that no longer holds, and one for all that was never reviewed.

    Args:
        items: each with its review.
        reviews: by what was reviewed.
        gone: what was reviewed and is there no more, without having been retired.
    """
    unreviewed: Counter[ItemKind] = Counter()
    for item in items:
        if item.review.status is ReviewStatus.SUSPECT:
            yield _suspect(f"{item.file}:{item.line}", item.id, item.review)
        elif item.review.status is ReviewStatus.UNREVIEWED and is_reviewable(item):
            unreviewed[item.kind] += 1
    for identity in (*sorted(gone), PROTOCOL):
        review = reviews.get(identity, Review())
        if review.status is ReviewStatus.SUSPECT and not identity.startswith(DOCUMENTS):
            yield _suspect(RECORD, identity, review)
    if unreviewed:
        counted = ", ".join(f"{kind.value.replace('_', ' ')}: {count}" for kind, count in unreviewed.items())
        yield _advisory(
            "unreviewed", RECORD, f"not reviewed, by kind: {counted}", "have a person `clearway review` them"
        )


def _review(identity: str, lines: tuple[ReviewLine, ...], subjects: Mapping[str, Subject], known: Known) -> Review:
    if not lines:
        return Review(why="its review was withdrawn")
    subject = subjects.get(identity)
    fits = fitting(lines, subject.digest) if subject else ()
    if fits:
        last, status = fits[-1], ReviewStatus.REVIEWED
        why = f"as {last.meaning}, by {last.by} on {last.date}"
    else:
        last, status = lines[-1], ReviewStatus.SUSPECT
        changed = list(dict.fromkeys(_find_changed(last.parts, identity, subjects, known)))
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        why = f"{', '.join(changed[:_SHOWN])}{more} since the review of {last.date} by {last.by}"
    meanings = tuple(dict.fromkeys(line.meaning for line in fits))
    return Review(status=status, why=why, by=last.by, meaning=last.meaning, date=last.date, meanings=meanings)


def _find_changed(
    before: Mapping[str, str], identity: str, subjects: Mapping[str, Subject], known: Known
) -> Iterator[str]:
    """Say what differs from the parts that a review saw, going down wherever the record holds a review from then."""
    now = subjects[identity].parts if identity in subjects else {}
    if not now:
        yield f"{identity} is gone"
        return
    for part in before:
        if part not in now:
            yield f"{part} is no longer below {identity}" if part in subjects else f"{part} is gone"
        elif now[part] != before[part]:
            yield from _find_changed_below(before[part], now[part], part, subjects, known)
    yield from (f"{part} is new" for part in now.keys() - before.keys())


def _find_changed_below(
    before: str, now: str, identity: str, subjects: Mapping[str, Subject], known: Known
) -> Iterator[str]:
    subject = subjects.get(identity)
    seen = fitting(known.get(identity, ()), before)
    if subject is None or subject.digest != now or len(subject.parts) == 1:  # its own content, not what is below it
        yield f"{identity} changed"
    elif seen:
        yield from _find_changed(seen[-1].parts, identity, subjects, known)
    else:
        yield f"{identity} changed, or what it rests on"


def _suspect(where: str, identity: str, review: Review) -> Issue:
    hint = "see what changed; have a person review it again, or withdraw the review"
    return _advisory("review-suspect", where, f"{identity} was {review.meaning}: {review.why}", hint)


def _advisory(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.ADVISORY, where=where, message=message, hint=hint)
