"""When: the device is run. One sentence says on what and how."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from pytest_bdd import parsers, when

import device
from verification.steps import radiographs
from verification.steps.bench import Bench, Run, write_limit
from verification.steps.given.research import ASSERTIONS

COMMANDS = {"judges": "gate", "analyzes": "analyze"}
FAILED, MOST_TRIES = 4, 100


@when(
    parsers.re(
        r"the device (?P<does>judges|analyzes) (?P<what>it|the folder)"
        r"(?P<how>(?! beside| \d+ times| with a codec| while).*)"
    )
)
def drive(bench: Bench, does: str, what: str, how: str) -> None:
    """Run `gate` or `analyze`; of one file that the gate does not accept, ask for its analysis too."""
    command, (options, in_process, limit) = COMMANDS[does], read_manner(bench, how)
    target = bench.file() if what == "it" else bench.path if bench.path and bench.path.is_dir() else bench.images
    if in_process:
        with write_limit(limit):
            bench.run(command, target, *options)
    else:
        bench.shell(command, target, *options)
    if command == "gate" and what == "it" and "--json" in options and bench.last.result["outcome"] != "accepted":
        bench.run("analyze", target, *options)


def read_manner(bench: Bench, how: str) -> tuple[list[str], bool, int | None]:
    """Read what follows the verb: the options it means, whether in this process, how much a file may hold."""
    options = [] if "for people to read" in how else ["--json"]
    if found := re.search(r" by the release (\S+)", how):
        bench.release = found[1]
    if "through research intake" in how:
        options += ["--intake", "research"]
        options += [f"--assert={keyword}={value}" for keyword, value in bench.asserted.items()]
        options += ["--manifest", str(bench.manifest)] if bench.manifest else []
    if "with reports" in how:
        options += ["--output", str(bench.reports)]
    if found := re.search(r" by (\d+) processes", how):
        options += ["--jobs", found[1]]
    limit = re.search(r", able to write (\d+) bytes to a file", how)
    known = (
        r" by the release \S+| by \d+ processes| through research intake| with reports| for people to read"
        r"| in a process of its own"
    )
    rest = re.sub(rf"{known}|, able to write \d+ bytes to a file", "", how)
    assert not rest, f"the device {rest.strip()}: no step knows how"
    return options, "in a process of its own" not in how, int(limit[1]) if limit else None


@when("the device analyzes it beside the plain image of what it shows")
def analyse_beside_plain(bench: Bench) -> None:
    """Run `analyze --json` on the image, then on the plain image of what it should show."""
    plain = radiographs.save(bench.plain, bench.images / "plain.dcm")
    bench.run("analyze", bench.file(), "--json")
    bench.run("analyze", plain, "--json")


@when("the device analyzes the published file itself through research intake")
def analyse_published(bench: Bench) -> None:
    """Run `analyze --json --intake research` on the published file as it lies, with what is asserted of it."""
    assertions = [f"--assert={keyword}={value}" for keyword, value in ASSERTIONS.items()]
    bench.run("analyze", bench.published, "--json", "--intake", "research", *assertions)


@when("the device is called without arguments")
def call_without_arguments(bench: Bench) -> None:
    """Run `clearway` in this process without arguments."""
    bench.call()


@when(parsers.re(r"the device is called with `(?P<arguments>[^`]*)`$"))
def call(bench: Bench, arguments: str) -> None:
    """Run `clearway` in this process with these words, `{file}` and the like filled in; note a RuntimeError."""
    try:
        bench.call(*fill_in(bench, arguments))
    except RuntimeError as error:  # asked for by CLEARWAY_DEBUG; whatever else is raised is a fault of the scenario
        bench.raised.append(error)


def fill_in(bench: Bench, arguments: str) -> list[str]:
    """The words of a command line, `{file}`, `{folder}` and `{release}` in them replaced by the scenario's own."""
    known: dict[str, Callable[[], Path]] = {
        "file": bench.file, "folder": lambda: bench.images, "release": bench.copy_release,
        "node": lambda: bench.node.file, "results": lambda: bench.results, "summary": lambda: bench.summary,
    }  # fmt: skip
    return [re.sub(r"\{(\w+)\}", lambda name: str(known[name[1]]()), word) for word in arguments.split()]


