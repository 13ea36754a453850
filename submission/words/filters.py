"""What stands between evidence and a page: one function renders a value or a gap, and numbers pass only by a filter.

A bare number that reaches a page is an error: every figure is shown by one of the filters here, so that its rounding is
stated once. A `Gap` passes through every filter unchanged and is shown as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, wraps
from math import floor, isclose, log10
from string import ascii_lowercase
from typing import Any, TypeVar

from jinja2 import Undefined
from markupsafe import Markup, escape

from submission.words.claims import compose, cut, join_words, mark, number_of, origin_of, pick, runs_of, written
from submission.words.folders import FONTS
from submission.words.matrix import Faults
from verification.evidence import (
    Confusion,
    CurvePoint,
    Estimate,
    Gap,
    Interval,
    Item,
    NotApplicable,
    Opening,
    Population,
    RejectionCode,
    Review,
    RunKind,
    Soup,
    Study,
    StudyCriterion,
    Table,
)

LONGEST_ID = 96
"""Characters of an identifier that are shown; of a longer one the first and the last half of them."""

F = TypeVar("F", bound=Callable[..., Any])

FILTERS: dict[str, Callable[..., Any]] = {}
"""Every filter that a template may use, by name."""

METRICS = {
    "auroc": "AUROC",
    "auc": "AUROC",
    "average_precision": "Average precision",
    "brier": "Brier score",
    "always_positive_f1": "F1, all flagged",
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


ABSENT = (Gap, NotApplicable)
"""What stands where evidence would: what is missing, and what does not apply."""


def total(function: F) -> F:
    """Register a filter and make it total: a gap, or what does not apply, comes out as it went in, as any argument."""

    @wraps(function)
    def passing(value: object, *arguments: object, **options: object) -> object:
        absent = next((each for each in (value, *arguments) if isinstance(each, (*ABSENT, Undefined))), None)
        return function(value, *arguments, **options) if absent is None else absent

    if function.__name__ in FILTERS:
        raise ValueError(f"two filters are named {function.__name__!r}; a template could not tell which it calls")
    FILTERS[function.__name__] = passing
    return passing  # type: ignore[return-value]


# --- every value, on its way to the page ------------------------------------------------------------------------------


def show(value: object) -> object:
    """Render what a template prints: a gap as a gap, nothing as "not recorded", text with the glyphs that we ship.

    Raises:
        TypeError: a bare number; it needs a filter that states its form.
    """
    if isinstance(value, Gap):
        return gap_inline(value)
    if isinstance(value, NotApplicable):
        return Markup('<span class="absent">not applicable: {}</span>').format(spell(value.reason))
    if value is None:
        return Markup('<span class="absent">not recorded</span>')
    if isinstance(value, bool | int | float):
        raise TypeError(f"the bare number {value!r} reached the page; show it through a filter such as `count`")
    return ticked(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def ticked(text: str) -> Markup:
    """Text with what stands between backticks set as code, as the messages of the tools write commands."""
    return Markup("").join(mark(run, _ticked(run.text)) for run in runs_of(text))


def _ticked(text: str) -> Markup:
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(_spelled(text)))))  # noqa: S704  escaped before


def gap_inline(gap: Gap) -> Markup:
    """A gap as it stands in a line of text or in a cell."""
    return Markup('<span class="gap"><b>Gap</b> {} <i>Closed by:</i> <span class="closes">{}</span></span>').format(
        ticked(sentence(gap.reason)), ticked(sentence(gap.closes))
    )


@total
def sentence(text: str) -> str:
    """Text that ends as a sentence does."""
    return text if text.endswith((".", "?", "!")) else compose("{}.", text)


def spell(text: str) -> str:
    """The text with each character that no shipped font has written as its code point: no other font steps in."""
    shown = _spelled(text)
    return text if shown == text else written(shown, text, "spelled")


def _spelled(text: str) -> str:
    odd = {ord(character) for character in text} - shipped_characters()
    return text.translate({code: f"[U+{code:04X}]" for code in odd}) if odd else str(text)


@cache
def shipped_characters() -> frozenset[int]:
    """The code points that the shipped fonts can show in every style, and white space."""
    from fontTools.ttLib import TTFont

    covers = {path.stem: frozenset(TTFont(path).getBestCmap()) for path in sorted(FONTS.glob("*.woff2"))}
    sans = frozenset.intersection(*(codes for name, codes in covers.items() if "Sans" in name))
    return sans | covers["IBMPlexMono-Regular"] | frozenset(map(ord, "\n\t "))


# --- numbers ----------------------------------------------------------------------------------------------------------


@total
def count(value: int) -> str:
    """A whole number, with thousands set apart."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"`count` shows whole numbers, got {value!r}")
    return written(f"{value:,}", value, "count")


