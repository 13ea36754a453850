"""Make a manifest from a folder of images and a table of them: what the table says, in the files that are there."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Lookup
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from verification.datasets.describe_manifest import describe_manifest
from verification.datasets.describe_records import plausible_ages, profile_table
from verification.datasets.description import Description, SplitRule, read_description
from verification.datasets.explore import folder_of
from verification.datasets.manifest import SOURCES, Entry, blocking, find_inconsistencies, render_manifest
from verification.datasets.official import Lists, find_list_faults, read_lists
from verification.datasets.reads import FILES, read_labels
from verification.datasets.records import Records, read_records, select
from verification.datasets.split import File, assign, digest_pixels
from verification.datasets.tables import Row
from verification.datasets.targets import find_mapping
from verification.datasets.tree import find_images
from verification.evidence import Dataset, Issue, Project, Severity, Table, write_atomically
from verification.evidence.project import sha256_of

BATCH = 256
"""Files that are given to the threads that read at once."""
NO_LABEL = "no label of the sources that are asked for its split"


@dataclass(frozen=True)
class Request:
    """What is to be split.

    `labels` are sources in the order in which they are asked for the label of a training image; `evaluation` is the
    one source of tuning and hold-out (None: the last of `labels`). `reads` is the folder of the radiologists' tables;
    images of patients younger than `minimum_age_years`, or of no known age, are left out. `official` are a publisher's
    two lists, for training and for test: then the test list is the split `benchmark`.
    """

    images: Path
    metadata: Path
    output: Path
    mapping: Path | None = None
    labels: tuple[str, ...] = ("mined",)
    evaluation: str | None = None
    reads: Path | None = None
    minimum_age_years: float | None = None
    rule_of: str = "nih"
    official: tuple[Path, Path] | None = None

    def sources_of(self, split: str) -> tuple[str, ...]:
        """The sources that a split takes labels from: a mixture in training alone."""
        return self.labels if split == "training" else (self.evaluation or self.labels[-1],)

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source that some split takes labels from."""
        return tuple(dict.fromkeys((*self.labels, *self.sources_of("tuning"))))


def run(project: Project, request: Request) -> tuple[Dataset | None, tuple[Issue, ...]]:
    """Write the manifest of the images that the folder holds and the table lists.

    Files that no row names, that cannot be decoded or that have no label are left out and counted. The splits are those
    of the rule of `rule_of`, so that a patient has the same one in every folder of the collection.

    Returns:
        What was written, described, or None if nothing was; and the issues.
    """
    description, faults = read_description(folder_of(project) / request.rule_of / "dataset.yaml")
    mapping, problems = find_mapping(project, request.mapping, request.rule_of)
    records, issues = read_records(request.metadata, mapping) if mapping else (None, ())
    labels, more = _read_labels(project, request, records)
    lists, wrong = _read_official(request, records)
    issues = (*faults, *problems, *issues, *more, *wrong)
    if description is None or description.split is None or records is None or _is_blocked(issues):
        return None, issues
    return _split(request, records, labels, description.split, lists, issues)


def _read_official(request: Request, records: Records | None) -> tuple[Lists | None, tuple[Issue, ...]]:
    """The publisher's lists, if they are asked for, held against the table."""
    if request.official is None or records is None:
        return None, ()
    lists, issues = read_lists(*request.official)
    if not issues:
        patients = dict(zip(records.table["image"], records.table.get("patient", records.table["image"]), strict=True))
        issues = tuple(find_list_faults(lists, patients, " and ".join(map(str, request.official))))
    return lists, issues


def _split(request: Request, records: Records, labels: Lookup[str, Lookup[str, int]], rule: SplitRule,
           lists: Lists | None, issues: tuple[Issue, ...]) -> tuple[Dataset | None, tuple[Issue, ...]]:  # fmt: skip
    files, steps, found = _read_files(request, records, labels, lists)
    placed = assign(files, rule)
    entries, unlabelled = _label(lists.place(placed) if lists else placed, request, labels)
    if unlabelled:
        steps[NO_LABEL] += len(unlabelled)
        found.append(_left_out(NO_LABEL, [request.images / image for image in unlabelled]))
    issues = (*issues, *found, *(find_inconsistencies(entries, str(request.output)) if entries else ()))
    if not entries or _is_blocked(issues):
        return None, issues
    content = render_manifest(entries)
    write_atomically(request.output, content)
    digest = hashlib.sha256(content).hexdigest()
    return _describe(request, records, entries, digest, steps, labels), (*issues, *_find_classes(request, entries))


