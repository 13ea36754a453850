"""What the evidence of a package is found to lack: findings, each by its kind, place and words; judges none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from submission.content.gaps import IDS
from submission.context.blocking import REVIEWS
from submission.context.head import Head
from submission.context.studied import KINDS, of_kind, own_pivotal
from submission.words.claims import compose, cut
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
class Finding:
    """Something that is lacking. `kind` is one of `gaps.yaml`, or the code of an issue; `closes` may be empty."""

    kind: str
    where: str
    what: str
    closes: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that its place names; those that its words begin with where the place names none."""
        named = tuple(cut(self.where, *found.span()) for found in IDS.finditer(self.where))
        first = IDS.match(self.what)
        return named or ((cut(self.what, *first.span()),) if first else ())

    @property
    def subjects(self) -> tuple[str, ...]:
        """What it is about: the ids where there are any, else its place."""
        return self.ids or (self.where,)


def find(head: Head, advisory: tuple[Issue, ...]) -> Iterator[Finding]:
    """Yield what the evidence lacks, then what its advisory issues say."""
    yield from _found(head.bundle, head.study)
    yield from _found_missing(head.bundle, head.release, head.study)
    yield from _found_unplanned(head.bundle, head.release)
    yield from _found_releases(head.release)
    for issue in advisory:
        yield Finding("review" if issue.code in REVIEWS else issue.code, issue.where, issue.message, issue.hint)


def _found(bundle: EvidenceBundle, study: Study | Gap) -> Iterator[Finding]:
    for part in ("device", "verification", "trace", "datasets"):
        for where, gap in _gaps_in(getattr(bundle, part), part):
            security = _SECURITY.search(where)
            yield Finding("security" if security else "evidence", where, gap.reason, gap.closes)
    if not isinstance(bundle.studies, Gap):
        for one in bundle.studies.studies:
            reasons = dict.fromkeys(gap for _, gap in _gaps_in(one, ""))
            yield from (Finding("study", compose("study {}", one.name), gap.reason, gap.closes) for gap in reasons)
    else:
        yield Finding("evidence", "studies", bundle.studies.reason, bundle.studies.closes)
    yield from _found_in_supply(bundle.supply)
    if not isinstance(study, Gap):
        yield from _found_in_study(study)
    if not isinstance(bundle.trace, Gap):
        yield from _found_in_trace(bundle.trace)
    if not isinstance(bundle.verification, Gap) and bundle.verification.kind is not RunKind.FORMAL:
        yield Finding("engineering_run", "verification.json", "The scenarios ran in an engineering run")


_SECURITY = re.compile(r"\b(THR|SEC)-\d+")


def _found_in_supply(supply: SupplyEvidence | Gap) -> Iterator[Finding]:
    """Yield what is not known of components, one row for all that lack the same."""
    if isinstance(supply, Gap):
        yield Finding("evidence", "supply", supply.reason, supply.closes)
        return
    named = (("vulnerabilities", supply.vulnerabilities), *(("unlisted", gap) for gap in supply.unlisted))
    for name, gap in named:
        if isinstance(gap, Gap):
            yield Finding(f"component-{name}", "supply", gap.reason, gap.closes)
    for row in lacking(supply.components):
        what = compose("{} of {} components: {}", row.what.capitalize(), count(row.components), row.reason)
        yield Finding(f"component-{row.what}", "supply", what, row.closes)


EXPECTED = (Role.SUBGROUP, Role.BASELINE, Role.ROBUSTNESS, Role.OUT_OF_SCOPE, Role.TRIAGE)
"""Kinds of analyses that the documents set beside the headline of a release."""


