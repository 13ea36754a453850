"""The trace in the terminal: an item with what is above and below it, and the dashboard of everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from verification.evidence import (
    DOWNWARD,
    Gap,
    Issue,
    Item,
    ItemKind,
    Link,
    LinkStatus,
    MutantOutcome,
    ResultStatus,
    ReviewStatus,
    Severity,
    Strength,
    StudiesEvidence,
    TraceEvidence,
    VerificationEvidence,
    is_reviewable,
)
from verification.trace.ran import tell_partial, tell_run

_MADE = (ItemKind.SYMBOL, ItemKind.SCENARIO)
_NEXT = {
    LinkStatus.FAILED: "mend what fails, then `clearway verify --only {id}`, then `clearway verify`",
    LinkStatus.STALE: "run `clearway verify`",
    LinkStatus.NOT_RUN: "run `clearway verify`",
    LinkStatus.ORPHANED: "write what is missing below it, naming {id}",
    LinkStatus.UNPROVEN: "see the issues; correct the claim or the scenario, then run `clearway verify`",
    LinkStatus.UNSPECIFIED: "end its docstring with “Implements: ID”, delete it, or declare it as infrastructure",
    LinkStatus.OTHER_RELEASE: "nothing for this release; the studies of the other one judge it",
    LinkStatus.GAP: "obtain the evidence that is named as missing; until then it is a declared gap",
}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The graph as a reader walks it: what stands above and below each item, what shows it, and in which section.

    `seen` says of an item and of the code or a scenario below it what the run showed of their link.
    """

    items: dict[str, Item]
    above: dict[str, list[str]] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)
    sections: dict[str, list[str]] = field(default_factory=dict)
    shown_by: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[tuple[str, str], str] = field(default_factory=dict)


def neighbours(trace: TraceEvidence) -> Neighbours:
    """Arrange the links of a trace by what stands above what; a criterion stands for its requirement."""
    found = Neighbours({item.id: item for item in trace.items})
    for link in trace.links:
        if link.relation in ("shows", "shows_all"):
            _append(found.sections, link.target, link.source)
        elif link.relation == "shown_by":
            _append(found.shown_by, link.source, f"{link.target}  ({_words(link.status)})")
        else:
            upper, lower = _ordered(link, found)
            if upper != lower:
                _append(found.above, lower, upper)
                _append(found.below, upper, lower)
            if link.relation == "implements" or link.status is LinkStatus.UNPROVEN:
                found.seen[upper, lower] = link.why
    return found


def render_item(
    trace: TraceEvidence,
    identity: str,
    verification: VerificationEvidence | None,
    studies: StudiesEvidence | None = None,
    partial: VerificationEvidence | None = None,
) -> Iterator[str]:
    """Yield the lines that show one item: what it is, up, down, figures, documents, status, and what to do next."""
    near = neighbours(trace)
    item = near.items[identity]
    outcomes = {result.id: result.status for result in verification.results} if verification else {}
    safety = ", safety-related" if item.safety_related else ""
    yield f"{item.id}  {item.title}  ({_words(item.kind)}{safety})"
    yield f"  {_words(item.status).upper()}: {item.why}"
    yield f"  review: {item.review.status.value}: {item.review.why}"
    yield from (f"  {line}" for line in (item.text, f"{item.file}:{item.line}") if line)
    yield from _section("up", list(_tree(near, near.above, identity, outcomes, everything=False)))
    yield from _section("run", _run(item, verification))
    yield from _section("partial run", list(tell_partial(item, partial)))
    yield from _section("criteria", list(_criteria(item, outcomes)))
    yield from _section("down", list(_tree(near, near.below, identity, outcomes, everything=True)))
    yield from _section("executed and fault-sensitive", list(_strength(trace, near, item)))
    yield from _section("shown by", near.shown_by.get(identity, []))
    yield from _section("figure", list(_figure(identity, studies)))
    shown_in = [*near.sections.get(identity, []), *near.sections.get(item.kind, [])]
    yield from _section("documents", [f"{each}  {near.items[each].title}" for each in dict.fromkeys(shown_in)])
    yield from _section("issues", [f"{each.code}: {each.message}" for each in _issues_about(trace, item)])
    if item.status is not LinkStatus.COVERS:
        yield f"next  {_NEXT.get(item.status, 'see why').format(id=item.id)}"


def _run(item: Item, verification: VerificationEvidence | None) -> list[str]:
    """What a run showed of the scenario that an item is; nothing of other items."""
    results = verification.results if verification and item.kind is ItemKind.SCENARIO else ()
    return [line for result in results if result.id == item.id for line in tell_run(result)]


