"""Locking: a release's folder is written whole, and a version that is locked is never changed."""

from __future__ import annotations

import csv
import math
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from device.errors import ReleaseError
from device.release import RELEASES, read_release
from device.types import Release

SUMS = "SHA256SUMS"
NEW, OLD = ".clearway.new", ".clearway.old"
"""What ends the name of a folder that is to take another's place, and of one that another is to take the place of: no
name that a person gives a folder, for both are removed."""
TUNING = "tuning_scores.csv"
TOLERANCE = 0.02
"""By how much a tuning score may differ where a recipe is trained again on another processor, whose floating-point
kernels round otherwise. On the same processor, with the same threads, not a byte may differ."""
FLIPS = "keras_litert_decision_flips"


def lock(run: Path, releases: Path = RELEASES) -> Path:
    """Put the release that a training run made under its name.

    Args:
        run: the run's folder.
        releases: where releases are.

    Returns:
        The release's folder.

    Raises:
        ReleaseError: the run holds no release, it is damaged, its exported weights decide otherwise than the trained
            network, or its version is locked with another content.
    """
    try:
        made = read_release(run / "release")
    except ReleaseError as error:
        raise ReleaseError(f"{run}: no release to lock: {error}; finish the training with --resume") from error
    restore_releases(releases)
    target = releases / made.name
    if (target / SUMS).is_file():
        held = read_release(target)
        if held.digest == made.digest:
            return target
        if held.weights is not None and held.version == made.version:
            raise ReleaseError(
                f"{target}: version {held.version} is locked with digest {held.digest}, the run's is {made.digest}; "
                f"compare them with `clearway release compare {run}`, or give the recipe another version"
            )
    _require_equal_decisions(made.folder)
    replace_folder(target, {path.name: path.read_bytes() for path in made.folder.iterdir()})
    return target


@dataclass(frozen=True, slots=True)
class Comparison:
    """A release that was trained again, beside the locked one: scores of the tuning images and decisions by each."""

    same_digest: bool
    images: int
    largest_difference: float
    decision_flips: int

    @property
    def is_within_tolerance(self) -> bool:
        """Whether it is the same release, or one that differs by rounding."""
        return self.same_digest or self.largest_difference <= TOLERANCE


def compare(run: Path, releases: Path = RELEASES) -> Comparison:
    """Hold the release that a training run made against the locked one of its name and version.

    Raises:
        ReleaseError: one of them cannot be read or has no tuning scores, there is none of this version, or they are of
            other images.
    """
    made = read_release(run / "release")
    held = read_release(releases / made.name)
    if held.version != made.version:
        raise ReleaseError(f"{run}: version {made.version}; the locked release is {held.version}")
    ours, theirs = (_read_tuning(one) for one in (made, held))
    if ours.keys() != theirs.keys():
        raise ReleaseError(f"{run}: {TUNING} is of other images than that of the locked release")
    pairs = [(ours[image], theirs[image]) for image in ours]
    return Comparison(
        same_digest=made.digest == held.digest,
        images=len(pairs),
        largest_difference=max(abs(a - b) for a, b in pairs),
        decision_flips=sum((a >= _threshold(made)) != (b >= _threshold(held)) for a, b in pairs),
    )


def _threshold(release: Release) -> float:
    return release.operating_point.threshold if release.operating_point else math.inf


def _read_tuning(release: Release) -> dict[str, float]:
    try:
        with (release.folder / TUNING).open(encoding="utf-8", newline="") as stream:
            scores = {row["image"]: float(row["score"]) for row in csv.DictReader(stream)}
    except (OSError, KeyError, ValueError) as error:
        raise ReleaseError(f"{release.folder / TUNING}: cannot be read: {error}; train the release again") from error
    if not scores:
        raise ReleaseError(f"{release.folder / TUNING}: holds no score; train the release again")
    return scores


def _require_equal_decisions(folder: Path) -> None:
    card = folder / "card.yaml"
    flips = yaml.safe_load(card.read_bytes()).get(FLIPS) if card.is_file() else 0
    if flips != 0:
        raise ReleaseError(
            f"{card}: {FLIPS}: found {flips}, expected 0: the exported weights decide otherwise than the trained"
        )


def replace_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a new folder of these files beside the old one, flush it to disk and put it in the old one's place.

    If it cannot be put there, the old one is back; if that was killed, `restore_folder` puts it back.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    restore_folder(folder)
    new, old = (folder.with_name(f".{folder.name}{end}") for end in (NEW, OLD))
    shutil.rmtree(new, ignore_errors=True)  # of one that was killed while it wrote
    new.mkdir()
    try:
        for name, content in contents.items():
            with (new / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        restore_folder(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def restore_folder(folder: Path) -> bool:
    """Put back the folder whose replacement was killed between taking it away and putting the new one there.

    Returns:
        Whether it was put back, which is said on the terminal.
    """
    old = folder.with_name(f".{folder.name}{OLD}")
    if not old.is_dir():
        return False
    if folder.exists():  # killed when all was done but this
        shutil.rmtree(old)
        return False
    old.rename(folder)
    print(f"{folder}: its replacement was interrupted; what was there before is back", file=sys.stderr)
    return True


def restore_releases(releases: Path = RELEASES) -> None:
    """Put back each release whose replacement was killed."""
    for old in sorted(releases.glob(f".*{OLD}")):
        restore_folder(old.with_name(old.name.removeprefix(".").removesuffix(OLD)))