@when(parsers.parse("the device is called with `{arguments}` for a reader that has gone"))
def call_for_nobody(bench: Bench, arguments: str) -> None:
    """Run `clearway` in a process of its own, its standard output a pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    program = "import sys, device; sys.exit(device.main())"  # as the installed script does
    command = [sys.executable, "-c", program, *fill_in(bench, arguments)]
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    try:
        done = subprocess.run(
            command, cwd=bench.folder, env=plain, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writing)
    bench.note("", Run(done.returncode, "", done.stderr))


@when("the device prints its analysis to a full disk")
def print_to_full_disk(bench: Bench) -> None:
    """Run `analyze --json` in this process, its standard output a device that is always full."""
    err, arguments = io.StringIO(), ["analyze", str(bench.file()), "--release", bench.release, "--json"]
    with suppress(OSError), Path("/dev/full").open("w", encoding="utf-8") as full:  # closing it tries to write again
        with redirect_stdout(full), redirect_stderr(err):
            status = device.main(arguments)
        bench.note("analyze", Run(status, "", err.getvalue()))


@when("a program asks the device for its report through research intake")
def ask_for_report(bench: Bench) -> None:
    """Call `device.analyze` with the folder of reports through research intake; note a ValueError as exit status 1."""
    release, research = device.read_release(bench.release), device.Intake.RESEARCH
    try:
        analysis = device.analyze(bench.file(), release, intake=research, output=bench.reports)
        bench.note("analyze", Run(0, str(analysis), ""))
    except ValueError as error:
        bench.note("analyze", Run(1, "", str(error)))


@when("a program asks the device to judge and to analyze it")
def ask_both(bench: Bench) -> None:
    """Call `device.gate`, then `device.analyze`; note what each returns or raises."""
    for ask in (device.gate, device.analyze):
        ask_device(bench, lambda ask=ask: ask(bench.file(), device.read_release(bench.release)))  # type: ignore[misc]


@when("a program asks the device to analyze it through research intake")
def ask_research(bench: Bench) -> None:
    """Call `device.analyze` through research intake with what is asserted; note what it returns or raises."""
    release, intake = device.read_release(bench.release), device.Intake.RESEARCH
    ask_device(bench, lambda: device.analyze(bench.file(), release, intake, bench.asserted))


def ask_device(bench: Bench, ask: Callable[[], device.Analysis | device.GateResult]) -> None:
    """Call the device's interface for programs; note what it returns or raises."""
    try:
        bench.answers.append(ask())
    except ValueError as error:
        bench.raised.append(error)


REPLACING = """
import os, shutil, sys
while True:
    for source in sys.argv[2:]:
        shutil.copy(source, sys.argv[1] + ".new")
        os.replace(sys.argv[1] + ".new", sys.argv[1])
"""
WRITING = """
import sys, time
with open(sys.argv[1], "ab", buffering=0) as file:
    while True:
        file.write(bytes(2))
        time.sleep(0.0005)
"""


@contextmanager
def meanwhile(program: str, *arguments: Path) -> Iterator[None]:
    """Let another program run on a file, once it has changed the file for the first time, until this is left."""
    before = arguments[0].stat()
    with subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)]) as process:
        try:
            while (now := arguments[0].stat()).st_mtime_ns == before.st_mtime_ns and now.st_ino == before.st_ino:
                assert process.poll() is None
                time.sleep(0.001)
            yield
        finally:
            process.kill()


@when(parsers.parse("the device analyzes it {count:d} times with reports while another program keeps replacing it"))
def analyse_while_replaced(bench: Bench, count: int) -> None:
    """Run `analyze --output` so many times, each with its own reports, while one of the two takes its place."""
    path = bench.folder / "inbox" / "image.dcm"
    path.parent.mkdir()
    path.write_bytes(bench.file().read_bytes())
    with meanwhile(REPLACING, path, *sorted(bench.images.iterdir())):
        for number in range(count):
            bench.run("analyze", path, "--json", "--output", str(bench.reports / str(number)))


