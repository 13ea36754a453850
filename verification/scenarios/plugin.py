"""The recorder: a pytest plugin that writes down what became of every scenario, for `clearway verify` or on its own.

Of each scenario it also notes which functions of the product it entered, from set-up to teardown (`watch`).

With `--record FILE` each outcome is appended to FILE as it happens, a JSON line each, so that what a crash leaves is
still true. Without it, the same goes to `build/evidence/verification.partial.json` and a summary to the terminal.
Counting what should have run is not its business: `verification.scenarios.verify` compares with the feature files.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pytest_bdd.parser import Step

from verification.evidence import Project, ProjectError, ResultStatus, find_project
from verification.scenarios.refusals import WARNINGS, find_step_fault, find_strangers, wait_for_threads
from verification.scenarios.verify import (
    CollectionError,
    Imported,
    Line,
    Outcome,
    StepOutcome,
    TookPart,
    write_partial,
)
from verification.scenarios.watch import Watch
from verification.sources.scenarios import Scenario, read_scenarios
from verification.strength.trial import scenario_key

_LONGEST_MESSAGE = 2000


@dataclass(slots=True)
class _Step:
    status: ResultStatus | None = None
    observed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Running:
    """What is known so far of the scenario that a pytest item runs."""

    key: tuple[str, int, int | None]
    threads: frozenset[threading.Thread] = field(default_factory=lambda: frozenset(threading.enumerate()))
    steps: list[_Step] = field(default_factory=list)
    status: ResultStatus = ResultStatus.NOT_RUN
    message: str | None = None


_RUNNING = pytest.StashKey[_Running]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the recorder's options."""
    group = parser.getgroup("clearway")
    group.addoption("--record", metavar="FILE", help="append each scenario's outcome to FILE, a JSON object a line")
    group.addoption(
        "--share", metavar="K/N", default="0/1", help="run each Nth scenario from the Kth on, counted from 0"
    )
    group.addoption("--only", metavar="ID", action="append", default=[], help="run the scenarios that ID names")


