"""Images that the device did not analyze, and the estimates if each had been decided wrongly, or rightly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import structs

from verification.analyses.frame import OF_THE_RELEASE, state_analysis
from verification.estimation.estimates import Cases, Setting, estimate
from verification.evidence import Analysis, Role, Table
from verification.protocol.scores import Scored


def analyse_dropout(rows: Sequence[Scored], cases: Cases, setting: Setting) -> Analysis:
    """Images that the device did not analyze, and the estimates if each had been decided wrongly, or rightly.

    Args:
        rows: every image of the study, analyzed or not.
        cases: those that were analyzed, and the threshold.
        setting: the study's.

    Raises:
        ValueError: the cases have no threshold.
    """
    if cases.threshold is None:
        raise ValueError("cases: expected a threshold, received none")
    lost = [row for row in rows if row.score is None]
    reasons = Counter(row.not_analysed for row in lost)
    counted = Table(
        title="Images that the device did not analyze, by reason",
        columns=("reason", "images"),
        rows=(*reasons.most_common(), ("all", len(lost))),
    )
    bounds = {
        f"each decided {'rightly' if right else 'wrongly'}": _decide(rows, cases.threshold, right)
        for right in (False, True)
    }
    return state_analysis(
        bounds["each decided wrongly"], setting, Role.ROBUSTNESS, identity="dropout", score=OF_THE_RELEASE,
        title="Images left out by the gate",
        statement="The study's estimates are of the images that the device analyzed. The bounds count each of the "
        "others as decided wrongly, and as decided rightly.",
        estimates=[
            structs.replace(one, subgroup=name)
            for name, bound in bounds.items()
            for one in estimate(bound, setting, metrics=("sensitivity", "specificity"))
        ],
        tables=(counted,),
    )  # fmt: skip


def _decide(rows: Sequence[Scored], threshold: float, right: bool) -> Cases:
    """Flags as scores, 1 or 0: an image without a score is given the right or the wrong flag."""
    flags = [float((row.label == 1) == right) if row.score is None else float(row.score >= threshold) for row in rows]
    labels, patients = np.array([row.label for row in rows]), np.array([row.patient for row in rows])
    return Cases(labels, np.array(flags), patients, 0.5)
