"""A recipe trained on other images than it names: its release then has another name, and says of which data it is."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import msgspec
from msgspec import structs

from device.release import NAME
from device.training.recipe import RECIPES, Recipe, RecipeError, RecipeFile

TOGETHER = "--manifest FILE, --dataset NAME and --name NAME"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name other data and the release that is made of them."""
    own = parser.add_argument_group("other data", f"{TOGETHER} go together: the recipe is trained on these images")
    own.add_argument("--manifest", type=Path, metavar="FILE", help="the manifest of the images that --data holds")
    own.add_argument("--dataset", metavar="NAME", help="what the data set is called")
    own.add_argument("--name", metavar="NAME", help="the release's name, another than the recipe's")
    own.add_argument("--version", metavar="VERSION", help="the release's version (default: the recipe's)")
    own.add_argument("--study", metavar="NAME", help="the study that the release names as its own (default: none)")


def use_data(file: RecipeFile, options: argparse.Namespace) -> RecipeFile:
    """The recipe with the data and the release's name that options give; the recipe itself where they give none.

    Raises:
        RecipeError: some of the options are missing, or the name is that of a shipped recipe or of the recipe itself.
    """
    needed = (options.manifest, options.dataset, options.name)
    if not any((*needed, options.version, options.study)):
        return file
    if not all(needed):
        raise RecipeError(f"{TOGETHER} go together: the release of other data than the recipe's has another name")
    recipe = file.recipe
    taken = {path.stem for path in RECIPES.glob("*.yaml")} | {recipe.name}
    if options.name in taken or not re.fullmatch(NAME, options.name):
        raise RecipeError(
            f"--name {options.name}: expected small letters and digits with single hyphens between, and none of "
            f"{', '.join(sorted(taken))}, whose releases are made of other data"
        )
    named = structs.replace(
        recipe, name=options.name, version=options.version or recipe.version,
        data=structs.replace(recipe.data, dataset=options.dataset, manifest=options.manifest.name),
        release=structs.replace(
            recipe.release, study=options.study, limitations=(_bound(recipe, options), *recipe.release.limitations)
        ),
    )  # fmt: skip
    base = f"{recipe.name} with other data"
    return RecipeFile(named, file.path, msgspec.yaml.encode(named), options.manifest.resolve(), base)


def _bound(recipe: Recipe, options: argparse.Namespace) -> str:
    """What a reader of the release has to know before the recipe's own limitations."""
    return (
        f"Trained by the recipe {recipe.name} on another list of images than its own ({options.dataset} in place of "
        f"{recipe.data.dataset}). What is said of the population, and the limitations below, are the recipe's and were "
        "stated for its own list."
    )
