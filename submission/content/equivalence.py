"""The decisions of a review of substantial equivalence, each answered from the rows of the comparison alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from submission.content.answers import Compared
from submission.content.catalogue import ClearedDevice, Decides
from submission.drawings.diagrams.decisions import Decision
from submission.words.claims import compose, join_words
from verification.evidence import Gap

USE, TECHNOLOGY = "use", "technology"
METHODS = "Only FDA can say; the study design is a question of the pre-submission"


def decide(
    decisions: Iterable[Decides], predicate: ClearedDevice | Gap, rows: Sequence[Compared]
) -> Iterator[Decision]:
    """Yield each decision with its answer: yes, no, or open where nobody can say yet."""
    for one in decisions:
        answer, why = _answer(one.basis, predicate, rows)
        yield Decision(asks=compose("{} {}", one.id, one.asks), yes=one.if_yes, no=one.if_no, answer=answer, why=why)


def _answer(basis: str, predicate: ClearedDevice | Gap, rows: Sequence[Compared]) -> tuple[str, str]:
    if basis == "predicate":
        return _of_predicate(predicate)
    if basis == "use":
        return _of_questions([one for one in rows if one.row.about == USE], same="yes", other="no")
    if basis == "technology":
        return _of_technology([one for one in rows if one.row.about == TECHNOLOGY])
    if basis == "questions":
        return _of_questions([one for one in rows if one.row.about == TECHNOLOGY], same="no", other="yes")
    return ("open", METHODS) if basis == "methods" else _of_data(rows)


def _of_predicate(predicate: ClearedDevice | Gap) -> tuple[str, str]:
    if isinstance(predicate, Gap):
        return "open", compose("{}; the one below is proposed", predicate.reason)
    return "open", compose("{} is chosen; its status is to be confirmed at the official source", predicate.k_number)


def _of_questions(rows: Sequence[Compared], same: str, other: str) -> tuple[str, str]:
    if different := [one for one in rows if one.row.other_question]:
        return other, compose("Different questions: {}", _names(different))
    if undecided := [one for one in rows if one.row.other_question is None]:
        return "open", compose("Not decided: {}", _names(undecided))
    return same, "No row of the comparison raises a different question"


def _of_technology(rows: Sequence[Compared]) -> tuple[str, str]:
    if differing := [one for one in rows if one.row.differs]:
        return "no", compose("Different: {}", _names(differing))
    if unread := [one for one in rows if one.row.differs is None]:
        return "open", compose("Not read: {}", _names(unread))
    return "yes", "No row of the comparison differs"


def _of_data(rows: Sequence[Compared]) -> tuple[str, str]:
    if left := [one for one in rows if one.standing == "open"]:
        return "no", compose("Open: {}", _names(left))
    return "yes", "Every difference is closed by evidence"


def _names(rows: Iterable[Compared]) -> str:
    return join_words([one.row.title.lower() for one in rows])
