"""What is asked of a package and what it answers: the nouns, and the filters that show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from markupsafe import Markup

from submission.content.catalogue import (
    Asked,
    Characteristic,
    ClearedDevice,
    Proposed,
    Quoted,
    Reference,
    SourceRead,
    Standard,
)
from submission.content.gaps import IDS
from submission.drawings.diagrams.decisions import Decision
from submission.words.claims import compose, join_words, number_of, pick
from submission.words.filters import NOT_HELD, cells, count_or_dash, ident, total, yes_no
from verification.evidence import (
    Analysis,
    Estimate,
    Gap,
    Item,
    LinkStatus,
    Opening,
    RiskControl,
    Security,
    StudyCriterion,
)

NOT_SUPPORTED = "SUBSTANTIAL EQUIVALENCE NOT SUPPORTED"
CLOSED = "Every difference in the table is closed by evidence"


class Status(StrEnum):
    """Where an item stands; nothing is left blank.

    An answer that cites a gap is never answered: what it cites is there and itself leaves something open.
    """

    ANSWERED = "answered"
    PARTLY = "answered in part"
    NOT_APPLICABLE = "not applicable"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a rendered document: its title, and what each gap says that is printed in it."""

    title: str
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A section of a document. `section` is the document's number, a slash and the id of the heading."""

    section: str
    number: str
    document: str
    title: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Why an item is a gap, what that means, what closes it, and the row of the gap register that holds it."""

    reason: str
    severity: str
    consequence: str
    closes: str
    registered: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An item or question with its answer. `figures` are shown values with their names.

    `missing` is why it is a gap; `open` is what else is missing, or what an answer in part leaves open.
    """

    asked: Asked
    status: Status
    places: tuple[Place, ...]
    figures: tuple[tuple[str, object], ...]
    missing: Missing | None
    open: tuple[Missing, ...] = ()

    @property
    def id(self) -> str:
        """The item's id."""
        return self.asked.id

    @property
    def source(self) -> str:
        """Who asks: the id of a standard; nothing for a question."""
        return self.asked.source or ""

    @property
    def clause(self) -> str:
        """Where it is asked, or what about."""
        return self.asked.clause


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of the comparison: the device's own side, the others' (predicate first), what keeps its difference open."""

    row: Characteristic
    ours: tuple[object, ...]
    theirs: tuple[Quoted | str | None, ...]
    places: tuple[Place, ...]
    open: tuple[Gap, ...]

    @property
    def standing(self) -> str:
        """Whether the row needs nothing, is closed, or is open."""
        return "open" if self.open else "closed" if self.row.differs else "same"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison with the predicate. `open` names each difference without closing evidence, and why it is open.

    `against` is the device that the rows are compared with: the predicate, or the one that is proposed; `finding` the
    word by which a record of a device says that it is for the finding of this one.
    """

    finding: str
    predicate: ClearedDevice | Gap
    against: ClearedDevice
    proposed: Proposed
    references: tuple[tuple[Reference, ClearedDevice], ...]
    de_novo: tuple[str, ...]
    devices: tuple[ClearedDevice, ...]
    sources: tuple[tuple[str, SourceRead], ...]
    rows: tuple[Compared, ...]
    decisions: tuple[Decision, ...]
    open: tuple[tuple[str, Gap], ...]

    @property
    def supported(self) -> bool:
        """Whether nothing is open."""
        return not self.open

    @property
    def conclusion(self) -> str:
        """What the table allows to be said."""
        return CLOSED if self.supported else NOT_SUPPORTED


# --- what is positive, in the expressions of the YAML files: a value, or a gap that says why not ---------------------


@total
def named(standard: Standard) -> str:
    """What is cited with what it is: "RA, Radiology panel"."""
    return compose("{}, {}", standard.designation, standard.fact)


@total
def covered(item: Item) -> Item | Gap:
    """A requirement if its links show that it is met."""
    if item.status is LinkStatus.COVERS:
        return item
    reason = compose("{} {}: {}", item.id, item.status.value.replace("_", " "), item.why)
    return Gap(reason=reason, closes="see the matrix")


