"""A Word file that came back: every sentence and figure that is not as the package that it was made from has it.

Formatting is not looked at. Tracked changes are read as made, and said to be tracked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any

from submission.exchange.docx_file import ORIGIN, TAG, Piece, pieces
from submission.package.folder import FolderError, Opened, find_document

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'“(]?[A-Z0-9])")
FIGURE = re.compile(r"[-−]?\d[\d,.]*\d|\d")
SPACE = {f"{W}tab": " ", f"{W}br": " ", f"{W}cr": " ", f"{W}noBreakHyphen": "-"}
GONE = {f"{W}del", f"{W}moveFrom"}
TRACKED = {*GONE, f"{W}ins", f"{W}moveTo"}


class DocxError(Exception):
    """The file is no Word file of ours, or of another package; the message names it and what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence (or cell, or row) that was added, removed or changed, and the figures in it that are others now.

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
    """A file that came back: the text at each tag; the tags whose pieces were joined to that of another; what is new.

    `strangers` are texts that stand where no piece was, by the tag of the piece before them.
    """

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
    file = _open(path)
    number = _origin(path, file.core_properties.keywords or "", package)
    try:
        document = find_document(package, number)
    except FolderError as error:
        raise DocxError(f"{path}: {error}") from error
    expected = pieces(package, document)
    roots = [file.sections[0].header._element, file.element.body]
    back = _read({piece.tag for piece in expected}, roots)
    return tuple(Finding(path.name, number, *row) for row in _find(expected, back))


def _open(path: Path) -> Any:
    import docx

    try:
        return docx.Document(str(path))
    except Exception as error:  # python-docx and zipfile raise many kinds on what is no Word file
        reason = "no such file" if not path.exists() else f"not a Word file (.docx): {error}"
        raise DocxError(f"{path}: {reason}; name one that `clearway submission docx` made") from error


def _origin(path: Path, keywords: str, package: Opened) -> str:
    pattern = re.escape(ORIGIN).replace(r"\{number\}", r"(\S+)").replace(r"\{digest\}", r"([0-9a-f]{64})")
    match = re.search(pattern, keywords)
    if match is None:
        raise DocxError(f"{path}: its properties name no package, so `clearway submission docx` did not make it")
    if match[2] != package.digest:
        raise DocxError(
            f"{path}: was made from the package with manifest {match[2][:12]}…, {package.folder} is that with "
            f"{package.digest[:12]}… (commit {package.manifest.commit[:12]}); name the right folder with --package"
        )
    return match[1]


# --- what came back ---------------------------------------------------------------------------------------------------


def _read(known: set[str], roots: Sequence[Any]) -> Back:
    back, last = Back(), ""
    rows: dict[Any, Returned] = {}
    for paragraph, tags in _paragraphs(known, roots):
        text, tracked = _text(paragraph), _is_tracked(paragraph)
        if tags:
            first = back.merged.get(tags[0], tags[0])
            back.merged.update({tag: first for tag in tags if tag != first})
            back.at.setdefault(first, Returned()).add(text, tracked)
            last = tags[-1]
        elif text:
            place = next(paragraph.iterancestors(f"{W}tr"), paragraph)  # the cells of a new row are one text
            if place not in rows:
                rows[place] = Returned()
                back.strangers.setdefault(last, []).append(rows[place])
            rows[place].add(text, tracked)
    return back


def _paragraphs(known: set[str], roots: Sequence[Any]) -> Iterator[tuple[Any, list[str]]]:
    """Yield each paragraph with the tags of the pieces that it holds a part of."""
    seen: set[str] = set()
    for root in roots:
        open_tags: dict[str, str] = {}
        for element in root.iter(f"{W}p", f"{W}bookmarkStart", f"{W}bookmarkEnd"):
            identifier, name = element.get(f"{W}id"), element.get(f"{W}name")
            if element.tag == f"{W}p":
                starts = [mark.get(f"{W}name") for mark in element.iter(f"{W}bookmarkStart")]
                yield element, [*open_tags.values(), *(tag for tag in starts if tag in known - seen)]
            elif element.tag == f"{W}bookmarkEnd":
                open_tags.pop(identifier, None)
            elif name in known and name not in seen:
                seen.add(name)
                open_tags[identifier] = name


def _text(paragraph: Any) -> str:
    """The text of a paragraph with its tracked changes made, single-spaced."""
    parts: list[str] = []

    def walk(element: Any) -> None:
        for child in element:
            if child.tag in GONE or child.tag == f"{W}p":
                continue
            ours = (child.get(f"{W}name") or "").startswith(TAG)  # a piece that was joined to the one before it
            parts.append((child.text or "") if child.tag == f"{W}t" else " " if ours else SPACE.get(child.tag, ""))
            walk(child)

    walk(paragraph)
    return " ".join("".join(parts).split())


def _is_tracked(paragraph: Any) -> bool:
    row = next(paragraph.iterancestors(f"{W}tr"), None)
    marks = [] if row is None else [mark for mark in row.findall(f"{W}trPr/*") if mark.tag in TRACKED]
    return bool(marks) or any(True for _ in paragraph.iter(*TRACKED))


# --- what is other ----------------------------------------------------------------------------------------------------


Row = tuple[str, str, str, str, tuple[str, ...], bool]
"""Section, how, was, now, figures, tracked."""


def _find(expected: Sequence[Piece], back: Back) -> Iterator[Row]:
    groups: dict[str, list[Piece]] = {}
    for piece in expected:
        groups.setdefault(back.merged.get(piece.tag, piece.tag), []).append(piece)
    gone = _gone_rows(expected, back)
    yield from _added("Before the first text", back.strangers.get("", []))
    for piece in expected:
        if piece.row in gone:
            yield from _gone_row(piece, gone[piece.row], back)
        elif piece.tag in groups:
            was, now = " ".join(one.text for one in groups[piece.tag]), " ".join(back.texts(piece.tag))
            yield from _compared(piece.section, was, now, back.tracked(piece.tag))
        yield from _added(piece.section, back.strangers.get(piece.tag, []))


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
    return [sentence for sentence in SENTENCE.split(" ".join(text.split())) if sentence]


def _figures(was: str, now: str) -> tuple[str, ...]:
    """The figures of a changed sentence that are others, "0.800 → 0.810"."""
    old, new = FIGURE.findall(was), FIGURE.findall(now)
    found = []
    for how, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how != "equal":
            pairs = zip_longest(old[i:j], new[k:m], fillvalue="nothing")
            found += [f"{before} → {after}" for before, after in pairs]
    return tuple(found)
