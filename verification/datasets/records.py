"""Somebody's table of images, one row an image, read through a mapping: every fault found, every row accounted for."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from verification.datasets.manifest import blocking
from verification.datasets.mapping import HINT, NUMBERS, Mapping
from verification.evidence import Issue, Severity

Mask = NDArray[np.bool_]

IMPLAUSIBLE_AGE_YEARS = 120
YEARS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25, "": 1.0}
SHOWN_LINES = 5
WHOLE = ("follow_up", "width", "height")
"""Columns of whole numbers: another number is none."""


@dataclass(frozen=True)
class Records:
    """The rows that are used, in the file's order.

    `table` has a column by each of our names that is mapped: texts for image, patient, sex and view, numbers (NaN where
    a cell holds none) for the others. `findings` (images, names) says which of `names` a row states; `patients` numbers
    the patients from 0, or the images where no patient is recorded. `left_out` counts the rows that are not used.
    """

    mapping: Mapping
    table: pd.DataFrame
    names: tuple[str, ...]
    findings: Mask
    patients: NDArray[np.intp]
    left_out: tuple[tuple[str, int], ...] = ()

    @property
    def target(self) -> Mask:
        """Which images (images,) state the finding that counts as positive."""
        return self.findings[:, self.names.index(self.mapping.target)]

    @property
    def normal(self) -> Mask:
        """Which images (images,) state no finding."""
        return np.logical_not(self.findings.any(axis=1))

    def count(self, chosen: Mask) -> tuple[int, int, int]:
        """Images, patients and positives among `chosen` (images,)."""
        return int(chosen.sum()), np.unique(self.patients[chosen]).size, int((chosen & self.target).sum())


def read_records(path: Path, mapping: Mapping, where: str | None = None) -> tuple[Records | None, tuple[Issue, ...]]:
    """Read a table (CSV, also .gz) and find everything that is wrong with it, in one pass.

    A row that repeats another and a row that states no finding are left out and counted. An age, a size or a spacing
    that is no number is taken as not recorded. A row that cannot be understood is a blocking issue with its line.

    Returns:
        The records, or None if the table cannot be used at all, and the issues.
    """
    where = where or str(path)
    cells, issues = _read_cells(path, mapping, where)
    if cells is None:
        return None, issues
    found = [*issues, *_find_faults(cells, mapping, where)]
    doubled = cells.drop(columns="line").duplicated().to_numpy()
    silent = (cells["findings"] == "").to_numpy()
    reasons = (("repeats another row word for word", doubled), ("no finding is stated", silent & ~doubled))
    left_out = tuple((reason, int(mask.sum())) for reason, mask in reasons if mask.any())
    for reason, mask in reasons:
        found += [_advise("metadata-left-out", cells, mask, where, f"left out: {reason}")] if mask.any() else []
    kept = cells[~doubled & ~silent].reset_index(drop=True)
    if kept.empty:
        return None, (*found, blocking("metadata-empty", where, "no row that can be used", "name another table"))
    records = _interpret(kept, mapping, left_out)
    return records, (*found, *_find_disagreements(records, where))


def _read_cells(path: Path, mapping: Mapping, where: str) -> tuple[pd.DataFrame | None, tuple[Issue, ...]]:
    """The mapped columns as texts under our names, with the line of each row."""
    columns = mapping.columns()
    try:
        header = pd.read_csv(path, nrows=0, dtype=str, keep_default_na=False).columns
        missing = [heading for heading in columns.values() if heading not in header]
        if missing:
            message = f"no column {', '.join(map(repr, missing))}; found {', '.join(map(repr, header)) or 'none'}"
            return None, (blocking("metadata-header", f"{where}:1", message, f"name its columns in a mapping; {HINT}"),)
        if ragged := tuple(_find_ragged(path, where)):
            return None, ragged
        cells = pd.read_csv(path, usecols=list(columns.values()), dtype=str, keep_default_na=False)
    except (OSError, ValueError, EOFError) as error:
        return None, (_unreadable(where, error),)
    cells = cells.rename(columns={heading: name for name, heading in columns.items()})[list(columns)]
    return cells.assign(line=np.arange(2, len(cells) + 2)), ()


def _unreadable(where: str, error: Exception) -> Issue:
    return blocking("metadata-unreadable", where, f"cannot be read as CSV: {error}", "get the file again")


def _find_ragged(path: Path, where: str) -> Iterator[Issue]:
    """Yield an issue for rows with more or fewer cells than the header, which pandas would pass over or fill up."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        rows = csv.reader(file)
        expected = len(next(rows, []))
        odd = pd.DataFrame([(rows.line_num, len(cells)) for cells in rows if cells and len(cells) != expected],
                           columns=["line", "cells"])  # fmt: skip
    for found, group in odd.groupby("cells"):
        everyone = np.ones(len(group), dtype=bool)
        yield _block("metadata-row", group, everyone, where, f"{found} cells; expected {expected}, as in the header")