@total
def effective(control: RiskControl) -> RiskControl | Gap:
    """A risk control if evidence shows that it lowers the risk."""
    if control.effective is LinkStatus.COVERS:
        return control
    return Gap(reason=compose("{} {}", control.id, control.effective_why), closes="the evidence that the control names")


@total
def achieved(criterion: StudyCriterion) -> StudyCriterion | Gap:
    """An acceptance criterion if it is met."""
    if criterion.met:
        return criterion
    if criterion.met is None:
        return Gap(reason=compose("{} has not been evaluated", criterion.id), closes="carry out the plan")
    reason = compose("{} NOT MET: {}", criterion.id, criterion.rationale)
    return Gap(reason=reason, closes="a better release; the goal stays")


@total
def all_achieved(criteria: Iterable[StudyCriterion]) -> object:
    """The acceptance criteria of a study if each of them is met; else why the first that is not does not hold."""
    judged = [achieved(criterion) for criterion in criteria]
    closes = "a plan with criteria, locked before its images are scored"
    none = Gap(reason="the study states no criterion", closes=closes)
    return next((one for one in judged if isinstance(one, Gap)), judged) if judged else none


@total
def all_known(values: Iterable[Any], attribute: str) -> object:
    """The values if an attribute is known of each of them."""
    for value in values:
        if isinstance(gap := getattr(value, attribute), Gap):
            return Gap(reason=compose("The {} is not known of all: {}", attribute, gap.reason), closes=gap.closes)
    return values


@total
def said(security: Security, *names: str) -> object:
    """What the security file says to questions, by id or by the part of the file; the gaps if it leaves any open."""
    parts = {view.id: view.statements for view in security.views}
    parts |= {"controls": security.control_categories, "testing": security.testing, "plan": security.plan}
    questions = {one.id: (one,) for statements in parts.values() for one in statements}
    known = {**parts, **questions}
    if any(name not in known for name in names):
        return Gap(reason="The security file does not say it", closes="answer it in risk/security.yaml")
    found = tuple(one for name in names for one in known[name])
    return tuple(one.gap for one in found if isinstance(one.gap, Gap)) or found


# --- single figures of evidence, for an answer ------------------------------------------------------------------------


@total
def cell_of(analysis: Analysis, column: str, *keys: object) -> object:
    """A cell of an analysis, as its table shows it: of the named column, in the row that begins with `keys`."""
    for table in analysis.tables:
        if column in table.columns:
            for row, shown in zip(table.rows, cells(table), strict=True):
                if row[: len(keys)] == keys:
                    return shown[table.columns.index(column)]
    return NOT_HELD


@total
def dated(openings: Iterable[Opening], event: str) -> str | Gap:
    """The day of the last line of a log about an event."""
    dates = [opening.date for opening in openings if opening.event == event]
    said = event.replace("_", " ")
    return dates[-1] if dates else Gap(reason=f"The log of the study has no line “{said}”", closes="carry out its plan")


@total
def group_sizes(estimates: Iterable[Estimate]) -> object:
    """The groups of a study with the images of each, with and without the finding."""
    sizes = {one.subgroup: one for one in estimates if one.positives is not None}
    said = Markup("{}: {} with, {} without")
    shown = ((name, count_or_dash(one.positives), count_or_dash(one.negatives)) for name, one in sizes.items())
    return Markup("<br>").join(said.format(*each) for each in shown)


# --- showing ----------------------------------------------------------------------------------------------------------


@total
def of_source(answers: Iterable[Answer], source: str) -> tuple[Answer, ...]:
    """The items of one regulation, guidance or form."""
    return pick(answers, "source", source)


@total
def sources_of(answers: Iterable[Answer]) -> tuple[str, ...]:
    """The sources of the items, in order."""
    return tuple(dict.fromkeys(answer.source for answer in answers))


