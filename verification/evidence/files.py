"""Evidence on disk: JSON written whole or not at all, listed in a manifest, and read back strictly."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

MANIFEST = "manifest.json"
_PART = 1000
"""A list of more records than this is written a record a line, so many at a time."""
_LINES = msgspec.json.Encoder(order="sorted")

T = TypeVar("T")


class EvidenceError(Exception):
    """An evidence file cannot be read, is not what the manifest lists, or is not of its schema."""


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file, whole or in parts, so that a reader sees the old content or the new (write, fsync, rename)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, so that a reader sees all of it or none.

    Raises:
        FileExistsError: it is there; it is left as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
        os.link(file.name, path)


def write_evidence(folder: Path, name: str, value: msgspec.Struct, *, listed: bool = True) -> Path:
    """Write `value` as `folder/name` and, if `listed`, enter its digest in the folder's manifest."""
    path = folder / name
    digest = hashlib.sha256()

    def spell() -> Iterator[bytes]:
        for part in _spell(value):
            digest.update(part)
            yield part

    folder.mkdir(parents=True, exist_ok=True)
    with held(folder):
        write_atomically(path, spell())
        if listed:
            manifest = read_manifest(folder) | {name: digest.hexdigest()}
            write_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n")
    return path


def _spell(value: msgspec.Struct) -> Iterator[bytes]:
    """Yield the JSON of a record, sorted, in parts: a trace of many items is never in memory as text.

    It is indented, as people read it; of a long list, which they search, each record is a line.
    """
    if value.__struct_config__.tag is not None:
        yield _json(value) + b"\n"
        return
    front = b"{\n "
    for encoded, name in sorted(zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)):
        each = getattr(value, name)
        yield front + b'"%b": ' % encoded.encode()
        if isinstance(each, tuple | list) and len(each) > _PART:
            for start in range(0, len(each), _PART):
                lines = _LINES.encode_lines(each[start : start + _PART])[:-1]
                yield (b",\n  " if start else b"[\n  ") + lines.replace(b"\n", b",\n  ")
            yield b"\n ]"
        else:
            yield _indented(each)
        front = b",\n "
    yield b"\n}\n" if front != b"{\n " else b"{}\n"


def _indented(value: object) -> bytes:
    return _json(value).replace(b"\n", b"\n ")


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1)


@contextmanager
def held(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Let one process at a time write in a folder, or several read; its files are replaced, so the folder is locked."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a new folder beside `target`; when the block ends well it takes the place of the target.

    If it cannot take it, the target is as it was; if that was killed, `restore` puts it back.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    restore(target)
    fresh, old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.")), _aside(target)
    try:
        yield fresh
        fresh.chmod(0o755)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        restore(target)


def restore(target: Path) -> None:
    """Put back the folder that was taken away for another which did not come; what is said on the terminal."""
    old = _aside(target)
    if old.is_dir() and not target.exists():
        old.rename(target)
        print(f"{target}: its replacement was interrupted; what was there before is back", file=sys.stderr)
    shutil.rmtree(old, ignore_errors=True)  # killed when all was done but this


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.clearway.old")  # no name that a person gives a folder


@contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Do what may be done once, with no other process of this machine doing it; `path` is a file that stays as it is.

    Raises:
        ValueError: another process is at it.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise ValueError(f"{path}: another process is {what}; wait until it has ended") from error
    finally:
        os.close(handle)


def read_manifest(folder: Path) -> dict[str, str]:
    """The digests that the folder's manifest lists, by file name; empty where there is no manifest yet.

    Raises:
        EvidenceError: the manifest is not a JSON object of texts.
    """
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise EvidenceError(f"{path}: not a manifest: {error}; delete {folder} and make the evidence again") from error


def read_evidence(folder: Path, name: str, kind: type[T]) -> T:
    """Read one evidence file back, after comparing its digest with the manifest.

    Raises:
        FileNotFoundError: there is no such evidence.
        EvidenceError: its digest is not the manifest's, or it is not of the schema of `kind`.
    """
    path = folder / name
    with held(folder, shared=True):
        content = path.read_bytes()
        listed, found = read_manifest(folder).get(name), hashlib.sha256(content).hexdigest()
    if listed != found:
        raise EvidenceError(
            f"{path}: SHA-256 {found}, expected {listed or 'an entry'} as in {folder / MANIFEST}: "
            "the file was changed after it was written; make the evidence again"
        )
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise EvidenceError(f"{path}: not {kind.__name__}: {error}; make the evidence again") from error
