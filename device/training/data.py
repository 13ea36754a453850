"""The images of a manifest as a stream of model inputs, read and preprocessed as the device does it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device import dicom, research
from device.preprocessing import preprocess
from device.training.cache import InputCache
from device.training.lung_view import hide, see, shrink
from device.training.recipe import Augmentation, Recipe, RecipeError
from device.training.samples import KINDS, Sample
from device.training.sampling import draw_epoch
from device.types import Geometry, ModelInput, PixelFault, UnitImage


class Images:
    """The model inputs of samples by index, each made of its file when first asked for, and kept if there is a cache.

    Several threads may ask at once; `workers` says how many the streams let ask.
    """

    def __init__(
        self, samples: Sequence[Sample], recipe: Recipe, cache: InputCache | None = None, workers: int = 1
    ) -> None:
        self.samples = tuple(samples)
        self.workers = workers
        self._geometry = recipe.geometry
        self._cache = cache

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> ModelInput:
        """Axis order (rows, columns, 1), float32 in [0, 1]."""
        sample = self.samples[index]
        if self._cache is None:
            return read_input(sample.path, self._geometry, sample.sha256)
        kept = self._cache.get(sample.sha256)
        if kept is None:
            kept = read_input(sample.path, self._geometry, sample.sha256)
            self._cache.put(sample.sha256, kept)
        return kept

    @property
    def labels(self) -> NDArray[np.float32]:
        """1 for pneumonia, 0 for none, in order."""
        return np.array([sample.label for sample in self.samples], dtype=np.float32)


def read_input(path: Path, geometry: Geometry, sha256: str | None = None) -> ModelInput:
    """Read an image as an intake does, DICOM as clinical intake, and preprocess it as the release will.

    Args:
        path: the file; no criterion of the gate is asked, for the manifest says what the image is.
        geometry: the release's.
        sha256: what the manifest says of the file's bytes; None if no manifest lists it.

    Raises:
        RecipeError: it cannot be read or decoded, or its SHA-256 is another.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}; get the file again") from error
    found = hashlib.sha256(content).hexdigest()
    if sha256 not in (None, found):
        raise RecipeError(f"{path}: SHA-256 {found}, expected {sha256} as in the manifest; get it again")
    pixels = _decode_dicom(path) if content[128:132] == b"DICM" else research.decode(io.BytesIO(content))
    if isinstance(pixels, PixelFault):
        raise RecipeError(f"{path}: {pixels.found}; expected {pixels.expected}; get the file again")
    return preprocess(pixels, geometry)


def _decode_dicom(path: Path) -> UnitImage | PixelFault:
    try:
        with dicom.open_regular(path) as file:
            return dicom.decode(dicom.read_header(file, path))
    except Exception as error:  # no gate has looked at the header, so that anything may be wrong with it
        raise RecipeError(f"{path}: cannot be read as a DICOM image: {error}; take it out of the manifest") from error


UNKNOWN = 0.5
"""The label of a picture whose lungs are hidden: nobody could tell."""


def training_stream(images: Images, recipe: Recipe, epoch: int, lungs: Any = None) -> Any:
    """The augmented, weighted batches of one epoch: a function of (recipe, epoch), so that a resumed run is the same.

    Yields (inputs (batch, rows, columns, 1) float32, in [0, 1] or what is seen of the lungs, labels (batch, 1), weights
    (batch,)).

    Args:
        images: those of the training.
        recipe: the training.
        epoch: its number from 0.
        lungs: the network that finds them, if the recipe's network sees them alone.
    """
    order = draw_epoch(images.samples, recipe, epoch)
    whole = np.array([sample.kind == KINDS[0] for sample in images.samples])[order]
    elements = plain_stream(images, recipe, order), tf.data.Dataset.from_tensor_slices(whole).batch(recipe.batch_size)
    weight = class_weights(images.labels, recipe)

    def augmented(batch: Any, element: tuple[Any, Any]) -> tuple[Any, Any, Any]:
        (inputs, labels), is_whole = element
        seed = tf.stack([tf.constant(recipe.seed + epoch, tf.int64), batch])
        weights = tf.where(labels[:, 0] > 0.5, weight[1], weight[0])
        if recipe.lungs is None:
            return augment(inputs, recipe.augmentation, seed), labels, weights
        inputs, labels = _hide_some(inputs, labels, is_whole, lungs, round(recipe.lungs.hidden * recipe.batch_size))
        inputs = augment(inputs, recipe.augmentation, seed)
        moved = tf.random.stateless_normal((4, tf.shape(inputs)[0]), seed + 4)
        return see(inputs, lungs(shrink(inputs), training=False), recipe.lungs, moved), labels, weights

    return tf.data.Dataset.zip(*elements).enumerate().map(augmented, num_parallel_calls=1).prefetch(2)


def _hide_some(inputs: Any, labels: Any, is_whole: Any, lungs: Any, count: int) -> tuple[Any, Any]:
    """Hide the lungs of the first `count` pictures, as far as they are whole images; nobody can tell their label."""
    if not count:
        return inputs, labels
    first, chosen = inputs[:count], is_whole[:count, tf.newaxis]
    hidden = tf.where(chosen[:, :, tf.newaxis, tf.newaxis], hide(first, lungs(shrink(first), training=False)), first)
    unknown = tf.where(chosen, UNKNOWN, labels[:count])
    return tf.concat([hidden, inputs[count:]], 0), tf.concat([unknown, labels[count:]], 0)


