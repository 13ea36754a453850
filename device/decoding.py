"""Codecs in a process of their own: what one of them does to its process, it does to no other file.

The process is forked from this one when the first frame is decoded and lives until this one ends. A frame goes to it
through a socket, the picture comes back through memory that both see. A frame that ends the process, or that takes too
long, fails; the next one is decoded in a new process.
"""

from __future__ import annotations

import json
import mmap
import operator
import os
import resource
import select
import signal
import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, uid

from device import processes
from device.codestream import lengthen
from device.errors import DecodingError
from device.limits import DECODING_BYTES, DECODING_SECONDS, LARGEST_SIDE
from device.lossless import fits_scan

LOSSLESS_JPEG = frozenset({uid.JPEGLossless, uid.JPEGLosslessSV1})

DECODERS: dict[str, str] = dict.fromkeys((*LOSSLESS_JPEG, uid.JPEGBaseline8Bit), "jpeg8_decode")
DECODERS |= dict.fromkeys((uid.JPEGLSLossless, uid.JPEGLSNearLossless), "jpegls_decode")
DECODERS |= dict.fromkeys((uid.JPEG2000Lossless, uid.JPEG2000), "jpeg2k_decode")
"""What decodes each codestream, in imagecodecs: with libjpeg-turbo, CharLS and OpenJPEG."""

LARGEST_PICTURE = 2 * LARGEST_SIDE**2
"""Bytes of the largest picture that the gate lets through: the memory that both processes see."""


class CodecError(ValueError):
    """A codec found that the pixel data are not of their encoding; the gate makes a rejection of it."""


def decode_frame(header: Dataset, frame: bytes) -> NDArray[np.integer[Any]]:
    """What the codec makes of a frame, in the codecs' process; where a codec fills up what lacks, it is found out.

    Args:
        header: an image whose header was accepted.
        frame: its one frame, encoded as its transfer syntax says.

    Returns:
        Axis order (rows, columns), integers; the bits above Bits Stored may be anything.

    Raises:
        CodecError: the codec gave it up, or found another picture.
        DecodingError: the process ended, or took too long: that says nothing of the image.
        MemoryError: it needs more memory than it may have.

    Implements: SRS-013, SRS-045
    """
    stored = _ask(header, frame)
    syntax = header.file_meta.TransferSyntaxUID
    if syntax in LOSSLESS_JPEG and not fits_scan(stored, frame):
        raise CodecError("the scan has not the codes of the picture that it decodes to")
    if syntax == uid.JPEGBaseline8Bit and not np.array_equal(stored, _ask(header, lengthen(frame))):
        raise CodecError("the scan ends before the picture that it decodes to")
    return stored


def _ask(header: Dataset, frame: bytes) -> NDArray[np.integer[Any]]:
    """Have a frame decoded; raise what the answer says."""
    asked = Asked(header.file_meta.TransferSyntaxUID, len(frame), header.Rows, header.Columns, header.BitsAllocated)
    with _LOCK:
        process = _process()
        answer = process.ask(asked, frame)
        kind, said = answer["kind"], answer["said"]
        if kind == "picture":
            return _view(process.picture, asked, said).copy()
    if kind == "codec":
        raise CodecError(said)
    raise MemoryError(said) if kind == "memory" else DecodingError(said)


class Asked(NamedTuple):
    """What a codec is told of a frame: its transfer syntax and length, and what its picture is to be."""

    syntax: str
    bytes: int
    rows: int
    columns: int
    bits_allocated: int


def _view(picture: mmap.mmap, asked: Asked, dtype: str) -> NDArray[np.integer[Any]]:
    """The picture in the memory that both processes see, axis order (rows, columns)."""
    return np.frombuffer(picture, dtype, asked.rows * asked.columns).reshape(asked.rows, asked.columns)


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

    def ask(self, asked: Asked, frame: bytes) -> dict[str, str]:
        """Send a frame, wait for the answer; if there is none, end the process, and say why."""
        self.ours.settimeout(DECODING_SECONDS)
        why = "its process ended"
        try:
            self.ours.sendall(json.dumps(asked).encode() + b"\n")
            self.ours.sendall(frame)
            if told := _receive_line(self.ours):
                answer: dict[str, str] = json.loads(told)
                return answer
        except TimeoutError:
            why = f"it took more than {DECODING_SECONDS:.0f} s"
        except OSError:
            pass
        except BaseException:  # interrupted: its answer, which is to come, must not be taken for that on another image
            self.end()
            raise
        said = f"the codec of {uid.UID(asked.syntax).name}: {why}{self.end()}"
        return {"kind": "ended", "said": said}

    def end(self) -> str:
        """End the process, so that the next frame gets a new one; how it ended by itself, if it did."""
        _RUNNING.clear()
        self.ours.close()
        return processes.end(self.pid)


