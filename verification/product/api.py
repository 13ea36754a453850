"""What verification uses of this very device, by its public names. No other module imports it, the steps aside.

A product of another name is verified without it: then nothing here is loaded.
"""

# ruff: noqa: F401  other rooms take the names from here; `device.__all__` says which there are

from device import (
    AGE_TOLERANCE_YEARS,
    ASSOCIATION_REFUSALS,
    ASSOCIATION_TERMS,
    AUDIT_MESSAGES,
    CHEST,
    CHEST_CODES,
    DECODING_BYTES,
    DECODING_SECONDS,
    FITTED_ON,
    IDENTITY,
    LEAST_CONTRAST,
    LEAST_TLS,
    LIMITS,
    MOST_AT_AN_END,
    RECORD_LINES,
    REJECTION_CODES,
    RESEARCH_TRANSFER_SYNTAXES,
    SERVICES,
    SOP_CLASS_KEYWORDS,
    STATEMENT,
    STATUSES,
    TRANSFER_SYNTAXES,
    VIEW_CODES,
    Admission,
    DeviceError,
    Flag,
    Intake,
    NodeConfiguration,
    Outcome,
    Release,
    ReleaseError,
    analyze,
    find_releases,
    gate,
    main,
    read_release,
)
