"""The checkout: where it is, what commit it is at, and the digests of its files."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from verification.evidence.product import SETTINGS, Product, read_product
from verification.evidence.types import Source

RECORDS = "docs/records"
"""What people recorded of the rest. A commit of nothing else leaves evidence as good as it was."""
_BESIDES = f":(exclude){RECORDS}"
_MADE = "build/evidence/"
LARGEST_BYTES = 1_000_000
"""No file that people write is larger. What is larger is hashed, and neither kept nor parsed."""


class ProjectError(Exception):
    """A command needs a checkout and there is none here, or git cannot describe it."""


@dataclass(slots=True)
class Seen:
    """What has been read of a checkout.

    Digests by name (None: no such file), contents by name as far as there is `room` for them (bytes), names by pattern,
    what folders hold, git's answers by command (None: it had none), the committed files that are here otherwise (None:
    nobody asked). Whether it is known what earlier runs parsed files to (`recalls`), and whether later ones are to know
    what this one does (`keeps`).
    """

    digests: dict[str, str | None] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    room: int = 4 * 2**20
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    folders: dict[str, list[Listed]] = field(default_factory=dict)
    git: dict[str, str | None] = field(default_factory=dict)
    hidden: list[str] | None = None
    recalls: bool = False
    keeps: bool = False


LINK = "120000"
"""Git's mode of a symbolic link, whose content is where it leads."""


class Listed(NamedTuple):
    """A name in a folder, and what is behind it, whether or not by a link."""

    name: str
    is_file: bool
    is_folder: bool
    is_link: bool


Listing: TypeAlias = Callable[[str], Iterable[Listed]]
"""What each folder holds."""


class Blob(NamedTuple):
    """A file of a commit: git's mode, kind (`blob`; `commit` of a submodule) and digest."""

    mode: str
    kind: str
    digest: str


