"""Manifests: which image is whose, what it is labelled, by whom, in which split, and its digest."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from verification.evidence import Issue, Severity

SPLITS = ("training", "tuning", "development_holdout")
"""Training fits the weights, tuning chooses the operating point, the development hold-out estimates."""

BENCHMARK = "benchmark"
"""The split of a public test set: published and known to all, so neither sealed nor sequestered."""

SOURCES = {
    "mined": "mined from the report",
    "rsna": "RSNA 2018 read, Lung Opacity",
    "google": "Google 2019 read, airspace opacity",
}
"""What a label can be from, and how a manifest names it. Where a collection gives its labels itself, by the class of a
folder, the label's source is that class."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a manifest.

    `image` is a path relative to the dataset's folder, with forward slashes; `label` is 1 for pneumonia and 0 for none;
    `label_source` says where the label is from; `sha256` is of the file's bytes.
    """

    image: str
    patient: str
    label: int
    label_source: str
    split: str
    sha256: str


COLUMNS = tuple(field.name for field in fields(Entry))


def render_manifest(entries: Iterable[Entry], kind: type[Entry] = Entry) -> bytes:
    """The manifest as CSV, sorted by image; the columns are the fields of `kind`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(kind)])
    writer.writerows(astuple(entry) for entry in sorted(entries, key=lambda entry: entry.image))
    return text.getvalue().encode()


def read_manifest(path: Path, where: str | None = None) -> tuple[tuple[Entry, ...], tuple[Issue, ...]]:
    """Read a manifest and find everything that is wrong with it, in one pass.

    Args:
        path: the CSV file.
        where: how issues name the file (default: the path).

    Returns:
        The entries that can be used, in the file's order, and the issues.
    """
    where = where or str(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return (), (blocking("manifest-unreadable", where, f"cannot be read: {error}", "run `clearway data split`"),)
    header = tuple(next(csv.reader(lines[:1]), ()))
    if header != COLUMNS:
        message = f"columns {', '.join(header) or 'none'}; expected {', '.join(COLUMNS)}"
        return (), (blocking("manifest-header", f"{where}:1", message, "run `clearway data split`"),)
    entries, issues = [], []
    for number, cells in enumerate(csv.reader(lines[1:]), start=2):
        problem = _check_cells(cells)
        if problem:
            issues.append(blocking("manifest-row", f"{where}:{number}", problem, "run `clearway data split`"))
        else:
            image, patient, label, source, split, sha256 = cells
            entries.append(Entry(image, patient, int(label), source, split, sha256))
    issues += find_inconsistencies(entries, where)
    return tuple(entries), tuple(issues)


def find_inconsistencies(entries: Sequence[Entry], where: str) -> Iterator[Issue]:
    """Yield an issue for each image listed twice, each patient or identical file on two sides, and mixed labels."""
    seen: set[str] = set()
    splits_of_patient: dict[str, set[str]] = defaultdict(set)
    splits_of_file: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.image in seen:
            yield blocking("manifest-duplicate", where, f"{entry.image} is listed twice", "delete one of its lines")
        seen.add(entry.image)
        splits_of_patient[entry.patient].add(entry.split)
        splits_of_file[entry.sha256].add(entry.split)
    if not seen:
        yield blocking("manifest-empty", where, "lists no image", "run `clearway data split`")
    yield from find_mixed_sources(entries, where)
    for code, what, groups in (
        ("patient-leak", "patient", splits_of_patient),
        ("duplicate-leak", "file with digest", splits_of_file),
    ):
        for name, splits in groups.items():
            if len(splits) > 1:
                message = f"{what} {name} is in {' and '.join(sorted(splits))}; expected one split"
                yield blocking(code, where, message, "run `clearway data split`")


def find_mixed_sources(entries: Iterable[Entry], where: str) -> Iterator[Issue]:
    """Yield an issue for each split but training whose labels are of several sources: nothing can be said of it."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        source = entry.label_source if entry.label_source in SOURCES.values() else "the collection's own class"
        found[entry.split].add(source)
    for split, sources in found.items():
        if split != "training" and len(sources) > 1:
            message = f"split {split} has labels of several sources: {', '.join(sorted(sources))}; expected one"
            hint = "run `clearway data split` with one --evaluation-labels; sources are mixed in training alone"
            yield blocking("mixed-sources", where, message, hint)


def blocking(code: str, where: str, message: str, hint: str) -> Issue:
    """A blocking issue."""
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)


def _check_cells(cells: list[str]) -> str | None:
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} cells; expected {len(COLUMNS)}"
    row = dict(zip(COLUMNS, cells, strict=True))
    empty = [name for name, cell in row.items() if not cell.strip()]
    if empty:
        return f"{', '.join(empty)} is empty"
    if row["label"] not in ("0", "1"):
        return f"label {row['label']}; expected 0 or 1"
    if row["split"] not in (*SPLITS, BENCHMARK):
        return f"split {row['split']}; expected one of {', '.join((*SPLITS, BENCHMARK))}"
    if len(row["sha256"]) != 64 or not set(row["sha256"]) <= set("0123456789abcdef"):
        return f"sha256 {row['sha256']}; expected 64 lower-case hexadecimal digits"
    return None
