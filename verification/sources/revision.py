"""The sources of the trace at any commit: unpacked into a folder of their own, so that no checkout is touched."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from verification.evidence import Project

_HOW = {"A": "added", "D": "removed"}


class RevisionError(Exception):
    """A text that names no commit of this clone, or a range that has no common ancestor."""


@dataclass(frozen=True, slots=True)
class Range:
    """From a commit to a commit, by their full names; `head` is None for the working tree."""

    base: str
    head: str | None


def read_range(project: Project, text: str | None) -> Range:
    """Read `BASE..HEAD`, `BASE...HEAD` (from their common ancestor), or `BASE` (to the working tree; default: HEAD).

    Raises:
        RevisionError: one of them is no commit here; the message names it.
    """
    text = text or "HEAD"
    if "..." in text:
        base, _, head = text.partition("...")
        ends = find_commit(project, base or "HEAD"), find_commit(project, head or "HEAD")
        return Range(_ancestor(project, *ends), ends[1])
    base, dots, head = text.partition("..")
    return Range(find_commit(project, base or "HEAD"), find_commit(project, head or "HEAD") if dots else None)


def find_commit(project: Project, revision: str) -> str:
    """The full name of the commit that a text means.

    Raises:
        RevisionError: there is none.
    """
    name = f"{revision}^{{commit}}"
    try:
        return _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", name).decode().strip()
    except subprocess.CalledProcessError:
        hint = "see `git log` and `git tag` for those that exist"
        if _is_shallow(project):
            hint = "the clone is shallow, so that it may lack it: `git fetch --unshallow --tags`"
        raise RevisionError(f"found {revision!r}, expected a commit, tag or branch of this clone; {hint}") from None


def find_changed_files(project: Project, span: Range) -> dict[str, str]:
    """Each file that differs between the ends, as `added`, `changed` or `removed`; a move is both of the others."""
    ends = [span.base] if span.head is None else [span.base, span.head]
    listed = _git(project, "diff", "--name-status", "-z", "--no-renames", "--relative", *ends, "--").split(b"\0")
    found = {
        name.decode(errors="surrogateescape"): _HOW.get(how.decode(), "changed")
        for how, name in zip(listed[::2], listed[1::2], strict=False)
    }
    if span.head is None:
        new = _git(project, "ls-files", "--others", "--exclude-standard", "-z").split(b"\0")
        found |= {name.decode(errors="surrogateescape"): "added" for name in new if name}
    return dict(sorted(found.items()))


@contextmanager
def open_range(project: Project, span: Range) -> Iterator[tuple[Project, Project]]:
    """Both ends as projects, for as long as the block lasts; the working tree is the checkout itself."""
    with ExitStack() as stack:
        before = stack.enter_context(open_commit(project, span.base))
        after = stack.enter_context(open_commit(project, span.head)) if span.head else project
        yield before, after


@contextmanager
def open_commit(project: Project, commit: str) -> Iterator[Project]:
    """A commit's files in a temporary folder, for as long as the block lasts."""
    content = _git(project, "archive", "--format=tar", commit)
    with tempfile.TemporaryDirectory(prefix="clearway-commit-") as name:
        folder = Path(name).resolve()
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(folder, filter=_inside)  # noqa: S202 the filter lets nothing out of the folder
        yield Project(folder)


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Leave out what would lead outside of the folder."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


def _ancestor(project: Project, one: str, other: str) -> str:
    try:
        return _git(project, "merge-base", one, other).decode().strip()
    except subprocess.CalledProcessError:
        hint = ": the clone is shallow, `git fetch --unshallow`" if _is_shallow(project) else ""
        raise RevisionError(f"found no common ancestor of {one[:12]} and {other[:12]}, expected one{hint}") from None


def _is_shallow(project: Project) -> bool:
    return _git(project, "rev-parse", "--is-shallow-repository").strip() == b"true"


def _git(project: Project, *arguments: str) -> bytes:
    command = ["git", "-C", str(project.root), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout
