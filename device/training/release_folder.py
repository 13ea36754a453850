"""A release's folder: what its files hold."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import yaml

from device.locking import SUMS, replace_folder
from device.training.recipe import Recipe
from device.types import OperatingPoint, Unbuilt, Weights


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
    replace_folder(folder, contents | {SUMS: sums.encode()})


def _yaml(value: dict[str, Any]) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=116).encode()
