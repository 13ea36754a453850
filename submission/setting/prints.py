"""What has been set already: a document whose markup, files, style and fonts are as they were is not set again.

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

from submission.setting.render import Page, Rendered, print_all
from submission.words.folders import FONTS, HERE
from submission.words.ledger import Claim, Said
from verification.evidence import write_atomically

KEPT = 1000
"""Prints that are kept, of about 0.3 MB each; those unused for longest go first."""

LIBRARIES = ("weasyprint", "pydyf", "fonttools", "tinyhtml5", "tinycss2", "cssselect2", "Pyphen", "pillow")
"""The packages of Python that have a part in a print."""


def find_folder() -> Path:
    """The folder of prints that all checkouts of a user share."""
    named = os.environ.get("CLEARWAY_CACHE")
    mine = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(named) if named else mine / "clearway") / "prints"


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a print: all of it but its entry in the catalogue."""

    content: bytes
    pages: int
    content_sha256: str
    claims: tuple[Claim, ...]
    said: tuple[tuple[Said, ...], ...]
    indications: str
    places: dict[str, int]


class Prints:
    """Earlier prints in a folder, each by the digest of all that it was made from. A damaged one is as good as none."""

    def __init__(self, folder: Path) -> None:
        """Let `folder` hold them; it need not exist."""
        self._folder = folder

    def print_all(self, pages: Sequence[Page], progress: Callable[[str], None]) -> Iterator[Rendered]:
        """Yield every document, in no order; those are set that no earlier print shows.

        Raises:
            RenderError: as `submission.setting.render.print_all`.
        """
        missing = []
        for page in pages:
            found = self._find(page)
            if found is None:
                missing.append(page)
            else:
                yield found
        paths = {page[0].number: self._path(page) for page in missing}
        for rendered in print_all(missing, progress):
            self._keep(paths[rendered.entry.number], rendered)
            yield rendered

    def prune(self) -> None:
        """Remove what was used longest ago."""
        with suppress(OSError):  # another process prunes too
            paths = sorted(self._folder.glob("*.print"), key=lambda path: path.stat().st_mtime, reverse=True)
            for path in paths[KEPT:]:
                path.unlink(missing_ok=True)

    def _path(self, page: Page) -> Path:
        entry, html, files = page
        parts = [html.encode()]
        for name, content, said in files:
            parts += [name.encode(), content, said.encode()]
        digests = b"".join(hashlib.sha256(part).digest() for part in parts)
        return self._folder / f"{hashlib.sha256(press_digest() + entry.number.encode() + digests).hexdigest()}.print"

    def _find(self, page: Page) -> Rendered | None:
        path = self._path(page)
        try:
            kept = path.read_bytes()
            digest, _, content = kept.partition(b"\n")
            if digest.decode() != hashlib.sha256(content).hexdigest():
                return None
            told = msgspec.msgpack.decode(content, type=_Kept)
            os.utime(path)
        except (OSError, ValueError, msgspec.MsgspecError):
            return None
        return Rendered(page[0], **{name: getattr(told, name) for name in _Kept.__struct_fields__})

    def _keep(self, path: Path, rendered: Rendered) -> None:
        told = _Kept(**{name: getattr(rendered, name) for name in _Kept.__struct_fields__})
        content = msgspec.msgpack.encode(told)
        try:
            write_atomically(path, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        except OSError:  # the next build sets it again
            return


@cache
def press_digest() -> bytes:
    """The digest of what every print depends on beside its markup: our code that sets, style, fonts and libraries."""
    code = (HERE / name for name in ("setting/render.py", "words/ledger.py", "setting/pdf.py", "style.css"))
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
