"""What the device's tests share: test images, and a release whose score is the mean gray of its input."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import device
from device.training.recipe import read_recipe
from device.training.release_folder import describe_release, write_release
from device.types import Unbuilt
from verification.steps.radiographs import radiograph, save

BRIGHTNESS = Path(__file__).parent / "brightness"


@pytest.fixture(scope="session")
def release() -> device.Release:
    return device.read_release(BRIGHTNESS)


@pytest.fixture(scope="session")
def adult() -> device.Release:
    return device.read_release("adult-nih")


@pytest.fixture
def unbuilt(tmp_path: Path) -> device.Release:
    """The adult release as it would be without its weights."""
    recipe = read_recipe("adult-nih").recipe
    said = Unbuilt(reason="its images are elsewhere", command="clearway train adult-nih --data DIR")
    write_release(tmp_path / "adult-nih", describe_release(recipe, None, None, said), None, {})
    return device.read_release(tmp_path / "adult-nih")


@pytest.fixture
def image(tmp_path: Path) -> Callable[..., Path]:
    """Write a radiograph with the attributes that a test wants otherwise, and return its path."""

    def write(name: str = "image.dcm", **overrides: Any) -> Path:
        return save(radiograph(**overrides), tmp_path / name)

    return write


@pytest.fixture
def clearway(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[dict[str, Any]], str]]:
    """Run a command with --json in process: exit status, records, stderr."""

    def run(*argv: object) -> tuple[int, list[dict[str, Any]], str]:
        status = device.main([*map(str, argv), "--json"])
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in io.StringIO(out)], err

    return run


def codes(result: device.GateResult | device.Analysis) -> list[str]:
    return [one.code for one in result.rejections]
