"""Markup to pages, on as many processors as there are: the same bytes for the same markup and files."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import re
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from typing import Any

from msgspec import Struct
from PIL import ImageFile

from submission.content.catalogue import Entry
from submission.setting.fitting import fit
from submission.setting.markup import parse
from submission.setting.memory import without_collecting
from submission.setting.pdf import VARIANT, Attached, Sheets, bind, write_sheets
from submission.setting.sections import sections_of
from submission.words.filters import shipped_characters
from submission.words.folders import FONTS, HERE
from submission.words.ledger import Claim, Said, carried, read_page

FAMILIES = ("Clearway-Sans", "Clearway-Mono")


class RenderError(Exception):
    """A document cannot be rendered; the message names template and line, or the document and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as it will be written. `content_sha256` is of what its sections say (`content_digest`).

    `places` gives the page on which each of its sections begins, by the id of the heading.
    """

    entry: Entry
    content: bytes
    pages: int
    content_sha256: str
    claims: tuple[Claim, ...] = ()
    said: tuple[tuple[Said, ...], ...] = ()
    indications: str = ""
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return hashlib.sha256(self.content).hexdigest()


class Printed(Struct, frozen=True, array_like=True):
    """A document as it is set, before it carries files: all that depends on its markup alone, whose SHA-256 it has."""

    sheets: Sheets
    html_sha256: bytes
    pages: int
    content_sha256: str
    claims: tuple[Claim, ...]
    said: tuple[tuple[Said, ...], ...]
    indications: str
    places: dict[str, int]

    def carrying(self, entry: Entry, files: Sequence[Attached]) -> Rendered:
        """The document with files; the identifier of its PDF is the digest of its markup and of them."""
        parts = (self.html_sha256, *(hashlib.sha256(file[1]).digest() for file in sorted(files)))
        content = bind(self.sheets, files, hashlib.sha256(b"".join(parts)).digest()[:16])
        return Rendered(
            entry, content, self.pages, self.content_sha256, self.claims, self.said, self.indications, self.places
        )


class Press:
    """Fonts and style, loaded once, and the pages that they make.

    Dates are the commit's: nothing of the hour or of the host enters a PDF.
    """

    def __init__(self) -> None:
        """Load the shipped fonts and the style.

        Raises:
            RenderError: WeasyPrint or what it needs of the system is not there, or a font is missing.
        """
        missing = [name for name in re.findall(r'url\("fonts/([^"]+)"\)', _style()) if not (FONTS / name).is_file()]
        if missing:
            raise RenderError(f"submission/fonts: {', '.join(missing)} is missing; restore it from the repository")
        lenient = ImageFile.LOAD_TRUNCATED_IMAGES
        try:
            from weasyprint.text.fonts import FontConfiguration

            from submission.setting import tuned
        except OSError as error:
            raise RenderError(f"Pango cannot be loaded ({error}); install it (Debian: libpango-1.0-0)") from error
        finally:  # WeasyPrint lets the whole process take half an image for a whole one
            ImageFile.LOAD_TRUNCATED_IMAGES = lenient
        self._tuned = tuned
        self._fonts = FontConfiguration()
        self._css = tuned.CSS(string=_style(), base_url=f"{HERE}/", font_config=self._fonts)

    def _lay_out(self, entry: Entry, html: str, closer: str) -> Any:
        """The pages of a document; `closer` is a class of the style sheet beside its own."""
        try:
            root = parse(html)
        except ValueError as error:
            raise RenderError(f"{entry.number} ({entry.template}): {error}; close the element") from error
        for body in root.iter("body"):
            body.set("class", f"{body.get('class', '')} {closer}".strip())
        page = self._tuned.Markup(root, f"{HERE}/")
        return page.render(stylesheets=[self._css], font_config=self._fonts, pdf_variant=VARIANT)

    @without_collecting()
    def print(self, entry: Entry, html: str) -> Printed:
        """Set one document.

        Raises:
            RenderError: an element is not closed, a character is in no font of ours, or text was set in another.
        """
        check_characters(entry, html)
        document = fit(lambda closer: self._lay_out(entry, html, closer))
        sheets = list[Sheets]()

        def take(_: Any, pdf: Any) -> None:
            sheets.append(write_sheets(pdf, document.metadata.created))
            del pdf.objects[1:]  # what WeasyPrint writes of it after this is thrown away

        document.write_pdf(pdf_variant=VARIANT, finisher=take)
        check_fonts(entry, (font.name.decode().lstrip("/") for font in document.fonts.values()))
        digest, claims = carried(html)
        said = tuple(read_page(page) for page in document.pages)
        stated, places = indications_in(html), _places(html, document.pages)
        markup = hashlib.sha256(html.encode()).digest()
        return Printed(sheets[0], markup, len(document.pages), digest, claims, said, stated, places)


def indications_in(html: str) -> str:
    """The text of the indications for use, if a document states them."""
    found = re.search(r'<div class="quote indications">(.*?)</div>', html, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", found[1])).split()) if found else ""


def _places(html: str, pages: Sequence[Any]) -> dict[str, int]:
    """The page on which each heading stands, by its id."""
    found = {name: number for number, page in reversed([*enumerate(pages, start=1)]) for name in page.anchors}
    return {name: found[name] for name in sections_of(html)}


Page = tuple[Entry, str]
"""A document and its HTML."""


FEW = 500_000
"""Characters of markup that are set sooner than processes begin, some thirty pages."""


class Presses:
    """Processes that set documents, as many as there are processors; they begin with the first work and are closed."""

    def __init__(self) -> None:
        """Begin none."""
        self._pool: Any = None

    def close(self) -> None:
        """End the processes, whatever they are at."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool.join()
            self._pool = None

    def print_all(self, pages: Sequence[Page]) -> Iterator[tuple[Entry, Printed]]:
        """Set several documents, the longest first; yield each as it is ready. A few are set in this process.

        Raises:
            RenderError: as `Press`.
        """
        order = sorted(pages, key=lambda page: -len(page[1]))
        if self._pool is None and sum(len(html) for _, html in order) < FEW:
            yield from map(_print, order)
        else:
            yield from self._started().imap_unordered(_print, order)

    def _started(self) -> Any:
        if self._pool is None:
            # Spawned, not forked: the text libraries keep threads and caches that a fork would tear.
            context = multiprocessing.get_context("spawn")
            self._pool = context.Pool(os.cpu_count() or 1, _begin)
        return self._pool


