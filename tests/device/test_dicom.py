"""Stored values become the image that the standard says, in every encoding that the device declares."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread, uid
from pydicom.encaps import encapsulate, get_frame

import device
from device import dicom, display
from device.errors import UnreadableFileError
from device.types import PixelFault, PixelFaultKind
from verification.steps.radiographs import phantom, radiograph, save, set_value, transcode


def decode(path: Path) -> Any:
    with dicom.open_regular(path) as file:
        return dicom.decode(dicom.read_header(file, path))


def read_header(path: Path) -> Dataset:
    with dicom.open_regular(path) as file:
        return dicom.read_header(file, path).header


def shown(stored: list[int] | np.ndarray, **attributes: Any) -> list[float]:
    """Stored values of one row, as displayed."""
    image = Dataset()
    defaults = {"BitsStored": 12, "PixelRepresentation": 0, "PhotometricInterpretation": "MONOCHROME2"}
    for keyword, value in (defaults | attributes).items():
        setattr(image, keyword, value)
    return display.to_unit_image(np.array([stored]), image)[0].tolist()


def lut(first: int, bits: int, entries: list[int]) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries), first, bits])
    item.add_new("LUTData", "US", entries)
    return item


@pytest.mark.parametrize(
    ("stored", "attributes", "expected"),
    [
        # no VOI: the full range of the stored bits
        ([0, 4095], {}, [0, 1]),
        ([0, 819, 4095], {"BitsStored": 12}, [0, 0.2, 1]),
        ([0, 1023], {"BitsStored": 10}, [0, 1]),
        ([-2048, 0, 2047], {"PixelRepresentation": 1}, [0, 2048 / 4095, 1]),
        # modality: rescale, then the window acts on rescaled values
        ([0, 100, 200], {"RescaleSlope": 2, "RescaleIntercept": -100}, [0, 100 / 4095, 200 / 4095]),
        ([0, 50], {"RescaleSlope": 2, "RescaleIntercept": 10, "WindowCenter": 110.5, "WindowWidth": 201}, [0, 0.5]),
        ([0, 4095], {"RescaleSlope": -1, "RescaleIntercept": 4095}, [1, 0]),
        ([0, 1, 2, 3], {"ModalityLUTSequence": [lut(1, 8, [0, 51, 255])]}, [0, 0, 0.2, 1]),
        # PS3.3 C.11.2.1.2.1, with the standard's own examples: c=2048 w=4096; c=0 w=1
        ([0, 4095], {"WindowCenter": 2048, "WindowWidth": 4096}, [0, 1]),
        ([0, 1], {"WindowCenter": 1, "WindowWidth": 1}, [0, 1]),
        ([-1, 0], {"PixelRepresentation": 1, "WindowCenter": 0, "WindowWidth": 1}, [0, 1]),
        ([9, 10, 59, 60], {"WindowCenter": 35, "WindowWidth": 50}, [0, 0, 1, 1]),
        # PS3.3 C.11.2.1.3.2 and C.11.2.1.3.1
        ([10, 35, 60], {"WindowCenter": 35, "WindowWidth": 50, "VOILUTFunction": "LINEAR_EXACT"}, [0, 0.5, 1]),
        ([35], {"WindowCenter": 35, "WindowWidth": 50, "VOILUTFunction": "SIGMOID"}, [0.5]),
        ([85], {"WindowCenter": 35, "WindowWidth": 50, "VOILUTFunction": "SIGMOID"}, [1 / (1 + np.exp(-4))]),
        # of several alternatives the first; a LUT before a window
        ([0, 10], {"WindowCenter": [5.5, 50], "WindowWidth": [11, 3]}, [0, 1]),
        ([0, 1, 2], {"VOILUTSequence": [lut(0, 8, [255, 51, 0])], "WindowCenter": 1, "WindowWidth": 1}, [1, 0.2, 0]),
        ([-2, -1, 5], {"PixelRepresentation": 1, "VOILUTSequence": [lut(-2, 12, [0, 819, 4095])]}, [0, 0.2, 1]),
        # polarity last
        ([0, 4095], {"PhotometricInterpretation": "MONOCHROME1"}, [1, 0]),
        ([0, 4095], {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}, [1, 0]),
        ([9, 60], {"PhotometricInterpretation": "MONOCHROME1", "WindowCenter": 35.5, "WindowWidth": 51}, [1, 0]),
    ],
)  # fmt: skip
def test_display(stored: list[int], attributes: dict[str, Any], expected: list[float]) -> None:
    assert shown(stored, **attributes) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    "attributes",
    [
        {"WindowCenter": 1, "WindowWidth": 0},
        {"WindowCenter": 1, "WindowWidth": 0.5},
        {"WindowCenter": 1, "WindowWidth": 0, "VOILUTFunction": "SIGMOID"},
        {"WindowCenter": 1, "WindowWidth": 4, "VOILUTFunction": "CUBIC"},
        {"WindowCenter": 1, "WindowWidth": float("nan")},
        {"WindowCenter": 1},
        {"WindowWidth": 1},
        {"WindowCenter": float("inf"), "WindowWidth": 4},
        {"RescaleSlope": float("nan")},
        {"VOILUTSequence": [Dataset()]},
        {"ModalityLUTSequence": [Dataset()]},
    ],
)
def test_an_undefined_display_is_no_image(attributes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="|".join(("Window", "Rescale", "VOILUTFunction", "LUTDescriptor"))):
        shown([0, 1], **attributes)


def test_a_window_that_is_no_number_is_named(tmp_path: Path, release: device.Release) -> None:
    image = radiograph(phantom(512, 512))
    set_value(image, "WindowWidth", "wide")
    (reason,) = device.gate(save(image, tmp_path / "image.dcm"), release).rejections
    assert (reason.code, reason.found.partition(":")[0]) == ("PIXELS_UNDECODABLE", "WindowWidth is not a number")


def test_every_grey_of_8_bits_survives_12_bits_bit_for_bit() -> None:
    greys = np.arange(256)
    window = {"WindowCenter": 2040.5, "WindowWidth": 4081.0}
    assert shown(greys * 16, **window) == (greys / 255.0).astype(np.float32).tolist()


@settings(deadline=None)
@given(
    st.integers(10, 16),
    st.booleans(),
    st.floats(0.01, 100),
    st.floats(-1e4, 1e4),
    st.floats(-1e4, 1e4),
    st.floats(1.01, 1e4),
    st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
)
def test_display_stays_in_range_and_in_order(
    bits: int, signed: bool, slope: float, intercept: float, center: float, width: float, function: str
) -> None:
    low = -(2 ** (bits - 1)) if signed else 0
    stored = np.linspace(low, low + 2**bits - 1, 50).astype(int)
    values = {
        "BitsStored": bits, "PixelRepresentation": int(signed), "RescaleSlope": f"{slope:.6g}",
        "RescaleIntercept": f"{intercept:.6g}", "WindowCenter": f"{center:.6g}", "WindowWidth": f"{width:.6g}",
        "VOILUTFunction": function,
    }  # fmt: skip
    white = shown(stored, **values)
    assert white == sorted(white)
    assert all(0 <= value <= 1 for value in white)
    black = shown(stored, **values | {"PhotometricInterpretation": "MONOCHROME1"})
    assert black == pytest.approx([1 - value for value in white], abs=1e-6)


# --- encodings --------------------------------------------------------------------------------------------------------

ENCODERS = [one for one in dicom.TRANSFER_SYNTAXES if uid.UID(one).is_encapsulated]


def test_the_tables_say_what_the_standard_says() -> None:
    assert {one.name for one in device.TRANSFER_SYNTAXES.values() if one.lossy} == {
        "JPEG-LS Lossy (Near-Lossless) Image Compression",
        "JPEG 2000 Image Compression",
    }
    assert set(device.RESEARCH_TRANSFER_SYNTAXES) - set(device.TRANSFER_SYNTAXES) == {uid.JPEGBaseline8Bit}


@pytest.mark.parametrize("syntax", ENCODERS, ids=lambda one: uid.UID(one).name)
def test_encapsulated_data_decode_to_the_same_image(tmp_path: Path, syntax: str) -> None:
    pixels = phantom(512, 603)
    path = save(radiograph(pixels), tmp_path / "image.dcm")
    native = decode(path)
    transcode(path, uid.UID(syntax))
    assert read_header(path).file_meta.TransferSyntaxUID == syntax
    decoded = decode(path)
    assert isinstance(native, np.ndarray)
    assert native.tolist() == (pixels / 255.0).astype(np.float32).tolist()
    assert isinstance(decoded, np.ndarray)
    assert np.abs(decoded - native).max() <= (0.01 if dicom.TRANSFER_SYNTAXES[syntax].lossy else 0)


@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian])
def test_native_data_decode(tmp_path: Path, syntax: uid.UID) -> None:
    pixels = phantom(513, 601)
    decoded = decode(save(radiograph(pixels, TransferSyntaxUID=syntax), tmp_path / "image.dcm"))
    assert isinstance(decoded, np.ndarray)
    assert decoded.tolist() == (pixels / 255.0).astype(np.float32).tolist()


def test_bits_above_those_stored_are_no_values(tmp_path: Path) -> None:
    """Old objects keep overlays there (PS3.5 8.1.2)."""
    image = radiograph(phantom(512, 512))
    clean = decode(save(image, tmp_path / "clean.dcm"))
    image.PixelData = (np.frombuffer(image.PixelData, "<u2") | 0xA000).astype("<u2").tobytes()
    assert np.array_equal(decode(save(image, tmp_path / "overlaid.dcm")), clean)


def test_signed_values(tmp_path: Path) -> None:
    image = radiograph(phantom(512, 512), PixelRepresentation=1, RescaleIntercept=2048, WindowCenter=2040.5)
    stored = np.frombuffer(image.PixelData, "<u2").astype(int) - 2048
    image.PixelData = (stored & 0x0FFF).astype("<u2").tobytes()
    decoded = decode(save(image, tmp_path / "signed.dcm"))
    assert np.array_equal(decoded, (phantom(512, 512) / 255.0).astype(np.float32))


@pytest.mark.parametrize("syntax", [uid.JPEG2000Lossless, uid.JPEGLosslessSV1, uid.JPEGLSLossless])
def test_a_codestream_larger_than_its_header_is_never_decoded(tmp_path: Path, syntax: uid.UID) -> None:
    path = save(radiograph(phantom(512, 600)), tmp_path / "image.dcm")
    transcode(path, syntax)
    content = path.read_bytes()
    if syntax == uid.JPEG2000Lossless:  # ISO/IEC 15444-1 A.5.1
        at = content.index(b"\xff\x4f\xff\x51") + 8
        content = content[:at] + (60_000).to_bytes(4, "big") * 2 + content[at + 8 :]
    else:
        marker = b"\xff\xf7" if syntax == uid.JPEGLSLossless else b"\xff\xc3"
        at = content.index(marker, content.index(b"\xff\xd8")) + 5
        content = content[:at] + (60_000).to_bytes(2, "big") * 2 + content[at + 4 :]
    path.write_bytes(content)
    fault = decode(path)
    assert isinstance(fault, PixelFault)
    assert (fault.kind, fault.found) == (PixelFaultKind.UNDECODABLE, "60000 x 60000 x 1, 16 bits")


@pytest.mark.parametrize("syntax", ENCODERS, ids=lambda one: uid.UID(one).name)
def test_what_no_codec_decodes_is_undecodable(tmp_path: Path, syntax: str) -> None:
    path = save(radiograph(phantom(512, 600)), tmp_path / "image.dcm")
    transcode(path, uid.UID(syntax))
    image = dcmread(path)
    frame = get_frame(image.PixelData, 0, number_of_frames=1)
    kept = 0 if syntax == uid.RLELossless else 30
    image.PixelData = encapsulate([frame[:kept] + b"\x55" * (len(frame) - kept - 2) + b"\xff\xd9"])
    image.save_as(path)
    fault = decode(path)
    assert isinstance(fault, PixelFault)
    assert fault.kind is PixelFaultKind.UNDECODABLE


# --- files that are no DICOM files ------------------------------------------------------------------------------------


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "text.dcm").write_text("not an image" * 100)
    (tmp_path / "short.dcm").write_bytes(b"\0" * 128 + b"DICM")
    (tmp_path / "loop.dcm").symlink_to(tmp_path / "loop.dcm")
    os.mkfifo(tmp_path / "pipe.dcm")
    reasons = {
        "empty.dcm": "the file is empty",
        "text.dcm": "not a DICOM file",
        "short.dcm": "cannot be parsed as DICOM",
        "loop.dcm": "symbolic links",
        "pipe.dcm": "not a regular file",
        "none.dcm": "No such file",
        ".": "cannot be opened|not a regular file",
    }
    for name, reason in reasons.items():
        with pytest.raises(UnreadableFileError, match=reason):
            read_header(tmp_path / name)
    with pytest.raises(UnreadableFileError, match="not a regular file"):
        read_header(Path("/dev/zero"))


def test_a_header_of_enormous_size_is_read_without_the_pixels(tmp_path: Path, release: device.Release) -> None:
    path = save(radiograph(phantom(512, 512), Rows=60_000, Columns=60_000), tmp_path / "large.dcm")
    result = device.gate(path, release)
    assert [one.code for one in result.rejections] == ["SIZE"]
    assert result.rejections[0].found == "60000 rows, 60000 columns"


def test_a_deflated_file_is_refused_and_never_inflated_whole(tmp_path: Path, release: device.Release) -> None:
    path = save(radiograph(phantom(512, 512)), tmp_path / "image.dcm")
    content = path.read_bytes()
    start = 144 + read_header(path).file_meta.FileMetaInformationGroupLength
    meta = content[:start].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")
    assert len(meta) == start + 2
    size = int.from_bytes(meta[140:144], "little") + 2
    at = meta.index(b"1.2.840.10008.1.2.1.99") - 2
    meta = meta[:140] + size.to_bytes(4, "little") + meta[144:at] + (22).to_bytes(2, "little") + meta[at + 2 :]
    deflate = zlib.compressobj(9, wbits=-15)
    body = deflate.compress(content[start:])
    for _ in range(64):
        body += deflate.compress(bytes(2**20))
    path.write_bytes(meta + body + deflate.flush())
    result = device.gate(path, release)
    assert [one.code for one in result.rejections] == ["TRANSFER_SYNTAX"]


@pytest.mark.parametrize("half", ["WindowCenter", "WindowWidth"])
def test_half_a_window_is_not_guessed_whole(tmp_path: Path, half: str) -> None:
    image = radiograph()
    delattr(image, half)
    fault = decode(save(image, tmp_path / "half.dcm"))
    assert isinstance(fault, PixelFault)
    assert "WindowCenter and WindowWidth" in fault.found
