"""What sensitivity and specificity mean where pneumonia is rarer than among the images of a study."""

from __future__ import annotations

from collections.abc import Sequence

from verification.evidence import Estimate, Table

PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)


def prevalence_table(
    sensitivity: Estimate, specificity: Estimate, prevalences: Sequence[float] = PREVALENCES
) -> Table | None:
    """Predictive values and flags per 100 images over prevalences, from the estimates and from their limits.

    Predictive values rise with sensitivity and with specificity: their limits are at both lower and at both upper
    limits. Flags are fewest at the lower limit of sensitivity and the upper one of specificity. Two limits of
    95 % hold together in at least 90 % of studies (Bonferroni). No change of spectrum is assumed.

    Returns:
        None where either has no interval.
    """
    if sensitivity.interval is None or specificity.interval is None:
        return None
    ends = [
        (sensitivity.value or 0.0, specificity.value or 0.0),
        (sensitivity.interval.lower, specificity.interval.lower),
        (sensitivity.interval.upper, specificity.interval.upper),
    ]
    names = ("PPV", "NPV", "flags per 100")
    return Table(
        title="Predictive values over prevalences, at the estimated sensitivity and specificity and at their limits, "
        "if they were the same at every prevalence: no change of spectrum is assumed; both limits hold together in at "
        "least 90 % of studies",
        columns=("prevalence", *names, *(f"{name}, {end}" for end in ("lower", "upper") for name in names)),
        rows=tuple((prevalence, *_state_limits(ends, prevalence)) for prevalence in prevalences),
    )


def _state_limits(ends: Sequence[tuple[float, float]], prevalence: float) -> tuple[float | None, ...]:
    value, lower, upper = (_predict(*end, prevalence) for end in ends)
    fewest = _predict(ends[1][0], ends[2][1], prevalence)[2]
    most = _predict(ends[2][0], ends[1][1], prevalence)[2]
    return (*value, *lower[:2], fewest, *upper[:2], most)


def _predict(sensitivity: float, specificity: float, prevalence: float) -> tuple[float | None, float | None, float]:
    true_positive, false_positive = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    flagged = true_positive + false_positive
    true_negative = specificity * (1 - prevalence)
    return (
        true_positive / flagged if flagged else None,
        true_negative / (1 - flagged) if flagged < 1 else None,
        100 * flagged,
    )
