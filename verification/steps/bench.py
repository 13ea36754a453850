"""What one scenario works on: its files, the image it prepares, and what the device said."""

from __future__ import annotations

import hashlib
import io
import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pydicom import Dataset

import device
from verification.steps import radiographs
from verification.steps.node import Node

Observe: TypeAlias = Callable[[str], None]
"""Records, for the test report, what a step observed."""


def counted(number: int, thing: str) -> str:
    """A number of things as a step observes them: "1 report", "2 reports"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


MEASURED = """
import sys, device
status = device.main(sys.argv[2:])
held = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
open(sys.argv[1], "w").write(str(int(held.split()[1]) * 1024))
sys.exit(status)
"""
"""Runs the device as its script does, and says how much it held; what the system counts began with our own process."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of the device gave: exit status, standard output, standard error; the most memory in bytes it held."""

    status: int
    out: str
    err: str
    peak: int | None = None

    @property
    def results(self) -> list[dict[str, Any]]:
        """The JSON results, one for each file."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        """The JSON result of a run on one file."""
        (only,) = self.results
        return only


@dataclass(slots=True)
class Bench:
    """The working place of a scenario. `image` is being prepared until `file` writes it."""

    folder: Path
    release: str = "paediatric-reference"
    asserted: dict[str, str] = field(default_factory=dict)
    image: Dataset = field(default_factory=Dataset)
    plain: Dataset = field(default_factory=Dataset)
    path: Path | None = None
    published: Path = Path()
    manifest: Path | None = None
    digests: dict[str, str] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    raised: list[BaseException] = field(default_factory=list)
    answers: list[device.Analysis | device.GateResult] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    study: str = ""
    whole: bytes = b""
    seconds: list[float] = field(default_factory=list)
    last: Run = Run(0, "", "")
    earlier: Run = Run(0, "", "")

    @property
    def node(self) -> Node:
        """The node of the network, the newest if there are several."""
        return self.nodes[-1]

    @property
    def report(self) -> Dataset:
        """The newest report on the study of the image that was sent last."""
        return self.node.archive.find_reports(self.study)[-1]

    @property
    def images(self) -> Path:
        """The folder that holds the scenario's input files."""
        folder = self.folder / "images"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def results(self) -> Path:
        """The file that results are recorded in."""
        return self.folder / "results.jsonl"

    @property
    def summary(self) -> Path:
        """The file that a run is summed up in."""
        return self.folder / "summary.csv"

    @property
    def reports(self) -> Path:
        """The folder that reports are asked into."""
        return self.folder / "reports"

    def file(self) -> Path:
        """The input file of the scenario; the image that is being prepared is written when it is first asked for."""
        if self.path is None:
            self.path = radiographs.save(self.image, self.images / "image.dcm")
        return self.path

    def run(self, command: str, target: Path, *options: str) -> Run:
        """Run a command of the device in this process, on one file or folder, with the scenario's release."""
        return self.call(command, str(target), "--release", self.release, *options)

    def call(self, *arguments: str) -> Run:
        """Run the device in this process, on arguments as a shell would give them."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = device.main(list(arguments))
        return self.note(arguments[0] if arguments else "", Run(status, out.getvalue(), err.getvalue()))

    def shell(self, command: str, target: Path, *options: str) -> Run:
        """Run a command of the device in a process of its own."""
        program = [sys.executable, "-c", MEASURED, str(self.folder / "peak")]
        arguments = [*program, command, str(target), "--release", self.release, *options]
        done = subprocess.run(arguments, cwd=self.folder, capture_output=True, text=True, check=False)
        peak = int((self.folder / "peak").read_text())
        return self.note(command, Run(done.returncode, done.stdout, done.stderr, peak))

    def note(self, command: str, run: Run) -> Run:
        """Remember a run as the last of its command, and the one before it."""
        self.earlier, self.last, self.runs[command] = self.last, run, run
        return run

    def copy_release(self) -> Path:
        """Copy the scenario's release into its folder, once, and use the copy from now on."""
        copy = self.folder / "release"
        if not copy.exists():
            shutil.copytree(device.read_release(self.release).folder, copy)
            self.release = str(copy)
        return copy


@contextmanager
def write_limit(size: int | None) -> Iterator[None]:
    """Let this process write no file beyond a size in bytes, as a full disk would; None is no limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, before if size is None else (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def relock(folder: Path) -> None:
    """Write a release folder's list of digests anew, as locking another release would."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{digest(path)}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A working place of its own for each scenario."""
    return Bench(tmp_path)
