"""The whole package: every document, its evidence and a manifest, set in place at once or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.answers import Answer, Comparison
from submission.catalogue import Catalogue, Entry, read_catalogue
from submission.claims import remember, step
from submission.context import MANIFEST, Package, answered, assemble
from submission.environment import TEMPLATES, make_environment
from submission.holdings import FOLDER, catalogue_file, find_holdings, parsed
from submission.ledger import as_json, find_free
from submission.places import look_up
from submission.render import Rendered, RenderError, headings_of, print_all, print_one, render_html
from verification.evidence import Gap, Issue, Project, write_atomically

SIDECAR = "manifest.sha256"


class BuildError(Exception):
    """The package cannot be put where it was asked for; what was there is untouched."""


@dataclass(frozen=True, slots=True)
class Built:
    """A package as it now stands in `folder`."""

    folder: Path
    package: Package
    documents: tuple[Rendered, ...]


def build(project: Project, release: str, output: Path | None = None, templates: Path = TEMPLATES) -> Built:
    """Build every document of a release from the evidence of a checkout.

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
    package, documents = _render_all(catalogue, package, templates, _digests(holdings))
    _check_numerals(catalogue, documents)
    try:
        with _replacing(target) as folder:
            _write(folder, package, documents, holdings)
    except OSError as error:
        raise BuildError(f"{target}: cannot write the package: {error}; what was there is untouched") from error
    return Built(target, package, documents)


def _render_all(
    catalogue: Catalogue, package: Package, templates: Path, files: Mapping[str, str]
) -> tuple[Package, tuple[Rendered, ...]]:
    """The documents, and the package with what their sections answer. `files` are the digests of the evidence."""
    environment = make_environment(templates)
    none: dict[str, int | None] = {entry.number: None for entry in catalogue.documents}
    drafts = ((entry, render_html(environment, entry, package, {"pages": none})) for entry in catalogue.documents)
    package = answered(package, catalogue, {entry.number: headings_of(html) for entry, html in drafts})
    first = [entry for entry in catalogue.documents if not entry.follows]
    pages = [(entry, render_html(environment, entry, package, {"pages": none})) for entry in first]
    made = {document.entry.number: document for document in print_all(pages, _progress)}
    stated = {"files": remember(files, f"{MANIFEST}#/evidence")}
    made |= _settle(
        catalogue.documents, made, lambda entry, more: render_html(environment, entry, package, stated | more)
    )
    return package, tuple(made[entry.number] for entry in catalogue.documents)


PASSES = 6
"""How often documents that state pages, their own among them, are set before they are given up."""


def _settle(
    entries: Sequence[Entry],
    made: Mapping[str, Rendered],
    html: Callable[[Entry, dict[str, object]], str],
) -> dict[str, Rendered]:
    """Set the documents that state pages and digests until what they state is so.

    Raises:
        RenderError: it never is.
    """
    last = [entry for entry in entries if entry.follows]
    found: dict[str, Rendered] = {}
    before: dict[str, object] | None = None
    for _ in range(PASSES):
        stated = _positions(entries, {**made, **found})
        if stated == before:
            return found
        found = {entry.number: print_one(entry, html(entry, stated)) for entry in last}
        before = stated
    names = ", ".join(entry.number for entry in last)
    raise RenderError(f"{names}: the pages that they state change them without end; give them less room to change")


def _positions(entries: Sequence[Entry], made: Mapping[str, Rendered]) -> dict[str, object]:
    """The pages of each document and the page of each section, and the digest of what each document says."""
    pages: dict[str, int | None] = {}
    digests: dict[str, str] = {}
    for at, entry in enumerate(entries):
        place, document = f"{MANIFEST}#/documents/{at}", made.get(entry.number)
        pages[entry.number] = remember(document.pages, f"{place}/pages") if document else None
        if document:
            sections = document.places.items()
            pages |= {f"{entry.number}/{n}": remember(page, step(f"{place}/sections", n)) for n, page in sections}
            digests[entry.number] = remember(document.content_sha256, f"{place}/content_sha256")
    return {"pages": pages, "digests": digests}


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


def _write(folder: Path, package: Package, documents: tuple[Rendered, ...], holdings: Mapping[str, bytes]) -> None:
    for name, held in holdings.items():
        write_atomically(folder / FOLDER / name, held)
    manifest = _manifest(package, documents, _digests(holdings))
    files = parsed(holdings) | {MANIFEST: manifest}
    for document in documents:
        write_atomically(folder / document.entry.file, document.content)
        values = [look_up(files, claim.origin) for claim in document.claims]
        ledger = as_json(document.entry.number, document.claims, document.said, values)
        manifest["claims"][document.entry.ledger] = _put(folder, document.entry.ledger, ledger)
    content = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    write_atomically(folder / MANIFEST, content)
    write_atomically(folder / SIDECAR, f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n".encode())


def _digests(holdings: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file of the evidence by its name in the package."""
    return {f"{FOLDER}/{name}": hashlib.sha256(content).hexdigest() for name, content in holdings.items()}


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
        "counts": {name: None if isinstance(value, Gap) else value for name, value in package.counts.items()},
        "statuses": None if isinstance(package.statuses, Gap) else dict(package.statuses),
        "gaps": len(package.register),
        "register": [asdict(row) for row in package.register],
        "guidance": [_answer(answer) for answer in package.guidance],
        "questions": [_answer(answer) for answer in package.questions],
        "equivalence": _equivalence(package.comparison),
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


def _answer(answer: Answer) -> dict[str, Any]:
    places = [place.section for place in answer.places]
    return {name: getattr(answer, name) for name in ("id", "source", "clause", "status")} | {"sections": places}


def _equivalence(comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    return {"conclusion": comparison.conclusion, "open": [[name, gap.reason] for name, gap in comparison.open]}


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
        "sections": dict(document.places),
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
def _replacing(target: Path) -> Iterator[Path]:
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
