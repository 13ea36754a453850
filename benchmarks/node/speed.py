"""What the node costs beyond what no device could do without: decoding, resizing and one forward pass of each image.

    python benchmarks/node/speed.py [--images 100] [--rounds 3] [--workers 2] [--release paediatric-reference]
                                    [--rows 0] [--beside CHECKOUT] [--keras PYTHON] [--memory 0]

One run measures in turn, on the machine as it is, from the same files: the floor, in as many processes as the node has
workers; the node at saturation; and, if asked, the node of another checkout. The sender and the archive run on the same
processors and are counted apart. Then: the node at a study a second; a cold start, to the first answer to C-ECHO; with
the training environment's Python, a Keras DenseNet121 of random weights, `predict` an image; with --memory, so many
studies of small images, and what each process holds (RSS) on the way.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import queue
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.uid import ComprehensiveSRStorage, generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import Verification

from device import dicom
from device.model import score
from device.node.calling import Checkpoint
from device.preprocessing import preprocess
from device.release import read_release
from tests.device.node.bench import MODALITY, NODE, Node, Pacs
from verification.steps.radiographs import PUBLISHED, radiograph, read_published, save

SPAWN = multiprocessing.get_context("spawn")
TICK = os.sysconf("SC_CLK_TCK")
WINDOW = 32
"""So many studies are on their way at saturation: enough for all workers, though each study waits until it settles."""
SETTLE_SECONDS = 0.5

KERAS = """
import time, numpy, keras
network = keras.applications.DenseNet121(weights=None, input_shape=(224, 224, 3), classes=1)
image = numpy.random.default_rng(1).random((1, 224, 224, 3), dtype="float32")
network.predict(image, verbose=0)
start, done = time.perf_counter(), 0
while time.perf_counter() - start < 10:
    network.predict(image, verbose=0)
    done += 1
print(done / (time.perf_counter() - start))
"""


class Ran(NamedTuple):
    """So many images or studies, in seconds of the clock and of the processors, each with its latency if it has one."""

    number: int
    wall: float
    cpu: float
    others: float = 0.0
    latencies: tuple[float, ...] = ()


# --- the floor --------------------------------------------------------------------------------------------------------


def judge_bare(paths: Sequence[Path], release_name: str, gate: Any, done: Any) -> None:
    """Decode, resize and score, once the gate opens; tell the seconds of the processor."""
    release = read_release(release_name)

    def judge(path: Path) -> None:
        with dicom.open_regular(path) as file:
            pixels: Any = dicom.decode(dicom.read_header(file, path))
        score(preprocess(pixels, release.geometry), release)

    judge(paths[0])
    gate.wait()
    before = time.process_time()
    for path in paths:
        judge(path)
    done.put(time.process_time() - before)


def run_floor(paths: Sequence[Path], release: str, processes: int) -> Ran:
    """All images through as many processes."""
    gate, done = SPAWN.Barrier(processes + 1), SPAWN.Queue()
    running = [
        SPAWN.Process(target=judge_bare, args=(paths[number::processes], release, gate, done))
        for number in range(processes)
    ]
    for each in running:
        each.start()
    gate.wait()
    start = time.perf_counter()
    cpu = sum(done.get() for _ in running)
    wall = time.perf_counter() - start
    for each in running:
        each.join()
    return Ran(len(paths), wall, cpu)


# --- the archive, the node, the sender --------------------------------------------------------------------------------


class Archive(Pacs):
    """An archive that keeps nothing, and tells of each report when it came."""

    def __init__(self, told: Any) -> None:
        super().__init__()
        self._told = told

    def _keep(self, event: Any) -> int:
        if event.request.AffectedSOPClassUID == ComprehensiveSRStorage:
            self._told.put((str(event.dataset.StudyInstanceUID), time.monotonic()))
        return 0x0000


def keep(told: Any, ready: Any, ends: Any) -> None:
    """Be the archive, in a process of its own."""
    archive = Archive(told)
    archive.start()
    ready.put(archive.port)
    ends.wait()
    archive.stop()


class Hospital:
    """A node with an archive; the sender is this process."""

    def __init__(self, folder: Path, options: argparse.Namespace, checkout: Path | None) -> None:
        self.told, ready, self.ends = SPAWN.Queue(), SPAWN.Queue(), SPAWN.Event()
        self.archive = SPAWN.Process(target=keep, args=(self.told, ready, self.ends))
        self.archive.start()
        where = argparse.Namespace(port=ready.get())
        folder.mkdir()
        limits = {"free_bytes": 1, "idle_seconds": 30.0}
        self.node = Node(folder, where, release=options.release, workers=options.workers, limits=limits)  # type: ignore[arg-type]
        with run_from(checkout):
            self.node.start()
        self.association = associate(self.node.port)

    def send(self, images: Iterator[Dataset], per_second: float | None = None, window: int = WINDOW) -> Ran:
        """Send studies of one image, as fast as results come or so many a second, until each has its report."""
        sent: dict[str, float] = {}
        came: dict[str, float] = {}
        before, ours, start = self.cpu(), self.cpu_of_others(), time.monotonic()

        def receive(timeout: float) -> bool:
            try:
                study, when = self.told.get(timeout=timeout)
            except queue.Empty:
                return False
            came[study] = when
            return True

        for image in images:
            while per_second is None and len(sent) - len(came) >= window:
                receive(60)
            if per_second:
                time.sleep(max(0.0, start + len(sent) / per_second - time.monotonic()))
            sent[str(image.StudyInstanceUID)] = time.monotonic()
            status = self.association.send_c_store(image).Status
            if status:
                raise RuntimeError(f"the node answered {status:04X}")
        while len(came) < len(sent):
            if not receive(60):
                raise RuntimeError(f"{len(sent) - len(came)} studies have no result")
        latencies = tuple(came[each] - sent[each] for each in sent)
        wall = max(came.values()) - start
        return Ran(len(sent), wall, self.cpu() - before, self.cpu_of_others() - ours, latencies)

    def cpu(self) -> float:
        """Seconds of the processor of every process of the node, and of those that have ended."""
        return sum(read_cpu(pid) for pid in self.find_processes())

    def cpu_of_others(self) -> float:
        """Those of the sender and of the archive."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        return read_cpu(self.archive.pid or 0) + own.ru_utime + own.ru_stime

    def find_processes(self) -> list[int]:
        """The processes of the node: it is the leader of a session."""
        leader = self.node.process.pid if self.node.process else 0
        found = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
        return sorted(pid for pid in found if read_session(pid) == leader)

    def memory(self) -> list[float]:
        """RSS of each process of the node, in MB."""
        return [read_rss(pid) for pid in self.find_processes()]

    def close(self) -> None:
        self.association.release()
        self.node.stop()
        self.ends.set()
        self.archive.join()


