"""What has been set already: a document whose markup, files, style and fonts are as they were is not set again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

from submission.setting.render import Page, Rendered, print_all
from submission.words.folders import FONTS, HERE
from submission.words.ledger import Claim, Said
from verification.evidence import write_atomically

KEPT = 300
"""Prints that are kept; those unused for longest go first."""


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
    found = hashlib.sha256(" ".join(version(name) for name in ("weasyprint", "pydyf", "fonttools")).encode())
    for path in (*code, *sorted(FONTS.iterdir())):
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.digest()
