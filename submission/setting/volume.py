"""The reading copy: all documents in one volume, set from their HTML, with one cover and one table of contents.

The pages are set again and not merged: merging files loses links, attachments and the tree of tags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from jinja2 import Environment
from markupsafe import escape

from submission.content.catalogue import Entry, ledger_file, unlisted
from submission.context.assemble import Package
from submission.setting.pdf import Attached
from submission.setting.prints import Prints
from submission.setting.render import Rendered, furniture
from submission.words.ledger import carried, join_claims, number_claims

VOLUME = unlisted("Reading copy", "All documents in one volume", "_volume.html", "reader")
FILE = "volume.pdf"

PLACE = re.compile(r'(\s)(id|href)="(#?)([^"]+)"')
NAMED = re.compile(r'<p class="number">(.*?)</p>\s*<h1>(.*?)</h1>', re.DOTALL)
HEADING = re.compile(r'<h2 id="([^"]+)"><span class="n">([^<]*)</span>(.*?)</h2>', re.DOTALL)
ELSEWHERE = re.compile(r'<span data-to="([^"]+)">(.*?)</span><!--to-->', re.DOTALL)
CONTENTS, DOCUMENTS = "<!--volume contents-->", "<!--documents-->"
LEDGER = ledger_file("volume")

TAG = re.compile(r"(<[^>]*>)")
UNLINKED = re.compile(r"<(/?)(?:a|h[1-4]|figcaption)\b")


def print_volume(
    environment: Environment,
    package: Package,
    pages: Sequence[tuple[Entry, str]],
    attachments: Sequence[Attached],
    prints: Prints,
) -> Rendered:
    """Set the volume here, if it is not among the `prints`; of 450 pages in 80 s of one processor and 1.7 GB.

    Raises:
        RenderError: as `render.Press`.
    """
    names = {**package.names(), **furniture(package)}
    html = render_volume(environment, pages, names)
    return next(prints.print_all([(VOLUME, html, attachments)]))


def render_volume(environment: Environment, pages: Sequence[tuple[Entry, str]], names: Mapping[str, object]) -> str:
    """The HTML of the volume; `names` are those of a document's template.

    A place of a document has the document's number before its name, so that it is the only one of its name; a link to
    a place that only another document has, and the number or title of a document in a text, lead there.
    """
    places = _places(pages)
    starts = _names(pages)
    claims = {entry: carried(html)[1] for entry, html in pages}
    cover = environment.get_template(VOLUME.template).render({**names, "document": VOLUME})
    parts = {
        CONTENTS: [(_lines(entry, html), claims[entry]) for entry, html in pages],
        DOCUMENTS: [(_document(entry, html, places, starts), claims[entry]) for entry, html in pages],
    }
    return join_claims(number_claims(cover, ""), parts)


def prefix(entry: Entry) -> str:
    """The place at which a document begins, and what stands before the names of all its places."""
    return entry.number.lower()


def _lines(entry: Entry, html: str) -> str:
    """What the table of contents has of a document: its number and title, and those of its sections."""
    lines = [_line(1, prefix(entry), *map(_text, found.groups())) for found in NAMED.finditer(html)]
    lines += [_line(2, f"{prefix(entry)}-{name}", n, _text(title)) for name, n, title in HEADING.findall(html)]
    return "".join(lines)


def _line(level: int, place: str, number: str, text: str) -> str:
    return f'<li class="c{level}"><a href="#{place}"><span class="n">{number}</span>{text}</a></li>'


def _text(title: str) -> str:
    """The text of a heading; its claims stay claims."""
    return re.sub(r"<(?!/?data\b)[^>]+>", "", title).strip()


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
