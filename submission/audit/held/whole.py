"""Lists that a document states to the last row: a row that is left out on page, in ledger and text is missed here.

What stands here is what documents of a clean build state whole. A row without a digit is no claim and cannot be missed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.audit.names import ledger_of

Found = tuple[str, str, str]
Lists = Mapping[str, Mapping[str, set[int]]]
"""By file and list: the places of rows."""

LISTS = (
    ("CW-DOC-000", "catalogue.json", "documents"),
    ("CW-DOC-002", "device.json", "transfer_syntaxes"),
    ("CW-DOC-002", "device.json", "research_transfer_syntaxes"),
    ("CW-DOC-005", "device.json", "gate/fitted_on"),
    ("CW-DOC-007", "trace.json", "hazards"),
    ("CW-DOC-007", "trace.json", "controls"),
    ("CW-DOC-010", "trace.json", "controls"),
    ("CW-DOC-014", "manifest.json", "register"),
    ("CW-DOC-020", "trace.json", "threats"),
    ("CW-DOC-020", "trace.json", "data_flow/boundaries"),
    ("CW-DOC-020", "trace.json", "data_flow/elements"),
    ("CW-DOC-020", "trace.json", "data_flow/flows"),
    ("CW-DOC-020", "trace.json", "security/use_cases"),
    ("CW-DOC-021", "trace.json", "threats"),
    ("CW-DOC-021", "trace.json", "security/control_categories"),
    ("CW-DOC-021", "trace.json", "security/plan"),
    ("CW-DOC-021", "trace.json", "security/testing"),
    ("CW-DOC-022", "supply.json", "bills"),
    ("CW-DOC-024", "catalogue.json", "equivalence/decisions"),
    ("CW-DOC-024", "catalogue.json", "equivalence/devices"),
    ("CW-DOC-026", "catalogue.json", "content_map/items"),
    ("CW-DOC-027", "catalogue.json", "questions"),
    ("CW-DOC-042", "device.json", "rejections"),
    ("CW-DOC-042", "device.json", "interfaces/report/content"),
    ("CW-DOC-042", "device.json", "interfaces/report/elements"),
    ("CW-DOC-045", "trace.json", "controls"),
    ("CW-DOC-051", "device.json", "rejections"),
    ("CW-DOC-052", "catalogue.json", "proposals/use/tasks"),
    ("CW-DOC-053", "catalogue.json", "proposals/monitoring"),
    ("CW-DOC-061", "catalogue.json", "presub/questions"),
)
"""A document, the file of a list, and the list: each row of it is stated there."""
BEGUN = (
    ("CW-DOC-005", "datasets.json", "datasets/*/splits"),
    ("CW-DOC-005", "studies.json", "studies/*/openings"),
    ("CW-DOC-006", "trace.json", "items/*/criteria"),
    ("CW-DOC-007", "trace.json", "controls/*/hazards"),
    ("CW-DOC-007", "trace.json", "controls/*/requirements"),
    ("CW-DOC-007", "trace.json", "hazards/*/controls"),
    ("CW-DOC-010", "trace.json", "items/*/criteria"),
    ("CW-DOC-012", "studies.json", "studies/*/criteria"),
    ("CW-DOC-016", "studies.json", "studies/*/analyses/*/estimates"),
    ("CW-DOC-018", "studies.json", "studies/*/analyses/*/estimates"),
    ("CW-DOC-020", "trace.json", "security/views/*/statements"),
    ("CW-DOC-020", "trace.json", "threats/*/controls"),
    ("CW-DOC-020", "trace.json", "threats/*/hazards"),
    ("CW-DOC-042", "device.json", "node/services/*/sop_classes"),
    ("CW-DOC-042", "device.json", "node/services/*/transfer_syntaxes"),
    ("CW-DOC-050", "studies.json", "studies/*/openings"),
    ("CW-DOC-051", "studies.json", "studies/*/analyses/*/estimates"),
    ("CW-DOC-054", "catalogue.json", "proposals/compliance/*/clauses"),
    ("CW-DOC-057", "datasets.json", "datasets/*/splits"),
    ("CW-DOC-057", "studies.json", "studies/*/analyses/*/estimates"),
    ("CW-DOC-057", "studies.json", "studies/*/openings"),
    ("CW-DOC-058", "studies.json", "studies/*/criteria"),
)
"""A document, a file, and lists of one kind: of each of which the document states a row it states every one."""
OF_STUDY = ("CW-DOC-003", "CW-DOC-011", "CW-DOC-050")
"""The documents that state each criterion of the study of the release."""
OF_ALL, OF_GROUPS = "CW-DOC-011", "CW-DOC-017"
"""Those that state each of its estimates of all images, and each of a group."""
REQUIREMENTS, REQUIREMENT = "CW-DOC-006", "software_requirement"
"""The document that states each item of a kind."""


def find_in_lists(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each row of a list that the document which states that list leaves out."""
    for document in manifest["documents"]:
        path = folder / ledger_of(document)
        if not path.is_file():
            continue
        told = _told(json.loads(path.read_bytes())["claims"])
        wanted = [
            (file, name, _rows(files.get(file), name)) for number, file, name in LISTS if number == document["number"]
        ]
        wanted += [*_of_study(document["number"], manifest, files), *_begun(document["number"], told, files)]
        if document["number"] == REQUIREMENTS:
            items = _rows(files.get("trace.json"), "items")
            wanted.append(("trace.json", "items", {at: row for at, row in items.items() if row["kind"] == REQUIREMENT}))
        for file, name, rows in wanted:
            for row in sorted(rows.keys() - told.get(file, {}).get(name, set())):
                yield "row-missing", document["file"], f"does not state row {row} of {file}#/{name}"