@total
def figure(value: float | None) -> object:
    """A measure between 0 and 1, three decimals."""
    return None if value is None else written(f"{value:.3f}", value, "decimal 3")


@total
def score(value: float | None) -> object:
    """A threshold or a score, four decimals, as the device's own table of the operating point has it."""
    return None if value is None else written(f"{value:.4f}", value, "decimal 4")


@total
def small(value: float) -> str:
    """A small difference, two significant digits."""
    return written(f"{value:.1e}", value, "scientific 1")


@total
def megabytes(value: int | None) -> object:
    """A size in megabytes (of 1,000,000 bytes), one decimal."""
    return None if value is None else compose("{} MB", written(f"{value / 1e6:.1f}", value, "millions 1"))


def places_of(values: Iterable[object]) -> int:
    """How many decimals the numbers of one column or drawing need, so that all of them have as many.

    Whole numbers need none, shares (no number above 1) three, of very small ones three digits of the largest; others
    as many as they have, and no more than give the largest four digits.
    """
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    largest = max(map(abs, numbers), default=0.0)
    if not largest or (all(map(float.is_integer, numbers)) and largest > 1):
        return 0
    if largest <= 1:
        return max(3, 2 - floor(log10(largest)))
    most = max(1, 3 - floor(log10(largest)))
    return next(n for n in range(most + 1) if n == most or all(isclose(round(v, n), round(v, most)) for v in numbers))


def decimal(value: float, places: int) -> str:
    """A number with so many decimals, thousands apart, the minus sign of typography, and no negative nothing."""
    return written(f"{value:z,.{places}f}".replace("-", "−"), value, f"decimal {places}")


@total
def cells(table: Table) -> tuple[tuple[object, ...], ...]:
    """The rows of an evidence table as they are shown: the numbers of a column alike, texts as they are."""
    shown = [_alike(column) for column in zip(*table.rows, strict=True)]
    return tuple(zip(*shown, strict=True))


def _alike(column: tuple[object, ...]) -> tuple[object, ...]:
    """A column as it is shown; where texts and both kinds of numbers stand together, each number stands for itself."""
    if all(any(isinstance(value, kind) for value in column) for kind in (str, int, float)):
        return tuple(_cell(value, places_of([value]) if isinstance(value, float) else 0) for value in column)
    whole = not any(isinstance(value, float) for value in column)
    return tuple(_cell(value, 0 if whole else places_of(column)) for value in column)


def _cell(value: object, places: int) -> object:
    if isinstance(value, bool):
        return yes_no(value)
    return decimal(value, places) if isinstance(value, int | float) else value


@total
def columns_of(table: Table) -> tuple[str, ...]:
    """The heads of an evidence table; a column of numbers is marked as one."""
    columns = [[row[at] for row in table.rows if row[at] is not None] for at in range(len(table.columns))]
    numeric = [bool(column) and all(_is_number(value) for value in column) for column in columns]
    return tuple(compose("#{}", name) if number else name for name, number in zip(table.columns, numeric, strict=True))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@total
def head(column: str) -> str:
    """The head of a column as it is printed: without the sign that it holds numbers."""
    return cut(column, 1, len(column)) if column.startswith("#") else column


@total
def breadth(columns: tuple[str, ...]) -> str:
    """The class of an evidence table: columns as wide as their words, and few of them need not spread over the page."""
    return f"data { ({1: 'half', 2: 'half', 3: 'most'}.get(len(columns), '')) }".strip()


MOST_SLIM = 4
"""Columns of a table that stands beside another."""


