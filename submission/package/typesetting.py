"""All documents of a package, set: first those that say nothing of pages, then those that state the others' pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, meta

from submission.content.catalogue import Catalogue, Entry
from submission.context.assemble import Package, answered
from submission.package.holdings import EVIDENCE
from submission.package.manifest import count_sets, make_manifest
from submission.setting.pdf import Attached
from submission.setting.prints import Carrying, Prints, Told
from submission.setting.render import Rendered, RenderError, render_html
from submission.setting.sections import sections_of
from submission.words.claims import remember, step
from submission.words.folders import MANIFEST, TEMPLATES
from submission.words.ledger import as_json, carried
from submission.words.places import look_up

PASSES = 6
"""How often documents that state pages, their own among them, are set before they are given up."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """The evidence that documents rest on, by name: its JSON files, read, and content and digest of every file."""

    files: Mapping[str, Any]
    content: Mapping[str, bytes]
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drafts:
    """The package with what the sections of its documents answer, and their markup before pages are known."""

    package: Package
    html: Mapping[Entry, str]


@dataclass(frozen=True, slots=True)
class TypeSet:
    """The documents in reading order, their markup, and the package with what their sections answer."""

    package: Package
    html: tuple[tuple[Entry, str], ...]
    documents: tuple[Rendered, ...]


def set_documents(
    environment: Environment,
    catalogue: Catalogue,
    drafts: Drafts,
    holdings: Holdings,
    prints: Prints,
    told: Told,
) -> TypeSet:
    """Set every document; each carries its claims with their values.

    Raises:
        RenderError: a template or a font is at fault, or pages that documents state never come to rest.
    """
    asked, html = drafts.package, dict(drafts.html)
    first = [entry for entry in catalogue.documents if not entry.follows]
    manifest = make_manifest(asked, (), {f"{EVIDENCE}/{name}": digest for name, digest in holdings.digests.items()})
    evidence = remember(manifest["evidence"], f"{MANIFEST}#/evidence")
    files = {**holdings.files, MANIFEST: manifest}

    def carrying(entry: Entry) -> Carrying:
        claims = _claims_of(files, holdings.digests, entry, html[entry])
        return entry, html[entry], [claims, *attached(holdings.content, entry.attaches)]

    made = {one.entry.number: one for one in prints.print_all([carrying(entry) for entry in first], told)}

    def again(entries: Iterable[Entry], stated: Mapping[str, object]) -> dict[str, Rendered]:
        manifest["documents"] = [_stated(made.get(entry.number)) for entry in catalogue.documents]
        manifest["sets"] = count_sets([(one.entry, one.pages) for one in made.values()])
        html.update({entry: render_html(environment, entry, asked, {"files": evidence, **stated}) for entry in entries})
        return {one.entry.number: one for one in prints.print_all([carrying(entry) for entry in entries])}

    _settle(catalogue.documents, made, again)
    order = catalogue.documents
    return TypeSet(asked, tuple((one, html[one]) for one in order), tuple(made[one.number] for one in order))


def set_some(
    catalogue: Catalogue, drafts: Drafts, numbers: Collection[str], prints: Prints, told: Told
) -> list[Rendered]:
    """Set some documents as they are drafted: without files, and a dash where they state pages of others.

    Raises:
        RenderError: as `set_documents`.
    """
    pages = [(entry, drafts.html[entry], ()) for entry in catalogue.documents if entry.number in numbers]
    return list(prints.print_all(pages, told))


def draft_documents(environment: Environment, catalogue: Catalogue, package: Package) -> Drafts:
    """Render every document as far as it can be before pages are known.

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
    asked = answered(package, catalogue, {entry.number: sections_of(page) for entry, page in html.items()})
    html |= rendered((entry for entry in html if _reads_answers(environment, entry)), asked)
    return Drafts(asked, html)


ANSWERS = {"register", "guidance", "questions", "presub", "comparison", "proposals"}
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
    sets = count_sets([(one.entry, one.pages) for one in made.values()])
    return {"pages": pages, "digests": digests, "sets": remember(sets, f"{MANIFEST}#/sets")}


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


def attached(holdings: Mapping[str, bytes], names: Iterable[str]) -> list[Attached]:
    """Files of the evidence as a PDF carries them; what is not there is named where the evidence is judged."""
    return [(name.replace("/", "-"), holdings[name], f"Evidence: {name}") for name in names if name in holdings]
