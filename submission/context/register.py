"""The gap register: what nobody has from the start, and what the evidence is found to lack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from submission.content.catalogue import DeclaredGap, Gaps
from submission.context.blocking import REVIEWS
from submission.context.head import Head
from submission.context.studied import KINDS, of_kind
from submission.words.claims import compose
from submission.words.components import lacking
from submission.words.filters import count
from submission.words.matrix import NEEDS
from verification.evidence import (
    EvidenceBundle,
    Gap,
    Issue,
    ItemKind,
    LinkStatus,
    ReleaseEvidence,
    Role,
    RunKind,
    Study,
    SupplyEvidence,
    TraceEvidence,
)


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A row of the gap register."""

    id: str
    where: str
    what: str
    severity: str
    consequence: str
    closes: str


def find_gaps(gaps: Gaps, head: Head, advisory: tuple[Issue, ...]) -> Iterator[RegisterRow]:
    """Yield the declared gaps, then what the evidence lacks, then advisory issues about what has no row by then."""
    for gap in gaps.declared:
        yield _declared_row(gap)
    found = (*_found(head.bundle, head.study), *_found_missing(head.bundle, head.release, head.study))
    named = {where for _, where, _, _ in found}
    for kind, where, what, closes in (*found, *_found_advisory(advisory, named)):
        meaning = gaps.kinds[kind]
        yield RegisterRow("", where, what, meaning.severity, meaning.consequence, closes or meaning.closes)


def _declared_row(gap: DeclaredGap) -> RegisterRow:
    return RegisterRow(gap.id, "declared", gap.title, gap.severity, gap.consequence, gap.closes)


def _found(bundle: EvidenceBundle, study: Study | Gap) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, where, what and what closes it (empty: as its kind says) of every gap in the evidence."""
    for part in ("device", "verification", "trace", "studies", "datasets"):
        for where, gap in _gaps_in(getattr(bundle, part), part):
            security = re.search(r"\b(THR|SEC)-\d+", where)
            yield "security" if security else "evidence", where, gap.reason, gap.closes
    yield from _found_in_supply(bundle.supply)
    if not isinstance(study, Gap):
        yield from _found_in_study(study)
    if not isinstance(bundle.trace, Gap):
        yield from _found_in_trace(bundle.trace)
    if not isinstance(bundle.verification, Gap) and bundle.verification.kind is not RunKind.FORMAL:
        yield "engineering_run", "verification.json", "The scenarios ran in an engineering run", ""


def _found_in_supply(supply: SupplyEvidence | Gap) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is not known of components, one row for all that lack the same."""
    if isinstance(supply, Gap):
        yield "evidence", "supply", supply.reason, supply.closes
        return
    for gap in (supply.vulnerabilities, *supply.unlisted):
        if isinstance(gap, Gap):
            yield "component", "supply", gap.reason, gap.closes
    for row in lacking(supply.components):
        what = compose("{} of {} components: {}", row.what.capitalize(), count(row.components), row.reason)
        yield "component", "supply", what, row.closes


EXPECTED = (Role.SUBGROUP, Role.BASELINE, Role.ROBUSTNESS, Role.OUT_OF_SCOPE, Role.TRIAGE)
"""Kinds of analyses that the documents set beside the headline of a release."""


def _found_missing(
    bundle: EvidenceBundle, release: ReleaseEvidence | Gap, study: Study | Gap
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what the documents ask for and no study holds, and weights of unknown licence."""
    if not isinstance(bundle.studies, Gap):
        for kind in KINDS:
            found = of_kind(bundle, kind)
            if isinstance(found, Gap):
                yield "evidence", "studies.json", found.reason, found.closes
    if not isinstance(study, Gap) and study.scores_sha256:
        held = {analysis.role for analysis in study.analyses}
        if len({estimate.subgroup for estimate in study.estimates}) > 1:
            held.add(Role.SUBGROUP)
        for role in EXPECTED:
            if role not in held:
                where = compose("study {}", study.name)
                yield "analysis", where, f"no analysis of the kind “{role.replace('_', ' ')}”", ""
    if not isinstance(release, Gap) and not isinstance(release.card, Gap):
        licence = initial_licence(release)
        if isinstance(licence, Gap):
            yield "weights", compose("release {}", release.name), licence.reason, licence.closes


def initial_licence(release: ReleaseEvidence) -> str | Gap:
    """The licence of weights that came from elsewhere; weights drawn at random need none."""
    card = release.card
    if isinstance(card, Gap):
        return card
    if card.initial_weights_sha256 is None:
        return "none needed: no weights came from elsewhere"
    return card.initial_weights_licence or Gap(reason=UNLICENSED, closes=UNLICENSED_CLOSES)


UNLICENSED = "the origin of the initial weights states no licence; no candidate may be built on them"
UNLICENSED_CLOSES = "a licence from their holder in writing, or a training from weights whose licence is known"


def _found_advisory(advisory: tuple[Issue, ...], named: set[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the advisory issues about what has no row of its own yet."""
    for issue in advisory:
        if issue.code in REVIEWS:
            yield "review", issue.where, issue.message, issue.hint
        elif not named & set(re.findall(r"[A-Z]+-[A-Z0-9-]*\d+", f"{issue.where} {issue.message}")):
            yield "advisory", issue.where, issue.message, issue.hint


def _found_in_study(study: Study) -> Iterator[tuple[str, str, str, str]]:
    for criterion in study.criteria:
        if criterion.met is False:
            yield "criterion", criterion.id, compose("NOT MET: {}", criterion.rationale), ""
    for estimate in study.estimates:
        if estimate.value is None:
            where = compose("{}, {} ({})", study.name, estimate.metric, estimate.subgroup)
            yield "estimate", where, estimate.reason or "undefined without a reason", ""


ROOTS = (*NEEDS, ItemKind.SOFTWARE_REQUIREMENT)


def _found_in_trace(trace: TraceEvidence) -> Iterator[tuple[str, str, str, str]]:
    for item in trace.items:
        if item.kind in ROOTS and item.status is not LinkStatus.COVERS:
            yield item.kind.value, item.id, compose("{}: {}", item.status.value.replace("_", " "), item.why), ""
    for control in trace.controls:
        if control.implemented is not LinkStatus.COVERS:
            yield "implementation", control.id, control.implemented_why, ""
        if control.effective is not LinkStatus.COVERS:
            yield "effectiveness", control.id, control.effective_why, ""


def _gaps_in(value: object, where: str) -> Iterator[tuple[str, Gap]]:
    if isinstance(value, Gap):
        yield where, value
    elif isinstance(value, msgspec.Struct):
        name = getattr(value, "name", None) or getattr(value, "id", None)
        place = compose("{} {}", where, name) if name else where
        for field in value.__struct_fields__:
            inner = getattr(value, field)
            yield from _gaps_in(
                inner, place if isinstance(inner, tuple) else compose("{}, {}", place, field.replace("_", " "))
            )
    elif isinstance(value, tuple):
        for inner in value:
            yield from _gaps_in(inner, where)
