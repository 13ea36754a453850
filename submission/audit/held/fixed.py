"""Words that are no figure, held against the sources of the generator that the auditor has.

A text file says what a document prints, and a page says nothing beside it; that is looked at elsewhere. Here each line
of it has to be made of stretches that the document's template, the code, the data or the evidence say, each whole. The
heads of a table have to stand side by side as one of these has them, the names of a table of pairs one below the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from submission.audit.held.cover import Known, uncovered
from submission.audit.held.derived import beside_in, columns_of, forms_of, places_in
from submission.audit.held.sources import (
    Said,
    always_said_in,
    digest_of_sources,
    named_in_templates,
    plain,
    said_in_code,
    said_in_data,
    said_in_template,
    texts_of,
)  # fmt: skip
from submission.audit.names import MANIFEST, ledger_of, text_of

Found = tuple[str, str, str]
Row = tuple[str, ...]

OWN = (MANIFEST, "catalogue.json")
"""What a package says of itself: of these words the sources are the auditor's own."""
MARKS = "abcdefghijklmnop"
"""Letters, each of which marks a method below a table."""
SHOWN = 5
"""Lines that a notice names; there may be more."""


def notices_of(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield that the words of a package were held against other sources than those that made it, and what differs."""
    if manifest.get("sources") == digest_of_sources():
        return
    others = [*_find(folder, manifest, files)]
    named, here = manifest.get("sources"), digest_of_sources()
    told = f"made by the sources {named}" if named else "does not say by which sources it was made"
    message = f"{told}, here are {here}: its fixed words cannot be held against them; {len(others)} differ"
    yield "sources-other", MANIFEST, message
    yield from others[:SHOWN]


def find_in_words(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each line, head and name of a text file that its sources do not say; none if these are others than ours."""
    if manifest.get("sources") == digest_of_sources():
        yield from _find(folder, manifest, files)


def _find(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    everywhere, rows = _known_everywhere(files)
    everywhere.add((*manifest["evidence"], *(issue["code"] for issue in manifest["blocking"])))
    templates = {entry["number"]: entry["template"] for entry in files["catalogue.json"]["documents"]}
    listed = [
        one
        for one in manifest["documents"]
        if (folder / text_of(one)).is_file() and (folder / ledger_of(one)).is_file()
    ]
    blocks = {one["number"]: json.loads((folder / text_of(one)).read_bytes())["blocks"] for one in listed}
    headings = {
        number: {block["text"] for block in held if block["kind"] == "heading"} for number, held in blocks.items()
    }
    for document in listed:
        number, name = document["number"], text_of(document)
        said = said_in_template(templates[number])
        known = Known(everywhere)
        known.add(said.stretches)
        known.join(said.joints)
        known.add(text for other, told in headings.items() if other != number for text in told)
        claims = json.loads((folder / ledger_of(document)).read_bytes())["claims"]
        known.add(claim["text"] for claim in claims if re.search(r"\d", claim["text"]))
        for line in dict.fromkeys(line for block in blocks[number] for line in _lines(block)):
            if fault := uncovered(line, known):
                yield "words-unknown", name, f"says …{fault}…, and neither sources nor evidence do"
        for piece in _left_out(blocks[number], always_said_in(templates[number])):
            yield "words-missing", name, f"does not say {piece[:80]!r} where its template does"
        for block in blocks[number]:
            for fault in _faults_in_names(block, said, rows):
                yield "words-unknown", name, fault


def _known_everywhere(files: Mapping[str, Any]) -> tuple[Known, set[Row]]:
    """What any document may say, and the heads that stand side by side in code and evidence."""
    code, known = said_in_code(), Known()
    known.add(code.stretches)
    known.join(code.joints)
    known.add(named_in_templates())
    known.add(MARKS)
    known.add({form for text in said_in_data() for form in forms_of(text)})
    rows = set(code.rows)
    for name, value in ((name, value) for name, value in files.items() if name not in OWN):
        known.add({form for text in {*texts_of(value)} for form in forms_of(text)})
        known.add({*beside_in(value), *places_in(value, name.removesuffix(".json"))})
        heads = {tuple(map(plain, row)) for row in columns_of(value)}
        known.add(head.lower() for row in heads for head in row)
        rows |= heads
    return known, rows


def _left_out(blocks: Sequence[Mapping[str, Any]], pieces: Sequence[str]) -> Iterator[str]:
    """Yield each of the stretches that a template always says which does not follow the one before it."""
    body, at = plain(" ".join(line for block in blocks for line in _lines(block))), 0
    for piece in pieces:
        found = body.find(piece, at)
        if found < 0:
            yield piece
        else:
            at = found + len(piece)


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    for text in (*(cell for row in block.get("rows", ()) for cell in row), block.get("text", "")):
        yield from filter(None, text.split("\n"))


# --- names of a table -------------------------------------------------------------------------------------------------


def _faults_in_names(block: Mapping[str, Any], said: Said, rows: set[Row]) -> Iterator[str]:
    """Yield heads of a table, or names of its pairs, that stand otherwise than the sources have them."""
    table = [tuple(map(plain, row)) for row in block.get("rows", ())]
    heads = block.get("heads", 0)
    for row in table[:heads]:
        if not _is_made_of(row, said.rows | rows, {name for one in said.rows for name in one}):
            yield f"has the heads {' | '.join(row)}, which no table has side by side"
    if table and not heads and {*map(len, table)} == {2}:
        names = tuple(row[0] for row in table)
        known = {name for one in said.labels | said.filtered for name in one}
        if names not in said.labels and {*names} & known and not any(_is_some(names, one) for one in said.filtered):
            yield f"has the names {' | '.join(names)[:120]}, which no table has one below the other"


def _is_some(names: Sequence[str], of: Sequence[str]) -> bool:
    """Whether names are some of others, in their order."""
    others = iter(of)
    return all(name in others for name in names)


def _is_made_of(row: Sequence[str], known: set[Row], held: set[str]) -> bool:
    """Whether a row is made of known ones, each whole; names that are in none of the template's may stand between."""
    reached = [True, *[False] * len(row)]
    for at, name in enumerate(row):
        if reached[at]:
            reached[at + 1] |= name not in held or (name,) in known
            for end in range(at + 2, len(row) + 1):
                reached[end] |= tuple(row[at:end]) in known
    return reached[-1]
