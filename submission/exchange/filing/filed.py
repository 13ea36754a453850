"""The record of what was sent, `docs/records/filed.log`: lines appended to and chained, each for one package.

It says what was sent, not that anybody may: whether a package may be filed is decided in a quality system. A number or
a day that the sponsor learns later is a later line of the same manifest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from submission.package.folder import FolderError, Opened, open_package
from submission.words.folders import MANIFEST, SIDECAR
from verification.evidence import (
    RECORDS,
    Project,
    ProjectError,
    append_chain,
    find_in_history,
    find_project,
    read_chain,
    sha256_of,
)

RECORD = f"{RECORDS}/filed.log"
NUMBER = re.compile(r"K\d{6}")
FEWEST = 7
"""Digits of a digest or a commit that name one, at least."""

DAY = re.compile(r"\d{4}-\d\d-\d\d")


class FiledError(Exception):
    """The package is not recorded, or the record names no such package; the message says why."""


class FiledLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of the record: a package that was sent, as it then was.

    `date` is the day of the clock of who ran the command (UTC); `sent` and `number` (the 510(k) number) are what a
    person gave, or None. `files` gives the SHA-256 of every file by name; it is empty on a later line of a manifest.
    """

    manifest: str
    commit: str
    release: str
    status: str
    number: str | None
    sent: str | None
    by: str
    date: str
    files: dict[str, str]
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """A package that was filed: all lines of its manifest as one."""

    manifest: str
    commit: str
    release: str
    date: str
    number: str | None
    sent: str | None
    by: str
    files: int

    @property
    def told(self) -> str:
        """It in one line."""
        number, sent = self.number or "no number yet", f"sent {self.sent}" if self.sent else "day of sending not given"
        return f"{number}, {sent}: {self.release}, commit {self.commit[:12]}, manifest {self.manifest[:12]}…"


# --- reading ----------------------------------------------------------------------------------------------------------


def read_filed(project: Project) -> tuple[Filed, ...]:
    """The packages of the record, in the order in which they were filed.

    Raises:
        FiledError: the record was changed; names each line.
    """
    path = project.root / RECORD
    lines, issues = read_chain(path, RECORD, FiledLine)
    issues = issues or tuple(find_in_history(project, path, [line.date for line in lines]))
    if issues:
        raise FiledError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))
    found: dict[str, Filed] = {}
    for line in lines:
        before = found.get(line.manifest)
        found[line.manifest] = Filed(
            manifest=line.manifest,
            commit=line.commit,
            release=line.release,
            date=before.date if before else line.date,
            number=line.number or (before.number if before else None),
            sent=line.sent or (before.sent if before else None),
            by=line.by,
            files=len(line.files) or (before.files if before else 0),
        )
    return tuple(found.values())


def find_filed(project: Project, name: str) -> Filed:
    """The filed package of a 510(k) number, or of the first digits of its manifest's digest or of its commit.

    Raises:
        FiledError: the record has none or several, or was changed.
    """
    known = read_filed(project)
    digits = name if len(name) >= FEWEST else "-"
    found = [one for one in known if name == one.number or one.manifest.startswith(digits)]
    found = found or [one for one in known if one.commit.startswith(digits)]
    if len(found) != 1:
        said = "no package" if not found else f"{len(found)} packages"
        listed = "; it has " + " · ".join(one.told for one in known) if known else "; it has no line"
        raise FiledError(f"{name}: {said} of {RECORD}{listed}")
    return found[0]


def open_named(name: str, project: Project | None = None) -> Opened:
    """A package by its folder, or by how the record of a checkout names it (`find_filed`).

    Raises:
        FiledError: it is neither.
        FolderError: the folder is no package, or its manifest was changed.
    """
    if Path(name).exists() or not (NUMBER.fullmatch(name) or re.fullmatch(f"[0-9a-f]{{{FEWEST},64}}", name)):
        return open_package(Path(name))
    try:
        return open_filed(project or find_project(), name)
    except ProjectError as error:
        raise FiledError(f"{name}: no such folder, and no record to look it up in: {error}") from error


def open_filed(project: Project, name: str) -> Opened:
    """The folder of a filed package: of `build/`, the one whose manifest has the digest of the record.

    Raises:
        FiledError: the record does not name it, or no folder holds it.
        FolderError: a file of the folder was changed.
    """
    wanted = find_filed(project, name)
    for sidecar in sorted((project.root / "build").glob(f"*/{SIDECAR}")):
        if sidecar.read_text(errors="replace").startswith(wanted.manifest):
            return open_package(sidecar.parent)
    raise FiledError(
        f"{name}: was filed with manifest {wanted.manifest[:12]}…, which no folder of {project.root / 'build'} has; "
        "put the package back there, or name its folder"
    )


