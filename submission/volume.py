"""The reading copy: all documents in one volume, set from their HTML, with one cover and one table of contents.

The pages are set again and not merged: merging files loses links, attachments and the tree of tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment
from markupsafe import Markup, escape

from submission.catalogue import Entry
from submission.context import Package
from submission.pdf import Attached
from submission.render import Rendered, furniture, print_one

VOLUME = Entry(
    number="Reading copy",
    title="All documents in one volume",
    revision="",
    owner_role="Regulatory affairs",
    template="_volume.html",
    reader="reader",
)
FILE = "volume.pdf"

PLACE = re.compile(r'(\s)(id|href)="(#?)([^"]+)"')
HEADING = re.compile(r'<h2 id="([^"]+)"><span class="n">([^<]*)</span>(.*?)</h2>', re.DOTALL)
ELSEWHERE = re.compile(r'<span data-to="([^"]+)">(.*?)</span><!--to-->', re.DOTALL)
UNNUMBERED = re.compile(r'<data o="[^"]*" r="[^"]*">(.*?)</data>', re.DOTALL)
"""A claim of the cover: the ledgers of the documents hold it, the volume has none of its own."""

TAG = re.compile(r"(<[^>]*>)")
UNLINKED = re.compile(r"<(/?)(?:a|h[1-4]|figcaption)\b")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table of contents: its level, the place it leads to, its number and its text (HTML)."""

    level: int
    place: str
    number: str
    text: Markup


def print_volume(
    environment: Environment, package: Package, pages: Sequence[tuple[Entry, str]], attachments: Sequence[Attached]
) -> Rendered:
    """Set the volume here; of 450 pages in 80 s of one processor and 1.7 GB.

    Raises:
        RenderError: as `render.Press`.
    """
    names = {**package.names(), **furniture(package)}
    return print_one(VOLUME, render_volume(environment, pages, names), attachments)


def render_volume(environment: Environment, pages: Sequence[tuple[Entry, str]], names: Mapping[str, object]) -> str:
    """The HTML of the volume; `names` are those of a document's template.

    A place of a document has the document's number before its name, so that it is the only one of its name; a link to
    a place that only another document has, and the number or title of a document in a text, lead there.
    """
    places = _places(pages)
    starts = _names(pages)
    documents = [Markup(_document(entry, html, places, starts)) for entry, html in pages]  # noqa: S704  rendered before
    contents = [line for entry, html in pages for line in _lines(entry, html)]
    template = environment.get_template(VOLUME.template)
    html = template.render({**names, "document": VOLUME, "documents": documents, "contents": contents})
    return UNNUMBERED.sub(r"\1", html)


def prefix(entry: Entry) -> str:
    """The place at which a document begins, and what stands before the names of all its places."""
    return entry.number.lower()


def _lines(entry: Entry, html: str) -> Iterator[Line]:
    yield Line(1, prefix(entry), str(entry.number), escape(str(entry.title)))
    for name, number, title in HEADING.findall(html):
        yield Line(2, f"{prefix(entry)}-{name}", number, Markup(re.sub(r"<[^>]+>", "", title).strip()))  # noqa: S704


def _places(pages: Sequence[tuple[Entry, str]]) -> dict[str, str]:
    """Where the first document in reading order that has a place of this name has it."""
    found: dict[str, str] = {}
    for entry, html in pages:
        for name in re.findall(r'\sid="([^"]+)"', html):
            found.setdefault(name, f"{prefix(entry)}-{name}")
    return found


def _names(pages: Sequence[tuple[Entry, str]]) -> dict[str, str]:
    """The places at which the documents begin, by the numbers and titles by which texts name them (as HTML)."""
    return {str(escape(str(name))): prefix(entry) for entry, _ in pages for name in (entry.number, entry.title)}


def _document(entry: Entry, html: str, places: Mapping[str, str], names: Mapping[str, str]) -> str:
    start = prefix(entry)
    whole = html.partition("<body")[2].partition(">")[2].rpartition("</body>")[0]
    whole = PLACE.sub(lambda m: f'{m[1]}{m[2]}="{m[3]}{start}-{m[4]}"' if m[2] == "id" or m[3] else m[0], whole)
    whole = ELSEWHERE.sub(lambda m: _link(places[m[1]], m[2]) if m[1] in places else m[2], whole)
    cover, mark, body = whole.partition('<div class="body')
    cover = cover.replace("<h1>", f'<h1 data-label="{entry.number} {escape(str(entry.title))}">', 1)
    body = _linked(body, {name: place for name, place in names.items() if place != start})
    return f'<section class="document{" wide" if entry.wide else ""}" id="{start}">{cover}{mark}{body}</section>'


def _link(place: str, text: str) -> str:
    return f'<a class="ref" href="#{place}">{text}</a>'


def _linked(html: str, names: Mapping[str, str]) -> str:
    """The HTML with a link on each of these names, except in headings and in what is a link already."""
    longest = sorted(names, key=len, reverse=True)
    known = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})(?![\w-])")
    parts, inside = TAG.split(html), 0
    for at, part in enumerate(parts):
        tag = UNLINKED.match(part)
        if tag:
            inside += -1 if tag[1] else 1
        elif not inside and not part.startswith("<"):
            parts[at] = known.sub(lambda match: _link(names[match[0]], match[0]), part)
    return "".join(parts)
