"""`clearway data explore`: what the data are, counted from the committed metadata and manifests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from verification.datasets.assemble import RECORD, Record, digest_rules
from verification.datasets.describe_manifest import describe_manifest
from verification.datasets.describe_records import describe_records, find_figures, find_tables
from verification.datasets.description import Description, read_description
from verification.datasets.manifest import Entry, blocking, read_manifest
from verification.datasets.mapping import read_mapping
from verification.datasets.records import Records, read_records, select
from verification.datasets.tables import not_recorded_table
from verification.evidence import (
    Dataset,
    DatasetsEvidence,
    Gap,
    Issue,
    PixelDescription,
    Project,
    write_evidence,
)
from verification.evidence.project import sha256_of

PIXELS = "pixels.json"
INPUTS = ("verification/datasets/*/*",)
CODE = ("verification/datasets/**/*.py", "verification/evidence/**/*.py")


def run(project: Project) -> DatasetsEvidence:
    """Describe every dataset of the checkout and write `datasets.json`."""
    datasets: list[Dataset] = []
    issues: list[Issue] = []
    files: list[Path] = []
    for path in sorted(folder_of(project).glob("*/dataset.yaml")):
        files += [file for file in sorted(path.parent.iterdir()) if file.is_file() and not file.name.startswith(".")]
        found, problems = describe(project, path.parent)
        issues += problems
        datasets += [found] if found else []
    if not files:
        issues.append(blocking("no-dataset", "verification/datasets", "no dataset", "add a dataset.yaml"))
    evidence = DatasetsEvidence(
        source=project.source(files, INPUTS, CODE), datasets=tuple(datasets), issues=tuple(dict.fromkeys(issues))
    )
    write_evidence(project.evidence, "datasets.json", evidence)
    return evidence


def folder_of(project: Project) -> Path:
    """Where the datasets of a checkout are described."""
    return project.root / "verification" / "datasets"


def describe(project: Project, folder: Path) -> tuple[Dataset | None, tuple[Issue, ...]]:
    """Describe the dataset of a folder from what is committed there, and find what is wrong with it."""
    where = project.relative(folder)
    description, faults = read_description(folder / "dataset.yaml", f"{where}/dataset.yaml")
    if description is None:
        return None, faults
    if description.assembly:
        dataset, issues = _describe_assembled(folder, description, where)
    elif description.metadata:
        dataset, issues = _describe_table(folder, description, where)
    else:
        dataset, issues = _describe_list(project, folder, description, where)
    if dataset is None:
        return None, issues
    pixels, problems = read_pixels(folder, dataset.digest, f"{where}/{PIXELS}")
    return msgspec.structs.replace(dataset, pixels=pixels), (*issues, *problems)


def _describe_list(
    project: Project, folder: Path, description: Description, where: str
) -> tuple[Dataset | None, tuple[Issue, ...]]:
    entries, issues = read_manifest(folder / "manifest.csv", f"{where}/manifest.csv")
    others, problems = _read_beside(project, description)
    if not entries:
        return None, issues
    made = description.made_from
    if made and made.listed[0] != len(entries):
        said = f"made_from leaves {made.listed[0]} images; the manifest lists {len(entries)}"
        issues = (*issues, blocking("folder-count", f"{where}/dataset.yaml", said, "count the folder again"))
    dataset = describe_manifest(description, entries, sha256_of(folder / "manifest.csv"), others)
    records, faults = read_findings(project, description, entries)
    if records is not None:
        known = {table.title for table in dataset.tables}
        tables = (table for table in find_tables(records) if table.title not in known)
        figures = tuple(find_figures(records))
        dataset = msgspec.structs.replace(dataset, tables=(*dataset.tables[:-1], *tables, dataset.tables[-1]),
                                          figures=figures)  # fmt: skip
    return dataset, (*issues, *problems, *faults)


def read_findings(
    project: Project, description: Description, entries: Sequence[Entry]
) -> tuple[Records | None, tuple[Issue, ...]]:
    """What the table of another dataset says of these images; None if the description names none."""
    if description.findings_of is None:
        return None, ()
    folder = folder_of(project) / description.findings_of
    other, faults = read_description(folder / "dataset.yaml", f"{project.relative(folder)}/dataset.yaml")
    records, issues = read_table(folder, other, project.relative(folder)) if other else (None, faults)
    if records is None:
        return None, issues
    names = [Path(entry.image).name for entry in entries]
    chosen = select(records, names)
    if missing := set(names) - set(chosen.table["image"]):
        message = f"{len(missing)} images are not in the table of {description.findings_of}, such as {min(missing)}"
        issues = (*issues, blocking("image-unknown", description.name, message, "split it anew from that table"))
    return chosen, issues


def _read_beside(project: Project, description: Description) -> tuple[Sequence[Entry], tuple[Issue, ...]]:
    if description.beside is None:
        return (), ()
    path = folder_of(project) / description.beside / "manifest.csv"
    return read_manifest(path, project.relative(path))


def _describe_table(folder: Path, description: Description, where: str) -> tuple[Dataset | None, tuple[Issue, ...]]:
    records, issues = read_table(folder, description, where)
    if records is None:
        return None, issues
    return describe_records(description, records, sha256_of(folder / str(description.metadata))), issues


def _describe_assembled(folder: Path, description: Description, where: str) -> tuple[Dataset | None, tuple[Issue, ...]]:
    """What was recorded of a list that is not published; nothing else is known of it here."""
    hint = f"record it with `clearway data assemble {folder.name} --record --data DIR`"
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError) as error:
        return None, (blocking("assembly-unreadable", f"{where}/{RECORD}", str(error), hint),)
    if record.made_by != digest_rules(description):
        message = "was recorded by other rules than dataset.yaml has"
        return None, (blocking("assembly-stale", f"{where}/{RECORD}", message, hint),)
    return Dataset(
        name=description.name, title=description.title, origin=description.origin, terms=description.terms,
        role=description.role, images=record.images, patients=record.patients, digest=record.digest,
        tables=(*record.tables, not_recorded_table(description)), splits=record.splits, flow=(record.flow,),
        limitations=description.bounds, spectrum=description.spectrum, country=description.country,
        ages=description.ages, reference_standard=description.reference_standard,
    ), ()  # fmt: skip


def read_table(folder: Path, description: Description, where: str) -> tuple[Records | None, tuple[Issue, ...]]:
    """Read the table of a dataset that has one, through the mapping beside it."""
    name = description.mapping or "mapping.yaml"
    mapping, faults = read_mapping(folder / name, f"{where}/{name}")
    if mapping is None:
        return None, faults
    return read_records(folder / str(description.metadata), mapping, f"{where}/{description.metadata}")


def read_pixels(folder: Path, digest: str, where: str) -> tuple[PixelDescription | Gap | None, tuple[Issue, ...]]:
    """Read what was recorded of the pixels; it has to be of the list of images with this digest."""
    path = folder / PIXELS
    if not path.is_file():
        return None, ()
    hint = f"record it again: `clearway data explore {folder.name} --images --record --data DIR`"
    try:
        pixels = msgspec.json.decode(path.read_bytes(), type=PixelDescription)
    except (OSError, msgspec.DecodeError) as error:
        return _gap(hint), (blocking("pixels-unreadable", where, f"not a description of pixels: {error}", hint),)
    if pixels.list_digest != digest:
        message = f"is of the list with SHA-256 {pixels.list_digest}; the list is {digest}"
        return _gap(hint), (blocking("pixels-stale", where, message, hint),)
    return pixels, ()


def _gap(hint: str) -> Gap:
    return Gap(reason="what was recorded of the pixels is not of this list of images", closes=hint)