def render_file(trace: TraceEvidence, file: str, verification: VerificationEvidence | None) -> Iterator[str]:
    """Yield the lines that say what a change of a file touches: what is in it, and all that this leads to."""
    near = neighbours(trace)
    inside = [item for item in trace.items if item.file == file]
    outcomes = {result.id: result.status for result in verification.results} if verification else {}
    named = {upper: None for item in inside for upper in near.above.get(item.id, [])}
    kinds = Counter(_words(item.kind) for item in inside)
    yield f"{file}  ({', '.join(f'{kind}: {count}' for kind, count in kinds.items())})"
    yield from _section("names", [_in_file(near, identity, inside) for identity in sorted(named)])
    reached = {identity for start in named for identity in _reach(near, start)} - set(named)
    yield from _section("leads up to", [_line(near.items[each], outcomes) for each in sorted(reached)])
    below = {each: None for start in (*named, *(item.id for item in inside)) for each in near.below.get(start, [])}
    scenarios = [near.items[each] for each in below if near.items[each].kind is ItemKind.SCENARIO]
    features = Counter((item.file, _words(outcomes.get(item.id, ResultStatus.NOT_RUN))) for item in scenarios)
    yield from _section(
        "scenarios", [f"{count:4} {said}  {where}" for (where, said), count in sorted(features.items())]
    )
    found = [*(item.id for item in inside), *named, *reached]
    shown_in = {each for one in found for key in (one, near.items[one].kind) for each in near.sections.get(key, [])}
    yield from _section("documents", [f"{each}  {near.items[each].title}" for each in sorted(shown_in)])
    yield "next  `clearway verify --only ID` for a name above; a change makes stale what rests on it: `clearway status`"


def render_dashboard(trace: TraceEvidence) -> Iterator[str]:
    """Yield the lines of the dashboard: items by kind and status, controls, issues by severity and code."""
    counted = Counter((item.kind, item.status) for item in trace.items)
    statuses = [status for status in LinkStatus if any(status is each for _, each in counted)]
    yield "item".ljust(22) + "".join(_words(status).rjust(11) for status in statuses) + "total".rjust(11)
    for kind in ItemKind:
        found = [counted[kind, status] for status in statuses]
        cells = "".join((str(count) if count else "·").rjust(11) for count in found)
        yield _words(kind).ljust(22) + cells + str(sum(found)).rjust(11)
    implemented = sum(control.implemented is LinkStatus.COVERS for control in trace.controls)
    effective = sum(control.effective is LinkStatus.COVERS for control in trace.controls)
    yield f"risk controls: {len(trace.controls)}, implemented {implemented}, shown to be effective {effective}"
    reviews = Counter(item.review.status for item in trace.items if is_reviewable(item))
    yield "reviews: " + ", ".join(f"{reviews[status]} {status.value}" for status in ReviewStatus)
    noticed = sum(each.killed for each in trace.strengths)
    survived = sum(each.survived for each in trace.strengths)
    yield f"deliberate faults: {noticed} of {noticed + survived} noticed, in {len(trace.strengths)} links of code"
    level = trace.documentation_level
    yield f"documentation level: {getattr(level, 'level', None) or getattr(level, 'reason', '')}"
    for severity in Severity:
        issues = [issue for issue in trace.issues if issue.severity is severity]
        yield f"{severity.value} issues: {len(issues)}"
        for code, count in Counter(issue.code for issue in issues).most_common():
            first = next(issue for issue in issues if issue.code == code)
            yield f"  {str(count).rjust(4)}  {code.ljust(28)} {_short(first.message)}"


def _tree(
    near: Neighbours,
    edges: dict[str, list[str]],
    identity: str,
    outcomes: dict[str, ResultStatus],
    *,
    everything: bool,
    depth: int = 0,
    seen: frozenset[str] = frozenset(),
) -> Iterator[str]:
    """The items beyond one, indented; code and scenarios only directly beside it, for they are many."""
    seen = seen | {identity}
    for other in dict.fromkeys(edges.get(identity, [])):
        item = near.items.get(other)
        if other in seen or item is None or (item.kind in _MADE and not everything):
            continue
        said = near.seen.get((identity, other)) or near.seen.get((other, identity))
        yield "  " * depth + _line(item, outcomes) + (f"  ({said})" if said and said != item.why else "")
        if item.kind not in _MADE:
            yield from _tree(near, edges, other, outcomes, everything=False, depth=depth + 1, seen=seen)


def _line(item: Item, outcomes: dict[str, ResultStatus]) -> str:
    if item.kind is ItemKind.SYMBOL:
        return f"code      {item.file}:{item.line}  {item.id}"
    if item.kind is ItemKind.SCENARIO:
        outcome = outcomes.get(item.id, ResultStatus.NOT_RUN)
        return f"{_words(outcome).ljust(9)} {item.file}:{item.line}  {item.title}"
    return f"{item.id}  {item.title}  ({_words(item.status)})"


