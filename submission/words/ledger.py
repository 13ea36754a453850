"""The claims of a document: collected from its markup, numbered there, and found on its pages.

The ledger of a document holds its claims and, page by page, everything that the page says in the order in which it is
drawn: each stretch of text with the number of its claim, or with the reason why it is none.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, NamedTuple

from submission.words.claims import DIGIT, SCALE

TEXTUAL = {"text", "name", "part", "form", "spelled"}
"""Rules by which evidence is printed as it stands; the others write figures."""

STRUCTURE = "structure"
"""Why a text with digits may be no claim: it numbers the document itself."""

CARRIER = re.compile(r'<meta name="claims" content="([^"]*)">')


class Claim(NamedTuple):
    """What a document claims, where it comes from and by which rule it is written. Its number is its place here."""

    origin: str
    rule: str
    text: str


class Said(NamedTuple):
    """A stretch of a page: its text, the number of its claim or None, and why it is none."""

    text: str
    claim: int | None = None
    why: str = ""


# --- in the markup ----------------------------------------------------------------------------------------------------

MARKED = re.compile(r'<data o="([^"]*)" r="([^"]*)">(.*?)</data>|<img [^>]*base64,([^"]+)">', re.DOTALL)
RUNS = re.compile(r' data-runs="([^"]*)"')


def strip_claims(html: str) -> str:
    """The markup without origins and numbers of claims: what is said, and not where from."""
    return DRAWING.sub(_without_runs, re.sub(r"<data [^>]*>|</data>", "", html))


DRAWING = re.compile(r'data:image/svg\+xml;base64,([^"]+)"')


def _without_runs(match: re.Match[str]) -> str:
    """A drawing in which no text says where it comes from; without its encoding, since nobody shows it."""
    return escape(RUNS.sub("", base64.b64decode(match[1]).decode())) + '"'


def number_claims(html: str, content: str) -> str:
    """Number the claims of a document. The markup carries them from here on, beside the digest of its content."""
    numbering = _Numbering({})
    marked = MARKED.sub(numbering.mark, html)
    return marked.replace("</head>", f"{_carrier(content, numbering.numbers)}</head>", 1)


def _carrier(content: str, claims: Iterable[Claim]) -> str:
    ledger = escape(json.dumps([content, *claims], ensure_ascii=False))
    return f'<meta name="claims" content="{ledger}">'


def join_claims(cover: str, parts: Mapping[str, Sequence[tuple[str, Sequence[Claim]]]]) -> str:
    """Put numbered parts, each with its claims, in the place of marks of numbered markup; it carries all claims."""
    content, own = carried(cover)
    numbers = {claim: number for number, claim in enumerate(own)}
    head, _, body = cover.partition("</head>")
    for mark, found in parts.items():
        joined = "".join(
            _renumbered(html, [numbers.setdefault(claim, len(numbers)) for claim in claims]) for html, claims in found
        )
        body = body.replace(mark, joined, 1)
    return f"{CARRIER.sub('', head)}{_carrier(content, numbers)}</head>{body}"


NUMBERED = re.compile(r'(?<= data-claim=")(\d+)(?=")|<img [^>]*base64,([^"]+)">')


def _renumbered(html: str, numbers: Sequence[int]) -> str:
    """Numbered markup with other numbers, given by the ones that it has."""

    def anew(match: re.Match[str]) -> str:
        if match[1]:
            return str(numbers[int(match[1])])
        runs = RUNS.sub(in_drawing, base64.b64decode(match[2]).decode())
        return match[0].replace(match[2], base64.b64encode(runs.encode()).decode())

    def in_drawing(match: re.Match[str]) -> str:
        found = [(text, None if number is None else numbers[number], rule) for text, number, rule in _runs_of(match)]
        return f' data-runs="{escape(json.dumps(found, ensure_ascii=False))}"'

    return NUMBERED.sub(anew, html)


def _runs_of(match: re.Match[str]) -> Any:
    return json.loads(unescape(match[1]))


@dataclass
class _Numbering:
    """The claims so far."""

    numbers: dict[Claim, int]

    def mark(self, match: re.Match[str]) -> str:
        """What stands in the place of an element."""
        origin, rule, inner, drawing = match.groups()
        if drawing:
            runs = RUNS.sub(self._runs, base64.b64decode(drawing).decode())
            return match[0].replace(drawing, base64.b64encode(runs.encode()).decode())
        number = self._number(unescape(origin), rule, unescape(re.sub(r"<[^>]+>", "", inner)))
        return f'<data data-claim="{number}">{inner}</data>'

    def _runs(self, match: re.Match[str]) -> str:
        runs = [
            (text, self._number(origin, rule, text) if origin else None, rule) for text, origin, rule in _runs_of(match)
        ]
        return f' data-runs="{escape(json.dumps(runs, ensure_ascii=False))}"'

    def _number(self, origin: str, rule: str, text: str) -> int:
        return self.numbers.setdefault(Claim(origin, rule, text), len(self.numbers))


def carried(html: str) -> tuple[str, tuple[Claim, ...]]:
    """The digest of its content and the claims that numbered markup carries."""
    found = CARRIER.search(html)
    content, *claims = json.loads(unescape(found[1])) if found else ["", *()]
    return content, tuple(Claim(*claim) for claim in claims)


# --- on the pages -----------------------------------------------------------------------------------------------------


def read_page(page: Any) -> tuple[Said, ...]:
    """Everything that a page of WeasyPrint says, in the order in which it is drawn.

    Drawings come after the text around them and before the margins of the page (CSS 2.1, appendix E).
    """
    around: list[Said] = []
    drawn: list[Said] = []
    margins: list[Said] = []
    for box in page._page_box.all_children():  # it has no public door to its boxes
        in_margin = type(box).__name__ == "MarginBox"
        for said, is_drawn in _walk(box, None, ""):
            (margins if in_margin else drawn if is_drawn else around).append(said)
    return tuple(_joined([*around, *drawn, *margins]))


def _walk(box: Any, claim: int | None, why: str) -> Iterator[tuple[Said, bool]]:
    """Yield what a box says, and whether it is drawn."""
    tag, element = str(box.element_tag), box.element
    attributes = getattr(element, "attrib", {})
    if "::" in tag or type(box).__name__ == "MarginBox":
        claim, why = None, STRUCTURE
    elif "data-claim" in attributes:
        claim, why = int(attributes["data-claim"]), ""
    elif attributes.get("class") in (STRUCTURE, "n"):
        why = STRUCTURE
    if hasattr(box, "text"):
        yield Said(box.text, claim, "" if claim is not None else why), False
    elif hasattr(box, "replacement"):
        yield from ((said, True) for said in _drawn(attributes.get("src", "")))
    elif hasattr(box, "all_children"):
        for child in box.all_children():
            yield from _walk(child, claim, why)


def texts_drawn(source: str) -> Iterator[str]:
    """The texts of a drawing, before or after its claims are numbered."""
    return (said.text for said in _drawn(source))


def _drawn(source: str) -> Iterator[Said]:
    """What a drawing says."""
    _, found, encoded = source.partition("data:image/svg+xml;base64,")
    for attribute in RUNS.findall(base64.b64decode(encoded).decode()) if found else ():
        for text, claim, rule in json.loads(unescape(attribute)):
            yield Said(text, claim, rule if claim is None else "")


def _joined(found: Iterable[Said]) -> Iterator[Said]:
    """Neighbors of one claim, or of none, as one; numbers of the document and marks of a scale stay apart."""
    held: Said | None = None
    for said in found:
        if held is not None and held[1:] == said[1:]:
            held = Said((" " if said.why in (STRUCTURE, SCALE) else "").join((held.text, said.text)), *held[1:])
        else:
            if held is not None:
                yield held
            held = said
    if held is not None:
        yield held


CODE_POINT = re.compile(r"\[U\+[0-9A-F]{4,6}\]")
"""How a character is written that no shipped font has."""


# --- the file ---------------------------------------------------------------------------------------------------------


def file_of(claim: Claim) -> str:
    """The file that a claim rests on."""
    return claim.origin.partition("#")[0]


def as_json(
    number: str,
    claims: Sequence[Claim],
    pages: Sequence[Sequence[Said]],
    values: Sequence[object],
    digests: Mapping[str, str],
) -> bytes:
    """The ledger of a document as a file: its claims with their values and pages, and everything that it says.

    `digests` are those of the evidence files; the ledger names the ones that it rests on.
    """
    places: dict[int, list[int]] = {}
    for page, said in enumerate(pages, start=1):
        for claim in {one.claim for one in said if one.claim is not None}:
            places.setdefault(claim, []).append(page)
    written = [
        {
            "file": file_of(claim),
            "pointer": claim.origin.partition("#")[2],
            "rule": claim.rule,
            "text": claim.text,
            "value": value,
            "pages": places.get(at, []),
        }
        for at, (claim, value) in enumerate(zip(claims, values, strict=True))
    ]
    files = {name: digests[name] for name in sorted({file_of(claim) for claim in claims}) if name in digests}
    whole = {"format": 1, "document": number, "evidence": files, "claims": written, "pages": pages}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# --- what is no claim and should be -----------------------------------------------------------------------------------


def find_free(pages: Sequence[Sequence[Said]], terms: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield page and text of every free numeral: a digit in no claim, no term and no numbering of the document."""
    known = re.compile("|".join(sorted(map(re.escape, terms), key=len, reverse=True)) or r"(?!)")
    for number, page in enumerate(pages, start=1):
        for said in page:
            if said.claim is None and said.why not in (STRUCTURE, SCALE):
                rest = CODE_POINT.sub("", known.sub("", said.text))
                if DIGIT.search(rest):
                    yield number, " ".join(rest.split())
