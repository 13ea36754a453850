"""What analyses of one group of images have in common: their frame, and estimates as points with their limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verification.estimation.estimates import Cases, Setting
from verification.evidence import Analysis, Estimate, Figure, Role, Series, Table

HEADLINE = ("auroc", "sensitivity", "specificity")
"""The metrics that a study is judged by first."""
OF_THE_RELEASE = "the release's score"
UNNAMED = "The locked plan does not name this analysis."


def state_analysis(
    cases: Cases, setting: Setting, role: Role, *, identity: str, title: str, score: str, statement: str,
    estimates: Sequence[Estimate], tables: Sequence[Table] = (), figures: Sequence[Figure] = (), post_hoc: str = "",
) -> Analysis:  # fmt: skip
    """An analysis of these cases, counted."""
    return Analysis(
        id=identity, title=title, role=role, reference_standard=setting.reference_standard, score=score,
        weighting="every image counts alike" if cases.weights is None else "sampling weights", statement=statement,
        images=cases.labels.size, patients=int(np.unique(cases.patients).size), positives=int(cases.labels.sum()),
        estimates=tuple(estimates), tables=tuple(tables), figures=tuple(figures),
        post_hoc=post_hoc,
    )  # fmt: skip


def draw_series(name: str, estimates: Sequence[Estimate]) -> Series:
    """Estimates as points with their limits, each at the name of its score."""
    intervals = [row.interval for row in estimates]
    return Series(
        name=name,
        x=tuple(row.score for row in estimates),
        y=tuple(row.value for row in estimates),
        lower=tuple(interval.lower if interval else None for interval in intervals),
        upper=tuple(interval.upper if interval else None for interval in intervals),
    )
