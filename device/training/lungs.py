"""Where the lungs are: a small network, taught by images that are there whole and with their lungs alone.

It serves training alone: it says what to hide. The device has one network, and no mask.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray
from PIL import Image

from device.training.data import Images
from device.training.fit import write_whole
from device.training.occlusion import SEEN
from device.training.recipe import RecipeError
from device.training.samples import Sample

MASKS = "lungs.npz"
SIDE = 64
WIDTHS, BOTTOM = (16, 32, 48), 64
EPOCHS, BATCH, RATE = 8, 32, 3e-3
CHECKED = 10
"""One patient in so many is kept from the teaching, to see how well it went."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lungs:
    """Masks of whole images by the SHA-256 of their files, (SIDE, SIDE), and how well they fit where that is known.

    `overlap` is the mean Dice coefficient over the pairs of the patients that nothing was taught of.
    """

    masks: dict[str, Mask]
    pairs: int
    checked: int
    overlap: float


def find_lungs(images: Images, run: Path, seed: int) -> Lungs:
    """The masks of a run: taught, drawn and written into its folder, or read from there.

    Raises:
        RecipeError: no image is there both whole and with its lungs alone.
    """
    path = run / MASKS
    if path.is_file():
        return read_lungs(path)
    pairs = find_pairs(images.samples)
    if not pairs:
        raise RecipeError("occlusion: no training image is there both whole and with its lungs alone; leave it out")
    keras.utils.set_random_seed(seed)
    small = np.stack([shrink(images[place]) for place in range(len(images))])
    network, checked, overlap = teach(small, images.samples, pairs, seed)
    whole = [place for place, sample in enumerate(images.samples) if sample.kind == "whole"]
    drawn = network.predict(small[whole], batch_size=BATCH, verbose=0)[..., 0] > 0.5
    masks = {images.samples[place].sha256: mask for place, mask in zip(whole, drawn, strict=True)}
    lungs = Lungs(masks, len(pairs), checked, overlap)
    write_whole(path, lambda place: place.write_bytes(render_lungs(lungs)))
    keras.backend.clear_session()  # the training goes on as if it had read the masks
    keras.utils.set_random_seed(seed)
    return lungs


def find_pairs(samples: Sequence[Sample]) -> list[tuple[int, int]]:
    """The places of whole images and of their lungs alone, known by the names of their files."""
    places = {PurePath(each.image).name: place for place, each in enumerate(samples) if each.kind == "lungs"}
    return [
        (place, places[PurePath(each.image).name])
        for place, each in enumerate(samples)
        if each.kind == "whole" and PurePath(each.image).name in places
    ]


def shrink(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """An input, (rows, columns, 1), at (SIDE, SIDE, 1), the mean of what each pixel covers."""
    small = Image.fromarray(image[:, :, 0]).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)[:, :, np.newaxis]


def teach(
    small: NDArray[np.float32], samples: Sequence[Sample], pairs: Sequence[tuple[int, int]], seed: int
) -> tuple[Any, int, float]:
    """Teach the network.

    Returns:
        The network, how many pairs were kept from it, and the mean overlap on these.
    """
    kept = np.array([zlib.crc32(samples[whole].patient.encode()) % CHECKED == 0 for whole, _ in pairs])
    kept = kept if 0 < kept.sum() < len(pairs) else np.arange(len(pairs)) == 0
    inputs = small[[whole for whole, _ in pairs]]
    targets = (small[[alone for _, alone in pairs]] > SEEN).astype(np.float32)
    network, dice = build_segmenter(), np.random.default_rng(seed)
    taught = np.flatnonzero(~kept)
    steps = -(-taught.size // BATCH)
    network.compile(keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * steps)),
                    loss="binary_crossentropy")  # fmt: skip
    for _ in range(EPOCHS):
        order = dice.permutation(taught)
        for start in range(0, order.size, BATCH):
            chosen = order[start : start + BATCH]
            network.train_on_batch(*vary(inputs[chosen], targets[chosen], dice))
    drawn = network.predict(inputs[kept], batch_size=BATCH, verbose=0) > 0.5
    return network, int(kept.sum()), measure_overlap(drawn, targets[kept] > 0.5)


def measure_overlap(drawn: Mask, true: Mask) -> float:
    """The mean Dice coefficient: twice what both have, over what each has."""
    axes = (1, 2, 3)
    both, each = (drawn & true).sum(axes), drawn.sum(axes) + true.sum(axes)
    return float(np.mean(2 * both / np.maximum(each, 1)))


def vary(
    inputs: NDArray[np.float32], targets: NDArray[np.float32], dice: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Move pictures and masks together; make pictures lighter or darker, with white clouds that no mask leaves out.

    The pictures that teach have gaps where lungs are dense: clouds where the mask knows of none fill them.
    """
    grid = np.mgrid[:SIDE, :SIDE][..., np.newaxis] / SIDE
    varied = inputs ** np.exp(dice.uniform(-0.4, 0.4, (len(inputs), 1, 1, 1))).astype(np.float32)
    for picture in varied:
        for _ in range(int(dice.integers(0, 4))):
            place, size = dice.uniform(0.12, 0.88, 2), dice.uniform(0.04, 0.2, 2)
            cloud = np.exp(-(((grid[0] - place[0]) / size[0]) ** 2) - ((grid[1] - place[1]) / size[1]) ** 2)
            cloud *= dice.uniform(0.2, 0.9)
            picture[:] = picture * (1 - cloud) + cloud * dice.uniform(0.55, 0.95)
    shift = tuple(int(each) for each in dice.integers(-6, 7, 2))
    return np.roll(varied, shift, (1, 2)), np.roll(targets, shift, (1, 2))


def build_segmenter() -> Any:
    """A network of the shape of a U: (batch, SIDE, SIDE, 1) in [0, 1] to the same, the share of lungs in each pixel."""
    inputs = keras.Input((SIDE, SIDE, 1))
    hidden, skipped = layers.Rescaling(2.0, -1.0)(inputs), []
    for width in WIDTHS:
        hidden = _convolve(_convolve(hidden, width), width)
        skipped.append(hidden)
        hidden = layers.MaxPool2D()(hidden)
    hidden = _convolve(hidden, BOTTOM)
    for width, before in zip(WIDTHS[::-1], skipped[::-1], strict=True):
        hidden = _convolve(layers.Concatenate()([layers.UpSampling2D()(hidden), before]), width)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(hidden), name="lungs")


def _convolve(inputs: Any, width: int) -> Any:
    hidden = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(inputs)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(hidden))


# --- the file ---------------------------------------------------------------------------------------------------------


def render_lungs(lungs: Lungs) -> bytes:
    """The masks as an npz file, packed, by digest."""
    digests = sorted(lungs.masks)
    content = io.BytesIO()
    np.savez(
        content,
        digests=np.array(digests),
        masks=np.packbits(np.stack([lungs.masks[digest] for digest in digests]), axis=-1),
        facts=np.array([lungs.pairs, lungs.checked, lungs.overlap]),
    )
    return content.getvalue()


def read_lungs(path: Path) -> Lungs:
    """The masks of a run that was interrupted."""
    with np.load(path, allow_pickle=False) as held:
        masks = np.unpackbits(held["masks"], axis=-1).astype(np.bool_)
        pairs, checked, overlap = held["facts"].tolist()
        return Lungs(dict(zip(held["digests"].tolist(), masks, strict=True)), int(pairs), int(checked), overlap)
