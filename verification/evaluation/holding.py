"""What a custodian holds: list, files and salt, registered before a plan is locked, and held against that after."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
from scipy.stats import rankdata

from verification.datasets.manifest import Entry
from verification.datasets.references import Collection, find_collection
from verification.evaluation.opening import today
from verification.evidence import Project, write_atomically
from verification.evidence.project import sha256_of
from verification.product.api import Intake
from verification.protocol.custody import (
    REGISTRATION,
    Commitment,
    Registration,
    Sealed,
    commit,
    commit_contents,
    count_projections,
    find_deviations,
    read_list,
    read_registration,
    read_salt,
)
from verification.protocol.plan import Custody, StudyFolder
from verification.protocol.stated import StatedOf, read_stated
from verification.protocol.subgroups import Known, describe_images, strip_suffix
from verification.statistics.metrics import Floats

COLUMNS = {"view_position": str, "sex": str, "age_years": float}
"""What a list may say of an image where no table of the collection does."""


def register(listed: Path, images: Path, salt: Path, output: Path, what: str, reference_standard: str) -> str:
    """Write a custodian's registration of a list and of the files that it names; the salt is made if there is none.

    Args:
        listed: the list.
        images: the folder of the images.
        salt: the file of the salt, which stays with the custodian.
        output: `custody.json`, which the sponsor gets.
        what: what the images are, in a sentence.
        reference_standard: what the labels are.

    Returns:
        What was done, for a person to read.

    Raises:
        ValueError: the list or the salt cannot be used, images are missing, or `output` is there.
    """
    rows = read_list(listed)
    files = find_files(images, [row.image for row in rows])
    if output.exists():
        raise ValueError(f"{output}: is there already; a list is registered once; name another file")
    if not salt.exists():
        write_atomically(salt, secrets.token_hex(32).encode() + b"\n")
        salt.chmod(0o600)
    patients, views = ([row.said[name] for row in rows if row.said.get(name)] for name in ("patient", "view_position"))
    registration = Registration(
        what=what, registered=today(), images=len(rows), positive=sum(row.label for row in rows),
        reference_standard=reference_standard, commitment=commit(rows, read_salt(salt)),
        contents=_commit_files(rows, files, read_salt(salt)),
        patients=len(set(patients)) if len(patients) == len(rows) else None,
        projections=count_projections(views) if len(views) == len(rows) else {},
    )  # fmt: skip
    write_atomically(output, msgspec.json.format(msgspec.json.encode(registration), indent=1) + b"\n")
    return (
        f"{output}: {len(rows)} images registered; give it to the sponsor, and keep {listed} and {salt} to yourself\n"
        f"SHA-256 of the registration, for the plan: {sha256_of(output)}"
    )


def find_files(folder: Path, images: Sequence[str]) -> dict[str, Path]:
    """The file of each image, whatever it ends with.

    Raises:
        ValueError: there is no such folder, an image has none or several, or two have the same: every one is named.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; name that of the images with --images")
    held: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        held.setdefault(strip_suffix(path.name), []).append(path)
    faults, listed = [], Counter(map(strip_suffix, images))
    for image in images:
        found = held.get(strip_suffix(image), [])
        if not found:
            faults.append(f"{folder / image}: missing")
        if len(found) > 1:
            faults.append(
                f"{folder / image}: {len(found)} files fit: {', '.join(path.name for path in found)}; keep one"
            )
        if listed[strip_suffix(image)] > 1:
            faults.append(
                f"{folder / image}: {listed[strip_suffix(image)]} lines of the list fit its file; list it once"
            )
    if faults:
        raise ValueError("\n".join([*faults, "nothing was done"]))
    return {image: held[strip_suffix(image)][0] for image in images}


def _commit_files(rows: Sequence[Sealed], files: Mapping[str, Path], salt: bytes) -> Commitment:
    return commit_contents(rows, {image: sha256_of(path) for image, path in files.items()}, salt)


