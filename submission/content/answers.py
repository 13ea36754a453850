"""What is asked of a package and what it answers: the nouns, and the filters that show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from markupsafe import Markup

from submission.content.catalogue import Asked, Characteristic, ClearedDevice, Standard
from submission.words.claims import compose, number_of, pick
from submission.words.filters import NOT_HELD, cells, count_or_dash, total, yes_no
from verification.evidence import Analysis, Estimate, Gap, Item, LinkStatus, Opening, RiskControl, StudyCriterion

NOT_SUPPORTED = "SUBSTANTIAL EQUIVALENCE NOT SUPPORTED"
CLOSED = "Every difference in the table is closed by evidence"


class Status(StrEnum):
    """Where an item stands; nothing is left blank."""

    ANSWERED = "answered"
    NOT_APPLICABLE = "not applicable"
    GAP = "gap"


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
    """An item or question with its answer. `figures` are shown values with their names."""

    asked: Asked
    status: Status
    places: tuple[Place, ...]
    figures: tuple[tuple[str, object], ...]
    missing: Missing | None

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
    """A row of the comparison with the device's own side shown, and what keeps its difference open."""

    row: Characteristic
    ours: tuple[object, ...]
    places: tuple[Place, ...]
    open: tuple[Gap, ...]

    @property
    def standing(self) -> str:
        """Whether the row needs nothing, is closed, or is open."""
        return "open" if self.open else "closed" if self.row.differs else "same"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison with the predicate. `open` names each difference without closing evidence, and why it is open."""

    predicate: ClearedDevice | Gap
    candidates: tuple[ClearedDevice, ...]
    reference_device: ClearedDevice
    devices: tuple[ClearedDevice, ...]
    rows: tuple[Compared, ...]
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
    """How many items are answered, not applicable and gaps."""
    return tuple((status.value, number_of(pick(answers, "status", status))) for status in Status)


SCREENING = {Status.ANSWERED: "present", Status.NOT_APPLICABLE: "not applicable", Status.GAP: "missing"}


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
def decided(value: bool | None) -> str:
    """A truth in words, where nobody may know it yet."""
    return "not known" if value is None else yes_no(value)


@total
def severities(rows: Iterable[Any]) -> tuple[tuple[str, int], ...]:
    """How many rows of the gap register are of each severity."""
    return tuple((severity, number_of(pick(rows, "severity", severity))) for severity in ("critical", "major", "minor"))
