"""What a document says of its figures to who cannot see them, against the text files."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from submission.audit.texts import squeeze

Found = tuple[str, str, str]


def find_in_figures(name: str, text: dict[str, Any], where: str, body: str, content: bytes) -> Iterator[Found]:
    """Yield each line of a figure in a text file that the document neither prints nor says in its place.

    Args:
        name: of the text file.
        text: what it holds.
        where: the document.
        body: what its pages say, squeezed.
        content: the document itself.
    """
    lines = [line for block in text["blocks"] if block["kind"] == "figure" for line in block["text"].splitlines()]
    said = _read_alternates(content) if lines else ""
    for line in lines:
        if squeeze(line) not in said and squeeze(line) not in body:
            yield "text-differs", where, f"does not say {line[:80]!r} of a figure, as {name} has it"


@lru_cache(64)
def _read_alternates(content: bytes) -> str:
    """The alternate texts of a document, squeezed, in the order of its structure."""
    import pypdfium2.raw as pdfium

    found: list[str] = []
    document = pdfium.FPDF_LoadMemDocument64(content, len(content), None)
    for number in range(pdfium.FPDF_GetPageCount(document)):
        page = pdfium.FPDF_LoadPage(document, number)
        tree = pdfium.FPDF_StructTree_GetForPage(page)
        if tree:
            for at in range(pdfium.FPDF_StructTree_CountChildren(tree)):
                found += _alternates(pdfium.FPDF_StructTree_GetChildAtIndex(tree, at))
            pdfium.FPDF_StructTree_Close(tree)
        pdfium.FPDF_ClosePage(page)
    pdfium.FPDF_CloseDocument(document)
    return squeeze("\n".join(found))


def _alternates(element: Any) -> Iterator[str]:
    import pypdfium2.raw as pdfium

    if not element:
        return
    size = pdfium.FPDF_StructElement_GetAltText(element, None, 0)
    if size > 2:  # it ends with two bytes that are 0
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_StructElement_GetAltText(element, buffer, size)
        yield buffer.raw[: size - 2].decode("utf-16-le", errors="replace")
    for at in range(pdfium.FPDF_StructElement_CountChildren(element)):
        yield from _alternates(pdfium.FPDF_StructElement_GetChildAtIndex(element, at))
