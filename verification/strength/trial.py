"""Runs scenarios against one mutant after another, in a copy of the tree. A program of its own, which `prove` starts.

It imports nothing of ours, but once what the scenarios need of libraries, and forks for each mutant: so a mutant costs
little more than its scenarios, and whatever it does ends with its process. A request comes in and its answer goes out
as a line of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypedDict

import pytest
from pytest_bdd.feature import get_feature
from pytest_bdd.scenario import scenario_wrapper_template_registry

PASSED, FAILED, TIMED_OUT, CRASHED = "passed", "failed", "timed out", "crashed"
START_SECONDS = 60.0
"""How long a mutant may take until its first scenario starts."""

LARGEST_FILE, LARGEST_PROCESS = 2**30, 2**34
"""Bytes that a mutant may write to a file and reserve, should it have lost its own limits."""


class Linked(TypedDict):
    """A scenario by what pytest-bdd knows of it, the requirements it is linked to, and the seconds it may take."""

    key: tuple[str, int, int | None]
    requirements: list[str]
    limit: float


class Trial(TypedDict):
    """A request: a file with a fault, or None, and the scenarios to run until one of each requirement fails."""

    file: str | None
    source: str | None
    scenarios: list[Linked]


class Answer(TypedDict):
    """Outcome and seconds of each scenario that was run, by its number; what was imported; why nothing ran, if so."""

    outcomes: dict[int, str]
    seconds: dict[int, float]
    modules: list[str]
    message: str


# --- the process that forks -------------------------------------------------------------------------------------------


def serve(root: Path) -> None:
    """Answer requests, a line each, until there are no more: names of modules to import, or a trial."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # what was forked is ended with it
    for line in sys.stdin:
        request = json.loads(line)
        answer = preload(root, request) if isinstance(request, list) else try_out(root, request)
        print(json.dumps(answer), flush=True)


def preload(root: Path, modules: list[str]) -> int:
    """Import libraries, so that no fork has to, and parse the feature files; returns how many modules were imported."""
    for name in modules:
        with suppress(Exception):
            importlib.import_module(name)
    for path in sorted((root / "verification" / "features").rglob("*.feature")):
        with suppress(Exception):  # what cannot be parsed fails again where it is needed
            get_feature(str(path.parent), path.name)
    return sum(name in sys.modules for name in modules)


def try_out(root: Path, trial: Trial) -> Answer:
    """Run the scenarios of a trial in forks; one that hangs or dies counts as failed, and the others go on."""
    answer: Answer = {"outcomes": {}, "seconds": {}, "modules": [], "message": ""}
    with _fault(root, trial):
        while True:
            at, how = _fork(root, trial, answer)
            if at is not None:
                answer["outcomes"][at] = how
            elif how:
                answer["message"] = answer["message"] or how
            if at is None:
                return answer


@contextmanager
def _fault(root: Path, trial: Trial) -> Iterator[None]:
    """Put the fault into its file, and take it out again."""
    if trial["file"] is None or trial["source"] is None:
        yield
        return
    path = root / trial["file"]
    sound = path.read_bytes()
    path.write_text(trial["source"], encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(sound)


def _fork(root: Path, trial: Trial, answer: Answer) -> tuple[int | None, str]:
    """Run what has no outcome yet; returns the scenario at which the fork hung or died, and how, or why none ran."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _run(root, trial, answer, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as told:
            return _watch(told, trial, answer)
    finally:
        for end in (os.killpg, os.kill):  # it may not have made a group of its own yet
            with suppress(ProcessLookupError):
                end(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        shutil.rmtree(root.parent / "run", ignore_errors=True)


def _watch(told: IO[bytes], trial: Trial, answer: Answer) -> tuple[int | None, str]:
    at: int | None = None
    limit, pending = START_SECONDS, b""
    while True:
        ready, _, _ = select.select([told], [], [], limit)
        chunk = os.read(told.fileno(), 65536) if ready else b""
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            name, *values = json.loads(line)
            if name == "start":
                at, limit = values[0], trial["scenarios"][values[0]]["limit"]
            elif name == "end":
                answer["outcomes"][values[0]], answer["seconds"][values[0]] = values[1], values[2]
                at, limit = None, START_SECONDS
            elif name == "done":
                answer["modules"], answer["message"] = values
                return (None, answer["message"]) if at is None else (at, CRASHED)  # it interrupted pytest
        if not chunk:  # silence for too long, or the end of the process
            how = CRASHED if ready else TIMED_OUT
            return at, how if at is not None else f"{how} before a scenario ran"


# --- the fork ---------------------------------------------------------------------------------------------------------


def _run(root: Path, trial: Trial, answer: Answer, writing: int) -> None:
    """Run pytest in this process, say what becomes of each scenario, and end the process."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setpgid(0, 0)  # with all that it starts, it can be ended
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_AS, (LARGEST_PROCESS, LARGEST_PROCESS))
        before = set(sys.modules)
        runner = _Runner(root, trial, answer, writing)
        options = [
            "-p", "pytest_bdd.plugin", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings",
            "-p", "no:faulthandler", "--assert=plain", "--capture=no", "--import-mode=importlib",
            "--override-ini=addopts=", f"--rootdir={root}", f"--basetemp={root.parent / 'run'}", "verification",
        ]  # fmt: skip
        pytest.main(options, plugins=[runner])
        runner.tell("done", _libraries(root, before), runner.message)
    finally:
        os._exit(0)


