"""What the evidence asks for, by role and in an order: what blocks, and what is left of a product without documents.

Of a product that has documents, all that is left is their room's list. Nothing is said twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from verification.evidence import (
    ROLES,
    DeviceEvidence,
    EvidenceBundle,
    Gap,
    Issue,
    ReviewStatus,
    RunKind,
    Severity,
    TraceEvidence,
    is_reviewable,
)
from verification.evidence.bundle import MAKING

ENGINEER, ML_ENGINEER, STATISTICIAN = "engineer", "ML engineer", "statistician"
QA, REGULATORY, PACS = "QA", "regulatory affairs", "PACS administrator"

_ROLE_OF_PREFIX = (
    ("criterion-not-met", ML_ENGINEER),
    ("criterion-without-estimate", STATISTICIAN),
    ("estimate", STATISTICIAN),
    ("criterion-without-evidence", QA),
    ("need-", REGULATORY),
    ("section", REGULATORY),
    ("residual", REGULATORY),
    ("control", QA),
    ("hazard", QA),
    ("threat", QA),
    ("stride", QA),
    ("ai-threat", QA),
    ("anomaly", QA),
    ("change", QA),
    ("review", QA),
    ("record", QA),
    ("log-", QA),
    ("archive", QA),
    ("formal", QA),
    ("id-retired", QA),
    ("item", QA),
    ("id-vanished", QA),
    ("id-retired", QA),
    ("review", QA),
    ("unreviewed", QA),
    ("record", QA),
    ("log", QA),
    ("archive", QA),
    ("formal", QA),
    ("link", QA),
    ("schema", QA),
    ("yaml", QA),
    ("soup", ENGINEER),
)
"""By the front of an issue's code, whose it is; whatever is not listed is the engineer's."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do: for whom, what, how, and whether a submission is blocked until it is done."""

    role: str
    what: str
    how: str
    blocking: bool


SAID_ELSEWHERE = ("verification-missing", "unreviewed")
"""Issues that are said of the bundle, or counted, already."""


def find_steps(trace: TraceEvidence, device: DeviceEvidence, bundle: EvidenceBundle) -> Iterator[Step]:
    """Yield the steps of all roles: within each those that block first, evidence in the order in which it is made.

    Issues of one code are one step.

    Args:
        trace: as it is now.
        device: what it is of.
        bundle: the other evidence.
    """
    studies = _from_issues(getattr(bundle.studies, "issues", ()), STATISTICIAN)
    datasets = _from_issues(getattr(bundle.datasets, "issues", ()), ML_ENGINEER)
    supply = _from_issues(getattr(bundle.supply, "issues", ()), ENGINEER)
    found = [*_from_issues(trace.issues), *studies, *datasets, *supply, *_from_reviews(trace, bundle)]
    steps = [*_from_bundle(bundle), *found, *_from_releases(device), *_from_anomalies(trace)]
    once = {(step.role, step.what): step for step in steps}
    for role in ROLES:
        own = [step for step in once.values() if step.role == role]
        yield from sorted(own, key=_place)


def _place(step: Step) -> tuple[bool, int]:
    makes = (n for n, command in enumerate(MAKING) if f"`{command}`" in step.how)
    return not step.blocking, next(makes, len(MAKING))


def _from_bundle(bundle: EvidenceBundle) -> Iterator[Step]:
    for issue in bundle.issues:
        role = ML_ENGINEER if "studies" in issue.where or "datasets" in issue.where else ENGINEER
        if "device.json" not in issue.where and "trace.json" not in issue.where:
            name = issue.where.rpartition("/")[2]
            yield Step(role, f"{name}: {issue.message.replace(issue.where, name)}", issue.hint, True)


def _from_issues(issues: tuple[Issue, ...], whose: str | None = None) -> Iterator[Step]:
    for severity in Severity:
        by_code: dict[str, list[Issue]] = {}
        for issue in issues:
            if issue.severity is severity:
                by_code.setdefault(issue.code, []).append(issue)
        for code, found in by_code.items():
            if code in SAID_ELSEWHERE:
                continue
            more = f" (and {len(found) - 1} more of this kind: {code})" if len(found) > 1 else ""
            role = whose or next((role for prefix, role in _ROLE_OF_PREFIX if code.startswith(prefix)), ENGINEER)
            what = f"{found[0].where}: {found[0].message}{more}"
            yield Step(role, what, found[0].hint, severity is Severity.BLOCKING)


def _from_releases(device: DeviceEvidence) -> Iterator[Step]:
    for release in device.releases:
        if release.unbuilt_reason:
            what = f"release {release.name} {release.version} has no weights: {release.unbuilt_reason}"
            yield Step(ML_ENGINEER, what, f"`{release.unbuilt_command}`", False)
        if release.status == "reference":
            what = f"release {release.name} {release.version} is a reference release and can never be filed"
            yield Step(REGULATORY, what, "plan a candidate release on data of your own", False)
        else:
            what = f"release {release.name} {release.version} is a draft: nobody has approved it"
            yield Step(REGULATORY, what, "review and approve it in your quality system", False)


def _from_reviews(trace: TraceEvidence, bundle: EvidenceBundle) -> Iterator[Step]:
    items = [item for item in trace.items if is_reviewable(item)]
    unreviewed = Counter(item.kind.value for item in items if item.review.status is ReviewStatus.UNREVIEWED)
    if unreviewed:
        kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in unreviewed.most_common(3))
        what = f"{unreviewed.total()} of {len(items)} items were never reviewed ({kinds} …)"
        yield Step(QA, what, "have people review them: `clearway review ID…`", False)
    run = bundle.verification
    if not isinstance(run, Gap) and run.kind is not RunKind.FORMAL:
        what = "the last verification is an engineering run, by no approved protocol"
        yield Step(QA, what, "have a person approve the protocol, then `clearway verify --formal`", False)


def _from_anomalies(trace: TraceEvidence) -> Iterator[Step]:
    for anomaly in trace.anomalies:
        yield Step(QA, f"{anomaly.id} {anomaly.title} is open: {anomaly.disposition}", "assess or close it", False)
        yield Step(PACS, f"{anomaly.id} {anomaly.title} is known", f"workaround: {anomaly.workaround}", False)


def render_steps(steps: list[Step], *, every_role: bool = True) -> Iterator[str]:
    """Yield the lines: each role (every one, or those that have something to do), what it must do, and how."""
    for role in ROLES:
        own = [step for step in steps if step.role == role]
        if not own and not every_role:
            continue
        yield f"{role}: {len(own) or 'nothing'} to do"
        for number, step in enumerate(own, start=1):
            yield f"  {number:2}  {'blocking' if step.blocking else 'gap':8}  {step.what}"
            yield f"                {step.how}"
