"""What studies found: estimates and their limits, criteria, operating points, and what a plan came to."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase

from markupsafe import Markup

from submission.words.claims import compose
from submission.words.filters.numbers import count, count_or_dash, figure, percent, score, signed
from submission.words.filters.registry import total
from submission.words.filters.texts import rewritten, spell, words
from verification.evidence import Confusion, CurvePoint, Estimate, Interval, Study, StudyCriterion

METRICS = {
    "auroc": "AUROC",
    "auc": "AUROC",
    "average_precision": "Average precision",
    "brier": "Brier score",
    "always_positive_f1": "F1 if every image were flagged",
    "auroc_difference": "AUROC difference",
    "baseline_auroc": "AUROC of the baseline",
    "ac1": "AC1",
    "f1": "F1",
    "lr_negative": "LR−",
    "lr_positive": "LR+",
    "npv": "NPV",
    "ppv": "PPV",
}
"""Names of metrics that are not simply their words."""


@total
def metric(value: str) -> str:
    """A metric by its usual name."""
    name = str(words(value))
    return METRICS.get(value, rewritten(name[:1].upper() + name[1:], value))


@total
def value_of(estimate: Estimate) -> object:
    """The point estimate, or why it is undefined."""
    return undefined(estimate.reason) if estimate.value is None else signed(estimate.value)


@total
def undefined(reason: str | None) -> Markup:
    """Why a figure is undefined; what was not recorded says so and no more."""
    said = spell(reason or "no reason was recorded")
    lead = "" if said.startswith("not recorded") else "undefined: "
    return Markup('<span class="absent">{}{}</span>').format(lead, said)


@total
def interval(value: Interval | None) -> object:
    """The limits, "0.902 to 0.955"."""
    if value is None:
        return Markup('<span class="absent">none</span>')
    return compose("{} to {}", signed(value.lower), signed(value.upper))


@total
def interval_of(estimate: Estimate) -> object:
    """The limits of an estimate, or why it has none; of an undefined one an en dash, for its reason stands already."""
    if estimate.interval is not None:
        return interval(estimate.interval)
    return (
        "–"
        if estimate.value is None
        else Markup('<span class="absent">{}</span>').format(
            spell(estimate.reason or "no interval: no reason was recorded")
        )
    )


@total
def stated(estimate: Estimate) -> object:
    """An estimate in one line: what is judged, the metric, the value and its limits."""
    what = compose("{}: ", estimate.score) if estimate.score else ""
    line = Markup("{}{} {}, {}") if estimate.interval is None else Markup("{}{} {} ({})")
    return line.format(what, metric(estimate.metric), value_of(estimate), interval_of(estimate))


@total
def share_of(estimate: Estimate) -> str:
    """A share in images and per cent, "390 of 624 (62.5 %)"."""
    share = "undefined" if estimate.value is None else percent(estimate.value)
    return compose("{} of {} ({})", count_or_dash(estimate.events), count(estimate.n), share)


@total
def events_of(estimate: Estimate) -> str:
    """Numerator and denominator in images, "93/100"; the number of images where no numerator applies.

    Beside a weighted value they are said to be unweighted: it is not their quotient.
    """
    if estimate.events is None:
        return count(estimate.n)
    if estimate.weighted:
        return compose("{} of {} read, unweighted", count(estimate.events), count(estimate.n))
    return compose("{}/{}", count(estimate.events), count(estimate.n))


@total
def sample_of(estimate: Estimate, whole: int | None) -> str:
    """Numerator and denominator in images, and the patients of these where they are not those of the whole group."""
    if estimate.patients == whole:
        return events_of(estimate)
    return compose("{} of {} patients", events_of(estimate), count(estimate.patients))


def level(value: Interval) -> str:
    """The level and method of an interval, "95 %, Wilson"."""
    return compose("{}, {}", percent(value.level, 0), value.method)


@total
def methods(estimates: Iterable[Estimate]) -> tuple[tuple[str, str], ...]:
    """The methods of the intervals in order of appearance, each with a letter to be cited by."""
    found = dict.fromkeys(level(estimate.interval) for estimate in estimates if estimate.interval)
    return tuple(zip(ascii_lowercase, found, strict=False))


@total
def method_of(value: Interval | None, known: Iterable[tuple[str, str]]) -> str:
    """The letter of an interval's method; an en dash where there is no interval."""
    return "–" if value is None else next((letter for letter, text in known if text == level(value)), level(value))


@total
def rule_of(criterion: StudyCriterion) -> str:
    """An acceptance criterion in one line, "lower limit of sensitivity >= 0.800"."""
    sign = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", ">=": "≥", "<=": "≤"}.get(
        criterion.comparison, criterion.comparison
    )
    limit = {"lower": "lower limit of", "upper": "upper limit of"}.get(criterion.limit, criterion.limit)
    return compose("{} {} {} {}", limit, metric(criterion.metric), sign, signed(criterion.bound))


@total
def operating_text(point: CurvePoint) -> str:
    """An operating point in words."""
    threshold = "none" if point.threshold is None else score(point.threshold)
    sensitivity, specificity = figure(point.sensitivity), figure(point.specificity)
    return compose("sensitivity {}, specificity {} at threshold {}", sensitivity, specificity, threshold)


@total
def two_by_two(confusion: Confusion) -> tuple[tuple[str, int, int], ...]:
    """The rows of the table of findings."""
    flagged = ("Flagged", confusion.true_positive, confusion.false_positive)
    return (flagged, ("Not flagged", confusion.false_negative, confusion.true_negative))


@total
def overall(study: Study) -> str:
    """The name of the subgroup that is everybody: the one with the most images."""
    return max(study.estimates, key=lambda estimate: estimate.n).subgroup if study.estimates else ""


@total
def standing(plan: Study) -> str:
    """Whether a plan has been carried out, and where its results are then."""
    if plan.scores_sha256 is None:
        return "This is a plan: none of it has been carried out, and nothing below is a result."
    if plan.holder == "developers":
        return (
            "The plan has been carried out, as an open test: the developers held images and reads too. The list was "
            "registered before the plan was locked and scored once by it, and every figure below was computed again "
            "from the table that came of that."
        )
    if plan.custody:
        return (
            "The plan has been carried out, scored by a custodian: until then images, list and reads were the "
            "custodian’s alone, and every figure below was computed again from the table that came back."
        )
    return (
        "The plan has been carried out: its release scored the images as the log says. The Clinical Performance Report "
        "of that release holds the estimates; below stands what they gave for the criteria."
    )
