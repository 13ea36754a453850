"""What a document says of itself and where it leads: title, dates, boxes of pages, bookmarks, links, places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from submission.audit.names import VOLUME
from submission.audit.page.content import Box, Text
from submission.audit.page.file import File, OddFileError
from submission.audit.page.links import Spot, find_in_links
from submission.audit.page.metadata import find_in_metadata
from submission.audit.page.order import find_in_order
from submission.audit.texts import squeeze

Fault = tuple[int, str]
"""A page, 0 for the document as a whole, and what is wrong there."""

BOXES = {"[0 0 612 792]", "[0 0 792 612]"}
"""Letter, upright and across."""
PLACE = re.compile(rb"\(([^\\()]*)\) \[(\d+) 0 R /XYZ ([\d.-]+) ([\d.-]+) 0\]")


def pages_of(file: File) -> list[int]:
    """The objects of the pages, in order.

    Raises:
        OddFileError: pages are listed that are none, or are there and not listed.
    """
    if file.objects[file.root].kind != "catalog":
        raise OddFileError("does not begin with a catalog")
    listed = file.at(file.objects[file.root].number("pages"), "pages")
    found = [int(number) for number in re.findall(r"(\d+) 0 R", listed["kids"].decode())]
    if sorted(found) != sorted(file.every("page")):
        raise OddFileError("lists other pages than it has, or one twice")
    return found


def box_of(file: File, number: int) -> Box:
    """The box of a page.

    Raises:
        OddFileError: it is not a letter page, or is cropped.
    """
    page = file.at(number, "page")
    boxes = {page[name].decode() for name in ("media", "trim", "bleed")}
    if len(boxes) != 1 or not boxes <= BOXES:
        raise OddFileError(f"has a page of the boxes {', '.join(sorted(boxes))}, expected one of {sorted(BOXES)}")
    left, bottom, right, top = (float(edge) for edge in boxes.pop()[1:-1].split())
    return left, bottom, right, top


def find_in_document(
    file: File,
    document: Mapping[str, Any],
    manifest: Mapping[str, Any],
    texts: Sequence[str],
) -> Iterator[Fault]:
    """Yield what a document says of itself that the manifest does not, and where it leads elsewhere than it says.

    Args:
        file: the document.
        document: as the manifest lists it.
        manifest: the manifest.
        texts: what each page says, squeezed.
    """
    pages = {number: place for place, number in enumerate(pages_of(file), start=1)}
    yield from _find_in_title(file, document, manifest, texts)
    places = _places(file, pages)
    for name, page in document.get("sections", {}).items():
        if (found := places.get(name, (None,))[0]) != page:
            yield 0, f"leads to page {found} for its section {name!r}, the manifest says {page}"
    for held in file.every("link").values():
        to = _text(held["to"])
        if to not in places:
            yield 0, f"has a link to {to!r}, a place that is not in it"
        if to != _text(held["said"]):
            yield 0, f"has a link to {to!r} that is called {_text(held['said'])!r}"
    yield from _find_in_bookmarks(file, pages, texts)


def find_in_ways(file: File, placed: Sequence[Sequence[Text]], *, links: bool) -> Iterator[Fault]:
    """Yield each page with a link that leads elsewhere than it says, or that is read aloud in another order.

    What a document alone can tell: of the same document the same is found.

    Args:
        file: the document.
        placed: the texts of each page with their places.
        links: whether its links are looked at too.
    """
    pages = {number: place for place, number in enumerate(pages_of(file), start=1)}
    if links:
        yield from find_in_links(file, pages, placed, _places(file, pages))
    yield from find_in_order(file, pages)


def _find_in_title(
    file: File, document: Mapping[str, Any], manifest: Mapping[str, Any], texts: Sequence[str]
) -> Iterator[Fault]:
    info = file.at(file.info, "info")
    day = str(manifest.get("commit_date", "")).replace("-", "")
    wanted = {"subject": "; ".join(manifest["banners"]), "made": f"D:{day}", "changed": f"D:{day}"}
    if document["file"] != VOLUME:
        wanted["title"] = f"{document['number']} {document['title']}"
    for name, text in wanted.items():
        if _text(info[name]) != text:
            yield 0, f"says {_text(info[name])!r} of itself as its {name}, expected {text!r}"
    names = {"Title": "title", "Author": "author", "Subject": "subject", "CreationDate": "made", "ModDate": "changed"}
    told = {said: _text(info[name]) for said, name in names.items() if info[name] is not None}
    for fault in find_in_metadata(file, told):
        yield 0, fault
    if document["file"] != VOLUME and texts and squeeze(told.get("Author", "")) not in texts[0]:
        yield 0, f"says {told['Author']!r} of itself as its author, its first page does not"


def _places(file: File, pages: Mapping[int, int]) -> dict[str, Spot]:
    """The page and the height of each place that has a name."""
    found: dict[str, Spot] = {}
    for name, page, _, height in PLACE.findall(file.objects[file.root]["places"]):
        if name.decode() in found or int(page) not in pages:
            raise OddFileError(f"names a place {name.decode()!r} twice, or on no page")
        found[name.decode()] = pages[int(page)], float(height)
    return found


def _find_in_bookmarks(file: File, pages: Mapping[int, int], texts: Sequence[str]) -> Iterator[Fault]:
    """Yield each bookmark that is no text of the page to which it leads."""
    for number, held in file.every("outline").items():
        ways = re.findall(rb"/(\w+) (\d+) 0 R", held["ways"])
        if len({name for name, _ in ways}) != len(ways):
            raise OddFileError(f"leads two ways from its bookmark {number}")
        match = re.match(rb"\[(\d+) ", held["to"])
        page = pages.get(int(match[1])) if match else None
        title = squeeze(_text(held["title"]))
        if page is None or page > len(texts) or title not in texts[page - 1]:
            yield 0, f"has a bookmark {_text(held['title'])[:60]!r} to page {page}, which does not say so"


def _text(raw: bytes) -> str:
    """The text of a string of PDF."""
    if raw.startswith(b"<"):
        found = bytes.fromhex(raw[1:-1].decode())
        return found[2:].decode("utf-16-be", errors="replace") if found[:2] == b"\xfe\xff" else found.decode("latin-1")
    return re.sub(rb"\\(.)", rb"\1", raw[1:-1]).decode("latin-1")
