"""The images that were not analysed, and the weighted estimates if each were decided wrongly, or rightly."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from verification.analyses.against_reads.frame import state
from verification.datasets.references import weigh
from verification.estimation.estimates import Cases, estimate
from verification.estimation.reads import Held
from verification.evidence import Analysis, Role, Table


def analyse_unanalysed(held: Held) -> Analysis | None:
    """The images that were not analysed, by reason, and the bounds; None if nothing stands before the score."""
    unscored = held.table.unscored
    if unscored is None:
        return None
    table, reads = held.table, held.reads["rsna"]
    where = held.rest & ~np.isnan(reads)
    weights, positive = weigh(table.collection, held.rest, where)[where], reads[where] == 1
    flagged, lost = table.scores[where] >= held.choice.threshold, ~table.scored[where]
    bounds = {}
    for right in (False, True):
        flags = np.where(lost, positive == right, flagged).astype(np.float64)
        cases = Cases(positive.astype(np.int_), flags, table.collection.patients[where], 0.5, weights)
        bounds[f"each decided {'rightly' if right else 'wrongly'}"] = cases
    rows = (*sorted(unscored.items()), ("all", sum(unscored.values())))
    return state(
        held, bounds["each decided wrongly"], Role.ROBUSTNESS, "rsna", identity="dropout",
        title="Images left out by the gate",
        statement="The study's estimates are of the images that the device analysed. The bounds count each of the "
        "others that was read as decided wrongly, and as decided rightly.",
        estimates=[
            structs.replace(one, subgroup=name)
            for name, cases in bounds.items()
            for one in estimate(cases, held.setting, metrics=("sensitivity", "specificity"))
        ],
        tables=(Table(title="Images that were listed and not analysed, by reason", columns=("reason", "images"),
                      rows=rows),),
    )  # fmt: skip
