"""The vocabulary of the evidence: frozen, typed, strict when read back (an unknown or missing field is an error).

Everything here is a function of the commit and of the evidence files it names. Run times, hosts and tool versions
belong to the run record (`RunRecord`), which no digest covers and no document quotes.

A file a subject. What a file adds to the vocabulary stands in its own `__all__`, and nowhere else.
"""

# ruff: noqa: F403  the files are taken whole

from typing import TYPE_CHECKING

from verification.evidence.types import (
    analyses,
    changes,
    datasets,
    items,
    network,
    product,
    record,
    results,
    reviews,
    risk,
    security,
    sources,
    studies,
    supply,
    tables,
    trace,
)
from verification.evidence.types.analyses import *
from verification.evidence.types.changes import *
from verification.evidence.types.datasets import *
from verification.evidence.types.items import *
from verification.evidence.types.network import *
from verification.evidence.types.product import *
from verification.evidence.types.record import *
from verification.evidence.types.results import *
from verification.evidence.types.reviews import *
from verification.evidence.types.risk import *
from verification.evidence.types.security import *
from verification.evidence.types.sources import *
from verification.evidence.types.studies import *
from verification.evidence.types.supply import *
from verification.evidence.types.tables import *
from verification.evidence.types.trace import *

_SUBJECTS = (
    analyses, changes, datasets, items, network, product, record, results, reviews, risk, security, sources, studies,
    supply, tables, trace,
)  # fmt: skip

VOCABULARY = [name for subject in _SUBJECTS for name in subject.__all__]
"""Every name of the vocabulary."""

if not TYPE_CHECKING:  # mypy adds up no lists; without one it takes every name that the files give
    __all__ = VOCABULARY
