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

from submission.content.answers import Answer, Compared, Comparison, Missing, Place, Status
from submission.content.catalogue import Asked, Catalogue, CatalogueError, Characteristic, Entry
from submission.content.environment import make_environment
from submission.words.claims import compose, join_words
from submission.words.claims import rows as with_origin
from submission.words.filters import NOT_HELD, show
from submission.words.folders import MANIFEST
from verification.evidence import Gap

Headings = Mapping[str, Mapping[str, str]]
"""The sections of each document, by its number: the title of each by the id of its heading."""

Named = tuple[str, Missing]

OPEN = f"{MANIFEST}#/equivalence/open"
"""Where the manifest lists the open differences."""

UNREAD = Gap(
    reason="What the candidate predicates have here was not read",
    closes="choose a predicate and read its summary at the official source",
)
UNDECIDED = Gap(
    reason="Nobody has decided whether the difference raises a different question of safety or effectiveness",
    closes="a decision by the sponsor, discussed in a pre-submission",
)
OTHER_QUESTION = Gap(
    reason="The difference raises a different question of safety or effectiveness, which no evidence closes",
    closes="another predicate, or another pathway",
)


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers of a package, and what is missing that no row of the gap register holds yet, by what asks for it."""

    guidance: tuple[Answer, ...]
    questions: tuple[Answer, ...]
    comparison: Comparison
    missing: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a package: names, documents, sections, rows of its gap register by what they say; and faults."""

    names: Mapping[str, object]
    documents: Mapping[str, Entry]
    headings: Headings | None
    rows: Mapping[str, Missing]
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
    known = _Known(names, documents, headings, rows, [])
    guidance = tuple(_answer(known, catalogue, asked) for asked in catalogue.content_map.items)
    questions = tuple(_answer(known, catalogue, asked) for asked in catalogue.questions)
    comparison = _compare(known, catalogue)
    if known.faults:
        raise CatalogueError("\n".join(known.faults))
    asking = _asking(known, catalogue, (*guidance, *questions), comparison)
    return Answers(guidance, questions, comparison, tuple(_unregistered(asking)))


# --- items and questions ----------------------------------------------------------------------------------------------


def _answer(known: _Known, catalogue: Catalogue, asked: Asked) -> Answer:
    if asked.not_applicable is not None:
        return Answer(asked, Status.NOT_APPLICABLE, (), (), None)
    places, gaps = _places(known, asked.sections)
    figures = tuple((name, _shown(known, asked.line, each)) for name, each in asked.figures.items())
    gaps += _gaps(_value(known, asked.line, each) for each in asked.evidence)
    gaps += _gaps(value for _, value in figures)
    missing = _stated(known, asked) or (_registered(known, catalogue, "answer", gaps[0]) if gaps else None)
    return Answer(asked, Status.GAP if missing else Status.ANSWERED, places, figures, missing)


def _stated(known: _Known, asked: Asked) -> Missing | None:
    """The gap that an item states itself, or the declared one that it names."""
    if asked.gap is None:
        return None
    if isinstance(asked.gap, str):
        declared: Any = known.names["declared"]
        return known.rows[declared[asked.gap].reason]
    return Missing(asked.gap.reason, asked.gap.severity, asked.gap.consequence, asked.gap.closes)


def _registered(known: _Known, catalogue: Catalogue, kind: str, gap: Gap) -> Missing:
    """What a gap means by its row of the register; one without a row means what its kind means."""
    meaning = catalogue.gaps.kinds[kind]
    if (row := known.rows.get(gap.reason)) is not None:
        return replace(row, reason=gap.reason)
    return Missing(gap.reason, meaning.severity, meaning.consequence, gap.closes or meaning.closes)


# --- the comparison ---------------------------------------------------------------------------------------------------


def _compare(known: _Known, catalogue: Catalogue) -> Comparison:
    stated = catalogue.equivalence
    devices = {device.k_number: device for device in stated.devices}
    declared: Any = known.names["declared"]
    rows = tuple(_compared(known, row) for row in stated.rows)
    chosen = declared["predicate"] if stated.predicate is None else devices[stated.predicate]
    nobody = (("Predicate", chosen),) if isinstance(chosen, Gap) else ()
    return Comparison(
        predicate=chosen,
        candidates=tuple(devices[number] for number in stated.candidates),
        reference_device=devices[stated.reference_device],
        devices=stated.devices,
        rows=rows,
        open=with_origin((*nobody, *((one.row.title, one.open[0]) for one in rows if one.open)), OPEN),
    )


def _compared(known: _Known, row: Characteristic) -> Compared:
    ours = tuple(_shown(known, row.line, each) for each in row.ours)
    places, absent = _places(known, row.sections)
    evidence = _gaps(_value(known, row.line, each) for each in row.evidence)
    return Compared(row, ours, places, (*_gaps(ours), *_undetermined(row), *absent, *evidence))


def _undetermined(row: Characteristic) -> Iterator[Gap]:
    """Yield what keeps a difference open whatever evidence there is."""
    if row.predicate is None or row.differs is None:
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
    titles = {name: ""} if known.headings is None else known.headings.get(number, {})
    if entry is not None and name in titles:
        return Place(section, entry.number, entry.title, titles[name])
    what = "There is no document for {}" if entry is None else "The document has no section {}"
    return Gap(reason=compose(what, section), closes="write it, or name the section that answers")


def _gaps(values: Iterable[object]) -> tuple[Gap, ...]:
    return tuple(value for value in values if isinstance(value, Gap))


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


def _asking(known: _Known, catalogue: Catalogue, answers: Iterable[Answer], comparison: Comparison) -> Iterator[Named]:
    """Yield each gap with what asks for it."""
    for name, gap in comparison.open:
        yield f"comparison: {name.lower()}", _registered(known, catalogue, "difference", gap)
    for answer in answers:
        if answer.missing is not None:
            yield answer.asked.id, answer.missing


def _unregistered(asking: Iterable[Named]) -> Iterator[Named]:
    """Yield each gap that has no row yet once, with all that ask for it."""
    found: dict[str, tuple[list[str], Missing]] = {}
    for name, missing in asking:
        if not missing.registered:
            found.setdefault(missing.reason, ([], missing))[0].append(name)
    yield from ((join_words(names), missing) for names, missing in found.values())