@total
def broad(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables that need the whole width."""
    return tuple(table for table in tables if len(table.columns) > MOST_SLIM)


@total
def slim(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables that can stand two abreast."""
    return tuple(table for table in tables if len(table.columns) <= MOST_SLIM)


@total
def ages(population: Population) -> str:
    """The labelled ages, in completed years."""
    lowest, highest = population.minimum_age_years, population.maximum_age_years
    if highest is None:
        return compose("{} years and older", count(lowest))
    return compose("{} to {} years", count(lowest), count(highest))


@total
def yes_no(value: bool) -> str:
    """A truth in words."""
    return "yes" if value else "no"


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
def percent(value: float, places: int = 1) -> str:
    """A share in per cent, "62.5 %"."""
    return compose("{} %", written(f"{100 * value:.{places}f}", value, f"percent {places}"))


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
def value_of(estimate: Estimate) -> object:
    """The point estimate, or why it is undefined."""
    return undefined(estimate.reason) if estimate.value is None else signed(estimate.value)


def signed(value: float) -> str:
    """Three decimals, of a large ratio one."""
    return decimal(value, 3 if abs(value) < 100 else 1)


@total
def undefined(reason: str | None) -> Markup:
    """Why a figure is undefined; what was not recorded says so and no more."""
    said = spell(reason or "no reason was recorded")
    lead = "" if said.startswith("not recorded") else "undefined: "
    return Markup('<span class="absent">{}{}</span>').format(lead, said)


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
def standing(plan: Study) -> str:
    """Whether a plan has been carried out, and where its results are then."""
    if plan.scores_sha256 is None:
        return "This is a plan: none of it has been carried out, and nothing below is a result."
    return (
        "The plan has been carried out: its release scored the images as the log says. The Clinical Performance Report "
        "of that release holds the estimates; below stands what they gave for the criteria."
    )


@total
def sample_of(estimate: Estimate, whole: int | None) -> str:
    """Numerator and denominator in images, and the patients of these where they are not those of the whole group."""
    if estimate.patients == whole:
        return events_of(estimate)
    return compose("{} of {} patients", events_of(estimate), count(estimate.patients))


@total
def rule_of(criterion: StudyCriterion) -> str:
    """An acceptance criterion in one line, "lower limit of sensitivity >= 0.800"."""
    sign = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", ">=": "≥", "<=": "≤"}.get(
        criterion.comparison, criterion.comparison
    )
    limit = {"lower": "lower limit of", "upper": "upper limit of"}.get(criterion.limit, criterion.limit)
    return compose("{} {} {} {}", limit, metric(criterion.metric), sign, figure(criterion.bound))


@total
def operating_text(point: CurvePoint) -> str:
    """An operating point in words."""
    threshold = "none" if point.threshold is None else score(point.threshold)
    sensitivity, specificity = figure(point.sensitivity), figure(point.specificity)
    return compose("sensitivity {}, specificity {} at threshold {}", sensitivity, specificity, threshold)


@total
def count_or_none(value: int | None) -> object:
    """A whole number that evidence may leave out."""
    return None if value is None else count(value)


@total
def count_or_dash(value: int | None) -> str:
    """A whole number that does not apply everywhere."""
    return "–" if value is None else count(value)


@total
def captioned(parts: tuple[str, ...]) -> str:
    """The parts of a caption that say something."""
    return join_words(part for part in parts if part)


@total
def plain(value: int) -> str:
    """A whole number that counts nothing: a line of a file, a seed."""
    return written(f"{value:d}", value, "plain")


# --- choosing and joining ---------------------------------------------------------------------------------------------


@total
def where(values: Iterable[Any], attribute: str, wanted: object) -> tuple[Any, ...]:
    """The values whose attribute is `wanted`."""
    return pick(values, attribute, wanted)


@total
def unlike(values: Iterable[Any], attribute: str, unwanted: object) -> tuple[Any, ...]:
    """The values whose attribute is another."""
    return pick(values, attribute, unwanted, other=True)


NOT_HELD = Gap(reason="The evidence does not hold it", closes="make it, or name another")
"""What `one` gives where there is none; whoever asked says for what."""


@total
def one(values: Iterable[Any], name: str) -> Any:
    """The value whose id, metric or name is `name`; a gap if there is none."""
    for value in values:
        if name in (getattr(value, key, None) for key in ("id", "metric", "name")):
            return value
    return NOT_HELD


@total
def gather(values: Iterable[Any], attribute: str) -> tuple[Any, ...]:
    """One attribute of each value."""
    return tuple(getattr(value, attribute) for value in values)


@total
def unless(values: Iterable[Any], attribute: str, unwanted: object) -> tuple[Any, ...]:
    """The values whose attribute is not `unwanted`."""
    return pick(values, attribute, unwanted, other=True)


