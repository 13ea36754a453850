"""Whether a package stands already just as a build would make it: then there is nothing to build.

It does if the checkout is at the same commit without a change, its evidence and the code that builds are the same to
the byte, and every file of the package is as its manifest lists it. Of a checkout with changes nothing is kept. The
versions of Python and its packages are looked at, libraries of the system (Pango) are not: remove `build/cache` when
one of these was changed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from submission.audit import find_in_files
from submission.words.folders import MANIFEST, SIDECAR
from verification.evidence import Project, sha256_of, write_atomically

CODE = Path(__file__).parents[2]
PACKAGES = ("submission", "verification")


class Made:
    """What an earlier build of a release told, kept in the checkout's cache beside what it was made from."""

    def __init__(self, project: Project, release: str, target: Path, *, volume: bool) -> None:
        """Let it be of this release, in this folder, with or without a volume."""
        self._path = project.root / "build" / "cache" / "package.json"
        self._project, self._target = project, target
        self._asked = {"release": release, "folder": str(target), "volume": volume}
        self._before = self._inputs()

    def told(self) -> dict[str, Any] | None:
        """What the build told whose package stands unchanged; None if a build is needed."""
        try:
            kept = json.loads(self._path.read_bytes())
            same = self._before is not None and kept["inputs"] == self._before
            return dict(kept["told"]) if same and self._stands(kept["manifest"]) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, told: Mapping[str, Any], manifest: str) -> None:
        """Keep what a build told of the package of this manifest, unless what it read changed meanwhile."""
        if self._before is None or self._before != self._inputs():
            return
        with suppress(OSError):  # the next build sets the documents again
            kept = {"inputs": self._before, "manifest": manifest, "told": dict(told)}
            write_atomically(self._path, json.dumps(kept).encode())

    def _inputs(self) -> str | None:
        """The digest of all that a build reads; None of a checkout that differs from its commit."""
        source = self._project.source(())
        if source.dirty:
            return None
        try:
            return self._digest(source.commit)
        except OSError:  # a file that somebody is writing; then a build is needed
            return None

    def _digest(self, commit: str) -> str:
        parts = [json.dumps(self._asked, sort_keys=True), commit, sys.version, *sorted(_installed())]
        parts += [f"{path.relative_to(CODE)} {sha256_of(path)}" for name in PACKAGES for path in _files(CODE / name)]
        evidence = _files(self._project.evidence)
        parts += [f"{path.relative_to(self._project.evidence)} {sha256_of(path)}" for path in evidence]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _stands(self, digest: str) -> bool:
        """Whether the package is whole, with the manifest of this digest."""
        content = (self._target / MANIFEST).read_bytes()
        listed = (self._target / SIDECAR).read_text().partition(" ")[0]
        if not hashlib.sha256(content).hexdigest() == digest == listed:
            return False
        return not any(find_in_files(self._target, json.loads(content)))


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order, but what Python compiles."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _installed() -> Iterator[str]:
    for found in distributions():
        yield f"{found.name} {found.version}"
