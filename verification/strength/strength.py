"""What is known of the strength of links: `verification/strength.json`, and what of it still fits the checkout.

A record counts as long as the symbol, the linked scenarios, the code of their steps and the operators that make the
faults are what they were. Which faults change nothing is said in `verification/equivalents.yaml`, by people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from verification.evidence import Issue, ItemKind, Mutant, MutantOutcome, Project, Severity, Strength, write_atomically
from verification.evidence.project import sha256_of
from verification.evidence.types import Record
from verification.graph.link import CLAIMABLE
from verification.sources.bindings import find_functions
from verification.sources.scan import Symbol
from verification.sources.scenarios import Scenario
from verification.sources.units import Unit, code_digest, read_units
from verification.specification.documents import Document, Schema, find_schema_issues, read_document
from verification.specification.items import Items

RECORD, EQUIVALENTS = "verification/strength.json", "verification/equivalents.yaml"
INPUTS = (RECORD, EQUIVALENTS)
STEPS = ("verification/steps/**/*.py", "verification/test_features.py")
"""Where the code of the steps is, and what it makes images with."""

AIM_SAFETY, AIM = 0.90, 0.80
"""How many of the faults are to be noticed: for safety-related requirements, and for the others."""

_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["symbol", "before", "after", "reason"],
        "additionalProperties": False,
        "properties": {key: {"type": "string", "minLength": 1} for key in ("symbol", "before", "after", "reason")},
    },
}


class Tried(Record, frozen=True):
    """What faults in a symbol showed of a requirement, and the digests of what that depends on.

    `steps` are the functions that drive the scenarios; `steps_digest` is of them with all code that they use. Lines of
    `strength.mutants` are counted from the symbol's own, 0.
    """

    strength: Strength
    symbol_digest: str
    scenarios_digest: str
    steps: tuple[str, ...]
    steps_digest: str
    operators_digest: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """A fault that is declared to change nothing, and why; it awaits review."""

    symbol: str
    before: str
    after: str
    reason: str
    where: str


@dataclass(frozen=True)
class Links:
    """Which scenarios each symbol's requirements have today, and the digests of what strength depends on."""

    project: Project
    symbols: tuple[Symbol, ...]
    scenarios: tuple[Scenario, ...]
    _said: dict[str, str] = field(default_factory=dict)
    _done: dict[tuple[str, ...], str] = field(default_factory=dict)

    @cached_property
    def pairs(self) -> dict[tuple[str, str], tuple[Scenario, ...]]:
        """The scenarios of each requirement and symbol that implements it, if there are any."""
        linked: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios:
            for requirement in scenario.requirements:
                linked.setdefault(requirement, []).append(scenario)
        return {
            (requirement, symbol.id): tuple(linked[requirement])
            for symbol in self.symbols
            for requirement in symbol.implements
            if requirement in linked
        }

    @cached_property
    def by_id(self) -> dict[str, Symbol]:
        """The symbols by name."""
        return {symbol.id: symbol for symbol in self.symbols}

    @cached_property
    def _units(self) -> dict[str, Unit]:
        return read_units(self.project, *STEPS)

    def steps_of(self, requirement: str) -> tuple[str, ...]:
        """The functions that drive the scenarios of a requirement."""
        linked = next(scenarios for (one, _), scenarios in self.pairs.items() if one == requirement)
        return tuple(find_functions(self._units, linked))

    @cached_property
    def operators_digest(self) -> str:
        """Of the code that makes the faults."""
        return sha256_of(Path(__file__).with_name("mutants.py"))

    def tried(self, strength: Strength, steps: tuple[str, ...]) -> Tried:
        """A result with the digests of today."""
        if steps not in self._done:
            self._done[steps] = code_digest(self._units, steps)
        return Tried(
            strength=strength,
            symbol_digest=self.by_id[strength.symbol].digest,
            scenarios_digest=self._scenarios_digest(strength.requirement, strength.symbol),
            steps=steps,
            steps_digest=self._done[steps],
            operators_digest=self.operators_digest,
        )

    def _scenarios_digest(self, requirement: str, symbol: str) -> str:
        if requirement not in self._said:
            digests = sorted(each.digest for each in self.pairs[requirement, symbol])
            self._said[requirement] = hashlib.sha256("".join(digests).encode()).hexdigest()
        return self._said[requirement]

    def still_fits(self, tried: Tried) -> bool:
        """Whether a result is about the checkout as it is."""
        key = tried.strength.requirement, tried.strength.symbol
        return key in self.pairs and self.tried(tried.strength, tried.steps) == tried


# --- the record -------------------------------------------------------------------------------------------------------


