"""Whether the documents say only what they may: no placeholder, no promise, no word that misleads, no unknown name.

The rules are data (`wording.yaml`). They are held against the text of a document as it is set, drawings and the texts
that describe them included. What stands in some elements is a name or a quotation and is exempt from some rules.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from submission.content.catalogue import Abbreviation, Catalogue, Entry, Rule, Standard, Wording, pinned
from submission.content.sponsor import find_texts
from submission.words.ledger import texts_drawn

NAMES = frozenset({"id", "hash", "arg", "code"})
"""Classes and elements that hold identifiers, digests, commands and places in files."""

QUOTED = frozenset({"quoted", "screen"})
"""The classes of what a program printed, a message says or a scenario puts before the device."""

CLOSES = frozenset({"closes"})
"""The class of what closes a gap: it says what is needed, and promises nothing."""

MARKS = NAMES | QUOTED | CLOSES
INLINE = {"a", "b", "code", "data", "em", "i", "span", "strong", "sub", "sup"}
"""Elements that are a part of a line; every other begins a line of its own."""

APART = {"code", "span", "sup"}
"""Those that the style may set apart from what stands beside them, without a space in the text."""

VOID = {"br", "col", "hr", "img", "input", "link", "meta"}
AROUND = 40
"""Characters on each side of a fault that its message quotes."""

OLDEST = 365
"""Days before the commit on which a fact may have been checked last."""


class Found(NamedTuple):
    """A fault in a text: where it begins and ends, and what is wrong."""

    start: int
    end: int
    told: str


Finder = Callable[[str], Iterator[Found]]


def find_faults(pages: Iterable[tuple[Entry, str]], catalogue: Catalogue, commit_date: str) -> list[str]:
    """Every fault of every document, in words; `pages` are their HTML, as it is set."""
    checks = list(_checks(catalogue))
    found = list(_find_stale(catalogue.standards, commit_date))
    # Names and addresses are as they are: no rule is held against what a sponsor entered.
    facts = _any_of(" ".join(text.split()) for text in find_texts(catalogue.sponsor, catalogue.roles))
    for entry, html in pages:
        found += _faults_of(entry, html, checks, facts)
    return found


@dataclass(frozen=True, slots=True)
class _Check:
    """How to find faults of one kind, in which elements not to look, and which documents are free of it."""

    find: Finder
    without: Set[str] = frozenset()
    spares: Callable[[Entry], bool] = lambda _: False


def _checks(catalogue: Catalogue) -> Iterator[_Check]:
    wording = catalogue.wording
    yield _Check(_worded(wording.placeholders), NAMES | QUOTED)
    yield _Check(_worded(wording.british), NAMES)
    yield _Check(_worded(wording.promises), NAMES | QUOTED | CLOSES, lambda entry: entry.plan)
    yield _Check(_worded(wording.misleading), NAMES)
    yield _Check(_worded(wording.not_filed), NAMES | QUOTED, lambda entry: entry.set != "filed")
    yield _Check(_uncited(wording.citations, [standard.designation for standard in catalogue.standards]))
    yield _Check(_unknown(K_NUMBER, pinned(catalogue), "is not in submission/devices.yaml"))
    yield _Check(_unknown(DOCUMENT, {entry.number for entry in catalogue.documents}, "is no document of the package"))
    yield _Check(_undefined(wording), NAMES | QUOTED)


def _faults_of(entry: Entry, html: str, checks: Iterable[_Check], facts: re.Pattern[str]) -> Iterator[str]:
    """Yield the faults of a document, each once, with how often it occurs again; none that lies within a fact."""
    lines = tuple(read_lines(html))
    sheets = {without: _sheet(lines, without) for without in {check.without for check in checks}}
    found: dict[str, list[str]] = {}
    for check in checks:
        if not check.spares(entry):
            text = sheets[check.without].text
            spared = [fact.span() for fact in facts.finditer(text)]
            for one in check.find(text):
                if any(start <= one.start and one.end <= end for start, end in spared):
                    continue
                found.setdefault(one.told, []).append(sheets[check.without].quote(one))
    for told, quotes in found.items():
        again = f"; {len(quotes) - 1} more like it" if len(quotes) > 1 else ""
        yield f"{entry.number}, {quotes[0]} ({entry.template}): {told}{again}"
    yield from (f"{entry.number} ({entry.template}): {told}" for told in _loose_links(html))


# --- reading ----------------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A line of text: the section it stands in, and its stretches, each with the marks of what it stands in."""

    section: str
    parts: tuple[tuple[str, frozenset[str]], ...]

    def text(self, without: Set[str]) -> str:
        """Its words; an ellipsis stands for what is left out."""
        parts = [" … " if marks and marks & without else text for text, marks in self.parts]
        return " ".join("".join(parts).split())


