"""The scores of a study, counted again: cells, estimates, binomial intervals, and the order of events."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.audit.again.curves import find_in_curve
from submission.audit.again.estimates import Image, find_in_estimates
from submission.audit.names import EVIDENCE, MANIFEST

Found = tuple[str, str, str]

SCORES = f"{EVIDENCE}scores"
LEVELS = {0.95: 1.959963984540054}
"""The quantile of the normal distribution that a two-sided level needs."""


def find_in_scores(folder: Path, files: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each figure of a study that does not follow from its scores, and each date out of order."""
    studies = (files.get("studies.json") or {}).get("studies", ())
    releases = {one["name"]: one for one in (files.get("device.json") or {}).get("releases", ())}
    for study in studies:
        name = f"{SCORES}/{study['name']}.csv"
        if study["scores_sha256"] and (folder / name).is_file():
            yield from _find_in_study(name, (folder / name).read_bytes(), study, releases.get(study["release"]))
        yield from _find_in_log(study, (files.get(MANIFEST) or {}).get("commit_date"))
        for estimate in study["estimates"]:
            yield from _find_binomial(f"study {study['name']}, {estimate['metric']} ({estimate['subgroup']})", estimate)


def _find_in_study(name: str, content: bytes, study: dict[str, Any], release: dict[str, Any] | None) -> Iterator[Found]:
    digest = hashlib.sha256(content).hexdigest()
    if digest != study["scores_sha256"]:
        yield "scores-changed", name, f"SHA-256 {digest}, the study was computed from {study['scores_sha256']}"
    every = list(csv.DictReader(content.decode().splitlines()))
    rows = [row for row in every if not row["not_analysed"]]
    for key, counted in (("images", len(every)), ("analysed", len(rows))):
        if study.get(key) not in (None, counted):
            yield "scores-differ", name, f"{key}: the table has {counted}, the study states {study[key]}"
    pairs = [(float(row["score"]), row["label"] == "1") for row in rows]
    if release and release["digest"] == study["release_digest"] and release["threshold"] is not None:
        cells = _cells(pairs, release["threshold"])
        stated = {key: study["confusion"].get(key) for key in cells}
        if cells != stated:
            yield (
                "scores-differ",
                name,
                f"the scores give {cells} at the release's threshold, the study states {stated}",
            )
    threshold = release["threshold"] if release and release["digest"] == study["release_digest"] else None
    images = tuple(Image(row["patient"], row["label"] == "1", float(row["score"])) for row in rows)
    where = f"{EVIDENCE}studies.json, study {study['name']}"
    yield from find_in_estimates(where, images, study, threshold)
    if "curve" in study:
        yield from find_in_curve(where, images, study, threshold)


def _cells(pairs: list[tuple[float, bool]], threshold: float) -> dict[str, int]:
    flagged = [(score >= threshold, positive) for score, positive in pairs]
    return {
        "true_positive": flagged.count((True, True)),
        "false_positive": flagged.count((True, False)),
        "false_negative": flagged.count((False, True)),
        "true_negative": flagged.count((False, False)),
    }


def _find_binomial(where: str, estimate: dict[str, Any]) -> Iterator[Found]:
    """Yield a Wilson interval that is not that of its counts."""
    limits, events, whole = estimate["interval"], estimate["events"], estimate["n"]
    if not limits or events is None or not whole or not limits["method"].startswith("Wilson"):
        return
    z = LEVELS.get(limits["level"])
    if z is None:
        return
    share = events / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    if abs(limits["lower"] - (middle - half)) > 1e-6 or abs(limits["upper"] - (middle + half)) > 1e-6:
        said = f"{limits['lower']} to {limits['upper']}"
        yield "interval", where, f"states {said}, {events}/{whole} gives {middle - half:.6f} to {middle + half:.6f}"


DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _find_in_log(study: dict[str, Any], commit_date: str | None) -> Iterator[Found]:
    """Yield what is out of order: a plan is locked before data are opened, scored or recorded under it, then reported.

    Known uses from before there was a log have dates in words; these are left out.
    """
    where = f"study {study['name']}, log"
    dates = [line["date"] for line in study["openings"] if DAY.fullmatch(line["date"])]
    if dates != sorted(dates):
        yield "chronology", where, f"its lines are out of order: {', '.join(dates)}"
    if commit_date and dates and max(dates) > commit_date:
        yield "chronology", where, f"its last line is of {max(dates)}, the report of {commit_date}"
    locked: set[str] = set()
    for line in study["openings"]:
        digest = line["plan_digest"]
        if line["event"] == "plan_locked":
            locked.add(digest)
        elif digest and digest not in locked:
            yield "chronology", where, f"a line {line['event']!r} stands before the lock of its plan {digest[:12]}"
