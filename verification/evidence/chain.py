"""A record that is only ever appended to: a JSON object a line, each with the SHA-256 of the line before it.

A line that is changed or taken out breaks the chain at the next one. Lines cut from the end, and a chain that was made
anew, are found out by the history of the repository, which holds older copies; who rewrites that too is found out by a
copy elsewhere alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from msgspec import structs

from verification.evidence import Issue, Project, Severity, held, write_atomically

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


def find_rewritten(project: Project, path: Path) -> Iterator[Issue]:
    """Yield an issue if a record does not begin with all that an earlier commit holds of it."""
    content = path.read_bytes() if path.is_file() else b""
    if any(not content.startswith(version) for version in project.versions(path)):
        message = "an earlier commit holds lines that are no longer there, or were others"
        yield _issue("log-rewritten", project.relative(path), message)


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


def _issue(code: str, where: str, message: str) -> Issue:
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=RESTORE)
