"""Whether a requirement asks for each part of the product's code, and what runs where a claim is made.

A unit serves what it claims itself and what a class or module around it claims. Whatever it uses by name serves
the same, if that is a private helper, a class or a constant: a public function says itself what it is for. What serves
nothing is *unspecified*, unless `requirements_spec/infrastructure.yaml` declares it with a reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from msgspec.structs import replace

from verification.evidence import Issue, Project, Severity
from verification.sources.scan import Symbol
from verification.sources.units import Kind, Unit, read_units
from verification.specification.documents import Document
from verification.specification.items import Items


@dataclass(frozen=True)
class Code:
    """The code of the product: what claims something, and every unit by its id."""

    symbols: tuple[Symbol, ...]
    units: dict[str, Unit]
    infrastructure: Document | None = None

    @cached_property
    def serves(self) -> dict[str, frozenset[str]]:
        """The ids that each unit serves: what it claims, and what is claimed around it and by what uses it."""
        found: dict[str, frozenset[str]] = dict.fromkeys(self.units, frozenset())
        waiting = [(self._unit_of(symbol.id), frozenset(symbol.implements)) for symbol in self.symbols]
        while waiting:
            identity, claims = waiting.pop()
            if identity in found and not claims <= found[identity]:
                found[identity] |= claims
                waiting += [(each, claims) for each in (*self._inside[identity], *self._helpers(identity))]
        return found

    @cached_property
    def reviewed(self) -> tuple[Symbol, ...]:
        """The symbols, each with the digest of what a review of it covers: itself, and what it uses that is no door.

        That is every private helper, class (with its methods) and constant, at any depth, and of a method the rest of
        its class. What is called by its public name is not in it.
        """
        return tuple(replace(symbol, digest=self._with_helpers(symbol)) for symbol in self.symbols)

    @cached_property
    def unspecified(self) -> tuple[Unit, ...]:
        """The functions and classes that serve nothing and are not declared, the outermost of each."""
        found: dict[str, Unit] = {}
        for each in sorted(self.units.values(), key=lambda unit: unit.id):
            wanted = any(self.serves[one] for one in (each.id, *self._inside[each.id]))
            code = each.kind in (Kind.FUNCTION, Kind.CLASS)
            if code and not wanted and not self._declared(each.id) and _owner(each.id) not in found:
                found[each.id] = each
        return tuple(found.values())

    @cached_property
    def running(self) -> dict[str, frozenset[str]]:
        """By symbol, the functions that are entered when it runs: itself and what is in it, else what uses it."""
        return {symbol.id: frozenset(self._entered_for(self._unit_of(symbol.id))) for symbol in self.symbols}

    @property
    def declarations(self) -> list[tuple[int, str]]:
        """The patterns that are declared infrastructure, with their places in the list."""
        entries = self.infrastructure.value if self.infrastructure else []
        return [(number, entry["code"]) for number, entry in enumerate(entries)]

    @cached_property
    def _inside(self) -> dict[str, list[str]]:
        """What is defined in each unit, at any depth."""
        found: dict[str, list[str]] = {identity: [] for identity in self.units}
        for identity in self.units:
            owner = _owner(identity)
            while owner in found:
                found[owner].append(identity)
                owner = _owner(owner)
        return found

    def _unit_of(self, symbol: str) -> str:
        """The unit that a symbol is, or is a part of: a function within a function is none of its own."""
        while symbol not in self.units and "." in symbol:
            symbol = _owner(symbol)
        return symbol

    def _with_helpers(self, symbol: Symbol) -> str:
        unit = self._unit_of(symbol.id)
        found, waiting = {unit}, [unit] if unit in self.units else []
        shells: set[str] = set()  # classes without their other methods, unless something uses the class
        while waiting:
            each = waiting.pop()
            new = {*self._inside[each], *self._helpers(each)} - found
            found |= new
            waiting += new
            owner = self.units.get(_owner(each))
            if owner and owner.kind is Kind.CLASS and owner.id not in shells:
                shells.add(owner.id)
                new = set(self._helpers(owner.id)) - found
                found |= new
                waiting += new
        helpers = sorted((found | shells) - {unit, *self._inside.get(unit, ())})
        said = [f"{name} {self.units[name].digest}" for name in helpers]
        return hashlib.sha256("\n".join([symbol.digest, *said]).encode()).hexdigest() if said else symbol.digest

    def _helpers(self, identity: str) -> Iterator[str]:
        for name in self.units[identity].uses - {_owner(identity)}:
            used = self.units.get(name)
            private = name.rpartition(".")[2].startswith("_")
            if used and used.kind is not Kind.MODULE and (private or not used.is_function):
                yield name

    def _entered_for(self, identity: str) -> set[str]:
        inside = {one for one in (identity, *self._inside.get(identity, ())) if self._is_function(one)}
        return inside or self._users(identity)

    def _users(self, identity: str) -> set[str]:
        """The functions that name a constant or a class, or a constant that is made of it."""
        found: set[str] = set()
        waiting = {identity}
        while waiting:
            wanted, waiting = waiting, set()
            for each in self.units.values():
                if each.uses & wanted and each.id not in found and each.kind is not Kind.MODULE:
                    found.add(each.id)
                    waiting |= set() if each.is_function else {each.id}
        return {one for one in found if self._is_function(one)}

    def _is_function(self, identity: str) -> bool:
        return identity in self.units and self.units[identity].is_function

    def _declared(self, identity: str) -> bool:
        return any(fnmatchcase(identity, pattern) for _, pattern in self.declarations)


def read_code(project: Project, items: Items, symbols: tuple[Symbol, ...]) -> Code:
    """Read every unit of the product beside the symbols among them and what the items declare."""
    return Code(symbols, read_units(project, project.product.code), items.infrastructure)


def find_code_issues(code: Code) -> Iterator[Issue]:
    """Yield each part of the code that no requirement asks for, and each declaration that is about no code."""
    for each in code.unspecified:
        where, name = f"{each.file}:{each.line}", f"the {each.kind.value} {each.id}"
        hint = (
            "end its docstring with “Implements: ID”, delete it, or declare it in requirements_spec/infrastructure.yaml"
        )
        yield _advisory("code-unspecified", where, f"{name} serves no requirement", hint)
    declared: set[str] = set()
    for number, pattern in code.declarations:
        if not code.infrastructure:
            continue
        where = code.infrastructure.where(number, "code")
        if pattern in declared:
            yield _advisory(
                "infrastructure-doubled", where, f"{pattern} is declared above", "keep one entry with one reason"
            )
        declared.add(pattern)
        if not _matches(code.units, pattern):
            yield _advisory(
                "infrastructure-unmatched", where, f"{pattern} is no code of the device", "delete the entry"
            )


def _matches(units: Iterable[str], pattern: str) -> bool:
    return any(fnmatchcase(identity, pattern) for identity in units)


def _owner(identity: str) -> str:
    return identity.rpartition(".")[0]


def _advisory(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.ADVISORY, where=where, message=message, hint=hint)
