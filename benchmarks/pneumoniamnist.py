"""A small network on PneumoniaMNIST at 28 x 28 pixels with five seeds, beside the published MedMNIST v2 figures.

python benchmarks/pneumoniamnist.py FILE.npz [--rehearse] [--json OUT]

The test images of PneumoniaMNIST are test images of the Kermany collection, so that a run uses that public benchmark:
`--rehearse` scores the validation images in their place. The epoch is chosen on the validation images in either case,
the accuracy is at a threshold of 0.5, as MedMNIST v2 has it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers

SEEDS = (1, 2, 3, 4, 5)
EPOCHS = 30
PUBLISHED = {  # Yang et al., MedMNIST v2, Scientific Data 10:41 (2023), doi 10.1038/s41597-022-01721-8: AUC, ACC
    "ResNet-50 at 224 (published)": (0.962, 0.884),
    "Google AutoML Vision (published)": (0.991, 0.946),
}


def build_network() -> keras.Model:
    """Three convolution stages; input (batch, 28, 28, 1) float32 in [0, 1], output (batch, 1)."""
    hidden = inputs = keras.Input((28, 28, 1))
    for width in (32, 64, 128):
        for strides in (1, 2):
            hidden = layers.Conv2D(width, 3, strides=strides, padding="same", use_bias=False)(hidden)
            hidden = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(hidden))
    hidden = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(hidden))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))


def read_part(file: np.lib.npyio.NpzFile, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28, 1) float32 in [0, 1] and labels (n,) of train, val or test."""
    return file[f"{part}_images"][..., None].astype("float32") / 255, file[f"{part}_labels"].ravel().astype("float32")


def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Mann and Whitney's statistic as a share, ties counted half."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives = int(labels.sum())
    above = ranks[labels == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (labels.size - positives)))


def run_seed(seed: int, file: np.lib.npyio.NpzFile, scored: str) -> tuple[float, float]:
    """Train with a seed, keep the epoch of the highest validation AUROC, and return AUROC and accuracy of `scored`."""
    keras.utils.set_random_seed(seed)
    network = build_network()
    images, labels = read_part(file, "train")
    validation, truth = read_part(file, "val")
    rate = keras.optimizers.schedules.CosineDecay(1e-3, EPOCHS * -(-len(images) // 64))
    network.compile(optimizer=keras.optimizers.AdamW(rate, weight_decay=0.01), loss="binary_crossentropy")
    best, kept = 0.0, network.get_weights()
    for _ in range(EPOCHS):
        network.fit(images, labels, batch_size=64, verbose=0)
        area = auroc(truth, network.predict(validation, batch_size=512, verbose=0).ravel())
        if area > best:
            best, kept = area, network.get_weights()
    network.set_weights(kept)
    images, labels = read_part(file, scored)
    scores = network.predict(images, batch_size=512, verbose=0).ravel()
    return auroc(labels, scores), float(((scores >= 0.5) == labels).mean())


def main() -> None:
    """Run the seeds and print their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="pneumoniamnist.npz")
    parser.add_argument("--rehearse", action="store_true", help="score the validation images, not the test images")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    keras.config.disable_interactive_logging()
    scored = "val" if options.rehearse else "test"
    found = {}
    with np.load(options.file) as file:
        for seed in SEEDS:
            started = time.monotonic()
            found[seed] = run_seed(seed, file, scored)
            print(
                f"seed {seed}: AUC {found[seed][0]:.3f}, ACC {found[seed][1]:.3f} ({time.monotonic() - started:.0f} s)"
            )
    values = np.array(list(found.values()))
    (area, accuracy), (area_sd, accuracy_sd) = values.mean(axis=0), values.std(axis=0, ddof=1)
    print(f"\n{'PneumoniaMNIST, ' + scored:<40} AUC            ACC")
    print(f"{'this network at 28, mean (SD) of 5 seeds':<40} ", end="")
    print(f"{area:.3f} ({area_sd:.3f})  {accuracy:.3f} ({accuracy_sd:.3f})")
    for name, (area, accuracy) in PUBLISHED.items():
        print(f"{name:<40} {area:.3f}          {accuracy:.3f}")
    if options.json:
        digest = hashlib.sha256(options.file.read_bytes()).hexdigest()
        record = {"file_sha256": digest, "scored": scored, "seeds": {str(seed): pair for seed, pair in found.items()}}
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