def read_tried(project: Project) -> tuple[tuple[Tried, ...], tuple[Issue, ...]]:
    """Read all that was ever recorded; a damaged record is an issue, and counts as none."""
    try:
        return msgspec.json.decode((project.root / RECORD).read_bytes(), type=tuple[Tried, ...]), ()
    except FileNotFoundError:
        return (), ()
    except (OSError, msgspec.DecodeError) as error:
        message = f"cannot be read as a record of strength: {error}"
        return (), (_issue("strength-unreadable", f"{RECORD}:1", message, "delete it, then `clearway trace prove`"),)


def write_tried(project: Project, tried: Iterable[Tried]) -> None:
    """Write the record whole, in the order of requirement and symbol."""
    ordered = sorted(tried, key=lambda each: (each.strength.requirement, each.strength.symbol))
    write_atomically(project.root / RECORD, msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")


# --- what it says today -----------------------------------------------------------------------------------------------


def read_strengths(links: Links, items: Items) -> tuple[tuple[Strength, ...], tuple[Issue, ...]]:
    """What is known today of the strength of each link, and what is wrong with that.

    Args:
        links: symbols and scenarios as they are.
        items: which requirements are safety-related; risk controls are.
    """
    tried, issues = read_tried(links.project)
    safety_related = {
        entry.id
        for entry in items.of(*CLAIMABLE)
        if entry.kind is ItemKind.RISK_CONTROL or entry.value["safety_related"]
    }
    exemptions, more = read_exemptions(links.project)
    fitting = [each.strength for each in tried if links.still_fits(each)]
    fit = {(each.requirement, each.symbol) for each in fitting}
    decided = _find_decided(links, fitting, fit)
    strengths = tuple(as_of_today(links, decided, exemptions))
    waiting = fit - {(each.requirement, each.symbol) for each in decided}
    recorded = {(each.strength.requirement, each.strength.symbol) for each in tried}
    found = [
        *issues, *more, *_find_missing(links, recorded, fit), *_find_waiting(waiting),
        *_find_weak(links, strengths, safety_related), *_find_idle(links, strengths, exemptions),
    ]  # fmt: skip
    return strengths, tuple(found)


def _find_decided(links: Links, fitting: Sequence[Strength], fit: Set[tuple[str, str]]) -> list[Strength]:
    """Those of which today's result can be told.

    What the scenarios of one requirement did not notice, those of another of the symbol may have: while faults were not
    tried for that as it is now, such a fault is neither noticed nor not.
    """
    unsettled = {symbol for requirement, symbol in links.pairs if (requirement, symbol) not in fit}
    return [each for each in fitting if not each.mutants or each.symbol not in unsettled]


def as_of_today(links: Links, fitting: Sequence[Strength], exemptions: list[Exemption]) -> Iterator[Strength]:
    """Yield results with the lines and exemptions of today, and with what another requirement of the symbol noticed."""
    exempt = {(each.symbol, each.before, each.after): each.reason for each in exemptions}
    of_symbol: dict[str, list[Strength]] = {}
    for strength in fitting:
        of_symbol.setdefault(strength.symbol, []).append(strength)
    for strength in fitting:
        others = [each for each in of_symbol[strength.symbol] if each is not strength]
        lines = (links.project.root / links.by_id[strength.symbol].file).read_text(encoding="utf-8").splitlines()
        mutants = []
        for mutant in strength.mutants:
            outcome, reason = MutantOutcome.SURVIVED, None
            if not all(mutant in other.mutants for other in others):
                outcome = MutantOutcome.ELSEWHERE
            elif reason := exempt.get((strength.symbol, mutant.before, mutant.after)):
                outcome = MutantOutcome.EQUIVALENT
            line = _line_now(lines, links.by_id[strength.symbol].line + mutant.line, mutant.before)
            mutants.append(msgspec.structs.replace(mutant, line=line, outcome=outcome, reason=reason))
        yield with_mutants(strength, mutants)


def with_mutants(strength: Strength, mutants: list[Mutant]) -> Strength:
    """A strength with these mutants for those that were not killed, counted."""
    count = {outcome: sum(each.outcome is outcome for each in mutants) for outcome in MutantOutcome}
    return msgspec.structs.replace(
        strength,
        survived=count[MutantOutcome.SURVIVED],
        equivalent=count[MutantOutcome.EQUIVALENT],
        elsewhere=count[MutantOutcome.ELSEWHERE],
        mutants=tuple(mutants),
    )


def _line_now(lines: list[str], expected: int, text: str) -> int:
    """The line with this text that is nearest to where it was."""
    found = [number for number, line in enumerate(lines, start=1) if line.strip() == text]
    return min(found, key=lambda number: abs(number - expected), default=expected)


def share_noticed(strengths: Iterable[Strength]) -> float | None:
    """Killed of those that were killed or survived; None if there are none."""
    known = list(strengths)
    killed, survived = sum(each.killed for each in known), sum(each.survived for each in known)
    return killed / (killed + survived) if killed + survived else None


# --- issues -----------------------------------------------------------------------------------------------------------


def _find_missing(links: Links, recorded: set[tuple[str, str]], known: set[tuple[str, str]]) -> Iterator[Issue]:
    symbols_of: dict[str, list[str]] = {}
    for requirement, symbol in links.pairs:
        symbols_of.setdefault(requirement, []).append(symbol)
    for requirement, symbols in symbols_of.items():
        never = [symbol for symbol in symbols if (requirement, symbol) not in recorded]
        stale = [each for each in symbols if (requirement, each) in recorded and (requirement, each) not in known]
        hint = f"`clearway trace prove {requirement}`"
        if never:
            message = f"{requirement}: no fault was ever tried in {', '.join(never)}"
            yield _issue("strength-missing", requirement, message, hint)
        if stale:
            message = f"{requirement}: code, scenarios or steps changed since faults were tried in {', '.join(stale)}"
            yield _issue("strength-stale", requirement, message, hint)


def _find_waiting(waiting: Iterable[tuple[str, str]]) -> Iterator[Issue]:
    """Yield an issue for each requirement of whose faults some wait for those of another that has the same code."""
    symbols_of: dict[str, list[str]] = {}
    for requirement, symbol in sorted(waiting):
        symbols_of.setdefault(requirement, []).append(symbol)
    for requirement, symbols in symbols_of.items():
        message = (
            f"{requirement}: what it did not notice in {', '.join(symbols)} may be noticed for another requirement of "
            "the same code, and for that nothing was tried as it is now"
        )
        yield _issue("strength-stale", requirement, message, "`clearway trace prove`")


def _find_weak(links: Links, strengths: tuple[Strength, ...], safety_related: set[str]) -> Iterator[Issue]:
    by_requirement: dict[str, list[Strength]] = {}
    for strength in strengths:
        by_requirement.setdefault(strength.requirement, []).append(strength)
    for requirement, own in by_requirement.items():
        share, aim = share_noticed(own), AIM_SAFETY if requirement in safety_related else AIM
        hint = (
            f"see `clearway trace {requirement}`; write scenarios that notice them, or say in "
            "verification/equivalents.yaml why nothing can"
        )
        if share is not None and share < aim:
            survivors = ", ".join(dict.fromkeys(place for each in own for place in find_survivors(links, each)))
            message = f"{requirement}: {share:.0%} of the faults were noticed, the aim is {aim:.0%}: not in {survivors}"
            yield _issue("strength-below-aim", requirement, message, hint)
        blind = [each.symbol for each in own if each.mutants and not each.killed]
        if blind:
            message = f"{requirement}: its scenarios notice no fault in {', '.join(blind)}, which claim to implement it"
            yield _issue("strength-below-aim", requirement, message, hint)


def find_survivors(links: Links, strength: Strength) -> Iterator[str]:
    """Yield where each fault is that nothing noticed: file:line. Its text is code, which no document may quote."""
    for mutant in strength.mutants:
        if mutant.outcome is MutantOutcome.SURVIVED:
            yield f"{links.by_id[strength.symbol].file}:{mutant.line}"


def _find_idle(links: Links, strengths: tuple[Strength, ...], exemptions: list[Exemption]) -> Iterator[Issue]:
    """Exemptions of what does not exist, or was noticed after all."""
    known = {each.symbol for each in strengths}
    used = {(each.symbol, one.before, one.after) for each in strengths for one in each.mutants if one.reason}
    for each in exemptions:
        if each.symbol not in links.by_id:
            message = f"{each.symbol} does not exist, or claims no requirement"
        elif each.symbol in known and (each.symbol, each.before, each.after) not in used:
            message = f"no fault of {each.symbol} that went unnoticed reads as this entry says"
        else:
            continue
        yield _issue("exemption-unused", each.where, message, "delete it, or correct it to what `clearway trace` shows")


def read_exemptions(project: Project) -> tuple[list[Exemption], list[Issue]]:
    """Read which faults are declared to change nothing; none of them counts if the file has an issue."""
    path = project.root / EQUIVALENTS
    if not path.is_file():
        return [], []
    document = read_document(path, EQUIVALENTS)
    issues = [*document.issues, *(find_schema_issues(document, Schema(_SCHEMA)) if document.value is not None else ())]
    return ([] if issues else list(_exemptions(document))), issues


def _exemptions(document: Document) -> Iterator[Exemption]:
    for n, value in enumerate(document.value):
        yield Exemption(**value, where=document.where(n))


def _issue(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.ADVISORY, where=where, message=message, hint=hint)
