"""The files of folders of any size: walked as they come, a share of them if there are several machines."""

from __future__ import annotations

import argparse
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

PREAMBLE, MARK = 128, b"DICM"
"""PS3.10 7.1: where a DICOM file says that it is one."""


class Share(NamedTuple):
    """The files that one of several machines takes: its share, counted from 1, of as many as `of`."""

    number: int
    of: int


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of a command for folders of very many files.

    Implements: SRS-055
    """
    many = parser.add_argument_group("folders of very many files")
    told = "write the results to FILE, a JSON object a line, and print none; if FILE has some, go on behind them"
    many.add_argument("--record", type=Path, metavar="FILE", help=told)
    told = "write how many files had each outcome and each reason, and how many were left out"
    many.add_argument("--summary", type=Path, metavar="CSV", help=told)
    many.add_argument("--dicom-only", action="store_true", help="leave out, and count, what is no DICOM file")
    told = "take the Kth of N shares of the files, the same on every machine"
    many.add_argument("--shard", type=read_share, metavar="K/N", help=told)


class Walk:
    """Every file that is named, or lies in a folder that is named or in one below; sorted within each folder.

    A folder that cannot be read stands among the files, where it fails. The names of one folder and of those above it
    are held at once. `skipped` counts what was left out up to here: dot-files, dot-folders and DICOMDIR; `others` what
    is no DICOM file, where only those are asked for. Files of other shares are not counted.

    Implements: SRS-036, SRS-055
    """

    def __init__(self, paths: Iterable[Path], *, dicom_only: bool = False, share: Share | None = None) -> None:
        self.skipped = self.others = 0
        self._dicom_only, self._share = dicom_only, share
        self._seen: set[tuple[int, int]] = set()
        self._roots = iter(paths)
        self._root = Path()
        self._waiting: list[Iterator[Path]] = []  # no recursion, for folders lie in folders without end

    def __iter__(self) -> Iterator[Path]:
        return self

    def __next__(self) -> Path:
        while (path := self._find_next()) is not None:
            if self._share and find_share(path, self._root, self._share.of) != self._share.number:
                continue
            if not self._dicom_only or is_dicom(path):
                return path
            self.others += 1
        raise StopIteration

    def _find_next(self) -> Path | None:
        """The next file, whoever's it is."""
        while True:
            if self._waiting:
                path = next(self._waiting[-1], None)
            elif (path := next(self._roots, None)) is None:
                return None
            else:
                self._root = path
            if path is None:
                self._waiting.pop()
            elif (names := _list(path, self._seen)) is None:
                return path
            else:
                shown = [name for name in names if not name.startswith(".") and name != "DICOMDIR"]
                self.skipped += len(names) - len(shown)
                self._waiting.append(map(path.joinpath, shown))


def read_share(stated: str) -> Share:
    """A share as a command line states it, K/N.

    Raises:
        ArgumentTypeError: it is none.

    Implements: SRS-055
    """
    number, slash, of = stated.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"found {stated!r}, expected K/N with K from 1 to N, as 1/4")
    return Share(int(number), int(of))


def find_share(path: Path, root: Path, of: int) -> int:
    """Whose a file is, from 1: the same wherever its folder is mounted, and whatever lies beside it.

    Implements: SRS-055
    """
    name = os.fsencode(path.relative_to(root) if path != root else path.name)
    return int.from_bytes(hashlib.sha256(name).digest()[:8]) % of + 1


def is_dicom(path: Path) -> bool:
    """Whether a file says that it is DICOM; one that cannot be read may be, and fails where it is judged.

    Implements: SRS-055
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return True
        with path.open("rb") as file:
            return file.read(PREAMBLE + len(MARK))[PREAMBLE:] == MARK
    except OSError:
        return True


def _list(path: Path, seen: set[tuple[int, int]]) -> list[str] | None:
    """What lies in a folder, sorted; nothing the second time, however it is linked; None for what cannot be listed.

    Implements: SRS-036
    """
    try:
        status = path.stat()
        if not stat.S_ISDIR(status.st_mode):
            return None
        if (folder := (status.st_dev, status.st_ino)) in seen:
            return []
        seen.add(folder)
        return sorted(os.listdir(path))  # noqa: PTH208 names alone: a hundred thousand paths take longer
    except OSError:  # what cannot be looked at is no folder: it fails as a file
        return None