def _is_blocked(issues: Sequence[Issue]) -> bool:
    return any(issue.severity == Severity.BLOCKING for issue in issues)


def _find_classes(request: Request, entries: Sequence[Entry]) -> list[Issue]:
    """An advisory issue for each split that lacks a class: nothing can be estimated, or fitted, there."""
    issues = []
    for name in sorted({entry.split for entry in entries}):
        found = {entry.label for entry in entries if entry.split == name}
        if len(found) == 1:
            issues.append(Issue(code="one-class", severity=Severity.ADVISORY, where=str(request.output),
                                message=f"split {name} holds label {found.pop()} only",
                                hint="add images of the other class"))  # fmt: skip
    return issues


# --- labels -----------------------------------------------------------------------------------------------------------


def _read_labels(
    project: Project, request: Request, records: Records | None
) -> tuple[dict[str, dict[str, int]], tuple[Issue, ...]]:
    """Labels by source, then by image, of every source that is asked for or can be counted."""
    outside = [source for source in request.sources if source != "mined"]
    labels: dict[str, dict[str, int]] = {}
    issues: list[Issue] = []
    build = project.root / "build"
    held = request.output.resolve()
    if outside and held.is_relative_to(project.root) and not held.is_relative_to(build):
        message = f"would hold labels of {', '.join(outside)}, whose terms are not verified"
        issues.append(blocking("labels-outside", str(request.output), message, "write it outside the checkout with -o"))
    if outside and request.reads is None:
        issues.append(blocking("reads-missing", ", ".join(outside), "no folder of tables", "name it with --reads DIR"))
    for source in FILES if request.reads else ():
        labels[source], faults = read_labels(request.reads or Path(), source)
        issues += faults if source in outside else ()
    if records is not None:
        labels["mined"] = dict(zip(records.table["image"], records.target.astype(int).tolist(), strict=True))
    return labels, tuple(issues)


def _label(
    entries: Sequence[Entry], request: Request, labels: Lookup[str, Lookup[str, int]]
) -> tuple[list[Entry], list[str]]:
    """The entries with the labels of their split's sources, and the images that have none of them."""
    labelled, left = [], []
    for entry in entries:
        found = _label_of(Path(entry.image).name, request.sources_of(entry.split), labels)
        if found is None:
            left.append(entry.image)
        else:
            labelled.append(replace(entry, label=found[0], label_source=found[1]))
    return labelled, left


def _label_of(image: str, sources: Sequence[str], labels: Lookup[str, Lookup[str, int]]) -> tuple[int, str] | None:
    """The label of an image and its source, the first that has one; None if none has."""
    for source in sources:
        if image in labels.get(source, {}):
            return labels[source][image], SOURCES[source]
    return None


# --- files ------------------------------------------------------------------------------------------------------------


def _read_files(request: Request, records: Records, labels: Lookup[str, Lookup[str, int]], lists: Lists | None
                ) -> tuple[list[File], Counter[str], list[Issue]]:  # fmt: skip
    """The files that are used, a count of every file by what became of it, and the issues of the others."""
    paths = find_images(request.images)
    issues = _find_namesakes(request, paths)
    patients = dict(zip(records.table["image"], records.table.get("patient", records.table["image"]), strict=True))
    ages = dict(zip(records.table["image"], plausible_ages(records).tolist(), strict=True))
    files: list[File] = []
    left: dict[str, list[Path]] = {}
    if lists:
        patients = {name: patient for name, patient in patients.items() if name in lists.every}
    every = _read_in_order(paths, lambda path: _read_file(path, request, patients, ages, labels))
    for number, (path, found) in enumerate(every, start=1):
        if isinstance(found, File):
            files.append(found)
        else:
            left.setdefault(found, []).append(path)
        if sys.stderr.isatty() and (number % 100 == 0 or number == len(paths)):
            print(f"\rread {number}/{len(paths)} images", end="\n" if number == len(paths) else "", file=sys.stderr)
    steps = Counter({reason: len(found) for reason, found in left.items()})
    issues += [_left_out(reason, found) for reason, found in sorted(left.items())]
    if not files:
        message = f"none of {len(paths)} image files can be used"
        issues.append(blocking("images-missing", str(request.images), message, "name the folder of the table's images"))
    return files, steps, issues


