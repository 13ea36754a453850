"""Filters of the documents that are written from the device itself: what names a code, what implements, what is left.

Each counts or chooses; none computes a figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from submission.content.catalogue import Entry
from submission.words.claims import choose, compose, cut, join_words, number_of, pick, written
from submission.words.filters import count, decimal, ident, metric, percent, spell, ticked, total
from verification.evidence import (
    Analysis,
    CommandHelp,
    DocumentationLevel,
    Estimate,
    Figure,
    FigureKind,
    Gap,
    Hazard,
    IntakeLimits,
    Item,
    LinkStatus,
    Module,
    Population,
    ReportElement,
    RiskControl,
    Series,
    Study,
    StudyCriterion,
    Table,
    VerificationResult,
)

ACCEPTABLE = "acceptable"
OPPOSITE = {">": "≤", ">=": "<", "<": "≥", "<=": ">"}


# --- scenarios --------------------------------------------------------------------------------------------------------


@total
def naming(results: Iterable[VerificationResult], code: str) -> tuple[VerificationResult, ...] | Gap:
    """The scenarios that state a code of refusal as their outcome; a gap where none does."""
    word = re.compile(rf"(?<!\w){re.escape(code)}(?!\w)")
    found = choose(results, lambda result: any(word.search(said) for said in _outcomes(result)))
    return found or Gap(
        reason=compose("no scenario expects {}", code), closes="write a scenario that is refused with it"
    )


def _outcomes(result: VerificationResult) -> Iterator[str]:
    """What is expected and what was observed: the steps from the first “Then” on, and the row that fills them."""
    begun = False
    for step in result.steps:
        begun = begun or step.keyword.strip() == "Then"
        if begun:
            yield from (step.text, step.observed or "", *(cell for row in step.table for cell in row))
    yield from result.example.values()


@total
def verifying(results: Iterable[VerificationResult], requirement: str) -> tuple[VerificationResult, ...] | Gap:
    """The scenarios that verify a requirement or a criterion; a gap where none does."""
    found = choose(results, lambda result: requirement in (*result.requirements, *result.criteria))
    return found or Gap(reason="no scenario verifies this", closes="write a scenario with its tag")


@total
def one_a_scenario(results: Iterable[VerificationResult]) -> tuple[VerificationResult, ...]:
    """One result of each scenario: rows of an outline share their name."""
    return tuple({(result.file, result.name): result for result in reversed(tuple(results))}.values())[::-1]


@total
def last_observed(result: VerificationResult) -> str:
    """What the last step of a scenario that observed anything observed."""
    return next((step.observed for step in reversed(result.steps) if step.observed), "–")


# --- risk -------------------------------------------------------------------------------------------------------------


@total
def disclosed(hazards: Iterable[Hazard]) -> tuple[Hazard, ...]:
    """The hazards of which something is told to users."""
    return tuple(hazard for hazard in hazards if hazard.disclosed)


@total
def left_over(hazards: Iterable[Hazard]) -> tuple[Hazard, ...]:
    """The hazards whose residual risk is not acceptable by the matrix."""
    return tuple(hazard for hazard in hazards if hazard.residual_acceptability != ACCEPTABLE)


@total
def unshown(controls: Iterable[RiskControl]) -> tuple[RiskControl, ...]:
    """The controls of which either question, implemented or effective, is not answered by evidence."""
    covers = LinkStatus.COVERS
    return choose(controls, lambda one: one.implemented is not covers or one.effective is not covers)


@total
def judged(hazards: Iterable[Hazard], controls: Iterable[RiskControl]) -> str:
    """Whether the overall residual risk can be accepted: never while a part of it is open."""
    open_risks, open_controls = left_over(hazards), unshown(controls)
    if open_risks or open_controls:
        return "OVERALL RESIDUAL RISK NOT ACCEPTED"
    return "Every residual risk is acceptable by the matrix; a person has to judge them together"


@total
def by_acceptability(hazards: Iterable[Hazard], words: Iterable[str]) -> tuple[tuple[str, int, int], ...]:
    """Each word of the matrix with the number of hazards before and after control."""
    return tuple(
        (
            word,
            number_of(pick(hazards, "acceptability", word)),
            number_of(pick(hazards, "residual_acceptability", word)),
        )
        for word in dict.fromkeys(words)
    )


@total
def words_of(matrix: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """The words that the cells of the matrix hold, each once."""
    return tuple(dict.fromkeys(word for row in matrix for word in row))


@total
def named_in(hazards: Iterable[Hazard], level: DocumentationLevel) -> tuple[Hazard, ...]:
    """The hazards that the documentation level rests on."""
    return tuple(hazard for hazard in hazards if hazard.id in level.hazards)


@total
def critical(hazards: Iterable[str], level: DocumentationLevel) -> str:
    """Whether an error in a task could lead to serious harm: whether one of its hazards could, before any control."""
    return "critical" if set(hazards) & set(level.hazards) else "not critical"


# --- design -----------------------------------------------------------------------------------------------------------


@total
def within(name: str, module: Module) -> str:
    """The name of a unit without that of its module."""
    own = f"{module.name}."
    return cut(name, len(own), len(name)) if name.startswith(own) else name


# --- limits and interfaces --------------------------------------------------------------------------------------------


@total
def kinds_of(intake: IntakeLimits) -> str:
    """The SOP classes of an intake by name, each with its modalities."""
    names = intake.sop_class_names
    classes = (compose("{}: {}", names[uid], join_words(found, " or ")) for uid, found in intake.sop_classes.items())
    return join_words(classes, "; ")


@total
def bits_of(intake: IntakeLimits) -> str:
    """The bits stored that an intake takes, "10 to 16"."""
    fewest, most = count(intake.fewest_bits_stored), count(intake.most_bits_stored)
    return fewest if fewest == most else compose("{} to {}", fewest, most)


@total
def python(required: str) -> str:
    """Which versions of Python the software runs on, ">=3.11" in words."""
    least = cut(required, len(">="), len(required))
    return compose("Python {} or later", least) if required.startswith(">=") else compose("Python {}", required)


@total
def of_metrics(estimates: Iterable[Estimate], *metrics: str) -> tuple[Estimate, ...]:
    """Of each group the first estimate of these metrics: the one whose interval decides."""
    found: dict[tuple[str, str], Estimate] = {}
    for one in estimates:
        if one.metric in metrics or one.value is None:
            found.setdefault((one.subgroup, one.metric), one)
    return tuple(found.values())


@total
def loss_curves(table: Table) -> Figure:
    """The losses of a history of training over its epochs, as a drawing."""
    losses = [at for at, name in enumerate(table.columns) if name.endswith("loss")]
    epochs = tuple(float(row[0]) for row in table.rows if isinstance(row[0], int | float))
    return Figure(
        kind=FigureKind.LINES, title="Loss by epoch", x_label=table.columns[0], y_label="loss",
        series=tuple(Series(name=table.columns[at], x=epochs, y=_column(table, at)) for at in losses),
    )  # fmt: skip


def _column(table: Table, at: int) -> tuple[float | None, ...]:
    return tuple(float(cell) if isinstance(cell := row[at], int | float) else None for row in table.rows)


@total
def coded_views(codes: Mapping[str, str], population: Population) -> str:
    """The coded views that mean a labeled projection, each with it."""
    return join_words(
        compose("{} ({})", code, view) for code, view in codes.items() if view in population.view_positions
    )


@total
def years(value: int) -> str:
    """A number of years."""
    return compose("{} year" if value == 1 else "{} years", count(value))


@total
def share(value: float) -> str:
    """A share in per cent, as many digits as it has."""
    digits = f"{100 * value:g}".partition(".")[2]
    return percent(value, len(digits))


@total
def code(value: str) -> Markup:
    """Text set as code; an arrow is not taken apart."""
    arrow = Markup('<span class="whole">-&gt;</span>')
    return Markup("<code>{}</code>").format(spell(value)).replace("-&gt;", arrow)


@total
def keyed(values: Mapping[str, Any], key: str) -> Any:
    """The value of a key; a gap where there is none."""
    return values.get(key) or Gap(reason=compose("the evidence has no entry {}", key), closes="run `clearway trace`")


@total
def indent_of(depth: int) -> str:
    """How far an item of a tree stands in."""
    return f"{2 * depth}mm"


@total
def with_id(analyses: Iterable[Analysis], name: str) -> tuple[Analysis, ...] | Gap:
    """The analysis of this id; a gap where there is none."""
    found = tuple(one for one in analyses if one.id == name)
    return found or Gap(reason=compose("the study has no analysis “{}”", name), closes="plan it and carry it out")


@total
def entitled(items: Iterable[Item], title: str) -> tuple[Item, ...] | Gap:
    """The requirement of this title; a gap where there is none."""
    found = tuple(one for one in items if one.title == title)
    return found or Gap(reason=compose("no requirement is called “{}”", title), closes="specify it")


@total
def titled(tables: Iterable[Table], beginning: str) -> tuple[Table, ...]:
    """The tables whose title begins so."""
    return tuple(table for table in tables if table.title.startswith(beginning))


@total
def furniture(value: object) -> Markup:
    """A value that changes with every commit, and so is no part of the content that an approval is of."""
    return Markup('<span class="furniture">{}</span>').format(value)


# --- texts ------------------------------------------------------------------------------------------------------------


@total
def before_colon(value: str) -> str:
    """The word that a definition defines."""
    return cut(value, 0, len(value.partition(":")[0]))


@total
def brief(values: Iterable[str]) -> tuple[str, ...]:
    """The words that definitions define."""
    return tuple(map(before_colon, values))


@total
def pairs(example: Mapping[str, str]) -> Markup:
    """The row of an outline as names with their values; a plain scenario has none."""
    one = Markup("{} = <code>{}</code>")
    return Markup("; ").join(one.format(name, spell(value)) for name, value in example.items()) or Markup("–")


SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:")


@total
def docstring(value: str) -> Markup:
    """A docstring as paragraphs; arguments, results and errors each on a line of their own."""
    parts = [part.split("\n") for part in re.split(r"\n\s*\n", value.strip())]
    return Markup("").join(_paragraph(lines, value) for lines in parts)


def _paragraph(lines: list[str], whole: str) -> Markup:
    if lines[0].strip() not in SECTIONS:
        return Markup("<p>{}</p>").format(_line(lines, whole))
    entries: list[list[str]] = []
    for line in lines[1:]:
        if line.startswith(" " * 8) and entries:
            entries[-1].append(line)
        else:
            entries.append([line])
    shown = Markup("<br>").join(_line(entry, whole) for entry in entries)
    return Markup("<p><b>{}</b> {}</p>").format(lines[0].strip(), shown)


def _line(lines: Iterable[str], whole: str) -> Markup:
    """Lines of a text as one."""
    return ticked(written(" ".join(" ".join(lines).split()), whole, "part"))


@total
def sections(shown_by: Iterable[str], documents: Iterable[Entry]) -> Markup:
    """Sections and files, each section by its document's title."""
    entries = {entry.number: entry for entry in documents}
    return Markup("<br>").join(_section(name, entries) for name in shown_by) or Markup("–")


