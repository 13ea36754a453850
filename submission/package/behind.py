"""What is behind a figure of a built package: its place in the evidence, the record there, and its scores."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from submission.content.catalogue import ledger_file
from submission.package.folder import in_full
from submission.package.holdings import EVIDENCE

SHOWN = ("metric", "subgroup", "value", "interval", "events", "n", "patients", "reference_standard", "met", "criterion")
"""Fields of a record that say what a figure is, in this order where they are there."""


class UnknownFigureError(Exception):
    """The package has no ledger, or no claim that reads so; the message says what there is."""


def find_behind(folder: Path, text: str, document: str) -> Iterator[str]:
    """Yield lines for a terminal: each claim of a document that reads as `text`, with its record and its scores.

    Raises:
        UnknownFigureError: there is none.
    """
    number = in_full(document)
    claims = _claims(folder, number)
    found = [claim for claim in claims if claim["text"] == text]
    if not found:
        raise UnknownFigureError(f"{number} has no claim {text!r}; {_near(text, [claim['text'] for claim in claims])}")
    for claim in found:
        yield from _tell(folder, claim)


def _claims(folder: Path, number: str) -> list[dict[str, Any]]:
    path = folder / ledger_file(number)
    known = sorted(each.stem for each in path.parent.glob("*.json"))
    if not known:
        raise UnknownFigureError(
            f"{folder}: no built package; ask in the checkout, or name the folder of one with --folder"
        )
    if number not in known:
        raise UnknownFigureError(f"{folder}: no document {number}; it has {', '.join(known)}")
    try:
        claims: list[dict[str, Any]] = json.loads(path.read_bytes())["claims"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnknownFigureError(f"{path}: no ledger of claims ({error}); build the package again") from error
    return claims


def _near(text: str, texts: Sequence[str]) -> str:
    """What a person may have meant: the figures of a composed text, or those of the same digits."""
    parts = [part for part in re.split(r"[^\d.,]+", text) if part in texts]
    if len(parts) > 1:
        return f"it is printed of several: ask for {' or '.join(dict.fromkeys(parts))}"
    digits = re.sub(r"\D", "", text).lstrip("0")
    same = [each for each in texts if digits and re.sub(r"\D", "", each).lstrip("0") == digits]
    near = list(dict.fromkeys(same or sorted(each for each in texts if text[:3] in each)))[:8]
    return f"it has {', '.join(near) or 'none like it'}"


def _tell(folder: Path, claim: dict[str, Any]) -> Iterator[str]:
    pages = ", ".join(str(page) for page in claim["pages"])
    yield f"{claim['text']}  on page {pages}; {claim['value']!r} by the rule {claim['rule']!r}"
    yield f"  {EVIDENCE}/{claim['file']}#{claim['pointer']}"
    try:
        whole = json.loads((folder / EVIDENCE / claim["file"]).read_bytes())
    except (OSError, ValueError):
        return
    records = list(_records(whole, claim["pointer"]))
    if records:
        yield from (f"  {name:20}{_said(records[-1][name])}" for name in SHOWN if records[-1].get(name) is not None)
    for record in records:
        scores = folder / EVIDENCE / "scores" / f"{record.get('name')}.csv"
        if scores.is_file():
            yield from _tell_scores(scores, record)


def _records(value: Any, pointer: str) -> Iterator[dict[str, Any]]:
    """Yield the records on the way to a place."""
    for step in pointer.split("/")[1:]:
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return
        if isinstance(value, dict) and not set(value) <= {"lower", "upper", "level", "method"}:
            yield value


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return str(value)


def _tell_scores(path: Path, study: dict[str, Any]) -> Iterator[str]:
    rows = list(csv.DictReader(path.read_text().splitlines()))
    patients = len({row["patient"] for row in rows})
    yield f"  evidence/scores/{path.name}: {len(rows)} images of {patients} patients, one a line"
    yield f"    SHA-256 {study['scores_sha256']}"
    columns = re.sub(r"[\[\]']", "", str(list(rows[0]))) if rows else "empty"
    yield f"    columns: {columns}"
