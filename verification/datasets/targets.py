"""`clearway data explore TARGET`: one dataset of the checkout, a folder-per-class tree, or somebody's table."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from verification.datasets.describe_manifest import describe_manifest
from verification.datasets.describe_records import assign_splits, describe_records
from verification.datasets.description import Description, read_description
from verification.datasets.explore import PIXELS, describe, folder_of, read_findings, read_table
from verification.datasets.manifest import BENCHMARK, Entry, blocking, read_manifest, render_manifest
from verification.datasets.mapping import Mapping, read_mapping
from verification.datasets.pixels import Listed, describe_pixels
from verification.datasets.records import Records, read_records, select
from verification.datasets.tree import NIH_NAME, find_images, read_tree
from verification.evidence import Dataset, Issue, PixelDescription, Project, Severity, write_atomically, write_evidence
from verification.evidence.project import sha256_of

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Request:
    """What is to be explored, and how: `data` is the folder of images; `record` keeps what is found of the pixels."""

    target: str
    images: bool = False
    mapping: Path | None = None
    positive: str | None = None
    data: Path | None = None
    record: bool = False


Found = tuple[Dataset | None, tuple[Issue, ...]]


def explore(project: Project, request: Request) -> Found:
    """Describe one thing and write it as `build/exploration/<name>.json`, unless an issue is blocking.

    Returns:
        The description, or None, and the issues.
    """
    found, issues = _explore(project, request)
    if found is not None and not any(issue.severity == "blocking" for issue in issues):
        write_evidence(project.root / "build" / "exploration", f"{found.name}.json", found, listed=False)
    return found, issues


def _explore(project: Project, request: Request) -> Found:
    folder, path = folder_of(project) / request.target, Path(request.target)
    if "/" not in request.target and (folder / "dataset.yaml").is_file():
        return _explore_dataset(project, folder, request)
    if request.record:
        return None, (_usage(request, "only a dataset of the checkout is recorded", "give it a dataset.yaml first"),)
    if path.is_dir():
        return _explore_tree(project, path, request)
    if path.is_file():
        return _explore_table(project, path, request)
    known = ", ".join(each.parent.name for each in sorted(folder_of(project).glob("*/dataset.yaml")))
    return None, (_usage(request, "neither a dataset, a folder nor a file", f"the datasets are {known}"),)


def _usage(request: Request, message: str, hint: str) -> Issue:
    return blocking("explore-target", request.target, message, hint)


def _with_pixels(
    dataset: Dataset, listed: Sequence[Listed], others: Sequence[Listed] = (), by_group: bool = True
) -> Found:
    pixels, issues = describe_pixels(listed, dataset.digest, others=others, by_group=by_group)
    if not pixels.images:
        hint = "name the folder of the images with --data DIR or in CLEARWAY_DATA"
        where = str(listed[0].path) if listed else dataset.name
        return None, (*issues, blocking("images-missing", where, "no image of the list could be read", hint))
    return msgspec.structs.replace(dataset, pixels=pixels), issues


# --- a dataset of the checkout ----------------------------------------------------------------------------------------


def _explore_dataset(project: Project, folder: Path, request: Request) -> Found:
    dataset, issues = describe(project, folder)
    description, _ = read_description(folder / "dataset.yaml")
    if dataset is None or description is None or not request.images:
        return dataset, issues
    issues = tuple(issue for issue in issues if not issue.code.startswith("pixels-"))  # they are read anew
    if request.data is None:
        hint = "name it with --data DIR or in CLEARWAY_DATA"
        return None, (*issues, _usage(request, "no folder of images", hint))
    listed = _list_dataset(project, folder, description, request.data)
    others = _list_beside(project, description, request.data)
    found, problems = _with_pixels(dataset, listed, others, by_group=not _is_benchmark(description))
    faults = (*issues, *problems)
    if found is not None and request.record:
        faults = (*faults, *_record(folder, found, len(listed)))
    return found, faults


def _is_benchmark(description: Description) -> bool:
    return description.split is not None and BENCHMARK in description.split.shares


def _record(folder: Path, found: Dataset, listed: int) -> tuple[Issue, ...]:
    if not isinstance(found.pixels, PixelDescription) or found.pixels.images != listed:
        hint = "name the folder that holds all of them, unchanged"
        return (blocking("images-missing", found.name, "not every image was read; nothing is recorded", hint),)
    content = msgspec.json.format(msgspec.json.encode(found.pixels, order="sorted"), indent=1) + b"\n"
    write_atomically(folder / PIXELS, content)
    return ()


def _list_dataset(project: Project, folder: Path, description: Description, data: Path) -> list[Listed]:
    images = description.find_images(data)
    if description.metadata is None:
        entries, _ = read_manifest(folder / "manifest.csv")
        known, _ = read_findings(project, description, entries)
        sides = {Path(entry.image).name: entry.split for entry in entries}
        return (list_records(known, images, [sides[name] for name in known.table["image"]]) if known else
                list_entries(entries, images))  # fmt: skip
    records, _ = read_table(folder, description, project.relative(folder))
    return list_records(records, images, assign_splits(description, records).tolist()) if records else []


def _list_beside(project: Project, description: Description, data: Path) -> list[Listed]:
    if description.beside is None:
        return []
    folder = folder_of(project) / description.beside
    other, _ = read_description(folder / "dataset.yaml")
    return _list_dataset(project, folder, other, data) if other else []


def list_entries(entries: Sequence[Entry], images: Path) -> list[Listed]:
    """The images of a manifest, below a folder."""
    return [Listed(e.image, images / e.image, (e.label_source,), e.split, e.patient) for e in entries]


def list_records(records: Records, images: Path, sides: Sequence[str]) -> list[Listed]:
    """The images of a table, wherever below a folder a file has their name."""
    paths = {path.name: path for path in find_images(images)}
    patients = records.table["patient"] if "patient" in records.table else [""] * len(records.table)
    listed = []
    for image, patient, side, row in zip(records.table["image"], patients, sides, records.findings, strict=True):
        names = tuple(name.replace("_", " ") for name, found in zip(records.names, row, strict=True) if found)
        groups = names or (records.mapping.normal or "no finding",)
        listed.append(Listed(image, paths.get(Path(image).name, images / image), groups, side, patient))
    return listed


# --- a tree, a table --------------------------------------------------------------------------------------------------


def _about(name: str, title: str, *limitations: str, not_recorded: tuple[str, ...] = ()) -> Description:
    return Description(
        name=name, title=title, origin=NOT_STATED, terms=NOT_STATED, role="Exploration. No study rests on it.",
        limitations=(*limitations, "Origin, terms and population were not stated."), not_recorded=not_recorded,
    )  # fmt: skip


def _explore_tree(project: Project, folder: Path, request: Request) -> Found:
    entries, target, issues = read_tree(folder, request.positive)
    if not entries:
        return None, issues
    if len({entry.label_source for entry in entries}) == 1 and all(NIH_NAME.fullmatch(_name(one)) for one in entries):
        return _explore_nih(project, folder, entries, request)
    digest = hashlib.sha256(render_manifest(entries)).hexdigest()
    name = folder.resolve().name
    said = "Labels are the names of folders; patients are known from file names alone."
    about = _about(name, f"Folder {name}", said, not_recorded=("sex", "age in years", "view position"))
    dataset = describe_manifest(about, entries, digest, target=target)
    if not request.images:
        return dataset, issues
    found, problems = _with_pixels(dataset, list_entries(entries, folder))
    return found, (*issues, *problems)


def _name(entry: Entry) -> str:
    return Path(entry.image).name


def _explore_nih(project: Project, folder: Path, entries: Sequence[Entry], request: Request) -> Found:
    """A folder of images that are not sorted by class and are named as NIH's: what NIH's table says of these names."""
    home = folder_of(project) / "nih"
    description, faults = read_description(home / "dataset.yaml")
    mapping, problems = find_mapping(project, request.mapping)
    records, issues = read_records(home / str(description.metadata), mapping) if description and mapping else (None, ())
    issues = (*faults, *problems, *issues)
    chosen = select(records, [_name(entry) for entry in entries]) if records is not None else None
    if chosen is None or not len(chosen.table):
        hint = "put the table into verification/datasets/nih, or name another folder"
        return None, (*issues, blocking("image-unknown", str(folder), "NIH's table lists none of these images", hint))
    if missing := sorted({_name(entry) for entry in entries} - set(chosen.table["image"])):
        message = f"{len(missing)} files are in no row of NIH's table and not described, such as {missing[0]}"
        issues = (*issues, Issue(code="image-unknown", severity=Severity.ADVISORY, where=str(folder), message=message,
                                 hint="no action is needed if they are no images of the collection"))  # fmt: skip
    name = folder.resolve().name
    said = "Ages, sexes, projections and labels are those that NIH's table states of files with these names."
    about = _about(name, f"Folder {name}, joined with NIH's table by the names of the files", said)
    dataset = describe_records(about, chosen, hashlib.sha256(render_manifest(entries)).hexdigest())
    if not request.images:
        return dataset, issues
    found, problems = _with_pixels(dataset, list_records(chosen, folder, [""] * len(chosen.table)))
    return found, (*issues, *problems)


def _explore_table(project: Project, path: Path, request: Request) -> Found:
    mapping, faults = find_mapping(project, request.mapping)
    records, issues = read_records(path, mapping) if mapping else (None, ())
    if records is None:
        return None, (*faults, *issues)
    name = path.name.partition(".")[0]
    dataset = describe_records(_about(name, f"Table {path.name}"), records, sha256_of(path))
    if not request.images:
        return dataset, issues
    listed = list_records(records, request.data or path.parent, [""] * len(records.table))
    found, problems = _with_pixels(dataset, listed)
    return found, (*issues, *problems)


def find_mapping(project: Project, path: Path | None, dataset: str = "nih") -> tuple[Mapping | None, tuple[Issue, ...]]:
    """The mapping of a file; without one a data set's or NIH's, which says nothing of how many images there are."""
    if path is not None:
        return read_mapping(path)
    own, nih = (folder_of(project) / name / "mapping.yaml" for name in (dataset, "nih"))
    mapping, issues = read_mapping(own if own.is_file() else nih)
    if mapping is None:
        return None, issues
    return msgspec.structs.replace(mapping, published_images=None, published_patients=None), issues
