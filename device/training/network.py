"""The networks that a recipe can name: a small residual one, and the first blocks of Xception."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras
from keras import layers

from device.training.lung_view import See
from device.training.recipe import FOUND, Recipe, RecipeError, ResidualNetwork, WeightsFile, XceptionStem

ENTRY_BLOCKS = 4


def build_network(recipe: Recipe, weights: Path | None = None) -> Any:
    """The network of a recipe with its initial weights.

    Input (batch, rows, columns, 1) float32, in [0, 1] or what is seen of the lungs; output (batch, 1) float32, the
    score in [0, 1].

    Args:
        recipe: the training.
        weights: the file that the recipe's initial weights are read from, where it names one.

    Raises:
        RecipeError: the file is not the one that the recipe names, or is not given.
    """
    if isinstance(recipe.network, XceptionStem):
        return _build_xception_stem(recipe, recipe.network, weights)
    return _build_residual(recipe, recipe.network)


def join(recipe: Recipe, lungs: Any, network: Any) -> Any:
    """The network of a release: the trained one, behind the part that finds and cuts out the lungs if there is one."""
    if recipe.lungs is None:
        return network
    inputs = keras.Input((recipe.geometry.rows, recipe.geometry.columns, 1), name="image")
    strides = recipe.geometry.rows // FOUND, recipe.geometry.columns // FOUND
    found = lungs(layers.AveragePooling2D(strides)(inputs))
    return keras.Model(inputs, network(See(recipe.lungs)(inputs, found)), name="release")


def _size(recipe: Recipe) -> tuple[int, int]:
    """Rows and columns of what the trained network gets."""
    seen = recipe.lungs or recipe.geometry
    return seen.rows, seen.columns


def describe_network(recipe: Recipe) -> str:
    """The architecture in words."""
    return _describe_view(recipe) + _describe_trained(recipe)


def _describe_view(recipe: Recipe) -> str:
    view, geometry = recipe.lungs, recipe.geometry
    if view is None:
        return ""
    return (
        f"First, on {geometry.rows} x {geometry.columns} x 1, a network of the shape of a U finds the lungs at "
        f"{FOUND} x {FOUND}; they are cut out with what is within {view.grown} of these pixels of them, given the mean "
        "0 and the standard deviation 1, and what is beside them is 0. Then: "
    )


def _describe_trained(recipe: Recipe) -> str:
    network, (rows, columns) = recipe.network, _size(recipe)
    if isinstance(network, XceptionStem):
        return (
            f"The first {network.blocks} blocks of Xception on {rows} x {columns} x 1, "
            f"{'what is seen' if recipe.lungs else 'the image'} first brought to mean 0 and standard deviation "
            f"{network.contrast:g} and given three times; blocks before the number {network.first_trained_block} and "
            f"all statistics of batch normalization keep their initial values; global average pooling; dropout of "
            f"{network.dropout:g} in training; one sigmoid unit"
        )
    widths = ", ".join(map(str, network.widths))
    return (
        f"Residual convolutional network on {rows} x {columns} x 1: a 5 x 5 convolution of stride 2 "
        f"with {network.stem} filters; {len(network.widths)} stages of {network.blocks} residual block(s) of two "
        f"3 x 3 convolutions, each stage halving the image, with {widths} filters; batch normalization and ReLU; "
        "global average pooling; one sigmoid unit"
    )


# --- residual ---------------------------------------------------------------------------------------------------------


def _build_residual(recipe: Recipe, network: ResidualNetwork) -> Any:
    inputs = keras.Input((*_size(recipe), 1), name="image")
    hidden = _convolution(inputs, network.stem, kernel=5, strides=2)
    for width in network.widths:
        hidden = _block(hidden, width, strides=2)
        for _ in range(network.blocks - 1):
            hidden = _block(hidden, width, strides=1)
    pooled = layers.GlobalAveragePooling2D()(hidden)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="score")(pooled), name="residual")


def _convolution(inputs: Any, filters: int, kernel: int, strides: int, *, activate: bool = True) -> Any:
    hidden = layers.Conv2D(
        filters, kernel, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(inputs)
    hidden = layers.BatchNormalization(momentum=0.9)(hidden)
    return layers.ReLU()(hidden) if activate else hidden


def _block(inputs: Any, filters: int, strides: int) -> Any:
    hidden = _convolution(inputs, filters, 3, strides)
    hidden = _convolution(hidden, filters, 3, 1, activate=False)
    unchanged = strides == 1 and inputs.shape[-1] == filters
    shortcut = inputs if unchanged else _convolution(inputs, filters, 1, strides, activate=False)
    return layers.ReLU()(layers.Add()([hidden, shortcut]))


# --- the first blocks of Xception -------------------------------------------------------------------------------------


def _build_xception_stem(recipe: Recipe, network: XceptionStem, weights: Path | None) -> Any:
    rows, columns = _size(recipe)
    whole = keras.applications.Xception(include_top=False, weights=None, input_shape=(rows, columns, 3))
    if held := verify_weights(recipe, weights):
        whole.set_weights(_read_weights(*held))
    ends = [layer for layer in whole.layers if isinstance(layer, layers.Add)]  # block 2 ends with the first sum
    stem = keras.Model(whole.input, ends[network.blocks - 2].output, name="xception_stem")
    frozen = True
    for layer in stem.layers:
        frozen = frozen and not layer.name.startswith(f"block{network.first_trained_block}_")
        layer.trainable = not frozen and not isinstance(layer, layers.BatchNormalization)
    inputs = keras.Input((rows, columns, 1), name="image")
    normal = inputs  # of lungs, in standard units already
    if recipe.lungs is None:
        normal = layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False, epsilon=1e-4)(inputs)
    hidden = stem(layers.Concatenate()([layers.Rescaling(network.contrast)(normal)] * 3), training=False)
    pooled = layers.Dropout(network.dropout, seed=recipe.seed)(layers.GlobalAveragePooling2D()(hidden))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="score")(pooled), name="xception_stem_score")


def verify_weights(recipe: Recipe, path: Path | None) -> tuple[WeightsFile, Path] | None:
    """The initial weights that a recipe names and their file, which is the one that it names; None if it names none.

    Raises:
        RecipeError: no file is given, it cannot be read, or it is another.
    """
    named = recipe.network.initial_weights
    if not isinstance(named, WeightsFile):
        if path is not None:
            raise RecipeError(f"--weights {path}: the recipe starts from random weights; leave the option out")
        return None
    if path is None:
        raise RecipeError(f"initial weights: give the file with --weights FILE: {named.origin}")
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise RecipeError(f"{path}: initial weights cannot be read: {error.strerror}") from error
    if found != named.sha256:
        raise RecipeError(f"{path}: SHA-256 is {found}, expected {named.sha256}: {named.origin}")
    return named, path


def _read_weights(named: WeightsFile, path: Path) -> list[Any]:
    """The arrays of the layer that a recipe names, in Keras's order."""
    try:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            model = keras.models.load_model(archive.extract(named.member, folder), compile=False)
        return list(model.get_layer(named.layer).get_weights())
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise RecipeError(f"{path}: no layer {named.layer} of a Keras model {named.member}: {error}") from error
