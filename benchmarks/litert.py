"""Images a second that a release scores one by one on one thread, preprocessing apart.

python benchmarks/litert.py [release]
"""

import sys
import time

import numpy as np

from device import read_release
from device.model import score
from device.preprocessing import preprocess

release = read_release(sys.argv[1] if len(sys.argv) > 1 else "paediatric-reference")
large = np.random.default_rng(1).random((1500, 1200), dtype=np.float32)
image = preprocess(large, release.geometry)
score(image, release)
for name, work in (
    ("score", lambda: score(image, release)),
    ("preprocess", lambda: preprocess(large, release.geometry)),
):
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < 3:
        work()
        done += 1
    print(f"{release.name} {release.version}: {name} {done / (time.perf_counter() - start):.0f} images/s")
