"""What need not be read or judged again, in `build/cache/trace/`; never committed, and deleted without harm.

A file of it is a shelf: what one reader has read, or the last answer. Nothing is told by a date: a part is known by the
SHA-256 of what it was read from, and an answer holds as long as every file, every list of files and every word of git
that it rests on is the same. Another version of the code starts anew. A shelf that is damaged, or that another process
replaces at the same time, is a shelf that holds less.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import msgspec

from verification.evidence import Product, Project, ProjectError, read_manifest, write_atomically
from verification.evidence.project import Seen, find_suite
from verification.evidence.types import Record

T = TypeVar("T")
_LIBRARIES = ("gherkin-official", "jsonschema", "jsonschema-rs", "msgspec", "PyYAML")
_EVIDENCE = "build/evidence/"
ALL_CODE = ("verification/**/*.py", Product().code)
"""The code that is installed: the rooms, and the package that is verified where a checkout names no other."""

_READING = tuple(
    f"verification/{room}/**/*.py" for room in ("evidence", "specification", "sources", "graph", "product", "trace")
)
_KEPT = 4
"""So many times what a run uses is kept of what earlier runs used: a branch that is left is returned to."""
_ANSWER = "answer"
_ENTRIES = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])


class Answer(Record, frozen=True):
    """What the evidence `written` (name: SHA-256) rests on; `digests` has None for a file that was not there."""

    code: str
    written: dict[str, str]
    digests: dict[str, str | None]
    names: dict[str, tuple[str, ...]]
    git: dict[str, str | None]


def open_cache(project: Project, *, keep: bool = False) -> Project:
    """A snapshot of a checkout that knows what earlier runs have read of it; what it reads is kept for later ones."""
    return replace(project, seen=Seen(recalls=True, keeps=keep))


def save_answer(project: Project, *written: str) -> None:
    """Keep what the evidence rests on that a snapshot has written into these files."""
    seen, listed = project.seen, read_manifest(project.evidence)
    if seen is None:
        return
    answer = Answer(
        code=code_digest(*ALL_CODE), written={name: listed[name] for name in written},
        digests=seen.digests, names=seen.names, git=seen.git,
    )  # fmt: skip
    _write(_path(project, _ANSWER), {_ANSWER: answer})


def still_holds(project: Project) -> bool:
    """Whether the evidence that was written last is what would be written now."""
    answer: Answer | None = _decode(_read(_path(project, _ANSWER)).get(_ANSWER), Answer)
    if answer is None or answer.code != code_digest(*ALL_CODE):
        return False
    listed = read_manifest(project.evidence)
    evidence = {Path(name).name: digest for name, digest in answer.digests.items() if name.startswith(_EVIDENCE)}
    return (
        all(listed.get(name) == digest for name, digest in (answer.written | evidence).items())
        and all(_ask(project, command) == said for command, said in answer.git.items() if _may_change(command, said))
        and all(tuple(project.find_names(pattern)) == names for pattern, names in answer.names.items())
        and all(project.digest(name) == digest for name, digest in answer.digests.items())
    )


class Shelf:
    """What one reader read in earlier runs of the same code; as the block ends, what it read now is put there."""

    def __init__(self, project: Project, name: str) -> None:
        seen = project.seen or Seen()
        self._path, self._keeps = _path(project, name), seen.keeps
        self.recalled = _read(self._path) if seen.recalls else {}
        self._used: dict[str, Any] = {}
        self._grown = False

    def recall(self, key: str, kind: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, or gave for the same key; None is not kept."""
        known: Any = self.recalled.get(key)
        value: T | None = _decode(known, kind)
        if value is None:
            known = value = make()
            self._grown |= value is not None
        if value is not None:
            self._used[key] = known
        return value

    def __enter__(self) -> Self:
        return self

    def __exit__(self, fault: object, *_: object) -> None:
        if self._grown and self._keeps and fault is None:
            earlier = ((key, raw) for key, raw in self.recalled.items() if key not in self._used)
            _write(self._path, self._used | dict(islice(earlier, (_KEPT - 1) * len(self._used))))


def recall(project: Project, name: str, key: str, kind: Hashable, make: Callable[[], T]) -> T:
    """The same of a shelf from which one thing is taken."""
    with Shelf(project, name) as shelf:
        return shelf.recall(key, kind, make)


@cache
def code_digest(*patterns: str) -> str:
    """SHA-256 of the code that runs (files of our own, the libraries that it reads with, the interpreter)."""
    code = find_suite()
    parts = [sys.version, *(f"{name} {_version(name)}" for name in _LIBRARIES)]
    parts += [f"{name} {code.digest(name)}" for name in code.find_names(*patterns)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _may_change(command: str, said: str | None) -> bool:
    """Whether git may answer otherwise at the same commit. What it once said of a history stays so."""
    return said is None or command.split("\0", 1)[0] not in ("log", "diff")


def _ask(project: Project, command: str) -> str | None:
    try:
        return project.git(*command.split("\0"))
    except ProjectError:
        return None


def _path(project: Project, name: str) -> Path:
    return project.root / "build" / "cache" / "trace" / f"{name.replace('/', '-')}.msgpack"


def _read(path: Path) -> dict[str, msgspec.Raw]:
    """The entries of a shelf, not yet decoded; none where there is no shelf, or none of this code, or a damaged one."""
    try:
        mark, content = (whole := memoryview(path.read_bytes()))[:64], whole[64:]
        if mark == _mark(content):
            return _ENTRIES.decode(content)
    except (OSError, msgspec.DecodeError):
        pass
    return {}


def _write(path: Path, entries: Mapping[str, Any]) -> None:
    try:
        content = msgspec.msgpack.encode(entries)
    except _UNFIT:
        content = msgspec.msgpack.encode({key: value for key, value in entries.items() if _is_fit(value)})
    with suppress(OSError):  # what cannot be kept costs time, and nothing else
        write_atomically(path, (_mark(content), content))


_UNFIT = (OverflowError, UnicodeEncodeError)
"""A whole number of more than 64 bits; a file's name that is no text."""


def _is_fit(value: object) -> bool:
    try:
        msgspec.msgpack.encode(value)
    except _UNFIT:
        return False
    return True


def _mark(content: bytes | memoryview) -> bytes:
    """What the file of a shelf begins with: 64 bytes that bind it to its content and to the code that reads."""
    digest = hashlib.sha256(code_digest(*_READING).encode())
    digest.update(content)
    return digest.hexdigest().encode()


def _decode(known: msgspec.Raw | None, kind: Hashable) -> Any:
    try:
        return None if known is None else _decoder(kind).decode(known)
    except msgspec.DecodeError:
        return None


@cache
def _decoder(kind: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(cast("Any", kind))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
