"""What verification uses of this very device, by its public names. No other module imports it, the steps aside.

A product of another name is verified without it: then nothing here is loaded.
"""

# ruff: noqa: F401  other rooms take the names from here; `device.__all__` says which there are

from device import (
    AGE_TOLERANCE_YEARS,
    CHEST,
    CHEST_CODES,
    DECODING_BYTES,
    DECODING_SECONDS,
    IDENTITY,
    LEAST_CONTRAST,
    LIMITS,
    MOST_AT_AN_END,
    REJECTION_CODES,
    RESEARCH_TRANSFER_SYNTAXES,
    STATEMENT,
    TRANSFER_SYNTAXES,
    VIEW_CODES,
    Admission,
    DeviceError,
    Flag,
    Intake,
    Outcome,
    Release,
    ReleaseError,
    analyze,
    find_releases,
    gate,
    main,
    read_release,
)
