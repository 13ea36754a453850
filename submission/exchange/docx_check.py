"""A Word file that came back: every sentence and figure that is not as the package that it was made from has it.

Formatting is not looked at, but where it hides text or writes some. Tracked changes are read as made, and said to be
tracked. What is not compared is a finding, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any

from submission.exchange.docx_file import ORIGIN, Piece, pieces, properties
from submission.exchange.docx_parts import NOTES, DocxError, WordFile, left_over, open_word
from submission.exchange.docx_sections import furniture
from submission.exchange.docx_styles import W
from submission.exchange.docx_text import P, Reader, is_tracked, mark, places
from submission.package.folder import FolderError, Opened, find_document

SENTENCE = re.compile(
    r"(?<=[.!?])((?:\s\[\[(?:footnote|endnote|comment) \S+\]\])*)\s(?=(?:\[\[.*?\]\]\s)*[\"'“(]?[A-Z0-9])"
)
"""Where a sentence ends; the note of a sentence belongs to it, any other mark to the next."""

FIGURE = re.compile(r"[-−]?\d[\d,.]*\d|\d")
MARK = re.compile(r"\[\[.*?\]\]")
BEFORE = "Before the first text"
LEFT = "not compared"
"""How a finding says that something is in the file that no text of the package can be held against."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence, cell or row that was added, removed, changed or moved, and the figures in it that are others now.

    `tracked` says that Word recorded a change in it.
    """

    file: str
    document: str
    section: str
    how: str
    was: str
    now: str
    figures: tuple[str, ...]
    tracked: bool


@dataclass(slots=True)
class Returned:
    """Texts that came back in one place."""

    texts: list[str] = field(default_factory=list)
    tracked: bool = False

    def add(self, text: str, tracked: bool) -> None:
        """Add the text of a paragraph, if it has any."""
        self.texts += [text] if text else []
        self.tracked |= tracked


@dataclass(frozen=True, slots=True)
class Back:
    """A file that came back: its tags in order, the text at each, and the tags whose pieces were joined to another's.

    `strangers` are texts that stand where no piece was, by the tag of the piece before them.
    """

    order: dict[str, None] = field(default_factory=dict)
    at: dict[str, Returned] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    strangers: dict[str, list[Returned]] = field(default_factory=dict)

    def texts(self, tag: str) -> list[str]:
        """The texts at a tag; none where it is gone."""
        return self.at[tag].texts if tag in self.at else []

    def tracked(self, tag: str) -> bool:
        """Whether Word recorded a change there."""
        return tag in self.at and self.at[tag].tracked


def check_docx(path: Path, package: Opened) -> tuple[Finding, ...]:
    """Compare a returned Word file with the package that it was made from.

    Raises:
        DocxError: it is no Word file, was not made by us, or was made from another package.
        FolderError: the text of its document is missing from the package, or was changed.
    """
    file = open_word(path)
    number = origin_of_file(path, file, package)
    try:
        document = find_document(package, number)
    except FolderError as error:
        raise DocxError(f"{path}: {error}") from error
    head, *expected = pieces(package, document)
    back = _read({piece.tag for piece in expected}, file)
    rows = (
        *_of_properties(file, properties(package, document)),
        *_of_furniture(file, head.text),
        *_find(expected, back),
        *_moved(expected, back),
        *_of_notes(file),
        *((name, LEFT, "", what, (), False) for name, what in left_over(file)),
    )
    return tuple(Finding(path.name, number, *row) for row in rows)


def origin_of_file(path: Path, file: WordFile, package: Opened) -> str:
    """The number of the document that a Word file was made from.

    Raises:
        DocxError: its properties name none, or another package.
    """
    pattern = re.escape(ORIGIN).replace(r"\{number\}", r"(\S+)").replace(r"\{digest\}", r"([0-9a-f]{64})")
    match = re.search(pattern, file.properties.get("keywords", ""))
    if match is None:
        raise DocxError(
            f"{path}: its properties name no package: `clearway submission docx` did not make it, or a program that "
            "saved it left out the keywords; make the edits in a file that `docx` wrote"
        )
    if match[2] != package.digest:
        raise DocxError(
            f"{path}: was made from the package with manifest {match[2][:12]}…, {package.folder} is that with "
            f"{package.digest[:12]}… (commit {package.manifest.commit[:12]}); name the right folder with --package"
        )
    return match[1]


# --- what came back ---------------------------------------------------------------------------------------------------


def _read(known: set[str], file: WordFile) -> Back:
    back, last = Back(), ""
    reader = Reader(file.styles, file.main.targets)
    rows: dict[Any, Returned] = {}
    for place, tags in _tagged(known, file.main.root):
        text, tracked = reader.text(place), is_tracked(place)
        if tags:
            back.order.update(dict.fromkeys(tags))
            first = back.merged.get(tags[0], tags[0])
            back.merged.update({tag: first for tag in tags if tag != first})
            back.at.setdefault(first, Returned()).add(text, tracked)
            last = tags[-1]
        elif text:
            row = next(place.iterancestors(f"{W}tr"), place)  # the cells of a new row are one text
            if row not in rows:
                rows[row] = Returned()
                back.strangers.setdefault(last, []).append(rows[row])
            rows[row].add(text, tracked)
    return back


def _tagged(known: set[str], root: Any) -> Iterator[tuple[Any, list[str]]]:
    """Yield each place with the tags of the pieces that it holds a part of."""
    seen: set[str] = set()
    open_tags: dict[str, str] = {}
    # LibreOffice begins the bookmark of an empty cell twice and ends it once: one without an end holds nothing more.
    closed = {end.get(f"{W}id") for end in root.iter(f"{W}bookmarkEnd")}
    for place in places(root):
        identifier, name = place.get(f"{W}id"), place.get(f"{W}name")
        if place.tag == f"{W}bookmarkEnd":
            open_tags.pop(identifier, None)
        elif place.tag != f"{W}bookmarkStart":
            starts = [start.get(f"{W}name") for start in place.iter(f"{W}bookmarkStart")] if place.tag == P else []
            yield place, [*open_tags.values(), *(tag for tag in starts if tag in known - seen)]
        elif name in known - seen:
            seen.add(name)
            open_tags.update({identifier: name} if identifier in closed else {})


# --- what is other ----------------------------------------------------------------------------------------------------


Row = tuple[str, str, str, str, tuple[str, ...], bool]
"""Section, how, was, now, figures, tracked."""


def _of_properties(file: WordFile, expected: dict[str, str]) -> Iterator[Row]:
    for name, now in file.properties.items():
        yield from _compared(f"Properties, {name}", expected.get(name, ""), now, False)


def _of_furniture(file: WordFile, banner: str) -> Iterator[Row]:
    """Compare every header with the banner; footers, and what no page shows, have no text."""
    for where, part, is_banner in furniture(file):
        found = [] if part is None else list(places(part.root))
        reader = Reader(file.styles, {} if part is None else part.targets)
        now = " ".join(filter(None, map(reader.text, found)))
        tracked = any(map(is_tracked, found))
        yield from _compared(where, banner if is_banner else "", now, tracked)


def _of_notes(file: WordFile) -> Iterator[Row]:
    for part in (part for part in file.parts if part.kind in NOTES):
        reader = Reader(file.styles, part.targets)
        for note in part.root:
            found = list(places(note))
            text = " ".join(filter(None, map(reader.text, found)))
            author = f" by {note.get(f'{W}author')}" if note.get(f"{W}author") else ""
            name = mark(f"{NOTES[part.kind]} {note.get(f'{W}id')}{author}").strip()
            if text:
                yield part.name, "added", "", f"{name} {text}", (), any(map(is_tracked, found))


def _find(expected: Sequence[Piece], back: Back) -> Iterator[Row]:
    groups: dict[str, list[Piece]] = {}
    for piece in expected:
        groups.setdefault(back.merged.get(piece.tag, piece.tag), []).append(piece)
    gone = _gone_rows(expected, back)
    yield from _added(BEFORE, back.strangers.get("", []))
    for piece in expected:
        if piece.row in gone:
            yield from _gone_row(piece, gone[piece.row], back)
        elif piece.tag in groups:
            was, now = " ".join(one.text for one in groups[piece.tag]), " ".join(back.texts(piece.tag))
            yield from _compared(piece.section, was, now, back.tracked(piece.tag))
        yield from _added(piece.section, back.strangers.get(piece.tag, []))


def _moved(expected: Sequence[Piece], back: Back) -> Iterator[Row]:
    """Yield what stands after another piece now; of a row its first cell."""
    by_tag = {piece.tag: piece for piece in expected}
    kept, found = [tag for tag in by_tag if tag in back.order], list(back.order)
    told: set[str] = set()
    for how, _, _, k, m in SequenceMatcher(None, kept, found, autojunk=False).get_opcodes():
        where = by_tag[found[k - 1]].section if k else BEFORE
        for piece in (by_tag[tag] for tag in found[k:m] if how != "equal"):
            if piece.text and piece.row not in told:
                told.update({piece.row} - {""})
                said = "moved" if where == piece.section else f"moved to {where}"
                yield piece.section, said, " ".join(piece.text.split()), "", (), back.tracked(piece.tag)


def _gone_rows(expected: Sequence[Piece], back: Back) -> dict[str, list[Piece]]:
    """The rows of which no text came back, with their cells."""
    rows: dict[str, list[Piece]] = {}
    for piece in expected:
        if piece.row:
            rows.setdefault(piece.row, []).append(piece)
    return {
        row: cells
        for row, cells in rows.items()
        if any(cell.text for cell in cells)
        and not any(cell.tag in back.merged or back.texts(cell.tag) for cell in cells)
    }


def _gone_row(piece: Piece, cells: Sequence[Piece], back: Back) -> Iterator[Row]:
    """Yield a removed row once, at its first cell."""
    if cells[0] is piece:
        was = " | ".join(" ".join(cell.text.split()) for cell in cells)
        yield piece.section, "removed", was, "", (), any(back.tracked(cell.tag) for cell in cells)


def _added(section: str, strangers: Sequence[Returned]) -> Iterator[Row]:
    for stranger in strangers:
        yield section, "added", "", " | ".join(stranger.texts), (), stranger.tracked


def _compared(section: str, was: str, now: str, tracked: bool) -> Iterator[Row]:
    """Yield the sentences of a piece that are others now."""
    old, new = _sentences(was), _sentences(now)
    for how, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            continue
        for before, after in zip_longest(old[i:j], new[k:m], fillvalue=""):
            named = "changed" if before and after else "added" if after else "removed"
            yield section, named, before, after, _figures(before, after) if before and after else (), tracked


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in SENTENCE.sub(r"\1\n", " ".join(text.split())).split("\n") if sentence]


def _figures(was: str, now: str) -> tuple[str, ...]:
    """The figures of a changed sentence that are others, "0.800 → 0.810"."""
    old, new = FIGURE.findall(was), FIGURE.findall(MARK.sub("", now))
    found = []
    for how, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how != "equal":
            pairs = zip_longest(old[i:j], new[k:m], fillvalue="nothing")
            found += [f"{before} → {after}" for before, after in pairs]
    return tuple(found)
