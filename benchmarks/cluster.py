"""The device mapped over a Dask cluster: the same results as one process, also when a worker is killed half-way.

    python -m pip install --target DIR distributed==2026.8.0
    PYTHONPATH=DIR python benchmarks/cluster.py [--images 240] [--side 1500]

What is mapped is `device.analyze`, as it stands; Dask is no part of the device. The cluster is local: two worker
processes of one thread each, of which one is sent SIGKILL when a third of the results are there. Beside it, on the same
files: one process, `--jobs 2`, and two shards as two machines would take them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client, LocalCluster, as_completed
from PIL import Image

from device import analyze, read_release
from device.folders import Walk
from device.showing import make_record
from verification.steps.radiographs import PUBLISHED, radiograph, read_published, save

RELEASE = "paediatric-reference"


def make_images(folder: Path, count: int, side: int) -> None:
    """Images, a tenth of them refused and some no images at all."""
    names = sorted(path.name for path in PUBLISHED.glob("*.jpeg"))
    for number in range(count):
        grey = Image.fromarray(read_published(names[number % len(names)])).resize((side, side))
        attributes = {"PatientAge": "040Y", "PatientBirthDate": ""} if number % 10 == 0 else {}
        save(radiograph(np.asarray(grey), **attributes), folder / f"{number:05}.dcm")
        if number % 25 == 0:
            (folder / f"{number:05}.txt").write_text("no image")


def run(folder: Path, record: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "device", "analyze", "--record", str(record), *arguments, str(folder)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def map_over(paths: list[Path], *, kill: bool) -> tuple[list[dict[str, Any]], float, int]:
    """The results in the order of the files, the seconds, and how many workers were killed."""
    killed = 0
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        work = partial(analyze, release=client.scatter(read_release(RELEASE), broadcast=True).result())
        client.gather(client.map(work, paths[:2], pure=False))
        begun = time.perf_counter()
        futures = client.map(work, paths, pure=False)
        for number, _ in enumerate(as_completed(futures), start=1):
            if kill and not killed and number > len(paths) / 3:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
                killed += 1
        found = [json.loads(json.dumps(make_record(each))) for each in client.gather(futures)]
        return found, time.perf_counter() - begun, killed


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=240)
    parser.add_argument("--side", type=int, default=1500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "images"
        folder.mkdir()
        make_images(folder, options.images, options.side)
        paths = list(Walk([folder]))
        records: dict[str, list[str]] = {}
        for told, shares in (("one process", [()]), ("--jobs 2", [("--jobs", "2")]),
                             ("two shards", [("--shard", "1/2"), ("--shard", "2/2")])):  # fmt: skip
            begun = time.perf_counter()
            files = [Path(name) / f"{told}{number}".replace(" ", "_") for number in range(len(shares))]
            for each in [run(folder, file, *arguments) for file, arguments in zip(files, shares, strict=True)]:
                each.wait()
            records[told] = sorted(line for file in files for line in file.read_text("utf-8").splitlines())
            tell(told, records, time.perf_counter() - begun, len(paths))
        for kill in (False, True):
            found, seconds, killed = map_over(paths, kill=kill)
            told = f"Dask, two workers, {killed} killed"
            records[told] = sorted(json.dumps(each) for each in found)
            tell(told, records, seconds, len(paths))


def tell(told: str, records: dict[str, list[str]], seconds: float, files: int) -> None:
    same = "identical" if records[told] == records["one process"] else "OTHERS"
    print(
        f"{told:32} {seconds:6.1f} s  {files / seconds:6.1f} files/s  {len(records[told])} results, {same}", flush=True
    )


if __name__ == "__main__":
    main()
