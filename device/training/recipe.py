"""Recipes: everything that a training depends on, stated in YAML and read strictly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from device.release import Name
from device.types import Geometry, Population, Status

RECIPES = Path(__file__).with_name("recipes")
FOUND = 64
"""Rows and columns at which lungs are found; those of an input are multiples of it."""

Fraction: TypeAlias = Annotated[float, Meta(ge=0, le=0.2)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Positive: TypeAlias = Annotated[int, Meta(ge=1)]


class RecipeError(Exception):
    """A recipe, or what it names, cannot be used: says what was found, what was expected and what to do."""


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Unknown keys are errors, so that a misspelled setting is never silently the default."""


class Data(_Strict, frozen=True):
    """The images: `manifest` is relative to the recipe; its image paths are relative to the folder of `dataset`.

    `labels` of the tuning images that are not this project's to give on are withheld: the release then ships their
    scores without them, and who has the manifest can join them.
    """

    dataset: str
    manifest: str
    labels: Literal["shipped", "withheld"] = "shipped"


class ResidualNetwork(_Strict, frozen=True, tag_field="kind", tag="residual"):
    """A residual network: a strided stem, then a residual stage, each halving the image, for each further width."""

    stem: Positive
    widths: tuple[Positive, ...]
    blocks: Positive
    initial_weights: Literal["none"]


class WeightsFile(_Strict, frozen=True):
    """Weights that somebody else trained: a layer of a Keras model, a member of a wheel or other zip file.

    The file is given to `clearway train --weights`; its SHA-256 has to be this one. A license that its origin does not
    state is null, and so says the release's card.
    """

    origin: str
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    member: str
    layer: str
    licence: str | None


class XceptionStem(_Strict, frozen=True, tag_field="kind", tag="xception_stem"):
    """The first blocks of Xception, then global average pooling and one unit.

    Blocks are numbered as in its publication and in Keras: 1 to 4 are the entry flow, 5 to 12 the middle flow. Blocks
    before `first_trained_block` keep their initial weights; batch normalization keeps its statistics everywhere.
    Each image is first given the mean 0 and the standard deviation `contrast` of the range -1 to 1.
    """

    blocks: Annotated[int, Meta(ge=2, le=12)]
    first_trained_block: Annotated[int, Meta(ge=1)]
    dropout: Annotated[float, Meta(ge=0, lt=1)]
    contrast: Annotated[float, Meta(gt=0, le=1)]
    initial_weights: Literal["none"] | WeightsFile


Network: TypeAlias = ResidualNetwork | XceptionStem


class Augmentation(_Strict, frozen=True):
    """Random changes that leave a radiograph one that a radiologist accepts. There is no flip: it mirrors the heart.

    Shift and zoom are fractions of the side; stretch is a further zoom of the rows and the inverse of the columns, for
    images that lost their aspect. Rotation is in degrees, contrast is relative, brightness is of the range. Gamma is
    the natural logarithm of the exponent. Sharpness adds so many times what a Gaussian blur takes away; below 0 it
    blurs. Each is drawn evenly from minus the limit to the limit. Noise is Gaussian, its standard deviation drawn
    evenly from 0 to the limit. What moves in from outside repeats the edge, or is black in that share of the images.
    """

    shift: Fraction
    zoom: Fraction
    rotation_degrees: Annotated[float, Meta(ge=0, le=15)]
    contrast: Annotated[float, Meta(ge=0, le=0.5)]
    brightness: Fraction
    gamma: Annotated[float, Meta(ge=0, le=0.7)] = 0.0
    sharpness: Annotated[float, Meta(ge=0, le=1)] = 0.0
    noise: Annotated[float, Meta(ge=0, le=0.1)] = 0.0
    stretch: Fraction = 0.0
    black_surround: Annotated[float, Meta(ge=0, le=1)] = 0.0


class Sampling(_Strict, frozen=True):
    """An epoch of so many draws: pictures of lungs alone in that share, then label, projection and copy evenly.

    What a picture is drawn by then tells nothing of its label; each picture of a group is as likely as the others.
    """

    draws: Positive
    lungs_alone: Share