def pytest_configure(config: pytest.Config) -> None:
    """Register the recorder, and every tag of the feature files as a marker (`pytest -m SRS-003`)."""
    try:
        project = find_project(config.rootpath)
    except ProjectError as error:
        raise pytest.UsageError(str(error)) from error
    recorder = _Recorder(config, project, read_scenarios(project)[0])
    for warning in WARNINGS:
        config.addinivalue_line("filterwarnings", warning)
    for tag in sorted({tag for scenario in recorder.scenarios.values() for tag in scenario.tags}):
        config.addinivalue_line("markers", f"{tag}: a tag of the feature files")
    config.pluginmanager.register(recorder, "clearway-recorder")
    recorder.watch.start()


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Attach a text, what was observed, to the step that runs; it appears in the test report."""

    def attach(text: str) -> None:
        running = request.node.stash.get(_RUNNING, None)
        if running is None or not running.steps:
            raise ValueError("observe(text): expected to be called by a step of a scenario, received a call outside")
        running.steps[-1].observed.append(str(text))

    return attach


class RefusedError(Exception):
    """What ran is no evidence, whatever became of it."""


class _Recorder:
    """Follows each scenario through set-up, steps and teardown; only a pass of all three is a pass."""

    def __init__(self, config: pytest.Config, project: Project, scenarios: tuple[Scenario, ...]) -> None:
        self.config, self.project = config, project
        self.scenarios = {scenario.key: scenario for scenario in scenarios}
        self.record = Path(config.getoption("--record")) if config.getoption("--record") else None
        self.lines: list[Line] = []
        self.faults: dict[tuple[str, str, str], str] = {}
        self.watch = Watch(project, self.record.parent if self.record else None)

    # --- what runs ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        for item in items:
            key = scenario_key(item, self.project.root)
            if key is not None:
                item.stash[_RUNNING] = _Running(key)
        selectors = config.getoption("--only")
        if selectors:
            wanted = [item for item in items if self._is_wanted(item, selectors)]
            config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
            items[:] = wanted
        share, of = map(int, config.getoption("--share").split("/"))
        items[:] = items[share::of]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write(CollectionError(where=report.nodeid or ".", message=self._clean(report.longreprtext)))

    def _is_wanted(self, item: pytest.Item, selectors: list[str]) -> bool:
        running = item.stash.get(_RUNNING, None)
        scenario = self.scenarios.get(running.key) if running else None
        return scenario is not None and any(scenario.is_named_by(selector) for selector in selectors)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if _RUNNING in item.stash:
            self.watch.begin(item.nodeid)
            item.stash[_RUNNING].threads = frozenset(threading.enumerate())
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        result = yield
        if _RUNNING in item.stash and (said := wait_for_threads(item.stash[_RUNNING].threads)):
            raise RefusedError(said)
        return result

    # --- what became of each step; between steps, pytest-bdd's own work is not watched ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self) -> None:
        self.watch.resume()

    def pytest_bdd_before_scenario(self) -> None:
        self.watch.pause()

    def pytest_bdd_before_step(self, request: pytest.FixtureRequest, step: Step, step_func: Callable[..., Any]) -> None:
        running = request.node.stash[_RUNNING]
        running.steps.append(_Step())
        key = request.node.parent.nodeid, step.type, step.name
        if key not in self.faults:
            self.faults[key] = find_step_fault(request, step, step_func)
        if said := self.faults[key]:
            running.status = running.steps[-1].status = ResultStatus.ERROR
            raise RefusedError(f"{step.keyword} {step.name}: {said}")

    @pytest.hookimpl(trylast=True)
    def pytest_bdd_before_step_call(self) -> None:
        self.watch.resume()

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_after_step(self, request: pytest.FixtureRequest) -> None:
        self.watch.pause()
        request.node.stash[_RUNNING].steps[-1].status = ResultStatus.PASSED

    def pytest_bdd_after_scenario(self) -> None:
        self.watch.resume()

    def pytest_bdd_step_func_lookup_error(self, request: pytest.FixtureRequest) -> None:
        running = request.node.stash[_RUNNING]
        running.steps.append(_Step(ResultStatus.UNDEFINED))
        running.status = ResultStatus.UNDEFINED

    # --- what became of the scenario ---

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # outermost: sees what xfail and skip made of the report
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        running = item.stash.get(_RUNNING, None)
        if running is not None:
            self._note(running, report)
            if report.when == "teardown":
                self._write(self._outcome(running, self.watch.end()))
        return report

    def _note(self, running: _Running, report: pytest.TestReport) -> None:
        status = _status(report)
        if status is not None and running.status in (ResultStatus.NOT_RUN, ResultStatus.PASSED):
            running.status = status
        if status not in (None, ResultStatus.PASSED) and running.message is None:
            running.message = self._message(report)

    def _outcome(self, running: _Running, entered: tuple[str, ...]) -> Outcome:
        for step in running.steps:
            step.status = step.status or running.status
        file, line, row = running.key
        steps = tuple(
            StepOutcome(status=step.status or ResultStatus.NOT_RUN, observed=self._clean("\n".join(step.observed)))
            for step in running.steps
        )
        return Outcome(
            file=file, line=line, row=row, status=running.status, message=running.message, steps=steps, entered=entered
        )

    def _message(self, report: pytest.TestReport) -> str:
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is not None:
            chain = [each[1] for each in getattr(report.longrepr, "chain", ()) if each[1] and each[1] is not crash]
            text = " because of ".join(f"{one.message} ({one.path}:{one.lineno})" for one in (crash, *chain[::-1]))
        elif isinstance(report.longrepr, tuple):  # a skip: file, line, reason
            text = str(report.longrepr[2])
        else:
            text = getattr(report, "wasxfail", "") or report.longreprtext
        return self._clean(text or f"{report.outcome} during {report.when}")

    def _clean(self, text: str) -> str:
        """Free a text of what differs from one checkout and run to the next: folders, addresses, random UIDs."""
        text = text.replace(str(self.config.getoption("basetemp")), "<tmp>").replace(f"{self.project.root}/", "")
        text = re.sub(r"\n\s*Use -v to get more diff", "", text)
        text = re.sub(re.escape(tempfile.gettempdir()) + r"/[\w.-]+", "<tmp>", text)
        text = re.sub(r"\b2\.25\.\d{20,39}", "2.25.…", text)  # PS3.5 B.2
        return re.sub(r"\b0x[0-9a-f]{6,}", "0x…", text)[:_LONGEST_MESSAGE]

    # --- where it goes ---

    def _write(self, line: Line) -> None:
        self.lines.append(line)
        if self.record:
            with self.record.open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")

    def pytest_sessionfinish(self) -> None:
        if any(isinstance(line, Outcome) for line in self.lines):
            self._write(Imported(functions=self.watch.on_import()))
        registered = self.config.pluginmanager.list_name_plugin()
        plugins = sorted(type(each).__name__ if name.isdigit() else name for name, each in registered if each)
        packages = sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names - {"__main__"})
        strangers = tuple(map(self._clean, find_strangers(self.project)))
        self._write(TookPart(plugins=tuple(plugins), packages=tuple(packages), strangers=strangers))

    def pytest_unconfigure(self) -> None:
        self.watch.stop()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.record or not self.lines:
            return
        evidence = write_partial(self.project, tuple(self.lines), tuple(self.config.invocation_params.args))
        verified = sum(result.status is ResultStatus.PASSED for result in evidence.results)
        terminalreporter.section("scenarios")
        terminalreporter.line(f"{verified} of {len(evidence.results)} scenarios passed; see verification.partial.json")


def _status(report: pytest.TestReport) -> ResultStatus | None:
    """What one phase's report says of the scenario; None if it says nothing (a set-up or teardown that passed)."""
    if hasattr(report, "wasxfail"):
        return ResultStatus.XFAILED if report.skipped else ResultStatus.XPASSED
    if report.skipped:
        return ResultStatus.SKIPPED
    if report.when != "call":
        return ResultStatus.ERROR if report.failed else None
    if report.failed and str(report.longrepr).startswith("[XPASS(strict)]"):
        return ResultStatus.XPASSED
    return ResultStatus.FAILED if report.failed else ResultStatus.PASSED
