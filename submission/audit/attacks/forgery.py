"""A copy of a package to be corrupted, by a forger who makes its digests agree again."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.audit.names import MANIFEST, SIDECAR, VOLUME, VOLUME_LEDGER, ledger_of, printed

Attack = Callable[["Forgery"], str | None]
"""Corrupts a copy and says what was done; None if there was nothing of the kind to corrupt."""


@dataclass(slots=True)
class Forgery:
    """A copy of a package to be corrupted, and the forger's dice."""

    folder: Path
    dice: random.Random

    def manifest(self) -> dict[str, Any]:
        """The manifest as it stands."""
        found: dict[str, Any] = json.loads((self.folder / MANIFEST).read_bytes())
        return found

    def sign(self, manifest: dict[str, Any] | None = None) -> None:
        """Let the manifest list the files as they are now, and its digest be right."""
        told = manifest or self.manifest()
        for document in printed(told):
            document["sha256"] = self._digest(document["file"], document["sha256"])
        for part in ("evidence", "claims", "text"):
            for name in told.get(part) or {}:
                told[part][name] = self._digest(name, told[part][name])
        content = json.dumps(told).encode()
        (self.folder / MANIFEST).write_bytes(content)
        (self.folder / SIDECAR).write_text(f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n")

    def _digest(self, name: str, otherwise: str) -> str:
        path = self.folder / name
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else otherwise

    def document(self) -> dict[str, Any]:
        """A document, or the volume if there is one, by chance."""
        found: dict[str, Any] = self.dice.choice(printed(self.manifest()))
        return found

    def ledger(self, document: dict[str, Any]) -> str:
        """The name of a document's ledger."""
        return VOLUME_LEDGER if document["file"] == VOLUME else ledger_of(document)

    def evidence(self) -> str:
        """The name of a JSON file of evidence, by chance."""
        names: list[str] = sorted(name for name in self.manifest()["evidence"] if name.endswith(".json"))
        return self.dice.choice(names)

    def read(self, name: str) -> Any:
        """A JSON file of the copy."""
        return json.loads((self.folder / name).read_bytes())

    def write(self, name: str, value: Any) -> None:
        """Replace a JSON file of the copy."""
        (self.folder / name).write_text(json.dumps(value, ensure_ascii=False))


def other_digit(text: str) -> str:
    """The text with its first digit one higher; 9 becomes 0."""
    return re.sub(r"\d", lambda match: str((int(match[0]) + 1) % 10), text, count=1)


def is_number(value: Any) -> bool:
    """Whether a value of JSON is a number; a truth is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
