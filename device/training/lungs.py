"""The lungs of a picture: a small network finds them, and what the release's own network sees is cut out by it.

The first is taught by images that are there whole and with their lungs alone. Both go into the release as one network.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from device.training.data import Images
from device.training.fit import write_whole
from device.training.lung_view import SEEN, shrink
from device.training.recipe import FOUND, RecipeError
from device.training.runs.folder import OTHER, RECORD
from device.training.samples import KINDS, Sample

FILE, FACTS, MEASURED = "lungs.keras", "lungs.txt", 3
"""The network, and the line of what is known of it: three numbers; of one taken over, its manifest's digest."""
WIDTHS, BOTTOM = (16, 32, 48), 64
EPOCHS, BATCH, RATE = 12, 32, 3e-3
ALONE = 8
"""How many pictures of a batch show lungs alone."""
HIDDEN = 0.25
"""The share of whole images whose surroundings are hidden in teaching: lungs are lungs then too."""
CHECKED = 10
"""One patient in so many is kept from the teaching, to see how well it went."""

Pictures = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lungs:
    """The network that finds lungs, and how well it does where that is known.

    `pairs` were there; `overlap` is the mean Dice coefficient over the `checked` ones of the patients that nothing was
    taught of, NaN without any. `dataset_digest` is the SHA-256 of the manifest whose images taught it, where it was
    taken over from another run.
    """

    network: Any
    pairs: int
    checked: int
    overlap: float
    dataset_digest: str | None = None

    def __str__(self) -> str:
        told = f"overlap {self.overlap:.3f} on {self.checked} of them" if self.checked else "none kept to measure it by"
        return f"{self.pairs} pairs, {told}"


def take_lungs(run: Path, other: Path) -> None:
    """Copy what finds lungs from the folder of another run, whose images taught it, into that of a run.

    Raises:
        RecipeError: the other run holds none, or the run has one of its own already.
    """
    try:
        record = json.loads((other / RECORD).read_bytes())
        line, network = (other / FACTS).read_text(encoding="utf-8").split(), (other / FILE).read_bytes()
    except OSError as error:
        raise RecipeError(f"{other}: no run that has learned to find lungs: {error}; name one with --lungs") from error
    if len(line) == MEASURED:  # taught there, not taken over there too
        line.append(record["manifest_sha256"])
    if (run / FACTS).is_file():
        if (run / FACTS).read_text(encoding="utf-8").split() != line:
            raise RecipeError(f"{run}: has lungs found by another network than that of {other}; {OTHER}")
        return
    write_whole(run / FILE, lambda path: path.write_bytes(network))
    write_whole(run / FACTS, lambda path: path.write_text(" ".join(line) + "\n", encoding="utf-8"))


def learn_lungs(images: Images, run: Path, seed: int) -> Lungs:
    """The network of a run: taught and written into its folder, or read from there.

    Raises:
        RecipeError: no image is there both whole and with its lungs alone.
    """
    if (run / FACTS).is_file():
        count, kept, dice, *taken = (run / FACTS).read_text(encoding="utf-8").split()
        return Lungs(_freeze(run / FILE), int(count), int(kept), float(dice), taken[0] if taken else None)
    places = find_pairs(images.samples)
    if not places:
        raise RecipeError(
            "lungs: no training image is there both whole and with its lungs alone; name a run that has learned to "
            "find them with --lungs RUN, or leave the key out"
        )
    keras.utils.set_random_seed(seed)
    network, checked, overlap = teach(images, places, seed)
    write_whole(run / FILE, network.save)
    line = f"{len(places)} {checked} {overlap!r}\n"
    write_whole(run / FACTS, lambda path: path.write_text(line, encoding="utf-8"))
    keras.backend.clear_session()  # the training goes on as if it had read the network
    keras.utils.set_random_seed(seed)
    return Lungs(_freeze(run / FILE), len(places), checked, overlap)


def _freeze(path: Path) -> Any:
    network = keras.models.load_model(path, compile=False)
    network.trainable = False
    return network


def find_pairs(samples: Sequence[Sample]) -> list[tuple[int, int]]:
    """The places of whole images and of their lungs alone, known by the patient and the names of their files."""
    whole, alone = ({_name(each): place for place, each in enumerate(samples) if each.kind == kind} for kind in KINDS)
    return [(place, alone[name]) for name, place in whole.items() if name in alone]


def _name(sample: Sample) -> tuple[str, str]:
    return sample.patient, PurePath(sample.image).name


