"""Parts of a picture hidden at random in training, so that a score can rest on the lungs and on nothing else."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from device.training.recipe import Occlusion

REACH = 17
"""Pixels of the inputs that a mask may grow by, in all: a mask is never quite where the lungs are."""
UNKNOWN = 0.5
"""The label of a picture whose lungs are hidden: nobody could tell."""
SEEN = 16 / 255
"""What a pixel of a picture of lungs alone has to show to be of the lungs: less is what compression left outside."""
ELLIPSES = 3


def occlude(inputs: Any, masks: Any, alone: Any, limits: Occlusion, seed: Any) -> tuple[Any, Any]:
    """Hide the surroundings of the lungs, or the lungs; of pictures of lungs alone, cut pieces out.

    Args:
        inputs: (batch, rows, columns, 1) float32 in [0, 1].
        masks: (batch, rows, columns, 1) float32, 1 where the lungs are.
        alone: (batch,) bool, which pictures show lungs alone.
        limits: the recipe's.
        seed: two integers; the same seed gives the same.

    Returns:
        The pictures, and (batch,) bool: of which the lungs are hidden.
    """
    count = tf.shape(inputs)[0]
    choice, dim, growth, level, fill = tf.unstack(tf.random.stateless_uniform((5, count), seed))
    grown = _grow(masks, growth)
    outside = ~alone & (choice < limits.outside)
    inside = ~alone & (choice >= limits.outside) & (choice < limits.outside + limits.inside)
    keep = tf.where(_per_image(inside), 1.0 - grown, tf.where(_per_image(outside), grown, 1.0))
    keep = tf.where(_per_image(alone), masks * _cut(masks, limits, seed + 1), keep)
    kept = tf.reduce_sum(keep * inputs, (1, 2, 3)) / tf.maximum(tf.reduce_sum(keep, (1, 2, 3)), 1.0)
    value = tf.where(fill < 1 / 3, 0.0, tf.where(fill < 2 / 3, kept, level))
    hidden = inputs * keep + _per_image(value) * (1.0 - keep)
    left = tf.where(outside & (dim < limits.dimmed), dim / max(limits.dimmed, 1e-6), 0.0)  # from hidden to shown
    return _per_image(left) * inputs + (1.0 - _per_image(left)) * hidden, inside


def _grow(masks: Any, growth: Any) -> Any:
    """Each mask larger by up to half of REACH: its blur, above a threshold of its own."""
    blurred = tf.nn.avg_pool2d(masks, REACH, 1, "SAME")
    return tf.cast(tf.maximum(masks, blurred) > _per_image(0.02 + 0.3 * growth), tf.float32)


def _cut(masks: Any, limits: Occlusion, seed: Any) -> Any:
    """(batch, rows, columns, 1): 0 in up to three ellipses in the recipe's share of the pictures, 1 elsewhere."""
    shape = tf.shape(masks)
    count = shape[0]
    drawn = tf.random.stateless_uniform((ELLIPSES, 5, count), seed)
    cut = tf.random.stateless_uniform((count,), seed + 1) < limits.cuts
    rows = tf.linspace(0.0, 1.0, shape[1])[tf.newaxis, :, tf.newaxis, tf.newaxis]
    columns = tf.linspace(0.0, 1.0, shape[2])[tf.newaxis, tf.newaxis, :, tf.newaxis]
    keep = tf.ones_like(masks)
    for row, column, high, wide, there in map(tf.unstack, tf.unstack(drawn)):
        far = ((rows - _per_image(row)) / _per_image(0.03 + 0.09 * high)) ** 2
        far += ((columns - _per_image(column)) / _per_image(0.03 + 0.09 * wide)) ** 2
        keep *= 1.0 - tf.cast((far < 1.0) & _per_image(cut & (there < 2 / 3)), tf.float32)
    return keep


def _per_image(values: Any) -> Any:
    return values[:, tf.newaxis, tf.newaxis, tf.newaxis]
