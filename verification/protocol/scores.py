"""The tables of scores that an opening leaves, held against the manifest, the release, the plan and the log."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from verification.datasets.manifest import Entry, blocking
from verification.evidence import Issue
from verification.evidence.project import sha256_of
from verification.product.api import Release
from verification.protocol.plan import StudyFolder
from verification.statistics.metrics import Floats

COLUMNS = ("image", "patient", "label", "score", "not_analysed")
RESCORE = "restore the file from git, or open the study with `clearway study open RELEASE --reason TEXT --data DIR`"


@dataclass(frozen=True, slots=True)
class Scored:
    """A line of scores.csv: an image, its patient, its label (1 is pneumonia) and its score in [0, 1].

    An image that the device did not analyse has no score, and says why.
    """

    image: str
    patient: str
    label: int
    score: float | None
    not_analysed: str = ""


def render_scores(rows: Iterable[Scored]) -> bytes:
    """The table as CSV, sorted by image; scores in the fewest digits that give the same number back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (row.image, row.patient, row.label, "" if row.score is None else repr(row.score), row.not_analysed)
        for row in sorted(rows, key=lambda row: row.image)
    )
    return text.getvalue().encode()


def render_columns(keys: Sequence[str], rows: Sequence[Sequence[str | int]], columns: Mapping[str, Floats]) -> bytes:
    """A table of further scores as CSV: what names each row, then a column a score; an undefined score is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*keys, *columns))
    numbers = list(zip(*columns.values(), strict=True)) or [()] * len(rows)
    writer.writerows(
        (*row, *("" if math.isnan(number) else repr(float(number)) for number in scores))
        for row, scores in zip(rows, numbers, strict=True)
    )
    return text.getvalue().encode()


def read_columns(path: Path, images: Sequence[str]) -> dict[str, Floats]:
    """The columns of such a table that is keyed by image, in the order of `images`; none if there is no file.

    Raises:
        ValueError: an image is missing, or a cell is neither empty nor a number. The log's digest is held elsewhere.
    """
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        rows = {row["image"]: row for row in csv.DictReader(stream)}
    missing = sorted(set(images) - rows.keys())
    if missing:
        raise ValueError(f"{path.name}: {missing[0]} and {len(missing) - 1} more are missing")
    names = [name for name in next(iter(rows.values()), {}) if name != "image"]
    return {name: np.array([float(rows[image][name] or "nan") for image in images]) for name in names}


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
    if study.locked != study.digest:
        found = f"plan and criteria have digest {study.digest}, the log's last lock {study.locked or 'is none'}"
        hint = "restore plan and criteria from git" + _say_lock(study)
        yield blocking("plan-changed" if study.locked else "plan-unlocked", where, found, hint)
    scored = [opening for opening in study.openings if opening.event == "scored"]
    if not scored:
        yield blocking("scores-unlogged", where, "no line with the event scored; the scores have no origin", RESCORE)
        return
    last = scored[-1]
    tables = tuple(("table-changed", name, digest, _digest(study.folder / name)) for name, digest in last.files.items())
    for code, what, logged, now in (
        ("scores-changed", "scores.csv", last.scores_sha256, _digest(study.scores)),
        *(table for table in tables if table[1] != "scores.csv"),
        ("release-changed", f"release {release.name}", last.release_digest, release.digest),
        ("dataset-changed", f"manifest of {study.plan.dataset}", last.dataset_digest, dataset_digest),
    ):
        if logged != now:
            yield blocking(code, where, f"{what} has SHA-256 {now}; the last scored line says {logged}", RESCORE)


def _say_lock(study: StudyFolder) -> str:
    """What else can be done than to restore a plan: lock it as it stands, but not after its data were opened."""
    if any(one.event in ("opened", "scored") for one in study.openings):
        return ", or make the new plan a study of its own; the data were opened by the locked one"
    return f", or lock them with `clearway study lock {study.plan.name}`"


def _digest(path: Path) -> str:
    return sha256_of(path) if path.is_file() else "no file"


def _read_row(cells: list[str]) -> Scored | str:
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} cells; expected {len(COLUMNS)}"
    image, patient, label, text, reason = cells
    if label not in ("0", "1"):
        return f"label {label}; expected 0 or 1"
    if bool(text) == bool(reason):
        return f"score {text!r} and not_analysed {reason!r}; expected one of them"
    if reason:
        return Scored(image, patient, int(label), None, reason)
    try:
        score = float(text)
    except ValueError:
        return f"score {text}; expected a number in [0, 1]"
    if not math.isfinite(score) or not 0 <= score <= 1:
        return f"score {text}; expected a number in [0, 1]"
    return Scored(image, patient, int(label), score)
