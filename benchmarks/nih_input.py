"""How fast, and in how much memory, the adult recipe reads images of full size, at first and from its cache.

python benchmarks/nih_input.py FOLDER [--images 1500] [--workers 2]

FOLDER holds PNG images of the collection at full size, a few will do: each is copied again and again into a temporary
tree, with its number behind its end, so that no two files are the same. Decoding and preprocessing are the device's,
batches are the training's own. Beside them a bare loop that decodes the same files with Pillow in as many threads, and
does nothing else. By a checkout from before there was a cache each epoch is read anew:
PYTHONPATH=CHECKOUT python benchmarks/nih_input.py FOLDER
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from device.training.data import Images, plain_stream
from device.training.recipe import Recipe, read_recipe

try:
    from device.training.samples import Sample
except ModuleNotFoundError:  # a checkout from before there was a cache
    from device.training.data import Sample


def copy_tree(images: list[Path], root: Path, count: int) -> list[Sample]:
    """Copy the images again and again, each copy a file of its own."""
    samples = []
    for number, image in zip(range(count), itertools.cycle(images), strict=False):
        content = image.read_bytes() + number.to_bytes(8, "big")  # PNG ends before it (ISO/IEC 15948 5.6)
        path = root / f"{number:08d}_000.png"
        path.write_bytes(content)
        samples.append(Sample(path, path.name, f"{number:08d}", number % 2, hashlib.sha256(content).hexdigest()))
    return samples


def resident_mib() -> float:
    """The process's resident memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Read the images bare, then for a first and two later epochs; print rates, ratios and memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=1500)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    images = sorted(path.resolve() for path in options.folder.rglob("*.png"))
    if not images:
        parser.error(f"{options.folder}: no PNG image")
    recipe = read_recipe("adult-nih").recipe
    with tempfile.TemporaryDirectory() as root:
        samples = copy_tree(images, Path(root), options.images)
        print(f"{len(samples)} copies of {len(images)} images")
        bare = decode_bare(samples, options.workers)
        held = open_images(samples, recipe, Path(root), options.workers)
        rates = [read_all(held, recipe, f"epoch {number}") for number in (1, 2, 3)]
        print(f"bare loop / first epoch: {bare / rates[0]:.2f}; later / first epoch: {rates[2] / rates[0]:.1f}")


def open_images(samples: list[Sample], recipe: Recipe, root: Path, workers: int) -> Images:
    """The images as a training opens them; as it did before there was a cache, where there is none."""
    if find_spec("device.training.cache") is None:
        return Images(samples, recipe)
    from device.training.cache import InputCache

    return Images(samples, recipe, InputCache(root / "inputs", recipe.geometry, 2**34), workers)


def decode_bare(samples: list[Sample], workers: int) -> float:
    """Images a second of Pillow alone."""

    def decode(sample: Sample) -> None:
        with Image.open(sample.path) as image:
            image.load()

    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(decode, samples))
    return tell("bare decoding", len(samples), started)


def read_all(images: Images, recipe: Recipe, what: str) -> float:
    """Images a second of an epoch."""
    started, done = time.perf_counter(), 0
    for inputs, _ in plain_stream(images, recipe):
        done += len(inputs)
    return tell(what, done, started)


def tell(what: str, count: int, started: float) -> float:
    """Print rate and memory."""
    rate = count / (time.perf_counter() - started)
    print(f"{what}: {rate:.1f} images/s, {resident_mib():.0f} MiB resident", flush=True)
    return rate


if __name__ == "__main__":
    main()
