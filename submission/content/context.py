"""From the bundle to the names that templates see: each a value or a gap, nothing computed but counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import msgspec

from submission.content.answers import Answer, Comparison, Missing
from submission.content.blocking import REVIEWS, find_advisory, find_blocking
from submission.content.catalogue import Catalogue, DeclaredGap, Entry, Standard, Wording
from submission.content.proposals import Proposals
from submission.content.resolve import Headings, resolve
from submission.words.claims import compose, join_words, number_of, origin_of, pick, remember, rows, stretch, written
from submission.words.components import lacking
from submission.words.filters import count
from submission.words.matrix import NEEDS, BackRow, TraceRow, backward, forward, stem_of
from verification.evidence import (
    EVIDENCE_FILES,
    Dataset,
    EvidenceBundle,
    Gap,
    Hazard,
    Issue,
    Item,
    ItemKind,
    LinkStatus,
    Project,
    ReleaseEvidence,
    ResultStatus,
    Review,
    RiskControl,
    Role,
    RunKind,
    Source,
    Study,
    SupplyEvidence,
    TraceEvidence,
    VerificationEvidence,
    VerificationResult,
    read_bundle,
)

T = TypeVar("T")
U = TypeVar("U")

CATALOGUE, MANIFEST = "catalogue.json", "manifest.json"
"""Files of the package that hold what the documents say of themselves."""

BLOCKED = "BLOCKED"
BANNER = {"reference": "REFERENCE RELEASE, NOT FOR SUBMISSION", "candidate": "DRAFT"}
"""What stands on every page of a release of this status; no option lifts it."""

STANDING = {
    "reference": "This is a reference release. It rests on public data alone, it shows form and "
    "method, and it can never be filed. It supports no indication.",
    "candidate": "This is a draft of a candidate release. No person has approved it.",
}


@dataclass(frozen=True, slots=True)
class Outline:
    """A scenario with its rows; a plain scenario is its own only row. `tally` counts the rows by outcome."""

    id: str
    name: str
    line: int
    criteria: tuple[str, ...]
    results: tuple[VerificationResult, ...]
    tally: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature file and its scenarios. `rows` is how many scenarios and outline rows it holds."""

    file: str
    name: str
    rows: int
    outlines: tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class RiskCell:
    """A cell of the acceptability matrix with the hazards that stand in it before and after control."""

    acceptability: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A row of the gap register."""

    id: str
    where: str
    what: str
    severity: str
    consequence: str
    closes: str


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
    studies: tuple[Study, ...] | Gap
    study: Study | Gap
    study_data: Dataset | Gap
    scored: int | Gap
    development: Study | Gap
    development_data: Dataset | Gap
    label_studies: tuple[Study, ...] | Gap
    comparators: tuple[Study, ...] | Gap
    plans: tuple[Study, ...] | Gap
    datasets: tuple[Dataset, ...] | Gap
    supply: SupplyEvidence | Gap
    verification: VerificationEvidence | Gap
    trace: TraceEvidence | Gap
    user_needs: tuple[Item, ...] | Gap
    system_requirements: tuple[Item, ...] | Gap
    software_requirements: tuple[Item, ...] | Gap
    hazards: tuple[Hazard, ...] | Gap
    controls: tuple[RiskControl, ...] | Gap
    reviews: Mapping[str, Review] | Gap
    risk_matrix: tuple[tuple[str, tuple[RiskCell, ...]], ...] | Gap
    features: tuple[Feature, ...] | Gap
    unverified: tuple[VerificationResult, ...] | Gap
    statuses: tuple[tuple[str, int], ...] | Gap
    forward: tuple[TraceRow, ...] | Gap
    backward: tuple[BackRow, ...] | Gap
    coverage: tuple[tuple[str, int], ...] | Gap
    counts: Mapping[str, int | Gap]
    proposals: Proposals

    def names(self) -> dict[str, object]:
        """The names as a template's context."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def bind(value: T | Gap, function: Callable[[T], U]) -> U | Gap:
    """Apply `function` to evidence; what hangs on a gap is that gap."""
    return value if isinstance(value, Gap) else function(value)


@dataclass(frozen=True, slots=True)
class Head:
    """What anything that is rendered says of itself: of which commit, release and evidence it is, what blocks it."""

    bundle: EvidenceBundle
    source: Source
    release: ReleaseEvidence | Gap
    study: Study | Gap
    blocking: tuple[Issue, ...]
    banners: tuple[str, ...]
    standing: str


