"""Locking: a release's folder is written whole, and a version that is locked is never changed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from device.errors import ReleaseError
from device.release import RELEASES, read_release

SUMS = "SHA256SUMS"
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
    target = releases / made.name
    if (target / SUMS).is_file():
        held = read_release(target)
        if held.digest == made.digest:
            return target
        if held.weights is not None and held.version == made.version:
            raise ReleaseError(
                f"{target}: version {held.version} is locked with digest {held.digest}, the run's is {made.digest}; "
                "give the recipe another version and train again"
            )
    _require_equal_decisions(made.folder)
    replace_folder(target, {path.name: path.read_bytes() for path in made.folder.iterdir()})
    return target


def _require_equal_decisions(folder: Path) -> None:
    card = folder / "card.yaml"
    flips = yaml.safe_load(card.read_bytes()).get(FLIPS) if card.is_file() else 0
    if flips != 0:
        raise ReleaseError(
            f"{card}: {FLIPS}: found {flips}, expected 0: the exported weights decide otherwise than the trained"
        )


def replace_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a new folder of these files beside the old one, flush it to disk and put it in the old one's place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        new.mkdir()
        for name, content in contents.items():
            with (new / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
