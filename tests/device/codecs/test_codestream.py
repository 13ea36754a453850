"""Codestreams are judged whole before a codec sees them: one picture, of the header's size, to its end marker."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread, uid
from pydicom.encaps import get_frame

from device.codestream import find_end, has_end, read_fragments, read_head
from verification.steps.radiographs import phantom, radiograph, save, transcode

SYNTAXES = [
    uid.JPEGLossless, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEGLSNearLossless,
    uid.JPEG2000Lossless, uid.JPEG2000,
]  # fmt: skip


@pytest.fixture(params=SYNTAXES, ids=lambda one: one.name)
def stream(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[bytes, uid.UID]:
    path = save(radiograph(phantom(520, 600)), tmp_path / "image.dcm")
    transcode(path, request.param)
    return get_frame(dcmread(path).PixelData, 0, number_of_frames=1).rstrip(b"\0"), request.param


def test_a_codestream_ends_at_its_end_marker(stream: tuple[bytes, uid.UID]) -> None:
    content, syntax = stream
    assert find_end(content, syntax) == len(content)
    assert find_end(content + b"\0", syntax) == len(content)
    assert find_end(content + content, syntax) == len(content)
    head = read_head(content)
    assert head is not None
    assert head[:3] == (520, 600, 1)
    assert 12 <= head.precision <= 16


def test_a_codestream_that_was_cut_has_no_end(stream: tuple[bytes, uid.UID]) -> None:
    content, syntax = stream
    half = content[: len(content) // 2]
    assert not has_end(half)
    assert find_end(half, syntax) is None
    assert has_end(content)
    assert has_end(content + b"\0")


@pytest.mark.parametrize("length", [0, 1, 2, 3, 10, 40, 60])
def test_the_first_bytes_alone_are_no_codestream(stream: tuple[bytes, uid.UID], length: int) -> None:
    content, syntax = stream
    assert find_end(content[:length], syntax) is None


def test_a_start_that_is_no_marker_is_no_head(stream: tuple[bytes, uid.UID]) -> None:
    content, syntax = stream
    assert read_head(b"\0" + content[1:]) is None
    assert read_head(content[:2] + b"\x55" * (len(content) - 2)) is None
    assert find_end(b"\0" + content[1:], syntax) is None or syntax in (uid.JPEG2000Lossless, uid.JPEG2000)


ITEM = b"\xfe\xff\x00\xe0"


def item(content: bytes) -> bytes:
    return ITEM + len(content).to_bytes(4, "little") + content


@pytest.mark.parametrize(
    ("data", "fragments"),
    [
        (item(b"") + item(b"ab"), [b"ab"]),
        (item(bytes(4)) + item(b"ab") + item(b"cd"), [b"ab", b"cd"]),
        (item(b""), None),
        (b"", None),
        (item(b"") + item(b"abcd")[:-2], None),
        (item(b"") + b"\xff" + item(b"ab"), None),
        (item(b"") + item(b"ab") + ITEM, None),
    ],
)
def test_fragments_are_whole_or_none(data: bytes, fragments: list[bytes] | None) -> None:
    assert read_fragments(data) == fragments