def _libraries(root: Path, before: set[str]) -> list[str]:
    """The modules that were imported from elsewhere than the tree, in order."""
    ours = {path.name.removesuffix(".py") for path in root.iterdir()}
    return [name for name in sys.modules if name not in before and name.partition(".")[0] not in ours]


def scenario_key(item: Any, root: Path) -> tuple[str, int, int | None] | None:
    """What a test of pytest runs: file, line and row of a scenario (`Scenario.key`); None if it runs none."""
    function = getattr(item, "function", None)
    template = scenario_wrapper_template_registry.get(function) if function is not None else None
    if template is None:
        return None
    path = Path(template.feature.filename).resolve()
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    indices: dict[str, int] = getattr(getattr(item, "callspec", None), "indices", {})
    return file, template.line_number, indices.get("_pytest_bdd_example")


class _Runner:
    """A plugin of pytest that runs the scenarios of a trial in their order, each only if its outcome can matter."""

    def __init__(self, root: Path, trial: Trial, answer: Answer, writing: int) -> None:
        self.root, self.scenarios, self.writing, self.message = root, trial["scenarios"], writing, ""
        self.done = set(answer["outcomes"])
        self.noticed = {
            one for n, how in answer["outcomes"].items() if how != PASSED for one in self.scenarios[n]["requirements"]
        }
        self.numbers: dict[str, int] = {}
        self.failed, self.started = False, 0.0

    @pytest.fixture
    def observe(self) -> Callable[[str], None]:
        """What steps tell the test report, nobody reads here."""
        return lambda _text: None

    def tell(self, *what: object) -> None:
        os.write(self.writing, json.dumps(what).encode() + b"\n")

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.message = self.message or " ".join(report.longreprtext.split())[-300:]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        found = {scenario_key(item, self.root): item for item in items}
        keys = [(one["key"][0], one["key"][1], one["key"][2]) for one in self.scenarios]
        wanted = [(n, found.get(key)) for n, key in enumerate(keys) if n not in self.done]
        missing = [":".join(map(str, self.scenarios[n]["key"][:2])) for n, item in wanted if item is None]
        if missing:
            self.message = self.message or f"pytest does not collect {', '.join(missing)}"
        items[:] = [item for _, item in wanted if item is not None]
        self.numbers = {item.nodeid: n for n, item in wanted if item is not None}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> bool | None:
        if self.noticed.issuperset(self.scenarios[self.numbers[item.nodeid]]["requirements"]):
            return True  # every requirement that it is linked to has noticed the fault
        self.failed, self.started = False, time.perf_counter()
        self.tell("start", self.numbers[item.nodeid])
        return None

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed = self.failed or not report.passed

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        n, seconds = self.numbers[nodeid], time.perf_counter() - self.started
        if self.failed:
            self.noticed.update(self.scenarios[n]["requirements"])
        self.tell("end", n, FAILED if self.failed else PASSED, round(seconds, 3))


if __name__ == "__main__":
    serve(Path(sys.argv[1]).resolve())
