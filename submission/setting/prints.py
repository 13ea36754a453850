"""What has been set already: a document whose markup, style and fonts are as they were is not set again.

The files that it carries are no part of a print: with other files it is only bound again.

A user's checkouts share what they have set, in `prints/` of the folder `CLEARWAY_CACHE` names, else of `clearway/` in
the user's cache. It holds nothing that is not made again without it, and may be deleted at any time.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

from submission.content.catalogue import Entry
from submission.setting.pdf import Attached
from submission.setting.press import Page, Presses, Printed, Rendered
from submission.words.folders import FONTS, HERE
from verification.evidence import write_atomically

KEPT = 1000
"""Prints that are kept, of about 0.3 MB each; those unused for longest go first."""

LIBRARIES = ("weasyprint", "pydyf", "fonttools", "tinyhtml5", "tinycss2", "cssselect2", "Pyphen", "pillow")
"""The packages of Python that have a part in a print."""


Carrying = tuple[Entry, str, Sequence[Attached]]
"""A document, its HTML and the files that its PDF carries."""


Told = Callable[[str, float], None]
"""Who hears what was done last, and the share of the work that is done."""


def nobody(_text: str, _share: float) -> None:
    """Hear nothing."""


def find_folder() -> Path:
    """The folder of prints that all checkouts of a user share."""
    named = os.environ.get("CLEARWAY_CACHE")
    mine = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(named) if named else mine / "clearway") / "prints"


class Prints:
    """Earlier prints in a folder, each by the digest of all that it was made from. A damaged one is as good as none."""

    def __init__(self, folder: Path) -> None:
        """Let `folder` hold them; it need not exist."""
        self._folder = folder
        self._presses = Presses()

    def __enter__(self) -> Prints:
        """Itself; the processes that set what is missing end with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self._presses.close()

    def print_all(self, pages: Sequence[Carrying], told: Told = nobody) -> Iterator[Rendered]:
        """Yield every document, in no order; those are set that no earlier print shows.

        Raises:
            RenderError: as `submission.setting.press.Press`.
        """
        missing, files = list[Page](), {entry.number: carried for entry, _, carried in pages}
        for entry, html, carried in pages:
            found = self._find((entry, html))
            if found is None:
                missing.append((entry, html))
            else:
                yield found.carrying(entry, carried)
        sizes = {entry.number: len(html) for entry, html in missing}
        paths = {page[0].number: self._path(page) for page in missing}
        if missing:
            told(f"documents to set: {len(missing)} of {len(pages)}", 0)
        done = 0
        for entry, printed in self._presses.print_all(missing):
            self._keep(paths[entry.number], printed)
            done += sizes[entry.number]
            told(f"{entry.number} {entry.title}", done / sum(sizes.values()))
            yield printed.carrying(entry, files[entry.number])

    def prune(self) -> None:
        """Remove what was used longest ago."""
        with suppress(OSError):  # another process prunes too
            paths = sorted(self._folder.glob("*.print"), key=lambda path: path.stat().st_mtime, reverse=True)
            for path in paths[KEPT:]:
                path.unlink(missing_ok=True)

    def _path(self, page: Page) -> Path:
        entry, html = page
        made_of = (press_digest(), entry.number.encode(), hashlib.sha256(html.encode()).digest())
        return self._folder / f"{hashlib.sha256(b''.join(made_of)).hexdigest()}.print"

    def _find(self, page: Page) -> Printed | None:
        path = self._path(page)
        try:
            kept = path.read_bytes()
            digest, _, content = kept.partition(b"\n")
            if digest.decode() != hashlib.sha256(content).hexdigest():
                return None
            found = msgspec.msgpack.decode(content, type=Printed)
            os.utime(path)
        except (OSError, ValueError, msgspec.MsgspecError):
            return None
        return found

    def _keep(self, path: Path, printed: Printed) -> None:
        content = msgspec.msgpack.encode(printed)
        try:
            write_atomically(path, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        except OSError:  # the next build sets it again
            return


@cache
def press_digest() -> bytes:
    """The digest of what every print depends on beside its markup: our code that sets, style, fonts and libraries."""
    code = (
        HERE / name
        for name in (
            "setting/press.py",
            "setting/fitting.py",
            "setting/markup.py",
            "setting/tuned.py",
            "setting/pdf.py",
            "setting/sections.py",
            "words/ledger.py",
            "style.css",
        )
    )
    versions = [sys.version, zlib.ZLIB_RUNTIME_VERSION, *_of_the_system(), *map(version, LIBRARIES)]
    found = hashlib.sha256(" ".join(versions).encode())
    for path in (*code, *sorted(FONTS.iterdir())):
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.digest()


def _of_the_system() -> Iterator[str]:
    """The versions of the system's libraries that set lines and cut fonts; nothing of one that is not found."""
    for library, function, kind in (
        ("pango-1.0", "pango_version", ctypes.c_int),
        ("harfbuzz", "hb_version_string", ctypes.c_char_p),
    ):
        if name := ctypes.util.find_library(library):
            told = getattr(ctypes.CDLL(name), function)
            told.restype = kind
            yield f"{library} {told()!r}"