@total
def length(values: Sequence[Any]) -> int:
    """How many they are."""
    return number_of(values)


@total
def versions(values: Iterable[Soup]) -> Markup:
    """Locked packages with their versions, in one run of text."""
    one = Markup('<span class="id">{} {}</span>')
    return Markup(", ").join(one.format(value.name, value.version) for value in values) or Markup("–")


@total
def that_refuse(requirements: Iterable[Item], rejections: Iterable[RejectionCode] | Gap) -> tuple[Item, ...] | Gap:
    """The requirements for which the device has a reason to refuse an image."""
    if isinstance(rejections, Gap):
        return rejections
    named = {rejection.requirement for rejection in rejections}
    return tuple(requirement for requirement in requirements if requirement.id in named)


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
def with_first(values: tuple[str, ...], first: str) -> tuple[str, ...]:
    """The values after another, as a row of column names."""
    return (first, *values)


@total
def together(values: tuple[object, ...], between: str = "; ") -> object:
    """Several values in one place; if one is a gap, that gap alone."""
    gaps = [value for value in values if isinstance(value, Gap)]
    return gaps[0] if gaps else escape(between).join(escape(show(value)) for value in values)


# --- words, marks and identifiers -------------------------------------------------------------------------------------


@total
def words(value: str) -> str:
    """An identifier of the schema in words: `not_run` is "not run"."""
    return rewritten(str(value).replace("_", " "), value)


def rewritten(text: str, value: str) -> str:
    """A text after a change of its form that leaves its figures as they are."""
    return written(text, value, "form") if text != value else value


@total
def metric(value: str) -> str:
    """A metric by its usual name."""
    name = str(words(value))
    return METRICS.get(value, rewritten(name[:1].upper() + name[1:], value))


@total
def join(values: Iterable[str], between: str = ", ") -> str:
    """Texts in one line, each as it is; nothing is an en dash."""
    return join_words(values, between) or "–"


GOOD = {"allowed", "passed", "covers", "acceptable", "met", "accepted", "reviewed"}
GOOD |= {"answered", "present", "closed", "same"}
BAD = {"failed", "error", "xpassed", "undefined", "orphaned", "unacceptable", "not met", "refused", "stale", "blocking"}
NEUTRAL = {"not applicable"}


@total
def badge(value: str | None) -> object:
    """A status as a mark whose word says it and whose colour only helps."""
    if value is None:
        return Markup('<span class="badge none">not evaluated</span>')
    text = words(value)
    lower = text.lower()
    tone = "good" if lower in GOOD else "bad" if lower in BAD else "none" if lower in NEUTRAL else "open"
    return Markup('<span class="badge {}">{}</span>').format(tone, text)


@total
def reviewed(value: Review) -> object:
    """Where something stands in the review record, and who said what of it when."""
    return Markup("{} {}").format(badge(value.status), ticked(value.why))


@total
def run_kind(value: RunKind) -> str:
    """What a verification run can support."""
    formal, engineering = "a formal run, by an approved protocol", "an engineering run: it cannot support a candidate"
    return formal if value is RunKind.FORMAL else engineering


@total
def noticed(faults: Faults | None) -> str:
    """How many of the faults put into code its scenarios noticed, in words; that nobody has tried is not known."""
    if faults is None:
        return "not known"
    exempt = compose("; {} equivalent", count(faults.equivalent)) if faults.equivalent else ""
    if not faults.put:
        return compose("no place for a fault{}", exempt)
    return compose("{} of {} faults noticed{}", count(faults.noticed), count(faults.put), exempt)


@total
def met(value: bool | None) -> object:
    """MET or NOT MET; a criterion without an estimate is neither."""
    return badge(None if value is None else "MET" if value else "NOT MET")


@total
def bare(value: str) -> Markup:
    """A text for an attribute or a title, where no element can stand."""
    return escape(str(value))


