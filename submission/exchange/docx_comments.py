"""The comments of a returned Word file: who wrote what when, and the text that each is about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from submission.exchange.docx_check import origin_of_file
from submission.exchange.docx_file import pieces
from submission.exchange.docx_parts import NOTES, WordFile, open_word
from submission.exchange.docx_styles import W
from submission.exchange.docx_text import Reader, places
from submission.package.folder import Opened, find_document
from submission.package.matrix_file import FORMULA

COMMENT = next(kind for kind, name in NOTES.items() if name == "comment")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. `date` is as the program wrote it; `about` is the text that it marks, `section` where that stands."""

    file: str
    document: str
    section: str
    about: str
    author: str
    date: str
    text: str


def read_comments(path: Path, package: Opened) -> tuple[Comment, ...]:
    """The comments of a Word file that `docx` made, in the order of their part.

    Raises:
        DocxError: it is no Word file, was not made by us, or was made from another package.
        FolderError: the text of its document is missing from the package, or was changed.
    """
    file = open_word(path)
    number = origin_of_file(path, file, package)
    sections = {piece.tag: piece.section for piece in pieces(package, find_document(package, number))}
    marked = _marked(file.main.root, sections)
    return tuple(
        Comment(path.name, number, *marked.get(name, ("", "")), author, date, text)
        for name, author, date, text in _written(file)
    )


def _written(file: WordFile) -> Iterator[tuple[str, str, str, str]]:
    """Yield id, author, date and text of each comment."""
    for part in (part for part in file.parts if part.kind == COMMENT):
        reader = Reader(file.styles, part.targets)
        for comment in part.root:
            text = " ".join(filter(None, map(reader.text, places(comment))))
            said = (comment.get(f"{W}{name}") or "" for name in ("id", "author", "date"))
            yield (*said, text)  # type: ignore[misc]


def _marked(root: Any, sections: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The section and the text that each comment is about, by its id."""
    open_now: set[str] = set()
    texts: dict[str, list[str]] = {}
    where: dict[str, str] = {}
    section = ""
    for element in root.iter(f"{W}*"):
        name, kind = element.get(f"{W}id") or "", element.tag.removeprefix(W)
        if kind == "bookmarkStart":
            section = sections.get(element.get(f"{W}name") or "", section)
        elif kind == "commentRangeStart":
            open_now.add(name)
        elif kind == "commentRangeEnd":
            open_now.discard(name)
        elif kind == "commentReference":
            where.setdefault(name, section)
        for each in open_now if kind in ("t", "p", "br", "tab") else ():
            texts.setdefault(each, []).append(element.text or "" if kind == "t" else " ")
            if kind == "t":
                where.setdefault(each, section)
    return {name: (section, " ".join("".join(texts.get(name, [])).split())) for name, section in where.items()}


def as_csv(comments: Sequence[Comment]) -> bytes:
    """Comments as a table of comma-separated values; a spreadsheet calculates none of their texts."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Comment)], lineterminator="\n")
    writer.writeheader()
    for comment in comments:
        row = asdict(comment)
        writer.writerow({key: f"'{said}" if said.startswith(FORMULA) else said for key, said in row.items()})
    return text.getvalue().encode()