class LungView(_Strict, frozen=True):
    """The network finds the lungs first, and sees nothing else.

    A first part, taught of images that are there whole and with their lungs alone, finds them; they are cut out to
    `rows` and `columns`, with what is within `grown` of 64 pixels of them. In training the cut is moved by normal
    deviates of `shift` of the side, and scaled by the exponential of those of `zoom`. Of each batch the share `hidden`,
    where it is whole images, has its lungs hidden, and the label is then neither.
    """

    rows: Positive
    columns: Positive
    grown: Annotated[int, Meta(ge=0, le=8)]
    shift: Fraction
    zoom: Fraction
    hidden: Share


class Loss(_Strict, frozen=True):
    """`balanced` weighs each class by the inverse of its share of the training images."""

    name: Literal["binary_crossentropy"]
    label_smoothing: Fraction
    class_weighting: Literal["balanced", "none"]


class Optimizer(_Strict, frozen=True):
    """AdamW, its rate rising over `warmup_epochs` and then falling to zero along a cosine.

    With `averaging` above 0 each epoch ends with the exponential average of its steps' weights, of that momentum.
    """

    name: Literal["adamw"]
    learning_rate: Annotated[float, Meta(gt=0)]
    weight_decay: Annotated[float, Meta(ge=0)]
    warmup_epochs: Annotated[int, Meta(ge=0)]
    averaging: Annotated[float, Meta(ge=0, lt=1)] = 0.0


class Stopping(_Strict, frozen=True):
    """The epoch that counts: the first with the best value on the tuning split, in place of the last.

    With `patience` the training ends after so many epochs without a better one; the rate falls as if it did not.
    """

    rule: Literal["best_tuning_loss", "best_tuning_auroc"]
    patience: Positive | None = None


class ThresholdRule(_Strict, frozen=True):
    """The highest threshold whose sensitivity on the tuning split is at least this."""

    minimum_sensitivity: Annotated[float, Meta(gt=0, le=1)]
    reason: str


class ReleaseStatement(_Strict, frozen=True):
    """What the release says of itself once the weights are there."""

    title: str
    status: Status
    population: Population
    study: str | None
    limitations: tuple[str, ...]


class Recipe(_Strict, frozen=True):
    """A training, whole: two runs of one recipe on one dataset with one set of library versions are the same."""

    name: Name
    version: str
    release: ReleaseStatement
    data: Data
    geometry: Geometry
    network: Network
    augmentation: Augmentation
    loss: Loss
    optimizer: Optimizer
    epochs: Positive
    batch_size: Positive
    seed: Annotated[int, Meta(ge=0, lt=2**31)]
    threads: Positive
    operating_point: ThresholdRule
    sampling: Sampling | None = None
    lungs: LungView | None = None
    stopping: Stopping | None = None


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A recipe, the file it was read from, and the manifest that it names.

    `content` is the recipe as YAML. `base` says what it was made from where options changed what the file says.
    """

    recipe: Recipe
    path: Path
    content: bytes
    manifest: Path
    base: str | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of the recipe as YAML."""
        return hashlib.sha256(self.content).hexdigest()


def read_recipe(name: str) -> RecipeFile:
    """Read a recipe by the name of a shipped one, or by path.

    Raises:
        RecipeError: there is no such recipe, or it is not of the schema (the error names the key).
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = RECIPES / f"{name}.yaml"
    try:
        content = path.read_bytes()
        recipe = msgspec.yaml.decode(content, type=Recipe)
    except OSError as error:
        known = ", ".join(sorted(file.stem for file in RECIPES.glob("*.yaml")))
        raise RecipeError(f"{path}: no such recipe ({error.strerror}); name a file, or one of {known}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not a recipe: {error}") from error
    if recipe.lungs and (recipe.geometry.rows % FOUND or recipe.geometry.columns % FOUND):
        sides = f"{recipe.geometry.rows} rows, {recipe.geometry.columns} columns"
        raise RecipeError(f"{path}: geometry: {sides}; expected multiples of {FOUND}, at which the lungs are found")
    return RecipeFile(recipe, path, content, (path.parent / recipe.data.manifest).resolve())
