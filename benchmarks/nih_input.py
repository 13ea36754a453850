"""How fast, and in how much memory, the adult recipe reads its images: a tree as large as the NIH collection.

python benchmarks/nih_input.py FOLDER [--seconds 60]

FOLDER holds PNG images of the collection at full size, a few will do: a temporary tree of 112,120 links to them stands
for the whole. Decoding and preprocessing are the device's, batches are the training's own.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import resource
import tempfile
import time
from pathlib import Path

from device.training.data import Images, Sample, plain_stream
from device.training.recipe import Recipe, read_recipe

IMAGES = 112_120
TRAINING_SHARE = 0.7


def link_tree(images: list[Path], root: Path) -> list[Sample]:
    """Link the images again and again until there are as many as the collection has, 10,000 a folder."""
    samples = []
    digests = {image: hashlib.sha256(image.read_bytes()).hexdigest() for image in images}
    for number, image in zip(range(IMAGES), itertools.cycle(images), strict=False):
        folder = root / f"images_{number // 10_000:02d}"
        folder.mkdir(exist_ok=True)
        link = folder / f"{number:08d}_000.png"
        link.symlink_to(image)
        samples.append(Sample(link, link.name, f"{number:08d}", number % 2, digests[image]))
    return samples


def resident_mib() -> float:
    """The process's resident memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Read batches for the asked time and print rate, memory and what an epoch would take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    images = sorted(path.resolve() for path in options.folder.rglob("*.png"))
    if not images:
        parser.error(f"{options.folder}: no PNG image")
    recipe = read_recipe("adult-nih").recipe
    with tempfile.TemporaryDirectory() as root:
        started = time.perf_counter()
        samples = link_tree(images, Path(root))
        print(f"{len(samples):,} links to {len(images)} images made in {time.perf_counter() - started:.1f} s")
        read_for(options.seconds, Images(samples, recipe), recipe)


def read_for(seconds: float, images: Images, recipe: Recipe) -> None:
    """Read batches, printing rate and memory four times on the way."""
    started, done, shown = time.perf_counter(), 0, 0
    for inputs, _ in plain_stream(images, recipe):
        done += len(inputs)
        passed = time.perf_counter() - started
        if passed > shown * seconds / 4:
            shown += 1
            print(f"{done:6d} images, {done / passed:5.1f} images/s, {resident_mib():6.0f} MiB resident")
        if passed > seconds:
            break
    rate = done / passed
    hours = IMAGES * TRAINING_SHARE / rate / 3600
    print(f"an epoch of {TRAINING_SHARE:.0%} of {IMAGES:,} images: {hours:.1f} h of reading at {rate:.1f} images/s")


if __name__ == "__main__":
    main()
