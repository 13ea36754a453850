"""From what is asked to answers: each section must be there, and each expression give a value that is no gap.

An item says where it is answered; whether it is, is found out here. An expression is written in the language of the
templates over the names of a package, so that it passes through the same filters and a gap stays a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from jinja2 import Environment, TemplateError, Undefined

from submission.content.answers import Answer, Compared, Comparison, Missing, Place, Section, Status
from submission.content.catalogue import (
    Asked,
    Catalogue,
    CatalogueError,
    Characteristic,
    ClearedDevice,
    Entry,
    Quoted,
    Reference,
)
from submission.content.environment import make_environment
from submission.content.equivalence import decide
from submission.words.claims import compose, join_words
from submission.words.claims import rows as with_origin
from submission.words.filters import NOT_HELD, show
from submission.words.folders import MANIFEST
from verification.evidence import Gap

Headings = Mapping[str, Mapping[str, Section]]
"""The sections of each document, by its number and the id of the heading."""

Named = tuple[str, str, Missing]
"""The kind of a gap (`gaps.yaml`), what asks for it, and what is missing."""

OPEN = f"{MANIFEST}#/equivalence/open"
"""Where the manifest lists the open differences."""

UNREAD = Gap(
    reason="What the candidate predicates have here was not read",
    closes="read the summary of the predicate at the official source",
)
UNDECIDED = Gap(
    reason="Nobody has decided whether the difference raises a different question of safety or effectiveness",
    closes="a decision by the sponsor, discussed in a pre-submission",
)
CHOSEN = "the sponsor has entered it, and for what is not said here"
"""For what a reference device is used that no proposal names."""

OTHER_QUESTION = Gap(
    reason="The difference raises a different question of safety or effectiveness, which no evidence closes",
    closes="another predicate, or another pathway",
)


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers of a package, and what is missing that no row of the gap register holds yet, by what asks for it."""

    guidance: tuple[Answer, ...]
    questions: tuple[Answer, ...]
    presub: tuple[Answer, ...]
    comparison: Comparison
    missing: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a package: names, documents, sections, rows of its gap register by what they say; and faults.

    `lacking` is by section what those who cite it say is missing: the declared gaps that they name as evidence.
    """

    names: Mapping[str, object]
    documents: Mapping[str, Entry]
    headings: Headings | None
    rows: Mapping[str, Missing]
    lacking: Mapping[str, tuple[str, ...]]
    faults: list[str]


def resolve(
    catalogue: Catalogue, names: Mapping[str, object], rows: Mapping[str, Missing], headings: Headings | None
) -> Answers:
    """Answer what is asked, over the names of a package.

    Args:
        catalogue: what is asked.
        names: the names that templates see.
        rows: what the gap register holds already, by what its rows say.
        headings: the sections of the rendered documents; None takes every section to be there.

    Raises:
        CatalogueError: expressions name what does not exist; names all of them, each with file and line.
    """
    documents = {entry.number: entry for entry in catalogue.documents}
    asked = (*catalogue.content_map.items, *catalogue.questions, *catalogue.presub.questions)
    known = _Known(names, documents, headings, rows, _lacking(asked, names["declared"]), [])
    guidance = tuple(_answer(known, asked) for asked in catalogue.content_map.items)
    questions = tuple(_answer(known, asked) for asked in catalogue.questions)
    presub = tuple(_answer(known, asked) for asked in catalogue.presub.questions)
    comparison = _compare(known, catalogue)
    if known.faults:
        raise CatalogueError("\n".join(known.faults))
    asking = _asking(known, (*guidance, *questions, *presub), comparison)
    return Answers(guidance, questions, presub, comparison, tuple(_unregistered(asking)))


# --- items and questions ----------------------------------------------------------------------------------------------


def _answer(known: _Known, asked: Asked) -> Answer:
    if asked.not_applicable is not None:
        return Answer(asked, Status.NOT_APPLICABLE, (), (), None)
    places, gaps = _places(known, asked.sections)
    figures = tuple((name, _shown(known, asked.line, each)) for name, each in asked.figures.items())
    gaps += _gaps(_value(known, asked.line, each) for each in asked.evidence)
    gaps += _gaps(value for _, value in figures)
    stated = _stated(known, asked)
    found = [*([stated] if stated else []), *(_registered(known, gap) for gap in gaps)]
    if found:
        return Answer(asked, Status.GAP, places, figures, found[0], tuple(dict.fromkeys(found[1:])))
    cited = (_registered(known, gap) for gap in _cited(known, asked))
    left = tuple({missing.reason: missing for missing in cited}.values())
    return Answer(asked, Status.PARTLY if left else Status.ANSWERED, places, figures, None, left)


def _cited(known: _Known, asked: Asked) -> Iterator[Gap]:
    """Yield what the sections leave open that an answer cites: what they print, and what others say is missing there.

    An answer cannot say more than the pages that it points to, nor two answers that point to one page differ on it.
    """
    for section in asked.sections:
        number, _, name = section.partition("/")
        printed = known.headings[number][name].gaps if known.headings and name in known.headings.get(number, {}) else ()
        for reason in (*printed, *known.lacking.get(section, ())):
            yield Gap(reason=reason, closes="")


def _lacking(asked: Iterable[Asked], declared: Any) -> dict[str, tuple[str, ...]]:
    """By section, the declared gaps that an item which cites it names as its evidence."""
    found: dict[str, dict[str, None]] = {}
    for one in asked:
        names = [expression.removeprefix("declared.") for expression in one.evidence]
        for name in (name for name in names if name in declared):
            for section in one.sections:
                found.setdefault(section, {})[declared[name].reason] = None
    return {section: tuple(reasons) for section, reasons in found.items()}


def _stated(known: _Known, asked: Asked) -> Missing | None:
    """The gap that an item states itself, or the declared one that it names."""
    if asked.gap is None:
        return None
    if isinstance(asked.gap, str):
        declared: Any = known.names["declared"]
        return known.rows[declared[asked.gap].reason]
    return Missing(asked.gap.reason, "", "", asked.gap.closes)


def _registered(known: _Known, gap: Gap) -> Missing:
    """What a gap means by its row of the register; what one without a row means is said once it has one."""
    row = known.rows.get(gap.reason)
    return Missing(gap.reason, "", "", gap.closes) if row is None else replace(row, reason=gap.reason)


# --- the comparison ---------------------------------------------------------------------------------------------------


def _compare(known: _Known, catalogue: Catalogue) -> Comparison:
    stated = catalogue.equivalence
    devices = {device.k_number: device for device in stated.devices}
    sponsor: Any = known.names["sponsor"]
    number = sponsor["predicate"]
    chosen = number if isinstance(number, Gap) else devices[number]
    against = devices[stated.proposed.predicate] if isinstance(chosen, Gap) else chosen
    proposed = {one.k_number: one for one in stated.proposed.references}
    entered = catalogue.sponsor.references or tuple(proposed)
    references = tuple(
        (proposed.get(each, Reference(k_number=each, use=CHOSEN, not_for=CHOSEN)), devices[each]) for each in entered
    )
    others = (against, *(device for _, device in references))
    rows = tuple(_compared(known, row, others) for row in stated.rows)
    nobody = (("Predicate", chosen),) if isinstance(chosen, Gap) else ()
    open_ = with_origin((*nobody, *((one.row.title, one.open[0]) for one in rows if one.open)), OPEN)
    return Comparison(
        finding=stated.finding,
        predicate=chosen,
        against=against,
        proposed=stated.proposed,
        references=references,
        de_novo=stated.de_novo,
        devices=stated.devices,
        sources=tuple(stated.sources.items()),
        rows=rows,
        decisions=tuple(decide(stated.decisions, chosen, rows)),
        open=open_,
    )


def _compared(known: _Known, row: Characteristic, others: Iterable[ClearedDevice]) -> Compared:
    ours = tuple(_shown(known, row.line, each) for each in row.shows)
    theirs = tuple(_read_of(row, device, first=number == 0) for number, device in enumerate(others))
    places, absent = _places(known, row.sections)
    evidence = _gaps(_value(known, row.line, each) for each in row.evidence)
    return Compared(row, ours, theirs, places, (*_gaps(ours), *_undetermined(row, theirs[0]), *absent, *evidence))


def _read_of(row: Characteristic, device: ClearedDevice, *, first: bool) -> Quoted | str | None:
    """What was read of a device here; what the row says in words is of the predicate."""
    read: Quoted | str | None = getattr(device, row.of) if row.of else row.predicate if first else None
    return read


def _undetermined(row: Characteristic, theirs: Quoted | str | None) -> Iterator[Gap]:
    """Yield what keeps a difference open whatever evidence there is."""
    if theirs is None or row.differs is None:
        yield UNREAD
    elif row.differs:
        if row.other_question is None:
            yield UNDECIDED
        elif row.other_question:
            yield OTHER_QUESTION
        elif not row.evidence:
            yield Gap(
                reason=f"No evidence is named that closes the difference in {row.title.lower()}", closes=row.closes
            )


# --- sections and expressions -----------------------------------------------------------------------------------------


def _places(known: _Known, sections: Iterable[str]) -> tuple[tuple[Place, ...], tuple[Gap, ...]]:
    """The sections that are there, and a gap for each that is not."""
    found = [_place(known, section) for section in sections]
    return tuple(place for place in found if isinstance(place, Place)), _gaps(found)


def _place(known: _Known, section: str) -> Place | Gap:
    number, _, name = section.partition("/")
    entry = known.documents.get(number)
    there = {name: Section("")} if known.headings is None else known.headings.get(number, {})
    if entry is not None and name in there:
        return Place(section, entry.number, entry.title, there[name].title)
    what = "There is no document for {}" if entry is None else "The document has no section {}"
    return Gap(reason=compose(what, section), closes="write it, or name the section that answers")


def _gaps(values: Iterable[object]) -> tuple[Gap, ...]:
    """The gaps among values; of a tuple the gaps in it."""
    each = (one for value in values for one in (value if isinstance(value, tuple) else (value,)))
    return tuple(value for value in each if isinstance(value, Gap))


def _value(known: _Known, line: str, expression: str) -> object:
    """What an expression gives; nothing, and what is not so, is a gap. A name that does not exist is a fault."""
    try:
        value = _compiled(expression)(**known.names)
        if isinstance(value, Undefined):
            str(value)
    except (TemplateError, TypeError, ValueError, AttributeError) as error:
        known.faults.append(f"{line}: `{expression}`: {error}; name what a package holds, by a template's filters")
        return Gap(reason=compose("{} names nothing", expression), closes="mend the expression")
    if value == NOT_HELD:
        return Gap(reason=compose("The evidence does not hold {}", expression), closes=NOT_HELD.closes)
    if value is False:
        return Gap(reason=compose("The evidence says that {} is not so", expression), closes="see why")
    if value is None or (isinstance(value, str | tuple | Mapping) and not value):
        return Gap(reason=compose("The evidence {} is empty", expression), closes="make the evidence")
    return value


def _shown(known: _Known, line: str, expression: str) -> object:
    """What an expression gives, as a page shows it; a bare number is a fault."""
    value = _value(known, line, expression)
    try:
        return value if isinstance(value, Gap) else show(value)
    except TypeError as error:
        known.faults.append(f"{line}: `{expression}`: {error}")
        return Gap(reason=compose("{} has no form", expression), closes="name a filter")


@cache
def _compiled(expression: str) -> Any:
    return _environment().compile_expression(str(expression), undefined_to_none=False)


@cache
def _environment() -> Environment:
    return make_environment()


# --- what the gap register does not hold yet --------------------------------------------------------------------------


def _asking(known: _Known, answers: Iterable[Answer], comparison: Comparison) -> Iterator[Named]:
    """Yield each gap with what asks for it."""
    for name, gap in comparison.open:
        yield "difference", f"comparison: {name.lower()}", _registered(known, gap)
    for answer in answers:
        if answer.missing is not None:
            yield "answer", answer.asked.id, answer.missing


def _unregistered(asking: Iterable[Named]) -> Iterator[Named]:
    """Yield each gap that has no row yet once, with all that ask for it."""
    found: dict[str, tuple[str, list[str], Missing]] = {}
    for kind, name, missing in asking:
        if not missing.registered:
            found.setdefault(missing.reason, (kind, [], missing))[1].append(name)
    yield from ((kind, join_words(names), missing) for kind, names, missing in found.values())
