"""The whole package: every document, its evidence and a manifest, set in place at once or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

from submission.catalogue import Catalogue, Entry, read_catalogue
from submission.claims import remember
from submission.context import MANIFEST, Package, assemble
from submission.holdings import FOLDER, catalogue_file, find_holdings, parsed
from submission.ledger import as_json, carried, find_free
from submission.pdf import Attached
from submission.places import look_up
from submission.render import TEMPLATES, Rendered, RenderError, make_environment, print_all, print_one, render_html
from submission.text import read_text, text_file, text_json
from submission.volume import FILE, print_volume
from verification.evidence import Gap, Issue, Project, write_atomically

SIDECAR = "manifest.sha256"
INDEX = "package_summary.html"


class BuildError(Exception):
    """The package cannot be put where it was asked for; what was there is untouched."""


@dataclass(frozen=True, slots=True)
class Built:
    """A package as it now stands in `folder`."""

    folder: Path
    package: Package
    documents: tuple[Rendered, ...]


def build(
    project: Project, release: str, output: Path | None = None, templates: Path = TEMPLATES, *, volume: bool = False
) -> Built:
    """Build every document of a release from the evidence of a checkout; with a `volume`, the reading copy too.

    The documents are rendered in a folder beside the target and take its place only when all are whole.

    Raises:
        CatalogueError: a data file of `submission/` is not of its schema.
        RenderError: a template or a font is at fault.
        BuildError: the target holds something that is no package, or cannot be written.
    """
    target = (output or project.submission).resolve()
    _check_target(target)
    catalogue = read_catalogue()
    described = catalogue_file(catalogue)
    package = assemble(project, catalogue, release)
    holdings = find_holdings(project, package.bundle, described)
    environment = make_environment(templates)
    html, documents = _render_all(environment, catalogue, package, parsed(holdings))
    _check_numerals(catalogue, documents)
    texts = {text_file(entry.file): text_content(entry, page) for entry, page in html}
    whole = print_volume(environment, package, html, _carried_by_volume(holdings)) if volume else None
    try:
        with replacing(target) as folder:
            _write(folder, package, documents, holdings, texts, whole)
    except OSError as error:
        raise BuildError(f"{target}: cannot write the package: {error}; what was there is untouched") from error
    return Built(target, package, documents)


def _render_all(
    environment: Environment, catalogue: Catalogue, package: Package, files: Mapping[str, Any]
) -> tuple[tuple[tuple[Entry, str], ...], tuple[Rendered, ...]]:
    """Every document in reading order: its HTML, and set; each carries its claims with their values in the `files`."""
    first = [entry for entry in catalogue.documents if entry.template != INDEX]
    last = [entry for entry in catalogue.documents if entry.template == INDEX]
    none: dict[str, int | None] = {entry.number: None for entry in catalogue.documents}
    places = {entry.number: f"{MANIFEST}#/documents/{at}/pages" for at, entry in enumerate(catalogue.documents)}
    html = {entry: render_html(environment, entry, package, {"pages": none}) for entry in first}
    files = {**files, MANIFEST: _manifest(package, (), {})}
    pages = [(entry, page, [_claims_of(files, entry, page)]) for entry, page in html.items()]
    rendered = {document.entry.number: document for document in print_all(pages, _progress)}
    # The summary of the package states the pages of all the others.
    counted = none | {number: remember(document.pages, places[number]) for number, document in rendered.items()}
    for entry in last * 2:  # twice: the second time it knows its own pages too
        html[entry] = render_html(environment, entry, package, {"pages": counted})
        files[MANIFEST]["documents"] = [{"pages": counted[one.number]} for one in catalogue.documents]
        rendered[entry.number] = print_one(entry, html[entry], [_claims_of(files, entry, html[entry])])
        counted[entry.number] = remember(rendered[entry.number].pages, places[entry.number])
    order = catalogue.documents
    return tuple((entry, html[entry]) for entry in order), tuple(rendered[entry.number] for entry in order)


def _claims_of(files: Mapping[str, Any], entry: Entry, html: str) -> Attached:
    """The claims of a document as the file that it carries; on which page each stands is known only once it is set."""
    claims = carried(html)[1]
    content = as_json(entry.number, claims, (), [look_up(files, claim.origin) for claim in claims])
    return f"{entry.number}-claims.json", content, "Each figure of this document: its file, place, value and rule"


def _carried_by_volume(holdings: Mapping[str, bytes]) -> list[Attached]:
    """All evidence, as the reading copy carries it."""
    return [(name.replace("/", "-"), content, f"Evidence: {name}") for name, content in holdings.items()]


def _check_numerals(catalogue: Catalogue, documents: Iterable[Rendered]) -> None:
    """See that every figure on a page comes from evidence.

    Raises:
        RenderError: one does not; names each with its document and page.
    """
    terms = [term.term for term in catalogue.terms]
    free = [
        f"{document.entry.number}, page {page} ({document.entry.template}): {text[:80]!r} is in no evidence"
        for document in documents
        for page, text in find_free(document.said, terms)
    ]
    if free:
        hint = "render it from evidence through a filter, or let submission/terms.yaml say why it is a word"
        raise RenderError("\n".join([f"free numerals: {len(free)}; {hint}", *free]))


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


# --- manifest ---------------------------------------------------------------------------------------------------------


def _write(
    folder: Path,
    package: Package,
    documents: tuple[Rendered, ...],
    holdings: Mapping[str, bytes],
    texts: Mapping[str, bytes],
    volume: Rendered | None,
) -> None:
    evidence = {f"{FOLDER}/{name}": _put(folder, f"{FOLDER}/{name}", content) for name, content in holdings.items()}
    manifest = _manifest(package, documents, evidence)
    files = parsed(holdings) | {MANIFEST: manifest}
    digests = {name: evidence[f"{FOLDER}/{name}"] for name in holdings}
    for document in documents:
        write_atomically(folder / document.entry.file, document.content)
        values = [look_up(files, claim.origin) for claim in document.claims]
        ledger = as_json(document.entry.number, document.claims, document.said, values, digests)
        manifest["claims"][document.entry.ledger] = _put(folder, document.entry.ledger, ledger)
    manifest["text"] = {name: _put(folder, name, content) for name, content in texts.items()}
    if volume:
        digest = _put(folder, FILE, volume.content)
        manifest["volume"] = {"file": FILE, "pages": volume.pages, "sha256": digest}
    content = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    write_atomically(folder / MANIFEST, content)
    write_atomically(folder / SIDECAR, f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n".encode())


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


def _manifest(package: Package, documents: tuple[Rendered, ...], evidence: dict[str, str]) -> dict[str, Any]:
    return {
        "format": 1,
        "commit": package.source.commit,
        "commit_date": package.source.commit_date,
        "state": package.state,
        "banners": list(package.banners),
        "blocking": [_blocking(issue) for issue in package.blocking],
        "release": _release(package),
        "documents": [_document(document) for document in documents],
        "evidence": evidence,
        "indications": _indications(documents),
        "claims": {},
        "text": {},
        "volume": None,
        "counts": {name: None if isinstance(value, Gap) else value for name, value in package.counts.items()},
        "statuses": None if isinstance(package.statuses, Gap) else dict(package.statuses),
        "gaps": len(package.register),
        "register": [asdict(row) for row in package.register],
    }


def _indications(documents: tuple[Rendered, ...]) -> dict[str, Any]:
    """The one text of the indications for use, and the documents that state it."""
    stating = [document for document in documents if document.indications]
    texts = sorted({document.indications for document in stating})
    if len(texts) > 1:
        raise RenderError(f"the indications for use differ: {', '.join(one.entry.number for one in stating)}")
    return {"text": "".join(texts), "documents": [one.entry.number for one in stating]}


def _blocking(issue: Issue) -> dict[str, str]:
    return {name: str(getattr(issue, name)) for name in ("code", "where", "message", "hint")}


def _release(package: Package) -> dict[str, str] | None:
    if isinstance(package.release, Gap):
        return None
    return {name: getattr(package.release, name) for name in ("name", "version", "status", "digest")}


def _document(document: Rendered) -> dict[str, Any]:
    entry: Entry = document.entry
    return {
        "number": entry.number,
        "title": entry.title,
        "revision": entry.revision,
        "file": entry.file,
        "pages": document.pages,
        "sha256": document.sha256,
        "content_sha256": document.content_sha256,
    }


# --- the folder -------------------------------------------------------------------------------------------------------


def _check_target(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise BuildError(f"{target}: is a file, expected a folder for the package; name another with --output")
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise BuildError(
            f"{target}: holds files but no {MANIFEST}, so it is no earlier package and is not replaced; "
            "empty it or name another folder with --output"
        )


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a new folder beside `target`; when the block ends well it takes the place of the target."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    old = fresh.with_name(f"{fresh.name}.old")
    try:
        yield fresh
        fresh.chmod(0o755)
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            old.rename(target)
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


__all__ = ["BuildError", "Built", "RenderError", "build"]
