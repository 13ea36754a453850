"""The table of scores: `image,patient,label,score`, held against the manifest, the release and the log."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from device import Release
from verification.datasets.manifest import Entry, blocking
from verification.evidence import Issue
from verification.evidence.project import sha256_of
from verification.performance.plan import StudyFolder

COLUMNS = ("image", "patient", "label", "score")
RESCORE = "score anew with `clearway evaluate --rescore --data DIR`, or restore the file from git"


@dataclass(frozen=True, slots=True)
class Scored:
    """A line of the table: an image, its patient, its label (1 is pneumonia) and its score in [0, 1]."""

    image: str
    patient: str
    label: int
    score: float


def render_scores(rows: Iterable[Scored]) -> bytes:
    """The table as CSV, sorted by image; scores in the fewest digits that give the same number back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (row.image, row.patient, row.label, repr(row.score)) for row in sorted(rows, key=lambda row: row.image)
    )
    return text.getvalue().encode()


def read_scores(path: Path, where: str) -> tuple[tuple[Scored, ...], tuple[Issue, ...]]:
    """Read the table and find every line that cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return (), (blocking("scores-unreadable", where, str(error), RESCORE),)
    header = tuple(next(csv.reader(lines[:1]), ()))
    if header != COLUMNS:
        message = f"columns {', '.join(header) or 'none'}; expected {', '.join(COLUMNS)}"
        return (), (blocking("scores-header", f"{where}:1", message, RESCORE),)
    rows: list[Scored] = []
    issues: list[Issue] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(csv.reader(lines[1:]), start=2):
        found = _read_row(cells)
        if isinstance(found, str):
            issues.append(blocking("scores-row", f"{where}:{number}", found, RESCORE))
        elif found.image in seen:
            message = f"{found.image} is scored here and in line {seen[found.image]}"
            issues.append(blocking("scores-duplicate", f"{where}:{number}", message, RESCORE))
        else:
            rows.append(found)
            seen[found.image] = number
    if not lines[1:]:
        issues.append(blocking("scores-empty", where, "no image is scored", RESCORE))
    return tuple(rows), tuple(issues)


def find_mismatches(study: StudyFolder, rows: Iterable[Scored], entries: Iterable[Entry]) -> Iterator[Issue]:
    """Yield an issue for each image that is not scored, not of the split, or scored with another patient or label."""
    where = f"{study.where}/scores.csv"
    expected = {entry.image: entry for entry in entries if entry.split == study.plan.split}
    lines = {row.image: row for row in rows}
    for image in sorted(lines.keys() - expected.keys()):
        yield blocking("scores-foreign", where, f"{image} is not in split {study.plan.split} of the manifest", RESCORE)
    for image in sorted(expected.keys() - lines.keys()):
        yield blocking("scores-missing", where, f"{image} of split {study.plan.split} has no score", RESCORE)
    for image in sorted(expected.keys() & lines.keys()):
        row, entry = lines[image], expected[image]
        if (row.patient, row.label) != (entry.patient, entry.label):
            found, wanted = f"patient {row.patient} label {row.label}", f"{entry.patient} and {entry.label}"
            yield blocking("scores-label", where, f"{image}: {found}; expected {wanted} as in the manifest", RESCORE)


def find_binding_faults(study: StudyFolder, release: Release, dataset_digest: str) -> Iterator[Issue]:
    """Yield an issue for each thing that is not what the log's last `scored` line says was scored."""
    where = f"{study.where}/openings.log"
    scored = [opening for opening in study.openings if opening.event == "scored"]
    if not scored:
        yield blocking("scores-unlogged", where, "no line with the event scored; the scores have no origin", RESCORE)
        return
    last = scored[-1]
    found = sha256_of(study.scores) if study.scores.is_file() else "no file"
    for code, what, logged, now in (
        ("scores-changed", "scores.csv", last.scores_sha256, found),
        ("release-changed", f"release {release.name}", last.release_digest, release.digest),
        ("dataset-changed", f"manifest of {study.plan.dataset}", last.dataset_digest, dataset_digest),
    ):
        if logged != now:
            yield blocking(code, where, f"{what} has SHA-256 {now}; the last scored line says {logged}", RESCORE)


def _read_row(cells: list[str]) -> Scored | str:
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} cells; expected {len(COLUMNS)}"
    image, patient, label, text = cells
    if label not in ("0", "1"):
        return f"label {label}; expected 0 or 1"
    try:
        score = float(text)
    except ValueError:
        return f"score {text}; expected a number in [0, 1]"
    if not math.isfinite(score) or not 0 <= score <= 1:
        return f"score {text}; expected a number in [0, 1]"
    return Scored(image, patient, int(label), score)