@contextmanager
def run_from(checkout: Path | None) -> Iterator[None]:
    """What is started runs the code of another checkout."""
    if checkout:
        os.environ["PYTHONPATH"] = str(checkout)
    try:
        yield
    finally:
        os.environ.pop("PYTHONPATH", None)


def associate(port: int) -> Any:
    """An association for every image that is sent; the node is asked until it takes it."""
    ae = AE(ae_title=MODALITY)
    ae.acse_timeout = ae.dimse_timeout = 60
    ae.network_timeout = None
    ae.maximum_pdu_size = 0
    image = radiograph()
    ae.add_requested_context(image.SOPClassUID, image.file_meta.TransferSyntaxUID)
    ae.add_requested_context(Verification)
    association = ae.associate("127.0.0.1", port, ae_title=NODE)
    if not association.is_established:
        raise RuntimeError("the node takes no association")
    association._reactor_checkpoint = Checkpoint(association)  # or the sender loses answers, as the node did
    return association


def read_stat(pid: int) -> list[str]:
    """/proc/PID/stat behind the name; nothing of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def read_session(pid: int) -> int:
    stat = read_stat(pid)
    return int(stat[3]) if stat else -1


def read_cpu(pid: int) -> float:
    stat = read_stat(pid)
    return sum(map(int, stat[11:15])) / TICK if stat else 0.0


def read_rss(pid: int) -> float:
    stat = read_stat(pid)
    return int(stat[21]) * resource.getpagesize() / 1e6 if stat else 0.0


# --- what is sent -----------------------------------------------------------------------------------------------------


def make_files(folder: Path, number: int, rows: int) -> list[Path]:
    """Published radiographs as DICOM files, each of a study of its own, as they are or enlarged to so many rows."""
    names = sorted(path.name for path in PUBLISHED.glob("*.jpeg"))
    pictures = []
    for name in names:
        picture = Image.fromarray(read_published(name))
        if rows:
            picture = picture.resize((round(picture.width * rows / picture.height), rows), Image.Resampling.BICUBIC)
        pictures.append(np.asarray(picture))
    return [
        save(radiograph(pictures[each % len(names)], **new_identity()), folder / f"{each}.dcm")
        for each in range(number)
    ]


def new_identity() -> dict[str, str]:
    return {each: generate_uid() for each in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")}


def read(paths: Sequence[Path]) -> Iterator[Dataset]:
    """The files again, each as an instance of another study that was never sent."""
    for path in paths:
        image = dcmread(path)
        for keyword, value in new_identity().items():
            setattr(image, keyword, value)
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        yield image


# --- what is told -----------------------------------------------------------------------------------------------------


def tell(name: str, runs: Sequence[Ran], floor: Sequence[Ran] = ()) -> None:
    """A line of medians; ratios are medians of those within one round."""
    cpu = statistics.median(1000 * run.cpu / run.number for run in runs)
    rate = statistics.median(run.number / run.wall for run in runs)
    said = f"{name:<34} {cpu:7.1f} ms of CPU each {rate:7.1f} a second"
    if floor:
        in_cpu = statistics.median(
            run.cpu / run.number * bare.number / bare.cpu for run, bare in zip(runs, floor, strict=True)
        )
        wall = statistics.median(
            run.wall / run.number * bare.number / bare.wall for run, bare in zip(runs, floor, strict=True)
        )
        others = statistics.median(1000 * run.others / run.number for run in runs)
        said += f"; of the floor: CPU {in_cpu:.2f}, wall {wall:.2f}; sender and archive {others:.1f} ms each"
    print(said, flush=True)


def tell_latency(name: str, run: Ran) -> None:
    middle, most = np.percentile(run.latencies, [50, 95])
    said = f"p50 {middle:.2f} s, p95 {most:.2f} s, of which {SETTLE_SECONDS} s are times.settle_seconds, a setting"
    print(f"{name:<34} {said}", flush=True)


def measure_start(folder: Path, options: argparse.Namespace) -> float:
    """Seconds from the command to the first answer to C-ECHO, in a new folder."""
    where = argparse.Namespace(port=1)
    folder.mkdir()
    node = Node(folder, where, release=options.release, workers=options.workers)  # type: ignore[arg-type]
    start = time.perf_counter()
    node.start()
    association = associate(node.port)
    status = association.send_c_echo().Status
    seconds = time.perf_counter() - start
    association.release()
    node.stop()
    if status:
        raise RuntimeError(f"C-ECHO: {status:04X}")
    return seconds


def measure_keras(python: Path) -> float | None:
    """Images a second of DenseNet121; None where there is no TensorFlow."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run([python, "-c", KERAS], capture_output=True, text=True, env=environment, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return float(done.stdout.split()[-1])


