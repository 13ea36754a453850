"""Custody: images and reads that somebody else holds. What is registered before a plan is locked, and what comes back.

The custodian's list is a CSV table, an image a line, with the columns `image` and `label` (1 or 0) and, where the
collection's table does not know them, `patient`, `view_position`, `sex`, `age_years`. The salt is a line of text that
only the custodian has, so that nobody can tell from the digest which images are on the list.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from verification.evidence import Estimate
from verification.evidence.project import sha256_of

REGISTRATION, RESULT, SIGNATURE = "custody.json", "custody_result.json", "custody_result.p7s"
SCORES, GROUPS, BESIDE, LUNGS = "scores.csv", "groups.csv", "beside.csv", "lungs.csv"
"""Tables of a result: scores; which groups of the plan an image is of; the ranks of other scores of it."""
ALGORITHM = "sha256 over salt, line feed, then the lines 'NIH image name,0 or 1' sorted and each ended by a line feed"
"""How a list is committed to; the image's name is as the list has it, whatever the collection."""
CONTENTS = "sha256 over salt, line feed, then a JSON list [name, SHA-256 of the file, other columns] a line, sorted"
"""How the files and what else a list says of them are committed to."""
FORM = "custody result, form 1"
ALLOWED = {"sex": ("M", "F", ""), "view_position": ("PA", "AP", "")}
"""What a list may say of an image in words."""
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Commitment(Struct, frozen=True, forbid_unknown_fields=True):
    """The salted digest of a list, and how it is made."""

    algorithm: str
    value: Sha256


class Registration(Struct, frozen=True):
    """`custody.json`: what a custodian states of a sealed list before a plan is locked; a custodian may state more."""

    what: str
    registered: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")]
    images: Annotated[int, Meta(ge=1)]
    positive: Annotated[int, Meta(ge=0)]
    reference_standard: str
    commitment: Commitment
    contents: Commitment | None = None
    patients: int | None = None
    projections: dict[str, int] = {}


