"""Predictive values where pneumonia is as rare as in a clinic, and positive images by score."""

from __future__ import annotations

from verification.analyses.frame import OF_THE_RELEASE, UNNAMED, state_analysis
from verification.estimation.calibration import calibration
from verification.estimation.estimates import Cases, Setting, estimate
from verification.evidence import Analysis, Role
from verification.statistics.prevalence import prevalence_table


def analyse_prevalence(cases: Cases, setting: Setting) -> Analysis | None:
    """Predictive values where pneumonia is as rare as in a clinic; None if sensitivity or specificity is undefined."""
    sensitivity, specificity = estimate(cases, setting, metrics=("sensitivity", "specificity"))
    table = prevalence_table(sensitivity, specificity)
    if table is None:
        return None
    described, figure = calibration(cases)
    return state_analysis(
        cases, setting, Role.SECONDARY, identity="prevalence", score=OF_THE_RELEASE,
        title="Predictive values at other prevalences, and positive images by score",
        statement="Predictive values hold for a prevalence. The table moves sensitivity and specificity to others as "
        "if the spectrum of patients were the same there, which it is not: these images were chosen by others, and no "
        "clinic's patients are theirs. The score is not a probability; its groups only describe it.",
        estimates=(), tables=(table, described), figures=(figure,), post_hoc=UNNAMED,
    )  # fmt: skip
