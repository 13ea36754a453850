"""What of a picture is seen once its lungs are found: these, cut out to a size, in standard units, and nothing else."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from device.training.recipe import FOUND, LungView

SEEN = 16 / 255
"""What a pixel of a picture of lungs alone has to show to be of the lungs: less is what compression left outside."""
REACH = 2.1
"""Standard deviations of a mask, along rows and columns, from its center to the side of what is cut out."""
EVEN = 0.002
"""What every pixel counts as lungs at least: of a picture without any, all is seen."""
FARTHEST = 4.0
"""Standard deviations of the lungs' values that are kept apart; beyond, all is alike."""


def shrink(inputs: Any) -> Any:
    """Inputs (batch, rows, columns, 1) at (batch, FOUND, FOUND, 1), each pixel the mean of those that it covers."""
    strides = [int(side) // FOUND for side in inputs.shape[1:3]]
    return tf.nn.avg_pool2d(inputs, strides, strides, "VALID")


def see(inputs: Any, masks: Any, view: LungView, moved: Any = None) -> Any:
    """Cut the lungs out, to the view's size, and give what is beside them their mean.

    Args:
        inputs: (batch, rows, columns, 1) float32 in [0, 1].
        masks: (batch, FOUND, FOUND, 1) float32, the share of lungs in each pixel.
        view: the recipe's.
        moved: (4, batch) standard normal deviates that move and scale the cut in training; None moves nothing.

    Returns:
        (batch, view's rows, view's columns, 1) float32: standard deviations of the lungs' values from their mean, 0
        beside them.
    """
    if view.grown:
        masks = tf.nn.max_pool2d(masks, 2 * view.grown + 1, 1, "SAME")
    row, high, column, wide = _frame(masks)
    if moved is not None:
        row, column = row + view.shift * moved[0], column + view.shift * moved[1]
        high, wide = high * tf.exp(view.zoom * moved[2]), wide * tf.exp(view.zoom * moved[3])

    def cut(pictures: Any) -> Any:
        down = _resample(row, high, view.rows, int(pictures.shape[1]))
        along = _resample(column, wide, view.columns, int(pictures.shape[2]))
        return tf.einsum("bij,bjkc,blk->bilc", down, pictures, along)

    pixels, share = cut(inputs), cut(masks)
    total = tf.reduce_sum(share, (1, 2, 3), keepdims=True) + 1.0
    mean = tf.reduce_sum(share * pixels, (1, 2, 3), keepdims=True) / total
    variance = tf.reduce_sum(share * (pixels - mean) ** 2, (1, 2, 3), keepdims=True) / total
    return tf.clip_by_value(share * (pixels - mean) / tf.sqrt(variance + 1e-4), -FARTHEST, FARTHEST)


def _frame(masks: Any) -> tuple[Any, Any, Any, Any]:
    """Center and half the height of the cut, center and half its width, (batch,) each, in shares of the sides."""
    mass = masks[..., 0] + EVEN
    return *_spread(tf.reduce_sum(mass, 2)), *_spread(tf.reduce_sum(mass, 1))


def _spread(mass: Any) -> tuple[Any, Any]:
    """The mean place of a mass along a side, (batch, FOUND), and REACH times its standard deviation."""
    places, total = (tf.range(FOUND, dtype=tf.float32) + 0.5) / FOUND, tf.reduce_sum(mass, 1)
    centre = tf.reduce_sum(mass * places, 1) / total
    variance = tf.reduce_sum(mass * (places - centre[:, tf.newaxis]) ** 2, 1) / total
    return centre, REACH * tf.sqrt(variance)


def _resample(centre: Any, half: Any, pixels: int, side: int) -> Any:
    """(batch, pixels, side): the weight of each pixel of a side in each of the cut, linear, wider where it is coarser.

    What lies beyond the side counts as black.
    """
    share = 2.0 * (tf.range(pixels, dtype=tf.float32) + 0.5) / pixels - 1.0
    wanted = centre[:, tf.newaxis] + half[:, tf.newaxis] * share
    there = (tf.range(side, dtype=tf.float32) + 0.5) / side
    width = tf.maximum(1.0 / side, 2.0 * half / pixels)[:, tf.newaxis, tf.newaxis]
    weights = tf.nn.relu(1.0 - tf.abs(wanted[:, :, tf.newaxis] - there) / width)
    return weights / (tf.reduce_sum(weights, 2, keepdims=True) + 1e-6)


def hide(inputs: Any, masks: Any) -> Any:
    """Give the lungs the mean of what surrounds them; of both the shapes are as for `see`."""
    beside = 1.0 - tf.cast(tf.image.resize(masks, tf.shape(inputs)[1:3]) > 0.3, tf.float32)
    mean = tf.reduce_sum(beside * inputs, (1, 2, 3), keepdims=True) / (
        tf.reduce_sum(beside, (1, 2, 3), keepdims=True) + 1.0
    )
    return beside * inputs + (1.0 - beside) * mean


class See(keras.layers.Layer):  # type: ignore[misc]
    """`see` as a part of a network, for its export alone."""

    def __init__(self, view: LungView) -> None:
        super().__init__(name="see")
        self.view = view

    def call(self, inputs: Any, masks: Any) -> Any:
        """What is seen."""
        return see(inputs, masks, self.view)