def teach(images: Images, pairs: Sequence[tuple[int, int]], seed: int) -> tuple[Any, int, float]:
    """Teach the network by pairs, and by pictures of lungs alone, which are their own answer.

    Returns:
        The network, how many pairs were kept from it, and the mean overlap on these, NaN without any.

    Raises:
        RecipeError: all pairs are of patients that are kept from the teaching.
    """
    samples = images.samples
    is_kept = [zlib.crc32(each.patient.encode()) % CHECKED == 0 for each in samples]
    taught = [pair for pair in pairs if not is_kept[pair[0]]]
    if not taught:
        raise RecipeError(f"lungs: {len(pairs)} pairs of patients that are all kept to check it; more are needed")
    kept = [pair for pair in pairs if is_kept[pair[0]]]
    alone = [place for place, each in enumerate(samples) if each.kind == KINDS[1] and not is_kept[place]]
    whole, answers = (_shrink(images, [pair[side] for pair in taught]) for side in (0, 1))
    single = _shrink(images, alone)
    network, dice = build_segmenter(), np.random.default_rng(seed)
    steps = -(-len(taught) // (BATCH - ALONE))
    network.compile(keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * steps)),
                    loss="binary_crossentropy")  # fmt: skip
    for epoch in range(EPOCHS):
        print(f"lungs: epoch {epoch + 1} of {EPOCHS}, {len(taught)} pairs", file=sys.stderr, flush=True)
        for chosen in np.array_split(dice.permutation(len(taught)), steps):
            other = dice.integers(0, len(single), ALONE)
            inputs = np.concatenate([whole[chosen], single[other]])
            targets = (np.concatenate([answers[chosen], single[other]]) > SEEN).astype(np.float32)
            hidden = dice.random(len(inputs)) < HIDDEN
            inputs[hidden] = _hide_surroundings(inputs[hidden], targets[hidden], dice)
            network.train_on_batch(*vary(inputs, targets, dice))
    if not kept:
        return network, 0, float("nan")
    found = network.predict(_shrink(images, [pair[0] for pair in kept]), batch_size=BATCH, verbose=0) > 1 / 2
    return network, len(kept), measure_overlap(found, _shrink(images, [pair[1] for pair in kept]) > SEEN)


def _shrink(images: Images, places: Sequence[int]) -> Pictures:
    """Inputs at (images, FOUND, FOUND, 1), as the network gets them."""
    return np.concatenate([shrink(images[place][np.newaxis]).numpy() for place in places])


def measure_overlap(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """The mean Dice coefficient: twice what both have, over what each has."""
    axes = (1, 2, 3)
    both, each = (found & true).sum(axes), found.sum(axes) + true.sum(axes)
    return float(np.mean(2 * both / np.maximum(each, 1)))


def _hide_surroundings(inputs: Pictures, targets: Pictures, dice: np.random.Generator) -> Pictures:
    """Give what surrounds the lungs one gray; a margin of them stays now and then."""
    margin = int(dice.choice([1, 3, 5]))
    keep = tf.nn.max_pool2d(targets, margin, 1, "SAME").numpy() if len(inputs) else targets
    greys = dice.random((len(inputs), 1, 1, 1)) * (dice.random((len(inputs), 1, 1, 1)) < 2 / 3)  # else black
    return np.asarray(inputs * keep + greys * (1 - keep), dtype=np.float32)


def vary(inputs: Pictures, targets: Pictures, dice: np.random.Generator) -> tuple[Pictures, Pictures]:
    """Move pictures and masks together; make pictures lighter or darker, with white clouds that no mask leaves out.

    The pictures that teach have gaps where lungs are dense: clouds where the mask knows of none fill them.
    """
    count, middle = len(inputs), (FOUND - 1) / 2
    zoom, angle = dice.uniform(0.8, 1.3, (2, count)), dice.uniform(-0.2, 0.2, count)
    shift = dice.uniform(-0.12, 0.12, (2, count)) * FOUND
    x, y = ((np.cos(angle) / zoom[1], -np.sin(angle) / zoom[1]), (np.sin(angle) / zoom[0], np.cos(angle) / zoom[0]))
    rows = [(*along, middle - (along[0] + along[1]) * middle + far) for along, far in zip((x, y), shift, strict=True)]
    transforms = np.stack([*rows[0], *rows[1], 0 * angle, 0 * angle], axis=1).astype(np.float32)
    surround = "CONSTANT" if dice.random() < 1 / 2 else "NEAREST"
    moved, masks = (
        tf.raw_ops.ImageProjectiveTransformV3(
            images=each, transforms=transforms, output_shape=(FOUND, FOUND), fill_value=0.0, interpolation="BILINEAR",
            fill_mode=mode,
        ).numpy()
        for each, mode in ((inputs, surround), (targets, "CONSTANT"))
    )  # fmt: skip
    varied = moved ** np.exp(dice.uniform(-0.4, 0.4, (count, 1, 1, 1))).astype(np.float32)
    for picture in varied:
        for _ in range(int(dice.integers(0, 4))):
            _add_cloud(picture, dice)
    return varied, masks


def _add_cloud(picture: Pictures, dice: np.random.Generator) -> None:
    grid = np.mgrid[:FOUND, :FOUND][..., np.newaxis] / FOUND
    place, size = dice.uniform(0.12, 0.88, 2), dice.uniform(0.04, 0.2, 2)
    cloud = np.exp(-(((grid[0] - place[0]) / size[0]) ** 2) - ((grid[1] - place[1]) / size[1]) ** 2)
    cloud *= dice.uniform(0.2, 0.9)
    picture[:] = picture * (1 - cloud) + cloud * dice.uniform(0.55, 0.95)


def build_segmenter() -> Any:
    """A network of the shape of a U: (batch, FOUND, FOUND, 1) in [0, 1] to the same, the share of lungs in a pixel."""
    inputs = keras.Input((FOUND, FOUND, 1))
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
