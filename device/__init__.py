"""Clearway's device: decides whether it applies to a chest radiograph and, if so, flags it for prioritised reading.

The public interface is what `__all__` names; nothing outside this package uses more.
They are loaded when the first of them is asked for: a command that needs none of them starts without pydicom and NumPy.
"""

# ruff: noqa: F405  the names come from device.api
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from device.api import *  # noqa: F403

__all__ = [
    "AGE_TOLERANCE_YEARS",
    "CHEST",
    "CHEST_CODES",
    "DECODING_BYTES",
    "DECODING_SECONDS",
    "IDENTITY",
    "LEAST_CONTRAST",
    "LIMITS",
    "MOST_AT_AN_END",
    "REJECTION_CODES",
    "RESEARCH_TRANSFER_SYNTAXES",
    "STATEMENT",
    "TRANSFER_SYNTAXES",
    "VIEW_CODES",
    "Admission",
    "Analysis",
    "DeviceError",
    "Finding",
    "Flag",
    "GateResult",
    "Geometry",
    "Intake",
    "Notice",
    "OperatingPoint",
    "Outcome",
    "Population",
    "Rejection",
    "RejectionCode",
    "Release",
    "ReleaseError",
    "ReportError",
    "Status",
    "TransferSyntax",
    "Unbuilt",
    "UnreadableFileError",
    "Weights",
    "analyze",
    "find_releases",
    "gate",
    "main",
    "read_release",
]


class _Device(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from device import api

        return getattr(api, name)

    def __setattr__(self, name: str, value: object) -> None:
        # Importing the module `device.gate` would otherwise put it in the place of the public function of that name.
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Device
