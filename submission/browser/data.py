"""What the browser's page holds: the evidence of the trace as one value of plain lists, texts and numbers.

Items are named by their place in the list of items, and what is empty is left out, so that the page stays small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from submission.browser.rows import Places, find_goals, find_rows
from submission.context.head import Head
from submission.words.filters import run_kind, tone_of, words
from submission.words.reasons import NO_RESULT, tell_why
from verification.evidence import (
    DOWNWARD,
    Anomaly,
    Change,
    Deviation,
    Gap,
    Hazard,
    History,
    Issue,
    Item,
    ItemKind,
    LinkStatus,
    MutantOutcome,
    ResultStatus,
    Review,
    ReviewStatus,
    RiskControl,
    Severity,
    SourcesEvidence,
    TraceEvidence,
    VerificationEvidence,
    VerificationResult,
)

_SHOWS, _SHOWS_ALL = "shows", "shows_all"


def describe(head: Head, trace: TraceEvidence, sources: SourcesEvidence | Gap) -> dict[str, Any]:
    """Everything that the page shows."""
    verification, studies = head.bundle.verification, head.bundle.studies
    kinds = list(ItemKind)
    items = sorted(trace.items, key=lambda item: kinds.index(item.kind))
    places = {item.id: place for place, item in enumerate(items)}
    facts = dict(_facts(trace))
    return {
        "head": _head(head, _issues(head.blocking, trace, places)),
        "tones": {status: _tone(status) for statuses in _STATUSES for status in statuses},
        "kinds": kinds,
        "downward": DOWNWARD,
        "items": [_item(item, facts.get(item.id, [])) for item in items],
        "links": list(_links(trace, places)),
        "sections": list(_sections(trace, places)),
        "issues": list(_issues(trace.issues, trace, places)),
        **find_rows(trace, verification, studies, places),
        "goals": dict(find_goals(studies, places)),
        "results": dict(_results(verification, places)),
        "functions": getattr(verification, "functions", ()),
        "strengths": trace.strengths,
        "records": trace.records,
        "sources": _sources(sources),
    }


_STATUSES = (LinkStatus, ResultStatus, ReviewStatus, MutantOutcome, Severity, ("met", "NOT MET", NO_RESULT))


def _tone(status: str) -> str:
    return "good" if status == MutantOutcome.KILLED else tone_of(status)


def _head(head: Head, blocking: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    device, release, verification = head.bundle.device, head.release, head.bundle.verification
    return {
        "device": "" if isinstance(device, Gap) else f"{device.name} {device.version}",
        "release": release.reason if isinstance(release, Gap) else f"{release.name} {release.version}",
        "banners": head.banners,
        "standing": head.standing,
        "blocking": list(blocking),
        "commit": head.source.commit,
        "date": head.source.commit_date,
        "run": verification.reason if isinstance(verification, Gap) else run_kind(verification.kind),
        "digests": dict(head.bundle.digests),
    }


# --- items ------------------------------------------------------------------------------------------------------------


def _item(item: Item, facts: list[tuple[str, Any]]) -> dict[str, Any]:
    value = {name: getattr(item, name) for name in item.__struct_fields__ if name not in ("digest", "review")}
    value |= {"digest": item.digest[:12], "facts": facts}
    value["review"] = None if item.review == Review() else item.review
    return {name: each for name, each in value.items() if each or each == 0}


def _facts(trace: TraceEvidence) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """By id what an item says besides its text, as names and values; texts of several parts are lists."""
    for hazard in trace.hazards:
        yield hazard.id, _hazard_facts(hazard)
    for control in trace.controls:
        yield control.id, _control_facts(control)
    others: tuple[Anomaly | Deviation | Change, ...] = (*trace.anomalies, *trace.deviations, *trace.changes)
    for other in others:
        names = (name for name in other.__struct_fields__ if name not in ("id", "title"))
        yield other.id, [(words(name).capitalize(), getattr(other, name)) for name in names if getattr(other, name)]


def _hazard_facts(hazard: Hazard) -> list[tuple[str, Any]]:
    before = f"severity {hazard.severity}, probability of harm {hazard.probability_of_harm}: {hazard.acceptability}"
    after = (
        f"severity {hazard.residual_severity}, probability of harm {hazard.residual_probability_of_harm}: "
        f"{hazard.residual_acceptability}"
    )
    found = [
        ("Sequence of events", hazard.sequence_of_events),
        ("Hazardous situation", hazard.hazardous_situation),
        ("Harm", hazard.harm),
        ("Before control", before),
        ("Residual", after),
        ("Residual not shown", hazard.residual_why),
        ("Worse and rarer harm", _rarer(hazard)),
        ("Benefit and risk", hazard.benefit_risk or ""),
        ("Disclosed", hazard.disclosed or "nothing"),
    ]
    return [(name, value) for name, value in found if value]


def _rarer(hazard: Hazard) -> str:
    harm = hazard.rarer
    if harm is None:
        return ""
    probabilities = f"probability {harm.probability_of_harm}, with controls {harm.residual_probability_of_harm}"
    return f"{harm.harm}: severity {harm.severity}, {probabilities}"


def _control_facts(control: RiskControl) -> list[tuple[str, Any]]:
    return [
        ("Kind of measure", control.kind),
        ("Implemented", f"{words(control.implemented)}: {control.implemented_why}"),
        ("Effective", f"{words(control.effective)}: {control.effective_why}"),
    ]


# --- links and issues -------------------------------------------------------------------------------------------------


def _links(trace: TraceEvidence, places: Places) -> Iterator[tuple[int, int, str, str]]:
    """Each link once, source first; a criterion stands for its requirement."""
    seen: set[tuple[int, int, str]] = set()
    for link in trace.links:
        source, target = _place(places, link.source), _place(places, link.target)
        if link.relation in (_SHOWS, _SHOWS_ALL) or source is None or target is None or source == target:
            continue
        if (source, target, link.relation) not in seen:
            seen.add((source, target, link.relation))
            yield source, target, link.relation, link.status


def _sections(trace: TraceEvidence, places: Places) -> Iterator[tuple[int, int | str]]:
    """Each section of a document with an item, or with a kind of items, that it shows."""
    for link in trace.links:
        if link.relation == _SHOWS_ALL:
            yield places[link.source], link.target
        elif link.relation == _SHOWS and link.target in places:
            yield places[link.source], places[link.target]


def _place(places: Places, name: str) -> int | None:
    return places.get(name, places.get(name.partition("/")[0]))


def _issues(issues: Iterable[Issue], trace: TraceEvidence, places: Places) -> Iterator[tuple[Any, ...]]:
    """Each issue with the places of the items that it is about."""
    about: dict[str, list[int]] = {}
    for item in trace.items:
        # A file of one item is all about it; of others only its own line is.
        alone = item.file.endswith(f"/{item.id}.yaml")
        for where in {item.id, item.file if alone else f"{item.file}:{item.line}"}:
            about.setdefault(where, []).append(places[item.id])
    for issue in issues:
        found = about.get(issue.where) or about.get(issue.where.rpartition(":")[0], [])
        yield issue.code, issue.severity, issue.where, issue.message, issue.hint, found


# --- results, sources -------------------------------------------------------------------------------------------------


def _results(verification: VerificationEvidence | Gap, places: Places) -> Iterator[tuple[int, dict[str, Any]]]:
    for result in getattr(verification, "results", ()):
        if result.id in places:
            yield places[result.id], _result(result)


def _result(result: VerificationResult) -> dict[str, Any]:
    value = {name: getattr(result, name) for name in ("status", "example", "message", "entered")}
    value["reason"] = tell_why(result)
    value["steps"] = [
        (step.keyword, step.text, step.status, step.observed or "", step.table, step.docstring or "")
        for step in result.steps
    ]
    return {name: each for name, each in value.items() if each or name == "entered"}


def _sources(sources: SourcesEvidence | Gap) -> dict[str, Any]:
    if isinstance(sources, Gap):
        return {"excerpts": {}, "gap": [sources.reason, sources.closes]}
    value: dict[str, Any] = {"excerpts": {name: (each.line, each.text) for name, each in sources.excerpts.items()}}
    history = sources.history
    if not isinstance(history, History):
        return value | {"gap": [history.reason, history.closes]}
    commits = [(each.date, each.hash, each.subject) for each in history.commits]
    return value | {"commits": commits, "history": history.of_file}


def as_json(value: dict[str, Any]) -> str:
    """A value as JSON that can stand in a page: no text in it can end the block or begin markup."""
    text = msgspec.json.encode(value, enc_hook=str).decode()  # text that knows where it is from is text here
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
