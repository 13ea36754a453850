"""What a PDF of ours says of itself and carries: PDF/A-3a and PDF/UA-1 intended, evidence attached with fixed dates.

WeasyPrint writes one variant at a time. PDF/A-3a holds all that its PDF/UA-1 writes, the tree of tags, and lacks only
the mark that says so; it is added here. Neither has been tested with a validator.

The pages are written first (`Sheets`) and the files that they carry last (`bind`): a document whose pages stay is
bound again with other files, and not set again.
"""

from __future__ import annotations

import re
import zlib
from codecs import BOM_UTF16_BE
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import md5
from mimetypes import MimeTypes
from typing import Any

from msgspec import Struct

VARIANT = "pdf/a-3a"
HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"

LEVEL = 6
"""How hard streams are compressed: the hardest level takes three times as long for one hundredth less."""

Attached = tuple[str, bytes, str]
"""A file that a PDF carries: its name, its content and what it is."""

# PDF/A allows a property that it does not know if the metadata describe it.
UA_MARK = """\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


class Sheets(Struct, frozen=True, array_like=True):
    """The pages of a PDF, written, before it carries files.

    `content` begins the file; `entries` are the lines of its cross-reference stream, of `WIDTHS`. Open are its
    `catalog`, which has the number `root`, as the parts before the names, before the files and after them, and the
    `names`; `info` is the number of its information and `date` that of the document.
    """

    content: bytes
    entries: bytes
    catalog: tuple[bytes, bytes, bytes]
    names: bytes
    root: int
    info: int
    date: str


WIDTHS = (1, 4, 3)
"""Bytes of the fields of a cross-reference entry: its kind, where it is, and its place there."""

ENTRY = sum(WIDTHS)


def write_sheets(pdf: Any, date: str) -> Sheets:
    """WeasyPrint's file as `Sheets`, each of its objects written once; `date` is that of its document (ISO 8601)."""
    _mark(pdf)
    pdf.add_object(pdf.info)
    names = pdf.catalog.pop("Names", {})
    content, entries, packed = bytearray(HEADER), [_entry(0, 0)], list[tuple[int, bytes]]()
    for one in pdf.objects[1:]:
        if hasattr(one, "stream"):
            entries.append(_entry(1, len(content)))
            content += _object(one.number, _of_weasyprint(one))
        elif one is pdf.catalog:
            entries.append(_entry(0, 0))  # it is written last
        else:
            entries.append(_entry(2, len(pdf.objects), len(packed)))
            packed.append((one.number, one.data))
    entries.append(_entry(1, len(content)))
    content += _object(len(pdf.objects), _packed(packed))
    root, info = pdf.catalog.number, pdf.info.number
    return Sheets(bytes(content), b"".join(entries), _parted(pdf.catalog), _inner(names), root, info, date)


def _parted(catalog: Mapping[str, object]) -> tuple[bytes, bytes, bytes]:
    """A catalog in parts, between which its names and its files stand where WeasyPrint has them."""
    told, keys = list(catalog.items()), list(catalog)
    names, files = keys.index("Lang") + 1, keys.index("OutputIntents") + 1
    return _inner(dict(told[:names])), _inner(dict(told[names:files])), _inner(dict(told[files:]))


def _mark(pdf: Any) -> None:
    """Add to WeasyPrint's file the mark of PDF/UA."""
    for part in pdf.objects:
        if getattr(part, "extra", {}).get("Type") == "/Metadata":
            part.stream = [part.stream[0].replace(b"</rdf:RDF>", UA_MARK.encode() + b"</rdf:RDF>")]


def _of_weasyprint(stream: Any) -> bytes:
    """A stream as it stands in the file."""
    packs, stream.compress = stream.compress, False
    _, _, content = stream.data.partition(b"\nstream\n")
    return _stream(content.removesuffix(b"\nendstream"), stream.extra, packs=packs)


def _packed(objects: Sequence[tuple[int, bytes]]) -> bytes:
    """Objects by their numbers as one stream."""
    places, at = list[str](), 0
    for number, data in objects:
        places.append(f"{number} {at}")
        at += len(data) + 1
    head = " ".join(places).encode() + b"\n"
    content = head + b"\n".join(data for _, data in objects)
    return _stream(content, {"Type": "/ObjStm", "N": len(objects), "First": len(head)})


# --- what it carries --------------------------------------------------------------------------------------------------


