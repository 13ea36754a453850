"""Curves and sweeps of a score over its thresholds, thinned to what an eye can tell apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from verification.estimation.estimates import Cases
from verification.evidence import Figure, FigureKind, Series, Table
from verification.statistics.metrics import Floats

POINTS = 200
SENSITIVITIES = (0.99, 0.975, 0.95, 0.925, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)


def roc_figure(cases: Cases, others: Mapping[str, Floats] | None = None, name: str = "the score") -> Figure:
    """Sensitivity over 1 - specificity, for the cases' score and for `others`, (images,) by name."""
    chance = Series(name="chance", x=(0.0, 1.0), y=(0.0, 1.0))
    drawn = [_roc(cases, scores, called) for called, scores in {name: cases.scores, **(others or {})}.items()]
    return Figure(
        kind=FigureKind.LINES, title="Receiver operating characteristic", x_label="1 - specificity",
        y_label="sensitivity", series=(*drawn, chance),
    )  # fmt: skip


def precision_recall_figure(cases: Cases, name: str = "the score") -> Figure:
    """Positive predictive value over sensitivity, beside the prevalence, which no skill is needed for."""
    _, positive, negative = _cumulative(cases, cases.scores)
    kept = _thin(positive.size)
    precision = (positive / np.maximum(positive + negative, 1e-12))[kept]
    prevalence = float(positive[-1] / (positive[-1] + negative[-1]))
    curve = Series(name=name, x=tuple(map(float, (positive / positive[-1])[kept])), y=tuple(map(float, precision)))
    return Figure(
        kind=FigureKind.LINES, title="Precision and recall at the prevalence of these images", x_label="sensitivity",
        y_label="positive predictive value",
        series=(curve, Series(name="prevalence", x=(0.0, 1.0), y=(prevalence, prevalence))),
    )  # fmt: skip


def sweep_table(cases: Cases) -> Table:
    """The highest thresholds with at least so much sensitivity, what else they give, and the locked one."""
    thresholds, positive, negative = _cumulative(cases, cases.scores)
    sensitivity, specificity = positive / positive[-1], 1 - negative / negative[-1]
    flagged = (positive + negative) / (positive[-1] + negative[-1])
    places = [int(np.argmax(sensitivity >= wanted)) for wanted in SENSITIVITIES]
    rows: list[tuple[str | float, ...]] = [
        (
            f"sensitivity at least {wanted:g}",
            *(float(each[i]) for each in (thresholds, sensitivity, specificity, flagged)),
        )
        for wanted, i in zip(SENSITIVITIES, places, strict=True)
    ]
    if cases.threshold is not None:
        held = int(np.searchsorted(-thresholds, -cases.threshold, side="right")) - 1
        here = (0.0, 1.0, 0.0) if held < 0 else (sensitivity[held], specificity[held], flagged[held])
        rows.insert(0, ("locked threshold", float(cases.threshold), *map(float, here)))
    return Table(
        title="Threshold sweep: what other thresholds would give on these images; none of them was chosen on them",
        columns=("point", "threshold", "sensitivity", "specificity", "flagged share"),
        rows=tuple(rows),
    )


def _roc(cases: Cases, scores: Floats, name: str) -> Series:
    _, positive, negative = _cumulative(cases, scores)
    kept = _thin(positive.size)
    x = (0.0, *map(float, (negative / negative[-1])[kept]))
    return Series(name=name, x=x, y=(0.0, *map(float, (positive / positive[-1])[kept])))


def _cumulative(cases: Cases, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """Falling distinct thresholds, and the weight of positive and of negative images at or above each.

    Raises:
        ValueError: a class is absent.
    """
    if np.unique(cases.labels).size < 2:
        raise ValueError("expected both classes")
    weights = np.ones(cases.labels.size) if cases.weights is None else cases.weights
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), scores.size - 1)
    positive = np.cumsum((weights * (cases.labels == 1))[order])[ends]
    negative = np.cumsum((weights * (cases.labels == 0))[order])[ends]
    return scores[order][ends], positive, negative


def _thin(size: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.unique(np.linspace(0, size - 1, min(POINTS, size)).round().astype(np.intp))
