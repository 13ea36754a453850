"""Clearway's device: decides whether it applies to a chest radiograph and, if so, flags it for prioritized reading.

The public interface is what `__all__` names; nothing outside this package uses more.
They are loaded when the first of them is asked for: a command that needs none of them starts without pydicom and NumPy.
"""

# ruff: noqa: F405  the names come from device.api
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from device.api import *  # noqa: F403
    from device.node.api import *  # noqa: F403

__all__ = [
    "AGE_TOLERANCE_YEARS",
    "ASSOCIATION_REFUSALS",
    "ASSOCIATION_TERMS",
    "AUDIT_MESSAGES",
    "CHEST",
    "CHEST_CODES",
    "DECODING_BYTES",
    "DECODING_SECONDS",
    "FITTED_ON",
    "IDENTITY",
    "LEAST_CONTRAST",
    "LEAST_TLS",
    "LIMITS",
    "MOST_AT_AN_END",
    "RECORD_LINES",
    "REJECTION_CODES",
    "RESEARCH_TRANSFER_SYNTAXES",
    "SERVICES",
    "SOP_CLASS_KEYWORDS",
    "STATEMENT",
    "STATUSES",
    "TRANSFER_SYNTAXES",
    "VIEW_CODES",
    "Admission",
    "Analysis",
    "ConfigurationError",
    "DeviceError",
    "Finding",
    "Flag",
    "GateResult",
    "Geometry",
    "Intake",
    "NodeConfiguration",
    "Notice",
    "OperatingPoint",
    "Outcome",
    "Population",
    "Receiver",
    "Rejection",
    "RejectionCode",
    "Release",
    "ReleaseError",
    "ReportError",
    "Status",
    "Store",
    "TransferSyntax",
    "Unbuilt",
    "UnreadableFileError",
    "Weights",
    "Worker",
    "analyze",
    "deliver",
    "fail_object",
    "find_destinations",
    "find_outlets",
    "find_releases",
    "gate",
    "main",
    "make_page_server",
    "read_configuration",
    "read_release",
    "report_commitments",
    "run_outlet",
    "sweep_incoming",
    "tell_status",
]

_OF_THE_NODE = frozenset({
    "ASSOCIATION_REFUSALS", "ASSOCIATION_TERMS", "AUDIT_MESSAGES", "LEAST_TLS", "RECORD_LINES", "SERVICES",
    "SOP_CLASS_KEYWORDS", "STATUSES", "NodeConfiguration", "Receiver", "Store", "Worker", "deliver", "fail_object",
    "find_destinations", "find_outlets", "make_page_server", "read_configuration", "report_commitments", "run_outlet",
    "sweep_incoming", "tell_status",
})  # fmt: skip
"""What is loaded apart: who analyzes a file needs no network."""


class _Device(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name in _OF_THE_NODE:
            from device.node import api as node

            return getattr(node, name)
        from device import api

        return getattr(api, name)

    def __setattr__(self, name: str, value: object) -> None:
        # Importing the module `device.gate` would otherwise put it in the place of the public function of that name.
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Device
