"""What is wrong with the graph.

Blocking: verification that failed, is stale or is missing, code that its requirement's scenarios do not enter, and ids
that do not exist. Advisory: what is declared and does not stop a build.
"""

from __future__ import annotations

from collections.abc import Iterator

from verification.evidence import Hazard, Issue, ItemKind, LinkStatus, Severity
from verification.graph.link import CLAIMABLE, TraceGraph, scenarios_for, verifying
from verification.graph.risk import ACCEPTABLE, UNACCEPTABLE, find_hazards
from verification.graph.specified import find_code_issues
from verification.specification.hints import near
from verification.specification.items import Entry
from verification.specification.kinds import REQUIREMENTS
from verification.trace.anomalies import find_excused, find_scenario_issues, find_why_not_excused

_HINTS = {
    LinkStatus.FAILED: "see `clearway trace {id}`; mend the code or the scenario, then run `clearway verify`",
    LinkStatus.STALE: "run `clearway verify` again",
    LinkStatus.NOT_RUN: "run `clearway verify`; a scenario that stays not run is not bound or is skipped",
    LinkStatus.ORPHANED: "write the code or the scenario that `clearway trace {id}` names as missing",
}


def find_issues(graph: TraceGraph) -> Iterator[Issue]:
    """Yield everything that is wrong with the links and with what they lead to."""
    yield from _find_evidence_issues(graph)
    yield from _find_unknown_claims(graph)
    yield from _find_unproven(graph)
    yield from find_code_issues(graph.sources.code)
    excused = find_excused(graph.sources)
    for entry in graph.sources.items.of(ItemKind.SOFTWARE_REQUIREMENT, ItemKind.SYSTEM_REQUIREMENT):
        yield from _find_requirement_issues(graph, entry, excused)
    yield from find_scenario_issues(graph.sources)
    for entry in graph.sources.items.of(ItemKind.USER_NEED):
        code = "need-without-requirement" if entry.id not in graph.children_of else "need-not-validated"
        hint = (
            "write the requirement that serves it" if entry.id not in graph.children_of else "carry out the validation"
        )
        yield _issue(code, _where(entry), f"{entry.id}: {graph.standings[entry.id].why}", hint)
    yield from _find_risk_issues(graph)
    for entry in graph.sources.items.of(ItemKind.CHANGE):
        if graph.standings[entry.id].status is not LinkStatus.COVERS:
            message = f"{entry.id} is {graph.standings[entry.id].why}"
            yield _issue("change-open", _where(entry), message, f"see `clearway change check {entry.id}`")
    yield from _find_study_issues(graph)
    yield from _find_section_issues(graph)


def _find_evidence_issues(graph: TraceGraph) -> Iterator[Issue]:
    proof = graph.sources.proof
    if not graph.sources.scenarios:
        message = "there is no scenario: nothing is verified"
        yield _blocking("scenarios-none", "verification/features", message, "write scenarios")
    if not any(graph.sources.items.of(ItemKind.SOFTWARE_REQUIREMENT)):
        message = "there is no software requirement"
        yield _blocking("requirements-none", "requirements_spec/software", message, "write them")
    if proof.missing:
        yield _blocking("verification-missing", "verification.json", proof.missing, "run `clearway verify`")
    if proof.stale:
        yield _blocking("verification-stale", "verification.json", proof.stale, "run `clearway verify` again")


def _find_unknown_claims(graph: TraceGraph) -> Iterator[Issue]:
    items = graph.sources.items
    known = items.named - items.study_criteria.keys()
    places = [(s.id, f"{s.file}:{s.line}", s.implements) for s in graph.sources.symbols]
    places += [(s.id, f"{s.file}:{s.line}", (*s.requirements, *s.criteria)) for s in graph.sources.scenarios]
    for identity, where, targets in places:
        for target in targets:
            item = items.entries.get(target.partition("/")[0])
            if target in items.retired:
                stone = items.retired[target]
                yield _blocking("id-retired", where, f"{identity} names {target}; {stone.said}", stone.hint)
            elif item is None or (item.sound and target not in known):
                yield _blocking(
                    "id-unknown", where, f"{identity} names {target}, which does not exist", near(target, known)
                )
            elif item.kind not in CLAIMABLE:
                kind = item.kind.value.replace("_", " ")
                message = f"{identity} names {target}, a {kind}, expected a requirement or a risk control"
                yield _blocking("id-wrong-kind", where, message, "name the requirement that it is about")
    for scenario in graph.sources.scenarios:
        if not scenario.requirements:
            message = f"{scenario.id} names no requirement"
            where = f"{scenario.file}:{scenario.line}"
            yield _issue("scenario-without-requirement", where, message, "tag it with the requirement that it verifies")


