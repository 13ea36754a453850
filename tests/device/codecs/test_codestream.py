"""Codestreams are judged whole before a codec sees them: one picture, of the header's size, to its end marker."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread, uid
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1

import device
from device.codestream import find_end, has_end, read_fragments, read_head
from verification.steps.radiographs import phantom, radiograph, save, secondary_capture, transcode

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


# --- what codecs do not notice ----------------------------------------------------------------------------------------


def judged(path: Path, release: device.Release, intake: device.Intake = device.Intake.CLINICAL) -> list[str]:
    return [one.code for one in device.gate(path, release, intake).rejections]


def replace_frame(path: Path, frame: bytes) -> None:
    """Give a compressed image another codestream, as its one fragment."""
    image = dcmread(path)
    image.PixelData = encapsulate([frame])
    image.save_as(path)


def test_a_jpeg_2000_picture_without_a_tile_is_undecodable(tmp_path: Path, release: device.Release) -> None:
    path = save(radiograph(phantom(600, 640)), tmp_path / "image.dcm")
    stored = np.frombuffer(dcmread(path).PixelData, "<u2").reshape(600, 640)
    transcode(path, JPEG2000Lossless)
    encoded = io.BytesIO()
    Image.fromarray(stored).save(encoded, "JPEG2000", no_jp2=True, tile_size=(320, 200))
    frame = encoded.getvalue()
    replace_frame(path, frame)
    assert judged(path, release) == []
    starts = [at for at in range(len(frame)) if frame.startswith(b"\xff\x90\x00\x0a", at)]
    assert len(starts) == 6
    for number in (0, 3, 5):
        end = starts[number + 1] if number < 5 else len(frame) - 2
        replace_frame(path, frame[: starts[number]] + frame[end:])
        assert judged(path, release) == ["PIXELS_UNDECODABLE"]


def test_many_markers_in_a_scan_cost_no_memory(tmp_path: Path) -> None:
    path = save(radiograph(phantom(600, 640)), tmp_path / "image.dcm")
    transcode(path, JPEGLosslessSV1)
    frame = b"".join(read_fragments(dcmread(path).PixelData))
    at = frame.index(b"\xff\xda") + 10
    tracemalloc.start()
    assert find_end(frame[:at] + b"\xff\x01" * 10**7 + frame[at:], str(JPEGLosslessSV1)) is None
    assert tracemalloc.get_traced_memory()[1] < 100 * 10**6
    tracemalloc.stop()


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    """A Secondary Capture image in baseline JPEG, which research intake takes."""
    path = save(secondary_capture(phantom(600, 640)), tmp_path / "image.dcm")
    transcode(path, JPEGBaseline8Bit)
    return path


def test_a_baseline_scan_that_ends_early_is_not_filled_up(baseline: Path, release: device.Release) -> None:
    assert judged(baseline, release, device.Intake.RESEARCH) == []
    frame = b"".join(read_fragments(dcmread(baseline).PixelData)).rstrip(b"\x00")
    for share in (0.5, 0.9, 0.98):
        replace_frame(baseline, frame[: int(share * len(frame))] + b"\xff\xd9")
        assert judged(baseline, release, device.Intake.RESEARCH) == ["PIXELS_UNDECODABLE"]


@pytest.mark.parametrize(
    "frame",
    [
        imagecodecs.jpeg8_encode(phantom(600, 640), lossless=True, predictor=1),
        imagecodecs.jpeg8_encode(phantom(600, 640).astype(np.uint16) << 4, bitspersample=12),
        imagecodecs.jpegls_encode(phantom(600, 640)),
    ],
    ids=["another process", "more bits than are allocated", "JPEG-LS"],
)
def test_a_codestream_of_another_process_is_undecodable(
    frame: bytes, baseline: Path, release: device.Release
) -> None:  # fmt: skip
    replace_frame(baseline, frame)
    assert judged(baseline, release, device.Intake.RESEARCH) == ["PIXELS_UNDECODABLE"]
