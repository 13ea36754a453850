"""From the bundle to the names that templates see: each a value or a gap, nothing computed but counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec

from submission.content.answers import Answer, Comparison
from submission.content.catalogue import Catalogue, Entry, Standard, Wording
from submission.content.gaps import Ruled
from submission.content.proposals import Proposals
from submission.content.resolve import Headings, resolve
from submission.content.sponsor import entered
from submission.context.blocking import find_advisory
from submission.context.found import Finding, find, initial_licence
from submission.context.gaps import bind
from submission.context.head import read_head, with_origins
from submission.context.register import Register, RegisterRow, make_register
from submission.context.studied import Studied, studied
from submission.context.traced import Traced, traced
from submission.context.verified import Verified, verified
from submission.words.claims import number_of, pick, remember, rows
from submission.words.folders import CATALOGUE, MANIFEST
from verification.evidence import (
    DeviceEvidence,
    EvidenceBundle,
    Gap,
    Issue,
    ItemKind,
    Project,
    ReleaseEvidence,
    ResultStatus,
    Source,
    Study,
    SupplyEvidence,
    TraceEvidence,
    VerificationEvidence,
)


@dataclass(frozen=True, slots=True)
class Package:
    """Every name that a template may use, beside `document`. An unknown name is a fault of the template.

    `found` is what the evidence is found to lack; `register` is all that is left, what `guidance`, `questions`,
    `presub` and `comparison` find missing included. `presub` are the questions to FDA, `enclosed` the documents of a
    pre-submission.
    """

    bundle: EvidenceBundle
    source: Source
    state: str
    banners: tuple[str, ...]
    standing: str
    blocking: tuple[Issue, ...]
    advisory: tuple[Issue, ...]
    documents: tuple[Entry, ...]
    standards: tuple[Standard, ...]
    wording: Wording
    declared: Mapping[str, Gap]
    found: tuple[Finding, ...]
    register: tuple[RegisterRow, ...]
    severity_rule: tuple[Ruled, ...]
    guidance: tuple[Answer, ...]
    questions: tuple[Answer, ...]
    presub: tuple[Answer, ...]
    enclosed: tuple[Entry, ...]
    comparison: Comparison | None
    device: Any
    release: ReleaseEvidence | Gap
    initial_licence: str | Gap
    study: Study | Gap
    supply: SupplyEvidence | Gap
    verification: VerificationEvidence | Gap
    trace: TraceEvidence | Gap
    studied: Studied
    verified: Verified
    traced: Traced
    counts: Mapping[str, int | Gap]
    proposals: Proposals
    sponsor: Mapping[str, Any]

    def names(self) -> dict[str, object]:
        """The names as a template's context: those of a part stand beside the others."""
        parts = (self.studied, self.verified, self.traced)
        return {field.name: getattr(each, field.name) for each in (self, *parts) for field in fields(each)}


def assemble(project: Project, catalogue: Catalogue, release_name: str) -> Package:
    """Read the evidence of a checkout and arrange it for the templates.

    What is asked is answered as if every section that is named were there; `answered` looks.

    Raises:
        CatalogueError: an expression of the content map, the questions or the comparison names what does not exist.
    """
    return answered(_assemble(project, catalogue, release_name), catalogue, None)


def answered(package: Package, catalogue: Catalogue, headings: Headings | None) -> Package:
    """A package with the answers to what is asked of it, given the sections that its documents have.

    Raises:
        CatalogueError: as `assemble`.
    """

    def register(found: Iterable[Finding]) -> Register:
        return make_register(catalogue.gaps, catalogue.sponsor, catalogue.roles, found)

    answers = resolve(catalogue, package.names(), register(package.found).meanings, headings)
    asking = (Finding(kind, where, missing.reason, missing.closes) for kind, where, missing in answers.missing)
    whole = register((*package.found, *asking))
    place = f"{MANIFEST}#/register"
    return replace(
        package,
        register=rows((row.placed(f"{place}/{at}/number") for at, row in enumerate(whole.rows)), place),
        guidance=rows(map(whole.explain, answers.guidance), f"{MANIFEST}#/guidance"),
        questions=rows(map(whole.explain, answers.questions), f"{MANIFEST}#/questions"),
        presub=rows(map(whole.explain, answers.presub), f"{MANIFEST}#/presub"),
        comparison=answers.comparison,
        proposals=package.proposals.without(frozenset(_with_gaps(headings or {}))),
    )


