"""The exploration as one page of HTML: it needs no network and no other file, on a screen or on paper."""

from __future__ import annotations

from pathlib import Path

import msgspec

from submission.package.pages import render
from verification.evidence import Dataset, DatasetsEvidence, EvidenceError, Project, read_evidence

DATASETS = "datasets.json"


class ExplorationError(Exception):
    """There is no such exploration, or it is not of its schema; the message names the file and what to do."""


def find_datasets(wanted: str | None, project: Project | None) -> tuple[Dataset, ...]:
    """The data sets of a file; or one by name from the evidence of a checkout; or all of that.

    Raises:
        ExplorationError: there is none of that name, or its file cannot be used.
    """
    if wanted and Path(wanted).is_file():
        return _read_file(Path(wanted))
    if project is None:
        raise ExplorationError(f"{wanted or DATASETS}: no such file, and this is not inside a Clearway checkout")
    made = project.root / "build" / "exploration" / f"{wanted}.json"
    if wanted and made.is_file():
        return _read_file(made)
    found = _read_evidence(project)
    chosen = tuple(dataset for dataset in found if wanted in (None, dataset.name))
    if not chosen:
        known = ", ".join(dataset.name for dataset in found)
        raise ExplorationError(f"{wanted}: neither a file nor a data set of {DATASETS}; it has {known}")
    return chosen


def _read_evidence(project: Project) -> tuple[Dataset, ...]:
    try:
        return read_evidence(project.evidence, DATASETS, DatasetsEvidence).datasets
    except FileNotFoundError as error:
        raise ExplorationError(f"{project.evidence / DATASETS}: not made yet; run `clearway data explore`") from error
    except EvidenceError as error:
        raise ExplorationError(str(error)) from error


def _read_file(path: Path) -> tuple[Dataset, ...]:
    content = path.read_bytes()
    try:
        whole = isinstance(msgspec.json.decode(content), dict) and b'"datasets"' in content
        if whole:
            return msgspec.json.decode(content, type=DatasetsEvidence).datasets
        return (msgspec.json.decode(content, type=Dataset),)
    except msgspec.DecodeError as error:
        hint = "name a file that `clearway data explore` made"
        raise ExplorationError(f"{path}: not an exploration: {error}; {hint}") from error


def render_page(datasets: tuple[Dataset, ...]) -> str:
    """The page of these data sets."""
    return render("_exploration.html", {"datasets": datasets})
