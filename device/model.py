"""Runs a release's network. The only module that knows LiteRT."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np

from device.errors import DeviceError, ReleaseError
from device.types import ModelInput, Release, Weights

FORMAT = "litert"


def score(model_input: ModelInput, release: Release) -> float:
    """Score one image; the same input gives the same score.

    Args:
        model_input: axis order (rows, columns, 1), float32 in [0, 1], of the release's geometry.
        release: a release whose weights are built.

    Returns:
        The score, in [0, 1]; it is not a probability.

    Raises:
        ReleaseError: the release has no weights here, or they are not what was locked.
        DeviceError: the network gave something that is not a score.
        ValueError: the input is not of the release's geometry.

    Implements: SRS-026, SRS-028
    """
    if release.weights is None:
        raise ReleaseError(explain_unbuilt(release))
    expected = (release.geometry.rows, release.geometry.columns, 1)
    if model_input.shape != expected or model_input.dtype != np.float32:
        raise ValueError(f"model_input: expected float32 {expected}, received {model_input.dtype} {model_input.shape}")
    value = _run(_load(str(release.folder / release.weights.file), release.weights), model_input)
    if not 0.0 <= value <= 1.0:  # false for NaN too
        raise DeviceError(f"release {release.name}: the model gave {value}, not a score in [0, 1]")
    return value


def explain_unbuilt(release: Release) -> str:
    """Why a release cannot analyze here, and what would change that.

    Implements: SRS-028
    """
    unbuilt = release.unbuilt
    reason, command = (unbuilt.reason, unbuilt.command) if unbuilt else ("it has no weights", "clearway release list")
    return f"release {release.name} {release.version} is not built here: {reason}; to build it: {command}"


def _run(interpreter: Any, model_input: ModelInput) -> float:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], model_input[np.newaxis])
    interpreter.invoke()
    return float(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).item())


@lru_cache(maxsize=4)
def _load(path: str, weights: Weights) -> Any:
    """An interpreter of the very bytes whose digest was verified, on one thread so that sums have one order.

    Implements: SRS-025, SRS-026
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 a string is hashable at no cost
            content = file.read()
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be opened: {error.strerror}") from error
    found = sha256(content).hexdigest()
    if weights.format != FORMAT or found != weights.sha256:
        raise ReleaseError(f"{path}: found {weights.format} {found}, expected {FORMAT} {weights.sha256}")
    from ai_edge_litert.interpreter import Interpreter  # 0.3 s, and not needed to gate

    with _silence():
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


@contextmanager
def _silence() -> Iterator[None]:
    """LiteRT tells file descriptor 2 which delegate it made, and has no switch for that; faults are raised."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