def _with_gaps(headings: Headings) -> Iterator[str]:
    """Yield each section in which a gap is printed."""
    for number, sections in headings.items():
        yield from (f"{number}/{name}" for name, section in sections.items() if section.gaps)


def _assemble(project: Project, catalogue: Catalogue, release_name: str) -> Package:
    head = with_origins(read_head(project, release_name))
    remember(catalogue, f"{CATALOGUE}#")
    bundle, release = head.bundle, head.release
    advisory = tuple(find_advisory(bundle))
    always = (cause for cause in catalogue.gaps.causes if cause.declared)
    return Package(
        bundle=bundle,
        source=head.source,
        state="blocked" if head.blocking else getattr(release, "status", "blocked"),
        banners=head.banners,
        standing=head.standing,
        blocking=head.blocking,
        advisory=advisory,
        documents=catalogue.documents,
        standards=catalogue.standards,
        wording=catalogue.wording,
        declared={cause.key: Gap(reason=cause.title, closes=cause.closes) for cause in always},
        found=tuple(find(head, advisory)),
        register=(),
        severity_rule=catalogue.gaps.rule,
        guidance=(),
        questions=(),
        presub=(),
        enclosed=tuple(
            one
            for number in catalogue.presub.enclosed(release_name)
            for one in catalogue.documents
            if one.number == number
        ),
        comparison=None,
        device=bind(bundle.device, lambda device: _traded(device, catalogue.sponsor.names.trade)),
        release=release,
        initial_licence=bind(release, initial_licence),
        study=head.study,
        supply=bundle.supply,
        verification=bundle.verification,
        trace=bundle.trace,
        studied=studied(bundle, release, head.study),
        verified=verified(bundle.verification),
        traced=traced(bundle.trace, bundle.verification, bundle.studies),
        counts=_counts(bundle, head.study),
        proposals=catalogue.proposals,
        sponsor=entered(catalogue.sponsor, catalogue.roles),
    )


def _traded(device: DeviceEvidence, name: str | None) -> DeviceEvidence:
    """The device under the name by which it is sold, where that is another than it calls itself."""
    return device if name is None else msgspec.structs.replace(device, name=name)


def _counts(bundle: EvidenceBundle, study: Study | Gap) -> dict[str, int | Gap]:
    def kind(wanted: ItemKind) -> int | Gap:
        return bind(bundle.trace, lambda graph: number_of(pick(graph.items, "kind", wanted)))

    def of(part: Any, name: str) -> int | Gap:
        return bind(part, lambda found: number_of(getattr(found, name)))

    return {
        "user_needs": kind(ItemKind.USER_NEED),
        "system_requirements": kind(ItemKind.SYSTEM_REQUIREMENT),
        "software_requirements": kind(ItemKind.SOFTWARE_REQUIREMENT),
        "hazards": of(bundle.trace, "hazards"),
        "controls": of(bundle.trace, "controls"),
        "anomalies": of(bundle.trace, "anomalies"),
        "deviations": of(bundle.trace, "deviations"),
        "scenarios": of(bundle.verification, "results"),
        "passed": bind(
            bundle.verification, lambda found: number_of(pick(found.results, "status", ResultStatus.PASSED))
        ),
        "estimates": of(study, "estimates"),
        "criteria": of(study, "criteria"),
        "criteria_met": bind(study, lambda found: number_of(pick(found.criteria, "met", True))),
    }
