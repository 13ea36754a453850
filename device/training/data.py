"""The images of a manifest as a stream of model inputs, read and preprocessed as the device does it."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device import dicom, research
from device.preprocessing import preprocess
from device.training.cache import InputCache
from device.training.recipe import Augmentation, Recipe, RecipeError, RecipeFile
from device.types import Geometry, ModelInput, PixelFault, UnitImage

COLUMNS = frozenset(("image", "patient", "label", "split", "sha256"))
"""What a manifest has to say of each image."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled image: its file, its name in the manifest, its patient, 1 for pneumonia or 0, the file's SHA-256."""

    path: Path
    image: str
    patient: str
    label: int
    sha256: str


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


def find_folder(recipe: Recipe, data: Path | None) -> Path:
    """The dataset's folder: `data`, else the folder named like the dataset in CLEARWAY_DATA.

    Raises:
        RecipeError: neither is given, or it is no folder.
    """
    dataset = recipe.data.dataset
    if data is None:
        root = os.environ.get("CLEARWAY_DATA")
        if not root:
            raise RecipeError(f"no folder of images: give --data DIR (the folder of {dataset}), or set CLEARWAY_DATA")
        data = Path(root) / dataset
    if not data.is_dir():
        raise RecipeError(f"{data}: no such folder; the images of {dataset} are expected there (--data DIR)")
    return data


def read_samples(file: RecipeFile, folder: Path) -> dict[str, tuple[Sample, ...]]:
    """The samples of each split of the recipe's manifest, in its order.

    Raises:
        RecipeError: the manifest or images that it lists are missing, or training or tuning lacks a class.
    """
    splits: dict[str, list[Sample]] = {"training": [], "tuning": []}
    for row in _read_rows(file.manifest, folder):
        if row["split"] in splits:  # the hold-out is not opened here
            image = row["image"]
            splits[row["split"]].append(Sample(folder / image, image, row["patient"], int(row["label"]), row["sha256"]))
    _require_usable(splits, file.manifest)
    return {name: tuple(samples) for name, samples in splits.items()}


def _read_rows(manifest: Path, folder: Path) -> list[dict[str, str]]:
    hint = f"make it with `clearway data split {folder}`"
    try:
        with manifest.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{manifest}: no manifest ({error}); {hint}") from error
    missing = sorted(COLUMNS - set(rows[0] if rows else ()))
    if missing:
        raise RecipeError(f"{manifest}:1: no column {', '.join(missing)}; {hint}")
    bad = [
        f"{manifest}:{line}: label {row['label']!r}, expected 0 or 1"
        for line, row in enumerate(rows, start=2)
        if row["label"] not in ("0", "1")
    ]
    if bad:
        raise RecipeError("\n".join(bad))
    return rows


def _require_usable(splits: dict[str, list[Sample]], manifest: Path) -> None:
    problems = []
    for name, samples in splits.items():
        if {sample.label for sample in samples} != {0, 1}:
            problems.append(f"{manifest}: split {name} does not hold both classes")
        missing = [sample.path for sample in samples if not sample.path.is_file()]
        if missing:
            problems.append(f"{missing[0]}: missing, as are {len(missing) - 1} more images of split {name}")
    shared = {s.patient for s in splits["training"]} & {s.patient for s in splits["tuning"]}
    if shared:
        problems.append(f"{manifest}: {len(shared)} patients are in training and tuning, such as {min(shared)}")
    if problems:
        raise RecipeError("\n".join(problems))


def training_stream(images: Images, recipe: Recipe, epoch: int) -> Any:
    """The augmented, weighted batches of one epoch: a function of (recipe, epoch), so that a resumed run is the same.

    Yields (inputs (batch, rows, columns, 1) float32 in [0, 1], labels (batch, 1), weights (batch,)).
    """
    order = np.random.default_rng((recipe.seed, epoch)).permutation(len(images))
    batches = plain_stream(images, recipe, order).enumerate()
    weight = class_weights(images.labels, recipe)

    def augmented(batch: Any, element: tuple[Any, Any]) -> tuple[Any, Any, Any]:
        inputs, labels = element
        seed = tf.stack([tf.constant(recipe.seed + epoch, tf.int64), batch])
        return augment(inputs, recipe.augmentation, seed), labels, tf.where(labels[:, 0] > 0.5, weight[1], weight[0])

    return batches.map(augmented, num_parallel_calls=1).prefetch(2)


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
    """Change each image at random within the recipe's limits: position first, then grey values, then noise.

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
    """Resample about the centre; the transform maps output to input coordinates, as (x, y) = (column, row).

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