def _begin() -> None:
    """Leave interrupts to the parent, and memory to the end of the process, which saves a twentieth of the work."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def print_one(entry: Entry, html: str, attachments: Sequence[Attached] = ()) -> Rendered:
    """Set one document here, which carries these files.

    Raises:
        RenderError: as `Press`.
    """
    return _press().print(entry, html).carrying(entry, attachments)


@cache
def _press() -> Press:
    """The one press of a process."""
    return Press()


def _print(page: Page) -> tuple[Entry, Printed]:
    return page[0], _press().print(*page)


def _style() -> str:
    return (HERE / "style.css").read_text()


def check_characters(entry: Entry, html: str) -> None:
    """See that the shipped fonts hold every character, whatever fonts the machine has beside them.

    Raises:
        RenderError: they do not; names document and code points.
    """
    odd = sorted({ord(character) for character in unescape(html)} - shipped_characters())
    if odd:
        points = ", ".join(f"U+{code:04X}" for code in odd)
        raise RenderError(f"{entry.number} ({entry.template}): {points} is in no font of submission/fonts")


def check_fonts(entry: Entry, names: Iterable[str]) -> None:
    """See that a document was set in the shipped fonts and in no other.

    Raises:
        RenderError: it was not; names document and fonts.
    """
    odd = sorted(name for name in names if not name.split("+")[-1].startswith(FAMILIES))
    if odd:
        raise RenderError(
            f"{entry.number} ({entry.template}): set in {', '.join(odd)}, not in a font of submission/fonts"
        )
