"""A folder that a person takes to a form: copies and texts, a list of their digests, an index to tick."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from submission.package.folder import FolderError, Listed, Opened, read_listed
from submission.package.pages import render
from verification.evidence import replacing

LONGEST = 48
"""Characters of the name of a file or folder, before its ending."""

INDEX, SUMS = "index.html", "SHA256SUMS"
SCRIPT = """
for (const box of document.querySelectorAll("input")) {
  const key = document.body.dataset.package + " " + box.id
  try { box.checked = localStorage.getItem(key) === "1" } catch { continue }
  box.addEventListener("change", () => localStorage.setItem(key, box.checked ? "1" : ""))
}
"""
"""The browser keeps the ticks, for this package and this folder alone."""


class ExportError(Exception):
    """The folder cannot be made of this package, or not here; the message says why. What was there is untouched."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the index. `kind` is paste, attach, missing, not applicable or blank; `file` is what it leads to."""

    kind: str
    id: str
    text: str
    note: str
    file: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A section of the index: the folder that it is of, where it has one, and its entries."""

    name: str
    note: str
    folder: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """A folder as it will be written: its index by groups, and the files by their names in it."""

    title: str
    said: tuple[str, ...]
    groups: tuple[Group, ...]
    files: Mapping[str, bytes]

    def of_kind(self, kind: str) -> tuple[Entry, ...]:
        """The entries of a kind."""
        return tuple(entry for group in self.groups for entry in group.entries if entry.kind == kind)


def refuse_blocked(package: Opened) -> None:
    """See that a package may leave.

    Raises:
        ExportError: it is blocked.
    """
    if package.manifest.state == "blocked":
        first = package.manifest.blocking[0] if package.manifest.blocking else "its pages say why"
        raise ExportError(f"{package.folder}: the package is BLOCKED and nothing is made of it; {first}")


def read_pdf(package: Opened, document: Listed) -> bytes:
    """The PDF of a document, if it is the one that was built.

    Raises:
        FolderError: it is not.
    """
    return read_listed(package, document.file, document.sha256)


def named(text: str) -> str:
    """A text as the name of a file or folder: small letters, digits and hyphens."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain if len(plain) <= LONGEST else plain[: LONGEST + 1].rpartition("-")[0]


def sha256(content: bytes) -> str:
    """The digest of a file's content."""
    return hashlib.sha256(content).hexdigest()


def write_export(export: Export, package: Opened, target: Path) -> None:
    """Put a folder in place, whole or not at all; an earlier one of ours is replaced.

    Raises:
        ExportError: the target holds something else, or cannot be written.
    """
    if target.exists() and not target.is_dir():
        raise ExportError(f"{target}: is a file, expected a folder; name another")
    if target.is_dir() and any(target.iterdir()) and not (target / SUMS).is_file():
        raise ExportError(f"{target}: holds files but no {SUMS}, so that this command did not make it; name another")
    files = {**export.files, INDEX: _index(export, package)}
    files[SUMS] = "".join(f"{sha256(files[name])}  {name}\n" for name in sorted(files)).encode()
    try:
        with replacing(target) as fresh:
            for name, content in files.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    except OSError as error:
        raise ExportError(f"{target}: cannot be written: {error}; what was there is untouched") from error


def _index(export: Export, package: Opened) -> bytes:
    script = Markup(SCRIPT)  # noqa: S704  our own
    return render("_filing.html", {"export": export, "package": package, "script": script}).encode()


__all__ = [
    "INDEX", "SUMS", "Entry", "Export", "ExportError", "FolderError", "Group", "named", "read_pdf", "refuse_blocked",
    "sha256", "write_export",
]  # fmt: skip