@dataclass(frozen=True, slots=True)
class Given:
    """What a custodian gives: the folder of images, the list, the file of its salt, and perhaps more.

    `images` holds DICOM, PNG or JPEG files, each named as in the list. `data` is the folder of the tables that the plan
    sets beside the scores. `key` is the custodian's key with its certificate (PKCS#12), which signs the result.
    """

    images: Path
    listed: Path
    salt: Path
    data: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What a custodian holds: the images with their files, what is stated and known of them, and the salt.

    `contents` is the commitment to the files, `beside` the ranks of other scores by name.
    """

    entries: tuple[Entry, ...]
    paths: Mapping[str, Path]
    stated: StatedOf
    known: Known
    salt: bytes
    contents: Commitment
    beside: Mapping[str, Floats]

    def path_of(self, entry: Entry) -> Path:
        """The file of an image."""
        return self.paths[entry.image]


def require_custody(study: StudyFolder) -> tuple[Custody, Registration]:
    """What a study says of images in custody, and the registration.

    Raises:
        ValueError: it is of another kind.
    """
    if study.plan.custody is None:
        raise ValueError(f"{study.where}: kind {study.plan.kind}; expected custody, a study of images held elsewhere")
    return study.plan.custody, read_registration(study.folder / REGISTRATION)


def hold(project: Project, study: StudyFolder, given: Given) -> Held:
    """Hold list, collection and folder against what was registered."""
    custody, registration = require_custody(study)
    rows, salt = read_list(given.listed), read_salt(given.salt)
    if (value := commit(rows, salt).value) != registration.commitment.value:
        stated = f"salted digest {value}; registered is {registration.commitment.value}"
        raise ValueError(f"the list, or its salt, is not the registered one: {stated}")
    files = find_files(given.images, [row.image for row in rows])
    contents = _commit_files(rows, files, salt)
    if registration.contents and contents != registration.contents:
        stated = f"salted digest {contents.value}; registered is {registration.contents.value}"
        raise ValueError(
            f"{given.images}: files, or further columns of the list, are not the registered ones: {stated}"
        )
    found = find_collection(project.root / "verification" / "datasets", study.plan.dataset)
    names = _name_in(found, rows)
    patients = _find_patients(rows, names, found)
    entries = tuple(
        Entry(name, patient, row.label, registration.reference_standard, study.plan.split, "")
        for name, row, patient in zip(names, rows, patients, strict=True)
    )
    known = describe_images(entries, found) if found else {**describe_images(entries), **_read_columns(rows)}
    views = [str(view) for view in known["view_position"]] if "view_position" in known else None
    if deviations := find_deviations([row.label for row in rows], patients, views, registration):
        raise ValueError("\n".join(deviations))
    paths = {name: files[row.image] for name, row in zip(names, rows, strict=True)}
    beside = {name: _look_up(custody, name, given.data, rows) for name in custody.beside}
    stated_of = read_stated(study.plan.asserted, entries, found)
    return Held(entries, paths, stated_of, known, salt, contents, beside)


def _name_in(collection: Collection | None, rows: Sequence[Sealed]) -> list[str]:
    """The images as the collection names them; as the list does where there is none."""
    if collection is None:
        return [row.image for row in rows]
    names = {strip_suffix(image): str(image) for image in collection.images}
    if missing := [row.image for row in rows if strip_suffix(row.image) not in names]:
        raise ValueError("\n".join(f"{image}: is not in the table of the collection" for image in missing))
    return [names[strip_suffix(row.image)] for row in rows]


def _find_patients(rows: Sequence[Sealed], names: Sequence[str], collection: Collection | None) -> list[str]:
    table = dict(zip(collection.images, collection.patients, strict=True)) if collection else {}
    patients = [row.said.get("patient") or str(table.get(name, "")) for row, name in zip(rows, names, strict=True)]
    if missing := [row.image for row, patient in zip(rows, patients, strict=True) if not patient]:
        raise ValueError(
            f"{missing[0]} and {len(missing) - 1} more: patient not known; add a column patient to the list"
        )
    return patients


def _read_columns(rows: Sequence[Sealed]) -> Known:
    return {
        name: np.array([kind(row.said[name] or "nan") if kind is float else row.said[name] for row in rows])
        for name, kind in COLUMNS.items()
        if all(name in row.said for row in rows)
    }


def _look_up(custody: Custody, name: str, data: Path | None, rows: Sequence[Sealed]) -> Floats:
    """(images,) the rank of another score among these images, from the table that the plan names, in (0, 1].

    Ranks give the same AUROC as scores, and cannot be looked up in a table that names images.
    """
    stated = custody.beside[name]
    if data is None:
        raise ValueError(f"the plan sets {name} beside the scores: name the folder of {stated.file} with --data")
    path = data / stated.file
    found = sha256_of(path) if path.is_file() else "none: missing"
    if found != stated.sha256:
        raise ValueError(f"{path}: SHA-256 {found}; the plan says {stated.sha256} of {name}; get the file again")
    table = pd.read_csv(path, usecols=[stated.image, stated.score], dtype={stated.image: str})
    scores = {strip_suffix(image): value for image, value in zip(table[stated.image], table[stated.score], strict=True)}
    values = np.array([scores.get(strip_suffix(row.image), np.nan) for row in rows], dtype=np.float64)
    if missing := [row.image for row, value in zip(rows, values, strict=True) if np.isnan(value)]:
        raise ValueError("\n".join(f"{path}: holds no {stated.score} of {image}" for image in missing))
    return np.asarray(rankdata(values) / values.size)


def choose_intake(path: Path) -> Intake:
    """Clinical intake for a DICOM file (PS3.10 7.1), research intake for any other."""
    with path.open("rb") as file:
        return Intake.CLINICAL if file.read(132)[128:] == b"DICM" else Intake.RESEARCH
