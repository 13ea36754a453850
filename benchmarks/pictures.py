"""What the device shows of made-up images, beside what is right and what other readers show.

    python benchmarks/pictures.py [--cases N] [--outside N] [--seed N]

Each case stores known values in its own way: bits stored, sign, what stands in the bits above them, modality rescale or
table, VOI window of each function or table, polarity, transfer syntax. What it should show is worked out value by value
from the words of the standard (PS3.3 C.7.6.3, C.11.1, C.11.2; PS3.5 8.1.1), by code that shares nothing with the
device. The device has to show that within one of 255 grays, or refuse the case by a rule that is told. Of the cases,
`--outside` are also shown by pydicom, highdicom and dcmtk: the last table says who differs, and where. Cases hold
several things at once; the first table takes one at a time, beside a plain case.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import UID, ExplicitVRLittleEndian

from device import dicom
from device.types import PixelFault
from verification.steps import radiographs

SIDE = 64
GREY = 1 / 255
SYNTAXES = {
    "implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1", "RLE": "1.2.840.10008.1.2.5",
    "JPEG lossless": "1.2.840.10008.1.2.4.57", "JPEG lossless SV1": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80", "JPEG 2000": "1.2.840.10008.1.2.4.90",
}  # fmt: skip


class Case(NamedTuple):
    """One way to store a picture."""

    bits: int
    signed: bool
    above: str
    modality: str
    voi: str
    photometric: str
    syntax: str


EVERY = [
    Case(*each)
    for each in itertools.product(
        range(10, 17), (False, True), ("nothing", "sign", "overlay"), ("none", "rescale", "negative", "table"),
        ("none", "LINEAR", "LINEAR_EXACT", "SIGMOID", "table 8", "table 10", "table 12", "table 16"),
        ("MONOCHROME1", "MONOCHROME2"), SYNTAXES,
    )
    if not (each[0] == 16 and each[2] == "overlay")  # no bit is left above
]  # fmt: skip


# --- the image --------------------------------------------------------------------------------------------------------


def make(case: Case, dice: random.Random) -> tuple[Dataset, np.ndarray]:
    """An image of the case, and its stored values as whole numbers."""
    low = -(2 ** (case.bits - 1)) if case.signed else 0
    values = np.array([dice.randrange(low, low + 2**case.bits) for _ in range(SIDE * SIDE)]).reshape(SIDE, SIDE)
    values[0, :2] = low, low + 2**case.bits - 1
    image = radiographs.radiograph(np.zeros((SIDE, SIDE), np.uint8))
    for keyword in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "RescaleType"):
        image.pop(keyword, None)
    image.PhotometricInterpretation = case.photometric
    image.PresentationLUTShape = "INVERSE" if case.photometric == "MONOCHROME1" else "IDENTITY"
    image.BitsStored, image.HighBit, image.PixelRepresentation = case.bits, case.bits - 1, int(case.signed)
    set_modality(image, case, values)
    set_voi(image, case, [modality(int(v), image) for v in (values.min(), values.max())])
    return image, values


def set_modality(image: Dataset, case: Case, values: np.ndarray) -> None:
    if case.modality == "rescale":
        image.RescaleSlope, image.RescaleIntercept = "0.5", "-1000"
    elif case.modality == "negative":
        image.RescaleSlope, image.RescaleIntercept = "-1", "300"
    elif case.modality == "table":
        first = int(np.median(values)) - 100
        entries = [min(65535, 40 + 7 * n) for n in range(400)]
        radiographs.set_lookup_table(image, "ModalityLUTSequence", first & 0xFFFF, 16, entries)
        table = image.ModalityLUTSequence[0]
        table["LUTDescriptor"].VR = "SS" if case.signed else "US"
        table.LUTDescriptor = [len(entries), first, 16]


def set_voi(image: Dataset, case: Case, ends: list[float]) -> None:
    low, high = sorted(ends)
    if case.voi == "none":
        return
    if case.voi.startswith("table"):
        bits, count = int(case.voi.split()[1]), 300
        first = int((low + high) / 2) - count // 2
        first = max(-32768, min(first, 32767 if low < 0 else 65535 - count))
        most = 2**bits - 1
        entries = [round(most * (n / (count - 1)) ** 0.7) for n in range(count)]
        radiographs.set_lookup_table(image, "VOILUTSequence", first & 0xFFFF, bits, entries)
        table = image.VOILUTSequence[0]
        table["LUTDescriptor"].VR = "SS" if low < 0 else "US"
        table.LUTDescriptor = [count, first, bits]
        return
    image.VOILUTFunction = case.voi
    image.WindowCenter = str(round((low + high) / 2 + 0.05 * (high - low), 2))
    image.WindowWidth = str(max(2.0, round(0.7 * (high - low), 2)))


def write(case: Case, image: Dataset, values: np.ndarray, path: Path) -> None:
    mask = 2**case.bits - 1
    stored = values & {"nothing": mask, "sign": 0xFFFF, "overlay": mask}[case.above]
    if case.above == "overlay":
        stored |= (np.arange(stored.size).reshape(stored.shape) % 3 == 0) << case.bits
    image.PixelData = stored.astype("<u2").tobytes()
    syntax = UID(SYNTAXES[case.syntax])
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax.is_encapsulated else syntax
    radiographs.save(image, path)
    if syntax.is_encapsulated:
        radiographs.transcode_all_bits(path, syntax)


# --- what is right ----------------------------------------------------------------------------------------------------


def modality(value: int, image: Dataset) -> float:
    """A stored value through the modality transformation."""
    if "ModalityLUTSequence" in image:
        return look_up(value, image.ModalityLUTSequence[0])
    return float(image.get("RescaleSlope", 1)) * value + float(image.get("RescaleIntercept", 0))


def look_up(value: float, table: Dataset) -> float:
    """PS3.3 C.11.1.1.1: below the first value the first entry, above the last value the last."""
    count, first, _ = table.LUTDescriptor
    place = math.floor(value + 0.5) if math.floor(value + 0.5) - value != 0.5 else 2 * round(value / 2)
    return float(table.LUTData[min(max(place - first, 0), count - 1)])


def right(value: int, case: Case, image: Dataset) -> float:
    """What a stored value shows, 0 is black and 1 is white."""
    x = modality(value, image)
    shown = window(x, case, image)
    return 1 - shown if case.photometric == "MONOCHROME1" else shown


def window(x: float, case: Case, image: Dataset) -> float:
    if case.voi.startswith("table"):
        table = image.VOILUTSequence[0]
        return look_up(x, table) / (2 ** table.LUTDescriptor[2] - 1)
    if case.voi == "none":
        least = -(2 ** (case.bits - 1)) if case.signed else 0
        ends = sorted(modality(each, image) for each in (least, least + 2**case.bits - 1))
        if "ModalityLUTSequence" in image:
            ends = [0.0, 2.0**16 - 1]
        return (x - ends[0]) / (ends[1] - ends[0])
    c, w = float(image.WindowCenter), float(image.WindowWidth)
    if case.voi == "SIGMOID":
        return 1 / (1 + math.exp(-4 * (x - c) / w))
    if case.voi == "LINEAR_EXACT":
        return 0.0 if x <= c - w / 2 else 1.0 if x > c + w / 2 else (x - c) / w + 0.5
    low, high = c - 0.5 - (w - 1) / 2, c - 0.5 + (w - 1) / 2
    return 0.0 if x <= low else 1.0 if x > high else (x - (c - 0.5)) / (w - 1) + 0.5


def picture(case: Case, image: Dataset, values: np.ndarray) -> np.ndarray:
    known = {int(v): right(int(v), case, image) for v in np.unique(values)}
    return np.vectorize(known.__getitem__)(values)


# --- who shows what ---------------------------------------------------------------------------------------------------


def by_device(path: Path) -> np.ndarray | PixelFault:
    with dicom.open_regular(path) as file:
        return dicom.decode(dicom.read_header(file, path))


def by_pydicom(path: Path) -> np.ndarray:
    """Its own steps, one after the other; what is shown without a VOI transformation it leaves open."""
    image = dcmread(path)
    values = apply_modality_lut(image.pixel_array, image)
    shown = apply_voi_lut(values, image, prefer_lut=True).astype(float)
    if "VOILUTSequence" in image:
        low, high = 0.0, 2.0 ** image.VOILUTSequence[0].LUTDescriptor[2] - 1
    else:  # PS3.3 C.11.2.1.2: pydicom maps a window to the range of the values
        bits, signed = image.BitsStored, image.PixelRepresentation
        low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1) if signed else (0.0, 2.0**bits - 1)
        if "ModalityLUTSequence" in image:
            low, high = 0.0, 2.0**16 - 1
        else:
            slope, intercept = float(image.get("RescaleSlope", 1)), float(image.get("RescaleIntercept", 0))
            low, high = sorted((slope * low + intercept, slope * high + intercept))
    shown = (shown - low) / (high - low)
    return 1 - shown if image.PhotometricInterpretation == "MONOCHROME1" else shown


def by_highdicom(path: Path) -> np.ndarray:
    from highdicom import imread

    image = imread(path)
    if "VOILUTSequence" in image or "WindowCenter" in image:
        return image.get_frame(1, apply_voi_transform=True, apply_presentation_lut=True)
    return np.full((SIDE, SIDE), np.nan)  # without a VOI transformation it gives values, no picture


def by_dcmtk(path: Path) -> np.ndarray:
    image = dcmread(path, stop_before_pixels=True)
    option = ["+Wl", "1"] if "VOILUTSequence" in image else ["+Wi", "1"] if "WindowCenter" in image else []
    syntax = image.file_meta.TransferSyntaxUID.name
    program = "dcmj2pnm" if syntax.startswith("JPEG Lossless") else "dcml2pnm" if "JPEG-LS" in syntax else "dcm2pnm"
    target = path.with_suffix(".pnm")
    done = subprocess.run([program, *option, "+op", path, target], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError((done.stderr.strip().splitlines() or ["no message"])[-1])
    header, _, content = target.read_bytes().partition(b"\n255\n")
    assert header.startswith(b"P5")
    return np.frombuffer(content, np.uint8).reshape(SIDE, SIDE) / 255


TAB, HOW = "\t", ("agrees", "differs", "shows nothing")
OUTSIDE = {"pydicom": by_pydicom, "highdicom": by_highdicom, "dcmtk": by_dcmtk}


def kinds(case: Case) -> Iterator[str]:
    """What a case is of, for the table of who differs where."""
    sign = "signed" if case.signed else "unsigned"
    yield f"VOI {case.voi}"
    yield f"modality {case.modality}"
    yield f"above the {sign} bits: {case.above}"
    yield case.photometric
    yield case.syntax


def tell(name: str, case: Case, path: Path, expected: np.ndarray, told: dict[str, Counter[str]]) -> None:
    """Count what another reader makes of a case, by what the case is of."""
    try:
        shown = OUTSIDE[name](path)
        off = np.abs(shown - expected).max()
        how = "shows nothing" if np.isnan(off) else "agrees" if off <= 1.01 * GREY else "differs"
    except Exception:  # whatever it raises, it shows nothing
        how = "shows nothing"
    for kind in ("all", *kinds(case)):
        told[name][f"{kind}{TAB}{how}"] += 1


PLAIN = Case(12, False, "nothing", "none", "LINEAR", "MONOCHROME2", "explicit")


def one_at_a_time() -> Iterator[tuple[str, Case]]:
    """The plain case, and each that differs from it in one thing."""
    yield "plain", PLAIN
    yield from ((f"{bits} bits", PLAIN._replace(bits=bits)) for bits in (10, 16))
    for above in ("sign", "nothing", "overlay"):
        yield f"signed, above: {above}", PLAIN._replace(signed=True, above=above)
    yield "unsigned, above: overlay", PLAIN._replace(above="overlay")
    for name in ("rescale", "negative", "table"):
        yield f"modality {name}", PLAIN._replace(modality=name)
    for name in ("none", "LINEAR_EXACT", "SIGMOID", "table 8", "table 10", "table 12", "table 16"):
        yield f"VOI {name}", PLAIN._replace(voi=name)
    yield "MONOCHROME1", PLAIN._replace(photometric="MONOCHROME1")
    yield from ((name, PLAIN._replace(syntax=name)) for name in SYNTAXES if name != PLAIN.syntax)


def show_one_at_a_time(path: Path) -> None:
    """How far each reader is from what is right, at most, in 255 grays."""
    readers = {"device": by_device} | OUTSIDE
    print(f"{'greys off, at most':28}", *(f"{name:>10}" for name in readers))
    for name, case in one_at_a_time():
        image, values = make(case, random.Random(1))
        write(case, image, values, path)
        expected, found = picture(case, image, values), []
        for reader in readers.values():
            try:
                off = float(np.abs(reader(path) - expected).max()) / GREY
                found.append("nothing" if np.isnan(off) else f"{off:.1f}")
            except Exception:  # whatever it raises, it shows nothing
                found.append("nothing")
        print(f"{name:28}", *(f"{each:>10}" for each in found))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=len(EVERY), help=f"how many of {len(EVERY)}, drawn")
    parser.add_argument("--outside", type=int, default=1000, help="how many of them other readers show too")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    cases = dice.sample(EVERY, min(arguments.cases, len(EVERY)))
    outside = set(dice.sample(range(len(cases)), min(arguments.outside, len(cases))))
    ours: Counter[str] = Counter()
    told: dict[str, Counter[str]] = {name: Counter() for name in OUTSIDE}
    largest = 0.0
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "image.dcm")
        show_one_at_a_time(path)
        for number, case in enumerate(cases):
            image, values = make(case, dice)
            write(case, image, values, path)
            expected, shown = picture(case, image, values), by_device(path)
            if isinstance(shown, PixelFault):
                ours[f"refused: {shown.found[:60]}"] += 1
                print(f"refused  {case}  {shown.found}")
            else:
                off = float(np.abs(shown - expected).max())
                largest = max(largest, off if off <= GREY else 0)
                ours["agrees" if off <= GREY else "DIFFERS"] += 1
                if off > GREY:
                    print(f"DIFFERS  {off:.4f}  {case}")
            for name in OUTSIDE if number in outside else ():
                tell(name, case, path, expected, told)
            if sys.stderr.isatty() and number % 100 == 0:
                print(f"{number} of {len(cases)}", end="\r", file=sys.stderr)
    print(f"\ndevice, {len(cases)} cases: {dict(ours)}; largest difference of those that agree {largest:.2g}")
    for name, counts in told.items():
        print(f"\n{name}, {len(outside)} cases")
        for kind in sorted({each.partition(TAB)[0] for each in counts}, key=lambda each: (each != "all", each)):
            print(f"  {kind:32}", *(f"{how} {counts[f'{kind}{TAB}{how}']:5}" for how in HOW))
    return int(ours["DIFFERS"] > 0)


if __name__ == "__main__":
    sys.exit(main())