def _told(claims: list[dict[str, Any]]) -> Lists:
    """The rows that a document states of each list, at every step of the places of its claims."""
    found: dict[str, dict[str, set[int]]] = {}
    for claim in claims:
        lists = found.setdefault(claim["file"], {})
        for match in re.finditer(r"/(\d+)(?=/|$)", str(claim["pointer"])):
            lists.setdefault(claim["pointer"][1 : match.start()], set()).add(int(match[1]))
    return found


def _rows(value: Any, name: str) -> dict[int, Any]:
    """The rows of a list by their places, but for estimates without a value; none where the evidence has a gap."""
    for step in name.split("/"):
        value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
    rows = enumerate(value) if isinstance(value, list) else ()
    return {at: row for at, row in rows if not isinstance(row, dict) or row.get("value", row) is not None}


def _begun(number: str, told: Lists, files: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[int, Any]]]:
    """Yield each list of a kind of which a document states a row."""
    for document, file, kind in BEGUN:
        if document == number:
            pattern = re.compile(kind.replace("*", r"\d+"))
            for name in filter(pattern.fullmatch, told.get(file, {})):
                yield file, name, _rows(files.get(file), name)


def _of_study(
    number: str, manifest: Mapping[str, Any], files: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[int, Any]]]:
    """Yield the criteria and the estimates of the study of the release that a document states."""
    named = (manifest["release"] or {}).get("name")
    releases = (files.get("device.json") or {}).get("releases", ())
    study = next((one["study"] for one in releases if one["name"] == named), None)
    for place, one in enumerate((files.get("studies.json") or {}).get("studies", ())):
        if study is None or one["name"] != study:
            continue
        if number in OF_STUDY:
            yield "studies.json", f"studies/{place}/criteria", _rows(one, "criteria")
        if number in (OF_ALL, OF_GROUPS):
            rows = _rows(one, "estimates").items()
            fit = {at: row for at, row in rows if (row["subgroup"] == "all") is (number == OF_ALL)}
            yield "studies.json", f"studies/{place}/estimates", fit
