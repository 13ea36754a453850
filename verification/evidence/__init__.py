"""The schema of everything that the rooms exchange, and the only door between them.

Verification writes these types as JSON under `build/evidence/`; submission reads them and nothing else.
"""

from verification.evidence import types
from verification.evidence.bundle import (
    EVIDENCE_FILES,
    SOURCES,
    EvidenceBundle,
    find_changes,
    find_stale,
    read_bundle,
    read_sources,
)
from verification.evidence.chain import append_chain, find_in_history, read_chain
from verification.evidence.files import (
    EvidenceError,
    alone,
    held,
    read_evidence,
    read_manifest,
    replacing,
    restore,
    write_atomically,
    write_evidence,
    write_new,
)
from verification.evidence.product import Product
from verification.evidence.project import LARGEST_BYTES, RECORDS, Project, ProjectError, find_project, sha256_of
from verification.evidence.reviews import fitting, is_reviewable, lines_by_subject
from verification.evidence.run import recorded_run
from verification.evidence.told import ROLES, issue_line, paint
from verification.evidence.types import *  # noqa: F403  the vocabulary is re-exported whole

__all__ = [
    "EVIDENCE_FILES",
    "LARGEST_BYTES",
    "RECORDS",
    "ROLES",
    "SOURCES",
    "EvidenceBundle",
    "EvidenceError",
    "Product",
    "Project",
    "ProjectError",
    "alone",
    "append_chain",
    "find_changes",
    "find_in_history",
    "find_project",
    "find_stale",
    "fitting",
    "held",
    "is_reviewable",
    "issue_line",
    "lines_by_subject",
    "paint",
    "read_bundle",
    "read_chain",
    "read_evidence",
    "read_manifest",
    "read_sources",
    "recorded_run",
    "replacing",
    "restore",
    "sha256_of",
    "write_atomically",
    "write_evidence",
    "write_new",
]
__all__ += types.VOCABULARY
