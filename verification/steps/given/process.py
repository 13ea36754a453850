"""Given: the process in which the device runs: its environment, its other commands and libraries."""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import sys

import pytest
from PIL import ImageFile
from pytest_bdd import given, parsers

from verification.steps import faults
from verification.steps.bench import Bench


@given(parsers.parse("the environment variable {name} is {value}"))
def environment(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Set an environment variable of this process until the scenario ends."""
    monkeypatch.setenv(name, value)


@given(parsers.parse("a command that meets {what}"))
def faulty_command(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Register a command `met` that runs the function of `faults` named by these words."""
    register(monkeypatch, f"verification.steps.faults:{'_'.join(what.split())}")


@given("a command of the training that meets a missing library")
def faulty_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a command `met` of the training, whose function needs a library that is not installed."""
    monkeypatch.setitem(sys.modules, "device.training.met", faults)
    register(monkeypatch, "device.training.met:a_missing_library")


def register(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Install a command `met`, as a room does."""
    installed = importlib.metadata.entry_points

    def found(**selected: str) -> importlib.metadata.EntryPoints:
        point = importlib.metadata.EntryPoint("met", function, selected["group"])
        return importlib.metadata.EntryPoints([*installed(**selected), point])

    monkeypatch.setattr(importlib.metadata, "entry_points", found)


@given("another library of the process lets truncated images pass")
def truncated_images_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set Pillow's switch LOAD_TRUNCATED_IMAGES until the scenario ends, as another library may."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)


@given(parsers.parse("the umask of the process is {mask}"))
def umask(request: pytest.FixtureRequest, mask: str) -> None:
    """Set the umask (octal) of this process until the scenario ends."""
    before = os.umask(int(mask, 8))
    request.addfinalizer(lambda: os.umask(before))


@given("the folder of the reports holds what a killed run left, and what another run is writing")
def unfinished(bench: Bench, request: pytest.FixtureRequest) -> None:
    """Two files of a name that ends with .sr.unfinished: one that nobody holds, one that a process has locked."""
    bench.reports.mkdir()
    (bench.reports / ".left.sr.unfinished").write_bytes(b"half a report")
    file = (bench.reports / ".held.sr.unfinished").open("wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    request.addfinalizer(file.close)
