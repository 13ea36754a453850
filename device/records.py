"""Results of many files in one: a JSON object a line, whole or not there, and gone on with behind the last one."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Self

from device.errors import RecordError
from device.folders import Walk

SAME = ("release", "release_version", "release_digest", "intake")
"""What is the same in every line of a file: lines of another release are no results beside these."""
BEGINNING = b'{"path": '
"""How every line begins: what begins otherwise is somebody else's, and stays."""
PATIENCE = 20
"""How often, a tenth of a second apart, a file is asked for that another run holds."""
FLUSH_EVERY = 1000
"""After so many lines they are on disk, whatever happens to the machine."""


class Records:
    """A file of results that is being written. What is in it already is not judged again; `counts` is of that.

    Implements: SRS-055
    """

    def __init__(self, path: Path, same: Mapping[str, str]) -> None:
        """Open a file, or begin it; a line that was cut off is taken out.

        Args:
            path: of the file.
            same: what each line must say of release and intake.

        Raises:
            RecordError: it cannot be written, is being written by another run, or holds something else.
        """
        self.path, self._same = path, dict(same)
        self.counts: Counter[tuple[str, str]] = Counter()
        self._done: set[bytes] = set()
        self._new = 0
        try:
            self._file = path.open("a+b")
            _lock(self._file)
        except BlockingIOError as error:
            raise RecordError(f"{path}: is being written by another run; name another file, or wait for it") from error
        except OSError as error:
            raise RecordError(f"{path}: cannot be written: {error.strerror}") from error
        self._read()

    def holds(self, path: Path) -> bool:
        """Whether the result of a file is there."""
        return _digest(str(path)) in self._done

    def add(self, record: Mapping[str, Any]) -> None:
        """Write a result.

        Raises:
            RecordError: there is no room for it.
        """
        try:
            self._file.write(json.dumps(record).encode() + b"\n")
            self._file.flush()
            self._new += 1
            if self._new % FLUSH_EVERY == 0:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise RecordError(f"{self.path}: cannot be written: {error.strerror}; run again to go on") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Have it whole on disk, and let others write it."""
        os.fsync(self._file.fileno())
        self._file.close()

    def _read(self) -> None:
        end = 0
        self._file.seek(0)
        for number, line in enumerate(self._file, start=1):
            if not line.endswith(b"\n") and line[: len(BEGINNING)] == BEGINNING[: len(line)]:
                self._file.truncate(end)  # of a run that was ended while it wrote
                break
            end += len(line)
            self.counts.update(tell_outcomes(self._check(number, line)))
        self._file.seek(0, os.SEEK_END)

    def _check(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            record = json.loads(line)
            path, found = record["path"], {name: record[name] for name in SAME}
        except (ValueError, KeyError, TypeError) as error:
            told = f"{self.path}:{number}: found no result, expected a line of `clearway analyze --record`"
            raise RecordError(f"{told}; name another file") from error
        if found != self._same:
            wrong = [
                f"{name} {found[name]!r}, expected {self._same[name]!r}"
                for name in SAME
                if found[name] != self._same[name]
            ]
            raise RecordError(f"{self.path}:{number}: found {'; '.join(wrong)}: name another file for this run")
        self._done.add(_digest(path))
        return dict(record)


def _lock(file: BinaryIO) -> None:
    """Hold a file alone; processes of a run that was killed let go of it within a moment.

    Raises:
        BlockingIOError: another run holds it.

    Implements: SRS-055
    """
    for _ in range(PATIENCE):
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def tell_outcomes(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a result counts as: its outcome, and every reason for which the image was not analyzed.

    Implements: SRS-055
    """
    yield "outcome", str(record.get("finding") or record["outcome"])
    yield from (("reason", code) for code in sorted({str(one["code"]) for one in record["rejections"]}))


def write_summary(path: Path, counts: Mapping[tuple[str, str], int], walk: Walk) -> None:
    """Write counts as CSV, whole or not at all.

    Raises:
        RecordError: it cannot be written.

    Implements: SRS-055
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(render_summary(counts, walk.skipped, walk.others))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise RecordError(f"{path}: cannot be written: {error.strerror}") from error


def render_summary(counts: Mapping[tuple[str, str], int], skipped: int, others: int) -> str:
    """Counts as CSV: outcomes, reasons and what was left out; a file can have several reasons.

    Implements: SRS-055
    """
    rows = [(*key, number) for key, number in sorted(counts.items())]
    rows += [("left out", "dot-file or DICOMDIR", skipped), ("left out", "no DICOM file", others)]
    return "\n".join(["what,name,files", *(f"{what},{name},{number}" for what, name, number in rows)]) + "\n"


def _digest(path: str) -> bytes:
    return hashlib.blake2b(path.encode(errors="surrogateescape"), digest_size=16).digest()
