"""A lossless JPEG picture has the length of its scan, by whichever encoder; one with made-up samples has not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import UID, JPEGLossless, JPEGLosslessSV1

from device.codestream import read_fragments
from device.lossless import fits_scan, read_scan
from verification.steps.radiographs import radiograph, save, transcode

ROWS, COLUMNS = 520, 600


@pytest.fixture(scope="module")
def grey() -> NDArray[np.uint8]:
    return np.random.default_rng(7).normal(128, 40, (ROWS, COLUMNS)).clip(0, 255).astype(np.uint8)


def read_frame(path: Path) -> bytes:
    return b"".join(read_fragments(dcmread(path).PixelData))


def stored_of(path: Path) -> NDArray[np.uint16]:
    return np.frombuffer(dcmread(path).PixelData, "<u2").reshape(ROWS, COLUMNS)


@pytest.mark.parametrize("shift", [0, 3])
@pytest.mark.parametrize("predictor", range(1, 8))
def test_every_predictor_and_point_transform_of_dcmtk(
    predictor: int, shift: int, grey: NDArray[np.uint8], tmp_path: Path
) -> None:
    plain, coded = save(radiograph(grey), tmp_path / "plain.dcm"), tmp_path / "coded.dcm"
    options = ["+el", "+sv", str(predictor), "+pt", str(shift)]
    subprocess.run(["dcmcjpeg", *options, plain, coded], check=True)
    frame = read_frame(coded)
    stored = imagecodecs.jpeg8_decode(frame)
    np.testing.assert_array_equal(stored, stored_of(plain) >> shift << shift)
    assert fits_scan(stored, frame)
    assert (read_scan(frame).predictor, read_scan(frame).shift) == (predictor, shift)


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1])
def test_a_picture_of_another_length_is_found_out(syntax: UID, grey: NDArray[np.uint8], tmp_path: Path) -> None:
    path = save(radiograph(grey), tmp_path / "image.dcm")
    transcode(path, syntax)
    frame = read_frame(path)
    stored = imagecodecs.jpeg8_decode(frame)
    assert fits_scan(stored, frame)
    cut = frame[: len(frame) // 2] + b"\xff\xd9"
    assert imagecodecs.jpeg8_decode(cut).shape == stored.shape, "the decoder fills up what is missing"
    assert not fits_scan(imagecodecs.jpeg8_decode(cut), cut)
    assert not fits_scan(np.zeros_like(stored), frame)


def test_a_picture_beyond_the_precision_of_its_frame_is_found_out(grey: NDArray[np.uint8]) -> None:
    stored = grey.astype(np.uint16) << 4
    frame = imagecodecs.jpeg8_encode(stored, lossless=True, predictor=1, bitspersample=12)
    assert fits_scan(stored, frame)
    stored[-1, -1] ^= 0x1000
    assert not fits_scan(stored, frame)


def encode(stored: NDArray[np.integer], rows_an_interval: int) -> bytes:
    """Lossless JPEG by annex H, predictor 1, with restart intervals: categories in codes of 5 bits each."""
    table = bytes([0, *(0, 0, 0, 0, 17), *[0] * 11, *range(17)])
    head = b"\xff\xd8\xff\xc3" + bytes([0, 11, 16, *divmod(ROWS, 256), *divmod(COLUMNS, 256), 1, 1, 0x11, 0])
    head += b"\xff\xc4" + (2 + len(table)).to_bytes(2, "big") + table
    head += b"\xff\xdd\x00\x04" + (rows_an_interval * COLUMNS).to_bytes(2, "big")
    head += bytes([0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 0, 0])
    parts = []
    for start in range(0, ROWS, rows_an_interval):
        bits = "".join(_code(stored[start : start + rows_an_interval].astype(int)))
        bits += "1" * (-len(bits) % 8)
        parts.append(int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00"))
    scan = parts[0] + b"".join(bytes([0xFF, 0xD0 + number % 8]) + part for number, part in enumerate(parts[1:]))
    return head + scan + b"\xff\xd9"


def _code(rows: NDArray[np.integer]) -> list[str]:
    expected = np.zeros_like(rows)
    expected[:, 1:], expected[1:, 0], expected[0, 0] = rows[:, :-1], rows[:-1, 0], 2**15
    codes = []
    for each in ((rows - expected + 2**15 - 1) % 2**16 - 2**15 + 1).ravel().tolist():  # -32767 to 32768
        bits = abs(each).bit_length()
        extra = each if each > 0 else each + (1 << bits) - 1
        codes.append(f"{bits:05b}" + (f"{extra:0{bits}b}" if 0 < bits < 16 else ""))
    return codes


@pytest.mark.parametrize("rows_an_interval", [1, 64, 100])
def test_restart_intervals_and_differences_of_sixteen_bits(rows_an_interval: int) -> None:
    stored = np.random.default_rng(3).integers(0, 2**16, (ROWS, COLUMNS)).astype(np.uint16)
    stored[5, :4] = 0, 2**15, 0, 2**15  # the one difference without further bits
    frame = encode(stored, rows_an_interval)
    np.testing.assert_array_equal(imagecodecs.jpeg8_decode(frame), stored)
    assert fits_scan(stored, frame)
    shifted = np.roll(stored, 1)
    assert not fits_scan(shifted, frame)


def test_another_process_is_none() -> None:
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert not fits_scan(picture, imagecodecs.jpeg8_encode(picture))
