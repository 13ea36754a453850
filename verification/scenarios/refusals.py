"""What makes a run of scenarios no evidence, whatever became of them.

A step that nothing awaits, or one of several for its sentence; a thread that goes on behind it; a module that neither
the commit nor an installed package holds.
"""

from __future__ import annotations

import functools
import inspect
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.parser import Step
from pytest_bdd.scenario import find_fixturedefs_for_step
from pytest_bdd.steps import step_function_context_registry

from verification.evidence import Project

WARNINGS = (
    "error::pytest.PytestUnhandledThreadExceptionWarning",
    "error::pytest.PytestUnraisableExceptionWarning",
    "error:coroutine .* was never awaited:RuntimeWarning",
)
"""Warnings that mean that something failed, or did not run, where no step notices it."""
PATIENCE = 5.0
"""Seconds that a thread which a scenario started may go on behind its steps."""


def find_step_fault(request: pytest.FixtureRequest, step: Step, function: Callable[..., Any]) -> str:
    """Why what a step's function does is not what its sentence says; nothing if it is.

    Args:
        request: of the scenario that runs.
        step: the sentence.
        function: what would run.
    """
    whole = _unwrap(function)
    if inspect.iscoroutinefunction(whole) or inspect.isasyncgenfunction(whole):
        return f"{_name(whole)} is async: nothing awaits it, and it would pass without running; write it without async"
    found = list(find_fixturedefs_for_step(step, request._fixturemanager, request.node))
    if len(found) < 2:
        return ""
    names = sorted(_name(_unwrap(step_function_context_registry[each.func].step_func)) for each in found)
    return f"{len(found)} definitions match it, of which one would run unseen: {', '.join(names)}; keep one of them"


def _unwrap(function: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(function, functools.partial):
        function = function.func
    whole: Callable[..., Any] = inspect.unwrap(function)
    return whole


def _name(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    return f"{function.__qualname__} ({code.co_filename}:{code.co_firstlineno})" if code else repr(function)


def wait_for_threads(before: Iterable[threading.Thread]) -> str:
    """Wait for the threads that were started since; says which of them still run after `PATIENCE`."""
    until = time.monotonic() + PATIENCE
    for thread in set(threading.enumerate()) - set(before):
        thread.join(max(0.0, until - time.monotonic()))
    left = sorted(thread.name for thread in set(threading.enumerate()) - set(before))
    if not left:
        return ""
    return f"{', '.join(left)}: a thread of the scenario still runs behind its last step; wait for it in a step"


def find_strangers(project: Project) -> Iterator[str]:
    """Yield what took part and is of neither the commit nor Python nor an installed package: name and file.

    A module in the checkout that git ignores is one: no commit holds it, and no state of the checkout tells of it.
    """
    ours, own = [], Path(__file__).resolve().parents[2]
    installed, known = _installed_folders(), metadata.packages_distributions()
    for name, path in sorted(_imported_files()):
        if any(path.is_relative_to(folder) for folder in installed):
            if name.partition(".")[0] not in known:
                yield f"{name} ({path})"
        elif path.is_relative_to(project.root) or path.is_relative_to(own):
            ours.append((name, path))
        elif not any(path.is_relative_to(folder) for folder in _standard_folders()):
            yield f"{name} ({path})"
    ignored = _find_ignored(project, [path for _, path in ours if path.is_relative_to(project.root)])
    yield from (f"{name} ({path}), which git ignores" for name, path in ours if path in ignored)


def _imported_files() -> Iterator[tuple[str, Path]]:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and name != "__main__":
            yield name, Path(file).resolve()


def _installed_folders() -> set[Path]:
    return {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}


def _standard_folders() -> set[Path]:
    return {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")}


def _find_ignored(project: Project, files: Iterable[Path]) -> set[Path]:
    names = [str(path.relative_to(project.root)) for path in files]
    listed = project.git("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", *names) if names else ""
    return {project.root / name for name in listed.split("\0") if name}
