"""Given: how the pixel data of a file are encoded, and what is wrong with their fragments and codestreams."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydicom import dcmread
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import UID
from pytest_bdd import given, parsers

from verification.steps import radiographs
from verification.steps.bench import Bench
from verification.steps.given.files import noise

ITEM = b"\xfe\xff\x00\xe0"
"""The tag of a fragment (PS3.5 A.4)."""


@given(parsers.parse("it is encoded in {uid}, {name}"))
def encoded(bench: Bench, uid: str, name: str) -> None:  # noqa: ARG001 the name is for the reader
    """Write the image in this transfer syntax; its name is for the reader."""
    encode(bench, uid)


def encode(bench: Bench, uid: str) -> None:
    """Write the image in a transfer syntax, its pixel data encoded accordingly."""
    syntax = UID(uid)
    if syntax.is_compressed:
        radiographs.transcode(bench.file(), syntax)
    else:
        bench.image.file_meta.TransferSyntaxUID = syntax
        bench.file()


@given(parsers.parse("it claims to be encoded in {uid}, {name}"))
def claimed(bench: Bench, uid: str, name: str) -> None:  # noqa: ARG001 the name is for the reader
    """State this transfer syntax of pixel data that are not encoded so; encapsulated ones hold no codestream."""
    syntax = UID(uid)
    if syntax.is_encapsulated:
        bench.image.PixelData = encapsulate([b"\xff\xd8 no codestream of any kind \xff\xd9"])
        bench.image["PixelData"].VR = "OB"
        bench.image["PixelData"].is_undefined_length = True
    bench.image.file_meta.TransferSyntaxUID = syntax


@given("its compressed pixel data end halfway")
def half_codestream(bench: Bench) -> None:
    """Cut the one frame after its first half, an even number of bytes."""
    rewrite_frame(bench.file(), lambda frame: frame[: len(frame) // 4 * 2])


@given("its compressed pixel data are overwritten with noise")
def noisy_codestream(bench: Bench) -> None:
    """Put noise in the place of the one frame, of its length, with an end marker (FF D9)."""
    rewrite_frame(bench.file(), lambda frame: noise(len(frame) // 2 * 2 - 2) + b"\xff\xd9")


@given("its codestream lacks its second half but for the end marker")
def half_codestream_with_end(bench: Bench) -> None:
    """Cut the one frame after its first half and put an end marker (FF D9) behind it."""
    rewrite_frame(bench.file(), lambda frame: frame[: len(frame) // 4 * 2] + b"\xff\xd9")


@given(parsers.parse("its codestream holds a comment of {count:d} bytes"))
def comment(bench: Bench, count: int) -> None:
    """Insert a comment segment (COM) with so many bytes of noise behind the start of the image."""
    segment = b"\xff\xfe" + (count + 2).to_bytes(2, "big") + noise(count)  # ISO/IEC 10918-1 B.2.4.5
    rewrite_frame(bench.file(), lambda frame: frame[:2] + segment + frame[2:])


@given(parsers.parse("its codestream states {what}"))
def stated_in_codestream(bench: Bench, what: str) -> None:
    """Write into the SIZ segment (ISO/IEC 15444-1 A.5.1): XOsiz at 16, YOsiz at 20, Csiz at 40."""
    place, value = {
        "an offset of 100 columns": (16, (100).to_bytes(4, "big")),
        "an offset of 100 rows": (20, (100).to_bytes(4, "big")),
        "257 samples": (40, (257).to_bytes(2, "big")),
    }[what]
    rewrite_frame(bench.file(), lambda frame: frame[:place] + value + frame[place + len(value) :])


def rewrite_frame(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Replace the one frame of encapsulated pixel data, in place."""
    image = dcmread(path)
    image.PixelData = encapsulate([change(get_frame(image.PixelData, 0, number_of_frames=1))])
    image.save_as(path)


@given("its pixel data hold an offset table and no fragment")
def no_fragment(bench: Bench) -> None:
    """Leave of the encapsulated pixel data an empty offset table alone."""
    image = dcmread(bench.file())
    image.PixelData = ITEM + bytes(4)
    image.save_as(bench.file())


@given(parsers.parse("its last fragment states {count:d} bytes more than it has"))
def overstated_fragment(bench: Bench, count: int) -> None:
    """State a length of the last fragment that is so many bytes above that of its data."""
    image = dcmread(bench.file())
    (frame,) = [get_frame(image.PixelData, 0, number_of_frames=1)]
    before, length = image.PixelData[: -len(frame) - 4], len(frame) + count
    image.PixelData = before + length.to_bytes(4, "little") + frame
    image.save_as(bench.file())


@given(parsers.parse("its frame is split into {count:d} fragments {how} an offset table"))
def fragments(bench: Bench, count: int, how: str) -> None:
    """Encapsulate the one frame in so many fragments, behind a basic offset table that is filled or empty."""
    image = dcmread(bench.file())
    frame = get_frame(image.PixelData, 0, number_of_frames=1)
    image.PixelData = encapsulate([frame], fragments_per_frame=count, has_bot=how == "with")
    image.save_as(bench.file())
