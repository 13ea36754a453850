"""What the criterion "looks like a frontal chest radiograph" refuses: real ones, the same turned, other pictures.

    python benchmarks/likeness.py FOLDER[:N] ... [--other FOLDER ...] [--collection FOLDER]

FOLDER: frontal chest radiographs as PNG or JPEG, with `:N` every Nth. --other: pictures that are none. --collection:
DICOM files of any kind, as the package pydicom-data has them, which pydicom decodes and windows.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from device.likeness import measure_unlikeness
from device.training.likeness import PICTURES, find_pictures
from device.types import UnitImage

TURNS: dict[str, Callable[[UnitImage], UnitImage]] = {
    "as it is": lambda picture: picture,
    "mirrored": lambda picture: picture[:, ::-1],
    "upside down": lambda picture: picture[::-1],
    "turned left": lambda picture: np.rot90(picture),
    "turned right": lambda picture: np.rot90(picture, -1),
    "inverted": lambda picture: 1 - picture,
}


def read(path: Path) -> UnitImage:
    with Image.open(path) as picture:
        return (np.asarray(picture.convert("L")) / 255).astype(np.float32)


def show_radiographs(folder: str) -> None:
    paths = find_pictures(folder)
    found = np.array([[measure_unlikeness(turn(read(path))) for turn in TURNS.values()] for path in paths])
    refused = (found > 1).mean(0)
    print(f"\n{folder}: {len(paths)} radiographs; refused:")
    for name, share, number in zip(TURNS, refused, (found > 1).sum(0), strict=True):
        print(f"  {name:14} {number:6} {share:8.2%}")
    print(
        "  as they are:", ", ".join(path.name for path, row in zip(paths, found, strict=True) if row[0] > 1) or "none"
    )


def read_collection(folder: Path) -> Iterator[tuple[str, UnitImage]]:
    """Every gray picture of one frame that pydicom decodes, from its darkest to its brightest value."""
    for path in sorted(folder.rglob("*.dcm")):
        try:
            image = pydicom.dcmread(path)
            if image.SamplesPerPixel != 1 or int(image.get("NumberOfFrames") or 1) != 1:
                continue
            shown = apply_voi_lut(apply_modality_lut(image.pixel_array, image), image).astype(np.float64)
        except Exception:  # the collection holds what cannot be read, on purpose
            continue
        shown = (shown - shown.min()) / max(float(np.ptp(shown)), 1e-9)
        inverted = image.PhotometricInterpretation == "MONOCHROME1"
        yield f"{image.Modality} {path.stem}", (1 - shown if inverted else shown).astype(np.float32)


def made_up(count: int = 24) -> Iterator[tuple[str, UnitImage]]:
    """White noise, noise of every roughness down to clouds, ramps in four directions."""
    random = np.random.default_rng(7)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(512), np.fft.fftfreq(512))) + 1e-3
    for roughness in (0.0, 0.5, 1.0, 1.5, 2.0):
        for number in range(count):
            spectrum = np.fft.fft2(random.normal(size=(512, 512))) / frequency**roughness
            noise: NDArray[np.float64] = np.real(np.fft.ifft2(spectrum))
            yield f"noise 1/f^{roughness} {number}", ((noise - noise.min()) / np.ptp(noise)).astype(np.float32)
    down, right = (np.mgrid[0:512, 0:512] / 511).astype(np.float32)
    yield from {"ramp down": down, "ramp up": 1 - down, "ramp right": right, "ramp left": 1 - right}.items()


def show_others(title: str, pictures: Iterator[tuple[str, UnitImage]]) -> None:
    found = {name: measure_unlikeness(picture) for name, picture in pictures}
    passed = [f"{name} ({value:.2f})" for name, value in found.items() if value <= 1]
    print(f"\n{title}: {len(found) - len(passed)} of {len(found)} refused; passed: {', '.join(passed) or 'none'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="FOLDER[:N]")
    parser.add_argument("--other", type=Path, nargs="*", default=[])
    parser.add_argument("--collection", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for folder in arguments.folders:
        show_radiographs(folder)
    for folder in arguments.other:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
        show_others(str(folder), ((path.stem, read(path)) for path in paths))
    show_others("made up", made_up())
    if arguments.collection:
        show_others(str(arguments.collection), read_collection(arguments.collection))


if __name__ == "__main__":
    main()
