"""Change control: a record written with what the impact says, completed by people, held against the evidence."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from verification.changes.impact import find_impact
from verification.evidence import (
    Change,
    EvidenceError,
    Gap,
    Project,
    ResultStatus,
    Review,
    VerificationEvidence,
    read_evidence,
)
from verification.evidence.project import sha256_of
from verification.graph.changes import BY_PEOPLE, FOLDER, is_approved, read_change
from verification.records.record import read_record
from verification.records.reviews import DAMAGED, find_reviews
from verification.sources.revision import Range, RevisionError, find_changed_files, read_range
from verification.sources.subjects import find_subjects
from verification.specification.items import Entry, Items
from verification.specification.kinds import REQUIREMENTS
from verification.specification.numbering import write_next
from verification.specification.reading import read_items

ARCHIVES = "docs/records/verification/*/verification.json"
RECORDS = "docs/records/"
"""What people recorded: a commit of nothing else leaves evidence as good as it was."""

_LINKS_ALONE = Gap(reason="the digest of an impact is of two commits alone", closes="")
_FOLDED = 110


@dataclass(frozen=True, slots=True)
class Point:
    """Something that a change asks for: whether it is there, what was found, what to do."""

    what: str
    done: bool
    found: str
    how: str


# --- a new one --------------------------------------------------------------------------------------------------------


def write_change(
    project: Project, title: str, reason: str, span: Range, verification: VerificationEvidence | Gap
) -> Path:
    """Write the next change, with nulls for what people decide; two at once get two ids.

    Args:
        project: the checkout.
        title: of the change.
        reason: why it is made.
        span: the two commits.
        verification: what says which functions each scenario entered, if anything does.

    Raises:
        ValueError: the range ends in the working tree, or a text is empty.
    """
    if span.head is None:
        raise ValueError("found a range that ends in the working tree, expected BASE..HEAD: commit the change first")
    if not title.strip() or not reason.strip():
        raise ValueError("found an empty --title or --reason, expected a text")
    impact = find_impact(project, span, _LINKS_ALONE)
    entered = () if isinstance(verification, Gap) else find_impact(project, span, verification).again
    known = read_items(project).entries
    value = {
        "kind": "change", "title": title.strip(), "reason": reason.strip(), "base": span.base, "head": span.head,
        "impact": impact.digest,
        "requirements": sorted(each.id for each in impact.affected if each.kind in REQUIREMENTS and each.id in known),
        "scenarios": sorted({each.id for each in (*impact.again, *entered)}),
        "verified": None, "risk_file_reviewed": None, "decision": None,
    }  # fmt: skip

    def render(identity: str) -> str:
        return yaml.safe_dump({"id": identity} | value, sort_keys=False, allow_unicode=True, width=_FOLDED)

    return write_next(project, FOLDER, "CHG", render)


# --- what is open -----------------------------------------------------------------------------------------------------


def check_change(project: Project, items: Items, entry: Entry) -> Iterator[Point]:
    """Yield each thing that a change asks for, and whether it is there."""
    change = read_change(entry)
    yield from _check_impact(project, change)
    evidence = list(_find_evidence(project, change.head))
    covering = [digest for digest, _, run in evidence if not _find_missing(change, run)]
    found = f"{len(change.scenarios)} scenarios required; "
    if covering:
        found += f"all passed at {change.head[:12]}"
    elif evidence:
        found += f"not passed: {', '.join(_find_missing(change, evidence[0][2])[:3])} … in {evidence[0][1]}"
    else:
        found += f"no complete evidence of a clean checkout at {change.head[:12]}"
    yield Point("re-verification", bool(covering), found, f"check out {change.head[:12]} and run `clearway verify`")
    how = f"enter `verified: {covering[0]}`" if covering else "enter the SHA-256 of the evidence once there is some"
    told = f"verified: {change.verified or 'null'}" + (
        "" if change.verified in (None, *covering) else ", which is of no evidence that covers the change"
    )
    yield Point("evidence named", change.verified in covering, told, how)
    for key in ("risk_file_reviewed", "decision"):
        said = getattr(change, key)
        yield Point(BY_PEOPLE[key], said is not None, said or "null", f"have a person enter `{key}`")
    review = _find_review(project, items, change.id)
    how = f"have a person `clearway approve {change.id}` once it is decided"
    yield Point("approval", is_approved(review), f"{review.status.value}: {review.why}", how)


def _find_review(project: Project, items: Items, identity: str) -> Review:
    lines, damage = read_record(project)
    known = find_reviews((line for line in lines if line.id == identity), find_subjects(items, (), ()))
    return DAMAGED if damage else known.get(identity, Review())


def _check_impact(project: Project, change: Change) -> Iterator[Point]:
    """Whether the record says what the impact of its commits says today; a decided change is not asked again."""
    try:
        span = read_range(project, f"{change.base}..{change.head}")
    except RevisionError as error:
        yield Point("impact", False, str(error), "fetch the commits")
        return
    impact = find_impact(project, span, _LINKS_ALONE)
    missing = sorted({each.id for each in impact.again} - set(change.scenarios))
    same = impact.digest == change.impact_digest
    found = f"digest {change.impact_digest[:12]}" + ("" if same else f", today's is {impact.digest[:12]}")
    found += f"; it asks for {', '.join(missing[:3])} too" if missing else ""
    done = (same and not missing) or change.decision is not None
    yield Point("impact", done, found, "see `clearway trace impact BASE..HEAD`; correct the record")


def _find_missing(change: Change, run: VerificationEvidence) -> list[str]:
    """The required scenarios that did not pass."""
    passed = {result.id for result in run.results if result.status is ResultStatus.PASSED}
    return [name for name in change.scenarios if name not in passed]


def _find_evidence(project: Project, head: str) -> Iterator[tuple[str, str, VerificationEvidence]]:
    """Complete evidence of a clean checkout at a commit, records aside: its SHA-256, where it is, and itself."""
    current = project.evidence / "verification.json"
    paths = [*([current] if current.is_file() else []), *project.find_files(ARCHIVES)]
    for path in paths:
        try:
            if path == current:
                run = read_evidence(project.evidence, path.name, VerificationEvidence)
            else:
                run = msgspec.json.decode(path.read_bytes(), type=VerificationEvidence)
        except (OSError, EvidenceError, msgspec.DecodeError):
            continue
        if run.complete and not run.source.dirty and _differ_in_records_alone(project, head, run.source.commit):
            yield sha256_of(path), project.relative(path), run


def _differ_in_records_alone(project: Project, one: str, other: str) -> bool:
    try:
        return one == other or all(file.startswith(RECORDS) for file in find_changed_files(project, Range(one, other)))
    except subprocess.CalledProcessError:  # the commit is not in this clone
        return False
