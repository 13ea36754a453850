"""The network: small, residual, from random weights."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from device.training.recipe import Recipe


def build_network(recipe: Recipe) -> Any:
    """The network of a recipe, with random weights.

    Input (batch, rows, columns, 1) float32 in [0, 1]; output (batch, 1) float32, the score in [0, 1].
    """
    rows, columns = recipe.geometry.rows, recipe.geometry.columns
    inputs = keras.Input((rows, columns, 1), name="image")
    hidden = _convolution(inputs, recipe.network.stem, kernel=5, strides=2)
    for width in recipe.network.widths:
        hidden = _block(hidden, width, strides=2)
        for _ in range(recipe.network.blocks - 1):
            hidden = _block(hidden, width, strides=1)
    pooled = layers.GlobalAveragePooling2D()(hidden)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="score")(pooled), name="residual")


def describe_network(recipe: Recipe) -> str:
    """The architecture in words."""
    network, geometry = recipe.network, recipe.geometry
    widths = ", ".join(map(str, network.widths))
    return (
        f"Residual convolutional network on {geometry.rows} x {geometry.columns} x 1: a 5 x 5 convolution of stride 2 "
        f"with {network.stem} filters; {len(network.widths)} stages of {network.blocks} residual block(s) of two "
        f"3 x 3 convolutions, each stage halving the image, with {widths} filters; batch normalisation and ReLU; "
        "global average pooling; one sigmoid unit"
    )


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
