"""The epochs of a run: what each gave, which of them counts, and when there are enough."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from device.training.recipe import Recipe, RecipeError

HISTORY = "history.csv"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch gave. AUROC and average precision are Keras's, by interpolation between 1,000 thresholds.

    The average precision is None in a run that was begun before it was measured.
    """

    epoch: int
    training_loss: float
    tuning_loss: float
    tuning_auroc: float
    tuning_average_precision: float | None = None


MEASURED = tuple(field.name for field in fields(Epoch)[1:])
OPTIONAL = MEASURED[-1]


def find_exported(history: Sequence[Epoch], recipe: Recipe) -> int:
    """The number of the epoch whose network is exported: the last, or the first of the best by the recipe's rule."""
    if recipe.stopping is None or not history:
        return len(history)
    by_loss = recipe.stopping.rule == "best_tuning_loss"

    def badness(epoch: Epoch) -> float:
        value = epoch.tuning_loss if by_loss else -epoch.tuning_auroc
        return math.inf if math.isnan(value) else value

    return min(history, key=badness).epoch


def is_finished(history: Sequence[Epoch], recipe: Recipe) -> bool:
    """Whether a run has all its epochs, or as many without a better one as the recipe has patience for."""
    patience = recipe.stopping.patience if recipe.stopping else None
    waited = len(history) - find_exported(history, recipe)
    return len(history) >= recipe.epochs or (patience is not None and waited >= patience)


def read_history(path: Path) -> list[Epoch]:
    """The epochs that a run holds; none if there is no file.

    Raises:
        RecipeError: a line is not that of an epoch.
    """
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        return [_read_epoch(row, f"{path}:{reader.line_num}") for row in reader]


def _read_epoch(row: dict[str, str], where: str) -> Epoch:
    try:
        values = {name: float(row[name]) for name in MEASURED if name != OPTIONAL or row.get(name)}
        return Epoch(int(row["epoch"]), **values)
    except (KeyError, TypeError, ValueError) as error:
        columns = ", ".join(("epoch", *MEASURED))
        raise RecipeError(f"{where}: found {row}, expected numbers {columns}; begin the run anew") from error


def render_history(history: Sequence[Epoch]) -> str:
    """The file of these epochs."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["epoch", *MEASURED], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(epoch) for epoch in history)
    return text.getvalue()
