"""The files that a PDF carries, against the package: its claims are its ledger's, its evidence is the evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.audit.names import EVIDENCE, VOLUME

Found = tuple[str, str, str]

KEYS = ("file", "pointer", "rule", "text", "value")
"""What the claims that a document carries say of each; on which page it stands they cannot."""


def find_in_attached(path: Path, file: str, ledger: dict[str, Any], evidence: Mapping[str, str]) -> Iterator[Found]:
    """Yield each attachment of a document that is not the package's; `evidence` are digests by name of file."""
    try:
        carried = attachments(path.read_bytes())
    except Exception:  # a damaged file raises many kinds; it is named where its pages are read
        return
    if file == VOLUME:
        wanted = {name.removeprefix(EVIDENCE).replace("/", "-"): digest for name, digest in evidence.items()}
        found = {name: hashlib.sha256(content).hexdigest() for name, content in carried.items()}
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                message = f"carries {name} of SHA-256 {found.get(name)}, the evidence has {wanted.get(name)}"
                yield "attachment-differs", file, message
        return
    name = f"{ledger['document']}-claims.json"
    if list(carried) != [name]:
        yield "attachment-differs", file, f"carries {', '.join(sorted(carried)) or 'nothing'}, expected {name} alone"
        return
    told = json.loads(carried[name])
    if (_told(told), told["evidence"]) != (_told(ledger), ledger["evidence"]):
        yield "attachment-differs", file, f"its {name} has other claims than its ledger"


def _told(ledger: dict[str, Any]) -> list[list[Any]]:
    return [[claim[key] for key in KEYS] for claim in ledger["claims"]]


def attachments(content: bytes) -> dict[str, bytes]:
    """The files that a PDF carries, by name."""
    from pypdfium2 import PdfDocument

    with PdfDocument(content) as document:
        each = [document.get_attachment(at) for at in range(document.count_attachments())]
        return {one.get_name(): bytes(one.get_data()) for one in each}
