"""The ids that a shell can complete, from names of files and ids of criteria alone, so that they come at once."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("requirements_spec/*", "risk/*", "docs/records/changes")
_ITEM = re.compile(r"[A-Z]+-[A-Za-z0-9-]+")
_CRITERION = re.compile(r"^\s*-?\s*\{?\s*id:\s*([A-Z]+-[A-Za-z0-9-]+)", re.MULTILINE)


def find_ids(root: Path) -> Iterator[str]:
    """Yield the ids of items and of study criteria of a checkout, sorted; nothing is parsed."""
    found = {path.stem for folder in FOLDERS for path in root.glob(f"{folder}/*.yaml") if _ITEM.fullmatch(path.stem)}
    for path in root.glob("verification/studies/*/criteria.yaml"):
        found.update(_CRITERION.findall(path.read_text(encoding="utf-8", errors="replace")))
    yield from sorted(found)


def find_root(start: Path) -> Path | None:
    """The checkout that holds a folder."""
    for folder in (start, *start.parents):
        if (folder / "requirements_spec").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    return None


if __name__ == "__main__":  # what the completion script runs: none of the packages that commands need
    root = find_root(Path.cwd())
    sys.stdout.writelines(f"{name}\n" for name in (find_ids(root) if root else ()))