@total
def anchor(value: str) -> str:
    """The name of the place that an identifier links to."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", value).strip("-").lower()
    if len(plain) <= LONGEST_ID and plain:
        return f"i-{plain}"
    from hashlib import sha256

    return f"i-{sha256(value.encode()).hexdigest()[:16]}"


@total
def ident(value: str) -> Markup:
    """An identifier, set as one; a very long one is shortened in its middle."""
    return Markup('<span class="id">{}</span>').format(spell(_shortened(value)))


def _shortened(value: str) -> str:
    if len(value) <= LONGEST_ID:
        return value
    half = LONGEST_ID // 2
    if not origin_of(value):  # several pieces of evidence, or none
        return compose("{}…{}", cut(value, 0, half), cut(value, len(value) - half, len(value)))
    return written(f"{value[:half]}…{value[-half:]}", value, f"shortened {half}")


@total
def ref(value: str) -> Markup:
    """An identifier that links to its place in this document, if it has one here."""
    return Markup('<a class="ref" href="#{}">{}</a>').format(anchor(value), ident(value))


@total
def refs(values: Iterable[str]) -> Markup:
    """Identifiers that link, one after the other; none is an en dash."""
    return Markup(", ").join(ref(value) for value in values) or Markup("–")


@total
def idents(values: Iterable[str]) -> Markup:
    """Identifiers one after the other, without links; none is an en dash."""
    return Markup(", ").join(ident(value) for value in values) or Markup("–")


@total
def row_number(name: str) -> str:
    """The number of an outline's row, the last part of its id."""
    return written(name.rpartition("/")[2], name, "part")


@total
def row_refs(ids: Iterable[str]) -> Markup:
    """The rows of an outline by number, each a link to its place."""
    rows = ((name, row_number(name)) for name in ids)
    return Markup(" ").join(
        Markup('<a class="ref" href="#{}">{}</a>').format(anchor(name), ident(number)) for name, number in rows
    )


@total
def row_places(ids: Iterable[str]) -> Markup:
    """The rows of an outline by number, each the place that links to it lead to."""
    rows = ((name, row_number(name)) for name in ids)
    return Markup(" ").join(Markup('<span id="{}">{}</span>').format(anchor(n), ident(number)) for n, number in rows)


@total
def scenario_refs(scenarios: Iterable[tuple[str, str]]) -> Markup:
    """Scenarios with their outcomes; rows of one outline with one outcome stand together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, status in scenarios:
        stem, _, number = name.rpartition("/")
        first = written(stem, name, "part") if stem and number.isdigit() else name
        groups.setdefault((first, status), []).append(name)
    shown = Markup("<br>").join(
        Markup("{} {} {}").format(ref(stem), row_refs([name for name in names if name != stem]), badge(status))
        for (stem, status), names in groups.items()
    )
    return shown or Markup('<span class="absent">none</span>')


@total
def row_tone(status: str) -> str:
    """The class of a table row by its status: what does not cover is tinted."""
    text = words(status).lower()
    return "" if text in GOOD | NEUTRAL else "bad" if text in BAD else "open"


@total
def digest(value: str | None) -> object:
    """A SHA-256 in full; it may break anywhere."""
    return None if value is None else Markup('<span class="hash">{}</span>').format(value)


@total
def short(value: str | None) -> object:
    """The first twelve digits of a commit or digest; one that was not given prints nothing."""
    return (
        None
        if value is None
        else ""
        if not value
        else Markup('<span class="hash">{}</span>').format(first_digits(value))
    )


def first_digits(value: str) -> str:
    """The first twelve digits of a commit or digest."""
    return written(value[:12], value, "first 12")


@total
def digest_or_none(value: str | None) -> object:
    """A SHA-256 in full, or that there is nothing to have one."""
    return "none" if value is None else digest(value)


@total
def short_or_dash(value: str | None) -> object:
    """The first twelve digits of a digest that the first of a chain does not have."""
    return short(value) if value else "–"


@total
def files_of(opening: Opening) -> object:
    """The tables of a line of a log, each with the first twelve digits of its digest."""
    found = dict(opening.files)
    if opening.scores_sha256 and opening.scores_sha256 not in found.values():
        found = {"scores": opening.scores_sha256} | found
    one = Markup('{} <span class="hash">{}</span>')
    return Markup("<br>").join(one.format(name, first_digits(digest)) for name, digest in found.items()) or "–"


@total
def prose(value: str) -> Markup:
    """Evidence text as paragraphs."""
    parts = [part for part in re.split(r"\n\s*\n", value.strip()) if part]
    lines = (written(" ".join(part.split()), value, "part") for part in parts)
    return Markup("").join(Markup("<p>{}</p>").format(ticked(line)) for line in lines)