def _found_missing(bundle: EvidenceBundle, release: ReleaseEvidence | Gap, study: Study | Gap) -> Iterator[Finding]:
    """Yield what the documents ask for and no study holds, and weights of unknown license."""
    if not isinstance(bundle.studies, Gap):
        for kind in KINDS:
            found = of_kind(bundle, kind)
            if isinstance(found, Gap):
                yield Finding("evidence", "studies.json", found.reason, found.closes)
    if not isinstance(study, Gap) and study.scores_sha256:
        held = {analysis.role for analysis in study.analyses}
        if len({estimate.subgroup for estimate in study.estimates}) > 1:
            held.add(Role.SUBGROUP)
        for role in EXPECTED:
            if role not in held:
                where = compose("study {}", study.name)
                yield Finding("analysis", where, f"no analysis of the kind “{role.replace('_', ' ')}”")
    if not isinstance(release, Gap) and not isinstance(release.card, Gap):
        licence = initial_licence(release)
        if isinstance(licence, Gap):
            yield Finding("weights", compose("release {}", release.name), licence.reason, licence.closes)


def _found_unplanned(bundle: EvidenceBundle, release: ReleaseEvidence | Gap) -> Iterator[Finding]:
    """Yield that a study is planned for others and none for the population of the release."""
    if not isinstance(release, Gap) and not isinstance(of_kind(bundle, "pivotal"), Gap):
        planned = own_pivotal(bundle, release)
        if isinstance(planned, Gap):
            yield Finding("plan", compose("release {}", release.name), planned.reason, planned.closes)


def initial_licence(release: ReleaseEvidence) -> str | Gap:
    """The license of weights that came from elsewhere; weights drawn at random need none."""
    card = release.card
    if isinstance(card, Gap):
        return card
    if card.initial_weights_sha256 is None:
        return "none needed: no weights came from elsewhere"
    return card.initial_weights_licence or Gap(reason=UNLICENSED, closes=UNLICENSED_CLOSES)


UNLICENSED = "the origin of the initial weights states no license; no candidate may be built on them"
UNLICENSED_CLOSES = "a license from their holder in writing, or a training from weights whose license is known"


def _found_releases(release: ReleaseEvidence | Gap) -> Iterator[Finding]:
    if isinstance(release, Gap):
        return
    where = compose("release {} {}", release.name, release.version)
    if release.unbuilt_reason:
        yield Finding("release-unbuilt", where, release.unbuilt_reason, f"`{release.unbuilt_command}`")
    if release.status == "reference":
        yield Finding("release-reference", where, "a reference release, which can never be filed")
    else:
        yield Finding("release-draft", where, "a draft that nobody has approved", "review and approval of it")


def _found_in_study(study: Study) -> Iterator[Finding]:
    for criterion in study.criteria:
        if criterion.met is False:
            yield Finding("criterion", criterion.id, compose("NOT MET: {}", criterion.rationale))
    for estimate in study.estimates:
        if estimate.value is None:
            where = compose("{}, {} ({})", study.name, estimate.metric, estimate.subgroup)
            kind = "unrecorded" if estimate.reason == "not recorded" else "estimate"
            yield Finding(kind, where, estimate.reason or "undefined without a reason")


ROOTS = (*NEEDS, ItemKind.SOFTWARE_REQUIREMENT)


def _found_in_trace(trace: TraceEvidence) -> Iterator[Finding]:
    for item in trace.items:
        if item.kind in ROOTS and item.status is not LinkStatus.COVERS:
            yield Finding(item.kind.value, item.id, compose("{}: {}", item.status.value.replace("_", " "), item.why))
    for control in trace.controls:
        if control.implemented is not LinkStatus.COVERS:
            yield Finding("implementation", control.id, control.implemented_why)
        if control.effective is not LinkStatus.COVERS:
            yield Finding("effectiveness", control.id, control.effective_why)
    for threat in trace.threats:
        if threat.open is not None and threat.residual_acceptability == "unacceptable":
            yield Finding("threat-unacceptable", threat.id, threat.open.reason, threat.open.closes)
    for anomaly in trace.anomalies:
        workaround = compose("{} is open: {}; workaround: {}", anomaly.title, anomaly.disposition, anomaly.workaround)
        yield Finding("anomaly", anomaly.id, workaround)


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
