"""The files that a PDF carries, against the package: its claims are its ledger's, its evidence is the evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from submission.audit.names import EVIDENCE, VOLUME

Found = tuple[str, str, str]

KEYS = ("file", "pointer", "rule", "text", "value")
"""What the claims that a document carries say of each; on which page it stands they cannot."""


def find_in_attached(
    path: Path, file: str, ledger: dict[str, Any], evidence: Mapping[str, str], also: Sequence[str]
) -> Iterator[Found]:
    """Yield each attachment of a document that is not the package's.

    Args:
        path: of the document.
        file: its name.
        ledger: of its claims.
        evidence: digests by name of file.
        also: files of the evidence that it has to carry, as far as there is such evidence.
    """
    try:
        carried = attachments(path.read_bytes())
    except Exception:  # a damaged file raises many kinds; it is named where its pages are read
        return
    known = {name.removeprefix(EVIDENCE): digest for name, digest in evidence.items()}
    wanted = {name.replace("/", "-"): known[name] for name in (known if file == VOLUME else also) if name in known}
    own = None if file == VOLUME else f"{ledger['document']}-claims.json"
    found = {name: hashlib.sha256(content).hexdigest() for name, content in carried.items() if name != own}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            message = f"carries {name} of SHA-256 {found.get(name)}, the evidence has {wanted.get(name)}"
            yield "attachment-differs", file, message
    if own is None:
        return
    if own not in carried:
        yield "attachment-differs", file, f"carries no {own}, the list of its claims"
        return
    told = json.loads(carried[own])
    if (_told(told), told["evidence"]) != (_told(ledger), ledger["evidence"]):
        yield "attachment-differs", file, f"its {own} has other claims than its ledger"


def _told(ledger: dict[str, Any]) -> list[list[Any]]:
    return [[claim[key] for key in KEYS] for claim in ledger["claims"]]


def attachments(content: bytes) -> dict[str, bytes]:
    """The files that a PDF carries, by name."""
    from pypdfium2 import PdfDocument

    with PdfDocument(content) as document:
        each = [document.get_attachment(at) for at in range(document.count_attachments())]
        return {one.get_name(): bytes(one.get_data()) for one in each}
