"""A file cut anywhere is refused or fails; nothing that is incomplete is analyzed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile
from pydicom import dcmread
from pydicom.uid import (
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

import device
from device import research
from device.types import PixelFault
from verification.steps.radiographs import phantom, radiograph, save, transcode

ENCAPSULATED = {
    "rle": RLELossless,
    "jpeg-lossless": JPEGLosslessSV1,
    "jpeg-ls": JPEGLSLossless,
    "jpeg-2000": JPEG2000Lossless,
}


@pytest.mark.parametrize("encoding", ["implicit", "explicit", *ENCAPSULATED])
def test_no_cut_file_is_accepted(tmp_path: Path, release: device.Release, encoding: str) -> None:
    native = {"TransferSyntaxUID": ImplicitVRLittleEndian} if encoding == "implicit" else {}
    path = save(radiograph(phantom(520, 600), **native), tmp_path / "whole.dcm")
    if encoding in ENCAPSULATED:
        transcode(path, ENCAPSULATED[encoding])
    assert device.gate(path, release).outcome is device.Admission.ACCEPTED
    whole, seen = path.read_bytes(), set()
    end = len(whole) - (4 if encoding in ENCAPSULATED else 0)  # the delimiter's empty length closes complete data
    cuts = [*(len(whole) * percent // 100 for percent in range(100)), *range(end - 12, end)]
    for length in cuts:
        path.write_bytes(whole[:length])
        result = device.gate(path, release)
        seen.add(result.outcome)
        assert result.outcome in (device.Admission.REFUSED, device.Admission.FAILED), length
        assert device.analyze(path, release).finding is None, length
    assert seen == {device.Admission.REFUSED, device.Admission.FAILED}


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless], ids=lambda one: one.name)
def test_a_codestream_cut_inside_whole_fragments_is_short(
    tmp_path: Path, release: device.Release, syntax: object
) -> None:
    path = save(radiograph(phantom(520, 600)), tmp_path / "image.dcm")
    transcode(path, syntax)
    image = dcmread(path)
    table, item, codestream = image.PixelData[:8], image.PixelData[8:12], image.PixelData[16:]
    cut = codestream[: len(codestream) // 4 * 2]
    image.PixelData = table + item + len(cut).to_bytes(4, "little") + cut
    image.save_as(path)
    assert [one.code for one in device.gate(path, release).rejections] == ["PIXELS_SHORT"]


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1], ids=lambda one: one.name)
def test_a_codestream_in_which_the_codec_meets_no_code_is_undecodable(
    tmp_path: Path, release: device.Release, syntax: object, capfd: pytest.CaptureFixture[str]
) -> None:
    """The codec goes on with made-up values and says so nowhere; the length of the scan tells."""
    path = save(radiograph(phantom(520, 600)), tmp_path / "image.dcm")
    transcode(path, syntax)
    content, complaints = path.read_bytes(), []
    for place in np.random.default_rng(0).integers(len(content) // 2, len(content), 40):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xAA]) + content[place + 1 :])
        complaints += [one.found for one in device.gate(path, release).rejections]
    assert "the scan has not the codes of the picture that it decodes to" in complaints
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_flipped_byte_anywhere_never_raises(tmp_path: Path, release: device.Release) -> None:
    """300 places, half of them in the header."""
    path = save(radiograph(phantom(520, 600)), tmp_path / "image.dcm")
    transcode(path, JPEG2000Lossless)
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for at in [*random.integers(132, 2500, 150), *random.integers(0, len(whole), 150)]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        assert device.gate(path, release).outcome in device.Admission


def test_a_fragment_longer_than_the_data_is_short(tmp_path: Path, release: device.Release) -> None:
    path = save(radiograph(phantom(520, 600)), tmp_path / "image.dcm")
    transcode(path, RLELossless)
    content = path.read_bytes()
    at = content.index(b"\xfe\xff\x00\xe0", content.index(b"\xe0\x7f\x10\x00") + 20) + 4
    length = int.from_bytes(content[at : at + 4], "little")
    path.write_bytes(content[:at] + (length + 2).to_bytes(4, "little") + content[at + 4 :])
    assert [one.code for one in device.gate(path, release).rejections] == ["PIXELS_SHORT"]


def test_half_an_image_is_refused_though_another_library_of_the_process_allows_it(
    tmp_path: Path, release: device.Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow's switch is of the whole process: with it on, a third of a JPEG 2000 codestream is a whole radiograph."""
    path = save(radiograph(phantom(520, 600)), tmp_path / "image.dcm")
    transcode(path, JPEG2000Lossless)
    image = dcmread(path)
    codestream = image.PixelData[16:].rstrip(b"\0")
    cut = codestream[: len(codestream) // 6 * 2] + codestream[-2:]
    image.PixelData = image.PixelData[:12] + len(cut).to_bytes(4, "little") + cut
    image.save_as(path)
    picture = tmp_path / "image.png"
    Image.fromarray(phantom(100, 100)).save(picture)
    picture.write_bytes(picture.read_bytes()[: picture.stat().st_size // 2])

    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert [one.code for one in device.gate(path, release).rejections] == ["PIXELS_UNDECODABLE"]
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert isinstance(research.decode(picture), PixelFault)
