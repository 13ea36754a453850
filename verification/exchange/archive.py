"""The bytes of a ReqIF file, out of its archive (`.reqifz`, a zip file) if it lies in one; nothing is unpacked."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path

LARGEST_BYTES = 200_000_000
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError)
"""What the library raises of an archive; the last two where it is packed in a way of its own, or has a password."""


def read_content(path: Path) -> tuple[bytes, list[str]]:
    """The content of the ReqIF file, and the names of other files in its archive.

    Raises:
        OSError, ValueError: it cannot be read, is too large, or there is not one ReqIF file in the archive.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return _bounded(file.read(LARGEST_BYTES + 1)), []
    try:
        with zipfile.ZipFile(path) as archive:
            names = [each.filename for each in archive.infolist() if not each.is_dir()]
            files = [name for name in names if name.lower().endswith(".reqif")]
            if len(files) != 1:
                found = ", ".join(files) or "none"
                raise ValueError(
                    f"found the ReqIF files {found} in the archive, expected one; unpack it and import each"
                )
            with archive.open(files[0]) as file:
                return _bounded(file.read(LARGEST_BYTES + 1)), [name for name in names if name != files[0]]
    except _BROKEN as error:
        raise ValueError(f"the archive cannot be read: {error}; unpack it, and import the .reqif file in it") from None


def _bounded(content: bytes) -> bytes:
    if len(content) > LARGEST_BYTES:
        raise ValueError(f"found more than {LARGEST_BYTES} bytes, expected at most that; export fewer items at a time")
    return content
