"""The whole package: every document, its evidence and a manifest, set in place at once or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

from submission.content.catalogue import Catalogue, Entry
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.content.wording import find_faults
from submission.context.assemble import Package, assemble
from submission.context.head import read_head
from submission.package.holdings import EVIDENCE, catalogue_file, find_holdings, parsed
from submission.package.manifest import make_manifest
from submission.package.matrix_file import MatrixError, render_matrix
from submission.package.typesetting import (
    Drafts,
    Holdings,
    TypeSet,
    attached,
    draft_documents,
    set_documents,
    set_some,
)
from submission.setting.memory import without_collecting
from submission.setting.prints import Prints, Told, find_folder, nobody
from submission.setting.render import Rendered, RenderError
from submission.setting.text import read_text, text_file, text_json
from submission.setting.volume import FILE, LEDGER, print_volume
from submission.words.folders import MANIFEST, SIDECAR, TEMPLATES
from submission.words.ledger import as_json, find_free
from submission.words.places import look_up
from verification.evidence import Project, replacing, restore, write_atomically

INDEX = "package_summary.html"
WORKBOOK = "matrix.xlsx"


class BuildError(Exception):
    """The package cannot be put where it was asked for; what was there is untouched."""


@dataclass(frozen=True, slots=True)
class Built:
    """A package as it was put into `folder`; `manifest` is the SHA-256 of its manifest."""

    folder: Path
    manifest: str
    package: Package
    documents: tuple[Rendered, ...]


class BlockedError(Exception):
    """Evidence is missing, stale or failed, so nothing is set; `package` names the reasons in its `blocking`."""

    def __init__(self, package: Package) -> None:
        """Tell each reason in a line."""
        self.package = package
        super().__init__("\n".join(f"{one.where}: {one.message}; {one.hint}" for one in package.blocking))


@without_collecting()
def build(
    project: Project,
    release: str,
    output: Path | None = None,
    templates: Path = TEMPLATES,
    *,
    volume: bool = False,
    blocked: bool = False,
    told: Told = nobody,
) -> Built:
    """Build every document of a release from the evidence of a checkout; with a `volume`, the reading copy too.

    The texts are checked before any page is set. The documents are rendered in a folder beside the target and take
    its place only when all are whole.

    Raises:
        CatalogueError: a data file of `submission/` is not of its schema.
        BlockedError: the package is blocked, and `blocked` ones are not asked for.
        RenderError: a template, a text or a font is at fault.
        BuildError: the target holds something that is no package, or cannot be written.
    """
    target = (output or project.submission).resolve()
    restore(target)
    _check_target(target)
    catalogue = read_catalogue()
    described = catalogue_file(catalogue)
    environment = make_environment(templates)
    drafts = _checked(environment, catalogue, _free(assemble(project, catalogue, release), blocked=blocked))
    package = drafts.package
    holdings = find_holdings(project, package.bundle, described) | _workbook(project, release)
    digests = {name: hashlib.sha256(held).hexdigest() for name, held in holdings.items()}
    evidence = Holdings(parsed(holdings), holdings, digests)
    with Prints(find_folder()) as prints:
        made = set_documents(environment, catalogue, drafts, evidence, prints, told)
        documents = made.documents
        _check(catalogue, drafts, made)
        texts = {text_file(entry.file): text_content(entry, page) for entry, page in made.html}
        whole = print_volume(environment, package, made.html, attached(holdings, holdings), prints) if volume else None
        prints.prune()
    try:
        with replacing(target) as folder:
            digest = _write(folder, package, documents, evidence.files, holdings, texts, whole)
    except OSError as error:
        raise BuildError(f"{target}: cannot write the package: {error}; what was there is untouched") from error
    return Built(target, digest, package, documents)


def _workbook(project: Project, release: str) -> dict[str, bytes]:
    """The matrix as a file, which the document of the matrix carries; none where there is no trace."""
    try:
        return {WORKBOOK: render_matrix(read_head(project, release), WORKBOOK)}
    except MatrixError:
        return {}


@without_collecting()
def preview(
    project: Project,
    release: str,
    numbers: Sequence[str],
    folder: Path,
    *,
    blocked: bool = False,
    told: Told = nobody,
) -> list[Path]:
    """Set some documents into a folder, to be looked at: PDFs alone, without files, ledgers and manifest: no package.

    Raises:
        CatalogueError, BlockedError, RenderError: as `build`.
        BuildError: there is no document of a number, or the folder is that of a package, or cannot be written.
    """
    catalogue = read_catalogue()
    known = [entry.number for entry in catalogue.documents]
    if odd := [number for number in numbers if number not in known]:
        raise BuildError(f"{', '.join(odd)}: no such document; there are {', '.join(known)}")
    if (folder / MANIFEST).is_file():
        raise BuildError(f"{folder}: holds a package, which a few documents would spoil; name another folder")
    package = _free(assemble(project, catalogue, release), blocked=blocked)
    drafts = _checked(make_environment(), catalogue, package)
    with Prints(find_folder()) as prints:
        documents = set_some(catalogue, drafts, numbers, prints, told)
    paths = [folder / document.entry.file for document in documents]
    try:
        for path, document in zip(paths, documents, strict=True):
            write_atomically(path, document.content)
    except OSError as error:
        raise BuildError(f"{folder}: cannot write: {error}") from error
    return paths


def _free(package: Package, *, blocked: bool) -> Package:
    """The package, if it is not blocked, or if that is asked for.

    Raises:
        BlockedError: it is.
    """
    if package.blocking and not blocked:
        raise BlockedError(package)
    return package


def _checked(environment: Environment, catalogue: Catalogue, package: Package) -> Drafts:
    """The drafts of all documents, of which every text is closed and says only what it may.

    Raises:
        RenderError: a template is at fault, or a text; names each.
    """
    drafts = draft_documents(environment, catalogue, package)
    _check_words(drafts.html.items(), catalogue, package)
    return drafts


def _check_words(pages: Iterable[tuple[Entry, str]], catalogue: Catalogue, package: Package) -> None:
    if told := [*_headed("wording", WORDING_HINT, find_faults(pages, catalogue, package.source.commit_date))]:
        raise RenderError("\n".join(told))


def _check(catalogue: Catalogue, drafts: Drafts, made: TypeSet) -> None:
    """See that every figure on a page comes from evidence, and what stands only in texts that state pages.

    Raises:
        RenderError: one does not; names each with its document, page or section.
    """
    if told := [*_headed("free numerals", NUMERALS_HINT, _free_numerals(catalogue, made.documents))]:
        raise RenderError("\n".join(told))
    _check_words([one for one in made.html if drafts.html[one[0]] != one[1]], catalogue, made.package)


NUMERALS_HINT = "render it from evidence through a filter, or let submission/terms.yaml say why it is a word"
WORDING_HINT = "mend the text, or let submission/wording.yaml or standards.yaml hold it, with its reason"


def _headed(kind: str, hint: str, faults: Sequence[str]) -> Sequence[str]:
    return [f"{kind}: {len(faults)}; {hint}", *faults] if faults else []


def _free_numerals(catalogue: Catalogue, documents: Iterable[Rendered]) -> list[str]:
    terms = [term.term for term in catalogue.terms]
    return [
        f"{document.entry.number}, page {page} ({document.entry.template}): {text[:80]!r} is in no evidence"
        for document in documents
        for page, text in find_free(document.said, terms)
    ]


# --- manifest ---------------------------------------------------------------------------------------------------------


def _write(
    folder: Path,
    package: Package,
    documents: tuple[Rendered, ...],
    read: Mapping[str, Any],
    holdings: Mapping[str, bytes],
    texts: Mapping[str, bytes],
    volume: Rendered | None,
) -> str:
    """Write the files of a package; return the digest of its manifest."""
    evidence = {f"{EVIDENCE}/{name}": _put(folder, f"{EVIDENCE}/{name}", content) for name, content in holdings.items()}
    manifest = make_manifest(package, documents, evidence)
    files = {**read, MANIFEST: manifest}
    digests = {name: evidence[f"{EVIDENCE}/{name}"] for name in holdings}

    def put(name: str, ledger: str, printed: Rendered) -> None:
        write_atomically(folder / name, printed.content)
        values = [look_up(files, claim.origin) for claim in printed.claims]
        content = as_json(printed.entry.number, printed.claims, printed.said, values, digests)
        manifest["claims"][ledger] = _put(folder, ledger, content)

    for document in documents:
        put(document.entry.file, document.entry.ledger, document)
    manifest["text"] = {name: _put(folder, name, content) for name, content in texts.items()}
    if volume:
        put(FILE, LEDGER, volume)
        named = {"number": volume.entry.number, "title": volume.entry.title, "file": FILE}
        manifest["volume"] = {**named, "pages": volume.pages, "sha256": volume.sha256}
    content = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    digest = _put(folder, MANIFEST, content)
    write_atomically(folder / SIDECAR, f"{digest}  {MANIFEST}\n".encode())
    return digest


def text_content(entry: Entry, html: str) -> bytes:
    """The text file of a document.

    Raises:
        RenderError: its template leaves an element open, so that where a text ends is not known.
    """
    try:
        return text_json(read_text(entry, html))
    except ValueError as error:
        raise RenderError(f"{entry.number} ({entry.template}): {error}; close the element") from error


def _put(folder: Path, name: str, content: bytes) -> str:
    """Write a file of the package; return its digest."""
    write_atomically(folder / name, content)
    return hashlib.sha256(content).hexdigest()


# --- the folder -------------------------------------------------------------------------------------------------------


def _check_target(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise BuildError(f"{target}: is a file, expected a folder for the package; name another with --output")
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise BuildError(
            f"{target}: holds files but no {MANIFEST}, so it is no earlier package and is not replaced; "
            "empty it or name another folder with --output"
        )


__all__ = ["BlockedError", "BuildError", "Built", "RenderError", "build", "preview"]
