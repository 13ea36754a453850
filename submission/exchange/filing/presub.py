"""A pre-submission from a built package: its documents as PDF and Word, from the same evidence, with what is open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec
from msgspec import Struct

from submission.exchange.docx_file import render_docx
from submission.exchange.filing.folders import Entry, Export, ExportError, Group, read_pdf, refuse_blocked, sha256
from submission.package.folder import Opened, find_document, read_listed
from submission.package.holdings import EVIDENCE
from submission.words.folders import CATALOGUE

SAID = (
    "A pre-submission, drafted: send the PDFs, edit the Word files with colleagues and give them back to "
    "`clearway submission check-docx`. Tick what is ready; the browser keeps the ticks.",
    "Nobody has sent it. Days, persons and signature are blank until a person of the sponsor enters them; what is open "
    "in a question is named below. What a pre-submission has to hold is to be confirmed at source.",
)


class _Listed(Struct, frozen=True):
    documents: tuple[str, ...]
    plans: dict[str, tuple[str, ...]] = {}


class _Catalogue(Struct, frozen=True):
    presub: _Listed | None = None


def make_presub(package: Opened) -> Export:
    """The folder of a pre-submission, from a built package.

    Raises:
        ExportError: the package is blocked, or was built by a version that knows no pre-submission.
        FolderError: a file of the package is missing or was changed.
    """
    refuse_blocked(package)
    files: dict[str, bytes] = {}
    groups = []
    for place, number in enumerate(_numbers(package), start=1):
        document = find_document(package, number)
        stem = f"{place}-{PurePosixPath(document.file).stem}"
        files |= {f"{stem}.pdf": read_pdf(package, document), f"{stem}.docx": render_docx(package, document)}
        entries = (
            Entry("attach", f"{document.number} PDF", document.title, f"pages: {document.pages}", f"{stem}.pdf",
                  document.sha256),
            Entry("edit", f"{document.number} Word", document.title, "a copy for editing", f"{stem}.docx",
                  sha256(files[f"{stem}.docx"])),
        )  # fmt: skip
        groups.append(Group(document.title, "", "", entries))
    groups.append(Group("What is open in the questions", "each as its document says it", "", tuple(_open(package))))
    return Export("Pre-submission", SAID, tuple(groups), files)


def _numbers(package: Opened) -> tuple[str, ...]:
    name = f"{EVIDENCE}/{CATALOGUE}"
    content = read_listed(package, name, package.manifest.evidence.get(name))
    presub = msgspec.json.decode(content, type=_Catalogue).presub
    if presub is None:
        raise ExportError(f"{package.folder}: was built by a version that knows no pre-submission; build it again")
    release = package.manifest.release
    return (*presub.documents, *(presub.plans.get(release.name, ()) if release else ()))


def _open(package: Opened) -> Iterator[Entry]:
    for one in package.manifest.presub:
        if one.missing:
            yield Entry("missing", one.id, one.clause, f"{one.missing.reason}. Closed by: {one.missing.closes}")
