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
from submission.audit.exempt import find_in_exempt, find_in_records
from submission.audit.pointers import value_at
from submission.audit.reading_copy import VOLUME, find_in_volume
from submission.audit.texts import is_printed, squeeze

Found = tuple[str, str, str]

EXEMPT = ("structure", "record", "scale")
"""Why a text on a page may be no claim though it has digits; whether it is what its ledger says is looked at."""


def find_in_ledgers(folder: Path, manifest: dict[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what a ledger says that is not in the evidence or not on the page, and what a page says beyond it."""
    listed = {f"claims/{document['number']}.json": document for document in manifest["documents"]}
    if manifest["volume"]:
        listed[VOLUME] = manifest["volume"]
    ledgers: dict[str, dict[str, Any]] = {}
    for name, document in listed.items():
        try:
            ledgers[name] = json.loads((folder / name).read_bytes())
            yield from _find_in_ledger(folder, name, ledgers[name], document, files)
            yield from find_in_volume(ledgers) if name == VOLUME else find_in_records(name, ledgers[name])
        except FileNotFoundError:
            yield "ledger-missing", name, f"{document['file']} has no ledger of claims"
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            yield "ledger-malformed", name, f"not of its form: {type(error).__name__} {error}"


def _find_in_ledger(
    folder: Path, name: str, ledger: dict[str, Any], document: dict[str, Any], files: Mapping[str, Any]
) -> Iterator[Found]:
    if ledger["document"] != document["number"]:
        yield "ledger-differs", name, f"is of {ledger['document']}, expected {document['number']}"
    for file, digest in ledger["evidence"].items():
        path = folder / "evidence" / file
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        if found != digest:
            yield "evidence-changed", f"evidence/{file}", f"SHA-256 {found}, {name} rests on {digest}"
    for number, claim in enumerate(ledger["claims"]):
        yield from _find_in_claim(f"{name}, claim {number}", claim, files)
    yield from _find_unprinted(name, ledger)
    terms = [term["term"] for term in files["catalogue.json"]["terms"]]
    known = re.compile("|".join(sorted(map(re.escape, terms), key=len, reverse=True)) or "(?!)")
    for page, said in enumerate(ledger["pages"], start=1):
        yield from _find_free(f"{document['file']}, page {page}", said, known)
    yield from find_in_exempt(document, ledger["pages"], known)
    path = folder / document["file"]
    if path.is_file():
        yield from _find_on_pages(path, document["file"], ledger)
        yield from find_in_attached(path, document["file"], ledger, files["manifest.json"]["evidence"])


def _find_in_claim(where: str, claim: dict[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    place = f"{claim['file']}#{claim['pointer']}"
    try:
        value = value_at(files, claim["file"], claim["pointer"])
    except (LookupError, TypeError) as error:
        yield "claim-unfounded", where, f"{claim['text']!r} rests on {place}: {error}"
        return
    if value != claim["value"]:
        yield "claim-value", where, f"states the value {claim['value']!r}, {place} holds {value!r}"
    printed = is_printed(claim["text"], value, claim["rule"])
    if printed is None:
        yield "claim-rule", where, f"is printed by a rule that there is not: {claim['rule']!r}"
    elif not printed:
        yield "claim-differs", where, f"prints {claim['text']!r} by {claim['rule']!r}, {place} holds {value!r}"


def _find_unprinted(name: str, ledger: dict[str, Any]) -> Iterator[Found]:
    """Yield claims that no page prints, that pages print otherwise, and pages that are listed wrongly."""
    printed: dict[int, dict[int, str]] = {}
    for page, said in enumerate(ledger["pages"], start=1):
        for text, claim, _ in said:
            if claim is not None:
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
        elif wanted and "".join(pages[page] for page in sorted(pages)).replace(wanted, ""):
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
    for number, (text, said) in enumerate(zip(pages, ledger["pages"], strict=False), start=1):
        wanted = squeeze("".join(run[0] for run in said))
        if text != wanted:
            at = next(
                (n for n, (a, b) in enumerate(zip(text, wanted, strict=False)) if a != b), min(len(text), len(wanted))
            )
            found, expected = text[max(0, at - 15) : at + 20], wanted[max(0, at - 15) : at + 20]
            yield "page-differs", f"{name}, page {number}", f"prints …{found}…, its ledger has …{expected}…"


@lru_cache(maxsize=256)
def page_texts(content: bytes) -> tuple[str, ...]:
    """The text of each page of a PDF, squeezed."""
    from pypdfium2 import PdfDocument

    with PdfDocument(content) as document:
        return tuple(squeeze(page.get_textpage().get_text_range()) for page in document)