class Result(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`custody_result.json`: what a custodian found, and of what.

    `files` are the tables beside it with their SHA-256; `outcomes` counts the images that were analysed and, by reason,
    those that were not; `intakes` how many came by which. `contents` is the commitment to the files that were read.
    `prior_uses` are the lines of the custodian's own log before this use. `commit` is that of the checkout that scored.
    `estimates` are the custodian's, from the same tables.
    """

    form: str
    study: str
    plan_digest: str
    release: str
    release_digest: str
    registration_sha256: str
    commitment: str
    contents: str
    commit: str
    scored_on: str
    images: int
    patients: int
    positive: int
    outcomes: dict[str, int]
    intakes: dict[str, int]
    prior_uses: tuple[str, ...]
    versions: dict[str, str]
    code_digest: str
    files: dict[str, str]
    estimates: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A line of a custodian's list: an image by name, its label, and what else the list says of it, by column."""

    image: str
    label: int
    said: Mapping[str, str] = field(default_factory=dict)


def read_list(path: Path) -> tuple[Sealed, ...]:
    """Read a custodian's list; without a header its columns are image and label.

    Raises:
        ValueError: it cannot be read or has faults; every one is named by its line.
    """
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: cannot be read as a table: {error}; give a CSV file of UTF-8") from error
    headed = bool(lines) and "image" in lines[0]
    header = lines[0] if headed else ["image", "label"]
    if "label" not in header:
        raise ValueError(f"{path}:1: columns {', '.join(header)}; expected image and label among them")
    rows, faults, seen = [], [], dict[str, int]()
    for number, cells in enumerate(lines[headed:], start=1 + headed):
        said = dict(zip(header, cells, strict=False))
        image, label = said.pop("image", ""), said.pop("label", "")
        if len(cells) != len(header):
            faults.append(f"{path}:{number}: {len(cells)} cells; expected {len(header)}")
        elif not image or label not in ("0", "1"):
            faults.append(f"{path}:{number}: image {image!r}, label {label!r}; expected a name, and 0 or 1")
        elif image in seen:
            faults.append(f"{path}:{number}: {image} is listed here and in line {seen[image]}; expected it once")
        else:
            faults += [f"{path}:{number}: {fault}" for fault in _find_faults(said)]
            rows.append(Sealed(image, int(label), said))
            seen[image] = number
    if faults or not rows:
        raise ValueError("\n".join(faults) or f"{path}: lists no image; expected a line for each")
    return tuple(rows)


def _find_faults(said: Mapping[str, str]) -> Iterator[str]:
    """What a line says of an image that nobody could group by."""
    for name, allowed in ALLOWED.items():
        if said.get(name, "") not in allowed:
            yield f"{name} {said[name]!r}; expected {', '.join(allowed[:-1])}, or nothing"
    age = said.get("age_years", "")
    try:
        if age and not 0 <= float(age) <= 150:
            yield f"age_years {age}; expected completed years"
    except ValueError:
        yield f"age_years {age!r}; expected a number of completed years, or nothing"


def read_salt(path: Path) -> bytes:
    """The custodian's salt: the first line of a file.

    Raises:
        ValueError: the file cannot be read, or the salt is too short to hide anything.
    """
    try:
        salt = path.read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise ValueError(f"{path}: the salt cannot be read: {error.strerror}; name the custodian's own file") from error
    if len(salt) < 16:
        raise ValueError(f"{path}: a salt of {len(salt)} characters; expected 16 or more in the first line")
    return salt


def commit(rows: Iterable[Sealed], salt: bytes) -> Commitment:
    """The salted digest of a list."""
    lines = "".join(sorted(f"{row.image},{row.label}\n" for row in rows))
    return Commitment(ALGORITHM, hashlib.sha256(salt + b"\n" + lines.encode()).hexdigest())


def commit_contents(rows: Iterable[Sealed], digests: Mapping[str, str], salt: bytes) -> Commitment:
    """The salted digest of the images' files, and of what the list says of them beside the label.

    Args:
        rows: the list.
        digests: the SHA-256 of the file of each image.
        salt: the custodian's.
    """
    lines = sorted(json.dumps([row.image, digests[row.image], dict(row.said)], sort_keys=True) for row in rows)
    text = "".join(f"{line}\n" for line in lines)
    return Commitment(CONTENTS, hashlib.sha256(salt + b"\n" + text.encode()).hexdigest())


def number_apart(names: Sequence[str], salt: bytes, kind: str) -> dict[str, str]:
    """A name for each that tells nothing: `case-001` and so on, in an order that only the salt gives away."""
    different = sorted(set(names), key=lambda name: hmac.digest(salt, f"{kind}\n{name}".encode(), "sha256"))
    width = len(str(len(different)))
    return {name: f"{kind}-{number:0{width}}" for number, name in enumerate(different, start=1)}


def read_registration(path: Path) -> Registration:
    """Read what a custodian registered.

    Raises:
        ValueError: it cannot be read, or is not of the form.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Registration)
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"{path}: no registration of a custodian: {error}; ask for custody.json anew") from error
    if found.commitment.algorithm != ALGORITHM:
        stated = found.commitment.algorithm
        raise ValueError(f"{path}: commitment.algorithm is “{stated}”; expected “{ALGORITHM}”")
    return found


def read_result(folder: Path, tables: Sequence[str]) -> Result:
    """Read a custodian's result, and hold its tables against the digests that it states.

    Args:
        folder: where it is.
        tables: the tables that it has to have, and no other.

    Raises:
        ValueError: it cannot be read, or a table is missing, another or too many: every one is named.
    """
    path = folder / RESULT
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Result)
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"{path}: no result of a custodian: {error}; ask the custodian for the folder anew") from error
    if found.form != FORM:
        raise ValueError(f"{path}: form is {found.form!r}; expected {FORM!r}, of this version of clearway")
    if set(found.files) != set(tables):
        stated, wanted = (", ".join(sorted(names)) for names in (found.files, tables))
        raise ValueError(f"{path}: files are {stated}; expected {wanted}, as the plan asks; ask for the folder anew")
    faults = []
    for name, digest in found.files.items():
        table = folder / name
        now = sha256_of(table) if table.is_file() else "none: missing"
        if now != digest:
            faults.append(f"{table}: SHA-256 {now}; {RESULT} says {digest}; ask the custodian for the folder anew")
    if faults:
        raise ValueError("\n".join(faults))
    return found


def find_deviations(
    labels: Sequence[int], patients: Sequence[str], views: Sequence[str] | None, registration: Registration
) -> list[str]:
    """What is not as it was registered: how many images, positives, patients, and of each projection where known."""
    counts: dict[str, tuple[Any, Any]] = {
        "images": (len(labels), registration.images),
        "positive": (sum(labels), registration.positive),
        "patients": (len(set(patients)), registration.patients),
        "projections": (views and count_projections(views), dict(sorted(registration.projections.items())) or None),
    }
    return [
        f"{name}: found {found}, registered are {stated}"
        for name, (found, stated) in counts.items()
        if None not in (found, stated) and found != stated
    ]


def count_projections(views: Iterable[str]) -> dict[str, int]:
    """How many images there are of each projection."""
    return dict(sorted(Counter(map(str, views)).items()))
