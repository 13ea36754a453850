"""The whole package: every document, its evidence and a manifest, set in place at once or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from submission.content.catalogue import Catalogue, Entry
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.content.wording import find_faults
from submission.context.assemble import Package, assemble
from submission.package.holdings import EVIDENCE, catalogue_file, find_holdings, parsed
from submission.package.manifest import make_manifest
from submission.package.typesetting import Holdings, TypeSet, set_documents
from submission.setting.pdf import Attached
from submission.setting.prints import Prints, find_folder
from submission.setting.render import Rendered, RenderError
from submission.setting.text import read_text, text_file, text_json
from submission.setting.volume import FILE, LEDGER, print_volume
from submission.words.folders import MANIFEST, SIDECAR, TEMPLATES
from submission.words.ledger import as_json, find_free
from submission.words.places import look_up
from verification.evidence import Project, replacing, restore, write_atomically

INDEX = "package_summary.html"


class BuildError(Exception):
    """The package cannot be put where it was asked for; what was there is untouched."""


@dataclass(frozen=True, slots=True)
class Built:
    """A package as it was put into `folder`; `manifest` is the SHA-256 of its manifest."""

    folder: Path
    manifest: str
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
    restore(target)
    _check_target(target)
    catalogue = read_catalogue()
    described = catalogue_file(catalogue)
    package = assemble(project, catalogue, release)
    holdings = find_holdings(project, package.bundle, described)
    environment = make_environment(templates)
    evidence = Holdings(parsed(holdings), {name: hashlib.sha256(held).hexdigest() for name, held in holdings.items()})
    prints = Prints(find_folder())
    made = set_documents(environment, catalogue, package, evidence, prints)
    package, documents = made.package, made.documents
    _check(catalogue, made)
    texts = {text_file(entry.file): text_content(entry, page) for entry, page in made.html}
    whole = print_volume(environment, package, made.html, _carried_by_volume(holdings), prints) if volume else None
    prints.prune()
    try:
        with replacing(target) as folder:
            digest = _write(folder, package, documents, holdings, texts, whole)
    except OSError as error:
        raise BuildError(f"{target}: cannot write the package: {error}; what was there is untouched") from error
    return Built(target, digest, package, documents)


def _check(catalogue: Catalogue, made: TypeSet) -> None:
    """See that every figure on a page comes from evidence, and that every text says only what it may.

    Raises:
        RenderError: one does not; names each with its document, page or section.
    """
    told = [*_headed("free numerals", NUMERALS_HINT, _free_numerals(catalogue, made.documents))]
    told += _headed("wording", WORDING_HINT, find_faults(made.html, catalogue, made.package.source.commit_date))
    if told:
        raise RenderError("\n".join(told))


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


def _carried_by_volume(holdings: Mapping[str, bytes]) -> list[Attached]:
    """All evidence, as the reading copy carries it."""
    return [(name.replace("/", "-"), content, f"Evidence: {name}") for name, content in holdings.items()]


# --- manifest ---------------------------------------------------------------------------------------------------------


def _write(
    folder: Path,
    package: Package,
    documents: tuple[Rendered, ...],
    holdings: Mapping[str, bytes],
    texts: Mapping[str, bytes],
    volume: Rendered | None,
) -> str:
    """Write the files of a package; return the digest of its manifest."""
    evidence = {f"{EVIDENCE}/{name}": _put(folder, f"{EVIDENCE}/{name}", content) for name, content in holdings.items()}
    manifest = make_manifest(package, documents, evidence)
    files = parsed(holdings) | {MANIFEST: manifest}
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


__all__ = ["BuildError", "Built", "RenderError", "build"]