def _find_unproven(graph: TraceGraph) -> Iterator[Issue]:
    """Yield the links that the run of the scenarios does not bear out."""
    for symbol in graph.sources.symbols:
        for target in symbol.implements:
            standing = graph.claims[symbol.id, target]
            if standing.status is LinkStatus.UNPROVEN and scenarios_for(graph, target):
                where, message = f"{symbol.file}:{symbol.line}", f"{symbol.id} implements {target}: {standing.why}"
                hint = f"correct the claim, or have a scenario of {target} run this code; then run `clearway verify`"
                yield _blocking("link-unproven", where, message, hint)
    for scenario in graph.sources.scenarios:
        for target in scenario.requirements:
            standing = verifying(graph, scenario, target)
            if standing.status is LinkStatus.UNPROVEN:
                where = f"{scenario.file}:{scenario.line}"
                hint = f"have it run the code of {target}, or take the tag away"
                yield _issue("scenario-unproven", where, standing.why, hint)


def _find_requirement_issues(graph: TraceGraph, entry: Entry, excused: dict[str, str]) -> Iterator[Issue]:
    standing, own = graph.standings[entry.id], graph.own[entry.id]
    if own.status is LinkStatus.FAILED:
        yield _failure(graph, entry, excused)
    elif own.status in _HINTS:
        proof = graph.sources.proof
        # Said once of the evidence as a whole, not again of every requirement.
        if own.why not in (proof.missing, proof.stale):
            hint = _HINTS[own.status].format(id=entry.id)
            yield _blocking(
                f"requirement-{own.status.value.replace('_', '-')}", _where(entry), _says(entry, own.why), hint
            )
    elif standing.status is LinkStatus.ORPHANED and entry.id not in graph.children_of:
        message = _says(entry, standing.why)
        yield _blocking("requirement-orphaned", _where(entry), message, "write the requirement that serves it")
    if not entry.value["parents"]:
        yield _issue(
            "requirement-without-parent", _where(entry), f"{entry.id} derives from nothing", "name its parents"
        )
    for criterion in entry.value["criteria"]:
        name = f"{entry.id}/{criterion['id']}"
        if graph.criteria[name].status is not LinkStatus.GAP:
            continue
        if "evidence" in criterion:
            hint = "obtain the evidence that it names; a goal that is not met stays so, and is told"
            yield _issue("criterion-not-shown", _where(entry), f"{name}: {graph.criteria[name].why}", hint)
        else:
            hint = f"have a person record the {criterion['method']}"
            yield _issue("criterion-without-evidence", _where(entry), f"{name}: {graph.criteria[name].why}", hint)


def _failure(graph: TraceGraph, entry: Entry, excused: dict[str, str]) -> Issue:
    """A requirement that failed: it blocks unless approved anomalies account for every failure."""
    message, hint = _says(entry, graph.own[entry.id].why), _HINTS[LinkStatus.FAILED].format(id=entry.id)
    failed = [
        each for each in graph.scenarios_of.get(entry.id, ()) if graph.standings[each.id].status is LinkStatus.FAILED
    ]
    open_ = [each for each in failed if each.id not in excused]
    if failed and not open_:
        known = ", ".join(sorted({excused[each.id] for each in failed}))
        return _issue("requirement-failed", _where(entry), f"{message}; known and approved as {known}", hint)
    reasons = dict.fromkeys(why for each in open_ for why in find_why_not_excused(graph.sources, each))
    return _blocking("requirement-failed", _where(entry), "; ".join((message, *reasons)), hint)