def bind(sheets: Sheets, files: Iterable[Attached], identifier: bytes) -> bytes:
    """The whole file: the pages, and the files that they carry, sorted as a PDF wants names."""
    content, entries = bytearray(sheets.content), bytearray(sheets.entries)

    def add(data: bytes) -> int:
        number = len(entries) // ENTRY
        entries.extend(_entry(1, len(content)))
        content.extend(_object(number, data))
        return number

    ordered = sorted(files)
    streams = [add(_embedded(name, held, sheets.date)) for name, held, _ in ordered]
    first = len(entries) // ENTRY
    told = [_specified(name, said, stream) for (name, _, said), stream in zip(ordered, streams, strict=True)]
    packed = list(enumerate(told, start=first))
    references = [b"%d 0 R" % number for number, _ in packed]
    names, related = sheets.names, b""
    if ordered:
        named = b" ".join(_text(file[0]) + b" " + one for file, one in zip(ordered, references, strict=True))
        names = b"/EmbeddedFiles %d 0 R%b" % (first + len(packed), names)
        related = b"/AF [%b]" % b" ".join(references)
        packed.append((first + len(packed), b"<</Names [%b]>>" % named))
    holder = first + len(packed)
    entries += b"".join(_entry(2, holder, place) for place in range(len(packed)))
    entries[sheets.root * ENTRY : (sheets.root + 1) * ENTRY] = _entry(2, holder, len(packed))
    before, between, after = sheets.catalog
    packed.append((sheets.root, b"<<%b/Names <<%b>>%b%b%b>>" % (before, names, between, related, after)))
    add(_packed(packed))
    start, last = len(content), len(entries) // ENTRY
    content += _object(last, _stream(bytes(entries) + _entry(1, start), _trailer(sheets, last, identifier)))
    return bytes(content) + b"startxref\n%d\n%%%%EOF\n" % start


def _trailer(sheets: Sheets, last: int, identifier: bytes) -> dict[str, object]:
    told = f"({identifier.hex()})"
    return {
        "Type": "/XRef",
        "Index": f"[0 {last + 1}]",
        "W": f"[{' '.join(map(str, WIDTHS))}]",
        "Size": last + 1,
        "Root": f"{sheets.root} 0 R",
        "Info": f"{sheets.info} 0 R",
        "ID": f"[{told} {told}]",
    }


def _embedded(name: str, content: bytes, date: str) -> bytes:
    day = _text(datetime.fromisoformat(date).strftime("D:%Y%m%d%H%M%SZ"))
    kind = TYPES.guess_type(name, strict=False)[0] or "application/octet-stream"
    digest = md5(content, usedforsecurity=False).hexdigest()  # the checksum that PDF has for a file
    about = {"CheckSum": f"<{digest}>", "Size": len(content), "CreationDate": day, "ModDate": day}
    told = {"Type": "/EmbeddedFile", "Subtype": f"/{kind.replace('/', '#2f')}", "Params": b"<<%b>>" % _inner(about)}
    return _stream(content, told)


TYPES = MimeTypes()
"""The kinds of files that Python knows, and not those that a machine adds."""


def _specified(name: str, said: str, stream: int) -> bytes:
    told = {"F": _text(name), "UF": _text(name), "EF": f"<</F {stream} 0 R>>", "Desc": _text(said)}
    return b"<<%b>>" % _inner({"Type": "/Filespec", **told, "AFRelationship": "/Data"})


# --- how PDF is written -----------------------------------------------------------------------------------------------


def _entry(kind: int, where: int, place: int = 0) -> bytes:
    return b"".join(value.to_bytes(width, "big") for value, width in zip((kind, where, place), WIDTHS, strict=True))


def _object(number: int, data: bytes) -> bytes:
    return b"%d 0 obj\n%b\nendobj\n" % (number, data)


def _stream(content: bytes, extra: Mapping[str, object], *, packs: bool = True) -> bytes:
    packed = zlib.compress(content, LEVEL) if packs else content
    told = {**extra, **({"Filter": "/FlateDecode"} if packs else {}), "Length": len(packed)}
    return b"<<%b>>\nstream\n%b\nendstream" % (_inner(told), packed)


def _inner(values: Mapping[str, object]) -> bytes:
    """A dictionary without its brackets."""
    return b"".join(b"/%b %b" % (key.encode(), _value(value)) for key, value in values.items())


def _value(value: object) -> bytes:
    """A value as it is written; WeasyPrint's objects know how."""
    found = getattr(value, "data", value)
    return found if isinstance(found, bytes) else str(found).encode("ascii")


def _text(text: str) -> bytes:
    if text.isascii():
        return b"(%b)" % re.sub(rb"([\\()])", rb"\\\1", text.encode())
    return b"<%b>" % (BOM_UTF16_BE + text.encode("utf-16-be")).hex().encode()
