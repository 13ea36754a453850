"""How often images of about one score are positive: a description, for the score is not a probability."""

from __future__ import annotations

import numpy as np

from verification.estimation.estimates import Cases
from verification.evidence import Figure, FigureKind, Series, Table

GROUPS = 10


def calibration(cases: Cases) -> tuple[Table, Figure]:
    """The share of positive images in up to ten groups of rising score, of about as many images each.

    Images of one score stay together. With sampling weights the share is weighted.
    """
    edges = np.unique(np.quantile(cases.scores, np.linspace(0, 1, GROUPS + 1))[1:-1])
    group = np.searchsorted(edges, cases.scores, side="right")
    weights = np.ones(cases.labels.size) if cases.weights is None else cases.weights
    rows = []
    for each in np.unique(group):
        held = group == each
        mean = float(np.average(cases.scores[held], weights=weights[held]))
        share = float(np.average(cases.labels[held], weights=weights[held]))
        rows.append((float(cases.scores[held].min()), float(cases.scores[held].max()), int(held.sum()), mean, share))
    table = Table(
        title="Positive images by score: a description, the score is not a probability",
        columns=("lowest score", "highest score", "images", "mean score", "share positive"),
        rows=tuple(rows),
    )
    series = Series(name="images in groups of rising score", x=tuple(r[3] for r in rows), y=tuple(r[4] for r in rows))
    highest = rows[-1][3]
    diagonal = Series(name="if the share were the score", x=(0.0, highest), y=(0.0, highest))
    return table, Figure(
        kind=FigureKind.LINES, title="Share of positive images by mean score", x_label="mean score of the group",
        y_label="share positive by the reference standard", series=(series, diagonal),
    )  # fmt: skip
