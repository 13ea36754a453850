"""All documents of a package, set: first those that say nothing of pages, then those that state the others' pages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, meta

from submission.content.catalogue import Catalogue, Entry
from submission.context.assemble import Package, answered
from submission.package.holdings import EVIDENCE
from submission.package.manifest import make_manifest
from submission.setting.pdf import Attached
from submission.setting.prints import Prints
from submission.setting.render import Page, Rendered, RenderError, headings_of, render_html
from submission.words.claims import remember, step
from submission.words.folders import MANIFEST, TEMPLATES
from submission.words.ledger import as_json, carried
from submission.words.places import look_up

PASSES = 6
"""How often documents that state pages, their own among them, are set before they are given up."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """The evidence that documents rest on: its JSON files, read, and the digest of every file, by name."""

    files: Mapping[str, Any]
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TypeSet:
    """The documents in reading order, their markup, and the package with what their sections answer."""

    package: Package
    html: tuple[tuple[Entry, str], ...]
    documents: tuple[Rendered, ...]


def set_documents(
    environment: Environment, catalogue: Catalogue, package: Package, holdings: Holdings, prints: Prints
) -> TypeSet:
    """Render and set every document; each carries its claims with their values.

    Raises:
        RenderError: a template or a font is at fault, or pages that documents state never come to rest.
    """
    asked, html = draft_documents(environment, catalogue, package)
    first = [entry for entry in catalogue.documents if not entry.follows]
    manifest = make_manifest(asked, (), {f"{EVIDENCE}/{name}": digest for name, digest in holdings.digests.items()})
    evidence = remember(manifest["evidence"], f"{MANIFEST}#/evidence")
    files = {**holdings.files, MANIFEST: manifest}

    def carrying(entry: Entry) -> Page:
        return entry, html[entry], [_claims_of(files, holdings.digests, entry, html[entry])]

    made = {one.entry.number: one for one in prints.print_all([carrying(entry) for entry in first], _progress)}

    def again(entries: Iterable[Entry], stated: Mapping[str, object]) -> dict[str, Rendered]:
        manifest["documents"] = [_stated(made.get(entry.number)) for entry in catalogue.documents]
        html.update({entry: render_html(environment, entry, asked, {"files": evidence, **stated}) for entry in entries})
        return {one.entry.number: one for one in prints.print_all([carrying(entry) for entry in entries], _progress)}

    _settle(catalogue.documents, made, again)
    order = catalogue.documents
    return TypeSet(asked, tuple((one, html[one]) for one in order), tuple(made[one.number] for one in order))


def draft_documents(
    environment: Environment, catalogue: Catalogue, package: Package
) -> tuple[Package, dict[Entry, str]]:
    """Render every document as far as it can be before pages are known: the package with its answers, and the markup.

    Raises:
        RenderError: templates are at fault; each is named.
    """
    none: dict[str, object] = {"pages": dict.fromkeys((entry.number for entry in catalogue.documents), None)}

    def rendered(entries: Iterable[Entry], package: Package) -> dict[Entry, str]:
        html, faults = dict[Entry, str](), list[str]()
        for entry in entries:
            try:
                html[entry] = render_html(environment, entry, package, none)
            except RenderError as error:
                faults.append(str(error))
        if faults:
            raise RenderError("\n".join(dict.fromkeys(faults)))
        return html

    html = rendered(catalogue.documents, package)
    asked = answered(package, catalogue, {entry.number: headings_of(page) for entry, page in html.items()})
    html |= rendered((entry for entry in html if _reads_answers(environment, entry)), asked)
    return asked, html


ANSWERS = {"register", "guidance", "questions", "comparison"}
"""Names that hold something else once the sections of all documents are known."""


def _reads_answers(environment: Environment, entry: Entry) -> bool:
    """Whether a template uses one of these names, itself or in what it includes."""
    todo, seen = [entry.template], set[str]()
    while todo:
        name = todo.pop()
        seen.add(name)
        names, included = _uses(environment, name)
        if ANSWERS & names:
            return True
        todo += included - seen
    return False


@cache
def _uses(environment: Environment, template: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a template takes from outside, and the templates that it names."""
    tree = environment.parse((TEMPLATES / template).read_text())
    named = filter(None, meta.find_referenced_templates(tree))
    return frozenset(meta.find_undeclared_variables(tree)), frozenset(named)


def _settle(
    entries: Sequence[Entry],
    made: dict[str, Rendered],
    again: Callable[[Iterable[Entry], Mapping[str, object]], dict[str, Rendered]],
) -> None:
    """Set the documents that state pages and digests until what they state is so.

    Raises:
        RenderError: it never is.
    """
    last = [entry for entry in entries if entry.follows]
    before: dict[str, object] | None = None
    for _ in range(PASSES):
        stated = _positions(entries, made)
        if stated == before:
            return
        made.update(again(last, stated))
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


def _stated(document: Rendered | None) -> dict[str, Any]:
    """What documents may state of another, as the manifest has it."""
    if document is None:
        return {}
    return {
        "pages": document.pages,
        "sections": dict(document.places),
        "content_sha256": document.content_sha256,
    }


def _claims_of(files: Mapping[str, Any], digests: Mapping[str, str], entry: Entry, html: str) -> Attached:
    """The claims of a document as the file that it carries; on which page each stands is known only once it is set."""
    claims = carried(html)[1]
    content = as_json(entry.number, claims, (), [look_up(files, claim.origin) for claim in claims], digests)
    return f"{entry.number}-claims.json", content, "Each figure of this document: its file, place, value and rule"


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