def _find_risk_issues(graph: TraceGraph) -> Iterator[Issue]:
    items = graph.sources.items
    for hazard in find_hazards(items, graph.standings):
        yield from _hazard_issues(items.entries[hazard.id], hazard)
    used = {target for hazard in items.of(ItemKind.HAZARD) for target in hazard.ids("controls")}
    for control in items.of(ItemKind.RISK_CONTROL):
        effective = graph.standings[f"{control.id} effective"]
        if effective.status is not LinkStatus.COVERS:
            message = f"{control.id} is not shown to be effective: {effective.why}"
            yield _issue("control-not-effective", _where(control), message, "obtain the evidence that it names")
        if control.id not in used:
            yield _issue(
                "control-without-hazard", _where(control), f"no hazard names {control.id}", "name it or retire it"
            )


def _hazard_issues(entry: Entry, hazard: Hazard) -> Iterator[Issue]:
    rarer = hazard.rarer
    if rarer and (rarer.severity <= hazard.severity or rarer.probability_of_harm > hazard.probability_of_harm):
        message = f"{hazard.id}: rarer states severity {rarer.severity} and probability {rarer.probability_of_harm}"
        hint = f"expected a severity above {hazard.severity}, and a probability of {hazard.probability_of_harm} at most"
        yield _blocking("hazard-rarer", _where(entry), message, hint)
    if not hazard.controls and hazard.acceptability != ACCEPTABLE:
        message = f"{hazard.id} has no control; its risk is “{hazard.acceptability}” by risk/policy.yaml"
        hint = "add a control, lower the risk by design, or state in benefit_risk what it is weighed against"
        if hazard.acceptability == UNACCEPTABLE:
            yield _blocking("hazard-without-control", _where(entry), message, hint)
        elif not hazard.benefit_risk:
            yield _issue("hazard-without-control", _where(entry), message, hint)
    if hazard.residual_acceptability == UNACCEPTABLE:
        message = f"{hazard.id}: the residual risk is unacceptable by risk/policy.yaml"
        yield _issue(
            "residual-unacceptable", _where(entry), message, "add controls; weigh against the benefit (ISO 14971, 7.4)"
        )


def _find_study_issues(graph: TraceGraph) -> Iterator[Issue]:
    items = graph.sources.items
    claimed = {target for entry in items.of(*REQUIREMENTS) for _, target in entry.studied()}
    controls = items.of(ItemKind.RISK_CONTROL)
    claimed |= {target for entry in controls for target in entry.ids("effectiveness.evidence")}
    for entry in items.study_criteria.values():
        standing = graph.standings[entry.id]
        if entry.id not in claimed | items.foreign:
            message = f"{entry.id}: no requirement and no risk control rests on it"
            hint = "name it as evidence of a requirement's criterion or of a control's effectiveness"
            yield _issue("study-criterion-unclaimed", _where(entry), message, hint)
        if standing.status not in (LinkStatus.COVERS, LinkStatus.OTHER_RELEASE):
            if standing.status is LinkStatus.STALE:
                yield _blocking("estimate-stale", _where(entry), standing.why, "run `clearway evaluate` again")
                continue
            unmet = standing.why.endswith("NOT MET")
            code, hint = (
                ("criterion-not-met", "the goal stays; the result is printed")
                if unmet
                else ("criterion-without-estimate", "carry out the study, then run `clearway evaluate`")
            )
            yield _issue(code, _where(entry), standing.why, hint)


def _find_section_issues(graph: TraceGraph) -> Iterator[Issue]:
    for section in graph.sources.sections:
        standing = graph.standings[section.id]
        where = f"{section.file}:{section.line}"
        if standing.status is LinkStatus.ORPHANED:
            yield _blocking("section-unknown-id", where, f"{section.id} {standing.why}", "correct the content map")
        elif standing.status is LinkStatus.GAP:
            yield _issue("section-without-evidence", where, f"{section.id}: {standing.why}", "make the evidence")


def _says(entry: Entry, why: str) -> str:
    return why if entry.id in why else f"{entry.id}: {why}"


def _where(entry: Entry) -> str:
    return f"{entry.document.file}:{entry.line}"


def _issue(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.ADVISORY, where=where, message=message, hint=hint)


def _blocking(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)