@total
def by_clause(answers: Iterable[Answer]) -> tuple[tuple[str, tuple[Answer, ...]], ...]:
    """The items in their order, those of one clause together."""
    return tuple((clause, tuple(found)) for clause, found in groupby(answers, key=lambda one: one.clause))


@total
def tally(answers: Iterable[Answer]) -> tuple[tuple[str, int], ...]:
    """How many items have each status."""
    return tuple((status.value, number_of(pick(answers, "status", status))) for status in Status)


RANKS = ("critical", "major", "minor")
"""Severities of gaps, the worst first."""


@total
def left_open(answer: Answer) -> tuple[Missing, ...]:
    """The worst of what an answer leaves open beside what makes it a gap; `more_open` counts the others."""
    return tuple(sorted(answer.open, key=_rank))[:SHOWN]


def _rank(missing: Missing) -> int:
    """The gravest first; what has no row of the register of its own, and so no severity, last."""
    return RANKS.index(missing.severity) if missing.severity in RANKS else len(RANKS)


@total
def more_open(answer: Answer) -> int:
    """How much more an answer leaves open than `left_open` names."""
    return number_of(answer.open[SHOWN:])


SHOWN = 1
"""How many open points an answer names; its pages name all."""

SCREENING = {
    Status.ANSWERED: "present",
    Status.PARTLY: "present, with gaps",
    Status.NOT_APPLICABLE: "not applicable",
    Status.GAP: "missing",
}


@total
def screened(status: Status) -> str:
    """A status as a screening checklist calls it."""
    return SCREENING[status]


@total
def unless_source(answers: Iterable[Answer], *sources: str) -> tuple[Answer, ...]:
    """The items of every regulation, guidance or form but these."""
    return tuple(answer for answer in answers if answer.source not in sources)


@total
def open_by_reason(comparison: Comparison) -> tuple[tuple[tuple[str, ...], Gap], ...]:
    """The open differences, those that are open for one reason together."""
    names: dict[Gap, list[str]] = {}
    for name, gap in comparison.open:
        names.setdefault(gap, []).append(name)
    return tuple((tuple(found), gap) for gap, found in names.items())


@total
def still_open(values: Iterable[Any]) -> tuple[Gap, ...]:
    """Those of some values that are gaps."""
    return tuple(value for value in values if isinstance(value, Gap))


@total
def subject(name: str) -> str:
    """What a row of the gap register is about: an id as such, a place as it is."""
    return ident(name) if IDS.fullmatch(name) else name


@total
def owned_by(role: str, owners: Mapping[str, Any]) -> str:
    """A role that owns a document, with the person of that role where one is entered."""
    person = owners.get(role, NOT_HELD)
    return role if isinstance(person, Gap) else compose("{}: {}", role, person)


@total
def besides(facts: Mapping[str, Any], *names: str) -> str:
    """The facts of a group that are entered, in one line, but those of some names; nothing where there are none."""
    return join_words(value for name, value in facts.items() if name not in names and not isinstance(value, Gap))


@total
def in_quotes(value: Quoted | str | None) -> Markup:
    """Words as they were found, in quotation marks and with their source; what is said in our words stands bare."""
    if value is None:
        return Markup('<span class="absent">not read</span>')
    if isinstance(value, str):
        return Markup("{}").format(value)
    return Markup('<span class="quoted">“{}”</span> <span class="muted">{}</span>').format(value.words, value.source)


@total
def sentence_found(standard: Standard) -> Markup:
    """The sentence that a row of the register rests on, as it was found; or that none was."""
    if standard.quote is None:
        return Markup('<span class="absent">no sentence was found</span>')
    return Markup('<span class="quoted">“{}”</span>').format(standard.quote)


@total
def decided(value: bool | None) -> str:
    """A truth in words, where nobody may know it yet."""
    return "not known" if value is None else yes_no(value)


@total
def severities(rows: Iterable[Any]) -> tuple[tuple[str, int], ...]:
    """How many rows of the gap register are of each severity."""
    return tuple((severity, number_of(pick(rows, "severity", severity))) for severity in RANKS)
