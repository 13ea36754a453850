"""Codecs in a process of their own: what one of them does to its process, it does to no other file.

The process is forked from this one when the first frame is decoded and lives until this one ends. A frame goes to it
through a socket, the picture comes back through memory that both see. A frame that ends the process, or that takes too
long, fails; the next one is decoded in a new process.
"""

from __future__ import annotations

import json
import mmap
import os
import resource
import select
import signal
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile
from pydicom import Dataset, FileMetaDataset, uid
from pydicom.pixels import get_decoder

from device.errors import DecodingError
from device.limits import LARGEST_SIDE

DECODERS = dict.fromkeys((uid.JPEGLossless, uid.JPEGLosslessSV1), "gdcm")
DECODERS |= dict.fromkeys((uid.JPEGLSLossless, uid.JPEGLSNearLossless), "pyjpegls")
DECODERS |= dict.fromkeys((uid.JPEG2000Lossless, uid.JPEG2000, uid.JPEGBaseline8Bit), "pillow")
"""pydicom's decoder of each encapsulated syntax. gdcm reads them all, but malformed JPEG 2000 makes it abort."""

LARGEST_PICTURE = 2 * LARGEST_SIDE**2
"""Bytes of the largest picture that the gate lets through: the memory that both processes see."""

SECONDS = 60.0
"""How long a codec may take for a frame."""

MEMORY = 2 * 2**30
"""How many bytes more than now the codecs' process may reserve."""

DESCRIBED = (
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation",
)  # fmt: skip
"""What a codec is told of a picture."""


class CodecError(ValueError):
    """A codec found that the pixel data are not of their encoding; the gate makes a rejection of it."""


def decode_frame(header: Dataset, data: bytes) -> NDArray[np.integer[Any]]:
    """What the codec makes of encapsulated pixel data of one frame, in the codecs' process.

    Args:
        header: an image whose header was accepted.
        data: its pixel data: an offset table, and the fragments of one frame.

    Returns:
        Axis order (rows, columns), integers; the bits above Bits Stored may be anything.

    Raises:
        CodecError: the codec gave it up, or found another picture.
        DecodingError: the process ended, or took too long: that says nothing of the image.
        MemoryError: it needs more memory than it may have.

    Implements: SRS-013, SRS-045
    """
    described = {keyword: header.get(keyword) for keyword in DESCRIBED}
    syntax = str(header.file_meta.TransferSyntaxUID)
    with _LOCK:
        process = _process()
        answer = process.ask({"syntax": syntax, "bytes": len(data), **described}, data)
        kind, said = answer["kind"], answer["said"]
        if kind == "picture":
            shape = header.Rows, header.Columns
            return np.frombuffer(process.picture, said, shape[0] * shape[1]).reshape(shape).copy()
    if kind == "codec":
        raise CodecError(said)
    raise MemoryError(said) if kind == "memory" else DecodingError(said)


# --- this side --------------------------------------------------------------------------------------------------------

_LOCK = threading.Lock()
_RUNNING: list[_Process] = []


def _process() -> _Process:
    """The codecs' process of this process; another's, which was there before a fork, is not this one's."""
    if not (_RUNNING and _RUNNING[0].owner == os.getpid()):
        _RUNNING[:] = [_Process()]
    return _RUNNING[0]


