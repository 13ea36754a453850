"""The lock files: which version of which distribution belongs to an installation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCKS = ("runtime", "suite", "training")
"""The lock of the device alone, of the suite (with the runtime in it), of training (with the runtime in it)."""

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?P<marker>;[^\\]*)?")


@dataclass(frozen=True, slots=True)
class Locked:
    """A line of a lock. `conditional`: it carries a marker, so that not every environment has it."""

    name: str
    version: str
    conditional: bool


def read_lock(path: Path) -> Iterator[Locked]:
    """Yield each distribution that a lock file names; nothing where there is no file."""
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            match = _LINE.match(line)
            if match:
                yield Locked(match["name"], match["version"], match["marker"] is not None)


def distribution_name(requirement: str) -> str:
    """A distribution's name as the registries compare it: lower case, one kind of separator."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;(]", requirement, maxsplit=1)[0]).lower()
