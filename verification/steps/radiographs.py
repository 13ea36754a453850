"""Builds complete test radiographs: DX objects whose every attribute a scenario can change. No real patient is in them.

Not product code: scenarios and tests make their inputs here, so that each differs from a good image in what it tests.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, FileMetaDataset, dcmread, dcmwrite
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import (
    JPEG2000,
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)

PUBLISHED = Path(__file__).parents[2] / "tests" / "data" / "kermany_val"
"""16 published radiographs of children, 8-bit JPEG; see ATTRIBUTION.md there."""

STORED_PER_GREY = 16
"""An 8-bit value v is stored as 16 v in 12 bits; the window below maps 16 v back to v / 255 (PS3.3 C.11.2.1.2.1)."""

WINDOW_CENTER, WINDOW_WIDTH = 2040.5, 4081.0


@lru_cache(maxsize=8)
def phantom(rows: int = 1024, columns: int = 1024) -> NDArray[np.uint8]:
    """A synthetic picture, axis order (rows, columns), uint8: smooth, asymmetric, with bright and dark regions."""
    y, x = np.mgrid[0:rows, 0:columns]
    y, x = y / rows, x / columns
    lungs = np.exp(-(((x - 0.3) / 0.12) ** 2 + ((y - 0.5) / 0.25) ** 2))
    lungs += 0.8 * np.exp(-(((x - 0.7) / 0.12) ** 2 + ((y - 0.45) / 0.3) ** 2))
    picture = np.asarray(30 + 190 * (1 - lungs.clip(0, 1)) * (0.6 + 0.4 * y), dtype=np.uint8)
    picture.setflags(write=False)
    return picture


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """An item of a code sequence (PS3.3 section 8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def radiograph(pixels: NDArray[np.uint8] | None = None, **overrides: Any) -> Dataset:
    """A complete DX image, For Presentation: the chest of a child of 3 years, AP.

    Args:
        pixels: axis order (rows, columns), uint8; default the `phantom`.
        overrides: DICOM keyword to value, `None` removes the attribute; `TransferSyntaxUID` goes to the file meta.

    Returns:
        A dataset that `save` writes.
    """
    pixels = phantom() if pixels is None else pixels
    image = Dataset()
    for keyword, value in (_identity() | _acquisition() | _pixels(pixels)).items():
        setattr(image, keyword, value)
    image["PixelData"].VR = "OW"
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = overrides.pop("TransferSyntaxUID", ExplicitVRLittleEndian)
    for keyword, value in overrides.items():
        if value is None:
            image.pop(keyword, None)
        else:
            setattr(image, keyword, value)
    return image


def computed_radiograph(pixels: NDArray[np.uint8] | None = None) -> Dataset:
    """A complete CR image of the same child, AP, which states its view and anatomy as text."""
    absent = dict.fromkeys(
        ("PresentationIntentType", "ViewCodeSequence", "AnatomicRegionSequence", "PresentationLUTShape")
    )
    return radiograph(pixels, SOPClassUID=ComputedRadiographyImageStorage, Modality="CR", **absent)


def secondary_capture(pixels: NDArray[np.uint8] | None = None) -> Dataset:
    """A Secondary Capture image of 8 bits as published sets carry them: DX, the projection in Patient Position."""
    pixels = phantom() if pixels is None else pixels
    image = radiograph(
        pixels, SOPClassUID=SecondaryCaptureImageStorage, PatientPosition="AP", BitsAllocated=8, BitsStored=8, HighBit=7
    )
    for keyword in ("PresentationIntentType", "ViewPosition", "ViewCodeSequence", "WindowCenter", "WindowWidth"):
        image.pop(keyword)
    image.PixelData = pixels.tobytes() + b"\x00" * (pixels.size % 2)  # PS3.5 8.1.1: even length
    return image


def read_published(name: str) -> NDArray[np.uint8]:
    """The pixels of one of the published radiographs, axis order (rows, columns), uint8."""
    with Image.open(PUBLISHED / name) as picture:
        return np.asarray(picture)


def set_value(image: Dataset, keyword: str, value: str) -> None:
    """Give an attribute the value that a feature file states for it.

    Args:
        image: changed in place; `TransferSyntaxUID` is set in its file meta information.
        keyword: a DICOM keyword.
        value: `absent`, `empty`, or the value as text: bytes are written as they stand, however malformed; several
            values are separated by backslashes; the items of a code sequence are `value scheme`, separated by ` + `.
    """
    tag, representation = Tag(tag_for_keyword(keyword) or 0), dictionary_VR(keyword)
    target = image.file_meta if tag.group == 2 else image
    if value == "absent":
        target.pop(keyword, None)
    elif representation == "SQ":
        items = [] if value == "empty" else [_item(each) for each in value.split(" + ")]
        setattr(target, keyword, items)
    elif representation in ("US", "US or SS") and value != "empty":
        setattr(target, keyword, [int(each) for each in value.split("\\")])
    else:
        text = b"" if value == "empty" else value.encode()
        text += b"\x00" * (len(text) % 2) if representation == "UI" else b" " * (len(text) % 2)
        target[tag] = RawDataElement(tag, representation, len(text), text, 0, False, True)


def _item(text: str) -> Dataset:
    value, scheme = text.split()
    return code(value, scheme, "as coded")


_GDCM = {
    JPEGBaseline8Bit: "JPEGBaselineProcess1",
    JPEGLossless: "JPEGLosslessProcess14",
    JPEGLosslessSV1: "JPEGLosslessProcess14_1",
    JPEGLSLossless: "JPEGLSLossless",
    JPEGLSNearLossless: "JPEGLSNearLossless",
    JPEG2000Lossless: "JPEG2000Lossless",
    JPEG2000: "JPEG2000",
    RLELossless: "RLELossless",
}


def transcode(path: Path, syntax: UID) -> None:
    """Encode the pixel data of a DICOM file anew, in place, in another transfer syntax.

    Raises:
        ValueError: gdcm cannot encode the image so.
    """
    import gdcm  # after zlib, which pydicom has loaded: loaded before, its own copy of zlib makes Python's crash

    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, _GDCM[syntax])))
    if not reader.Read():
        raise ValueError(f"{path}: gdcm cannot read it")
    change.SetInput(reader.GetImage())
    if not change.Change():
        raise ValueError(f"{path}: gdcm cannot encode it as {syntax.name}")
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(path))
    if not writer.Write():
        raise ValueError(f"{path}: gdcm cannot write it")


