"""Watches which functions of the product run while a scenario runs, in its process and in those that it starts.

It is coverage.py with a context for each scenario. Lines are traced, and a function is entered when one of its own
lines runs.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from coverage import Coverage, CoverageData
from coverage.exceptions import DataError

from verification.evidence import Project
from verification.sources.units import Unit, read_units

_ENVIRONMENT = "COVERAGE_PROCESS_START"
_OTHER_PROCESS = """\
[run]
core = ctrace
data_file = {data_file}
parallel = true
include = {folder}/*
omit = {omitted}
disable_warnings = no-data-collected
"""
"""How coverage.py watches a Python process that a scenario starts: its own .pth file reads this."""


class Watch:
    """What the product's functions did, scenario by scenario. What only makes it is not watched: nothing here runs it.

    Other processes write what they saw into a folder of their own in `scratch`.
    """

    def __init__(self, project: Project, scratch: Path | None = None) -> None:
        self._package = project.product.package
        self._folder = project.root / self._package
        self._omitted = [f"{self._folder}/{each}/*" for each in project.product.development]
        functions = [each for each in read_units(project, project.product.code).values() if each.is_function]
        self._function_at = _function_at(project, functions)
        self._on_one_line = {
            each.id for each in functions if each.lines.start == each.line
        }  # its line runs to define it
        self._coverage = Coverage(data_file=None, config_file=False, include=[f"{self._folder}/*"], omit=self._omitted)
        self._coverage.set_option("run:core", "ctrace")  # the one that can change contexts
        self._coverage.set_option("run:disable_warnings", ["no-data-collected"])
        self._others = tempfile.TemporaryDirectory(prefix="clearway-watch-", dir=scratch)
        self._before = os.environ.get(_ENVIRONMENT)
        self._is_on = False
        self._scenario: str | None = None

    def start(self) -> None:
        """Begin. What runs before the first scenario is the import of the product."""
        settings = Path(self._others.name, "settings")
        data_file = Path(self._others.name, "process")
        omitted = "".join(f"\n    {each}" for each in self._omitted)
        said = _OTHER_PROCESS.format(data_file=data_file, folder=self._folder, omitted=omitted)
        settings.write_text(said, encoding="utf-8")
        os.environ[_ENVIRONMENT] = str(settings)
        self._turn(on=True)
        _load(self._package, self._folder)

    def stop(self) -> None:
        """End, and leave the process as it was."""
        self._turn(on=False)
        self._others.cleanup()
        os.environ.pop(_ENVIRONMENT)
        if self._before is not None:
            os.environ[_ENVIRONMENT] = self._before

    def begin(self, scenario: str) -> None:
        """Ascribe what runs from now on to a scenario, which starts with nothing remembered from the one before."""
        _forget(self._folder)
        self._turn(on=True)
        self._scenario = scenario
        self._coverage.switch_context(scenario)

    def pause(self) -> None:
        """Look away while nothing of the scenario runs: a traced process is slow."""
        self._turn(on=False)

    def resume(self) -> None:
        """Look again, if there is a scenario."""
        self._turn(on=self._is_on or self._scenario is not None)

    def end(self) -> tuple[str, ...]:
        """The functions that the scenario entered, sorted; in other processes, those beyond the import."""
        self.resume()
        self._coverage.switch_context("")
        entered = set(self._functions(self._coverage.get_data(), self._scenario))
        for path in Path(self._others.name).glob("process.*"):
            entered |= self._entered_elsewhere(path)
        self._turn(on=False)
        self._scenario = None
        return tuple(sorted(entered))

    def on_import(self) -> tuple[str, ...]:
        """The functions that ran when the product was imported, sorted."""
        return tuple(sorted(self._imported() - self._on_one_line))

    def _imported(self) -> set[str]:
        return set(self._functions(self._coverage.get_data(), ""))

    def _turn(self, *, on: bool) -> None:
        if on and not self._is_on:
            self._coverage.start()
        elif self._is_on and not on:
            self._coverage.stop()
        self._is_on = on

    def _entered_elsewhere(self, path: Path) -> set[str]:
        """What another process entered beyond the import; nothing where it was killed before it could say."""
        data = CoverageData(str(path))
        try:
            data.read()
            return set(self._functions(data)) - self._imported()
        except DataError:
            return set()
        finally:
            path.unlink()

    def _functions(self, data: CoverageData, context: str | None = None) -> Iterator[str]:
        if context is not None:
            data.set_query_context(context)
        for file in data.measured_files():
            found = self._function_at.get(file, {})
            yield from (found[line] for line in data.lines(file) or () if line in found)


def _load(package: str, folder: Path) -> None:
    """Have the product load its parts now: it may do so when it is first asked for one, which some scenario would be.

    A product that is not of this folder is not watched, and stays as it is.
    """
    found = importlib.util.find_spec(package)
    if found and (found.origin or "").startswith(f"{folder}/"):
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", ()):
            getattr(module, name, None)


def _function_at(project: Project, functions: Iterable[Unit]) -> dict[str, dict[int, str]]:
    """By file and line, the function whose code it is. The line of `def` runs with what is around it."""
    found: dict[str, dict[int, str]] = {}
    for each in functions:
        found.setdefault(str(project.root / each.file), {}).update(dict.fromkeys(each.lines, each.id))
    return found


def _forget(folder: Path) -> None:
    """Empty the caches of the product's functions: a scenario enters what it rests on, whatever ran before it."""
    for value in _values(folder):
        clear = getattr(value, "cache_clear", None)
        if clear:
            clear()


def _values(folder: Path) -> Iterable[object]:
    modules = [module for module in tuple(sys.modules.values()) if module is not None]
    inside = [module for module in modules if (getattr(module, "__file__", None) or "").startswith(f"{folder}/")]
    return [value for module in inside for value in tuple(vars(module).values())]
