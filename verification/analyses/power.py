"""How likely a study's images are to meet its criteria, by what may be true, and how many would be needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from verification.analyses.frame import HEADLINE, OF_THE_RELEASE, state_analysis
from verification.estimation.estimates import Cases, Setting
from verification.evidence import Analysis, Role
from verification.protocol.plan import Goal, Plan
from verification.statistics.power import Assumed, Bounds, Effects, design_effect, power_table, size_table


def analyse_power(cases: Cases, setting: Setting, plan: Plan, goals: Sequence[Goal]) -> Analysis | None:
    """How likely these images are to meet the criteria, by what may be true; None if the plan assumes nothing."""
    power = plan.power
    bounds = {goal.metric: goal.bound for goal in goals if goal.subgroup == "all"}
    if power is None or power.correlation is None or not set(HEADLINE) <= bounds.keys():
        return None
    effects = Effects(*(_effect(cases, label, power.correlation) for label in (1, 0)))
    positives = int((cases.labels == 1).sum())
    assumed = [Assumed(one.auroc, one.sensitivity, one.specificity) for one in power.assumed]
    wanted = Bounds(*(bounds[metric] for metric in HEADLINE))
    reached = power_table(positives, int(cases.labels.size) - positives, effects, assumed, wanted)
    needed = size_table(positives / int(cases.labels.size), effects, assumed, wanted)
    return state_analysis(
        cases, setting, Role.SECONDARY, identity="power", score=OF_THE_RELEASE, title="Sample size and power",
        statement="The images are those that were published; their number was not chosen. The first table says how "
        "likely the criteria are to be met together if the assumed values were true, images of one patient being as "
        "alike as assumed. The second table says how many images a study of the same mix would need.",
        estimates=(), tables=(reached, needed),
    )  # fmt: skip


def _effect(cases: Cases, label: int, correlation: float) -> float:
    """The design effect among the images of one label."""
    images = Counter(cases.patients[cases.labels == label].tolist())
    return design_effect(list(images.values()), correlation) if images else 1.0
