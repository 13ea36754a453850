"""What pages say beyond the text files: words that no block, no head of a table, no heading and no form accounts for.

That a document prints its text file, in order, is looked at elsewhere; that would leave room for words between. What is
left here of a document has to be a number (a claim, which is held elsewhere), or what the documents of a package say
alike: the form of a first page.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from submission.audit.names import ledger_of, text_of
from submission.audit.page.look import look_at
from submission.audit.said import find_pieces, within
from submission.audit.texts import squeeze

Found = tuple[str, str, str]
FORM = (
    "Contents", "Revision; owner; approval", "not approved", "Release", "digest", "Software version", "build",
    "Figures", "where each stands in the evidence is in the attached file", "-claims.json",
    "This is a reference release. It rests on public data alone, it shows form and method, and it can never be filed. "
    "It supports no indication.", "This is a draft of a candidate release. No person has approved it.",
)  # fmt: skip
"""What first pages say. Words that most documents say alike are of the form too: that of another state has others."""
GONE = "\0"
"""Stands for a sign that is accounted for."""
Sign = tuple[str, bool]
"""A sign of a page, and whether it is part of a claim."""


def find_beyond(
    folder: Path, manifest: Mapping[str, Any], ledgers: Mapping[str, Mapping[str, Any]], catalogue: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield each document with words that its text file does not have and that few other documents say.

    Args:
        folder: the package.
        manifest: its manifest.
        ledgers: those that could be read, by name.
        catalogue: what the evidence has of the documents.
    """
    left: dict[str, list[str]] = {}
    owners = {entry["number"]: f"; {entry['owner_role']};" for entry in catalogue["documents"]}
    form = [*FORM, *manifest["banners"], (manifest["release"] or {}).get("name", "")]
    for document in manifest["documents"]:
        path, ledger = folder / document["file"], ledgers.get(ledger_of(document))
        if ledger is None or not path.is_file() or not (folder / text_of(document)).is_file():
            continue  # named where it is read
        text = json.loads((folder / text_of(document)).read_bytes())
        known = [*form, owners.get(document["number"], ""), *_repeated(text["blocks"])]
        left[document["file"]] = _left(signs_of(ledger["pages"], path.read_bytes()), document, text["blocks"], known)
        yield from _find_in_margins(document, ledger["pages"])
    said = Counter(words for each in left.values() for words in {*each})
    for name, each in left.items():
        for words in dict.fromkeys(each):
            if 2 * said[words] < len(left):
                yield "text-beyond", name, f"says {words[:80]!r}, which its text file does not have"


def _find_in_margins(document: Mapping[str, Any], pages: list[Any]) -> Iterator[Found]:
    """Yield each page whose margins say other than the first one's, but for its number."""
    margins = []
    for number, said in enumerate(pages, start=1):
        words = squeeze("".join(run[0] for run in said[len(within(said)) :]))
        margins.append(words.replace(f"Page{number}of{len(pages)}", "Page", 1))
    for number, words in enumerate(margins, start=1):
        if words != margins[0]:
            yield "text-beyond", f"{document['file']}, page {number}", f"says {words[:120]!r} in its margins"


def signs_of(pages: list[Any], content: bytes) -> list[Sign]:
    """What the pages of a document say, without their margins, the document's numbers and drawings."""
    found: list[Sign] = []
    placed = look_at(content).placed
    for said, texts in zip(pages, placed, strict=False):
        drawn = [bool(text.figure) for text in texts for _ in squeeze(text.text)]
        at = 0
        for words, claim, why in within(said):
            signs = squeeze(words)
            if why != "structure":
                here = zip(signs, drawn[at : at + len(signs)], strict=False)
                found += [(sign, claim is not None) for sign, figure in here if not figure]
            at += len(signs)
    return found


def _left(
    signs: list[Sign], document: Mapping[str, Any], blocks: Sequence[dict[str, Any]], known: Sequence[str]
) -> list[str]:
    """The words of a document that neither its blocks nor what is known beside them account for."""
    own = squeeze(document["number"] + document["title"])
    body = "".join(sign for sign, _ in signs).replace(own, GONE * len(own), 1)
    titles = [block["text"] for block in blocks if block["kind"] == "caption"]
    captions = [*_repeated(block for block in blocks if block["kind"] == "figure")]
    captions = [one for one in captions if not any(title.startswith(one) for title in titles)]
    body = _without(body, captions)  # before others are looked for, which could stand in them
    for first, end in find_pieces(body, blocks, 0):
        body = body[:first] + GONE * (end - first) + body[end:]
    body = _without(body, known)
    plain = "".join(GONE if claim else sign for sign, (_, claim) in zip(body, signs, strict=True))
    return [*filter(None, plain.split(GONE))]


def _without(body: str, known: Sequence[str]) -> str:
    """What pages say without known words, wherever they stand, long ones first."""
    for words in sorted({*map(squeeze, known)} - {""}, key=len, reverse=True):
        body = body.replace(words, GONE * len(words))
    return body


def _repeated(blocks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what a document says once more: headings in its contents, heads of tables, and what stands by figures."""
    for block in blocks:
        if block.get("rows"):
            yield " ".join(block["rows"][0])
        elif block["kind"] in ("heading", "figure"):
            yield block["text"].partition("\n")[0]
