"""`clearway data explore`: what the data are, counted from the committed metadata and manifests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from verification.datasets.description import Description, read_description
from verification.datasets.manifest import BENCHMARK, SPLITS, Entry, blocking, read_manifest
from verification.evidence import (
    Dataset,
    DatasetsEvidence,
    Issue,
    Project,
    SplitCount,
    Table,
    write_evidence,
)
from verification.evidence.project import sha256_of

METADATA = "Data_Entry_2017_v2020.csv.gz"
COLUMNS = (
    "Image Index",
    "Finding Labels",
    "Patient ID",
    "Patient Age",
    "Patient Gender",
    "View Position",
)
FINDINGS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia",
    "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax",
)  # fmt: skip
PUBLISHED_IMAGES, PUBLISHED_PATIENTS = 112_120, 30_805
IMPLAUSIBLE_AGE_YEARS = 120
AGE_BANDS = ((0, 21), (22, 39), (40, 59), (60, 79), (80, IMPLAUSIBLE_AGE_YEARS))
Row: TypeAlias = tuple[str | int | float | None, ...]

IMAGES_BANDS = ((1, 1), (2, 2), (3, 5), (6, 10), (11, 50), (51, 1000))


def run(project: Project) -> DatasetsEvidence:
    """Describe every dataset of the checkout and write `datasets.json`."""
    folder = project.root / "verification" / "datasets"
    datasets: list[Dataset] = []
    issues: list[Issue] = []
    files: list[Path] = []
    for path in sorted(folder.glob("*/dataset.yaml")):
        files += [file for file in sorted(path.parent.iterdir()) if file.is_file() and not file.name.startswith(".")]
        description, faults = read_description(path, project.relative(path))
        found, problems = (
            _describe(path.parent, description, project.relative(path.parent)) if description else (None, ())
        )
        issues += [*faults, *problems]
        datasets += [found] if found else []
    if not files:
        issues.append(blocking("no-dataset", "verification/datasets", "no dataset", "add a dataset.yaml"))
    evidence = DatasetsEvidence(source=project.source(files), datasets=tuple(datasets), issues=tuple(issues))
    write_evidence(project.evidence, "datasets.json", evidence)
    return evidence


def _describe(folder: Path, description: Description, where: str) -> tuple[Dataset | None, tuple[Issue, ...]]:
    if description.split is not None:
        entries, issues = read_manifest(folder / "manifest.csv", f"{where}/manifest.csv")
        digest = sha256_of(folder / "manifest.csv") if entries else ""
        return (describe_manifest(description, entries, digest) if entries else None), issues
    metadata, issues = read_metadata(folder / METADATA, f"{where}/{METADATA}")
    if metadata is None:
        return None, issues
    return describe_metadata(description, metadata, sha256_of(folder / METADATA)), issues


# --- a manifest of images ---------------------------------------------------------------------------------------------


def describe_manifest(description: Description, entries: Sequence[Entry], digest: str) -> Dataset:
    """Describe a split collection from its manifest."""
    return Dataset(
        name=description.name,
        title=description.title,
        origin=description.origin,
        terms=description.terms,
        role=description.role,
        images=len(entries),
        patients=len({entry.patient for entry in entries}),
        digest=digest,
        tables=(_label_table(entries), _images_table(Counter(entry.patient for entry in entries)),
                _duplicates_table(entries), _not_recorded_table(description)),
        splits=tuple(_count_split(name, entries) for name in _splits(entries)),
        flow=(_flow_table(entries),),
        limitations=description.limitations,
    )  # fmt: skip


def _splits(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The splits that occur, in their order."""
    found = {entry.split for entry in entries}
    return tuple(name for name in (*SPLITS, BENCHMARK) if name in found)


def _count_split(name: str, entries: Sequence[Entry]) -> SplitCount:
    chosen = [entry for entry in entries if entry.split == name]
    return SplitCount(
        name=name,
        images=len(chosen),
        patients=len({entry.patient for entry in chosen}),
        positives=sum(entry.label for entry in chosen),
    )


