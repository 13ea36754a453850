"""A folder with a folder for each class, and perhaps parts above them: `train/NORMAL/x.jpeg`, `1_abnormal/x.png`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from verification.datasets.manifest import Entry, blocking
from verification.datasets.split import patient_of
from verification.evidence import Issue, Severity
from verification.evidence.project import sha256_of

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff"})
NIH_NAME = re.compile(r"(?P<patient>\d{8})_\d{3}\.png")
WHOLE = "whole"
"""The part of an image that is in none."""


def find_images(folder: Path) -> list[Path]:
    """The image files below a folder, sorted; what is hidden is not read."""
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def known_patient(name: str) -> str:
    """The patient that the file name carries, as the NIH and Kermany collections name files; else an empty text."""
    if match := NIH_NAME.fullmatch(name):
        return str(int(match["patient"]))
    return (patient_of(name) or ("", ""))[0]


def read_tree(folder: Path, positive: str | None = None) -> tuple[tuple[Entry, ...], str, tuple[Issue, ...]]:
    """List the images of a folder-per-class tree.

    Args:
        folder: the tree.
        positive: the class that counts as positive; default one named for pneumonia, else the last by name.

    Returns:
        An entry for each image, the name of the positive class, and the issues. The split of an entry is the part of
        the tree above its class, or `whole`.
    """
    paths, issues = find_images(folder), list[Issue]()
    classes = sorted({path.parent.name for path in paths})
    if not paths:
        hint = f"name a folder that holds a folder of images for each class ({', '.join(sorted(SUFFIXES))})"
        return (), "", (blocking("images-missing", str(folder), "no image file below this folder", hint),)
    if positive is not None and positive not in classes:
        message = f"no class {positive}; found {', '.join(classes)}"
        return (), "", (blocking("class-unknown", str(folder), message, "name one of these with --positive"),)
    target = positive or next((name for name in classes if "pneumonia" in name.lower()), classes[-1])
    entries = tuple(_enter(path, folder, target) for path in paths)
    issues += _find_issues(entries, classes, folder)
    return entries, target, tuple(issues)


def _enter(path: Path, folder: Path, target: str) -> Entry:
    relative = path.relative_to(folder)
    part, name = "/".join(relative.parts[:-2]), path.parent.name
    label = int(name == target)
    return Entry(relative.as_posix(), known_patient(path.name), label, name, part or WHOLE, sha256_of(path))


def _find_issues(entries: Sequence[Entry], classes: Sequence[str], folder: Path) -> list[Issue]:
    issues = []
    if len(classes) == 1:
        issues.append(("one-class", f"one class only, {classes[0]}: nothing can be compared",
                       "name the folder that holds a folder for each class"))  # fmt: skip
    if unknown := sum(not entry.patient for entry in entries):
        issues.append(("patient-unknown", f"{unknown} of {len(entries)} file names carry no patient",
                       "whether parts share these patients cannot be told; name a table with them"))  # fmt: skip
    sides: dict[str, set[str]] = {}
    for entry in entries:
        sides.setdefault(entry.patient, set()).add(entry.split)
    if across := sum(len(found) > 1 for patient, found in sides.items() if patient):
        issues.append(("patient-leak", f"{across} patients are in more than one part of the tree",
                       "split by patient: `clearway data split --images FOLDER --metadata CSV -o FILE`"))  # fmt: skip
    return [Issue(code=code, severity=Severity.ADVISORY, where=str(folder), message=message, hint=hint)
            for code, message, hint in issues]  # fmt: skip
