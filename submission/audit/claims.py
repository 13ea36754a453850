"""The claims ledgers against the pages and against the evidence: every figure, both ways."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from submission.audit.attached import find_in_attached
from submission.audit.described import find_in_figures
from submission.audit.exempt import find_in_exempt
from submission.audit.held.beyond import find_beyond, signs_of
from submission.audit.held.rows import find_in_rows
from submission.audit.names import EVIDENCE, MANIFEST, VOLUME, VOLUME_LEDGER, ledger_of, text_of
from submission.audit.page.look import look_at
from submission.audit.pointers import value_at
from submission.audit.reading_copy import find_in_volume
from submission.audit.said import body_of, find_in_text
from submission.audit.texts import SQUEEZED, is_printed, squeeze

Found = tuple[str, str, str]

EXEMPT = ("structure", "scale")
"""Why a text on a page may be no claim though it has digits; whether it is what its ledger says is looked at."""


def find_in_ledgers(folder: Path, manifest: dict[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what a ledger says that is not in the evidence or not on the page, and what a page says beyond it."""
    listed = {ledger_of(document): document for document in manifest["documents"]}
    if manifest["volume"]:
        listed[VOLUME_LEDGER] = manifest["volume"]
    ledgers: dict[str, dict[str, Any]] = {}
    for name, document in listed.items():
        try:
            ledgers[name] = json.loads((folder / name).read_bytes())
            yield from _find_in_ledger(folder, name, ledgers[name], document, files)
            yield from find_in_volume(ledgers) if name == VOLUME_LEDGER else ()
        except OSError:
            yield "ledger-missing", name, f"{document['file']} has no ledger of claims"
        except MALFORMED as error:
            yield "ledger-malformed", name, f"not of its form: {type(error).__name__} {error}"
    yield from _find_in_texts(folder, manifest, ledgers)
    try:
        yield from find_beyond(folder, manifest, ledgers, files["catalogue.json"])
    except MALFORMED as error:
        yield "text-malformed", "text", f"not of its form: {type(error).__name__} {error}"


MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError)
"""What a file that is not of its form makes whoever reads it raise."""


def _find_in_texts(folder: Path, manifest: dict[str, Any], ledgers: Mapping[str, dict[str, Any]]) -> Iterator[Found]:
    """Yield where a document or the volume prints other than the document's text file."""
    try:
        bodies = {name: body_of(ledger["pages"]) for name, ledger in ledgers.items()}
    except MALFORMED:  # named where the ledger is read
        return
    for document in manifest["documents"]:
        name, own = text_of(document), ledger_of(document)
        try:
            text = json.loads((folder / name).read_bytes())
            if (text["number"], text["title"]) != (document["number"], document["title"]):
                yield "text-differs", name, f"is of {text['number']} {text['title']}, the manifest lists another"
            for where, ledger in ((document["file"], own), (VOLUME, VOLUME_LEDGER)):
                if ledger in bodies:
                    yield from _find_on_paper(name, text, folder / where, bodies[ledger], ledgers[ledger])
            path = folder / document["file"]
            if path.is_file() and own in bodies:
                yield from find_in_figures(name, text, document["file"], bodies[own], path.read_bytes())
        except OSError:
            yield "text-missing", name, f"{document['file']} has no text file"
        except MALFORMED as error:
            yield "text-malformed", name, f"not of its form: {type(error).__name__} {error}"