class Version(NamedTuple):
    """What a file held at a commit: the day on which that was made (ISO 8601, by its author's clock), and the bytes."""

    day: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout of the repository. A name is a path relative to it, with forward slashes, as evidence has it."""

    root: Path
    seen: Seen | None = field(default=None, compare=False, repr=False)

    @property
    def evidence(self) -> Path:
        """Where the rooms exchange evidence; never committed."""
        return self.root / "build" / "evidence"

    @property
    def submission(self) -> Path:
        """Where the documents are built."""
        return self.root / "build" / "submission"

    @property
    def product(self) -> Product:
        """What is verified here.

        Raises:
            ProjectError: pyproject.toml says something else of it than a product has.
        """
        try:
            return read_product(self.read(SETTINGS))
        except OSError:
            return Product()
        except ValueError as error:
            raise ProjectError(f"{self.root}: {error}") from error

    def snapshot(self) -> Project:
        """The checkout of which nothing is read twice: all that a command says of it is of one moment."""
        return replace(self, seen=Seen())

    def relative(self, path: Path) -> str:
        """The name of a file."""
        text, front = str(path), f"{self.root}/"
        if text.startswith(front) and ".." not in path.parts:
            return text[len(front) :]
        return path.resolve().relative_to(self.root).as_posix()

    def find_files(self, *patterns: str) -> Iterator[Path]:
        """Yield the regular files that match the glob patterns, sorted within each; no caches, no dot-files."""
        return (self.root / name for name in self.find_names(*patterns))

    def find_names(self, *patterns: str) -> Iterator[str]:
        """Yield the names of these files. `**` does not follow links to folders, so that none leads in a loop.

        A pattern after `!` is of names behind which there is no regular file.
        """
        for pattern in patterns:
            names = self.seen.names.get(pattern) if self.seen else None
            if names is None:
                names = tuple(sorted(_match(self._list, pattern), key=lambda name: name.replace("/", "\0")))
            if self.seen:
                self.seen.names[pattern] = names
            yield from names

    def _list(self, folder: str) -> list[Listed]:
        """What a folder holds, in the order of the disk; nothing where there is no folder. No caches, no dot-files."""
        found = self.seen.folders.get(folder) if self.seen else None
        if found is None:
            found = list(_scan(str(self.root), folder))
        if self.seen:
            self.seen.folders[folder] = found
        return found

    def read(self, name: str) -> bytes:
        """The bytes of a file that people write.

        Raises:
            OSError: it is not there, cannot be read, is larger than `LARGEST_BYTES`, or is not what this snapshot saw.
        """
        kept = self.seen.contents.get(name) if self.seen else None
        return self._read(name)[1] if kept is None else kept

    def digest(self, name: str) -> str | None:
        """The SHA-256 of a file's bytes; None where there is no regular file that can be read."""
        if self.seen and name in self.seen.digests:
            return self.seen.digests[name]
        try:
            return self._read(name, whole=True)[0]
        except OSError:
            if self.seen:
                self.seen.digests[name] = None
            return None

    def commit(self) -> tuple[str, str]:
        """The commit of the checkout, and its day."""
        commit, _, day = self.git("-c", "log.showSignature=false", "log", "-1", "--format=%H %cs").partition(" ")
        return commit, day

    def source(
        self, inputs: Iterable[Path | str] = (), patterns: Sequence[str] = (), code: Sequence[str] = ()
    ) -> Source:
        """Describe what evidence is made from.

        Args:
            inputs: files (or names) that were read.
            patterns: of further names that were read, all of them.
            code: patterns of the suite's own files by which it is made.
        """
        commit, day = self.commit()
        given = {each if isinstance(each, str) else self.relative(each) for each in inputs}
        names = sorted({*given, *self.find_names(*patterns)})
        written = [name for name in names if not name.startswith(_MADE)]
        return Source(
            commit=commit,
            commit_date=day,
            dirty=bool(self.git("status", "--porcelain") or self.find_hidden(written)),
            inputs={name: self.digest(name) or _gone(name) for name in names},
            patterns=tuple(patterns),
            code={pattern: digest_of_suite(pattern) for pattern in code},
        )

    def versions(self, path: Path) -> Iterator[Version]:
        """Yield what a file held at each commit of the history here that changed it, the latest first."""
        file = self.relative(path)
        for line in self.git("log", "--format=%H %as", "--diff-filter=AM", "--", file).splitlines():
            commit, day = line.split()
            yield Version(day, self._run("show", f"{commit}:{file}"))

    def find_uncommitted(self) -> list[str]:
        """The files that differ from the commit, records aside: as git names them, and what it was told to hide."""
        listed = self.git("status", "--porcelain", "--", ".", _BESIDES).splitlines()
        named = {line.split(maxsplit=1)[-1] for line in listed}
        hidden = [name for name in self.find_hidden() if not name.startswith(f"{RECORDS}/") and name not in named]
        return [*listed, *(f" H {name}" for name in hidden)]

    def find_hidden(self, names: Iterable[str] = ()) -> list[str]:
        """The files whose content is not that of the commit, whatever git says of them.

        Git can be told to take a file for unchanged (assume-unchanged, skip-worktree), or not to see one (info/exclude,
        a submodule): contents are compared with the commit's blobs.

        Args:
            names: files that have to be of the commit, beside all of those that are; one of a submodule is not.
        """
        blobs = self.read_tree("HEAD")
        changed = self.seen.hidden if self.seen else None
        if changed is None:
            changed = [name for name, blob in blobs.items() if blob.kind == "blob" and self.differs(name, blob)]
        if self.seen:
            self.seen.hidden = changed
        return sorted({*names} - blobs.keys()) + changed

    def read_tree(self, revision: str) -> dict[str, Blob]:
        """The files of a commit by name; a submodule counts as one."""
        listed = self.git("ls-tree", "-r", "-z", revision).split("\0")
        entries = (line.split("\t", 1) for line in listed if line)
        return {name: Blob(*facts.split()) for facts, name in entries}

    def differs(self, name: str, blob: Blob) -> bool:
        """Whether a file's content here is not that of a commit; a submodule is none, and differs."""
        try:
            content = os.fsencode((self.root / name).readlink()) if blob.mode == LINK else self._whole(name)
        except OSError:
            return True  # a submodule is a folder
        hashed = hashlib.sha1 if len(blob.digest) == 40 else hashlib.sha256
        return hashed(b"blob %d\0" % len(content) + content).hexdigest() != blob.digest

    def _whole(self, name: str) -> bytes:
        """The bytes of a file of any size; a snapshot holds its digest among what it rests on."""
        kept = b""
        if self.seen:
            kept = self.seen.contents.get(name) or self._read(name, whole=True)[1]
        return kept or (self.root / name).read_bytes()

    def is_still_at(self, commit: str) -> bool:
        """Whether the checkout's commit is this one, or differs from it in records alone; no if git cannot tell."""
        try:
            head = self.commit()[0]
            if head == commit or not re.fullmatch("[0-9a-f]{40,64}", commit):  # nothing else is handed to git
                return head == commit
            return not self.git("diff", "--name-only", "--no-renames", commit, head, "--", ".", _BESIDES)
        except ProjectError:
            return False

    def _read(self, name: str, *, whole: bool = False) -> tuple[str, bytes]:
        """The digest and the bytes of a file; with `whole` those of a large one are hashed and not returned."""
        with open(f"{self.root}/{name}", "rb", buffering=0) as file:  # noqa: PTH123 thousands are read, each whole
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST_BYTES and not whole:
                raise OSError(f"{size} bytes, expected at most {LARGEST_BYTES}")
            content = file.read() if size <= LARGEST_BYTES else b""
            hashed = hashlib.sha256(content) if size <= LARGEST_BYTES else hashlib.file_digest(file, "sha256")
        digest = hashed.hexdigest()
        if self.seen:
            if self.seen.digests.setdefault(name, digest) != digest:
                raise OSError("it was changed while the checkout was read")
            if 0 < len(content) <= self.seen.room:
                self.seen.contents[name] = content
                self.seen.room -= len(content)
        return digest, content

    def git(self, *arguments: str) -> str:
        """What git says of the checkout, without white space around it.

        Raises:
            ProjectError: git is not there, or has no answer.
        """
        key = "\0".join(arguments)
        said = self.seen.git.get(key) if self.seen else None
        if said is None:
            try:
                said = self._run(*arguments).decode(errors="surrogateescape").strip()
            finally:
                if self.seen:
                    self.seen.git[key] = said
        return said

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


