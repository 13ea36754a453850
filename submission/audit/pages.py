"""The text of the pages: banner, document number, page numbers, release digest, indications; read from the PDFs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from submission.audit.claims import page_texts
from submission.audit.texts import squeeze

Found = tuple[str, str, str]


def find_in_pages(folder: Path, manifest: dict[str, Any]) -> Iterator[Found]:
    """Yield what a page of a document lacks. A file that is not there is named elsewhere."""
    for document in manifest["documents"]:
        yield from _find_in_document(folder / document["file"], document, manifest, (document["number"],))
    if volume := manifest["volume"]:  # its pages name the documents that they show
        yield from _find_in_document(folder / volume["file"], volume, manifest, ())


def _find_in_document(
    path: Path, document: dict[str, Any], manifest: dict[str, Any], numbers: tuple[str, ...]
) -> Iterator[Found]:
    if not path.is_file():
        return
    try:
        pages = page_texts(path.read_bytes())
    except Exception as error:  # a damaged file raises many kinds
        yield "document-unreadable", document["file"], f"not a readable PDF: {type(error).__name__} {error}"
        return
    if len(pages) != document["pages"]:
        yield "pages-differ", document["file"], f"{len(pages)} pages, the manifest says {document['pages']}"
    for number, text in enumerate(pages, start=1):
        for wanted in (*numbers, f"Page {number} of {len(pages)}", *manifest["banners"]):
            if squeeze(wanted) not in text:
                yield "page-lacks", f"{document['file']}, page {number}", f"does not say {wanted!r}"
    first = pages[0] if pages else ""
    release = manifest["release"] or {}
    for wanted in (manifest["commit"], release.get("digest"), document["title"]):
        if wanted and squeeze(wanted) not in first:
            yield "page-lacks", f"{document['file']}, page 1", f"does not say {wanted!r}"
    indications = manifest["indications"]
    if document["number"] in indications["documents"] and squeeze(indications["text"]) not in "".join(pages):
        yield "indications-differ", document["file"], "does not state the indications for use as the manifest has them"