class _Process:
    """The codecs' process, seen from the one that asks."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.picture = mmap.mmap(-1, LARGEST_PICTURE)  # pages that no picture reaches are never held
        self.ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            self.ours.close()
            _serve(theirs, self.picture, self.owner)
        theirs.close()

    def ask(self, request: dict[str, Any], data: bytes) -> dict[str, str]:
        """Send a request with its pixel data, wait for the answer; if there is none, end the process, and say why."""
        line = json.dumps(request).encode() + b"\n"
        self.ours.settimeout(SECONDS)
        try:
            self.ours.sendall(line + data)
            if told := _receive_line(self.ours):
                answer: dict[str, str] = json.loads(told)
                return answer
            why = "its process ended"
        except TimeoutError:
            why = f"it took more than {SECONDS:.0f} s"
        except OSError:
            why = "its process ended"
        said = f"the codec of {uid.UID(request['syntax']).name}: {why}{self.end()}"
        return {"kind": "ended", "said": said}

    def end(self) -> str:
        """End the process, so that the next frame gets a new one; how it ended by itself, if it did."""
        _RUNNING.clear()
        self.ours.close()
        ended = 0
        with suppress(ChildProcessError):
            ended, status = os.waitpid(self.pid, os.WNOHANG) if _ends_soon(self.pid) else (0, 0)
            if not ended:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        return f" by signal {os.WTERMSIG(status)}" if ended and os.WIFSIGNALED(status) else ""


def _ends_soon(pid: int) -> bool:
    """Wait a moment for a process that has closed its socket, without taking note of its end."""
    for _ in range(100):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        time.sleep(0.01)
    return False


def _receive_line(end: socket.socket) -> bytes:
    """Up to a line feed; nothing if the other side has gone."""
    line = b""
    while not line.endswith(b"\n"):
        if not (part := end.recv(4096)):
            return b""
        line += part
    return line


# --- the codecs' side -------------------------------------------------------------------------------------------------


def _serve(asked: socket.socket, picture: mmap.mmap, parent: int) -> NoReturn:
    """Decode what is asked for until nobody asks any more."""
    try:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN if each == signal.SIGINT else signal.SIG_DFL)
        _let_go(asked.fileno())
        _limit()
        told = asked.makefile("rb")
        while _is_asked(asked, parent) and (line := told.readline()):
            request = json.loads(line)
            answer = _answer(request, told.read(request["bytes"]), picture)
            asked.sendall(json.dumps(answer).encode() + b"\n")
    finally:
        os._exit(0)


def _let_go(own: int) -> None:
    """Hold no file that was open when this process was forked, above all not the image that was being read."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    with suppress(OSError):  # a system without this folder keeps them open
        for each in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
            if each > 2 and each != own:
                with suppress(OSError):
                    os.close(each)


def _limit() -> None:
    """Bound what a codec may reserve, and let a crash write no picture of a patient to a disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # a system without this file has no such limit
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))


def _is_asked(asked: socket.socket, parent: int) -> bool:
    """Wait for a request; false if the process that asks has gone, of whose socket a fork may hold a copy."""
    while os.getppid() == parent:
        if select.select([asked], [], [], 1.0)[0]:
            return True
    return False


def _answer(request: dict[str, Any], data: bytes, picture: mmap.mmap) -> dict[str, str]:
    try:
        stored = _decode(request, data)
    except CodecError as error:
        return {"kind": "codec", "said": str(error)}
    except MemoryError:
        return {"kind": "memory", "said": f"decoding needs more than {MEMORY} bytes"}
    except ImportError as error:  # a fault of the installation says nothing of the image
        return {"kind": "installation", "said": str(error)}
    picture[: stored.nbytes] = stored.tobytes()
    return {"kind": "picture", "said": stored.dtype.str}


def _decode(request: dict[str, Any], data: bytes) -> NDArray[np.integer[Any]]:
    image = Dataset()
    for keyword in DESCRIBED:
        setattr(image, keyword, request[keyword])
    syntax = uid.UID(request["syntax"])
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = syntax
    image.PixelData = data
    plugin = DECODERS.get(syntax, "")
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # of the whole process: another library in it may have allowed them
    try:
        with warnings.catch_warnings():  # more pixels than the header describes are another image, not padding
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message="The decoded RLE segment")
            with _raise_complaints() if plugin == "gdcm" else nullcontext():
                stored, _ = get_decoder(syntax).as_array(image, raw=True, decoding_plugin=plugin)
    except (MemoryError, ImportError):
        raise
    except Exception as error:  # codecs raise whatever a malformed byte leads them to
        raise CodecError(" ".join(str(error).split()) or type(error).__name__) from error
    if stored.shape != (image.Rows, image.Columns):
        raise CodecError(f"the pixel data decode to {stored.shape}, not to one frame of one sample")
    return stored


@contextmanager
def _raise_complaints() -> Iterator[None]:
    """The codec of gdcm goes on with made-up values where it meets no code, and tells only file descriptor 2 so.

    Raises:
        CodecError: what it told.
    """
    with tempfile.TemporaryFile() as told:
        kept = os.dup(2)
        try:
            os.dup2(told.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        told.seek(0)
        if complaint := told.readline().decode(errors="replace").strip():
            raise CodecError(complaint)
