"""A built package as whoever has only its folder reads it: the manifest, the texts, the claims; each fault named."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from msgspec import Struct

from submission.package.holdings import EVIDENCE
from submission.setting.text import FOLDER, Text, text_file
from submission.setting.volume import LEDGER
from submission.words.folders import MANIFEST, SIDECAR

HINT = "name a folder that `clearway submission build` made"


class FolderError(Exception):
    """The folder is no package, or a file of it is not what the manifest says; the message names the file."""


class Listed(Struct, frozen=True, kw_only=True):
    """A document as the manifest lists it. `sections` gives the page on which each begins, by the id of its heading."""

    number: str
    title: str
    revision: str
    file: str
    sha256: str
    pages: int = 0
    sections: dict[str, int] = {}


class Release(Struct, frozen=True, kw_only=True):
    """The release as the manifest states it."""

    name: str
    version: str
    status: str


class Lacking(Struct, frozen=True):
    """Why something that is asked for has no answer, and what closes that."""

    reason: str
    closes: str


class Answered(Struct, frozen=True, kw_only=True):
    """Something that a regulation, a guidance or a form asks for, and what the package answers.

    `status` is answered, not applicable or gap; `figures` are shown values by their names.
    """

    id: str
    source: str
    clause: str
    status: str
    sections: tuple[str, ...]
    asks: str = ""
    answer: str = ""
    not_applicable: str | None = None
    figures: dict[str, str] = {}
    missing: Lacking | None = None


class Manifest(Struct, frozen=True, kw_only=True):
    """What we read of a manifest; a package of another version of the build may say more."""

    commit: str
    commit_date: str
    state: str
    banners: tuple[str, ...]
    release: Release | None
    documents: tuple[Listed, ...]
    evidence: dict[str, str]
    blocking: tuple[Any, ...] = ()
    text: dict[str, str] = {}
    claims: dict[str, str] = {}
    guidance: tuple[Answered, ...] = ()
    presub: tuple[Answered, ...] = ()


class Claim(Struct, frozen=True, kw_only=True):
    """A value of the ledger: what a document prints, and the place in a file of the package that it comes from."""

    text: str
    file: str
    pointer: str
    rule: str = ""


class Ledger(Struct, frozen=True):
    """`claims/*.json`: the claims of a document."""

    document: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A package: where it is, its manifest and the digest of that."""

    folder: Path
    manifest: Manifest
    digest: str

    @property
    def banner(self) -> str:
        """What every page says of the whole package."""
        return " · ".join(self.manifest.banners)

    @property
    def release(self) -> str:
        """Name and version of its release."""
        release = self.manifest.release
        return f"{release.name} {release.version}" if release else "no release"


def open_package(folder: Path) -> Opened:
    """Read the manifest of a package.

    Raises:
        FolderError: the folder is not there or holds no package, or its manifest was changed.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        listed = (folder / SIDECAR).read_text(errors="replace").split(" ")[0].strip()
        manifest = msgspec.json.decode(content, type=Manifest)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FolderError(f"{error.filename}: no such file, so {folder} is no package; {HINT}") from error
    except OSError as error:
        raise FolderError(f"{error.filename}: cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise FolderError(f"{path}: not the manifest of a package: {error}; {HINT}") from error
    digest = hashlib.sha256(content).hexdigest()
    if listed != digest:
        raise FolderError(f"{path}: SHA-256 {digest}, {SIDECAR} says {listed}: it was changed; build the package again")
    _check_names(path, [document.file for document in manifest.documents])
    return Opened(folder, manifest, digest)


def _check_names(path: Path, names: list[str]) -> None:
    odd = [name for name in names if PurePosixPath(name).name != name or name.startswith(".")]
    if odd:
        raise FolderError(f"{path}: {odd[0]!r} is not the name of a file in the package; {HINT}")


def find_document(package: Opened, number: str) -> Listed:
    """A document of the package by its number, or what is short for it.

    Raises:
        FolderError: it has none of this number; names those that it has.
    """
    for document in package.manifest.documents:
        if document.number == in_full(number):
            return document
    known = ", ".join(document.number for document in package.manifest.documents)
    raise FolderError(f"{number}: no document of {package.folder}, which has {known}")


def in_full(number: str) -> str:
    """The number of a document that `3`, `003` or `cw-doc-003` is short for; anything else as it is."""
    digits = number.lower().removeprefix("cw-doc-")
    return f"CW-DOC-{int(digits):03}" if digits.isascii() and digits.isdigit() else number


def read_listed(package: Opened, name: str, digest: str | None) -> bytes:
    """The content of a file of the package.

    Raises:
        FolderError: it is not there, or is not the one that the manifest lists.
    """
    path = package.folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FolderError(f"{path}: cannot be read: {error.strerror}; the manifest lists it") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise FolderError(f"{path}: SHA-256 {found}, the manifest says {digest or 'nothing of it'}: it was changed")
    return content


def read_package_text(package: Opened, document: Listed) -> Text:
    """The text of a document of the package.

    Raises:
        FolderError: the package was built without texts, or the file is not the one that the manifest lists.
    """
    name = text_file(document.file)
    if not package.manifest.text:
        raise FolderError(f"{package.folder}: has no folder {FOLDER}/; an earlier version of the build made it")
    content = read_listed(package, name, package.manifest.text.get(name))
    try:
        return msgspec.json.decode(content, type=Text)
    except msgspec.DecodeError as error:
        raise FolderError(f"{package.folder / name}: not the text of a document: {error}") from error


def read_ledgers(package: Opened) -> tuple[Ledger, ...]:
    """The claims of each document; none where the package was built without.

    Raises:
        FolderError: a ledger is not the one that the manifest lists, or not of its form.
    """
    found = []
    for name, digest in package.manifest.claims.items():
        if name == LEDGER:  # it repeats those of the documents
            continue
        try:
            found.append(msgspec.json.decode(read_listed(package, name, digest), type=Ledger))
        except msgspec.DecodeError as error:
            raise FolderError(f"{package.folder / name}: not a ledger of claims: {error}") from error
    return tuple(found)


def read_evidence_of(package: Opened) -> dict[str, Any]:
    """The JSON files of the evidence as plain values, by their names in its folder; with them the manifest.

    Raises:
        FolderError: a file is not the one that the manifest lists, or is not JSON.
    """
    found = {MANIFEST: msgspec.json.decode((package.folder / MANIFEST).read_bytes())}
    for name, digest in package.manifest.evidence.items():
        content = read_listed(package, name, digest)
        try:
            if name.endswith(".json"):
                found[name.removeprefix(f"{EVIDENCE}/")] = msgspec.json.decode(content)
        except msgspec.DecodeError as error:
            raise FolderError(f"{package.folder / name}: not JSON: {error}") from error
    return found