def seen_stream(images: Images, recipe: Recipe, lungs: Any = None) -> Any:
    """The batches of `plain_stream` as the network that is trained gets them."""
    stream = plain_stream(images, recipe)
    if recipe.lungs is None:
        return stream
    return stream.map(lambda inputs, labels: (see(inputs, lungs(shrink(inputs), training=False), recipe.lungs), labels))


def plain_stream(images: Images, recipe: Recipe, order: NDArray[np.int64] | None = None) -> Any:
    """Batches of (inputs, labels (batch, 1)) without augmentation, in the given order (default: the manifest's)."""
    rows, columns = recipe.geometry.rows, recipe.geometry.columns
    labels = images.labels

    def read(index: Any) -> tuple[Any, Any]:
        pixels = tf.numpy_function(lambda i: images[int(i)], [index], tf.float32)
        return tf.ensure_shape(pixels, (rows, columns, 1)), tf.gather(labels, index)[tf.newaxis]

    order = np.arange(len(images)) if order is None else order
    read_in_order = tf.data.Dataset.from_tensor_slices(order).map(read, num_parallel_calls=images.workers)
    return read_in_order.batch(recipe.batch_size)


def class_weights(labels: NDArray[np.float32], recipe: Recipe) -> tuple[float, float]:
    """The weight of a normal and of a pneumonia image; their mean over the images is 1."""
    if recipe.loss.class_weighting == "none":
        return 1.0, 1.0
    positive = float(labels.mean())
    return 0.5 / (1 - positive), 0.5 / positive


def augment(inputs: Any, limits: Augmentation, seed: Any) -> Any:
    """Change each image at random within the recipe's limits: position first, then gray values, then noise.

    Args:
        inputs: (batch, rows, columns, 1) float32 in [0, 1].
        limits: the recipe's.
        seed: two integers; the same seed gives the same images.

    Returns:
        The shape, type and range of `inputs`.
    """
    shape = tf.shape(inputs)
    seed = tf.convert_to_tensor(seed)
    high = tf.constant(
        [limits.shift, limits.shift, limits.zoom, np.deg2rad(limits.rotation_degrees), limits.contrast,
         limits.brightness, limits.gamma, limits.sharpness, limits.stretch]
    )[:, tf.newaxis]  # fmt: skip
    unit = tf.random.stateless_uniform((9, shape[0]), seed, -1.0, 1.0)
    shift_rows, shift_columns, zoom, angle, contrast, brightness, gamma, sharpness, stretch = tf.unstack(unit * high)
    zooms = ((1 + zoom) * (1 + stretch), (1 + zoom) / (1 + stretch))
    moved = _transform(inputs, (shift_rows, shift_columns), zooms, angle)
    if limits.black_surround:
        inside = _transform(tf.ones_like(inputs), (shift_rows, shift_columns), zooms, angle, "CONSTANT")
        black = tf.random.stateless_uniform((shape[0],), seed + 3) < limits.black_surround
        moved *= tf.where(_per_image(black), inside, 1.0)
    if limits.gamma:
        moved = tf.pow(tf.clip_by_value(moved, 1e-6, 1.0), tf.exp(_per_image(gamma)))
    if limits.sharpness:
        moved += _per_image(sharpness) * (moved - _blur(moved))
    mean = tf.reduce_mean(moved, axis=(1, 2, 3), keepdims=True)
    changed = (moved - mean) * (1 + _per_image(contrast)) + mean + _per_image(brightness)
    if limits.noise:
        deviation = tf.random.stateless_uniform((shape[0],), seed + 1, 0.0, limits.noise)
        changed += _per_image(deviation) * tf.random.stateless_normal(shape, seed + 2)
    return tf.clip_by_value(changed, 0.0, 1.0)


def _blur(inputs: Any) -> Any:
    """Gaussian blur with a standard deviation of 1.5 pixels."""
    weights = np.exp(-0.5 * (np.arange(-4, 5) / 1.5) ** 2)
    row = tf.constant(weights / weights.sum(), tf.float32, (1, 9, 1, 1))
    padded = tf.pad(inputs, ((0, 0), (4, 4), (4, 4), (0, 0)), "SYMMETRIC")
    along = tf.nn.conv2d(padded, row, 1, "VALID")
    return tf.nn.conv2d(along, tf.transpose(row, (1, 0, 2, 3)), 1, "VALID")


def _per_image(values: Any) -> Any:
    return values[:, tf.newaxis, tf.newaxis, tf.newaxis]


def _transform(
    inputs: Any, shifts: tuple[Any, Any], zooms: tuple[Any, Any], angle: Any, outside: str = "NEAREST"
) -> Any:
    """Resample about the center; the transform maps output to input coordinates, as (x, y) = (column, row).

    Shifts and zooms are of (rows, columns), an image each.
    """
    size = tf.cast(tf.shape(inputs)[1:3], tf.float32)
    row, column = (size[0] - 1) / 2, (size[1] - 1) / 2
    cosine, sine = tf.cos(angle), tf.sin(angle)
    along_x = cosine / zooms[1], -sine / zooms[1]
    along_y = sine / zooms[0], cosine / zooms[0]
    x = column - along_x[0] * column - along_x[1] * row + shifts[1] * size[1]
    y = row - along_y[0] * column - along_y[1] * row + shifts[0] * size[0]
    zero = tf.zeros_like(angle)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=inputs,
        transforms=tf.stack([*along_x, x, *along_y, y, zero, zero], axis=1),
        output_shape=tf.shape(inputs)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode=outside,
    )