# --- writing ----------------------------------------------------------------------------------------------------------


def record_filed(
    project: Project, package: Opened, *, by: str, date: str, number: str | None, sent: str | None
) -> tuple[FiledLine, tuple[str, ...]]:
    """Append a line for a package; return it with what a person should know of it.

    Args:
        project: the checkout that holds the record.
        package: what was sent.
        by: the name of the person who says so, as given by that person.
        date: the day of recording (UTC), as ISO 8601.
        number: the 510(k) number that FDA assigned, if it has.
        sent: the day of sending, if it is told.

    Raises:
        FiledError: the package is not one that can be filed, is not whole, or stands in the record with all of this.
        FolderError: a file of it was changed.
    """
    known = read_filed(project)
    before = next((one for one in known if one.manifest == package.digest), None)
    problems = [*_find_odd(by=by, number=number, sent=sent), *_find_unfit(package)]
    if before and not _adds(before, number, sent):
        problems.append(f"{package.folder}: stands in {RECORD} already: {before.told}; give what is new of it")
    if problems:
        raise FiledError("\n".join(problems))
    line = FiledLine(
        manifest=package.digest,
        commit=package.manifest.commit,
        release=package.release,
        status=package.manifest.state,
        number=number,
        sent=sent,
        by=by.strip(),
        date=date,
        files={} if before else _files(package),
    )
    try:
        append_chain(project.root / RECORD, line)
    except (ValueError, OSError) as error:
        raise FiledError(str(error)) from error
    return line, tuple(_remarks(known, line))


def _adds(before: Filed, number: str | None, sent: str | None) -> bool:
    return (number is not None and number != before.number) or (sent is not None and sent != before.sent)


def _find_odd(*, by: str, number: str | None, sent: str | None) -> Iterator[str]:
    if not by.strip() or not by.strip().isprintable():
        yield f"--by: found {by!r}, expected the name of a person; it is never taken from git or from the system"
    if number is not None and not NUMBER.fullmatch(number):
        yield f"--number: found {number!r}, expected a 510(k) number: K and six digits"
    if sent is not None and not DAY.fullmatch(sent):
        yield f"--sent: found {sent!r}, expected a day such as 2001-02-03"


def _find_unfit(package: Opened) -> Iterator[str]:
    """Yield why a package cannot be filed: the same words that its pages have."""
    state = package.manifest.state
    if state == "blocked":
        yield f"{package.folder}: the package is BLOCKED; a blocked package is not filed"
    elif state == "reference":
        yield f"{package.folder}: is of a reference release, which can never be filed: {package.banner}"


def _files(package: Opened) -> dict[str, str]:
    """Every file of the package with its digest; each must be the one that the manifest lists, and none may be beside.

    Raises:
        FiledError: one is not.
    """
    manifest = package.manifest
    listed = {document.file: document.sha256 for document in manifest.documents}
    listed |= manifest.evidence | manifest.claims | manifest.text | _volume(package)
    found = {
        path.relative_to(package.folder).as_posix(): sha256_of(path)
        for path in sorted(package.folder.rglob("*"))
        if path.is_file()
    }
    listed |= {name: found.get(name, "") for name in (MANIFEST, SIDECAR)}
    odd = sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
    if odd:
        raise FiledError(
            f"{package.folder}: {', '.join(odd[:5])}: not what the manifest lists; build the package again"
        )
    return found


def _volume(package: Opened) -> dict[str, str]:
    volume = msgspec.json.decode((package.folder / MANIFEST).read_bytes()).get("volume")
    return {volume["file"]: volume["sha256"]} if volume else {}


def _remarks(known: tuple[Filed, ...], line: FiledLine) -> Iterator[str]:
    for one in known:
        if one.commit == line.commit and one.manifest != line.manifest:
            yield (
                f"a second package for commit {line.commit[:12]}: manifest {one.manifest[:12]}… was filed before, so "
                "that one commit has said two things; `clearway submission diff` shows which"
            )


def line_digest(project: Project) -> str:
    """The SHA-256 of the last line of the record: what a quality system can note."""
    return hashlib.sha256((project.root / RECORD).read_bytes().splitlines()[-1]).hexdigest()


__all__ = ["RECORD", "Filed", "FiledError", "FiledLine", "FolderError", "find_filed", "line_digest", "open_filed",
           "open_named", "read_filed", "record_filed"]  # fmt: skip
