"""The checkout: where it is, what commit it is at, and the digests of its files."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from verification.evidence.types import Source

RECORDS = "docs/records"
"""What people recorded of the rest. A commit of nothing else leaves evidence as good as it was."""
_BESIDES = f":(exclude){RECORDS}"


class ProjectError(Exception):
    """A command needs a checkout and there is none here, or git cannot describe it."""


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout of the repository."""

    root: Path

    @property
    def evidence(self) -> Path:
        """Where the rooms exchange evidence; never committed."""
        return self.root / "build" / "evidence"

    @property
    def submission(self) -> Path:
        """Where the documents are built."""
        return self.root / "build" / "submission"

    def relative(self, path: Path) -> str:
        """The path as evidence and issues name it: relative to the checkout, with forward slashes."""
        return path.resolve().relative_to(self.root).as_posix()

    def find_files(self, *patterns: str) -> Iterator[Path]:
        """Yield the regular files that match the glob patterns, sorted within each; no caches, no dot-files."""
        for pattern in patterns:
            for path in sorted(self.root.glob(pattern)):
                parts = path.relative_to(self.root).parts
                hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
                if not hidden and path.is_file() and path.suffix != ".pyc":
                    yield path

    def source(self, inputs: Iterable[Path]) -> Source:
        """Describe what evidence is made from: the commit, and the digest of every file that was read."""
        return Source(
            commit=self.git("rev-parse", "HEAD"),
            commit_date=self.git("log", "-1", "--format=%cs"),
            dirty=bool(self.git("status", "--porcelain")),
            inputs={self.relative(path): sha256_of(path) for path in sorted(set(inputs))},
        )

    def versions(self, path: Path) -> Iterator[bytes]:
        """Yield what a file held at each commit of the history here that changed it, the latest first."""
        file = self.relative(path)
        for commit in self.git("log", "--format=%H", "--diff-filter=AM", "--", file).split():
            yield self._run("show", f"{commit}:{file}")

    def find_uncommitted(self) -> list[str]:
        """The files that differ from the commit, records aside, as git names them."""
        return self.git("status", "--porcelain", "--", ".", _BESIDES).splitlines()

    def is_still_at(self, commit: str) -> bool:
        """Whether the checkout's commit is this one, or differs from it in records alone; no if git cannot tell."""
        try:
            head = self.git("rev-parse", "HEAD")
            if head == commit or not re.fullmatch("[0-9a-f]{40,64}", commit):  # nothing else is handed to git
                return head == commit
            return not self.git("diff", "--name-only", "--no-renames", commit, head, "--", ".", _BESIDES)
        except ProjectError:
            return False

    def git(self, *arguments: str) -> str:
        """What git says of the checkout, without white space around it.

        Raises:
            ProjectError: git is not there, or has no answer.
        """
        return self._run(*arguments).decode(errors="surrogateescape").strip()

    def _run(self, *arguments: str) -> bytes:
        command = ["git", "-C", str(self.root), *arguments]
        try:
            return subprocess.run(command, check=True, capture_output=True).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            detail = (getattr(error, "stderr", None) or str(error).encode()).decode(errors="replace")
            raise ProjectError(
                f"{self.root}: git cannot describe the checkout: {detail.strip()}; "
                "expected a git clone with at least one commit"
            ) from error


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, as lower-case hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_project(start: Path | None = None) -> Project:
    """Find the checkout that holds `start` (default: the current folder), looking upward.

    Raises:
        ProjectError: no folder from there up holds both `requirements_spec/` and `pyproject.toml`.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "requirements_spec").is_dir() and (folder / "pyproject.toml").is_file():
            return Project(folder)
    raise ProjectError(
        f"{start}: not inside a Clearway checkout (no folder from here up holds requirements_spec/ and "
        "pyproject.toml); change into a clone, or name one with --project DIR"
    )
