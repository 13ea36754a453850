"""How uncertain the locked threshold is, and what other thresholds would give."""

from __future__ import annotations

from collections.abc import Iterator

from verification.analyses.frame import OF_THE_RELEASE, state_analysis
from verification.estimation.curves import precision_recall_figure, roc_figure, sweep_table
from verification.estimation.estimates import Cases, Setting
from verification.estimation.operating_point import asked_table, ends_table, rule_threshold, threshold_interval
from verification.estimation.tuning import Tuning
from verification.evidence import Analysis, Role, Table
from verification.protocol.plan import Plan

OTHERWISE = (0.85, 0.95)
"""Sensitivities on the tuning patients that a threshold's rule might have asked for too."""

INTERVAL = (
    "Had other patients been drawn, it would lie elsewhere in its interval; the first table says what the ends of that "
    "interval would give on the images of this study."
)
WITHHELD = (
    "Had other patients been drawn, it would lie elsewhere; how far is not said here, for the release ships no labels "
    "of these patients."
)


def analyse_thresholds(cases: Cases, setting: Setting, plan: Plan, tuning: Tuning | None = None) -> Analysis:
    """How uncertain the locked threshold is, and what other thresholds would give.

    Args:
        cases: the images with the release's scores, and its threshold.
        setting: the study's.
        plan: says which sensitivity the threshold's rule asked for.
        tuning: the scores that the threshold was chosen on, if the release ships them.
    """
    return state_analysis(
        cases, setting, Role.SECONDARY, identity="thresholds", score=OF_THE_RELEASE,
        title="The threshold and its uncertainty",
        statement="The threshold was chosen on the tuning patients alone. "
        f"{INTERVAL if tuning else WITHHELD} The sweep describes; no threshold is chosen by it.",
        estimates=(), tables=(*_tune(cases, setting, plan, tuning), sweep_table(cases)),
        figures=(roc_figure(cases), precision_recall_figure(cases)),
        post_hoc="The plan names no other sensitivity that its rule might have asked for; the second table has some.",
    )  # fmt: skip


def _tune(cases: Cases, setting: Setting, plan: Plan, tuning: Tuning | None) -> Iterator[Table]:
    """Yield what the ends of the threshold's interval give, and what other sensitivities asked for would have."""
    wanted = plan.minimum_sensitivity
    if tuning is None or cases.threshold is None or wanted is None:
        return
    found = threshold_interval(tuning.labels, tuning.scores, tuning.patients, wanted, setting.replicates, setting.seed)
    if found is None:
        return
    yield ends_table(cases, cases.threshold, found, len(set(tuning.patients)))
    asked = {each: rule_threshold(tuning.labels, tuning.scores, each) for each in sorted({wanted, *OTHERWISE})}
    yield asked_table(cases, asked)
    yield chosen_table(tuning, cases.threshold)


def chosen_table(tuning: Tuning, threshold: float) -> Table:
    """What the locked threshold gives on the very images that it was chosen on."""
    rows: list[tuple[str, int, int, float | str]] = []
    for name, chosen, found in (
        ("sensitivity", tuning.labels == 1, tuning.scores >= threshold),
        ("specificity", tuning.labels == 0, tuning.scores < threshold),
    ):
        right, images = int((found & chosen).sum()), int(chosen.sum())
        rows.append((name, right, images, right / images if images else "undefined: no such image"))
    columns = ("metric", "decided rightly", "images", "value")
    return Table(title="On the tuning images, on which the threshold was chosen", columns=columns, rows=tuple(rows))
