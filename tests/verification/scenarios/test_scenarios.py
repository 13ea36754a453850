"""What the scenarios have to cover beyond one for each criterion, and that test radiographs are what they claim."""

import re
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

import device
from verification.steps import radiographs

ROOT = Path(__file__).parents[3]
FEATURES = "\n".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "verification" / "features").glob("*.feature")
)


@pytest.mark.parametrize("code", sorted(device.REJECTION_CODES))
def test_every_reason_not_to_apply_is_driven_by_a_scenario(code: str) -> None:
    assert re.search(rf"\b{code}\b", FEATURES), f"no scenario names the rejection code {code}"


@pytest.mark.parametrize("uid", sorted(device.TRANSFER_SYNTAXES))
def test_every_transfer_syntax_is_accepted_in_a_scenario(uid: str) -> None:
    accepted = FEATURES[FEATURES.index("Each transfer syntax of the table is accepted") :]
    assert re.search(rf"\| {re.escape(uid)} ", accepted[: accepted.index("@SRS-011/AC3")])


def test_a_test_radiograph_is_the_same_in_every_run(tmp_path: Path) -> None:
    one, other = (radiographs.save(radiographs.radiograph(), tmp_path / name) for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()


def test_the_mapping_to_12_bits_shows_each_grey_as_it_is(tmp_path: Path) -> None:
    image = radiographs.radiograph(np.arange(256, dtype=np.uint8).reshape(16, 16))
    stored = np.frombuffer(image.PixelData, "<u2").astype(float)
    low, high = (
        image.WindowCenter - 0.5 - (image.WindowWidth - 1) / 2,
        image.WindowCenter - 0.5 + (image.WindowWidth - 1) / 2,
    )
    np.testing.assert_allclose((stored - low) / (high - low), np.arange(256) / 255, rtol=0, atol=1e-12)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_transcoding_keeps_the_values_and_says_so(syntax: UID, tmp_path: Path) -> None:
    path = radiographs.save(radiographs.radiograph(), tmp_path / "image.dcm")
    before = pydicom.dcmread(path).pixel_array
    radiographs.transcode(path, syntax)
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(pydicom.dcmread(path).pixel_array, before)


def test_what_cannot_be_transcoded_is_an_error(tmp_path: Path) -> None:
    path = radiographs.save(radiographs.radiograph(), tmp_path / "image.dcm")
    with pytest.raises(ValueError, match="gdcm cannot encode it as JPEG Baseline"):
        radiographs.transcode(path, JPEGBaseline8Bit)


@pytest.mark.parametrize(
    ("keyword", "value", "written"),
    [
        ("PatientAge", "3 years", b"3 years "),
        ("NumberOfFrames", "one", b"one "),
        ("Modality", "empty", b""),
        ("SOPClassUID", "1.2", b"1.2\x00"),
    ],
)
def test_a_value_is_written_as_it_stands(keyword: str, value: str, written: bytes, tmp_path: Path) -> None:
    image = radiographs.radiograph()
    radiographs.set_value(image, keyword, value)
    found = pydicom.dcmread(radiographs.save(image, tmp_path / "image.dcm"), stop_before_pixels=True).get_item(keyword)
    assert (found.value or b"") == written


def test_an_absent_value_is_absent_and_several_values_are_several(tmp_path: Path) -> None:
    image = radiographs.radiograph()
    radiographs.set_value(image, "ViewPosition", "absent")
    radiographs.set_value(image, "Rows", "512\\513")
    found = pydicom.dcmread(radiographs.save(image, tmp_path / "image.dcm"), stop_before_pixels=True)
    assert "ViewPosition" not in found
    assert list(found.Rows) == [512, 513]
