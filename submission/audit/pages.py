"""The text of the pages: banner, document number, page numbers and release digest, read back from the PDFs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

Found = tuple[str, str, str]


def find_in_pages(folder: Path, manifest: dict[str, Any]) -> Iterator[Found]:
    """Yield what a page of a document lacks. A file that is not there is named elsewhere."""
    for document in manifest["documents"]:
        path = folder / document["file"]
        if path.is_file():
            yield from _find_in_document(path, document, manifest)


def _find_in_document(path: Path, document: dict[str, Any], manifest: dict[str, Any]) -> Iterator[Found]:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(path) as read:
            # White space is left out: a line may break anywhere, a word may not.
            pages = ["".join(page.get_textpage().get_text_range().split()) for page in read]
    except PdfiumError as error:
        yield "document-unreadable", document["file"], f"not a readable PDF: {error}"
        return
    if len(pages) != document["pages"]:
        yield "pages-differ", document["file"], f"{len(pages)} pages, the manifest says {document['pages']}"
    for number, text in enumerate(pages, start=1):
        for wanted in (document["number"], f"Page {number} of {len(pages)}", *manifest["banners"]):
            if "".join(wanted.split()) not in text:
                yield "page-lacks", f"{document['file']}, page {number}", f"does not say {wanted!r}"
    first = pages[0] if pages else ""
    release = manifest["release"] or {}
    for wanted in (manifest["commit"], release.get("digest"), document["title"]):
        if wanted and "".join(wanted.split()) not in first:
            yield "page-lacks", f"{document['file']}, page 1", f"does not say {wanted!r}"