def read_head(project: Project, release_name: str) -> Head:
    """Read the evidence of a checkout and judge whether it can be used for a release."""
    bundle = read_bundle(project.evidence)
    release = bind(bundle.device, lambda device: _named(device.releases, release_name, "device.json"))
    study = _study_of(bundle, release)
    blocking = tuple(find_blocking(bundle, project, release, study))
    return Head(
        bundle=bundle,
        source=project.source(()),
        release=release,
        study=study,
        blocking=blocking,
        banners=_banners(release, blocked=bool(blocking)),
        standing=STANDING.get(getattr(release, "status", ""), STANDING["candidate"]),
    )


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
    head = _with_origins(read_head(project, release_name))
    remember(catalogue, f"{CATALOGUE}#")
    bundle, release, study, blocking = head.bundle, head.release, head.study, head.blocking
    advisory = tuple(find_advisory(bundle))
    state = "blocked" if blocking else getattr(release, "status", "blocked")
    trace, verification = bundle.trace, bundle.verification
    matrix = bind(trace, lambda graph: tuple(forward(graph, verification)))
    development = bind(release, lambda found: _development_of(bundle, found))
    declared = {gap.key: Gap(reason=gap.title, closes=gap.closes) for gap in catalogue.gaps.declared}
    found = tuple(_register(catalogue, bundle, release, study, advisory))
    return Package(
        bundle=bundle,
        source=head.source,
        state=state,
        banners=head.banners,
        standing=head.standing,
        blocking=blocking,
        advisory=advisory,
        documents=catalogue.documents,
        standards=catalogue.standards,
        wording=catalogue.wording,
        declared=declared,
        found=found,
        register=found,
        guidance=(),
        questions=(),
        comparison=None,
        device=bundle.device,
        release=release,
        initial_licence=bind(release, _initial_licence),
        studies=bind(bundle.studies, lambda found: _some(found.studies, "studies.json lists no study")),
        study=study,
        study_data=bind(study, lambda found: _data_of(bundle, found)),
        scored=bind(study, _scored),
        development=development,
        development_data=bind(development, lambda found: _data_of(bundle, found)),
        label_studies=_of_kind(bundle, "reference_standard"),
        comparators=_of_kind(bundle, "comparator"),
        plans=_of_kind(bundle, "validation_plan"),
        datasets=bind(bundle.datasets, lambda found: _some(found.datasets, "datasets.json lists no data set")),
        supply=bundle.supply,
        verification=verification,
        trace=trace,
        user_needs=_items(trace, ItemKind.USER_NEED),
        system_requirements=_items(trace, ItemKind.SYSTEM_REQUIREMENT),
        software_requirements=_items(trace, ItemKind.SOFTWARE_REQUIREMENT),
        hazards=bind(trace, lambda graph: _some(graph.hazards, "trace.json lists no hazard")),
        controls=bind(trace, lambda graph: _some(graph.controls, "trace.json lists no risk control")),
        reviews=bind(trace, _reviews),
        risk_matrix=bind(trace, _risk_matrix),
        features=bind(verification, lambda found: _some(_features(found), "verification.json lists no scenario")),
        unverified=bind(verification, lambda found: pick(found.results, "status", ResultStatus.PASSED, other=True)),
        statuses=bind(verification, _statuses),
        forward=matrix,
        backward=bind(trace, lambda graph: tuple(backward(graph, verification))),
        coverage=bind(trace, _coverage),
        counts=_counts(bundle, study),
        proposals=catalogue.proposals,
    )


def _with_origins(head: Head) -> Head:
    """Let all evidence, and what the manifest states, remember where it stands."""
    for part, (name, _, _) in EVIDENCE_FILES.items():
        remember(getattr(head.bundle, part), f"{name}#")
    source = Source(commit=head.source.commit, commit_date=head.source.commit_date, dirty=head.source.dirty, inputs={})
    remember(source, f"{MANIFEST}#")
    blocking = remember(head.blocking, f"{MANIFEST}#/blocking")
    # A release that nobody knows is named by the user alone, so that only what blocks says of it where it stands.
    unknown = [Gap(reason=one.message, closes=one.hint) for one in blocking if one.code == "release-unknown"]
    release = unknown[0] if unknown else head.release
    return replace(head, source=source, blocking=blocking, release=release, study=_study_of(head.bundle, release))


