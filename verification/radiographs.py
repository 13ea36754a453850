"""Builds complete test radiographs: DX objects whose every attribute a scenario can change. No real patient is in them.

Not product code: scenarios and tests make their inputs here, so that each differs from a good image in what it tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset, dcmwrite
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)

STORED_PER_GREY = 16
"""An 8-bit value v is stored as 16 v in 12 bits; the window below maps 16 v back to v / 255 (PS3.3 C.11.2.1.2.1)."""

WINDOW_CENTER, WINDOW_WIDTH = 2040.5, 4081.0


def phantom(rows: int = 1024, columns: int = 1024) -> NDArray[np.uint8]:
    """A synthetic picture, axis order (rows, columns), uint8: smooth, asymmetric, with bright and dark regions."""
    y, x = np.mgrid[0:rows, 0:columns]
    y, x = y / rows, x / columns
    lungs = np.exp(-(((x - 0.3) / 0.12) ** 2 + ((y - 0.5) / 0.25) ** 2))
    lungs += 0.8 * np.exp(-(((x - 0.7) / 0.12) ** 2 + ((y - 0.45) / 0.3) ** 2))
    return np.asarray(30 + 190 * (1 - lungs.clip(0, 1)) * (0.6 + 0.4 * y), dtype=np.uint8)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """An item of a code sequence (PS3.3 section 8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def radiograph(pixels: NDArray[np.uint8] | None = None, **overrides: Any) -> Dataset:  # noqa: ANN401 any DICOM value
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
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = overrides.pop("TransferSyntaxUID", ExplicitVRLittleEndian)
    for keyword, value in overrides.items():
        if value is None:
            image.pop(keyword, None)
        else:
            setattr(image, keyword, value)
    return image


def save(image: Dataset, path: Path) -> Path:
    """Write a dataset as a DICOM file (PS3.10) and return its path."""
    image.file_meta.MediaStorageSOPClassUID = image.get("SOPClassUID", DigitalXRayImageStorageForPresentation)
    image.file_meta.MediaStorageSOPInstanceUID = image.get("SOPInstanceUID", generate_uid(None, ["none"]))
    implicit = image.file_meta.TransferSyntaxUID.is_implicit_VR
    dcmwrite(path, image, implicit_vr=implicit, little_endian=True, enforce_file_format=True)
    return path


def _identity() -> dict[str, Any]:
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        "SOPInstanceUID": generate_uid(None, ["clearway test image"]),
        "StudyInstanceUID": generate_uid(None, ["clearway test study"]),
        "SeriesInstanceUID": generate_uid(None, ["clearway test series"]),
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
