"""What makes a package BLOCKED: failed, stale or missing evidence, a digest mismatch, an undefined figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from verification.evidence import (
    EvidenceBundle,
    Gap,
    Issue,
    Item,
    ItemKind,
    Project,
    ReleaseEvidence,
    ResultStatus,
    ReviewStatus,
    RunKind,
    Severity,
    Study,
    TraceEvidence,
    VerificationEvidence,
    find_stale,
    sha256_of,
)


def find_blocking(
    bundle: EvidenceBundle, project: Project, release: ReleaseEvidence | Gap, study: Study | Gap
) -> Iterator[Issue]:
    """Yield every blocking issue once, with paths relative to the checkout."""
    seen = set()
    for issue in _all(bundle, project, release, study):
        shown = _without_root(issue, project)
        if shown.severity is Severity.BLOCKING and (shown.code, shown.where, shown.message) not in seen:
            seen.add((shown.code, shown.where, shown.message))
            yield shown


def find_advisory(bundle: EvidenceBundle) -> Iterator[Issue]:
    """Yield the advisory issues that evidence carries."""
    yield from (issue for issue in _carried(bundle) if issue.severity is Severity.ADVISORY)


def _all(
    bundle: EvidenceBundle, project: Project, release: ReleaseEvidence | Gap, study: Study | Gap
) -> Iterator[Issue]:
    yield from bundle.issues
    yield from find_stale(bundle, project)
    yield from _find_dirty(bundle, project)
    if not isinstance(bundle.verification, Gap):
        yield from _find_unverified(bundle.verification, bundle.trace)
    yield from _find_empty(bundle)
    yield from _find_bills(bundle, project)
    if isinstance(release, Gap) and not isinstance(bundle.device, Gap):
        yield _issue("release-unknown", "device.json", release.reason, release.closes)
    if not isinstance(release, Gap):
        yield from _find_other_trace(bundle.trace, release)
        yield from _find_mismatches(bundle, release, study)
        yield from _find_unlicensed(release)
        yield from _find_unfit(bundle, release)
    yield from _find_undefined(study)
    yield from _carried(bundle)


def _carried(bundle: EvidenceBundle) -> Iterator[Issue]:
    for part in (bundle.verification, bundle.trace, bundle.studies, bundle.datasets, bundle.supply):
        yield from () if isinstance(part, Gap) else part.issues


def _find_dirty(bundle: EvidenceBundle, project: Project) -> Iterator[Issue]:
    if project.source(()).dirty:
        hint = "commit them, then make the evidence again"
        yield _issue("checkout-dirty", "checkout", "files of the checkout differ from the commit", hint)
    for part in ("device", "verification", "trace", "studies", "datasets", "supply"):
        evidence = getattr(bundle, part)
        if not isinstance(evidence, Gap) and evidence.source.dirty:
            message = "made in a checkout that differed from its commit"
            yield _issue("evidence-dirty", f"{part}.json", message, "commit, then make the evidence again")


def _find_unverified(evidence: VerificationEvidence, trace: TraceEvidence | Gap) -> Iterator[Issue]:
    # A failure that an approved anomaly accounts for stays one; it is listed, and does not block.
    excused = {scenario for anomaly in getattr(trace, "anomalies", ()) for scenario in anomaly.excuses}
    if not evidence.complete:
        chosen = ", ".join(evidence.selection)
        yield _issue("verification-partial", "verification.json", f"only {chosen} was run", "run `clearway verify`")
    for result in evidence.results:
        if result.status is not ResultStatus.PASSED and not (
            result.status is ResultStatus.FAILED and result.id in excused
        ):
            where = f"{result.file}:{result.line}"
            message = f"{result.id} is {result.status.value.replace('_', ' ')}"
            yield _issue(f"scenario-{result.status.value}", where, message, "mend it, then run `clearway verify`")


def _find_empty(bundle: EvidenceBundle) -> Iterator[Issue]:
    # An empty set is no evidence: zero failures of zero scenarios prove nothing.
    sets = {
        "verification.json": ("scenarios", getattr(bundle.verification, "results", None)),
        "trace.json": ("items", getattr(bundle.trace, "items", None)),
        "device.json": ("releases", getattr(bundle.device, "releases", None)),
        "studies.json": ("studies", getattr(bundle.studies, "studies", None)),
        "datasets.json": ("data sets", getattr(bundle.datasets, "datasets", None)),
        "supply.json": ("components", getattr(bundle.supply, "components", None)),
    }
    for name, (noun, values) in sets.items():
        if values is not None and not values:
            yield _issue("evidence-empty", name, f"lists no {noun}", "see why the command that makes it found none")


def _find_bills(bundle: EvidenceBundle, project: Project) -> Iterator[Issue]:
    """Yield each bill of materials that is not there as `supply.json` states it."""
    for bill in getattr(bundle.supply, "bills", ()):
        path = project.evidence / bill.file
        if not path.is_file() or sha256_of(path) != bill.sha256:
            yield _issue("sbom-differs", bill.file, "not what supply.json states", "run `clearway supply` again")


def _find_other_trace(trace: TraceEvidence | Gap, release: ReleaseEvidence) -> Iterator[Issue]:
    """A trace that studies of another release decide says nothing of this one."""
    judged = getattr(trace, "release", "")
    if judged not in ("", release.name):
        message = f"is judged by the studies of release {judged}, the package is of {release.name}"
        yield _issue("trace-other-release", "trace.json", message, f"run `clearway trace --release {release.name}`")


def _find_mismatches(bundle: EvidenceBundle, release: ReleaseEvidence, study: Study | Gap) -> Iterator[Issue]:
    tested = getattr(bundle.verification, "release_digests", {}).get(release.name, release.digest)
    if tested != release.digest:
        yield _mismatch("verification.json", "verification ran", tested, release.digest, "clearway verify")
    if isinstance(study, Gap) or release.unbuilt_reason:
        return
    if study.release_digest != release.digest:
        yield _mismatch(
            f"study {study.name}", "the study scored", study.release_digest, release.digest, "clearway evaluate"
        )
    for estimate in study.estimates:
        if estimate.release_digest != release.digest or estimate.dataset_digest != study.dataset_digest:
            where = f"study {study.name}, {estimate.metric} ({estimate.subgroup})"
            message = "the estimate is bound to another release or data set than its study"
            yield _issue("digest-mismatch", where, message, "run `clearway evaluate`")


def _mismatch(where: str, did: str, found: str, expected: str, command: str) -> Issue:
    message = f"{did} release digest {found[:12]}, the release here is {expected[:12]}"
    return _issue("digest-mismatch", where, message, f"run `{command}` with this release")


def _find_unlicensed(release: ReleaseEvidence) -> Iterator[Issue]:
    """Weights of unknown license: a declared gap of a reference release, and the end of a candidate."""
    card = release.card
    if release.status != "candidate" or isinstance(card, Gap) or card.initial_weights_sha256 is None:
        return
    if card.initial_weights_licence is None:
        message = f"its initial weights ({card.initial_weights}) came with no stated license"
        hint = "obtain a license in writing, or train from weights whose license is known"
        yield _issue("weights-unlicensed", f"release {release.name}", message, hint)


REVIEWS = ("review-suspect", "unreviewed")
"""Codes of the issues about reviews: declared gaps of a reference release."""

SAFETY = (ItemKind.HAZARD, ItemKind.RISK_CONTROL)


def _find_unfit(bundle: EvidenceBundle, release: ReleaseEvidence) -> Iterator[Issue]:
    """What a reference declares and a candidate cannot have: an engineering run, suspect reviews, open changes."""
    if release.status != "candidate":
        return
    if not isinstance(bundle.verification, Gap) and bundle.verification.kind is not RunKind.FORMAL:
        message = "an engineering run, which cannot support a candidate release"
        hint = "approve the protocol, then `clearway verify --formal`"
        yield _issue("run-engineering", "verification.json", message, hint)
    if isinstance(bundle.trace, Gap):
        return
    for issue in bundle.trace.issues:
        if issue.code in ("review-suspect", "change-open"):
            yield _issue(issue.code, issue.where, issue.message, issue.hint)
    unreviewed = [item.id for item in bundle.trace.items if _is_unreviewed(item)]
    if unreviewed:
        named = ", ".join(unreviewed[:5]) + (f" and {len(unreviewed) - 5} more" if len(unreviewed) > 5 else "")
        message = f"no person has reviewed {named}, on which safety depends"
        yield _issue("unreviewed-safety-related", "trace.json", message, "have a person `clearway review` them")


def _is_unreviewed(item: Item) -> bool:
    return item.review.status is ReviewStatus.UNREVIEWED and (item.safety_related or item.kind in SAFETY)


def _find_undefined(study: Study | Gap) -> Iterator[Issue]:
    for estimate in () if isinstance(study, Gap) else study.estimates:
        if estimate.criterion and estimate.value is None:
            message = f"{estimate.metric} decides {estimate.criterion} and is undefined: {estimate.reason}"
            yield _issue("figure-undefined", f"study {getattr(study, 'name', '')}", message, "see the study's scores")


def _issue(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)


def _without_root(issue: Issue, project: Project) -> Issue:
    root = f"{PurePath(project.root)}/"
    fields = {name: getattr(issue, name).replace(root, "") for name in ("where", "message", "hint")}
    return Issue(code=issue.code, severity=issue.severity, **fields)
