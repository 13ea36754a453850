"""The patient as the unit: each patient once."""

from __future__ import annotations

import numpy as np

from verification.analyses.frame import HEADLINE, OF_THE_RELEASE, state_analysis
from verification.estimation.estimates import Cases, Setting, estimate
from verification.evidence import Analysis, Role


def analyse_units(cases: Cases, setting: Setting) -> Analysis:
    """The patient as the unit: the highest score of a patient against the highest label."""
    _, first, codes = np.unique(cases.patients, return_index=True, return_inverse=True)
    labels, scores = np.zeros(first.size, dtype=np.int_), np.zeros(first.size)
    np.maximum.at(labels, codes, cases.labels)
    np.maximum.at(scores, codes, cases.scores)
    whole = Cases(labels, scores, cases.patients[first], cases.threshold)
    return state_analysis(
        whole, setting, Role.SECONDARY, identity="patients", score=OF_THE_RELEASE, title="The patient as the unit",
        statement="Each patient counts once, with the highest score and the highest label of the patient's images. The "
        "threshold was chosen for images; more images give a patient more chances to be flagged.",
        estimates=estimate(whole, setting, metrics=HEADLINE),
    )  # fmt: skip