@when("the device judges it while another program keeps writing to it")
def judge_while_written(bench: Bench) -> None:
    """Run `gate --json` and `analyze --json` while two bytes at a time are appended.

    Each again while it was faster than the other program, which on a busy computer may write nothing meanwhile.
    """
    with meanwhile(WRITING, bench.file()):
        for command in ("gate", "analyze"):
            for _ in range(MOST_TRIES):
                if bench.run(command, bench.file(), "--json").status == FAILED:
                    break


FAULTY = """
import os, sys, time
import imagecodecs
import device

whole = imagecodecs.jpegls_decode

def jpegls_decode(data):
    if int.from_bytes(data[data.index(b"\\xff\\xf7") + 5 :][:2], "big") == 513:
        {fault}
    return whole(data)

imagecodecs.jpegls_decode = jpegls_decode
{limit}
sys.exit(device.main())
"""
FAULTS = {
    "ends its process": ("os.abort()", ""),
    "leaves its process": ("os._exit(0)", ""),
    "takes ten seconds": ("time.sleep(10)", "from device import decoding; decoding.DECODING_SECONDS = 1.0"),
    "reserves 4 GB": ("bytearray(4 * 10**9)", ""),
}


@when(parsers.parse("the device analyzes the folder with a codec that {what} at 513 rows"))
def analyse_with_faulty_codec(bench: Bench, what: str) -> None:
    """Run `analyze --json` in a process of its own in which the library's decoder does that; a second is its limit."""
    fault, limit = FAULTS[what]
    program = [sys.executable, "-c", FAULTY.format(fault=fault, limit=limit)]
    arguments = [*program, "analyze", str(bench.images), "--release", bench.release, "--json"]
    done = subprocess.run(arguments, cwd=bench.folder, capture_output=True, text=True, check=False)
    bench.note("analyze", Run(done.returncode, done.stdout, done.stderr))


KILLED = """
import os, sys
import device
from device import dicom

whole = dicom.open_regular

def open_regular(path):
    if path.name == sys.argv[1]:
        os.kill(os.getpid(), 9)
    return whole(path)

dicom.open_regular = open_regular
sys.exit(device.main(sys.argv[2:]))
"""


@when(parsers.parse("the device analyzes the folder while one of {count:d} processes is killed at {name}"))
def analyse_with_killed_process(bench: Bench, count: int, name: str) -> None:
    """Run `analyze --json --jobs` in a process of its own; the one of its processes that opens this file is killed."""
    arguments = ["analyze", str(bench.images), "--release", bench.release, "--json", "--jobs", str(count)]
    command = [sys.executable, "-c", KILLED, name, *arguments]
    done = subprocess.run(command, cwd=bench.folder, capture_output=True, text=True, check=False)
    bench.note("analyze", Run(done.returncode, done.stdout, done.stderr))


@when("each image is analyzed with a report, and the time is taken")
def take_time(bench: Bench) -> None:
    """Analyze every file of the scenario, one after the other, from the file to the report on disk."""
    release = device.read_release(bench.release)
    for path in sorted(bench.images.iterdir()):
        start = time.perf_counter()
        bench.answers.append(device.analyze(path, release, output=bench.reports))
        bench.seconds.append(time.perf_counter() - start)


@when(parsers.parse("the file of results is cut, to this number of lines and of characters: {lines:d}, {count:d}"))
def cut_results(bench: Bench, lines: int, count: int) -> None:
    """Leave of the file of results what a run leaves that is ended there; keep what it was."""
    bench.whole = bench.results.read_bytes()
    *kept, cut = bench.whole.splitlines(keepends=True)[: lines + 1]
    bench.results.write_bytes(b"".join(kept) + cut[:count])


@when(parsers.parse("each of {of:d} shares of the folder is judged into a file of its own"))
def judge_shares(bench: Bench, of: int) -> None:
    """Run `gate --record --shard` for each share."""
    for number in range(1, of + 1):
        bench.call("gate", "--record", f"{bench.results}.{number}", "--shard", f"{number}/{of}", str(bench.images))


# --- a node of the network --------------------------------------------------------------------------------------------
