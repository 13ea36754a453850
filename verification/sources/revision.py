"""The sources of the trace at any commit: unpacked into a folder of their own, so that no checkout is touched."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from verification.evidence import Project
from verification.evidence.project import LINK


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
    """Each file that differs between the ends, as `added`, `changed` or `removed`; a move is both of the others.

    Trees and contents are compared, never what git was told to say of them.
    """
    before = project.read_tree(span.base)
    after = project.read_tree(span.head) if span.head else dict.fromkeys(_find_present(project))
    found = dict.fromkeys(before.keys() - after.keys(), "removed") | dict.fromkeys(
        after.keys() - before.keys(), "added"
    )
    for name in before.keys() & after.keys():
        if before[name] != after[name] if span.head else project.differs(name, before[name]):
            found[name] = "changed"
    return dict(sorted(found.items()))


def _find_present(project: Project) -> Iterator[str]:
    """Yield the files of the working tree: those of the commit that are there, and those that no .gitignore names."""
    for name in project.read_tree("HEAD"):
        if (project.root / name).exists() or (project.root / name).is_symlink():
            yield name
    for listed in _git(project, "ls-files", "--others", "--exclude-per-directory=.gitignore", "-z").split(b"\0"):
        if listed:
            yield listed.decode(errors="surrogateescape")


@contextmanager
def open_range(project: Project, span: Range) -> Iterator[tuple[Project, Project]]:
    """Both ends as projects, for as long as the block lasts; the working tree is the checkout itself."""
    with ExitStack() as stack:
        before = stack.enter_context(open_commit(project, span.base))
        after = stack.enter_context(open_commit(project, span.head)) if span.head else project
        yield before, after


@contextmanager
def open_commit(project: Project, commit: str) -> Iterator[Project]:
    """A commit's files in a temporary folder, for as long as the block lasts; what is not read is said on the terminal.

    The blobs of its tree are written as they are: no attribute of git's leaves one out or changes it. A submodule and a
    link that leads out of the folder are not read.
    """
    tree = project.read_tree(commit)
    with tempfile.TemporaryDirectory(prefix="clearway-commit-") as name:
        folder, blobs = Path(name).resolve(), [(name, blob) for name, blob in tree.items() if blob.kind == "blob"]
        unread = [name for name, blob in tree.items() if blob.kind != "blob"]
        for (name, blob), content in zip(blobs, _read_blobs(project, [blob.digest for _, blob in blobs]), strict=True):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if blob.mode != LINK:
                path.write_bytes(content)
            elif (path.parent / os.fsdecode(content)).resolve().is_relative_to(folder):
                path.symlink_to(os.fsdecode(content))
            else:
                unread.append(name)
        for name in unread:
            print(f"{commit[:12]}: {name} is a submodule or leads out of the commit; it is not read", file=sys.stderr)
        yield Project(folder)


def _read_blobs(project: Project, digests: Sequence[str]) -> Iterator[bytes]:
    """Yield the content of each blob."""
    command = ["git", "-C", str(project.root), "cat-file", "--batch"]
    asked = "".join(f"{digest}\n" for digest in digests).encode()
    stream = io.BytesIO(subprocess.run(command, input=asked, check=True, capture_output=True).stdout)
    for _ in digests:
        size = int(stream.readline().split()[2])
        yield stream.read(size)
        stream.read(1)


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
