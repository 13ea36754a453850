"""Reads releases: folders that hold everything a claim rests on, verified byte for byte."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec

from device.errors import ReleaseError
from device.types import Geometry, OperatingPoint, Population, Release, Status, Unbuilt, Weights

RELEASES = Path(__file__).parent / "releases"
DESCRIPTION, SUMS = "release.yaml", "SHA256SUMS"
NAME = "[a-z0-9]+(-[a-z0-9]+)*"
Name = Annotated[str, msgspec.Meta(pattern=rf"^{NAME}\Z", max_length=64)]
"""A release's name, which names its folder: never a path."""


class _Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """release.yaml, key by key."""

    name: Name
    version: str
    status: Status
    title: str
    population: Population
    geometry: Geometry
    limitations: tuple[str, ...]
    weights: Weights | None
    operating_point: OperatingPoint | None
    unbuilt: Unbuilt | None
    study: str | None


def find_releases(folder: Path | None = None) -> tuple[str, ...]:
    """The names of the releases in a folder (default: those that the device ships), sorted.

    Implements: SRS-035
    """
    return tuple(sorted(path.parent.name for path in (folder or RELEASES).glob(f"[!.]*/{DESCRIPTION}")))


def read_release(name: str | Path = "paediatric-reference") -> Release:
    """Read a release and verify every file of it.

    Args:
        name: a release that the device ships, or the path of a release's folder.

    Raises:
        ReleaseError: there is no such release, a file is missing, unlisted or not what was locked, or release.yaml
            does not describe a release; every fault of the folder is named.

    Implements: SRS-025
    """
    folder = RELEASES / name if name in find_releases() else Path(name)
    if not (folder / DESCRIPTION).is_file():
        raise ReleaseError(f"release {name}: unknown; expected {', '.join(find_releases())} or the folder of a release")
    verify_folder(folder)
    description = _read_description(folder / DESCRIPTION)
    values = {field: getattr(description, field) for field in description.__struct_fields__}
    return Release(**values, digest=_digest(folder / SUMS), folder=folder)


def verify_folder(folder: Path) -> None:
    """Compare every file of a release with its SHA256SUMS.

    Raises:
        ReleaseError: names every file that is missing, unlisted or changed.

    Implements: SRS-025
    """
    sums = _read_sums(folder / SUMS)
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {SUMS}
    faults = [f"{name}: listed, but not there" for name in sorted(sums.keys() - held)]
    faults += [f"{name}: not listed in {SUMS}" for name in sorted(held - sums.keys())]
    for name in sorted(held & sums.keys()):
        if (found := _digest(folder / name)) != sums[name]:
            faults.append(f"{name}: SHA-256 is {found}, expected {sums[name]}")
    if faults:
        raise ReleaseError(f"{folder}: not what was locked, do not use it: " + "; ".join(faults))


def _read_sums(path: Path) -> dict[str, str]:
    """Name to digest, from the lines that sha256sum writes."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{path}: cannot be read: {error}") from error
    sums = {}
    for number, line in enumerate(lines, start=1):
        if not (match := re.fullmatch(r"([0-9a-f]{64}) [ *](\S+)", line)):
            raise ReleaseError(f"{path}:{number}: found {line!r}, expected a SHA-256, two spaces and a file's name")
        sums[match[2]] = match[1]
    return sums


def _read_description(path: Path) -> _Description:
    try:
        description = msgspec.yaml.decode(path.read_bytes(), type=_Description)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{path}: {error}") from error
    complete = description.weights is not None and description.operating_point is not None
    if complete == (description.unbuilt is not None):
        raise ReleaseError(f"{path}: expected either weights and operating_point, or unbuilt with reason and command")
    point = description.operating_point
    if point is not None and not 0.0 < point.threshold <= 1.0:  # NaN and what no score reaches would flag nothing
        raise ReleaseError(f"{path}: operating_point: threshold: found {point.threshold}, expected above 0, at most 1")
    return description


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def read_software_version() -> str:
    """The version of the device software itself, as it is installed.

    Implements: SRS-029
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("clearway")
    except PackageNotFoundError:  # run from a folder of sources
        return "not installed"
