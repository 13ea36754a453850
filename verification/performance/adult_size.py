"""How large the adult release's study is, and how likely it is to meet its goals: by the comparator's own spread."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy import stats

from verification.datasets.description import SplitRule
from verification.datasets.split import split_of
from verification.evidence import Analysis, Role, Table
from verification.performance.against_reads import HEADLINE, Held, find_aged, state
from verification.performance.estimates import estimate
from verification.performance.plan import StudyFolder

Z = float(stats.norm.ppf(0.975))
COLUMNS = (
    "part", "images", "patients", "read as opacity", "their patients", "not read so", "their patients ",
)  # fmt: skip


def analyse_size(held: Held, planned: StudyFolder, rule: SplitRule) -> Analysis | None:
    """The power of a plan's goals on its own part of the collection; None if it assumes nothing or has no such goals.

    The spread of each estimate is what the bootstrap of patients gave for the comparator, with weights and clusters as
    they are; it shrinks with the root of the number of patients of the class that the estimate is of.

    Args:
        held: the comparator's scores beside the reads.
        planned: the plan whose size is asked for, of the same collection and reads.
        rule: how the collection's patients are divided.
    """
    bounds = {goal.metric: goal.bound for goal in planned.goals}
    found = {one.metric: one for one in estimate(held.rsna, held.setting, metrics=HEADLINE)}
    if planned.plan.power is None or not set(HEADLINE) <= bounds.keys():
        return None
    if any(one.interval is None or one.value is None for one in found.values()):
        return None
    here, there = _count(held, held.where), _count(held, _read_there(held, planned, rule))
    spread = {
        name: (one.interval.upper - one.interval.lower) / (2 * Z) for name, one in found.items() if one.interval
    }  # fmt: skip
    rows = []
    for one in planned.plan.power.assumed:
        powers = [
            _power(getattr(one, name), bounds[name], _spread(name, getattr(one, name), found, spread, here, there))
            for name in HEADLINE
        ]
        least = max(0.0, sum(powers) - 2)  # Fréchet: whatever the dependence
        rows.append((one.auroc, one.sensitivity, one.specificity, *powers, least, math.prod(powers)))
    tables = (
        Table(
            title="Images that RSNA's radiologists read, and their patients",
            columns=COLUMNS,
            rows=(("this study, estimation part", *here.values()), (f"split {planned.plan.split}", *there.values())),
        ),
        Table(
            title="Power of the adult release's goals with the images of its part",
            columns=(
                "true AUROC", "true sensitivity", "true specificity", "power, AUROC", "power, sensitivity",
                "power, specificity", "power of all, at least", "power of all, if independent",
            ),
            rows=tuple(rows),
        ),
    )  # fmt: skip
    return state(
        held, held.rsna, Role.SECONDARY, "rsna", identity="adult-size", title="How large the adult release's study is",
        statement="No more images of that part were read than there are, so that the question is what they can show. "
        "The spread of each estimate here, weights and patients with several images included, is scaled by the root of "
        "the number of patients with such an image, and of a share by its own variance; the power is that of the "
        "normal approximation. Another score spreads otherwise.",
        estimates=(), tables=tables, post_hoc="It sizes another study, and is not in the plan of this one.",
    )  # fmt: skip


def _read_there(held: Held, planned: StudyFolder, rule: SplitRule) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    patients, codes = np.unique(held.table.collection.patients, return_inverse=True)
    inside = np.array([split_of(str(patient), rule) == planned.plan.split for patient in patients])[codes]
    chosen: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        inside & find_aged(held.table.collection, planned.plan.ages) & ~np.isnan(held.reads["rsna"])
    )
    return chosen


def _count(held: Held, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> dict[str, int]:
    patients, labels = held.table.collection.patients[where], held.reads["rsna"][where]
    found = {"images": int(where.sum()), "patients": int(np.unique(patients).size)}
    for name, label in (("positive", 1), ("negative", 0)):
        found |= {
            name: int((labels == label).sum()),
            f"{name} patients": int(np.unique(patients[labels == label]).size),
        }
    return found


def _spread(
    name: str, truth: float, found: Mapping[str, object], spread: Mapping[str, float],
    here: Mapping[str, int], there: Mapping[str, int],
) -> float:  # fmt: skip
    """The standard error that an estimate would have there, if this were true."""
    kind = "negative patients" if name == "specificity" else "positive patients"
    scaled = spread[name] * math.sqrt(here[kind] / max(1, there[kind]))
    if name == "auroc":
        return scaled
    value = float(getattr(found[name], "value", 0.5))
    return scaled * math.sqrt(truth * (1 - truth) / (value * (1 - value)))


def _power(truth: float, bound: float, error: float) -> float:
    """How likely the lower limit of the 95 % interval lies above the bound."""
    return float(stats.norm.cdf((truth - bound) / error - Z))
