"""What is to be there after a power cut, too: a file is when it is flushed, its name when its folder is."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def make_folder(path: Path) -> None:
    """Make a folder that only this user may read, and each above it that is missing; their names are flushed to disk.

    Implements: SRS-049
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)  # another process may be faster
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """What was renamed in a folder, or made in it, is on disk.

    Implements: SRS-049
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_key(path: Path) -> bytes:
    """The key of the log's identifiers; the first start makes one that only this user may read.

    Implements: SRS-049
    """
    if not path.exists():
        beside = path.with_name(f".{secrets.token_hex(8)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)  # the first of several processes
        except FileExistsError:
            pass
        finally:
            beside.unlink()
        flush_folder(path.parent)
    return path.read_bytes()
