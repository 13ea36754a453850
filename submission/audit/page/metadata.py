"""What a document says of itself to machines: the same in both places that PDF has for it, and nothing beside."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from submission.audit.page.file import File

SAID = {
    "Title": (r'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">', "</rdf:li></rdf:Alt></dc:title>"),
    "Author": ("<dc:creator><rdf:Seq><rdf:li>", "</rdf:li></rdf:Seq></dc:creator>"),
    "Subject": (r'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">', "</rdf:li></rdf:Alt></dc:description>"),
    "CreationDate": ("<xmp:CreateDate>", "</xmp:CreateDate>"),
    "ModDate": ("<xmp:ModifyDate>", "</xmp:ModifyDate>"),
}
"""What stands around each thing that the metadata repeat."""
FORM = "a00e74a7bd3a3f0ca1a0b02ca1d08c4ee914cf4c4adfd193998317fae4aa90e2"
"""SHA-256 of the metadata without what is repeated there."""
PROFILE = "384b832de3412066743b52a75ee906b6fb9fb8d9e09e936fc2c43223815c6e0a"
"""SHA-256 of the sRGB color profile that WeasyPrint carries."""
PRODUCER = re.compile(r' pdf:Producer="(WeasyPrint [\d.]+)"')


def find_in_metadata(file: File, info: Mapping[str, str]) -> Iterator[str]:
    """Yield what the metadata say otherwise or beside, and another profile of colors than ours.

    Args:
        file: the document.
        info: what it says of itself, by the names of PDF.
    """
    told = file.streams[file.objects[file.root].number("metadata")].decode(errors="replace")
    for name, (before, after) in SAID.items():
        whole = re.compile(
            rf'<rdf:Description rdf:about="">{re.escape(before)}(.*?){re.escape(after)}</rdf:Description>'
        )
        said = [plain(text) for text in whole.findall(told)]
        wanted = [day(info[name]) if name.endswith("Date") else info[name]] if name in info else []
        if said != wanted:
            yield f"says {said} as its {name} in its metadata, and {wanted} elsewhere"
        told = whole.sub("", told)
    if hashlib.sha256(PRODUCER.sub("", told).encode()).hexdigest() != FORM:
        yield "says something in its metadata that our documents do not say"
    for number in file.every("profile"):
        if hashlib.sha256(file.streams[number]).hexdigest() != PROFILE:
            yield "shows its colors by another profile than sRGB"


def plain(text: str) -> str:
    """A text of XML without its entities."""
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("&", "&amp;")):
        text = text.replace(entity, sign)
    return text


def day(text: str) -> str:
    """A day as the metadata write it."""
    return re.sub(r"D:(\d{4})(\d\d)(\d\d)", r"\1-\2-\3", text)