def _criteria(item: Item, outcomes: dict[str, ResultStatus]) -> Iterator[str]:
    for criterion in item.criteria:
        yield f"{criterion.id}  {_words(criterion.status)}  {criterion.method}  {criterion.text}"
        if criterion.status is not LinkStatus.COVERS:
            yield f"     {criterion.why}"
        for scenario in criterion.scenarios:
            yield f"     {_words(outcomes.get(scenario, ResultStatus.NOT_RUN)).ljust(9)} {scenario}"


def _strength(trace: TraceEvidence, near: Neighbours, item: Item) -> Iterator[str]:
    """What deliberate faults showed of a requirement by symbol, or of a symbol by requirement; those not noticed."""
    for strength in trace.strengths:
        if item.id not in (strength.requirement, strength.symbol):
            continue
        other = strength.symbol if item.id == strength.requirement else strength.requirement
        yield f"{other}  {describe_strength(strength)}"
        for mutant in strength.mutants:
            place = f"{near.items[strength.symbol].file}:{mutant.line}"
            why = f"  (awaiting review: {mutant.reason})" if mutant.reason else ""
            if mutant.outcome is not MutantOutcome.ELSEWHERE:
                yield f"  {mutant.outcome.value.ljust(10)} {place}  {mutant.before} → {mutant.after}{why}"


def describe_strength(strength: Strength) -> str:
    """How many faults were noticed, and what became of the others."""
    known = strength.killed + strength.survived
    others = (
        (strength.survived, "survived"),
        (strength.equivalent, "equivalent, awaiting review"),
        (strength.elsewhere, "noticed for another requirement of the symbol"),
    )
    said = "".join(f"; {count} {words}" for count, words in others if count)
    share = f" ({strength.killed / known:.0%})" if known else ""
    return f"{strength.killed} of {known} faults noticed{share} by {strength.scenarios} scenarios{said}"


def _issues_about(trace: TraceEvidence, item: Item) -> Iterator[Issue]:
    alone = item.file.endswith(".yaml") and item.kind is not ItemKind.STUDY_CRITERION
    places = (item.file if alone else f"{item.file}:{item.line}",)
    yield from (issue for issue in trace.issues if issue.where.startswith(places) or issue.where == item.id)


def _figure(identity: str, studies: StudiesEvidence | None) -> Iterator[str]:
    """The estimate that decides a study's criterion, and the files that it is computed from."""
    for study in studies.studies if studies else ():
        for criterion in study.criteria:
            if criterion.id != identity:
                continue
            estimate, folder = criterion.estimate, f"verification/studies/{study.name}"
            if isinstance(estimate, Gap) or estimate.value is None:
                yield f"none: {estimate.reason}"
                continue
            share = f"{estimate.events} of " if estimate.events is not None else ""
            yield f"{estimate.metric} {estimate.value:.6g}: {share}{estimate.n} images of {estimate.patients} patients"
            if estimate.interval:
                interval = estimate.interval
                limits = f"{interval.lower:.6g} to {interval.upper:.6g}"
                yield f"interval  {limits}, {interval.level * 100:g} %, {interval.method}"
            yield f"reference standard: {estimate.reference_standard}"
            yield f"scores    {folder}/scores.csv  SHA-256 {study.scores_sha256}"
            yield f"plan      {folder}/plan.yaml  digest {study.plan_digest}"
            yield f"uses      {folder}/openings.log"
            yield f"release   {study.release} {study.release_version}  digest {study.release_digest}"
            yield f"data      manifest SHA-256 {study.dataset_digest}"


def _in_file(near: Neighbours, identity: str, inside: list[Item]) -> str:
    """An item that parts of a file name, with the lines of these parts."""
    lines = [str(item.line) for item in inside if identity in near.above.get(item.id, [])]
    item = near.items[identity]
    shown = ", ".join(lines[:6]) + (f" and {len(lines) - 6} more" if len(lines) > 6 else "")
    return f"{item.id}  {item.title}  ({_words(item.status)})  at line {shown}"


def _reach(near: Neighbours, identity: str) -> set[str]:
    """Everything that stands above an item, at any height."""
    found: set[str] = set()
    waiting = [identity]
    while waiting:
        new = [each for each in near.above.get(waiting.pop(), []) if each in near.items and each not in found]
        found.update(new)
        waiting += new
    return found


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"  {line}" for line in lines)


def _ordered(link: Link, near: Neighbours) -> tuple[str, str]:
    """The two ends of a link, the upper first."""
    ends = [end if end in near.items else end.partition("/")[0] for end in (link.source, link.target)]
    return (ends[0], ends[1]) if link.relation in DOWNWARD else (ends[1], ends[0])


def _append(edges: dict[str, list[str]], start: str, end: str) -> None:
    edges.setdefault(start, []).append(end)


def _words(value: str) -> str:
    return value.replace("_", " ")


def _short(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:89]}…"