def measure_memory(folder: Path, options: argparse.Namespace) -> None:
    """Send many studies of small images, and print what the processes hold."""
    small = make_files(folder, 16, 512)
    hospital = Hospital(folder / "memory", options, None)
    step, held, start = max(options.memory // 10, 1), [], time.monotonic()
    for done in range(0, options.memory, step):
        hospital.send(read([small[number % 16] for number in range(step)]))
        held.append(hospital.memory())
        print(f"after {done + step:>6} studies: {' '.join(f'{each:.0f}' for each in held[-1])} MB", flush=True)
    per = np.polyfit(
        [step * (number + 1) / 1000 for number in range(len(held))][1:], [sum(each) for each in held][1:], 1
    )
    print(f"together {per[0]:+.2f} MB for each 1,000 studies, the first tenth left out")
    print(f"{options.memory} studies in {time.monotonic() - start:.0f} s")
    hospital.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rows", type=int, default=0, help="of each image; 0, as it was published")
    parser.add_argument("--release", default="paediatric-reference")
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--keras", type=Path, default=Path(".tox/training/bin/python"))
    parser.add_argument("--memory", type=int, default=0, help="so many studies of small images")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = make_files(folder, options.images, options.rows)
        print(f"{os.cpu_count()} processors, {options.workers} workers, load {os.getloadavg()[0]:.1f}, {len(files)}"
              f" images of {sum(path.stat().st_size for path in files) / len(files) / 1e6:.1f} MB")  # fmt: skip
        nodes = {"node": Hospital(folder / "node", options, None)}
        if options.beside:
            nodes["node of the other checkout"] = Hospital(folder / "beside", options, options.beside)
        for each in nodes.values():
            each.send(read(files[:20]))  # what is read once is read
        floor: list[Ran] = []
        runs: dict[str, list[Ran]] = {name: [] for name in nodes}
        for _ in range(options.rounds):
            floor.append(run_floor(files, options.release, options.workers))
            for name, each in nodes.items():
                runs[name].append(each.send(read(files)))
        tell("floor", floor)
        for name, each in runs.items():
            tell(name, each, floor)
        tell_latency("latency at saturation", runs["node"][-1])
        tell_latency("latency at one study a second", nodes["node"].send(read(files[:20]), 1.0))
        for each in nodes.values():
            each.close()
        print(f"{'cold start to the first C-ECHO':<34} {measure_start(folder / 'start', options):.2f} s")
        keras = measure_keras(options.keras)
        rate = statistics.median(run.number / run.wall for run in runs["node"])
        said = (
            f"{keras:.1f} images/s; the node is {rate / keras:.1f} times as fast"
            if keras
            else "left out: no TensorFlow"
        )
        print(f"{'Keras DenseNet121, predict':<34} {said}")
        if options.memory:
            measure_memory(folder, options)


if __name__ == "__main__":
    main()
