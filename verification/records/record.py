"""The review record: lines of who reviewed or approved what, appended to and chained. It locks every review."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date

from msgspec import structs

from verification.evidence import (
    RECORDS,
    Issue,
    Meaning,
    Project,
    ReviewLine,
    Severity,
    fitting,
    lines_by_subject,
)
from verification.evidence.chain import append_chain, find_in_history, read_chain
from verification.sources.subjects import Subject

RECORD = f"{RECORDS}/reviews.log"
EVENTS = ("review", "approve")

_NEWER = "use the version of Clearway that wrote it, or restore the record from git: it is only ever appended to"


def read_record(project: Project) -> tuple[tuple[ReviewLine, ...], tuple[Issue, ...]]:
    """Read the record. Where a line cannot be used or the chain is broken, none of the lines counts."""
    lines, issues = read_chain(project.root / RECORD, RECORD, ReviewLine)
    found = list(map(_explained, issues))
    if not found:
        found += [
            _issue(f"{RECORD}:{number}", message)
            for number, line in enumerate(lines, start=1)
            for message in _find_odd(line)
        ]
    if not found:
        found += find_in_history(project, project.root / RECORD, [line.date for line in lines])
    return lines, tuple(found)


def standing_digests(project: Project, subject: Subject, meaning: Meaning) -> list[str]:
    """The SHA-256 of each line that says this of the subject as it is now and that nobody withdrew, in order."""
    lines = fitting(lines_by_subject(read_record(project)[0]).get(subject.id, ()), subject.digest, meaning)
    by_digest = _by_digest(project)
    return [digest for digest, line in by_digest.items() if line in lines]


def find_line(project: Project, digest: str) -> ReviewLine | None:
    """The line of the record with this SHA-256, if there is one."""
    return _by_digest(project).get(digest)


def _by_digest(project: Project) -> dict[str, ReviewLine]:
    path = project.root / RECORD
    content = path.read_bytes().splitlines() if path.is_file() else []
    lines, _ = read_record(project)
    return {hashlib.sha256(raw).hexdigest(): line for raw, line in zip(content, lines, strict=False)}


def append_record(project: Project, *lines: ReviewLine) -> None:
    """Append lines, each with the digest of the one before.

    Raises:
        ValueError: the record as it stands is damaged; nothing is appended.
    """
    append_chain(project.root / RECORD, *lines)


def _explained(issue: Issue) -> Issue:
    return structs.replace(issue, hint=_NEWER) if "unknown field" in issue.message else issue


def _find_odd(line: ReviewLine) -> Iterator[str]:
    """What a line states that no command of this version writes."""
    known = {"event": EVENTS, "meaning": tuple(Meaning)}
    for name, values in known.items():
        if getattr(line, name) not in values:
            yield f"{name}: found {getattr(line, name)!r}, expected one of {', '.join(values)}"
    for name in ("id", "by", "reason"):
        if not getattr(line, name).strip():
            yield f"{name}: found nothing, expected a text"
    if not _is_date(line.date):
        yield f"date: found {line.date!r}, expected a day such as 2001-02-03"
    if not re.fullmatch("[0-9a-f]{64}", line.digest):
        yield f"digest: found {line.digest!r}, expected a SHA-256"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _issue(where: str, message: str) -> Issue:
    return Issue(code="record-odd", severity=Severity.BLOCKING, where=where, message=message, hint=_NEWER)
