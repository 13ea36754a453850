"""What the files of a package are called, as the audit knows it; the build has names of its own.

Two sides that took the names from one place would agree on a wrong one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

MANIFEST, SIDECAR = "manifest.json", "manifest.sha256"
"""The list of all files, and the file that holds its digest."""

EVIDENCE = "evidence/"
"""The folder of the evidence; an origin names a file of it without the folder."""

WORKBOOK = "matrix.xlsx"
"""The matrix as a workbook, in the folder of the evidence."""

VOLUME, VOLUME_LEDGER = "volume.pdf", "claims/volume.json"
"""The volume of all documents, and its ledger of claims."""


def ledger_of(document: Mapping[str, Any]) -> str:
    """The ledger of a document as the manifest lists it; that of the reading copy has a name of its own."""
    return f"claims/{document['number']}.json"


def text_of(document: Mapping[str, Any]) -> str:
    """The text file of a document as the manifest lists it."""
    return f"text/{PurePosixPath(document['file']).stem}.json"


def printed(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All documents that a manifest lists, and the reading copy if there is one."""
    return [*manifest["documents"], *filter(None, [manifest["volume"]])]
