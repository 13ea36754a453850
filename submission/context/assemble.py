"""From the bundle to the names that templates see: each a value or a gap, nothing computed but counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from submission.content.answers import Answer, Comparison, Missing
from submission.content.catalogue import Catalogue, Entry, Standard, Wording
from submission.content.proposals import Proposals
from submission.content.resolve import Headings, resolve
from submission.context.blocking import find_advisory
from submission.context.gaps import bind
from submission.context.head import read_head, with_origins
from submission.context.register import RegisterRow, find_gaps, initial_licence
from submission.context.studied import Studied, studied
from submission.context.traced import Traced, traced
from submission.context.verified import Verified, verified
from submission.words.claims import number_of, pick, remember, rows
from submission.words.folders import CATALOGUE, MANIFEST
from verification.evidence import (
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

    `found` is the gap register without what `guidance`, `questions` and `comparison` find missing; `register` is all.
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
    found: tuple[RegisterRow, ...]
    register: tuple[RegisterRow, ...]
    guidance: tuple[Answer, ...]
    questions: tuple[Answer, ...]
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
    known: dict[str, Missing] = {}
    for row in package.found:
        missing = Missing(row.what, row.severity, row.consequence, row.closes, row.id or row.where)
        known |= {f"{row.where} {row.what}": missing, row.what: missing}
    answers = resolve(catalogue, package.names(), known, headings)
    added = (RegisterRow("", where, m.reason, m.severity, m.consequence, m.closes) for where, m in answers.missing)
    return replace(
        package,
        register=rows((*package.found, *added), f"{MANIFEST}#/register"),
        guidance=rows(answers.guidance, f"{MANIFEST}#/guidance"),
        questions=rows(answers.questions, f"{MANIFEST}#/questions"),
        comparison=answers.comparison,
    )


def _assemble(project: Project, catalogue: Catalogue, release_name: str) -> Package:
    head = with_origins(read_head(project, release_name))
    remember(catalogue, f"{CATALOGUE}#")
    bundle, release = head.bundle, head.release
    advisory = tuple(find_advisory(bundle))
    found = tuple(find_gaps(catalogue.gaps, head, advisory))
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
        declared={gap.key: Gap(reason=gap.title, closes=gap.closes) for gap in catalogue.gaps.declared},
        found=found,
        register=found,
        guidance=(),
        questions=(),
        comparison=None,
        device=bundle.device,
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
    )


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