def _read_in_order(paths: Sequence[Path], read: Callable[[Path], File | str]) -> Iterator[tuple[Path, File | str]]:
    """Yield each path with what was read of it, by several threads; who interrupts it waits for one batch."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(paths), BATCH):
            batch = paths[start : start + BATCH]
            yield from zip(batch, pool.map(read, batch), strict=True)


def _find_namesakes(request: Request, paths: Sequence[Path]) -> list[Issue]:
    doubled = sorted(name for name, count in Counter(path.name for path in paths).items() if count > 1)
    if not doubled:
        return []
    message = f"{len(doubled)} file names occur twice below this folder, such as {doubled[0]}"
    return [blocking("image-duplicate", str(request.images), message, "keep one file of each name")]


def _left_out(reason: str, paths: Sequence[Path]) -> Issue:
    return Issue(code="image-left-out", severity=Severity.ADVISORY, where=str(paths[0]),
                 message=f"{len(paths)} files left out: {reason}",
                 hint="no action is needed if they are rightly left out")  # fmt: skip


def _read_file(path: Path, request: Request, patients: Lookup[str, str], ages: Lookup[str, float],
               labels: Lookup[str, Lookup[str, int]]) -> File | str:  # fmt: skip
    """The file, or why it is left out."""
    if path.name not in patients:
        return "no row of the table" + (", or on neither list" if request.official else "")
    if request.minimum_age_years is not None and not ages[path.name] >= request.minimum_age_years:
        return f"younger than {request.minimum_age_years:g} years, or of no known age"
    label = _label_of(path.name, request.sources, labels)
    if label is None:
        return NO_LABEL
    try:
        with Image.open(path) as image:
            if getattr(image, "n_frames", 1) > 1:
                return "animated"
        pixels = digest_pixels(path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "cannot be decoded"
    name = path.relative_to(request.images).as_posix()
    return File(name, patients[path.name], *label, sha256_of(path), pixels)


# --- what was made ----------------------------------------------------------------------------------------------------


def _describe(request: Request, records: Records, entries: Sequence[Entry], digest: str, steps: Counter[str],
              labels: Lookup[str, Lookup[str, int]]) -> Dataset:  # fmt: skip
    about = Description(
        name=request.output.parent.name or request.output.stem, title=f"Images of the folder {request.images.name}",
        origin=request.metadata.name, terms="those of the table and of the images", role="A manifest, described.",
        limitations=(),
    )  # fmt: skip
    dataset = describe_manifest(about, entries, digest, target=records.mapping.target.lower())
    tables = (_profile(records, entries), _sources_table(entries, labels), *dataset.tables)
    flow = (_listed_table(request, records), _flow_table(len(entries), steps), *dataset.flow)
    return msgspec.structs.replace(dataset, tables=tables, flow=flow)


def _listed_table(request: Request, records: Records) -> Table:
    """The rows of the table by whether the folder holds their file."""
    held = records.table["image"].isin({path.name for path in find_images(request.images)})
    rows = (("Images that the table lists", len(held)), ("left out: no file in the folder", int((~held).sum())),
            ("with a file in the folder", int(held.sum())))  # fmt: skip
    return Table(title="Flow of the table's rows", columns=("Step", "Images"), rows=rows)


def _flow_table(used: int, steps: Counter[str]) -> Table:
    left = ((f"left out: {reason}", count) for reason, count in sorted(steps.items()))
    rows = (("Files in the folder", used + steps.total()), *left, ("in the manifest", used))
    return Table(title="Flow of files", columns=("Step", "Images"), rows=rows)


def _profile(records: Records, entries: Sequence[Entry]) -> Table:
    split_of_name = {Path(entry.image).name: entry.split for entry in entries}
    chosen = select(records, list(split_of_name))
    splits = np.array([split_of_name[image] for image in chosen.table["image"]])
    groups = [(name.replace("_", " "), splits == name) for name in dict.fromkeys(sorted(set(splits)))]
    return profile_table(chosen, "Splits by patients' age, sex and view, and the mined label", "Split", groups)


def _sources_table(entries: Sequence[Entry], labels: Lookup[str, Lookup[str, int]]) -> Table:
    """How many images have a label of each source, and how many are labeled from it."""
    used = Counter(entry.label_source for entry in entries)
    rows: list[Row] = []
    for source, name in SOURCES.items():
        held = labels.get(source)
        available = None if held is None else sum(Path(entry.image).name in held for entry in entries)
        rows.append((name, available, used[name]))
    columns = ("Source of a label", "Images that have one", "Images labeled from it")
    return Table(title="Sources of labels (none is preferred without being asked for)", columns=columns,
                 rows=tuple(rows))  # fmt: skip
