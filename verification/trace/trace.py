"""`clearway trace`: everything read, linked, judged, and written as `trace.json`, `device.json`, `sources.json`."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from verification.evidence import (
    SOURCES,
    DeviceEvidence,
    EvidenceError,
    Gap,
    GateLimits,
    Issue,
    ItemKind,
    Project,
    Review,
    ReviewLine,
    Severity,
    StudiesEvidence,
    TraceEvidence,
    VerificationEvidence,
    read_evidence,
    write_evidence,
)
from verification.evidence.chain import find_uncommitted
from verification.graph.changes import find_change_records
from verification.graph.history import find_vanished
from verification.graph.link import Sources, find_items, find_links, link
from verification.graph.risk import (
    describe_policy,
    documentation_level,
    find_controls,
    find_hazards,
)
from verification.graph.sections import CONTENT_MAP, read_sections
from verification.graph.specified import Code, read_code
from verification.graph.standing import Proof, read_proof
from verification.graph.threats import describe_data_flow, describe_security, find_threat_issues, find_threats
from verification.product.excerpts import read_sources
from verification.product.limits import find_limit_issues
from verification.product.product import inputs_of_device, read_device
from verification.records.archive import ARCHIVES, find_archive_issues
from verification.records.record import RECORD, read_record
from verification.records.reviews import DAMAGED, find_review_issues, find_reviews
from verification.sources.scan import Symbol, scan
from verification.sources.scenarios import Scenario, inputs_of, read_scenarios
from verification.sources.subjects import Subject, find_below, find_protocol, find_subjects
from verification.specification import kinds
from verification.specification.cache import ALL_CODE, open_cache, save_answer, still_holds
from verification.specification.items import Items
from verification.specification.reading import read_items
from verification.strength import strength
from verification.strength.strength import Links, read_strengths
from verification.trace.anomalies import find_anomalies, find_deviations
from verification.trace.issues import find_issues

T = TypeVar("T", VerificationEvidence, StudiesEvidence)


def ask(project: Project) -> tuple[TraceEvidence, DeviceEvidence]:
    """The trace of the checkout as it is now, with the evidence there is; nothing is written."""
    project = open_cache(project)
    release = project.product.release
    return _read_answer(project, release) or _make(project, release)[:2]


def trace(project: Project, *, judge: bool = False, release: str = "") -> tuple[TraceEvidence, DeviceEvidence]:
    """Make the trace of the checkout as it is now, with the evidence there is, and write the files.

    Args:
        project: the checkout.
        judge: judge everything, also where nothing changed since the last trace, whose answer is in a cache.
        release: the one whose studies decide; where none is named, that of the documents.

    Raises:
        ValueError: there is no release of this name.
    """
    project = open_cache(project, keep=True)
    decides = release or project.product.release
    if not judge and (known := _read_answer(project, decides)):
        return known
    evidence, device, symbols = _make(project, decides)
    if release and release not in (names := [each.name for each in device.releases]):
        raise ValueError(f"release: found {release}, expected one of {', '.join(names)}")
    with _uncollected():
        sources = read_sources(project, evidence, symbols)
        write_evidence(project.evidence, "device.json", device)
        write_evidence(project.evidence, "trace.json", evidence)
        write_evidence(project.evidence, SOURCES, sources)
        save_answer(project, "device.json", "trace.json", SOURCES)
    return evidence, device


def _read_answer(project: Project, release: str) -> tuple[TraceEvidence, DeviceEvidence] | None:
    """What was written last, if it is what would be written now."""
    if still_holds(project):
        with suppress(FileNotFoundError, EvidenceError):  # somebody deleted or changed what was written
            known = read_evidence(project.evidence, "trace.json", TraceEvidence)
            if known.release == release:
                return known, read_evidence(project.evidence, "device.json", DeviceEvidence)
    return None


def _make(project: Project, decides: str) -> tuple[TraceEvidence, DeviceEvidence, tuple[Symbol, ...]]:
    with _uncollected():
        device, product_issues = read_device(project)
        digests = {release.name: release.digest for release in device.releases}
        evidence, symbols = _build(project, digests, product_issues, device.gate, decides)
    return evidence, device, symbols


def build(project: Project, releases: dict[str, str], known: tuple[Issue, ...] = ()) -> TraceEvidence:
    """Read, link and judge, without writing.

    Args:
        project: the checkout.
        releases: the digest of each release that can be read, by name.
        known: issues found already, which the trace carries.
    """
    gate = Gap(reason="the product is not asked", closes="")
    return _build(project, releases, known, gate, project.product.release)[0]


def find_written(project: Project) -> tuple[Issue, ...]:
    """What stops a build in that which people wrote, whatever was run: the trace judged as if nothing had been."""
    project = open_cache(project)
    with _uncollected():
        device, product_issues = read_device(project)
        evidence, _ = _build(project, {}, product_issues, device.gate, project.product.release, ran=False)
    return tuple(
        issue
        for issue in evidence.issues
        if issue.severity is Severity.BLOCKING and issue.code != "verification-missing"
    )


def _build(
    project: Project,
    releases: dict[str, str],
    known: tuple[Issue, ...],
    gate: GateLimits | Gap,
    release: str,
    *,
    ran: bool = True,
) -> tuple[TraceEvidence, tuple[Symbol, ...]]:
    """Read, link and judge by the studies of a release; unless anything `ran`, as if there were no evidence of it."""
    runs = _read_runs(project, releases, release, ran=ran)
    items = read_items(project)
    symbols, symbol_issues = scan(project)
    found, scenario_issues = read_scenarios(project)
    sections, section_issues = read_sections(project)
    code = read_code(project, items, symbols)
    people = _read_reviews(project, items, code, found)
    graph = link(Sources(items, symbols, found, sections, runs.proof, code, people.reviews, people.controlled))
    nodes = tuple(find_items(graph))
    strengths, strength_issues = read_strengths(Links(project, symbols, found), items)
    evidence = TraceEvidence(
        source=project.source(*_find_inputs(project), ALL_CODE[:1]),
        items=nodes,
        links=tuple(find_links(graph)),
        hazards=tuple(find_hazards(items, graph.standings, release)),
        controls=tuple(find_controls(items, graph.standings)),
        policy=describe_policy(items),
        documentation_level=documentation_level(items),
        anomalies=tuple(find_anomalies(graph.sources)),
        deviations=tuple(find_deviations(graph.sources)),
        changes=tuple(find_change_records(items)),
        threats=tuple(find_threats(items, graph.standings)),
        data_flow=describe_data_flow(items),
        security=describe_security(items),
        records=() if people.issues else people.record,
        issues=_ordered(
            [
                *items.issues, *symbol_issues, *scenario_issues, *section_issues, *known, *runs.issues,
                *people.issues, *find_uncommitted(project, project.root / RECORD),
                *find_issues(graph), *find_vanished(project, items),
                *find_threat_issues(items), *find_limit_issues(items, gate),
                *find_archive_issues(project, runs.verification, people.record, people.protocol),
                *find_review_issues(nodes, people.reviews, people.gone), *strength_issues,
            ]
        ),
        strengths=strengths,
        release=release,
    )  # fmt: skip
    return evidence, symbols


@dataclass(frozen=True, slots=True)
class _Runs:
    """What was run, as far as standings rest on it, what is wrong with that, and the last run without what it is of."""

    proof: Proof
    issues: tuple[Issue, ...]
    verification: VerificationEvidence | Gap


def _read_runs(project: Project, releases: dict[str, str], release: str, *, ran: bool) -> _Runs:
    """Take what is needed from the evidence, if there is to be any, and let go of the rest, which is large."""
    nothing: tuple[Gap, tuple[Issue, ...]] = Gap(reason="no run is asked about", closes=""), ()
    verification, verification_issues = (
        _read(project, "verification.json", VerificationEvidence, "clearway verify") if ran else nothing
    )
    studies, study_issues = _read(project, "studies.json", StudiesEvidence, "clearway evaluate") if ran else nothing
    proof = read_proof(verification, studies, project, releases, release)
    if isinstance(verification, Gap):
        return _Runs(proof, (*verification_issues, *study_issues), verification)
    issues = (*verification_issues, *study_issues, *verification.issues)
    source = replace(verification.source, inputs={})
    return _Runs(proof, issues, replace(verification, results=(), requirement_digests={}, source=source))


@dataclass(frozen=True, slots=True)
class _People:
    """What people recorded, and what of it holds.

    `controlled` is all that a risk control rests on, `gone` what was reviewed and is neither there nor retired.
    """

    record: tuple[ReviewLine, ...]
    issues: tuple[Issue, ...]
    protocol: Subject
    reviews: Mapping[str, Review]
    controlled: frozenset[str]
    gone: frozenset[str]


def _read_reviews(project: Project, items: Items, code: Code, scenarios: tuple[Scenario, ...]) -> _People:
    """Hold the review record against the digests of everything, and let go of these, which are many."""
    record, issues = read_record(project)
    protocol = find_protocol(items, scenarios)
    subjects = find_subjects(items, code.reviewed, scenarios)
    beside = subjects.beside(protocol)
    reviews = dict.fromkeys(subjects, DAMAGED) if issues else find_reviews(record, beside)
    controlled = find_below(subjects, (entry.id for entry in items.of(ItemKind.RISK_CONTROL)))
    gone = frozenset(name for name in reviews if name not in beside and name not in items.retired)
    return _People(record, issues, protocol, reviews, controlled, gone)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage while a great many values are made that all stay, nor later among them: it takes a fifth."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.enable()


def _find_inputs(project: Project) -> tuple[list[str], tuple[str, ...]]:
    """The evidence that a trace reads, and the patterns of all else."""
    evidence = ("build/evidence/verification.json", "build/evidence/studies.json")
    items = (*kinds.INPUTS, CONTENT_MAP, RECORD, ARCHIVES, *strength.INPUTS)
    patterns = (*items, *inputs_of(project), *inputs_of_device(project))
    return [name for name in evidence if project.digest(name)], patterns


def _read(project: Project, name: str, kind: type[T], command: str) -> tuple[T | Gap, tuple[Issue, ...]]:
    """Evidence of another command, or a gap; damaged evidence is an issue besides."""
    project.digest(f"build/evidence/{name}")  # so that the trace is known to rest on it, also where it is not there
    try:
        return read_evidence(project.evidence, name, kind), ()
    except FileNotFoundError:
        return Gap(reason=f"{name} has not been made", closes=f"run `{command}`"), ()
    except EvidenceError as error:
        message = str(error).replace(f"{project.root}/", "")
        issue = Issue(
            code="evidence-unusable",
            severity=Severity.BLOCKING,
            where=name,
            message=message,
            hint=f"run `{command}` again",
        )
        return Gap(reason=f"{name} cannot be used", closes=f"run `{command}` again"), (issue,)


def _ordered(issues: list[Issue]) -> tuple[Issue, ...]:
    """Blocking first; each once, in the order found."""
    once = {(issue.code, issue.where, issue.message): issue for issue in issues}
    return tuple(sorted(once.values(), key=lambda issue: issue.severity is not Severity.BLOCKING))