def _section(name: str, entries: Mapping[str, Entry]) -> Markup:
    number, _, place = name.partition("/")
    if number not in entries:
        return ident(name)
    return Markup("{}, {}: {}").format(ident(entries[number].number), entries[number].title, place.replace("-", " "))


@dataclass(frozen=True, slots=True)
class ReleaseUse:
    """A version of a release in the log of a study, with the dates of its first and last line there."""

    release: str
    digest: str
    study: str
    first: str
    last: str


@total
def release_uses(studies: Iterable[Study]) -> tuple[ReleaseUse, ...]:
    """Each version of a release that a log names, in the order of the logs."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for study in studies:
        for line in study.openings:
            if line.release:
                found.setdefault((line.release, line.release_digest, study.name), []).append(line.date)
    return tuple(ReleaseUse(*key, dates[0], dates[-1]) for key, dates in found.items())


# --- plans ------------------------------------------------------------------------------------------------------------


@total
def hypotheses(criterion: StudyCriterion) -> tuple[str, str]:
    """The hypothesis that a criterion tests, and its alternative."""
    sign = {">=": "≥", "<=": "≤"}.get(criterion.comparison, criterion.comparison)
    name, bound = metric(criterion.metric), decimal(criterion.bound, 3)
    against = compose("{} {} {}", name, OPPOSITE[criterion.comparison], bound)
    return against, compose("{} {} {}", name, sign, bound)


@total
def fixed(elements: Iterable[ReportElement]) -> tuple[ReportElement, ...]:
    """The elements whose value is the same in every report."""
    return tuple(one for one in elements if one.value is not None)


@total
def explained(commands: Iterable[CommandHelp], name: str) -> str | Gap:
    """How a command explains itself."""
    found = next((one.text for one in commands if one.name == name), None)
    return found or Gap(reason=compose("the device has no command {}", name), closes="run `clearway trace`")


@total
def verbatim(value: str) -> Markup:
    """Text with its line ends and spaces, as a program prints it."""
    return Markup('<pre class="screen">{}</pre>').format(value)