def _find_on_paper(
    name: str, text: dict[str, Any], path: Path, body: str, ledger: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield what pages do not print of a text; only where they seem not to is it read what is drawn on them.

    A page says what its figures show after all else, and so in the midst of a paragraph that goes on overleaf.
    """
    found = list(find_in_text(name, text, path.name, body))
    if found and path.is_file():
        undrawn = "".join(sign for sign, _ in signs_of(ledger["pages"], path.read_bytes()))
        found = list(find_in_text(name, text, path.name, undrawn))
    yield from found


def _find_in_ledger(
    folder: Path, name: str, ledger: dict[str, Any], document: dict[str, Any], files: Mapping[str, Any]
) -> Iterator[Found]:
    if ledger["document"] != document["number"]:
        yield "ledger-differs", name, f"is of {ledger['document']}, expected {document['number']}"
    for file, digest in ledger["evidence"].items():
        path = folder / EVIDENCE / file
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        if found != digest:
            yield "evidence-changed", f"{EVIDENCE}{file}", f"SHA-256 {found}, {name} rests on {digest}"
    for number, claim in enumerate(ledger["claims"]):
        yield from _find_in_claim(f"{name}, claim {number}", claim, files)
    yield from _find_unprinted(name, ledger)
    terms = [term["term"] for term in files["catalogue.json"]["terms"]]
    known = re.compile("|".join(sorted(map(re.escape, terms), key=len, reverse=True)) or "(?!)")
    for page, said in enumerate(ledger["pages"], start=1):
        yield from _find_free(f"{document['file']}, page {page}", said, known)
        yield from find_in_rows(f"{document['file']}, page {page}", said, ledger["claims"], files)
    yield from find_in_exempt(document, ledger["pages"], known)
    path = folder / document["file"]
    entries = files["catalogue.json"]["documents"]
    also = [name for entry in entries if entry["number"] == ledger["document"] for name in entry["attaches"]]
    if path.is_file():
        yield from _find_on_pages(path, document["file"], ledger)
        yield from find_in_attached(path, document["file"], ledger, files[MANIFEST]["evidence"], also)


def _find_in_claim(where: str, claim: dict[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    place = f"{claim['file']}#{claim['pointer']}"
    try:
        value = value_at(files, claim["file"], claim["pointer"])
    except (LookupError, TypeError) as error:
        yield "claim-unfounded", where, f"{claim['text']!r} rests on {place}: {error}"
        return
    if value != claim["value"]:
        yield "claim-value", where, f"states the value {claim['value']!r}, {place} holds {value!r}"
    printed = is_printed(claim["text"], value, claim["rule"], claim["pointer"])
    if printed is None:
        yield "claim-rule", where, f"is printed by a rule that there is not: {claim['rule']!r}"
    elif not printed:
        yield "claim-differs", where, f"prints {claim['text']!r} by {claim['rule']!r}, {place} holds {value!r}"


def _find_unprinted(name: str, ledger: dict[str, Any]) -> Iterator[Found]:
    """Yield claims that no page prints, that pages print otherwise, and pages that are listed wrongly."""
    printed: dict[int, dict[int, str]] = {}
    for page, said in enumerate(ledger["pages"], start=1):
        for text, claim, _ in said:
            if claim is not None and not (type(claim) is int and 0 <= claim < len(ledger["claims"])):
                yield (
                    "claim-unknown",
                    f"{name}, page {page}",
                    f"{text[:80]!r} is called claim {claim!r}, which it lacks",
                )
            elif claim is not None:
                held = printed.setdefault(claim, {})
                held[page] = held.get(page, "") + squeeze(text)
    for number, claim in enumerate(ledger["claims"]):
        pages = printed.get(number, {})
        wanted = squeeze(claim["text"])
        if not pages or sorted(pages) != claim["pages"]:
            yield (
                "claim-not-found",
                f"{name}, claim {number}",
                f"{claim['text']!r}: on {sorted(pages)}, not on {claim['pages']}",
            )
        elif not wanted or "".join(pages[page] for page in sorted(pages)).replace(wanted, ""):
            yield (
                "claim-misprinted",
                f"{name}, claim {number}",
                f"the pages print {list(pages.values())[:2]}, not {claim['text']!r}",
            )


def _find_free(where: str, said: list[Any], known: re.Pattern[str]) -> Iterator[Found]:
    for text, claim, why in said:
        rest = re.sub(r"\[U\+[0-9A-F]{4,6}\]", "", known.sub("", text))
        if claim is None and why not in EXEMPT and re.search(r"\d", rest):
            yield "free-numeral", where, f"{' '.join(rest.split())[:80]!r} is in no claim"


def _find_on_pages(path: Path, name: str, ledger: dict[str, Any]) -> Iterator[Found]:
    """Yield each page whose text is not, sign for sign, what the ledger says it is."""
    try:
        pages = page_texts(path.read_bytes())
    except Exception as error:  # a damaged file raises many kinds
        yield "document-unreadable", name, f"not a readable PDF: {type(error).__name__} {error}"
        return
    if len(pages) != len(ledger["pages"]):
        yield "pages-differ", name, f"{len(pages)} pages, its ledger has {len(ledger['pages'])}"
    painted = look_at(path.read_bytes()).texts or pages
    for number, (text, own, said) in enumerate(zip(pages, painted, ledger["pages"], strict=False), start=1):
        yield from _find_joined(f"{name}, page {number}", path, number, said)
        wanted = squeeze("".join(run[0] for run in said))
        for found in sorted({text, own} - {wanted}):
            yield "page-differs", f"{name}, page {number}", _differing(found, wanted)


def _differing(text: str, wanted: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(text, wanted, strict=False)) if a != b), min(len(text), len(wanted)))
    found, expected = text[max(0, at - 15) : at + 20], wanted[max(0, at - 15) : at + 20]
    return f"prints …{found}…, its ledger has …{expected}…"


def _find_joined(where: str, path: Path, number: int, said: list[Any]) -> Iterator[Found]:
    """Yield numbers of the document or marks of a scale that the page prints as one number."""
    if not any(claim is None and NUMBERS.search(text) for text, claim, _ in said):
        return
    apart, at = _spaces(raw_texts(path.read_bytes())[number - 1]), 0
    for text, claim, _ in said:
        own = _spaces(text)
        if claim is None and NUMBERS.search(text) and len(apart) >= at + len(own):
            signs = squeeze(text)
            pairs = (n for n in range(1, len(own)) if own[n] and signs[n - 1].isdigit() and signs[n].isdigit())
            if any(not apart[at + n] for n in pairs):
                yield "page-differs", where, f"prints {signs[:40]!r} as one number, its ledger has {text[:40]!r}"
        at += len(own)


NUMBERS = re.compile(r"\d\s+\d")


def _spaces(text: str) -> list[bool]:
    """Of each sign that is left of a squeezed text, whether white space stands before it."""
    found, gap = [], False
    for sign in text:
        blank = sign.isspace()
        if not blank and not SQUEEZED.match(sign):
            found.append(gap)
        gap = blank
    return found


def page_texts(content: bytes) -> tuple[str, ...]:
    """The text of each page of a PDF, squeezed."""
    return _squeezed(content)


@lru_cache(maxsize=128)
def _squeezed(content: bytes) -> tuple[str, ...]:
    return tuple(map(squeeze, raw_texts(content)))


@lru_cache(maxsize=128)
def raw_texts(content: bytes) -> tuple[str, ...]:
    """The text of each page of a PDF as it is read."""
    from pypdfium2 import PdfDocument

    with PdfDocument(content) as document:
        return tuple(page.get_textpage().get_text_range() for page in document)
