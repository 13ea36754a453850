"""Time and memory of `clearway analyze` on folders of many files, each run a process of its own.

The files are a few bytes that are no DICOM, so that what is measured is the walk and what the command keeps of a file.

    python benchmarks/batch.py 1000 100000
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

IN_A_FOLDER = 1_000
FAILED = 4
"""How `analyze` ends where a file failed, as each does here."""


def make_files(folder: Path, count: int) -> None:
    """Write `count` files that are no DICOM, a thousand a folder."""
    for number in range(count):
        place = folder / f"{number // IN_A_FOLDER:05}"
        if number % IN_A_FOLDER == 0:
            place.mkdir()
        (place / f"{number:07}.dcm").write_text("no image")


def measure(folder: Path, jobs: int) -> tuple[float, float]:
    """Analyze a folder.

    Returns:
        Seconds, and the largest resident memory of the first process in MiB.

    Raises:
        RuntimeError: the command ended with another status than the one that failed files give.
    """
    command = [sys.executable, "-m", "device", "analyze", "--json", "--jobs", str(jobs), str(folder)]
    began = time.perf_counter()
    nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=nowhere)
    _, status, used = os.wait4(pid, 0)
    if (ended := os.waitstatus_to_exitcode(status)) != FAILED:
        raise RuntimeError(f"{' '.join(command)}: found exit status {ended}, expected {FAILED}")
    return time.perf_counter() - began, used.ru_maxrss / 1024


def main() -> None:
    """Measure each count of files that is named, with one process and with two."""
    for count in map(int, sys.argv[1:] or ["1000", "100000"]):
        with tempfile.TemporaryDirectory() as name:
            make_files(Path(name), count)
            for jobs in (1, 2):
                seconds, memory = measure(Path(name), jobs)
                print(f"{count} files, --jobs {jobs}: {seconds:.1f} s, {memory:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
