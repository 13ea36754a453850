"""The lock files: which version of which distribution belongs to an installation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCKS = ("runtime", "suite", "training")
"""The lock of the device alone, of the suite (with the runtime in it), of training (with the runtime in it)."""

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(;(?P<marker>[^\\]*))?")
_HASH = re.compile(r"\s+--hash=sha256:([0-9a-f]+)")


@dataclass(frozen=True, slots=True)
class Locked:
    """A distribution of a lock. `marker` says which environments have it, None all of them.

    `hashes` are the SHA-256 of the files that may be installed.
    """

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]

    @property
    def conditional(self) -> bool:
        """Whether not every environment has it."""
        return self.marker is not None


def read_lock(path: Path) -> Iterator[Locked]:
    """Yield each distribution that a lock file names; nothing where there is no file."""
    blocks: list[tuple[re.Match[str], list[str]]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if match := _LINE.match(line):
            blocks.append((match, []))
        elif (found := _HASH.match(line)) and blocks:
            blocks[-1][1].append(found[1])
    for match, hashes in blocks:
        marker = match["marker"] and match["marker"].strip()
        yield Locked(match["name"], match["version"], marker, tuple(hashes))


def distribution_name(requirement: str) -> str:
    """A distribution's name as the registries compare it: lower case, one kind of separator."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;(]", requirement, maxsplit=1)[0]).lower()
