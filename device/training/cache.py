"""Model inputs kept on disk between epochs and runs, each under the SHA-256 of the file that it was made from."""

from __future__ import annotations

import hashlib
import inspect
import os
import threading
import zlib
from importlib import metadata
from pathlib import Path

import numpy as np

from device import codestream, decoding, dicom, display, elements, lossless, preprocessing, research
from device.types import Geometry, ModelInput

INPUTS, LINES = "inputs.f32", "inputs.txt"
MADE_BY = (codestream, decoding, dicom, display, elements, lossless, preprocessing, research)
"""The modules that make an input of a file: another state of them makes another cache."""
LIBRARIES = ("imagecodecs", "numpy", "pillow", "pydicom", "pylibjpeg-rle")


class InputCache:
    """Inputs of one geometry in a folder: `inputs.f32` holds one after the other, `inputs.txt` a line for each.

    A line is the SHA-256 of the file, the place of the input and its CRC-32. Both only grow; an input without a line,
    and a line without a whole input, count for nothing. Threads of one process may use it together, two processes may
    not: the second gets a cache that reads nothing and keeps nothing.
    """

    def __init__(self, root: Path, geometry: Geometry, most_bytes: int) -> None:
        """Open the cache of a geometry below `root`; inputs are kept until it holds `most_bytes`."""
        self._shape = geometry.rows, geometry.columns, 1
        self._size = 4 * geometry.rows * geometry.columns
        self._most = most_bytes // self._size
        self._places: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        folder = root / describe_inputs(geometry)[:16]
        folder.mkdir(parents=True, exist_ok=True)
        self._inputs = os.open(folder / INPUTS, os.O_RDWR | os.O_CREAT, 0o644)
        self._lines = os.open(folder / LINES, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._open = _lock_file(self._lines)
        if self._open:
            self._read_lines(folder / LINES)

    def _read_lines(self, path: Path) -> None:
        """Take what is whole: lines that end, of inputs that are there; a line that does not end is cut off."""
        whole = path.read_bytes().rpartition(b"\n")[0]
        os.ftruncate(self._lines, len(whole) + bool(whole))
        self._count = os.fstat(self._inputs).st_size // self._size
        for line in whole.decode().splitlines():
            digest, place, check = line.split()
            if int(place) < self._count:
                self._places[digest] = int(place), int(check, 16)

    def get(self, digest: str) -> ModelInput | None:
        """The input of the file with this SHA-256; None if it is not kept, or no longer what it was."""
        if (found := self._places.get(digest)) is None:
            return None
        place, check = found
        content = os.pread(self._inputs, self._size, place * self._size)
        if len(content) != self._size or zlib.crc32(content) != check:
            return None
        return np.frombuffer(content, np.float32).reshape(self._shape)

    def put(self, digest: str, made: ModelInput) -> None:
        """Keep an input, unless the cache is full or has one of this file."""
        content = np.ascontiguousarray(made, np.float32).data.cast("B")
        with self._lock:
            if not self._open or digest in self._places or self._count >= self._most:
                return
            place, self._count = self._count, self._count + 1
            self._places[digest] = place, -1  # nobody else writes it, and until it is there no check fits
        check = zlib.crc32(content)
        os.pwrite(self._inputs, content, place * self._size)
        os.write(self._lines, f"{digest} {place} {check:08x}\n".encode())
        self._places[digest] = place, check

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Let go of the files."""
        os.close(self._inputs)
        os.close(self._lines)


def describe_inputs(geometry: Geometry) -> str:
    """The SHA-256 of all that an input depends on beside its file: geometry, our own code, the libraries' versions."""
    parts = [repr(geometry), *(inspect.getsource(module) for module in MADE_BY)]
    parts += [f"{name} {metadata.version(name)}" for name in LIBRARIES]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _lock_file(handle: int) -> bool:
    """Whether nobody else has the file."""
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
