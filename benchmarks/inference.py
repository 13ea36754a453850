"""Images a second that a release scores one by one, preprocessing apart, and the size of its weights.

python benchmarks/inference.py [release]            the release alone
python benchmarks/inference.py release --xception  beside it a whole Xception, one image a call (needs TensorFlow)

The device scores on one thread. Several processors serve several processes of it, which is measured too.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable

import numpy as np

from device import read_release
from device.model import score
from device.preprocessing import preprocess

SECONDS = 3


def rate(work: Callable[[], object]) -> float:
    """Calls a second, after one that is not counted."""
    work()
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        work()
        done += 1
    return done / (time.perf_counter() - start)


def scoring(name: str) -> float:
    """Images a second that a release scores on one thread."""
    release = read_release(name)
    image = preprocess(np.random.default_rng(1).random((1500, 1200), dtype=np.float32), release.geometry)
    return rate(lambda: score(image, release))


def whole_xception() -> Callable[[], object]:
    """Frozen Xception on 224 x 224 with a pooled unit, as `predict` runs it: what its weights are does not matter."""
    import keras

    base = keras.applications.Xception(include_top=False, weights=None, input_shape=(224, 224, 3), pooling="avg")
    network = keras.Sequential([base, keras.layers.Dense(1, activation="sigmoid")])
    image = np.random.default_rng(1).random((1, 224, 224, 3), dtype=np.float32)
    return lambda: network.predict(image, verbose=0)


def main() -> None:
    """Measure and print."""
    names = [name for name in sys.argv[1:] if name != "--xception"] or ["paediatric-reference"]
    release = read_release(names[0])
    large = np.random.default_rng(1).random((1500, 1200), dtype=np.float32)
    told = f"{release.name} {release.version}"
    processes = os.cpu_count() or 1
    print(f"{told}: score {scoring(names[0]):.0f} images/s on one thread")
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        together = sum(pool.map(scoring, [names[0]] * processes))
    print(f"{told}: score {together:.0f} images/s in {processes} processes")
    print(f"{told}: preprocess {rate(lambda: preprocess(large, release.geometry)):.0f} images/s")
    if release.weights:
        print(f"{told}: weights {(release.folder / release.weights.file).stat().st_size / 1e6:.1f} MB")
    if "--xception" in sys.argv:
        other = rate(whole_xception())
        said = f"the release is {together / other:.0f} times as fast on all processors"
        print(f"whole Xception, Keras predict on all processors: {other:.1f} images/s; {said}")


if __name__ == "__main__":
    main()