def _label_table(entries: Sequence[Entry]) -> Table:
    rows: list[Row] = []
    names = _splits(entries)
    for source in sorted({entry.label_source for entry in entries}):
        chosen = [entry for entry in entries if entry.label_source == source]
        counts = Counter(entry.split for entry in chosen)
        patients = len({entry.patient for entry in chosen})
        rows.append((source, *(counts[name] for name in names), len(chosen), patients))
    columns = ("Label, as the collection gives it", *(f"Images, {name.replace('_', ' ')}" for name in names))
    return Table(title="Labels by split", columns=(*columns, "Images", "Patients"), rows=tuple(rows))


def _duplicates_table(entries: Sequence[Entry]) -> Table:
    copies = [count for count in Counter(entry.sha256 for entry in entries).values() if count > 1]
    rows = (("Groups of identical files", len(copies)), ("Images in them", sum(copies)))
    return Table(title="Identical files (all of a group are in one split)", columns=("", "Number"), rows=rows)


def _flow_table(entries: Sequence[Entry]) -> Table:
    """From what was read to what each split holds; the splits sum to what was read."""
    groups = [("Listed in the manifest", list(entries))]
    groups += [
        (f"of these: {n.replace('_', ' ')}", [entry for entry in entries if entry.split == n]) for n in _splits(entries)
    ]
    rows = tuple(
        (name, len(chosen), len({e.patient for e in chosen}), sum(e.label for e in chosen)) for name, chosen in groups
    )
    return Table(title="Flow of images", columns=("Step", "Images", "Patients", "Labelled pneumonia"), rows=rows)


# --- the metadata of NIH ----------------------------------------------------------------------------------------------


def read_metadata(path: Path, where: str) -> tuple[pd.DataFrame | None, tuple[Issue, ...]]:
    """Read NIH's table and hold it against what was published of it.

    Returns:
        The table with the columns that are used, or None if they are not all there, and the issues.
    """
    hint = "restore the file from git"
    try:
        table = pd.read_csv(path, usecols=list(COLUMNS))
    except (OSError, ValueError, EOFError) as error:
        return None, (blocking("metadata-unreadable", where, f"{error}; expected {', '.join(COLUMNS)}", hint),)
    labels = {label for value in table["Finding Labels"].unique() for label in str(value).split("|")}
    images, patients = len(table), table["Patient ID"].nunique()
    faults = []
    if (images, patients) != (PUBLISHED_IMAGES, PUBLISHED_PATIENTS):
        expected = f"{PUBLISHED_IMAGES} and {PUBLISHED_PATIENTS} as published"
        faults.append(("metadata-count", f"{images} images of {patients} patients; expected {expected}"))
    if unknown := labels - {*FINDINGS, "No Finding"}:
        faults.append(("metadata-finding", f"findings {', '.join(sorted(unknown))} are not of the published fourteen"))
    if doubled := int(table["Image Index"].duplicated().sum()):
        faults.append(("metadata-duplicate", f"{doubled} images are listed again"))
    return table, tuple(blocking(code, where, message, hint) for code, message in faults)


def describe_metadata(description: Description, table: pd.DataFrame, digest: str) -> Dataset:
    """Describe NIH's collection from its table."""
    labels = table["Finding Labels"].str.split("|")
    per_patient = Counter({str(name): int(n) for name, n in table["Patient ID"].value_counts().items()})
    return Dataset(
        name=description.name,
        title=description.title,
        origin=description.origin,
        terms=description.terms,
        role=description.role,
        images=len(table),
        patients=table["Patient ID"].nunique(),
        digest=digest,
        tables=(
            _findings_table(table, labels),
            _pneumonia_table(table, labels),
            _by(table, "View Position", "View", {"AP": "AP", "PA": "PA"}),
            _by(table, "Patient Gender", "Sex", {"F": "female", "M": "male"}),
            _age_table(table),
            _images_table(per_patient),
            _not_recorded_table(description),
        ),
        splits=(),
        flow=(_adult_flow(table),),
        limitations=description.limitations,
    )


