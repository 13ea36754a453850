"""Every page of every document looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from submission.audit.names import VOLUME, printed, text_of
from submission.audit.page.banners import find_in_banners
from submission.audit.page.charts import charts_in, find_in_charts
from submission.audit.page.content import Resources, Shape, Text, read_page, texts_of
from submission.audit.page.document import Fault, box_of, find_in_document, find_in_ways, pages_of
from submission.audit.page.file import File, OddFileError, read_file
from submission.audit.page.placed import find_misplaced
from submission.audit.page.seen import find_unseen
from submission.audit.texts import squeeze

Found = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """What a document draws and what is wrong with that; `fault` is why it cannot be read, if so."""

    fault: str
    file: File | None
    texts: tuple[str, ...]
    placed: tuple[tuple[Text, ...], ...]
    """The texts of each page with their places."""
    faults: tuple[tuple[str, int, str], ...]
    drawings: tuple[tuple[int, tuple[Text | Shape, ...]], ...]
    """The page of each drawing, and its parts."""


def find_in_look(folder: Path, manifest: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[Found]:
    """Yield where a page shows other than its text says, and other than the evidence has.

    A file that is not there is named elsewhere.
    """
    charts, blocks = charts_in(evidence), _blocks(folder, manifest)
    for document in printed(manifest):
        path, name = folder / document["file"], document["file"]
        if not path.is_file():
            continue
        look = look_at(path.read_bytes())
        if look.file is None:
            yield "file-odd", name, look.fault
            continue
        for code, page, fault in look.faults:
            yield code, f"{name}, page {page}", fault
        for page, fault in find_in_banners(manifest["banners"], look.placed):
            yield "page-hides", f"{name}, page {page}", fault
        try:
            ways = leads_of(path.read_bytes(), links=name != VOLUME)  # its links lead as those of the documents do
            for page, fault in (*find_in_document(look.file, document, manifest, look.texts), *ways):
                yield "document-leads", f"{name}, page {page}" if page else name, fault
        except OddFileError as error:
            yield "file-odd", name, str(error)
        if (drawn := blocks.get(name)) is not None:
            for page, fault in find_in_charts(drawn, look.drawings, charts):
                yield "chart-differs", f"{name}, page {page}" if page else name, fault


def _blocks(folder: Path, manifest: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """The drawings of each document, and of the volume, as the text files have them."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for document in manifest["documents"]:
        try:
            text = json.loads((folder / text_of(document)).read_bytes())
            found[document["file"]] = [block for block in text["blocks"] if block["kind"] == "figure"]
        except (OSError, ValueError, KeyError, TypeError):  # named where the text file is read
            continue
    if len(found) == len(manifest["documents"]):
        found[VOLUME] = [block for blocks in found.values() for block in blocks]
    return found


@lru_cache(maxsize=128)
def look_at(content: bytes) -> Look:
    """Read a document and look at its pages; the same bytes are looked at once."""
    page = 0
    try:
        file = read_file(content)
        known: dict[int, Resources] = {}
        texts, placed, faults, drawings = [], [], [], []
        for page, number in enumerate(pages_of(file), start=1):
            box = box_of(file, number)
            marks = read_page(file, number, box, known)
            placed.append(tuple(texts_of(marks)))
            texts.append(squeeze("".join(text.text for text in placed[-1])))
            faults += [("page-hides", page, fault) for fault in find_unseen(marks, box)]
            faults += [("page-misplaced", page, fault) for fault in find_misplaced(placed[-1], box)]
            drawings += [(page, parts) for parts in _drawings(marks)]
    except (OddFileError, UnicodeDecodeError, ValueError) as error:
        return Look(f"{f'page {page} ' if page else ''}{error}", None, (), (), (), ())
    return Look("", file, tuple(texts), tuple(placed), tuple(faults), tuple(drawings))


@lru_cache(maxsize=128)
def leads_of(content: bytes, *, links: bool) -> tuple[Fault, ...]:
    """Where a document leads elsewhere than it says, or is read aloud in another order; the same bytes are read once.

    Raises:
        OddFileError: its tags or places are not as ours are.
    """
    look = look_at(content)
    return tuple(find_in_ways(look.file, look.placed, links=links)) if look.file else ()


def _drawings(marks: list[Text | Shape]) -> list[tuple[Text | Shape, ...]]:
    numbers = sorted({mark.figure for mark in marks if mark.figure})
    return [tuple(mark for mark in marks if mark.figure == number) for number in numbers]
