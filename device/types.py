"""The device's domain types: frozen values that its parts hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

UnitImage: TypeAlias = NDArray[np.float32]
"""Image values, axis order (rows, columns), float32 in [0, 1], 0 is black and 1 is white."""

ModelInput: TypeAlias = NDArray[np.float32]
"""What the model reads, axis order (rows, columns, channels = 1), float32 in [0, 1]."""


class Intake(StrEnum):
    """The door an image came through. Only clinical results may be written as DICOM."""

    CLINICAL = "clinical"
    RESEARCH = "research"


class Admission(StrEnum):
    """What the gate says of one file."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"


class Outcome(StrEnum):
    """What became of the analysis of one file. `not_analyzed` is never `not_flagged`."""

    ANALYZED = "analyzed"
    NOT_ANALYZED = "not_analyzed"
    FAILED = "failed"


class Flag(StrEnum):
    """The device's only statement about an image that it analyzed."""

    FLAGGED = "flagged"
    NOT_FLAGGED = "not_flagged"


class Status(StrEnum):
    """A release's standing: `reference` can never be filed; `candidate` is a draft until a person approves it."""

    REFERENCE = "reference"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One reason why the device does not apply to an image: a value, not a fault.

    `attribute` is the first DICOM keyword of the criterion; `requirement` is an opaque id that the device carries and
    never reads.
    """

    code: str
    attribute: str
    found: str
    expected: str
    requirement: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader of the result should know, that does not stop the analysis."""

    code: str
    attribute: str
    found: str
    message: str


class Population(Struct, frozen=True, forbid_unknown_fields=True):
    """The patients and views that a release is labeled for. Ages are completed years, both limits included."""

    description: str
    minimum_age_years: int
    maximum_age_years: int | None
    view_positions: tuple[str, ...]


class Geometry(Struct, frozen=True, forbid_unknown_fields=True):
    """The size and the resampling of the model's input."""

    rows: int
    columns: int
    resampling: str
    keeps_aspect: bool


class OperatingPoint(Struct, frozen=True, forbid_unknown_fields=True):
    """The threshold at and above which an image is flagged, the rule that chose it and the data it was locked on."""

    threshold: float
    rule: str
    locked_on: str


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """A release's trained network: a file in the release's folder, its format and the digest it must have."""

    file: str
    format: str
    sha256: str


class Unbuilt(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a release has no weights here, and the command that makes them."""

    reason: str
    command: str


@dataclass(frozen=True, slots=True)
class Release:
    """The unit of a claim: name, version and digest, immutable once locked.

    `digest` is the SHA-256 of the release's SHA256SUMS file, which lists every other file of `folder`.
    """

    name: str
    version: str
    status: Status
    title: str
    population: Population
    geometry: Geometry
    limitations: tuple[str, ...]
    weights: Weights | None
    operating_point: OperatingPoint | None
    unbuilt: Unbuilt | None
    study: str | None
    digest: str
    folder: Path


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """An encoding of pixel data that the device reads (PS3.5 chapter 10)."""

    uid: str
    name: str
    lossy: bool


class PixelFaultKind(StrEnum):
    """What keeps pixel data from being an image."""

    SHORT = "short"
    UNDECODABLE = "undecodable"


@dataclass(frozen=True, slots=True)
class PixelFault:
    """Pixel data that are not an image: a value, which the gate turns into a rejection."""

    kind: PixelFaultKind
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class ChestRadiograph:
    """An image that passed every criterion of the gate; nothing else reaches the model."""

    pixels: UnitImage
    intake: Intake


@dataclass(frozen=True, slots=True)
class Finding:
    """The model's score in [0, 1], which is not a probability, and the statement it leads to."""

    flag: Flag
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything the device says about one file.

    `finding` is present if and only if `outcome` is `analyzed`; `rejections` is empty unless it is `not_analyzed`;
    `failure` says what went wrong if it is `failed`. `asserted` holds attribute values that the user stated for a file
    that carries none.
    """

    path: str
    outcome: Outcome
    rejections: tuple[Rejection, ...]
    notices: tuple[Notice, ...]
    finding: Finding | None
    failure: str | None
    intake: Intake
    asserted: tuple[tuple[str, str], ...]
    release: str
    release_version: str
    release_digest: str


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate says of one file, before any inference."""

    path: str
    outcome: Admission
    rejections: tuple[Rejection, ...]
    notices: tuple[Notice, ...]
    failure: str | None
    intake: Intake
    asserted: tuple[tuple[str, str], ...]
    release: str
    release_version: str
    release_digest: str