def _receive_line(end: socket.socket) -> bytes:
    """Up to a line feed; nothing if the other side has gone."""
    line = b""
    while not line.endswith(b"\n"):
        if not (part := end.recv(4096)):
            return b""
        line += part
    return line


# --- the codecs' side -------------------------------------------------------------------------------------------------


def _serve(theirs: socket.socket, picture: mmap.mmap, parent: int) -> NoReturn:
    """Decode what is asked for until nobody asks any more."""
    try:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN if each == signal.SIGINT else signal.SIG_DFL)
        _let_go(theirs.fileno())
        _limit()
        told = theirs.makefile("rb")
        while _is_asked(theirs, parent) and (line := told.readline()):
            asked = Asked(*json.loads(line))
            answer = _answer(asked, told.read(asked.bytes), picture)
            theirs.sendall(json.dumps(answer).encode() + b"\n")
    finally:
        os._exit(0)


def _let_go(own: int) -> None:
    """Hold no file that was open when this process was forked, above all not the image that was being read.

    What codecs say on the standard streams is said to nobody; what they raise is answered.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
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
        resource.setrlimit(resource.RLIMIT_AS, (held + DECODING_BYTES, held + DECODING_BYTES))


def _is_asked(theirs: socket.socket, parent: int) -> bool:
    """Wait for a request; false if the process that asks has gone, of whose socket a fork may hold a copy."""
    while os.getppid() == parent:
        if select.select([theirs], [], [], 1.0)[0]:
            return True
    return False


def _answer(asked: Asked, frame: bytes, picture: mmap.mmap) -> dict[str, str]:
    try:
        stored = _decode(asked, frame)
    except CodecError as error:
        return {"kind": "codec", "said": str(error)}
    except MemoryError:
        return {"kind": "memory", "said": f"decoding needs more than {DECODING_BYTES} bytes"}
    except ImportError as error:  # a fault of the installation says nothing of the image
        return {"kind": "installation", "said": str(error)}
    _view(picture, asked, stored.dtype.str)[:] = stored
    return {"kind": "picture", "said": stored.dtype.str}


def _decode(asked: Asked, frame: bytes) -> NDArray[np.integer[Any]]:
    import imagecodecs  # 0.1 s, and not needed before a frame is encoded

    try:
        if asked.syntax == uid.RLELossless:
            stored = _decode_rle(frame, asked)
        else:
            stored = getattr(imagecodecs, DECODERS[asked.syntax])(frame)
    except (MemoryError, ImportError):
        raise
    except BaseException as error:  # codecs raise whatever a malformed byte leads them to; that of Rust, a panic
        raise CodecError(" ".join(str(error).split()) or type(error).__name__) from error
    if stored.shape != (asked.rows, asked.columns):
        raise CodecError(f"the pixel data decode to {stored.shape}, not to one frame of one sample")
    return stored


def _decode_rle(frame: bytes, asked: Asked) -> NDArray[np.integer[Any]]:
    """A segment for each byte of a value, the greatest first, each of as many bytes as there are pixels (PS3.5 G.2)."""
    from rle.rle import decode_segment

    count, pixels = asked.bits_allocated // 8, asked.rows * asked.columns
    stated, *offsets = struct.unpack("<16I", frame[:64])
    ends = [*offsets[1:count], len(frame)]
    if stated != count or offsets[0] != 64 or any(offsets[count:]) or any(map(operator.ge, offsets[:count], ends)):
        raise CodecError(f"the header of the RLE segments states {stated} segments at {offsets}")
    values = np.empty((pixels, count), np.uint8)
    for place, (start, end) in enumerate(zip(offsets[:count], ends, strict=True)):
        segment = decode_segment(frame[start:end])
        if len(segment) != pixels:
            raise CodecError(f"a segment decodes to {len(segment)} bytes, not to {pixels}")
        values[:, count - 1 - place] = np.frombuffer(segment, np.uint8)
    return values.view(f"<u{count}").reshape(asked.rows, asked.columns)
