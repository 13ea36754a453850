"""Each criterion refuses what it must with its own code, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import data_store
import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import uid

import device
from device.limits import LEAST_CONTRAST
from device.pixels import check_pixels
from verification.steps.radiographs import code, computed_radiograph, phantom, radiograph, save, set_value

CR, DX = uid.ComputedRadiographyImageStorage, uid.DigitalXRayImageStorageForPresentation
CHEST, HAND = code("816094009", "SCT", "Chest"), code("85562004", "SCT", "Hand")
AP, PA = code("399348003", "SCT", "antero-posterior"), code("272479007", "SCT", "postero-anterior")
LATERAL, LOCAL = code("399067008", "SCT", "lateral"), code("1", "99LOCAL", "ours")

NO_CODES: dict[str, Any] = {"ViewCodeSequence": None, "AnatomicRegionSequence": None}
NO_DATES: dict[str, Any] = {"PatientBirthDate": None}
INVERTED: dict[str, Any] = {"PixelData": (4080 - 16 * phantom().astype("<u2")).tobytes()}


def codes(path: Path, release: device.Release) -> list[str]:
    return [one.code for one in device.gate(path, release).rejections]


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"ViewPosition": None},
        {"ViewPosition": "", "ViewCodeSequence": [code("R-10206", "SRT", "antero-posterior")]},
        {"ViewCodeSequence": None},
        {"ViewCodeSequence": []},
        {"BodyPartExamined": None},
        {"BodyPartExamined": None, "AnatomicRegionSequence": [code("T-D3000", "SRT", "Chest")]},
        {"BodyPartExamined": None, "AnatomicRegionSequence": [code("51185008", "SCT", "Thorax")]},
        {"AnatomicRegionSequence": None},
        {"PatientAge": None},
        {"PatientBirthDate": ""},
        {"StudyDate": ""},
        {"PatientAge": "012M", **NO_DATES},
        {"PatientAge": "071M", **NO_DATES},
        {"PatientAge": "053W", **NO_DATES},
        {"PatientAge": "366D", **NO_DATES},
        {"PatientAge": "005Y", **NO_DATES},
        {"PatientAge": "004Y"},
        {"NumberOfFrames": 1},
        {"NumberOfFrames": ""},
        {"BurnedInAnnotation": None},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE", **INVERTED},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": None, **INVERTED},
        {"PresentationIntentType": None},
        {"BitsStored": 16, "HighBit": 15},
    ],
)  # fmt: skip
def test_what_is_accepted(image: Callable[..., Path], release: device.Release, attributes: dict[str, Any]) -> None:
    assert codes(image(**attributes), release) == []


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"SOPClassUID": uid.CTImageStorage}, ["SOP_CLASS"]),
        ({"SOPClassUID": uid.DigitalXRayImageStorageForProcessing}, ["SOP_CLASS"]),
        ({"SOPClassUID": uid.SecondaryCaptureImageStorage}, ["SOP_CLASS"]),
        ({"PresentationIntentType": "FOR PROCESSING"}, ["SOP_CLASS_CONTRADICTORY"]),
        ({"Modality": "CR"}, ["MODALITY"]),
        ({"SOPClassUID": CR}, ["MODALITY"]),
        ({"Modality": "CT"}, ["MODALITY"]),
        ({"Modality": ""}, ["MODALITY_BLANK"]),
        ({"Modality": "d x"}, ["MODALITY_UNPARSABLE"]),
        ({"BodyPartExamined": "HAND"}, ["ANATOMY_CONTRADICTORY"]),
        ({"BodyPartExamined": "HAND", **NO_CODES}, ["ANATOMY"]),
        ({"BodyPartExamined": "CHESTABDOMEN", **NO_CODES}, ["ANATOMY"]),
        ({"BodyPartExamined": "Chest", **NO_CODES}, ["ANATOMY_UNPARSABLE"]),
        ({"BodyPartExamined": ["CHEST", "ABDOMEN"]}, ["ANATOMY_UNPARSABLE"]),
        ({"BodyPartExamined": None, "AnatomicRegionSequence": [HAND]}, ["ANATOMY"]),
        ({"BodyPartExamined": None, "AnatomicRegionSequence": None}, ["ANATOMY_BLANK"]),
        ({"AnatomicRegionSequence": [HAND]}, ["ANATOMY_CONTRADICTORY"]),
        ({"AnatomicRegionSequence": [CHEST, HAND]}, ["ANATOMY_UNPARSABLE"]),
        ({"AnatomicRegionSequence": [LOCAL]}, ["ANATOMY_UNPARSABLE"]),
        ({"ViewPosition": "PA"}, ["VIEW_CONTRADICTORY"]),
        ({"ViewPosition": "PA", **NO_CODES}, ["VIEW"]),
        ({"ViewPosition": "LL", "ViewCodeSequence": [LATERAL]}, ["VIEW"]),
        ({"ViewCodeSequence": [LATERAL]}, ["VIEW_CONTRADICTORY"]),
        ({"ViewPosition": None, "ViewCodeSequence": [PA]}, ["VIEW"]),
        ({"ViewPosition": None, "ViewCodeSequence": [LATERAL]}, ["VIEW"]),
        ({"ViewPosition": "XX"}, ["VIEW_UNPARSABLE"]),
        ({"ViewPosition": ["AP", "PA"]}, ["VIEW_UNPARSABLE"]),
        ({"ViewCodeSequence": [AP, PA]}, ["VIEW_UNPARSABLE"]),
        ({"ViewCodeSequence": [LOCAL]}, ["VIEW_UNPARSABLE"]),
        ({"ViewPosition": "", "ViewCodeSequence": []}, ["VIEW_BLANK"]),
        ({"ViewPosition": "", "ViewCodeSequence": [], "PatientPosition": "AP"}, ["VIEW_BLANK"]),
        ({"PatientAge": "006Y", **NO_DATES}, ["AGE"]),
        ({"PatientAge": "011M", **NO_DATES}, ["AGE"]),
        ({"PatientAge": "072M", **NO_DATES}, ["AGE"]),
        ({"PatientAge": "365D", **NO_DATES}, ["AGE"]),
        ({"PatientAge": "000Y", **NO_DATES}, ["AGE"]),
        ({"PatientAge": None, **NO_DATES}, ["AGE_BLANK"]),
        ({"PatientAge": "3Y", **NO_DATES}, ["AGE_UNPARSABLE"]),
        ({"PatientAge": "003", **NO_DATES}, ["AGE_UNPARSABLE"]),
        ({"PatientAge": "131Y", **NO_DATES}, ["AGE_UNPARSABLE"]),
        ({"PatientAge": "001Y"}, ["AGE_CONTRADICTORY"]),
        ({"PatientAge": None, "PatientBirthDate": "20240507"}, ["AGE_UNPARSABLE"]),
        ({"PatientAge": None, "PatientBirthDate": "18000101"}, ["AGE_UNPARSABLE"]),
        ({"PatientBirthDate": "20210230"}, ["AGE_UNPARSABLE"]),
        ({"PatientBirthDate": "2021.03.01"}, ["AGE_UNPARSABLE"]),
        ({"PatientAge": None, "PatientBirthDate": "20180507"}, []),  # 5 years, 6 on the day after the study
        ({"PatientAge": None, "PatientBirthDate": "20180506"}, ["AGE"]),
        ({"PatientAge": None, "PatientBirthDate": "20230506"}, []),
        ({"PatientAge": None, "PatientBirthDate": "20230507"}, ["AGE"]),
        ({"NumberOfFrames": 2}, ["FRAMES"]),
        ({"NumberOfFrames": 0}, ["FRAMES"]),
        ({"SamplesPerPixel": 3}, ["SAMPLES"]),
        ({"SamplesPerPixel": None}, ["SAMPLES_BLANK"]),
        ({"PhotometricInterpretation": "RGB"}, ["PHOTOMETRIC"]),
        ({"PhotometricInterpretation": None}, ["PHOTOMETRIC_BLANK"]),
        ({"PresentationLUTShape": "INVERSE"}, ["PHOTOMETRIC_CONTRADICTORY"]),
        ({"PhotometricInterpretation": "MONOCHROME1"}, ["PHOTOMETRIC_CONTRADICTORY"]),
        ({"BitsStored": 9, "HighBit": 8}, ["BITS"]),
        ({"BitsStored": 17, "HighBit": 16}, ["BITS"]),
        ({"BitsAllocated": 32}, ["BITS"]),
        ({"HighBit": 15}, ["BITS_CONTRADICTORY"]),
        ({"PixelRepresentation": 2}, ["BITS_UNPARSABLE"]),
        ({"PixelRepresentation": None}, ["BITS_BLANK"]),
        ({"Rows": 511}, ["SIZE"]),
        ({"Columns": 8193}, ["SIZE"]),
        ({"Rows": 60_000, "Columns": 60_000}, ["SIZE"]),
        ({"Rows": 0}, ["SIZE"]),
        ({"Columns": None}, ["SIZE_BLANK"]),
        ({"BurnedInAnnotation": "YES"}, ["BURNED_IN"]),
        ({"BurnedInAnnotation": "MAYBE"}, ["BURNED_IN_UNPARSABLE"]),
        ({"PixelData": None}, ["PIXELS_MISSING"]),
        ({"PixelData": b""}, ["PIXELS_MISSING"]),
        ({"PixelData": bytes(1024)}, ["PIXELS_SHORT"]),
        ({"PixelData": bytes(1024 * 1024 * 2)}, ["BLANK_IMAGE", "SATURATED"]),
        ({"PixelData": bytes(1024 * 1024 * 4)}, ["PIXELS_UNDECODABLE"]),
        ({"WindowWidth": 0}, ["PIXELS_UNDECODABLE"]),
        ({"WindowCenter": -5000}, ["BLANK_IMAGE", "SATURATED"]),
        (
            {"Modality": "CT", "BodyPartExamined": "HAND", "ViewPosition": "RL", "PatientAge": "050Y", "Rows": 8,
             "PixelData": b"", **NO_CODES, **NO_DATES},
            ["MODALITY", "ANATOMY", "VIEW", "AGE", "SIZE", "PIXELS_MISSING"],
        ),
        ({"Modality": "CT", "PixelData": bytes(10)}, ["MODALITY"]),
    ],
)  # fmt: skip
def test_what_is_refused(
    image: Callable[..., Path], release: device.Release, attributes: dict[str, Any], expected: list[str]
) -> None:
    result = device.gate(image(**attributes), release)
    assert [one.code for one in result.rejections] == expected
    for one in result.rejections:
        row = device.REJECTION_CODES[one.code]
        assert (one.attribute, one.requirement) == (row.attribute, row.requirement)
        assert one.found
        assert one.expected


@pytest.mark.parametrize("keyword", ["Rows", "BitsStored", "SamplesPerPixel", "PhotometricInterpretation", "Modality"])
def test_wrong_value_representations_are_unparsable(tmp_path: Path, release: device.Release, keyword: str) -> None:
    image = radiograph()
    image.pop(keyword)
    image.add_new(keyword, "UT", "much too long, and not what it should be")
    (result,) = device.gate(save(image, tmp_path / "image.dcm"), release).rejections
    assert result.code.endswith("_UNPARSABLE")


def test_computed_radiography_is_accepted(tmp_path: Path, release: device.Release) -> None:
    assert codes(save(computed_radiograph(), tmp_path / "image.dcm"), release) == []


def test_the_release_decides_on_view_and_age(
    image: Callable[..., Path], release: device.Release, adult: device.Release
) -> None:
    path = image(ViewPosition="PA", PatientAge="022Y", **NO_CODES, **NO_DATES)
    assert codes(path, release) == ["VIEW", "AGE"]
    assert codes(path, adult) == []
    assert codes(image(PatientAge="021Y", **NO_DATES), adult) == ["AGE"]


def test_notices(image: Callable[..., Path], release: device.Release) -> None:
    def notices(**attributes: Any) -> list[tuple[str, str]]:
        return [(one.attribute, one.found) for one in device.gate(image(**attributes), release).notices]

    kind = ("ImageType", "ORIGINAL\\PRIMARY")
    assert notices() == [kind]
    assert notices(BurnedInAnnotation=None) == [kind, ("BurnedInAnnotation", "absent or empty")]
    lossy = notices(LossyImageCompression="01", LossyImageCompressionRatio=10)
    assert lossy == [kind, ("LossyImageCompression", "01, ratio 10.0")]
    assert notices(ImageType=None) == []


def test_notices_of_attributes_that_cannot_be_judged(tmp_path: Path, release: device.Release) -> None:
    image = radiograph(phantom(512, 512), ImageType=["A" * 16] * 50)
    set_value(image, "LossyImageCompression", "00\\01")
    set_value(image, "LossyImageCompressionRatio", "4\\much")
    set_value(image, "BurnedInAnnotation", "NO\\YES")
    result = device.gate(save(image, tmp_path / "image.dcm"), release)
    assert [one.code for one in result.rejections] == ["BURNED_IN_UNPARSABLE"]
    kind, lossy = result.notices
    assert kind.found.endswith("... (849 characters)")
    assert len(kind.found) < 250
    assert (lossy.code, lossy.found) == ("LOSSY", "00\\01, ratio 4\\much")


def test_a_value_of_any_length_is_shown_by_its_beginning(tmp_path: Path, release: device.Release) -> None:
    image = radiograph(phantom(512, 512))
    set_value(image, "BodyPartExamined", "A" * 60_000)
    (reason,) = device.gate(save(image, tmp_path / "image.dcm"), release).rejections
    assert reason.code == "ANATOMY_UNPARSABLE"
    assert len(reason.found) < 250
    assert "AAAA... (600" in reason.found


def test_a_code_whose_meaning_cannot_be_read_is_judged_by_its_value(tmp_path: Path, release: device.Release) -> None:
    path = save(radiograph(phantom(512, 512)), tmp_path / "image.dcm")
    content = path.read_bytes()
    assert content.count(b"\x08\x00\x04\x01LO\x06\x00Chest ") == 1
    path.write_bytes(content.replace(b"\x08\x00\x04\x01LO\x06\x00Chest ", b"\x08\x00\x04\x01FL\x06\x00Chest "))
    assert device.gate(path, release).outcome is device.Admission.ACCEPTED


def test_a_sequence_in_place_of_a_text_is_unparsable(tmp_path: Path, release: device.Release) -> None:
    path = save(radiograph(phantom(512, 512)), tmp_path / "image.dcm")
    content = path.read_bytes()
    for keyword, code_string in (("PhotometricInterpretation", b"CS"), ("Modality", b"CS"), ("SamplesPerPixel", b"US")):
        tag = pydicom.tag.Tag(keyword)
        start = tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little")
        path.write_bytes(content.replace(start + code_string, start + b"SQ"))
        result = device.gate(path, release)
        assert result.failure is None or "cannot be parsed" in result.failure, keyword
        assert result.outcome is not device.Admission.ACCEPTED


def test_table_is_complete_and_said_once() -> None:
    rows = device.REJECTION_CODES
    assert all(code == row.code for code, row in rows.items())
    assert len({row.text for row in rows.values()}) == len(rows)
    assert {row.requirement for row in rows.values()} >= {f"SRS-{number:03}" for number in range(1, 18)}
    assert all(pydicom.datadict.tag_for_keyword(row.attribute) for row in rows.values())


# --- pixels -----------------------------------------------------------------------------------------------------------


def test_blank_and_saturated_have_a_limit() -> None:
    picture = (0.1 + 0.8 * phantom(600, 600) / 255).astype(np.float32)
    assert check_pixels(picture) == ()
    flat = 0.5 + (picture - 0.5) * (LEAST_CONTRAST / np.ptp(picture)) * 0.9
    assert [one.code for one in check_pixels(flat.astype(np.float32))] == ["BLANK_IMAGE"]
    order = np.argsort(picture, axis=None, kind="stable")
    for end, which in ((0.0, order), (1.0, order[::-1])):
        burnt = picture.copy()
        burnt.reshape(-1)[which[: int(picture.size * 0.69)]] = end
        assert check_pixels(burnt) == ()
        burnt.reshape(-1)[which[: int(picture.size * 0.71)]] = end
        assert [one.code for one in check_pixels(burnt)] == ["SATURATED"]


def test_real_radiographs_are_not_refused_for_their_pixels() -> None:
    from device import research

    folder = Path(__file__).parents[1] / "data" / "kermany_val"
    pictures = sorted(folder.rglob("*.jpeg"))
    assert len(pictures) == 16
    assert [check_pixels(research.decode(one)) for one in pictures] == [()] * 16


# --- public files -----------------------------------------------------------------------------------------------------

PYDICOM = sorted(
    path
    for package in (data_store, pydicom)
    for path in (Path(package.__file__).parent / "data").rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc")
)
RG1 = [path for path in PYDICOM if path.name.startswith("RG1_")]


@pytest.mark.parametrize("path", RG1, ids=lambda path: path.name)
def test_rg1_is_an_adult_pa(path: Path, release: device.Release, adult: device.Release) -> None:
    assert device.gate(path, adult).outcome is device.Admission.ACCEPTED
    assert codes(path, release) == ["VIEW", "AGE"]


def test_no_other_public_file_is_accepted(release: device.Release, adult: device.Release) -> None:
    others = [path for path in PYDICOM if path not in RG1]
    assert len(RG1) == 4
    assert len(others) > 100
    for path in others:
        for one in (release, adult):
            result = device.gate(path, one)
            assert result.outcome is not device.Admission.ACCEPTED, path
            assert bool(result.rejections) != bool(result.failure), path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RG3_UNCR.dcm", ["ANATOMY", "ORIENTATION"]),
        ("MR2_J2KR.dcm", ["SOP_CLASS", "MODALITY", "ANATOMY_BLANK", "VIEW_BLANK"]),
        ("693_UNCR.dcm", ["SOP_CLASS", "MODALITY", "ANATOMY_BLANK", "VIEW_BLANK", "AGE_BLANK"]),
        ("CT_small.dcm", ["SOP_CLASS", "MODALITY", "ANATOMY_BLANK", "VIEW_BLANK", "AGE", "SIZE"]),
    ],
)
def test_public_files_are_refused_for_the_right_reasons(adult: device.Release, name: str, expected: list[str]) -> None:
    (path,) = [path for path in PYDICOM if path.name == name]
    assert codes(path, adult) == expected


KEYWORDS = ["PatientAge", "ViewPosition", "BodyPartExamined", "Modality", "StudyDate", "PatientBirthDate"]


@given(st.sampled_from(KEYWORDS), st.text(st.characters(max_codepoint=255, exclude_characters="\\"), max_size=20))
def test_any_text_gives_an_answer(tmp_path_factory: pytest.TempPathFactory, keyword: str, text: str) -> None:
    image = radiograph(phantom(512, 512))
    set_value(image, keyword, text or "empty")
    result = device.gate(save(image, tmp_path_factory.mktemp("any") / "image.dcm"), device.read_release("adult-nih"))
    assert result.outcome is device.Admission.REFUSED


@pytest.mark.data
def test_no_published_radiograph_is_refused_for_its_pixels() -> None:
    from device import research

    pictures = [
        path
        for name in ("kermany224", "nih_sample_1024", "nih621_384")
        for path in (Path(os.environ["CLEARWAY_DATA"]) / name).rglob("*")
        if path.suffix in (".jpeg", ".png")
    ]
    assert len(pictures) > 6000
    assert [path for path in pictures if check_pixels(research.decode(path))] == []
