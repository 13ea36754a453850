"""What differs between two built packages: sections word by word, figures, documents. As data, as HTML and as PDF.

Only what a document says is compared: commit, dates and page numbers are furniture and are no change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup

from submission.browser.page import embed_fonts
from submission.content.catalogue import unlisted
from submission.exchange.sheets import print_sheet, render_sheet
from submission.package.folder import Ledger, Opened, read_evidence_of, read_ledgers, read_package_text
from submission.setting.text import SECTION_LEVEL, Block, Text
from submission.words.filters import total
from submission.words.folders import HERE, MANIFEST
from submission.words.ledger import TEXTUAL

NEAR = 0.5
"""The share of its words that a text keeps, at least, when it counts as changed and not as removed and added."""

WINDOW = 20
"""How many texts further on the new form of a text is looked for."""

FURNITURE = re.compile(r"#/(source|commit|commit_date)(/|$)|^manifest\.json#/documents/\d+/(pages$|sections/)")
"""Origins of what is no part of what a document says: the commit, its date, how many pages, on which of them."""

UNCOUNTED = {"source", "line", "entered", "on_import", "functions"}
"""Keys of the evidence under which numbers are places, not figures."""

REDLINE = unlisted("Redline", "What changed between two builds", "_redline.html", "regulatory lead")


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row that were kept, removed or added."""

    how: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A paragraph, a row or a figure that was added, removed or changed; `was` or `now` is empty for what is not.

    `place` is the heading above it within the section, if there is one.
    """

    how: str
    kind: str
    place: str
    was: str
    now: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section in which something changed, by the id of its heading."""

    id: str
    title: str
    how: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was added, removed or changed."""

    number: str
    title: str
    how: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure that is not what it was: its origin, what prints it, its old and new text (None: it is not there)."""

    origin: str
    documents: tuple[str, ...]
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Redline:
    """All that differs between two packages."""

    documents: tuple[Document, ...]
    figures: tuple[FigureChange, ...]
    twins: bool = False
    """Whether the two are of one commit and not the same package: a commit and its evidence give one package alone."""

    @property
    def empty(self) -> bool:
        """Whether the two are the same package, or say the same and are of two commits."""
        return not self.documents and not self.figures and not self.twins


def compare(old: Opened, new: Opened) -> Redline:
    """Compare two packages; they may have other documents and be of other versions.

    Raises:
        FolderError: a file is missing, was changed, or is not of its form.
    """
    twins = old.manifest.commit == new.manifest.commit and old.digest != new.digest
    return Redline(tuple(_documents(old, new)), tuple(_figures(old, new)), twins)


def as_data(redline: Redline, old: Opened, new: Opened) -> dict[str, Any]:
    """The redline as plain values, for JSON."""
    sides = {
        name: {"folder": str(side.folder), "manifest": side.digest, "commit": side.manifest.commit}
        for name, side in (("old", old), ("new", new))
    }
    return sides | asdict(redline)


# --- documents --------------------------------------------------------------------------------------------------------


def _documents(old: Opened, new: Opened) -> Iterator[Document]:
    before, after = _texts(old), _texts(new)
    for number in dict.fromkeys((*after, *before)):
        was, now = before.get(number), after.get(number)
        shown = now or was
        how = "changed" if was and now else "added" if now else "removed"
        sections = tuple(_sections(was, now)) if was and now else ()
        if shown and (sections or how != "changed"):
            yield Document(number, shown.title, how, sections)


def _texts(package: Opened) -> dict[str, Text]:
    return {document.number: read_package_text(package, document) for document in package.manifest.documents}


def _sections(was: Text, now: Text) -> Iterator[Section]:
    before, after = _by_section(was), _by_section(now)
    if was.title != now.title:
        yield Section("", "Title", "changed", (_change(Unit("title", now.title, ""), was.title, now.title),))
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name, []), after.get(name, [])
        changes = tuple(_changes(old, new))
        if changes:
            how = "changed" if old and new else "added" if new else "removed"
            yield Section(name, _title(new or old), how, changes)


def _by_section(text: Text) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for block in text.blocks:
        found.setdefault(block.section, []).append(block)
    return found


def _title(blocks: Sequence[Block]) -> str:
    first = blocks[0]
    return f"{first.number} {first.text}".strip() if first.kind == "heading" else "Before the first section"


@dataclass(frozen=True, slots=True)
class Unit:
    """What is compared: a text of a kind (paragraph, row, figure…). The heading above it, `place`, is not compared."""

    kind: str
    text: str
    place: str = field(compare=False)


def _units(blocks: Sequence[Block]) -> Iterator[Unit]:
    """Yield the texts of a section; a table by rows, a figure with the digest of its drawing."""
    place = ""
    for block in (each.compared for each in blocks):
        if block.kind == "table":
            yield from (Unit("row", " | ".join(" ".join(cell.split()) for cell in row), place) for row in block.rows)
            continue
        text = " ".join(block.text.split())
        place = text if block.kind == "heading" and block.level > SECTION_LEVEL else place
        yield Unit(block.kind, f"{text} [drawing {block.picture[:12]}]" if block.picture else text, place)


def _changes(old: Sequence[Block], new: Sequence[Block]) -> Iterator[Change]:
    before, after = list(_units(old)), list(_units(new))
    for how, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if how != "equal":
            yield from _replaced(before[i:j], after[k:m])


def _replaced(old: list[Unit], new: list[Unit]) -> Iterator[Change]:
    """Yield what became of some texts in a row: each old one is near a new one further on, or was removed."""
    at = 0
    for unit in old:
        found = _near(unit, new[at : at + WINDOW])
        if found is None:
            yield _change(unit, unit.text, "")
            continue
        yield from (_change(added, "", added.text) for added in new[at : at + found])
        yield _change(unit, unit.text, new[at + found].text)
        at += found + 1
    yield from (_change(added, "", added.text) for added in new[at:])