def _banners(release: ReleaseEvidence | Gap, *, blocked: bool) -> tuple[str, ...]:
    # A status that nobody knows is a draft: it is never silently fit for submission.
    standing = () if isinstance(release, Gap) else (BANNER.get(release.status, BANNER["candidate"]),)
    return (*((BLOCKED,) if blocked else ()), *standing)


# --- choosing ---------------------------------------------------------------------------------------------------------


def _named(values: tuple[Any, ...], name: str, where: str) -> Any:
    for value in values:
        if value.name == name:
            return value
    known = join_words(value.name for value in values) or "none"
    asked = compose("has no '{}'", name) if name else "was asked for no name"
    reason = compose("{} {}; it has {}", where, asked, known)
    return Gap(reason=reason, closes="name one of those, or make the evidence again")


def _study_of(bundle: EvidenceBundle, release: ReleaseEvidence | Gap) -> Study | Gap:
    if isinstance(release, Gap) or isinstance(bundle.studies, Gap):
        return release if isinstance(release, Gap) else bundle.studies  # type: ignore[return-value]
    if release.study is None:
        return Gap(reason=compose("release {} names no study", release.name), closes="carry out the validation plan")
    found: Study | Gap = _named(bundle.studies.studies, release.study, "studies.json")
    return found


KINDS = {
    "reference_standard": "no study of the labels against readers",
    "comparator": "no study of a comparator",
    "validation_plan": "no validation plan",
}


def _of_kind(bundle: EvidenceBundle, kind: str) -> tuple[Study, ...] | Gap:
    reason = f"{KINDS[kind]} is in studies.json"
    return bind(bundle.studies, lambda found: _some(tuple(s for s in found.studies if s.kind == kind), reason))


def _development_of(bundle: EvidenceBundle, release: ReleaseEvidence) -> Study | Gap:
    """The study that gave development estimates of a release, where another is its headline."""
    if isinstance(bundle.studies, Gap):
        return bundle.studies
    for study in bundle.studies.studies:
        if study.kind == "development" and study.release == release.name and study.name != release.study:
            return study
    reason = compose("studies.json holds no development study of release {} beside the study above", release.name)
    return Gap(reason=reason, closes="estimates on patients held out of its training")


def _data_of(bundle: EvidenceBundle, study: Study) -> Dataset | Gap:
    """The collection that a study scored, known by the digest of its manifest."""
    if isinstance(bundle.datasets, Gap):
        return bundle.datasets
    for dataset in bundle.datasets.datasets:
        if study.dataset_digest and dataset.digest == study.dataset_digest:
            return dataset
    reason = compose("no collection in datasets.json has the digest of the data of study {}", study.name)
    return Gap(reason=reason, closes="describe the collection with `clearway data explore`")


def _scored(study: Study) -> int | Gap:
    missing = Gap(reason=compose("study {} has scored no image", study.name), closes="carry out its plan")
    return missing if study.scores_sha256 is None or study.images is None else study.images


def _initial_licence(release: ReleaseEvidence) -> str | Gap:
    """The licence of weights that came from elsewhere; weights drawn at random need none."""
    card = release.card
    if isinstance(card, Gap):
        return card
    if card.initial_weights_sha256 is None:
        return "none needed: no weights came from elsewhere"
    return card.initial_weights_licence or Gap(reason=UNLICENSED, closes=UNLICENSED_CLOSES)


UNLICENSED = "the origin of the initial weights states no licence; no candidate may be built on them"
UNLICENSED_CLOSES = "a licence from their holder in writing, or a training from weights whose licence is known"


def _some(values: tuple[T, ...], reason: str) -> tuple[T, ...] | Gap:
    return values or Gap(reason=reason, closes="see why the command that makes it found none")


def _items(trace: TraceEvidence | Gap, kind: ItemKind) -> tuple[Item, ...] | Gap:
    reason = f"trace.json lists no {kind.value.replace('_', ' ')}"
    return bind(trace, lambda graph: _some(tuple(item for item in graph.items if item.kind is kind), reason))


# --- verification -----------------------------------------------------------------------------------------------------


def _features(evidence: VerificationEvidence) -> tuple[Feature, ...]:
    files = sorted({result.file for result in evidence.results})
    return tuple(_feature(file, pick(evidence.results, "file", file), evidence) for file in files)


def _feature(file: str, found: tuple[VerificationResult, ...], evidence: VerificationEvidence) -> Feature:
    return Feature(file, found[0].feature, number_of(found), tuple(_outlines(found, evidence.results)))


