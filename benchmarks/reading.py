"""What reading an image costs: CPU a picture by encoding, beside another checkout and beside a bare loop; and the rest.

    python benchmarks/reading.py [BEFORE] [--images 216] [--files 2000] [--many 10000]

BEFORE is a checkout whose `device` this environment can run too. Pictures are 12-bit DX of 2048 x 2048 to 3000 x 3000
made from the published radiographs. The bare loop decodes with the device's own codecs, resizes and scores, and looks
at nothing. Then: two processes beside one, refused files beside pydicom's bare read of their headers, a cold start with
and without the report, and the memory of a process that reads many files.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom import dcmread, uid

from device import read_release
from verification.steps.radiographs import PUBLISHED, radiograph, read_published, save, transcode

HERE = Path(__file__).parents[1]
RELEASE = "paediatric-reference"
SYNTAXES = (
    uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.RLELossless, uid.JPEGLossless, uid.JPEGLosslessSV1,
    uid.JPEGLSLossless, uid.JPEGLSNearLossless, uid.JPEG2000Lossless, uid.JPEG2000,
)  # fmt: skip
TICKS = os.sysconf("SC_CLK_TCK")


def make_images(folder: Path, count: int) -> None:
    """DX images of every encoding, a folder each: sides from 2048 to 3000, with the noise that detectors have."""
    random = np.random.default_rng(20)
    names = sorted(path.name for path in PUBLISHED.glob("*.jpeg"))
    for number in range(count):
        syntax = SYNTAXES[number % len(SYNTAXES)]
        rows, columns = (int(each) for each in random.integers(2048, 3001, 2))
        grey = Image.fromarray(read_published(names[number % len(names)])).resize((columns, rows))
        image = radiograph(np.asarray(grey))
        stored = np.asarray(grey, np.int16) * 16 + random.normal(0, 12, (rows, columns)).astype(np.int16)
        image.PixelData = stored.clip(0, 4095).astype("<u2").tobytes()
        (folder / str(syntax)).mkdir(exist_ok=True)
        path = save(image, folder / str(syntax) / f"{number}.dcm")
        if syntax != uid.ExplicitVRLittleEndian:
            encode(path, syntax)
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {count} images made", end="", file=sys.stderr, flush=True)


def make_small(folder: Path) -> Path:
    """An image of every encoding, as small as the published radiographs."""
    folder.mkdir()
    names = sorted(path.name for path in PUBLISHED.glob("*.jpeg"))
    for number, syntax in enumerate(SYNTAXES):
        path = save(radiograph(read_published(names[number])), folder / f"{number}.dcm")
        if syntax != uid.ExplicitVRLittleEndian:
            encode(path, syntax)
    return folder


def encode(path: Path, syntax: uid.UID) -> None:
    if syntax == uid.ImplicitVRLittleEndian:
        image = dcmread(path)
        image.file_meta.TransferSyntaxUID = syntax
        image.save_as(path, implicit_vr=True, little_endian=True)
    else:
        transcode(path, syntax)


# --- in a process of its own ------------------------------------------------------------------------------------------


def processor_seconds() -> float:
    """Of this process and of those that it has started and that still run."""
    total = time.process_time()
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def measure(folder: Path, work: Callable[[Path], object]) -> dict[str, float]:
    """CPU milliseconds a picture, by encoding, the first picture of each left out."""
    found = {}
    for syntax in SYNTAXES:
        first, *paths = sorted((folder / str(syntax)).glob("*.dcm"))
        work(first)
        start = processor_seconds()
        for path in paths:
            work(path)
        found[str(syntax)] = 1000 * (processor_seconds() - start) / len(paths)
    return found


def analyze_one() -> Callable[[Path], object]:
    import device

    release = device.read_release(RELEASE)

    def work(path: Path) -> None:
        analysis = device.analyze(path, release)
        if analysis.finding is None:
            raise SystemExit(f"{path}: {analysis.rejections} {analysis.failure}")

    return work


def bare_loop() -> Callable[[Path], object]:
    import imagecodecs
    from rle.rle import decode_frame

    from device.codestream import read_fragments
    from device.decoding import DECODERS
    from device.model import score
    from device.preprocessing import preprocess

    release = read_release(RELEASE)

    def work(path: Path) -> None:
        image = dcmread(path)
        syntax, data = image.file_meta.TransferSyntaxUID, image.PixelData
        frame = b"".join(read_fragments(data) or []) if syntax.is_encapsulated else data
        if syntax in DECODERS:
            stored = getattr(imagecodecs, DECODERS[syntax])(frame)
        else:
            pixels = image.Rows * image.Columns
            plain = decode_frame(frame, pixels, 16, "<") if syntax.is_encapsulated else frame
            stored = np.frombuffer(plain, "<u2").reshape(image.Rows, image.Columns)
        score(preprocess((stored / np.float32(4095)).clip(0, 1), release.geometry), release)

    return work


def remember(folder: Path, many: int) -> list[float]:
    """MB that the process holds after a hundredth of the files, after half and after all of them."""
    work, paths, held = analyze_one(), sorted(folder.glob("*.dcm")), []
    for number in range(1, many + 1):
        work(paths[number % len(paths)])
        if number in (many // 100, many // 2, many):
            status = Path("/proc/self/status").read_text()
            held.append(int(status.partition("VmRSS:")[2].split()[0]) / 1000)
    return held


def in_checkout(checkout: Path, *arguments: object) -> object:
    """Run one of these measurements with the packages of a checkout."""
    command = [sys.executable, __file__, "--inside", *map(str, arguments)]
    paths = os.pathsep.join((str(checkout), str(HERE)))
    run = subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}, check=True, stdout=subprocess.PIPE)
    return json.loads(run.stdout)


def inside(what: str, folder: Path, many: int) -> object:
    if what == "remember":
        return remember(folder, many)
    return measure(folder, analyze_one() if what == "analyze" else bare_loop())


# --- the table --------------------------------------------------------------------------------------------------------


def show_encodings(folder: Path, before: Path | None) -> None:
    runs: dict[str, dict[str, float]] = {}
    for name, checkout, what in (("before", before, "analyze"), ("now", HERE, "analyze"), ("bare", HERE, "bare")):
        if checkout:
            found = in_checkout(checkout, what, folder)
            assert isinstance(found, dict)
            runs[name] = found
    print(f"{'CPU ms a picture':70} {'before':>8} {'now':>8} {'ratio':>6} {'bare':>8} {'ratio':>6}")
    for syntax in SYNTAXES:
        now, bare = runs["now"][syntax], runs["bare"][syntax]
        was = runs["before"][syntax] if before else float("nan")
        print(f"{syntax.name[:70]:70} {was:8.0f} {now:8.0f} {now / was:6.2f} {bare:8.0f} {now / bare:6.2f}")


def run(*arguments: object, codes: tuple[int, ...] = (0,)) -> tuple[float, float]:
    """Seconds of the clock, and of the processors, of one command of the device."""
    start, before = time.perf_counter(), os.times()
    command = [sys.executable, "-m", "device", *map(str, arguments)]
    done = subprocess.run(command, cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in codes:
        raise SystemExit(f"{command}: exit {done.returncode}: {done.stderr}")
    after = os.times()
    return time.perf_counter() - start, sum(after[2:4]) - sum(before[2:4])


def show_processes(folder: Path) -> None:
    native = folder / str(uid.ExplicitVRLittleEndian)
    for syntax in (uid.ExplicitVRLittleEndian, uid.JPEG2000Lossless):
        one, two = (run("analyze", folder / str(syntax), "--jobs", jobs)[0] for jobs in (1, 2))
        print(f"{syntax.name}: one process {one:.1f} s, two {two:.1f} s: {one / two:.2f} times as fast")
    path = next(native.glob("*.dcm"))
    with tempfile.TemporaryDirectory() as output:
        plain = statistics.median(run("analyze", path)[0] for _ in range(7))
        fresh = (run("analyze", path, "--output", Path(output, str(number)))[0] for number in range(7))
        report = statistics.median(fresh)
    print(f"one file, cold: {plain:.2f} s, with its report {report:.2f} s: {report / plain:.2f} times")


def refused(folder: Path, count: int) -> Iterator[Path]:
    """Files that the header refuses: a lateral view, in one folder."""
    folder.mkdir()
    first = save(radiograph(ViewPosition="LL", ViewCodeSequence=None), folder / "0.dcm")
    yield first
    for number in range(1, count):
        yield Path(shutil.copy(first, folder / f"{number}.dcm"))


def show_refusals(folder: Path, count: int) -> None:
    paths = list(refused(folder, count))
    idle = run("gate", paths[0], codes=(0, 1, 2, 3))[1]
    ours = run("gate", folder, codes=(0, 1, 2, 3))[1] - idle
    start = time.process_time()
    for path in paths:
        dcmread(path, stop_before_pixels=True)
    bare = time.process_time() - start
    print(f"{count} refused files: {1000 * ours / count:.2f} ms of CPU each, pydicom's bare read of the header "
          f"{1000 * bare / count:.2f}: {ours / bare:.2f} times")  # fmt: skip


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        what, folder, *rest = sys.argv[2:]
        print(json.dumps(inside(what, Path(folder), int(rest[0]) if rest else 0)))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, nargs="?")
    parser.add_argument("--images", type=int, default=216)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--many", type=int, default=10000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch, "images")
        images.mkdir()
        make_images(images, arguments.images)
        show_encodings(images, arguments.before)
        show_processes(images)
        show_refusals(Path(scratch, "refused"), arguments.files)
        held = in_checkout(HERE, "remember", make_small(Path(scratch, "small")), arguments.many)
        print(f"{arguments.many} files in one process: {held} MB after a hundredth, a half and all of them")


if __name__ == "__main__":
    main()
