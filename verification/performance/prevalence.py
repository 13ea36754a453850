"""What sensitivity and specificity mean where pneumonia is rarer than among the images of a study."""

from __future__ import annotations

from collections.abc import Sequence

from verification.evidence import Estimate, Table

PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)


def prevalence_table(
    sensitivity: Estimate, specificity: Estimate, prevalences: Sequence[float] = PREVALENCES
) -> Table | None:
    """Predictive values and flags per 100 images over prevalences, from the estimates and from their limits.

    Limits are those of sensitivity and specificity taken together at their lower or upper ends: a bound, not an
    interval of 95 %. No change of spectrum is assumed.

    Returns:
        None where either has no interval.
    """
    if sensitivity.interval is None or specificity.interval is None:
        return None
    ends = [
        (sensitivity.value, specificity.value),
        (sensitivity.interval.lower, specificity.interval.lower),
        (sensitivity.interval.upper, specificity.interval.upper),
    ]
    rows = tuple(
        (prevalence, *(cell for pair in ends for cell in _predict(pair[0] or 0.0, pair[1] or 0.0, prevalence)))
        for prevalence in prevalences
    )
    names = ("PPV", "NPV", "flags per 100")
    return Table(
        title="Predictive values over prevalences, at the estimated sensitivity and specificity and at their limits, "
        "if they were the same at every prevalence: no change of spectrum is assumed",
        columns=(
            "prevalence", *names, *(f"{name}, at the lower limits" for name in names),
            *(f"{name}, at the upper limits" for name in names),
        ),
        rows=rows,
    )  # fmt: skip


def _predict(sensitivity: float, specificity: float, prevalence: float) -> tuple[float | None, float | None, float]:
    true_positive, false_positive = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    flagged = true_positive + false_positive
    true_negative = specificity * (1 - prevalence)
    return (
        true_positive / flagged if flagged else None,
        true_negative / (1 - flagged) if flagged < 1 else None,
        100 * flagged,
    )