def _find_faults(cells: pd.DataFrame, mapping: Mapping, where: str) -> Iterator[Issue]:
    for name in ("image", "patient"):
        if name in cells and (empty := cells[name] == "").any():
            yield _block("metadata-cell", cells, empty, where, f"{name} is empty")
    if mapping.known_findings:
        known = {*mapping.known_findings, mapping.normal, ""}
        odd = {text: [name for name in text.split(mapping.separator) if name not in known] for text in
               cells["findings"].unique()}  # fmt: skip
        names = sorted({name for found in odd.values() for name in found})
        if names:
            strange = cells["findings"].isin([text for text, found in odd.items() if found])
            said = f"unknown finding {', '.join(map(repr, names))}; expected {', '.join(mapping.known_findings)}"
            yield _block("metadata-finding", cells, strange, where, said)
    distinct = cells[~cells.drop(columns="line").duplicated()]
    if (again := distinct["image"].duplicated(keep=False)).any():
        yield _block("metadata-duplicate", distinct, again, where, "an image is listed again with other values")


def _find_disagreements(records: Records, where: str) -> Iterator[Issue]:
    """Yield what the table as a whole should be and is not."""
    mapping, (images, patients, positives) = records.mapping, records.count(np.ones(len(records.table), dtype=bool))
    for what, found, expected in (("images", images, mapping.published_images),
                                  ("patients", patients, mapping.published_patients)):  # fmt: skip
        if expected is not None and found != expected:
            yield blocking("metadata-count", where, f"{found} {what}; expected {expected} as published",
                           "restore the published table, or take the number out of the mapping")  # fmt: skip
    if positives in (0, images):
        said = f"{positives} of {images} images state {mapping.target}: one class only, nothing can be compared"
        yield Issue(code="one-class", severity=Severity.ADVISORY, where=where, message=said,
                    hint="name the finding that counts as positive in the mapping's `target`")  # fmt: skip


def _lines(cells: pd.DataFrame, mask: pd.Series[bool] | Mask, where: str) -> tuple[str, str]:
    """Where the first such row stands, and a count of them with the next lines."""
    lines = cells["line"][mask].tolist()
    more = ", ".join(map(str, lines[:SHOWN_LINES])) + (" and more" if len(lines) > SHOWN_LINES else "")
    return f"{where}:{lines[0]}", f"{len(lines)} row{'s' * (len(lines) > 1)} (line {more})"


def _block(code: str, cells: pd.DataFrame, mask: pd.Series[bool] | Mask, where: str, message: str) -> Issue:
    place, said = _lines(cells, mask, where)
    return blocking(code, place, f"{message}: {said}", "correct these rows or take them out")


def _advise(code: str, cells: pd.DataFrame, mask: pd.Series[bool] | Mask, where: str, message: str) -> Issue:
    place, said = _lines(cells, mask, where)
    hint = "no action is needed if these rows are rightly left out"
    return Issue(code=code, severity=Severity.ADVISORY, where=place, message=f"{message}: {said}", hint=hint)


def _interpret(cells: pd.DataFrame, mapping: Mapping, left_out: tuple[tuple[str, int], ...]) -> Records:
    names, findings = _split_findings(cells["findings"], mapping)
    table = cells.copy()
    for name in NUMBERS:
        if name in table:
            numbers = pd.to_numeric(table[name], errors="coerce")
            table[name] = numbers.where(np.isfinite(numbers) & ((numbers % 1 == 0) | (name not in WHOLE)))
    if "age_years" in table:
        table["age_years"] = parse_ages(table["age_years"])
    patients, _ = pd.factorize(table["patient"] if "patient" in table else table["image"])
    return Records(mapping, table, names, findings, patients, left_out)


def _split_findings(column: pd.Series[str], mapping: Mapping) -> tuple[tuple[str, ...], Mask]:
    codes, texts = pd.factorize(column)
    stated = [{name for name in str(text).split(mapping.separator) if name != mapping.normal} for text in texts]
    found = set().union(*stated, {mapping.target})
    names = tuple(mapping.known_findings) + tuple(sorted(found - set(mapping.known_findings)))
    return names, np.array([[name in each for name in names] for each in stated], dtype=bool)[codes]


def parse_ages(column: pd.Series[str]) -> NDArray[np.float64]:
    """Ages in years, NaN where a text is none: `58`, `058Y`, `011M`."""
    codes, texts = pd.factorize(column)
    return np.array([_parse_age(str(text)) for text in texts], dtype=np.float64)[codes]


def _parse_age(text: str) -> float:
    unit = text[-1:].upper() if text[-1:].isalpha() else ""
    try:
        return float(text.removesuffix(text[-1:]) if unit else text) * YEARS[unit]
    except (KeyError, ValueError):
        return float("nan")


def select(records: Records, images: Sequence[str]) -> Records:
    """The records of these images, in the table's order."""
    chosen = records.table["image"].isin(images).to_numpy()
    table = records.table[chosen].reset_index(drop=True)
    patients, _ = pd.factorize(records.patients[chosen])
    return Records(records.mapping, table, records.names, records.findings[chosen], patients)
