"""How large the adult release's study is, and how likely it is to meet its goals: by the comparator's own spread."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from verification.analyses.against_reads.frame import state
from verification.analyses.frame import HEADLINE
from verification.datasets.description import SplitRule
from verification.datasets.split import split_of
from verification.estimation.estimates import estimate
from verification.estimation.foreign_scores import Foreign
from verification.estimation.reads import Held, Mask, find_aged
from verification.evidence import Analysis, Role, Table
from verification.protocol.plan import StudyFolder
from verification.statistics.power import Assumed, joint_table

Z = float(stats.norm.ppf(0.975))
COLUMNS = (
    "part", "images", "patients", "read as opacity", "patients with one", "not read so", "patients with one of these",
)  # fmt: skip
POSITIVE, NEGATIVE = 3, 5
"""Places among the counts of the patients with an image read as opacity, and with one that was not."""


def analyse_size(foreign: Foreign, planned: StudyFolder, rule: SplitRule) -> Analysis | None:
    """The power of a plan's goals on its own part of the collection; None if it assumes nothing or has no such goals.

    The spread of each estimate is what the bootstrap of patients gave for the comparator, with weights and clusters as
    they are; it shrinks with the root of the number of patients of the class that the estimate is of.

    Args:
        foreign: the comparator's scores beside the reads.
        planned: the plan whose size is asked for, of the same collection and reads.
        rule: how the collection's patients are divided.
    """
    held = foreign.held
    bounds, errors = {goal.metric: goal.bound for goal in planned.goals}, _errors(held)
    if planned.plan.power is None or not set(HEADLINE) <= bounds.keys() & errors.keys():
        return None
    here, there = _count(held, held.where), _count(held, _read_there(held, planned, rule))

    def power(name: str, truth: float) -> float:
        """How likely the lower limit of the 95 % interval lies above the bound."""
        patients = NEGATIVE if name == "specificity" else POSITIVE
        value, error = errors[name]
        error *= math.sqrt(here[patients] / max(1, there[patients]))
        if name != "auroc":
            error *= math.sqrt(truth * (1 - truth) / (value * (1 - value)))
        return float(stats.norm.cdf((truth - bounds[name]) / error - Z))

    def powers(one: Assumed) -> tuple[float, float, float]:
        return power("auroc", one.auroc), power("sensitivity", one.sensitivity), power("specificity", one.specificity)

    assumed = [Assumed(one.auroc, one.sensitivity, one.specificity) for one in planned.plan.power.assumed]
    tables = (
        Table(
            title="Images that RSNA's radiologists read, and their patients",
            columns=COLUMNS,
            rows=(("this study, estimation part", *here), (f"split {planned.plan.split}", *there)),
        ),
        joint_table("Power of the adult release's goals with the images of its part", assumed, powers),
    )
    return state(
        held, held.rsna, Role.SECONDARY, "rsna", identity="adult-size", title="How large the adult release's study is",
        statement="No more images of that part were read than there are, so that the question is what they can show. "
        "The spread of each estimate here, weights and patients with several images included, is scaled by the root of "
        "the number of patients with such an image, and of a share by its own variance; the power is that of the "
        "normal approximation. Another score spreads otherwise.",
        estimates=(), tables=tables, post_hoc="It sizes another study, and is not in the plan of this one.",
    )  # fmt: skip


def _errors(held: Held) -> dict[str, tuple[float, float]]:
    """Value and standard error of each headline estimate that has an interval."""
    return {
        one.metric: (one.value, (one.interval.upper - one.interval.lower) / (2 * Z))
        for one in estimate(held.rsna, held.setting, metrics=HEADLINE)
        if one.interval is not None and one.value is not None
    }


def _read_there(held: Held, planned: StudyFolder, rule: SplitRule) -> Mask:
    """(images,) those of the plan's part and ages that RSNA's radiologists read."""
    patients, codes = np.unique(held.table.collection.patients, return_inverse=True)
    inside = np.array([split_of(str(patient), rule) == planned.plan.split for patient in patients])[codes]
    chosen: Mask = inside & find_aged(held.table.collection, planned.plan.ages) & ~np.isnan(held.reads["rsna"])
    return chosen


def _count(held: Held, where: Mask) -> tuple[int, ...]:
    """Images and their patients: all, those read as opacity, the others."""
    patients, labels = held.table.collection.patients[where], held.reads["rsna"][where]
    parts = (labels >= 0, labels == 1, labels == 0)
    return tuple(number for part in parts for number in (int(part.sum()), int(np.unique(patients[part]).size)))
