"""A record that is only ever appended to: a JSON object a line, each with the SHA-256 of the line before it.

A line that is changed or taken out breaks the chain at the next one. Lines cut from the end, a chain that was made anew
and a line that is dated back are found out by the history of the repository, which holds older copies and their days;
who rewrites that too is found out by a copy elsewhere alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from msgspec import structs

from verification.evidence.files import held, write_atomically
from verification.evidence.project import Project
from verification.evidence.types import Issue, Severity

ZONES = timedelta(days=1)
"""By so much two clocks in the world differ on the day."""

DAY = re.compile(r"\d{4}-\d\d-\d\d")

RESTORE = "restore the log from git: it is only ever appended to"


class Chained(Protocol):
    """A line of such a record."""

    @property
    def previous(self) -> str | None:
        """The SHA-256 of the line before; None on the first."""


T = TypeVar("T", bound=Chained)


def read_chain(path: Path, where: str, kind: type[T]) -> tuple[tuple[T, ...], tuple[Issue, ...]]:
    """Read the lines of a record and hold each against the digest that the next one states of it.

    Args:
        path: the file; one that is not there has no lines.
        where: how issues name it.
        kind: the type of a line.

    Returns:
        The lines that can be read, in order, and an issue for each that cannot or that breaks the chain.
    """
    content = path.read_bytes().splitlines() if path.is_file() else []
    lines: list[T] = []
    issues: list[Issue] = []
    before: str | None = None
    for number, line in enumerate(content, start=1):
        try:
            read = msgspec.json.decode(line, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            issues.append(_issue("log-unreadable", f"{where}:{number}", str(error)))
        else:
            lines.append(read)
            if read.previous != before:
                message = f"previous: found {read.previous}, expected {before}, the SHA-256 of the line before"
                issues.append(_issue("log-broken", f"{where}:{number}", message))
        before = hashlib.sha256(line).hexdigest()
    return tuple(lines), tuple(issues)


def find_in_history(project: Project, path: Path, dates: Sequence[str]) -> Iterator[Issue]:
    """Yield what of a record does not agree with the history of the repository.

    A record begins with all that an earlier commit holds of it. A line is dated no earlier than the line above it and
    than the commit that held the lines above alone, and no later than the commit that brought it: who adds one later
    cannot date it back. A day is allowed for clocks in other zones.

    Args:
        project: the checkout.
        path: the record.
        dates: of its lines, in order; what is no day (`before 2026-11-24`, `not known`) is not judged.
    """
    content = path.read_bytes() if path.is_file() else b""
    where = project.relative(path)
    versions = list(project.versions(path))[::-1]
    if any(not content.startswith(version.content) for version in versions):
        message = "an earlier commit holds lines that are no longer there, or were others"
        yield _issue("log-rewritten", where, message)
        return
    days = [_read_day(each) for each in dates]
    yield from (
        _issue("log-out-of-time", f"{where}:{number}", f"is dated {said}, which is no day")
        for number, (said, day) in enumerate(zip(dates, days, strict=True), start=1)
        if DAY.fullmatch(said) and day is None
    )
    yield from _find_out_of_time(where, days, [(one.day, one.content.count(b"\n")) for one in versions])


def find_uncommitted(project: Project, path: Path) -> Iterator[Issue]:
    """Yield an advisory issue if a record holds lines that no commit holds: nothing shows when these were written."""
    written = path.read_bytes().count(b"\n") if path.is_file() else 0
    committed = next((version.content.count(b"\n") for version in project.versions(path)), 0)
    if written > committed:
        message = f"{written - committed} of {written} lines are in no commit yet, the first is line {committed + 1}"
        yield Issue(
            code="record-uncommitted", severity=Severity.ADVISORY, where=f"{project.relative(path)}:{committed + 1}",
            message=message, hint="commit the record: until then nothing shows when a line was written",
        )  # fmt: skip


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None


def _find_out_of_time(where: str, days: Sequence[date | None], versions: Sequence[tuple[str, int]]) -> Iterator[Issue]:
    """Yield each line that is dated before what was there first, or after the commit that brought it.

    Args:
        where: the record.
        days: of its lines.
        versions: of each commit that changed it, the day and how many lines it held, the oldest first.
    """
    above: date | None = None
    for number, day in enumerate(days, start=1):
        if day is None:
            continue
        earlier = [committed for committed, lines in versions if lines < number]
        bringing = next((committed for committed, lines in versions if lines >= number), None)
        found = ""
        if above and day < above:
            found = f"the line above it is dated {above}"
        elif earlier and day < date.fromisoformat(earlier[-1]) - ZONES:
            found = f"the commit of {earlier[-1]} holds the record without it"
        elif bringing and day > date.fromisoformat(bringing) + ZONES:
            found = f"the commit that brought it is of {bringing}"
        if found:
            message = f"is dated {day}, and {found}"
            yield _issue("log-out-of-time", f"{where}:{number}", message, "withdraw it, and record it again as of now")
        above = max(above or day, day)


def append_chain(path: Path, *lines: T) -> None:
    """Append lines, each with the digest of the one before; one process at a time, whole or not at all.

    Raises:
        ValueError: the record as it stands is damaged; nothing is appended.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with held(path.parent):
        _, issues = read_chain(path, str(path), type(lines[0])) if lines else ((), ())
        if issues:
            raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))
        content = path.read_bytes() if path.is_file() else b""
        content += b"\n" if content and not content.endswith(b"\n") else b""  # as an editor may leave it
        for line in lines:
            before = content.splitlines()
            previous = hashlib.sha256(before[-1]).hexdigest() if before else None
            content += msgspec.json.encode(structs.replace(line, previous=previous)) + b"\n"  # type: ignore[type-var]
        write_atomically(path, content)


def _issue(code: str, where: str, message: str, hint: str = RESTORE) -> Issue:
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)