def _outlines(found: tuple[VerificationResult, ...], every: tuple[VerificationResult, ...]) -> Iterator[Outline]:
    places = {result.id: place for place, result in enumerate(every)}
    stems: dict[str, list[VerificationResult]] = {}
    for result in found:
        stems.setdefault(stem_of(result), []).append(result)
    for first, *others in stems.values():
        start = places[first.id]
        neighbours = stretch(every, start, start + 1 + len(others))
        tally = tuple(_tally(neighbours, dict.fromkeys(row.status for row in neighbours)))
        criteria = tuple(dict.fromkeys(name for row in neighbours for name in row.criteria))
        yield Outline(_stem(first), first.name, first.line, criteria, neighbours, tally)


def _stem(result: VerificationResult) -> str:
    stem = stem_of(result)
    return result.id if stem == result.id else written(stem, result.id, "part")


def _statuses(evidence: VerificationEvidence) -> tuple[tuple[str, int], ...]:
    return tuple(_tally(evidence.results, ResultStatus))


def _tally(values: tuple[Any, ...], statuses: Iterable[Any]) -> Iterator[tuple[str, int]]:
    yield from ((status.value, number_of(pick(values, "status", status))) for status in statuses)


def _coverage(trace: TraceEvidence) -> tuple[tuple[str, int], ...]:
    """How many criteria of software requirements have each status."""
    found = pick(trace.items, "kind", ItemKind.SOFTWARE_REQUIREMENT)
    criteria = rows((criterion for item in found for criterion in item.criteria), f"{origin_of(found)}/*/criteria/*")
    return tuple(_tally(criteria, LinkStatus))


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


# --- trace ------------------------------------------------------------------------------------------------------------


def _reviews(trace: TraceEvidence) -> dict[str, Review]:
    """The review of each item by its id."""
    parts: tuple[tuple[Any, ...], ...] = (
        trace.hazards, trace.controls, trace.threats, trace.anomalies, trace.deviations,
    )  # fmt: skip
    return {each.id: Review() for part in parts for each in part} | {item.id: item.review for item in trace.items}


def _risk_matrix(trace: TraceEvidence) -> tuple[tuple[str, tuple[RiskCell, ...]], ...] | Gap:
    if isinstance(trace.policy, Gap):
        return trace.policy
    rows = []
    for severity, (name, row) in enumerate(zip(trace.policy.severities, trace.policy.matrix, strict=True), start=1):
        cells = tuple(_risk_cell(trace.hazards, severity, p, value) for p, value in enumerate(row, start=1))
        rows.append((name, cells))
    return tuple(reversed(rows))


def _risk_cell(hazards: tuple[Hazard, ...], severity: int, probability: int, acceptability: str) -> RiskCell:
    here = (severity, probability)
    return RiskCell(
        acceptability,
        before=tuple(h.id for h in hazards if (h.severity, h.probability_of_harm) == here),
        after=tuple(h.id for h in hazards if (h.residual_severity, h.residual_probability_of_harm) == here),
    )


# --- gaps -------------------------------------------------------------------------------------------------------------


def _register(
    catalogue: Catalogue,
    bundle: EvidenceBundle,
    release: ReleaseEvidence | Gap,
    study: Study | Gap,
    advisory: tuple[Issue, ...],
) -> Iterator[RegisterRow]:
    for gap in catalogue.gaps.declared:
        yield _declared_row(gap)
    found = (*_found(bundle, study), *_found_missing(bundle, release, study))
    named = {where for _, where, _, _ in found}
    for kind, where, what, closes in (*found, *_found_advisory(advisory, named)):
        meaning = catalogue.gaps.kinds[kind]
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
            found = _of_kind(bundle, kind)
            if isinstance(found, Gap):
                yield "evidence", "studies.json", found.reason, found.closes
    if not isinstance(study, Gap) and study.scores_sha256:
        held = {analysis.role for analysis in study.analyses}
        for role in EXPECTED:
            if role not in held:
                where = compose("study {}", study.name)
                yield "analysis", where, f"no analysis of the kind “{role.replace('_', ' ')}”", ""
    if not isinstance(release, Gap) and not isinstance(release.card, Gap):
        licence = _initial_licence(release)
        if isinstance(licence, Gap):
            yield "weights", compose("release {}", release.name), licence.reason, licence.closes


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
