"""The next item of a kind: an id that never was one, and a file that is whole or not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from verification.evidence import Project, write_new
from verification.specification.kinds import RETIRED


def write_next(project: Project, folder: str, front: str, make: Callable[[str], str]) -> Path:
    """Write an item under the first number after all that there are or were; two at once get two.

    Args:
        project: the checkout.
        folder: where items of the kind lie.
        front: of their ids, `HAZ` of HAZ-001.
        make: the file's text, given the id.

    Raises:
        ProjectError: git cannot tell which ids there were.
        OSError: the file cannot be written.
    """
    number = max(_find_numbers(project, folder, front), default=0) + 1
    while True:
        identity = f"{front}-{number:03}"
        path = project.root / folder / f"{identity}.yaml"
        try:
            write_new(path, make(identity).encode())
        except FileExistsError:
            number += 1
            continue
        return path


def _find_numbers(project: Project, folder: str, front: str) -> Iterator[int]:
    """The numbers of all items that stand here, stood in some commit, or were retired: an id is never used again."""
    past = project.git("log", "--all", "--format=", "--name-only", "--", folder)
    present = "\n".join(path.name for path in (project.root / folder).glob("*.yaml"))
    tombs = project.root / RETIRED
    retired = tombs.read_text(encoding="utf-8", errors="replace") if tombs.is_file() else ""
    for text in (past, present, retired):
        yield from (int(number) for number in re.findall(rf"\b{front}-(\d+)\b", text))
