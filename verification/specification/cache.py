"""What need not be read or judged again, in `build/cache/`; never committed, and deleted without harm.

Nothing is told by a date: a part is known by the SHA-256 of what it was read from, and an answer holds as long as every
file, every list of files and every word of git that it rests on is the same. Another version of the code starts anew.
A cache that is damaged, or that another process replaces at the same time, is a cache that holds less.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from verification.evidence import Product, Project, ProjectError, read_manifest, write_atomically
from verification.evidence.types import Record

T = TypeVar("T")
_HERE = Path(__file__).resolve().parents[2]
_LIBRARIES = ("gherkin-official", "jsonschema", "jsonschema-rs", "msgspec", "PyYAML")
_EVIDENCE = "build/evidence/"
ALL_CODE = ("verification/**/*.py", Product().code)
"""The code that is installed: the rooms, and the package that is verified where a checkout names no other."""

_READING = tuple(
    f"verification/{room}/**/*.py" for room in ("evidence", "specification", "sources", "graph", "product", "trace")
)
_KEPT = 4
"""So many times what a run uses is kept of what earlier runs used: a branch that is left is returned to."""


class Answer(Record, frozen=True):
    """What the evidence `written` (name: SHA-256) rests on; `digests` has None for a file that was not there."""

    code: str
    written: dict[str, str]
    digests: dict[str, str | None]
    names: dict[str, tuple[str, ...]]
    git: dict[str, str | None]


def open_cache(project: Project) -> Project:
    """A snapshot of a checkout that knows what earlier runs have read of it."""
    project = project.snapshot()
    if project.seen:
        project.seen.recalled.update(_read(_path(project)))
    return project


def save_cache(project: Project, *written: str) -> None:
    """Keep what a snapshot has read, and what the evidence rests on that was written into these files."""
    seen, listed = project.seen, read_manifest(project.evidence)
    if seen is None:
        return
    answer = Answer(
        code=code_digest(*ALL_CODE), written={name: listed[name] for name in written},
        digests=seen.digests, names=seen.names, git=seen.git,
    )  # fmt: skip
    encoded = _encode(answer)
    entries = seen.used | ({} if encoded is None else {"answer": encoded})
    room = _KEPT * sum(map(len, entries.values()))
    for key, value in seen.recalled.items():
        room -= len(value)
        if key not in entries and room > 0:
            entries[key] = value
    content = msgspec.msgpack.encode(entries)
    with suppress(OSError):  # a cache that cannot be kept costs time, and nothing else
        write_atomically(_path(project), _mark(content) + content)


def still_holds(project: Project) -> bool:
    """Whether the evidence that was written last is what would be written now."""
    seen = project.seen
    answer: Answer | None = _decode(seen.recalled.get("answer"), Answer) if seen else None
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


def recall(project: Project, key: str, kind: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives, or gave for the same key in this or an earlier run of the same code; None is not kept."""
    seen = project.seen
    if seen is None:
        return make()
    known = seen.used.get(key) or seen.recalled.get(key)
    value: T | None = _decode(known, kind)
    if value is None:
        value = make()
        known = None if value is None else _encode(value)
    if known is not None:
        seen.used[key] = known
    return value


@cache
def code_digest(*patterns: str) -> str:
    """SHA-256 of the code that runs (files of our own, the libraries that it reads with, the interpreter)."""
    code = Project(_HERE)
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


def _path(project: Project) -> Path:
    return project.root / "build" / "cache" / "trace.msgpack"


def _read(path: Path) -> dict[str, bytes]:
    """The entries of a cache; none where there is no cache, or none of this code, or a damaged one."""
    try:
        content = path.read_bytes()
        if content[:64] == _mark(content[64:]):
            return msgspec.msgpack.decode(content[64:], type=dict[str, bytes])
    except (OSError, msgspec.DecodeError):
        pass
    return {}


def _mark(content: bytes) -> bytes:
    """What the file of a cache begins with: 64 bytes that bind it to its content and to the code that reads."""
    return hashlib.sha256(code_digest(*_READING).encode() + content).hexdigest().encode()


def _encode(value: object) -> bytes | None:
    try:
        return msgspec.msgpack.encode(value)
    except (OverflowError, UnicodeEncodeError):  # a whole number of more than 64 bits; a file's name that is no text
        return None


def _decode(known: bytes | None, kind: Hashable) -> Any:
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
