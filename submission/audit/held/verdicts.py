"""Words that judge, against the evidence that they judge: a verdict is found again, however well the texts agree.

A word changed on a page, in its ledger and in its text file alike is nobody's figure. So what documents state loudly is
known here sentence by sentence, and a status in the row of an item has to be one that the evidence has of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.audit.names import MANIFEST, text_of

Found = tuple[str, str, str]

LOUD = re.compile(r"\b[A-Z]{2,}(?:,? [A-Z]{2,})*\b")
JUDGES = {"MET", "SUPPORTED", "ACCEPTED", "ACCEPTABLE", "APPROVED", "CLEARED", "PASSED", "FAILED", "EFFECTIVE", "SAFE"}
"""Words in capitals that judge."""
CONCLUSION = "SUBSTANTIAL EQUIVALENCE NOT SUPPORTED"
SAYINGS = {CONCLUSION, "OVERALL RESIDUAL RISK NOT ACCEPTED"}
"""Verdicts in capitals that do not hang upon a figure."""
OF_CRITERION = {"MET": True, "NOT MET": False}
CLOSED = "Every difference in the table is closed by evidence"
STATUSES = {
    "passed", "failed", "covers", "gap", "met", "not met", "accepted", "refused", "acceptable", "reduce",
    "unacceptable", "stale", "suspect", "unproven", "answered", "not applicable", "blocking", "advisory",
    "critical", "major", "minor",
}  # fmt: skip
"""Words that stand alone in a cell and judge the item of the row."""
NAME = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+")


def find_in_verdicts(folder: Path, manifest: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each verdict of a text file that the evidence does not have; a missing file is named elsewhere."""
    yield from _find_in_conclusion(manifest, evidence)
    known = _records(manifest, evidence)
    criteria = {
        one["id"]: one["met"] for study in (evidence.get("studies.json") or {}).get("studies", ())
        for one in study["criteria"]
    }  # fmt: skip
    supported = bool(manifest.get("equivalence")) and not manifest["equivalence"]["open"]
    for document in manifest["documents"]:
        path = folder / text_of(document)
        if not path.is_file():
            continue
        for block in json.loads(path.read_bytes())["blocks"]:
            pieces = [*block.get("rows", ()), *([[block["text"]]] if block.get("text") else [])]
            for row in pieces:
                for code, fault in _find_in_row(row, criteria, known, supported):
                    yield code, text_of(document), fault


def _find_in_conclusion(manifest: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[Found]:
    """Yield a conclusion on equivalence that does not follow from what is open, and what has to be open and is not."""
    stated = manifest.get("equivalence")
    entered = (evidence.get("catalogue.json") or {}).get("sponsor")
    if not stated or entered is None:
        return
    if stated["conclusion"] != (CONCLUSION if stated["open"] else CLOSED):
        yield "verdict", MANIFEST, f"concludes {stated['conclusion']!r} with {len(stated['open'])} open differences"
    if not entered.get("predicate") and not stated["open"]:
        yield "verdict", MANIFEST, "has no open difference, and no predicate was selected"


def _find_in_row(
    row: list[str], criteria: Mapping[str, bool | None], known: Mapping[str, set[str]], supported: bool
) -> Iterator[tuple[str, str]]:
    said = " | ".join(row)
    for phrase in LOUD.findall(said):
        if JUDGES & {*re.findall("[A-Z]+", phrase)}:
            yield from _find_in_phrase(phrase, said, criteria, supported)
    if CLOSED in said and not supported:
        yield "verdict-differs", f"states {CLOSED!r}, and differences are open"
    for name, word in re.findall(r"([A-Z]+-[A-Z]+-\d+)(?: is|:)? (NOT MET|MET|met)\b", said):
        if name in criteria and criteria[name] is not (word != "NOT MET"):
            yield "verdict-differs", f"calls {name} {word}, the evidence has met: {criteria[name]}"
    for cell in row[1:] if row and row[0] in known else ():
        if cell in STATUSES and cell not in known[row[0]]:
            yield "verdict-differs", f"has {cell!r} in the row of {row[0]}, the evidence has no such word of it"


def _find_in_phrase(
    phrase: str, said: str, criteria: Mapping[str, bool | None], supported: bool
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a verdict in capitals, by what stands around it."""
    named = [name for name in dict.fromkeys(NAME.findall(said)) if name in criteria]
    if phrase in OF_CRITERION:
        if len(named) == 1 and criteria[named[0]] is not OF_CRITERION[phrase]:
            yield "verdict-differs", f"calls {named[0]} {phrase}, the evidence has met: {criteria[named[0]]}"
    elif phrase not in SAYINGS:
        yield "verdict-unknown", f"states {phrase!r}, a verdict that the audit does not know"
    elif phrase == CONCLUSION and supported:
        yield "verdict-differs", f"states {phrase!r}, and no difference is open"


def _records(manifest: Mapping[str, Any], evidence: Mapping[str, Any]) -> dict[str, set[str]]:
    """Every word that the evidence and the manifest have of an item, by its id."""
    found: dict[str, set[str]] = {}
    for value in (*evidence.values(), manifest):
        _gather(value, found)
    for row in manifest.get("register", ()):  # stands under what it is a gap of where it has no id of its own
        found.setdefault(row.get("id") or row["where"], set()).update(_words(row))
    return found


def _gather(value: Any, found: dict[str, set[str]]) -> None:
    if isinstance(value, dict):
        name = value.get("id")
        if isinstance(name, str) and NAME.fullmatch(name):
            found.setdefault(name, set()).update(_words(value))
        for inner in value.values():
            _gather(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _gather(inner, found)


def _words(value: Any) -> Iterator[str]:
    """Yield each text below a value; a truth that is called `met` is a word too."""
    if isinstance(value, str):
        yield value
        yield value.replace("_", " ")
    elif isinstance(value, dict):
        if isinstance(value.get("met"), bool):
            yield "met" if value["met"] else "not met"
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
