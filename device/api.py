"""Where the public names of the device come from. `device` loads it when the first of them is asked for."""

# ruff: noqa: F401  `device.__all__` names them

from device.cli import main
from device.dicom import RESEARCH_TRANSFER_SYNTAXES, TRANSFER_SYNTAXES
from device.errors import ConfigurationError, DeviceError, ReleaseError, ReportError, UnreadableFileError
from device.fitted import FITTED_ON
from device.limits import (
    AGE_TOLERANCE_YEARS,
    CHEST,
    CHEST_CODES,
    DECODING_BYTES,
    DECODING_SECONDS,
    LEAST_CONTRAST,
    LIMITS,
    MOST_AT_AN_END,
    VIEW_CODES,
)
from device.pipeline import analyze, gate
from device.rejections import REJECTION_CODES, RejectionCode
from device.release import find_releases, read_release
from device.report import IDENTITY, STATEMENT
from device.types import (
    Admission,
    Analysis,
    Finding,
    Flag,
    GateResult,
    Geometry,
    Intake,
    Notice,
    OperatingPoint,
    Outcome,
    Population,
    Rejection,
    Release,
    Status,
    TransferSyntax,
    Unbuilt,
    Weights,
)
