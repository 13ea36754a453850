"""A release's folder: written whole, and locked under its name only if nothing else is locked there."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import yaml

from device.errors import ReleaseError
from device.release import RELEASES, read_release
from device.training.recipe import Recipe, RecipeError
from device.types import OperatingPoint, Unbuilt, Weights

SUMS = "SHA256SUMS"


def describe_release(
    recipe: Recipe, weights: Weights | None, operating_point: OperatingPoint | None, unbuilt: Unbuilt | None
) -> dict[str, Any]:
    """The keys and values of release.yaml."""
    release = recipe.release
    return {
        "name": recipe.name,
        "version": recipe.version,
        "status": str(release.status),
        "title": release.title,
        "population": msgspec.to_builtins(release.population),
        "geometry": msgspec.to_builtins(recipe.geometry),
        "weights": msgspec.to_builtins(weights),
        "operating_point": msgspec.to_builtins(operating_point),
        "unbuilt": msgspec.to_builtins(unbuilt),
        "study": release.study,
        "limitations": list(release.limitations),
    }


def write_release(folder: Path, release: dict[str, Any], card: dict[str, Any] | None, files: dict[str, bytes]) -> None:
    """Write release.yaml, card.yaml, the further files and SHA256SUMS into `folder`, replacing what it held."""
    contents = files | {"release.yaml": _yaml(release)} | ({"card.yaml": _yaml(card)} if card else {})
    sums = "".join(f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents))
    _replace(folder, contents | {SUMS: sums.encode()})


def lock(run: Path, releases: Path = RELEASES) -> Path:
    """Put the release that a run made under its name; a version that is locked is never changed.

    Args:
        run: the run's folder.
        releases: where releases are.

    Raises:
        RecipeError: the run holds no release, it is damaged, or its version is locked with another content.
    """
    try:
        made = read_release(run / "release")
    except ReleaseError as error:
        raise RecipeError(f"{run}: no release to lock: {error}; finish the training with --resume") from error
    target = releases / made.name
    if (target / SUMS).is_file():
        held = read_release(target)
        if held.digest == made.digest:
            return target
        if held.weights is not None and held.version == made.version:
            message = (
                f"{target}: version {held.version} is locked with digest {held.digest}, the run's is {made.digest}"
            )
            raise RecipeError(f"{message}; give the recipe another version and train again")
    _replace(target, {path.name: path.read_bytes() for path in made.folder.iterdir()})
    return target


def _yaml(value: dict[str, Any]) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=116).encode()


def _replace(folder: Path, contents: dict[str, bytes]) -> None:
    """Write a new folder beside the old one and put it in its place."""
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
