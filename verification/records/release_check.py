"""Whether a release could be made: IEC 62304, 5.8, row by row, with the evidence at hand.

The rows are named in our own words, from memory of IEC 62304:2006+A1:2015: clauses and titles are to be confirmed at
source. The decision to release is a person's, in a quality system.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from verification.evidence import (
    Card,
    DeviceEvidence,
    EvidenceBundle,
    Gap,
    LinkStatus,
    Project,
    ReleaseEvidence,
    ReviewStatus,
    RunKind,
    Severity,
    TraceEvidence,
    find_stale,
    is_reviewable,
)
from verification.sources.locks import LOCKS

UNVERIFIED = "clauses and titles to be confirmed at source (IEC 62304:2006+A1:2015, 5.8)"


class Answer(StrEnum):
    """`done` and `gap` are of what the repository can answer; `not here` is a quality system's."""

    DONE = "done"
    GAP = "gap"
    NOT_HERE = "not here"


@dataclass(frozen=True, slots=True)
class Row:
    """A clause: what is at hand of it, and what is missing. A row that is not here can hold evidence nonetheless."""

    clause: str
    title: str
    answer: Answer
    evidence: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What the rows are answered from."""

    project: Project
    release: ReleaseEvidence
    trace: TraceEvidence
    device: DeviceEvidence
    bundle: EvidenceBundle


Found = tuple[list[str], list[str]]
"""What is at hand, and what is missing."""


def find_rows(ground: Ground) -> Iterator[Row]:
    """Yield a row for each clause."""
    for clause, title, find, here in _ROWS:
        evidence, missing = find(ground)
        answer = Answer.NOT_HERE if not here else Answer.GAP if missing else Answer.DONE
        yield Row(clause, title, answer, tuple(evidence), tuple(missing))


def _verification(ground: Ground) -> Found:
    run = ground.bundle.verification
    stale = [f"{issue.where} {issue.message}" for issue in find_stale(ground.bundle, ground.project)]
    if isinstance(run, Gap):
        return [], [f"{run.reason}: {run.closes}", *stale]
    counts = Counter(result.status.value.replace("_", " ") for result in run.results)
    evidence = [
        f"{len(run.results)} scenarios at {run.source.commit[:12]}: "
        + ", ".join(f"{count} {status}" for status, count in counts.most_common())
    ]
    missing = (
        [f"scenarios that did not pass: {len(run.results) - counts['passed']}"] if set(counts) != {"passed"} else []
    )
    if run.kind is not RunKind.FORMAL:
        missing.append("an engineering run: a formal one follows an approved protocol")
    if run.source.dirty:
        missing.append("the run was made from files that were not committed")
    if run.release_digests.get(ground.release.name) != ground.release.digest:
        missing.append(f"the run was of another release {ground.release.name}")
    return evidence, missing + stale


def _anomalies(ground: Ground) -> Found:
    names = [f"{each.id} {each.title}" for each in ground.trace.anomalies]
    return names or ["risk/anomalies holds none; problem reports from elsewhere are not here"], []


def _evaluation(ground: Ground) -> Found:
    reviews = {item.id: item.review for item in ground.trace.items}
    evidence, missing = [], []
    for each in ground.trace.anomalies:
        evidence.append(f"{each.id}: {each.assessment} Security: {each.security_assessment} {each.disposition}")
        if reviews[each.id].status is not ReviewStatus.REVIEWED:
            missing.append(f"{each.id} is {reviews[each.id].status.value}: {reviews[each.id].why}")
    return evidence or ["no anomaly to evaluate"], missing


def _versions(ground: Ground) -> Found:
    release = ground.release
    tags = _git(ground.project, "tag", "--points-at", "HEAD").split()
    evidence = [
        f"{ground.device.name} {ground.device.version}, commit {ground.trace.source.commit}",
        f"release {release.name} {release.version} ({release.status}), digest {release.digest}",
        *(f"tag {tag}" for tag in tags),
    ]
    missing = [] if tags else ["no tag names the commit"]
    if ground.trace.source.dirty:
        missing.append("files of the checkout differ from the commit")
    if release.unbuilt_reason:
        missing.append(f"the release has no weights: {release.unbuilt_reason}")
    return evidence, missing


def _creation(ground: Ground) -> Found:
    card, evidence, missing = ground.release.card, [], []
    if isinstance(card, Card):
        evidence.append(
            f"recipe {card.recipe}, digest {card.recipe_digest}; seed {card.seed}; data {card.dataset_digest}"
        )
    else:
        missing.append(f"{card.reason}: {card.closes}")
    for lock in LOCKS:
        path = ground.project.root / f"{lock}.lock"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        blocks = [block for block in re.split(r"\n(?=\S)", text) if "==" in block.partition("\n")[0]]
        bare = sum("--hash=" not in block for block in blocks)
        evidence += [f"{path.name}: {len(blocks)} distributions"] if blocks else []
        missing += [f"{path.name}: {bare} of {len(blocks)} distributions without a hash"] if bare or not blocks else []
    return evidence, missing


def _activities(ground: Ground) -> Found:
    trace = ground.trace
    blocking = [issue for issue in trace.issues if issue.severity is Severity.BLOCKING]
    items = [item for item in trace.items if is_reviewable(item)]
    reviews = Counter(item.review.status for item in items)
    opened = [item.id for item in trace.items if item.kind.value == "change" and item.status is not LinkStatus.COVERS]
    evidence = [
        f"{reviews[ReviewStatus.REVIEWED]} of {len(items)} items are reviewed",
        f"{len(trace.changes)} changes",
    ]
    missing = [f"blocking issues: {len(blocking)}, see `clearway trace --check`"] if blocking else []
    for status in (ReviewStatus.UNREVIEWED, ReviewStatus.SUSPECT):
        missing += [f"{status.value} items: {reviews[status]}"] if reviews[status] else []
    missing += [f"open changes: {', '.join(opened)}"] if opened else []
    if ground.release.status == "reference":
        missing.append("a reference release can never be filed")
    return evidence, missing


def _archive(ground: Ground) -> Found:
    archives = sorted({path.parent.name for path in ground.project.find_files("docs/records/verification/*/*")})
    sums = f"{ground.project.product.releases}/{ground.release.name}/SHA256SUMS"
    evidence = [f"git holds every version; {sums} lists the release's files"]
    return [*evidence, *(f"archived run {name}" for name in archives)], ["retention for the device's lifetime"]


def _delivery(ground: Ground) -> Found:
    evidence = [
        "the device refuses a release whose files differ from its SHA256SUMS; `clearway doctor` checks an install"
    ]
    return evidence, [f"how {ground.release.name} reaches a site unaltered"]


_ROWS: tuple[tuple[str, str, Callable[[Ground], Found], bool], ...] = (
    ("5.8.1", "Verification is complete", _verification, True),
    ("5.8.2", "Known anomalies that remain are documented", _anomalies, True),
    ("5.8.3", "They are evaluated: none brings an unacceptable risk", _evaluation, True),
    ("5.8.4", "The released version is documented", _versions, True),
    ("5.8.5", "How it was created is documented", _creation, True),
    ("5.8.6", "All activities and tasks are complete", _activities, True),
    ("5.8.7", "The software, its configuration and its documents are archived", _archive, False),
    ("5.8.8", "The release is delivered reliably", _delivery, False),
)
"""Clause, subject, what answers it, and whether the repository can."""


def render_rows(ground: Ground, rows: list[Row]) -> Iterator[str]:
    """Yield the lines for a terminal."""
    yield f"release {ground.release.name} {ground.release.version}: {UNVERIFIED}"
    for row in rows:
        yield f"{row.answer.value:8}  {row.clause}  {row.title}"
        yield from (f"          {line}" for line in row.evidence)
        yield from (f"          missing: {line}" for line in row.missing)


def _git(project: Project, *arguments: str) -> str:
    command = ["git", "-C", str(project.root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
