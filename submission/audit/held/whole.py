"""Lists that a document states to the last row: a row that is left out on page, in ledger and text is missed here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.audit.names import ledger_of

Found = tuple[str, str, str]

LISTS = (
    ("CW-DOC-014", "manifest.json", "register"),
    ("CW-DOC-007", "trace.json", "hazards"),
    ("CW-DOC-007", "trace.json", "controls"),
    ("CW-DOC-020", "trace.json", "threats"),
    ("CW-DOC-027", "catalogue.json", "questions"),
)
"""A document, the file of a list, and the list: each row of it is stated there."""
OF_STUDY = ("CW-DOC-003", "CW-DOC-011")
"""The documents that state each criterion of the study of the release."""


def find_in_lists(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each row of a list that the document which states that list leaves out."""
    wanted = [*LISTS, *_criteria(manifest, files)]
    for document in manifest["documents"]:
        path = folder / ledger_of(document)
        lists = [(file, name) for number, file, name in wanted if number == document["number"]]
        if not lists or not path.is_file():
            continue
        claims = json.loads(path.read_bytes())["claims"]
        for file, name in lists:
            held, rows = f"/{name}/", _rows(files.get(file), name)
            told = {claim["pointer"][len(held) :].split("/")[0] for claim in claims if _is_of(claim, file, held)}
            for row in (row for row in range(rows) if str(row) not in told):
                yield "row-missing", document["file"], f"does not state row {row} of {file}#/{name}, which has {rows}"


def _criteria(manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the criteria of the study of the release as lists that documents state."""
    named = (manifest["release"] or {}).get("name")
    releases = (files.get("device.json") or {}).get("releases", ())
    study = next((one["study"] for one in releases if one["name"] == named), None)
    for place, one in enumerate((files.get("studies.json") or {}).get("studies", ())):
        if one["name"] == study:
            yield from ((number, "studies.json", f"studies/{place}/criteria") for number in OF_STUDY)


def _is_of(claim: Mapping[str, Any], file: str, held: str) -> bool:
    return claim["file"] == file and str(claim["pointer"]).startswith(held)


def _rows(value: Any, name: str) -> int:
    for step in name.split("/"):
        value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
    return len(value or ())
