"""A study's log: every use of its data that is known, appended to and chained, so that no line can be taken out."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import structs

from verification.datasets.manifest import blocking
from verification.evidence import Issue, Opening, write_atomically

LOG = "openings.log"
RESTORE = "restore the log from git: it is only ever appended to"


def read_log(path: Path, where: str) -> tuple[tuple[Opening, ...], tuple[Issue, ...]]:
    """Read the log's lines and hold each against the digest that the next one states of it.

    Returns:
        The lines that can be read, in order, and an issue for each that cannot or that breaks the chain.
    """
    lines = path.read_bytes().splitlines() if path.is_file() else []
    openings: list[Opening] = []
    issues: list[Issue] = []
    before: str | None = None
    for number, line in enumerate(lines, start=1):
        try:
            opening = msgspec.json.decode(line, type=Opening)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            issues.append(blocking("log-unreadable", f"{where}:{number}", str(error), RESTORE))
        else:
            openings.append(opening)
            if opening.previous != before:
                message = f"previous: found {opening.previous}, expected {before}, the SHA-256 of the line before"
                issues.append(blocking("log-broken", f"{where}:{number}", message, RESTORE))
        before = hashlib.sha256(line).hexdigest()
    return tuple(openings), tuple(issues)


def append(path: Path, *openings: Opening) -> None:
    """Append lines, each with the digest of the one before.

    Raises:
        ValueError: the log as it stands is damaged; nothing is appended.
    """
    with _held(path):
        _, issues = read_log(path, str(path))
        if issues:
            raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))
        content = path.read_bytes() if path.is_file() else b""
        for opening in openings:
            lines = content.splitlines()
            previous = hashlib.sha256(lines[-1]).hexdigest() if lines else None
            content += msgspec.json.encode(structs.replace(opening, previous=previous)) + b"\n"
        write_atomically(path, content)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Let one process at a time append: the folder is locked, for the file itself is replaced."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