def _near(unit: Unit, among: Sequence[Unit]) -> int | None:
    words = unit.text.split()
    for at, other in enumerate(among):
        match = SequenceMatcher(None, words, other.text.split(), autojunk=False)
        if other.kind == unit.kind and match.quick_ratio() >= NEAR and match.ratio() >= NEAR:
            return at
    return None


def _change(unit: Unit, was: str, now: str) -> Change:
    how = "changed" if was and now else "added" if now else "removed"
    return Change(how, unit.kind, unit.place, was, now, tuple(_runs(was.split(), now.split())))


def _runs(was: list[str], now: list[str]) -> Iterator[Run]:
    for how, i, j, k, m in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if how == "equal":
            yield Run("kept", " ".join(was[i:j]))
            continue
        if was[i:j]:
            yield Run("removed", " ".join(was[i:j]))
        if now[k:m]:
            yield Run("added", " ".join(now[k:m]))


# --- figures ----------------------------------------------------------------------------------------------------------

Found = dict[str, tuple[set[str], list[str]]]
"""By origin: the documents that print a figure, and the texts that they print."""


def _figures(old: Opened, new: Opened) -> Iterator[FigureChange]:
    ledgers = read_ledgers(old), read_ledgers(new)
    before, after = (
        _claims(package, found) if all(ledgers) else _numbers(package)
        for package, found in zip((old, new), ledgers, strict=True)
    )
    for origin in dict.fromkeys((*before, *after)):
        (was_in, was), (now_in, now) = before.get(origin, (set(), [])), after.get(origin, (set(), []))
        if was != now:
            yield FigureChange(origin, tuple(sorted(was_in | now_in)), "; ".join(was) or None, "; ".join(now) or None)


def _claims(package: Opened, ledgers: Sequence[Ledger]) -> Found:
    """What the documents print, by where it comes from."""
    files, found = read_evidence_of(package), Found()
    for ledger in ledgers:
        for claim in ledger.claims:
            if claim.rule in TEXTUAL or FURNITURE.search(f"{claim.file}#{claim.pointer}"):
                continue  # the texts are compared word by word
            origin = f"{claim.file}{_named(files.get(claim.file), claim.pointer)}"
            documents, texts = found.setdefault(origin, (set(), []))
            documents.add(ledger.document)
            texts.extend([claim.text] if claim.text not in texts else [])
    return {origin: (documents, sorted(texts)) for origin, (documents, texts) in found.items()}


STEP = re.compile(r"([^?\[]*)(?:\[(\d+):\d+\])?(.*)")
"""A step of a pointer: a key, the first of the neighbors that it selects, and what else it selects by."""


def _named(value: Any, pointer: str) -> str:
    """A JSON pointer with the names of what it passes for their places, which an item before them would move."""
    path = ""
    for step in pointer.split("/")[1:]:
        match = STEP.match(step)
        key, start, rest = match.groups() if match else (step, None, "")
        value = _enter(value, _plain(key))
        name = _name_of(value) if key.isdigit() else ""
        first = _name_of(_enter(value, start)) if start else ""
        path += f"/{name or key}{first and f'{first}…'}{rest}"
    return path


def _enter(value: Any, key: str) -> Any:
    """What is one step further in; None where there is nothing, or where a step selects."""
    if isinstance(value, list):
        return value[int(key)] if key.isdigit() and int(key) < len(value) else None
    return value.get(key) if isinstance(value, dict) else None


def _plain(key: str) -> str:
    for escaped, character in (("~3", "["), ("~2", "?"), ("~1", "/"), ("~0", "~")):
        key = key.replace(escaped, character)
    return key


def _name_of(value: Any) -> str:
    """What an element of a list is called, by its id or name, or by the metric and group that it is of."""
    if not isinstance(value, dict):
        return ""
    parts = [value.get(key) for key in ("id", "number", "name", "where", "metric", "subgroup", "score", "criterion")]
    named = ", ".join(part for part in parts if isinstance(part, str) and part)
    return f"[{named}]" if named else ""


def _numbers(package: Opened) -> Found:
    """The numbers of the evidence; for a package without a ledger, which does not say what prints them."""
    found = Found()
    for name, value in read_evidence_of(package).items():
        for path, number in _leaves(value, "") if name != MANIFEST else ():
            found.setdefault(f"{name}{path}", (set(), []))[1].append(str(number))
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in UNCOUNTED:
                yield from _leaves(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(inner, f"{path}/{_name_of(inner) or at}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


# --- page -------------------------------------------------------------------------------------------------------------

KEPT = 40
"""Words in a row that did not change and are shown; of more, the first and the last."""


@total
def excerpts(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The words of a change as they are shown: long stretches that were kept are left out in the middle."""
    return tuple(Run(run.how, _shortened(run.text)) if run.how == "kept" else run for run in runs)


def _shortened(text: str) -> str:
    words = text.split()
    half = KEPT // 2
    return text if len(words) <= KEPT else f"{' '.join(words[:half])} … {' '.join(words[-half:])}"


def render_page(redline: Redline, old: Opened, new: Opened) -> str:
    """The redline as one page of HTML that needs no other file."""
    style = Markup(embed_fonts((HERE / "style.css").read_text()))  # noqa: S704  our own file
    return render_sheet(REDLINE, new, (("Old", old), ("New", new)), {"redline": redline, "old": old, "style": style})


def print_redline(redline: Redline, old: Opened, new: Opened) -> bytes:
    """The redline as PDF.

    Raises:
        RenderError: as `render.Press`.
    """
    return print_sheet(REDLINE, new, (("Old", old), ("New", new)), {"redline": redline, "old": old, "style": ""})
