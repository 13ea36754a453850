"""What a page shows beside its text: notes upon it, and text that is read instead of what is drawn.

The audit reads the text of a page. Whoever draws over it, or moves it, is not seen here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import lru_cache

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
INSTEAD = b"/ActualText"
LINK = 2
"""The kind of annotation that our documents have (PDF 32000-1, table 169)."""


@lru_cache(maxsize=128)
def find_hidden(content: bytes) -> tuple[str, ...]:
    """What a PDF lays upon its pages or lets be read in place of them; the same bytes are looked at once."""
    return tuple(_find_hidden(content))


def _find_hidden(content: bytes) -> Iterator[str]:
    import pypdfium2.raw as pdfium
    from pypdfium2 import PdfDocument

    if INSTEAD in content or any(INSTEAD in each for each in _streams(content)):
        yield "gives a text to be read in place of the one that is drawn (ActualText)"
    with PdfDocument(content) as document:
        for number, page in enumerate(document, start=1):
            for at in range(pdfium.FPDFPage_GetAnnotCount(page)):
                annotation = pdfium.FPDFPage_GetAnnot(page, at)
                if pdfium.FPDFAnnot_GetSubtype(annotation) != LINK:
                    yield f"page {number} has an annotation upon it that is no link"
                pdfium.FPDFPage_CloseAnnot(annotation)


def _streams(content: bytes) -> Iterator[bytes]:
    for match in STREAM.finditer(content):
        try:
            yield zlib.decompressobj().decompress(match[1])
        except zlib.error:  # a font, a picture, or not compressed
            continue