def _scan(root: str, folder: str) -> Iterator[Listed]:
    try:
        entries = list(os.scandir(f"{root}/{folder}"))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if not entry.name.startswith(".") and entry.name != "__pycache__" and not entry.name.endswith(".pyc"):
            name, linked = f"{folder}/{entry.name}" if folder else entry.name, entry.is_symlink()
            # A link is asked for by its path: one in a loop is then neither a file nor a folder, and no error.
            is_file = os.path.isfile(entry.path) if linked else entry.is_file()  # noqa: PTH113
            is_folder = os.path.isdir(entry.path) if linked else entry.is_dir()  # noqa: PTH112
            yield Listed(name, is_file, is_folder, linked)


def _match(listing: Listing, pattern: str) -> Iterator[str]:
    """Yield the names that match a glob pattern, in the order of the disk."""
    regular, pattern = not pattern.startswith("!"), pattern.removeprefix("!")
    folder = pattern.partition("*")[0].rpartition("/")[0]
    parts = re.split(r"(\*\*/|\*)", pattern)
    matches = re.compile("".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts))
    deepest = None if "**" in pattern else pattern.count("/")
    found = _walk(listing, folder, deepest)
    return (name for name, is_file in found if is_file is regular and matches.fullmatch(name))


def _walk(listing: Listing, folder: str, deepest: int | None) -> Iterator[tuple[str, bool]]:
    """Yield every name in a folder and below it, and whether it is that of a regular file."""
    depth = folder.count("/") + bool(folder)
    for one in listing(folder):
        yield one.name, one.is_file
        if one.is_folder and (depth < deepest if deepest is not None else not one.is_link):
            yield from _walk(listing, one.name, deepest)


def _gone(name: str) -> str:
    raise FileNotFoundError(f"{name}: it was there, and cannot be read now")


@cache
def find_suite() -> Project:
    """The code of the suite as it is installed, of which nothing is read twice."""
    return Project(Path(__file__).resolve().parents[2]).snapshot()


@cache
def digest_of_suite(pattern: str) -> str:
    """SHA-256 of those files of the suite, as it is installed, whose names match."""
    suite = find_suite()
    parts = (f"{name} {suite.digest(name)}" for name in suite.find_names(pattern))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


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