TOKEN = re.compile(r"<!--.*?-->|<(/?)([a-z][a-z0-9]*)\b([^>]*)>|([^<]+)", re.DOTALL)
ATTRIBUTE = re.compile(r'\b(class|alt|src)="([^"]*)"')
HEADINGS = {"h2", "h3", "h4"}
TITLE_PAGE = "title page"


def read_lines(html: str) -> Iterator[Line]:
    """Yield the lines of a document's HTML, margins and title page included."""
    reader = _Reader()
    for closing, tag, attributes, text in TOKEN.findall(html[html.find("<body") :]):
        if text:
            reader.parts.append((unescape(text), reader.marks))
        elif tag in VOID:
            yield from reader.void(dict(ATTRIBUTE.findall(attributes)))
        elif tag:
            yield from reader.close(tag) if closing else reader.open(tag, attributes)
    yield from reader.finish()


@dataclass
class _Reader:
    """What is open: elements with their marks, the line so far, and the section that it stands in."""

    section: str = TITLE_PAGE
    parts: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    stack: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    @property
    def marks(self) -> frozenset[str]:
        return self.stack[-1][1] if self.stack else frozenset()

    def open(self, tag: str, attributes: str) -> Iterator[Line]:
        if tag not in INLINE:
            yield from self.finish()
        marks = self.marks
        if attributes or tag in MARKS:
            marks |= {tag, *dict(ATTRIBUTE.findall(attributes)).get("class", "").split()} & MARKS
        if tag in APART:
            self.parts.append((" ", self.marks))
        self.stack.append((tag, marks))

    def close(self, tag: str) -> Iterator[Line]:
        name = self.stack.pop()[0] if self.stack else tag
        if tag in HEADINGS:
            self.section = Line("", tuple(self.parts)).text(frozenset())
        if name in APART:
            self.parts.append((" ", self.marks))
        if name not in INLINE:
            yield from self.finish()

    def void(self, attributes: dict[str, str]) -> Iterator[Line]:
        """An element without content: it ends a line, and a picture says something of its own."""
        yield from self.finish()
        for text in (unescape(attributes.get("alt", "")), *texts_drawn(attributes.get("src", ""))):
            if text:
                yield Line(self.section, ((text, self.marks),))

    def finish(self) -> Iterator[Line]:
        if self.parts:
            yield Line(self.section, tuple(self.parts))
            self.parts = []


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The text of a document, one line each, with the place at which each line begins and its section."""

    text: str
    starts: list[int]
    sections: list[str]

    def quote(self, found: Found) -> str:
        """The section of a fault, and the words around it."""
        section = self.sections[bisect_right(self.starts, found.start) - 1]
        start, end = self.text.rfind("\n", 0, found.start) + 1, self.text.find("\n", found.end)
        line = self.text[max(start, found.start - AROUND) : min(end, found.end + AROUND)]
        return f"“{section}”: “{line}”"


def _sheet(lines: Iterable[Line], without: Set[str]) -> _Sheet:
    starts, sections, texts, at = [], [], [], 0
    for line in lines:
        text = line.text(without) + "\n"
        starts.append(at)
        sections.append(line.section)
        texts.append(text)
        at += len(text)
    return _Sheet("".join(texts), starts, sections)


# --- words ------------------------------------------------------------------------------------------------------------


def _worded(rules: Iterable[Rule]) -> Finder:
    """Find what a pattern matches, except where it stands in a phrase in which it is allowed."""
    known = [
        (rule.why, re.compile(rule.pattern, re.IGNORECASE), _any_of(one.phrase for one in rule.allowed))
        for rule in rules
    ]

    def find(text: str) -> Iterator[Found]:
        for why, pattern, allowed in known:
            matches = [*pattern.finditer(text)]
            spans = [match.span() for match in allowed.finditer(text)] if matches else []
            for match in matches:
                if not any(start < match.end() and match.start() < end for start, end in spans):
                    yield Found(*match.span(), f"“{match[0]}”: {why}")

    return find


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    phrases = sorted(map(re.escape, texts), key=len, reverse=True)
    return re.compile("|".join(phrases) or "(?!)", re.IGNORECASE)


# --- names of standards, clearances and documents ---------------------------------------------------------------------

K_NUMBER = re.compile(r"\b(?:K|DEN)\d{6}\b")
DOCUMENT = re.compile(r"\bCW-DOC-\d+\b")


def _unknown(pattern: re.Pattern[str], known: Set[str], told: str) -> Finder:
    def find(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            if match[0] not in known:
                yield Found(*match.span(), f"{match[0]} {told}")

    return find


PUBLISHER = re.compile(r"^(?:(?:ANSI|AAMI|DICOM)[ /])+")
"""What may be left out before a number that is a designation without it."""


def _uncited(patterns: Iterable[str], designations: Iterable[str]) -> Finder:
    """Find citations of which no designation is the beginning."""
    pattern = re.compile("|".join(f"(?:{one})" for one in patterns))
    known = tuple({_designated(designation) for designation in designations})

    def find(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            cited = _designated(match[0])
            if not any(cited.startswith(one) and not cited[len(one) : len(one) + 1].isalnum() for one in known):
                yield Found(*match.span(), f"{match[0]} has no row in submission/standards.yaml")

    return find


def _designated(text: str) -> str:
    return PUBLISHER.sub("", text.replace(" Part ", " ").upper()).replace(" ", "")


def _find_stale(standards: Iterable[Standard], commit_date: str) -> Iterator[str]:
    """Yield the facts that were checked too long before the commit, after it, or on no date."""
    for standard in standards:
        if standard.checked_on:
            age = _days(standard.checked_on, commit_date)
            if age is None or not 0 <= age <= OLDEST:
                found = "which is no date" if age is None else f"{age} days before the commit"
                yield (
                    f"submission/standards.yaml: {standard.id} was checked on {standard.checked_on}, {found}; "
                    f"expected 0 to {OLDEST} days; compare it with its source again"
                )


def _days(first: str, second: str) -> int | None:
    """The days from one date to another; None if one is none."""
    try:
        return (date.fromisoformat(second) - date.fromisoformat(first)).days
    except ValueError:
        return None


# --- links ------------------------------------------------------------------------------------------------------------

LOOSE = re.compile(r'<span data-to="([^"]+)">(.*?)</span><!--to-->', re.DOTALL)
SENDS = re.compile(r"\b(?:section|see)\b", re.IGNORECASE)


def _loose_links(html: str) -> Iterator[str]:
    """Yield the links that lead nowhere, and the texts that send a reader to a place that this document has not."""
    places = set(re.findall(r'\sid="([^"]+)"', html))
    for name in dict.fromkeys(re.findall(r'\shref="#([^"]*)"', html)):
        if name not in places:
            yield f"a link leads to #{name}, which this document has not"
    for name, inner in LOOSE.findall(html):
        text = unescape(re.sub(r"<[^>]+>", "", inner))
        if SENDS.search(text):
            yield f"“{text}” sends the reader to #{name}, which this document has not"


# --- abbreviations ----------------------------------------------------------------------------------------------------


@lru_cache(64)  # a document is rendered once more after it is known what its sections answer
def abbreviations_in(html: str, wording: Wording) -> tuple[Abbreviation, ...]:
    """The abbreviations that a document uses, in alphabetical order."""
    text = _sheet(read_lines(html), NAMES | QUOTED).text
    used = {match["short"] for match in _capitals(wording).finditer(text)}
    return tuple(sorted((one for one in wording.abbreviations if one.short in used), key=lambda one: one.short))


def _capitals(wording: Wording) -> re.Pattern[str]:
    """What identifiers match, and two to eight capitals that stand in none of them."""
    names = "|".join(f"(?:{one.pattern})" for one in wording.identifiers)
    identifier = r"(?<!\w)[A-Z]+(?:-[A-Z]+)*-\d+(?!\w)"
    return re.compile(rf"(?:{names or '(?!)'})|{identifier}|(?<!\w)(?P<short>[A-Z]{{2,8}})s?(?!\w)")


def _undefined(wording: Wording) -> Finder:
    pattern = _capitals(wording)
    known = {one.short for one in wording.abbreviations} | {word for one in wording.capitals for word in one.words}

    def find(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            if match["short"] and match["short"] not in known:
                yield Found(*match.span(), f"{match['short']} is explained nowhere in submission/wording.yaml")

    return find
