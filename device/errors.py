"""The device's few faults. A fault never becomes "not flagged"; a reason not to apply is a `Rejection`, not a fault."""

from __future__ import annotations


class DeviceError(Exception):
    """A fault of the device or of what it was given: says what was found, what was expected and what to do."""


class UnreadableFileError(DeviceError):
    """The file cannot be read, is empty, or is not what its intake reads (DICOM; in research also PNG or JPEG)."""


class DecodingError(DeviceError):
    """The codecs' process ended or took too long: the file fails, and says nothing of a patient."""


class ReleaseError(DeviceError):
    """A release is unknown, incomplete, not built here, or not byte for byte what was locked."""


class ReportError(DeviceError):
    """A result cannot be written as DICOM."""


class ConfigurationError(DeviceError):
    """A node's configuration does not hold: every fault is named, with its line."""


class RecordError(DeviceError):
    """A file of results cannot be written, or is of another run."""


class StoreError(DeviceError):
    """The node's folder cannot be used."""
