"""Imported items as YAML files, as people write them; never over a file that is there, unless that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from verification.evidence import ItemKind, write_atomically
from verification.exchange.form import Form
from verification.specification.documents import read_document

WIDTH = 110


def write_items(folder: Path, values: dict[str, tuple[ItemKind, dict[str, Any]]], forms: dict[ItemKind, Form]) -> int:
    """Write a file for each item below a folder, and read each back.

    Raises:
        ValueError: what a file holds is not what was to be written.
    """
    for identity, (kind, value) in values.items():
        path = folder / forms[kind].folder / f"{identity}.yaml"
        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=WIDTH)
        write_atomically(path, text.encode())
        if read_document(path, str(path)).value != value:
            raise ValueError(f"{path}: is not what the ReqIF file holds")
    return len(values)
