"""Files that were damaged on purpose, given to the gate: what becomes of them, and what is believed all the same.

    python benchmarks/fuzz.py [--inputs N] [--seed N] [--jobs N] [--keep DIR]

The corpus is one radiograph in every encoding that clinical intake reads. Each input is one of them with one to three
mutations: of bytes anywhere, of one data element (its value, length, representation, place, doubled, taken out), of the
file meta information, of the fragments and of the codestream. A fault is a file for which the gate has no outcome that
it foresaw: a crash, a hang, an exception. Accepted files whose picture changed are counted: by a byte of the pixel
data, which nothing in the file betrays, and by other mutations.

Exit status 1 if there is a fault; the input is kept in `--keep`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import struct
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydicom.uid import UID

import device
from device import dicom
from device.elements import Encoding, find_elements, find_meta
from device.types import PixelFault
from verification.steps import radiographs

SYNTAXES = (
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
)  # fmt: skip
UNFORESEEN = "CLEARWAY_DEBUG"
"""What the device says of a fault that nobody foresaw."""


class Seed:
    """A whole file, and where its elements are."""

    def __init__(self, syntax: str, picture: np.ndarray | None = None) -> None:
        self.name = UID(syntax).name
        picture = radiographs.phantom(512, 512) if picture is None else picture
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "image.dcm")
            native = UID(syntax) if not UID(syntax).is_encapsulated else UID("1.2.840.10008.1.2.1")
            radiographs.save(radiographs.radiograph(picture, TransferSyntaxUID=native), path)
            if UID(syntax).is_encapsulated:
                radiographs.transcode(path, UID(syntax))
            self.content = path.read_bytes()
            with path.open("rb") as file:
                size = len(self.content)
                meta = find_meta(file, size, 132)
                self.encoding = Encoding(syntax == SYNTAXES[0], little=True)
                whole = find_elements(file, size, meta.end, self.encoding)
        assert whole.pixels
        self.meta, self.elements, self.pixels = list(meta.elements), list(whole.elements), whole.pixels
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.content)
            file.flush()
            self.picture = decode(Path(file.name))


@lru_cache(maxsize=1)
def corpus() -> list[Seed]:
    return [Seed(syntax) for syntax in SYNTAXES]


# --- mutations --------------------------------------------------------------------------------------------------------


def flip(content: bytes, at: int, dice: random.Random) -> bytes:
    return content[:at] + bytes([content[at] ^ (1 << dice.randrange(8))]) + content[at + 1 :]


def anywhere(_seed: Seed, content: bytes, dice: random.Random) -> bytes:
    return flip(content, dice.randrange(len(content)), dice)


def in_header(seed: Seed, content: bytes, dice: random.Random) -> bytes:
    return flip(content, dice.randrange(min(128, len(content) - 1), min(seed.pixels.at, len(content))), dice)


def cut(_seed: Seed, content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content))] or b"\0"


def inserted(_seed: Seed, content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content))
    return content[:at] + dice.randbytes(dice.randrange(1, 40)) + content[at:]


def taken(_seed: Seed, content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content))
    return content[:at] + content[at + dice.randrange(1, 40) :] or b"\0"


def element(seed: Seed, content: bytes, dice: random.Random) -> bytes:
    """One element, whole: doubled, taken out, moved, of another length, another value or another representation."""
    one = dice.choice([each for each in (*seed.meta, *seed.elements) if each.end and each is not seed.pixels])
    whole, value = seed.content[one.start : one.end], seed.content[one.at : one.end]
    head = seed.content[one.start : one.at]
    other = dice.choice(seed.elements)
    return content.replace(
        whole,
        dice.choice(
            [
                lambda: whole * 2,
                lambda: b"",
                lambda: head + bytes(len(value)),
                lambda: head + dice.randbytes(len(value)),
                lambda: head[:-2] + dice.randbytes(2) + value,
                lambda: head[:4] + dice.choice((b"OB", b"UN", b"SQ", b"US", b"DS", b"zz")) + head[6:] + value,
                lambda: whole + seed.content[other.start : other.end or len(seed.content)],
                lambda: dice.randbytes(4) + whole[4:],
            ]
        )(),
        1,
    )


def behind(seed: Seed, content: bytes, dice: random.Random) -> bytes:
    other = dice.choice(seed.elements)
    return content + dice.choice((dice.randbytes(dice.randrange(1, 99)), seed.content[other.start : other.end]))


def in_pixels(seed: Seed, content: bytes, dice: random.Random) -> bytes:
    return flip(content, min(dice.randrange(seed.pixels.at, len(seed.content)), len(content) - 1), dice)


def fragment(seed: Seed, content: bytes, dice: random.Random) -> bytes:
    """The tag or the length of an item of encapsulated pixel data."""
    at = content.find(b"\xfe\xff\x00\xe0", min(seed.pixels.at, len(content)))
    if at < 0:
        return in_pixels(seed, content, dice)
    return content[: at + 4] + struct.pack("<I", dice.choice((0, 1, 7, 0xFFFFFFFF, 2**31))) + content[at + 8 :]


MUTATIONS: dict[str, Callable[[Seed, bytes, random.Random], bytes]] = {
    "a byte anywhere": anywhere, "a byte of the header": in_header, "cut": cut, "bytes inserted": inserted,
    "bytes taken out": taken, "an element": element, "something behind": behind, "a byte of the pixel data": in_pixels,
    "a fragment": fragment,
}  # fmt: skip
WHOLE = {"a byte of the pixel data", "a byte anywhere"}
"""After these alone nothing in the file betrays a changed picture. In native data `a fragment` is a byte of them."""


# --- what becomes of them ---------------------------------------------------------------------------------------------


def decode(path: Path) -> np.ndarray | PixelFault:
    with dicom.open_regular(path) as file:
        return dicom.decode(dicom.read_header(file, path))


def try_one(number: int, seed: int, path: Path, release: device.Release) -> tuple[str, str, str]:
    """Encoding and mutations, outcome, fault."""
    dice = random.Random(seed * 10**9 + number)
    one = dice.choice(corpus())
    names = dice.choices(list(MUTATIONS), k=dice.choice((1, 1, 1, 2, 3)))
    content = one.content
    for name in names:
        content = MUTATIONS[name](one, content, dice)
    path.write_bytes(content)
    result = device.gate(path, release)
    if result.failure and UNFORESEEN in result.failure:
        return names[0], "fault", result.failure
    if result.outcome != "accepted":
        return names[0], str(result.outcome), ""
    picture = decode(path)
    same = isinstance(picture, np.ndarray) and np.array_equal(picture, one.picture)
    if same or content == one.content:
        return names[0], "accepted, the same picture", ""
    only_pixels = set(names) <= WHOLE | ({"a fragment"} if not one.pixels.undefined else set())
    return names[0], f"accepted, another picture, {'by pixel data alone' if only_pixels else 'by its header'}", ""


def work(task: tuple[int, int, int, Path]) -> Counter[tuple[str, str]]:
    start, stop, seed, keep = task
    warnings.simplefilter("ignore")
    release, counts = device.read_release("paediatric-reference"), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "image.dcm")
        for number in range(start, stop):
            name, outcome, fault = try_one(number, seed, path, release)
            counts[name, outcome] += 1
            if fault:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}-{number}.dcm").write_bytes(path.read_bytes())
                print(f"fault in input {number}: {fault}", flush=True)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"))
    arguments = parser.parse_args()
    step = 500
    tasks = [
        (at, min(at + step, arguments.inputs), arguments.seed, arguments.keep)
        for at in range(0, arguments.inputs, step)
    ]
    counts, done = Counter[tuple[str, str]](), 0
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        for found in pool.imap_unordered(work, tasks):
            counts += found
            done += found.total()
            print(f"{done} of {arguments.inputs}", end="\r", file=sys.stderr)
    outcomes = sorted({outcome for _, outcome in counts})
    for outcome in outcomes:
        print(f"{sum(n for (_, one), n in counts.items() if one == outcome):8}  {outcome}")
        for name in MUTATIONS:
            if counts[name, outcome]:
                print(f"{'':8}  {counts[name, outcome]:8}  {name}")
    return int(any(outcome == "fault" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
