"""Make a manifest: patients from file names, split so that no patient and no identical image is on two sides."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from verification.datasets.description import Description, SplitRule, read_description
from verification.datasets.manifest import Entry, blocking, find_inconsistencies, read_manifest, render_manifest
from verification.evidence import Issue, Project, write_atomically
from verification.evidence.project import sha256_of

PNEUMONIA = re.compile(r"person(?P<number>\d+)_(?P<agent>bacteria|virus)_\d+(_\d+)?\.jpeg")
NORMAL = re.compile(r"(NORMAL2-)?IM-(?P<number>\d+)(-\d+)+\.jpeg")


@dataclass(frozen=True, slots=True)
class File:
    """An image file of the tree, before it is given a split. `pixels` is the SHA-256 of the decoded values."""

    image: str
    patient: str
    label: int
    label_source: str
    sha256: str
    pixels: str


def run(project: Project, source: Path, output: Path) -> tuple[Issue, ...]:
    """Split the images of `source` by patient and write `output/manifest.csv`.

    Only the folders that `output/dataset.yaml` lists under `folders` are read: a benchmark test set beside them is not
    opened. Nothing is written if a file cannot be placed.

    Args:
        project: the checkout.
        source: the folder of the dataset's images, or the one that holds it.
        output: the dataset's folder in the checkout, which holds `dataset.yaml`.

    Returns:
        Everything that is wrong; empty if the manifest was written.
    """
    description, issues = read_description(output / "dataset.yaml", _name(project, output / "dataset.yaml"))
    if description is None or description.split is None:
        hint = "give dataset.yaml a `split` with key, shares and folders"
        return issues or (blocking("no-split-rule", str(output), "dataset.yaml has no `split`", hint),)
    files, problems = read_files(description.find_images(source), description.split)
    if problems:
        return tuple(problems)
    entries = assign(files, description.split)
    found = tuple(find_inconsistencies(entries, "manifest.csv"))
    if not found:
        write_atomically(output / "manifest.csv", render_manifest(entries))
    return found


def patient_of(name: str) -> tuple[str, str] | None:
    """The patient and the source of the label that a Kermany file name carries; None if it carries none.

    `person87_virus_160` and `person87_bacteria_433` are one patient. `IM-0383-0001` and `NORMAL2-IM-0383-0001` share a
    number without a published statement that they share a child: they are taken as one patient, so that the split
    cannot separate them if they do.
    """
    if match := PNEUMONIA.fullmatch(name):
        return f"person{match['number']}", f"PNEUMONIA/{match['agent']}"
    if match := NORMAL.fullmatch(name):
        return f"IM-{match['number']}", "NORMAL"
    return None


def read_files(source: Path, rule: SplitRule) -> tuple[list[File], list[Issue]]:
    """Read every image of the rule's folders, and find what cannot be read or placed."""
    files: list[File] = []
    issues: list[Issue] = []
    for folder in rule.folders:
        found = sorted((source / folder).glob("*.jpeg"))
        if not found:
            hint = "name the folder that holds " + ", ".join(rule.folders)
            issues.append(blocking("images-missing", str(source / folder), "no *.jpeg file", hint))
        for path in found:
            file = _read_file(path, source)
            if isinstance(file, Issue):
                issues.append(file)
            else:
                files.append(file)
    return files, issues


def _read_file(path: Path, source: Path) -> File | Issue:
    identity = patient_of(path.name)
    if identity is None:
        hint = "rename it as person<n>_<bacteria|virus>_<n>.jpeg or IM-<n>-<n>.jpeg, or take it out of the folder"
        return blocking("patient-unknown", str(path), "the file name carries no patient", hint)
    if (path.parent.name == "PNEUMONIA") != identity[1].startswith("PNEUMONIA"):
        hint = "put it in the folder of its class"
        return blocking("label-conflict", str(path), f"is in {path.parent.name}, its name says {identity[1]}", hint)
    try:
        pixels = digest_pixels(path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return blocking("image-unreadable", str(path), f"cannot be decoded: {error}", "get the file again")
    relative = path.relative_to(source).as_posix()
    return File(relative, identity[0], int(identity[1] != "NORMAL"), identity[1], sha256_of(path), pixels)


def digest_pixels(path: Path) -> str:
    """The SHA-256 of an image's decoded values, its mode and its size; raises what Pillow raises."""
    with Image.open(path) as image:
        return hashlib.sha256(repr((image.mode, image.size)).encode() + image.tobytes()).hexdigest()


def assign(files: Sequence[File], rule: SplitRule) -> list[Entry]:
    """Give each file the split of its patient; patients who share an identical image are one patient."""
    patients = merge_patients([(file.patient, file.pixels) for file in files])
    return [
        Entry(file.image, patient, file.label, file.label_source, split_of(patient, rule), file.sha256)
        for file in files
        for patient in (patients[file.patient],)
    ]


def merge_patients(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Map each patient to the first name, in sorted order, of those linked to it by an identical image.

    Args:
        pairs: (patient, digest of the pixels) of each image.
    """
    group = {patient: patient for patient, _ in pairs}

    def root(patient: str) -> str:
        while group[patient] != patient:
            patient = group[patient]
        return patient

    holders: dict[str, set[str]] = defaultdict(set)
    for patient, pixels in pairs:
        holders[pixels].add(patient)
    for patients in holders.values():
        first, *others = sorted(map(root, patients))
        for other in others:
            low, high = sorted((root(first), root(other)))
            group[high] = low
    return {patient: root(patient) for patient in group}


def split_of(patient: str, rule: SplitRule) -> str:
    """The split of a patient: a keyed hash (HMAC-SHA-256) of the name, so that it stays when the data grow."""
    digest = hmac.new(rule.key.encode(), patient.encode(), hashlib.sha256).digest()
    position, limit = int.from_bytes(digest[:8]) / 2**64, 0.0
    for name, share in rule.shares.items():
        limit += share
        if position < limit:
            return name
    return name


def find_folder_issues(manifest: Path, source: Path, description: Description) -> Iterator[Issue]:
    """Yield an issue for each file of the manifest that is missing or changed, and each image it does not list."""
    entries, issues = read_manifest(manifest)
    yield from issues
    for entry in entries:
        path = source / entry.image
        if not path.is_file():
            yield blocking("image-missing", str(path), "is in the manifest, not in the folder", "get the file again")
        elif sha256_of(path) != entry.sha256:
            message = f"SHA-256 is not {entry.sha256} as in the manifest"
            yield blocking("image-changed", str(path), message, "get the file again, or split anew")
    listed = {entry.image for entry in entries}
    for folder in description.split.folders if description.split else ():
        for path in sorted((source / folder).glob("*.jpeg")):
            if path.relative_to(source).as_posix() not in listed:
                yield blocking("image-unlisted", str(path), "is not in the manifest", "run `clearway data split`")


def _name(project: Project, path: Path) -> str:
    path = path.resolve()
    return project.relative(path) if path.is_relative_to(project.root) else str(path)