def transcode_all_bits(path: Path, syntax: UID) -> None:
    """`transcode`, with all allocated bits in the codestream, also those above Bits Stored, as some encoders do."""
    image = dcmread(path)
    stored, high = image.BitsStored, image.HighBit
    image.BitsStored, image.HighBit = image.BitsAllocated, image.BitsAllocated - 1
    image.save_as(path)
    transcode(path, syntax)
    image = dcmread(path)
    image.BitsStored, image.HighBit = stored, high
    image.save_as(path)


def store(image: Dataset, stored: NDArray[Any], bits: int) -> None:
    """Give an image stored values, shown over their full range until a window is set.

    Args:
        image: changed in place.
        stored: axis order (rows, columns), whole numbers of `bits` bits, signed if any is below 0.
        bits: Bits Stored.
    """
    signed = bool((stored < 0).any())
    image.Rows, image.Columns = stored.shape
    image.BitsStored, image.HighBit, image.PixelRepresentation = bits, bits - 1, int(signed)
    image.PixelData = stored.astype("<i2" if signed else "<u2").tobytes()
    for keyword in ("WindowCenter", "WindowWidth"):
        image.pop(keyword, None)


def show(image: Dataset, shown: NDArray[np.float64]) -> None:
    """Give an image the values to be shown, axis order (rows, columns), in [0, 1], plainly stored in 16 bits."""
    store(image, np.rint(shown * 65535), 16)


def set_lookup_table(image: Dataset, sequence: str, first: int, bits: int, entries: list[int]) -> None:
    """Give an image a Modality or VOI LUT (PS3.3 C.11.1, C.11.2) in place of a window or rescale."""
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [len(entries), first, bits], entries
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    if sequence == "ModalityLUTSequence":
        table.ModalityLUTType = "US"
    setattr(image, sequence, [table])


T = TypeVar("T", Path, BinaryIO)


def save(image: Dataset, path: T) -> T:
    """Write a dataset as a DICOM file (PS3.10) in its own transfer syntax and return where it was written to."""
    stated = image.get("SOPClassUID")
    known = stated if isinstance(stated, UID) and stated else DigitalXRayImageStorageForPresentation
    image.file_meta.MediaStorageSOPClassUID = known
    image.file_meta.MediaStorageSOPInstanceUID = image.get("SOPInstanceUID") or generate_uid(entropy_srcs=["none"])
    dcmwrite(path, image, enforce_file_format=True)
    return path


def _identity() -> dict[str, Any]:
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        "SOPInstanceUID": generate_uid(entropy_srcs=["clearway test image"]),
        "StudyInstanceUID": generate_uid(entropy_srcs=["clearway test study"]),
        "SeriesInstanceUID": generate_uid(entropy_srcs=["clearway test series"]),
        "StudyDate": "20240506", "StudyTime": "101500", "SeriesDate": "20240506", "SeriesTime": "101500",
        "AcquisitionDate": "20240506", "AcquisitionTime": "101500", "ContentDate": "20240506", "ContentTime": "101500",
        "AccessionNumber": "A1", "ReferringPhysicianName": "", "StudyID": "1", "SeriesNumber": 1, "InstanceNumber": 1,
        "Manufacturer": "", "PatientName": "Test^Radiograph", "PatientID": "TEST-1", "PatientBirthDate": "20210301",
        "PatientSex": "O", "PatientAge": "003Y", "PatientOrientation": ["L", "F"],
    }  # fmt: skip


def _acquisition() -> dict[str, Any]:
    return {
        "Modality": "DX", "PresentationIntentType": "FOR PRESENTATION", "BodyPartExamined": "CHEST",
        "ViewPosition": "AP", "ImageLaterality": "U", "ImageType": ["ORIGINAL", "PRIMARY"],
        "AnatomicRegionSequence": [code("816094009", "SCT", "Chest")],
        "ViewCodeSequence": [code("399348003", "SCT", "antero-posterior")],
        "DetectorType": "", "PositionerType": "", "AcquisitionContextSequence": [],
        "BurnedInAnnotation": "NO", "LossyImageCompression": "00", "ImagerPixelSpacing": [0.2, 0.2],
    }  # fmt: skip


def _pixels(pixels: NDArray[np.uint8]) -> dict[str, Any]:
    stored = pixels.astype("<u2") * STORED_PER_GREY
    return {
        "Rows": pixels.shape[0], "Columns": pixels.shape[1], "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11,
        "PixelRepresentation": 0, "PixelIntensityRelationship": "LOG", "PixelIntensityRelationshipSign": -1,
        "RescaleIntercept": 0, "RescaleSlope": 1, "RescaleType": "US", "PresentationLUTShape": "IDENTITY",
        "WindowCenter": WINDOW_CENTER, "WindowWidth": WINDOW_WIDTH, "PixelData": stored.tobytes(),
    }  # fmt: skip
