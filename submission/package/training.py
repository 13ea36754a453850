"""A training run as one page of HTML, from the evidence of `clearway train report`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from submission.package.pages import render
from verification.evidence import TrainingRun


class TrainingPageError(Exception):
    """The file is no evidence of a training run; the message names it and what to do."""


def render_training(path: Path) -> str:
    """The page of the run that this evidence is of.

    Raises:
        TrainingPageError: the file cannot be read, or is of another schema.
    """
    try:
        run = msgspec.json.decode(path.read_bytes(), type=TrainingRun)
    except (OSError, msgspec.DecodeError) as error:
        hint = "name a file that `clearway train report` made"
        raise TrainingPageError(f"{path}: not of a training run: {error}; {hint}") from error
    return render("_training.html", {"run": run})
