"""A returned Word file as the parts of its ZIP: those whose text is compared, those that hold none, those left over."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission.exchange.docx_styles import Styles, read_styles
from submission.exchange.docx_text import drop_copies

if TYPE_CHECKING:
    from docx.opc.part import Part as Read

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
HEADER, FOOTER, STYLES, NUMBERING, SETTINGS = (
    f"{WORD}{name}+xml" for name in ("header", "footer", "styles", "numbering", "settings")
)
NOTES = {f"{WORD}{name}s+xml": name for name in ("footnote", "endnote", "comment")}
"""The content types of parts that hold notes, and what one of them is called."""

CORE = "application/vnd.openxmlformats-package.core-properties+xml"
COMPARED = {HEADER, FOOTER, CORE, *NOTES}
WITHOUT_TEXT = {
    STYLES, NUMBERING, SETTINGS, f"{WORD}fontTable+xml", f"{WORD}webSettings+xml", f"{WORD}printerSettings",
    "application/vnd.ms-word.stylesWithEffects+xml",
    "application/vnd.openxmlformats-officedocument.theme+xml",
    "application/vnd.openxmlformats-officedocument.obfuscatedFont", "application/x-fontdata", "application/x-font-ttf",
    "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
    f"{WORD}commentsExtended+xml", f"{WORD}commentsIds+xml", f"{WORD}commentsExtensible+xml", f"{WORD}people+xml",
    "application/vnd.ms-office.classificationlabels+xml",
}  # fmt: skip
"""Content types of parts of which no page shows a text: form, fonts, and what programs note for themselves."""

DATA = {"application/xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml"}
"""Content types of parts for whatever data; Word and LibreOffice write some that are empty."""

PROPERTIES = ("title", "subject", "comments", "keywords", "category", "content_status", "identifier")
"""Properties that say something of the document; the others say who saved it and when."""

THUMBNAIL = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
QUIET = ("/hyperlink", "/attachedTemplate")
"""Ends of the types of relationships out of the file that are named where they are used, or bring no text."""

ASK = "name one that `clearway submission docx` made"


class DocxError(Exception):
    """The file is no Word file of ours, or of another package; the message names it and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a Word file. `targets` are what its relationships lead to, by their ids; `outside`, those elsewhere."""

    name: str
    kind: str
    root: Any
    content: bytes
    targets: Mapping[str, str]
    outside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordFile:
    """A Word file: its main part, the others that a relationship leads to, and the names of all that is in its ZIP.

    `properties` are the texts in it about itself, by their names in python-docx.
    """

    main: Part
    parts: tuple[Part, ...]
    names: tuple[str, ...]
    thumbnails: frozenset[str]
    properties: Mapping[str, str]

    def of_main(self, kind: str) -> Any:
        """The XML of the part of a content type that the main part leads to; none where it leads to none."""
        own = (part for part in self.parts if part.name in self.main.targets.values())
        return next((part.root for part in own if part.kind == kind), None)

    @property
    def styles(self) -> Styles:
        """What its styles and lists do to its text."""
        return read_styles(self.of_main(STYLES), self.of_main(NUMBERING))


def open_word(path: Path) -> WordFile:
    """Read every part of a Word file.

    Raises:
        DocxError: it is no Word file, or one of a kind that we do not read.
    """
    import docx
    from docx.opc.parts.coreprops import CorePropertiesPart

    try:
        with zipfile.ZipFile(path) as archive:
            names = tuple(entry.filename for entry in archive.infolist() if not entry.is_dir())
        main = docx.Document(str(path)).part
        read = [part for part in main.package.iter_parts() if part is not main]
        parts = tuple(map(_part, read))
    except Exception as error:  # python-docx, lxml and zipfile raise many kinds on what is no Word file
        raise DocxError(f"{path}: {_reason(path, error)}") from error
    # Of two relationship types that lead to the properties python-docx knows one, and invents properties without it.
    core = next((part.core_properties for part in read if isinstance(part, CorePropertiesPart)), None)
    said = {} if core is None else {name: str(getattr(core, name)) for name in PROPERTIES}
    rels = main.package.rels.values()
    thumbnails = frozenset(_target(relation) for relation in rels if relation.reltype == THUMBNAIL)
    return WordFile(_part(main), parts, names, thumbnails, said)


def _reason(path: Path, error: Exception) -> str:
    """Why a file cannot be read, and what to do."""
    if not path.exists():
        return f"no such file; {ASK}"
    head = path.read_bytes()[:8] if path.is_file() else b""
    if head == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "protected by a password, or a .doc of Word 97; save it as Word Document (.docx) without a password"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if b"purl.oclc.org/ooxml" in (archive.read("_rels/.rels") if "_rels/.rels" in archive.namelist() else b""):
                return "saved as Strict Open XML Document; save it as Word Document (.docx)"
    return f"not a Word file (.docx): {error}; {ASK}"


def _part(part: Read) -> Part:
    from docx.oxml.parser import parse_xml

    relations = part.rels.values()
    content = part.blob
    root = parse_xml(content) if part.content_type.endswith("xml") else None
    if root is not None:
        drop_copies(root)
    return Part(
        name=part.partname.lstrip("/"),
        kind=part.content_type,
        root=root,
        content=content,
        targets={relation.rId: _target(relation) for relation in relations},
        outside=tuple(_target(one) for one in relations if one.is_external and not one.reltype.endswith(QUIET)),
    )


def _target(relation: Any) -> str:
    return f"{relation.target_ref}, outside the file" if relation.is_external else relation.target_part.partname[1:]


def left_over(file: WordFile) -> Iterator[tuple[str, str]]:
    """Yield the name of each part that is neither compared nor known to hold no text, with what it is."""
    reached = {file.main.name, *(part.name for part in file.parts)}
    for part in (file.main, *file.parts):
        if not (part is file.main or part.kind in COMPARED | WITHOUT_TEXT or _is_bare(part, file)):
            yield (
                part.name,
                f"{part.kind}, {len(part.content)} bytes, SHA-256 {hashlib.sha256(part.content).hexdigest()}",
            )
        for target in part.outside:
            yield part.name, f"leads to {target}"
    for name in sorted(set(file.names)):
        if file.names.count(name) > 1:
            yield name, f"is {file.names.count(name)} times in the file; programs differ in which they show"
        elif not (name in reached or name == "[Content_Types].xml" or name.endswith(".rels")):
            yield name, "no relationship leads to it"


def _is_bare(part: Part, file: WordFile) -> bool:
    """Whether a part for data is empty, or is the small picture that folders show of the file."""
    empty = part.kind in DATA and not len(part.root) and not (part.root.text or "").strip()
    return empty or part.name in file.thumbnails
