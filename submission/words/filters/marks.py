"""Statuses, as marks whose words say them and whose colors only help."""

from __future__ import annotations

from markupsafe import Markup

from submission.words.claims import compose
from submission.words.filters.numbers import count
from submission.words.filters.registry import total
from submission.words.filters.texts import ticked, words
from submission.words.matrix import Faults
from verification.evidence import Hazard, Review, RunKind

GOOD = {
    "allowed", "passed", "covers", "acceptable", "met", "accepted", "reviewed", "answered", "present", "closed", "same",
}  # fmt: skip
BAD = {"failed", "error", "xpassed", "undefined", "orphaned", "unacceptable", "not met", "refused", "blocking"}
STALE = {"stale"}
NEUTRAL = {"not applicable", "other release"}
"""Statuses that are as they should be, that are not, whose evidence is older than what it rests on, which is no
failure, and that are neither; every other one is open."""


def tone_of(status: str) -> str:
    """How a status is set, `good`, `bad`, `stale`, `none` or `open`: its word says it, the color only helps."""
    text = str(words(status)).lower()
    tones = {"good": GOOD, "bad": BAD, "stale": STALE, "none": NEUTRAL}
    return next((tone for tone, found in tones.items() if text in found), "open")


@total
def badge(value: str | None) -> object:
    """A status as a mark whose word says it and whose color only helps."""
    if value is None:
        return Markup('<span class="badge none">not evaluated</span>')
    return Markup('<span class="badge {}">{}</span>').format(tone_of(value), words(value))


@total
def residual(hazard: Hazard) -> object:
    """The word of the matrix for what remains of a risk, and that it is not shown while its controls are not."""
    mark = badge(hazard.residual_acceptability)
    return Markup("{}, {}").format(mark, badge("not shown")) if hazard.residual_why else mark


@total
def row_tone(status: str) -> str:
    """The class of a table row by its status: what does not cover is tinted."""
    tone = tone_of(status)
    return "" if tone in ("good", "none") else tone


@total
def met(value: bool | None) -> object:
    """MET or NOT MET; a criterion without an estimate is neither."""
    return badge(None if value is None else "MET" if value else "NOT MET")


@total
def reviewed(value: Review) -> object:
    """Where something stands in the review record, and who said what of it when."""
    return Markup("{} {}").format(badge(value.status), ticked(value.why))


@total
def review_of(value: Review) -> object:
    """The same, in a word where nobody has said anything."""
    return badge(value.status) if value == Review() else reviewed(value)


@total
def run_kind(value: RunKind) -> str:
    """What a verification run can support."""
    formal, engineering = "a formal run, by an approved protocol", "an engineering run: it cannot support a candidate"
    return formal if value is RunKind.FORMAL else engineering


@total
def noticed(faults: Faults | None) -> str:
    """How many of the faults put into code its scenarios noticed, in words; that nobody has tried is not known."""
    if faults is None:
        return "not known"
    exempt = compose("; {} equivalent", count(faults.equivalent)) if faults.equivalent else ""
    if not faults.put:
        return compose("no place for a fault{}", exempt)
    return compose("{} of {} faults noticed{}", count(faults.noticed), count(faults.put), exempt)
