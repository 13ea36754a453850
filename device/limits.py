"""What the gate holds an image to: the limits of each intake, the terms and codes that it knows, and stated numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydicom import uid

from device.types import Intake

CR, DX = str(uid.ComputedRadiographyImageStorage), str(uid.DigitalXRayImageStorageForPresentation)
SECONDARY_CAPTURE = str(uid.SecondaryCaptureImageStorage)


LARGEST_SIDE = 8192
"""Rows or columns of the largest image that is decoded."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an intake takes: the modalities of each SOP class, bits stored and bits allocated, sides in pixels."""

    modalities: Mapping[str, tuple[str, ...]]
    bits_stored: range
    bits_allocated: int
    shortest_side: int
    longest_side: int = LARGEST_SIDE
    """A detector of 43 cm with pixels of 0.1 mm has 4,300; what is larger is not allocated."""


LIMITS = {
    Intake.CLINICAL: Limits({CR: ("CR",), DX: ("DX",)}, range(10, 17), 16, 512),
    Intake.RESEARCH: Limits({SECONDARY_CAPTURE: ("CR", "DX")}, range(8, 9), 8, 64),
}

CHEST = "CHEST"
"""The defined term of PS3.16 Annex L for the chest; it knows no THORAX."""

SNOMED = frozenset({"SCT", "SRT", "SNM3", "99SDM"})
"""Designators of SNOMED CT and of the SNOMED RT ids that older objects carry (PS3.16 section 8)."""

CHEST_CODES = frozenset({"816094009", "51185008", "T-D3000"})
"""Chest (PS3.16 CID 4031), and the thorax that stood there before."""

VIEW_CODES = {"399348003": "AP", "R-10206": "AP", "272479007": "PA", "R-10214": "PA", "R-40888": "PA"}
"""Frontal projections (PS3.16 CID 4010)."""

VIEW_TERMS = frozenset({"AP", "PA", "LL", "RL", "RLD", "LLD", "RLO", "LLO"})
"""The defined terms of View Position (PS3.3 C.8.1.2, C.8.11.5)."""

PATIENT_POSITION_TERMS = frozenset({"AP", "PA", "LL", "RL"})
"""Projections that published images carry in Patient Position; its own terms (HFS, ...) say nothing of a view."""

AGE_TOLERANCE_YEARS = 1
"""Patient's Age is often taken when an examination is ordered: only a larger difference contradicts the dates."""

OLDEST_YEARS = 130
"""A greater age is no age that somebody stated: it cannot be read."""

INTENT = "FOR PRESENTATION"
PRESENTATION_LUT_SHAPES = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}  # PS3.3 C.8.11.3.1.2

DECODING_SECONDS = 60
"""How long a codec may take for a frame."""

DECODING_BYTES = 2 * 2**30
"""How many bytes more than when it was started the codecs' process may reserve."""

LEAST_CONTRAST = 0.02
"""An image whose values from the 1st to the 99th percentile span less (about 5 of 255 grays) shows nothing."""

MOST_AT_AN_END = 0.70
"""The share of pixels at pure black, or at pure white, from which on too little is left of the image."""