def _has_pneumonia(table: pd.DataFrame) -> pd.Series[bool]:
    return table["Finding Labels"].str.split("|").map(lambda found: "Pneumonia" in found)


def _row(name: str, chosen: pd.DataFrame) -> tuple[str, int, int, int]:
    return name, len(chosen), int(chosen["Patient ID"].nunique()), int(_has_pneumonia(chosen).sum())


def _findings_table(table: pd.DataFrame, labels: pd.Series[list[str]]) -> Table:
    exploded = table.assign(finding=labels).explode("finding")
    rows = tuple(
        (
            name.replace("_", " "),
            len(chosen),
            int(chosen["Patient ID"].nunique()),
            round(100 * len(chosen) / len(table), 2),
        )
        for name in (*FINDINGS, "No Finding")
        for chosen in (exploded[exploded["finding"] == name],)
    )
    title = "Findings mined from reports (an image may have several)"
    return Table(title=title, columns=("Finding", "Images", "Patients", "% of images"), rows=rows)


def _pneumonia_table(table: pd.DataFrame, labels: pd.Series[list[str]]) -> Table:
    pneumonia = table.assign(others=labels.map(len) - 1)[_has_pneumonia(table)]
    groups = {"alone": pneumonia["others"] == 0, "with one other": pneumonia["others"] == 1,
              "with several others": pneumonia["others"] > 1, "all": pneumonia["others"] >= 0}  # fmt: skip
    rows = tuple((name, len(c), int(c["Patient ID"].nunique())) for name, m in groups.items() for c in (pneumonia[m],))
    return Table(
        title="Pneumonia alone and with other findings", columns=("Pneumonia", "Images", "Patients"), rows=rows
    )


def _by(table: pd.DataFrame, column: str, title: str, names: dict[str, str]) -> Table:
    rows = [_row(name, table[table[column] == value]) for value, name in names.items()]
    other = table[~table[column].isin(list(names))]
    rows += [_row("other or blank", other)]
    return Table(title=title, columns=(title, "Images", "Patients", "Labelled pneumonia"), rows=tuple(rows))


def _age_table(table: pd.DataFrame) -> Table:
    age = table["Patient Age"]
    rows = [_row(f"{low} to {high}", table[age.between(low, high)]) for low, high in AGE_BANDS]
    implausible = _row(f"above {IMPLAUSIBLE_AGE_YEARS}, implausible", table[age > IMPLAUSIBLE_AGE_YEARS])
    title = "Age in years at the image (a patient may be in several bands)"
    return Table(title=title, columns=("Age", "Images", "Patients", "Labelled pneumonia"), rows=(*rows, implausible))


def _adult_flow(table: pd.DataFrame) -> Table:
    """From the collection to the images of the adult population; what is left out and what stays sum to the whole."""
    age = table["Patient Age"]
    rows = (
        _row("Listed in the table", table),
        _row("left out: age above 120 years", table[age > IMPLAUSIBLE_AGE_YEARS]),
        _row("left out: younger than 22 years", table[age < 22]),
        _row("of the adult release's population", table[age.between(22, IMPLAUSIBLE_AGE_YEARS)]),
    )
    columns = ("Step", "Images", "Patients", "Labelled pneumonia")
    return Table(title="Flow of images (patients may be in more than one row)", columns=columns, rows=rows)


# --- both -------------------------------------------------------------------------------------------------------------


def _images_table(per_patient: Counter[str]) -> Table:
    rows = []
    for low, high in IMAGES_BANDS:
        counts = [count for count in per_patient.values() if low <= count <= high]
        name = str(low) if low == high else f"{low} to {high}" if high < IMAGES_BANDS[-1][1] else f"{low} and more"
        rows.append((name, len(counts), sum(counts)))
    return Table(title="Images per patient", columns=("Images of a patient", "Patients", "Images"), rows=tuple(rows))


def _not_recorded_table(description: Description) -> Table:
    rows = tuple((name, "not recorded") for name in description.not_recorded)
    return Table(title="What is not recorded", columns=("Attribute", ""), rows=rows)
