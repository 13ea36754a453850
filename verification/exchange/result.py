"""What an import found: items, how much of the file they are, what is wrong with it, and what else it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from verification.evidence import Issue, ItemKind, Severity
from verification.exchange.tree import Element

NOT_READ = "take over by hand what matters"


@dataclass(slots=True)
class Exchange:
    """A ReqIF file as read: the value of each item by its id, with its kind.

    `issues` that block are faults of the file; the others each name a thing in it that no item has. `used` counts what
    became part of an item.
    """

    file: str
    values: dict[str, tuple[ItemKind, dict[str, Any]]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> list[Issue]:
        """What is wrong with the file."""
        return [issue for issue in self.issues if issue.severity == Severity.BLOCKING]

    @property
    def notices(self) -> list[Issue]:
        """What the file holds and no item does."""
        return [issue for issue in self.issues if issue.severity != Severity.BLOCKING]

    def sort(self) -> None:
        """Order the issues: faults first, each in the order of the file."""
        self.issues.sort(key=lambda each: (each.severity != Severity.BLOCKING, _line(each)))

    def fault(self, code: str, place: Element | int, message: str, hint: str) -> None:
        """Note that something of the file is wrong, so that no item is imported."""
        self._note(Severity.BLOCKING, code, place, message, hint)

    def notice(self, code: str, place: Element | int, message: str, hint: str = NOT_READ) -> None:
        """Note something that no item has."""
        self._note(Severity.ADVISORY, code, place, message, hint)

    def _note(self, severity: Severity, code: str, place: Element | int, message: str, hint: str) -> None:
        line = place.line if isinstance(place, Element) else place
        where = f"{self.file}:{line}" if line else self.file
        self.issues.append(Issue(code=code, severity=severity, where=where, message=message, hint=hint))


def _line(issue: Issue) -> int:
    line = issue.where.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the file and the checkout have otherwise, or an item that only one of them has."""

    id: str
    field: str
    here: Any
    there: Any


def find_differences(exchange: Exchange, here: dict[str, dict[str, Any]]) -> Iterator[Difference]:
    """Yield what is different, by item and by field."""
    for identity, (_, there) in exchange.values.items():
        if identity not in here:
            yield Difference(identity, "", None, there)
            continue
        own = here[identity]
        for key in dict.fromkeys((*own, *there)):
            if own.get(key, _MISSING) != there.get(key, _MISSING):
                yield Difference(identity, key, own.get(key), there.get(key))
    for identity in (one for one in here if one not in exchange.values):
        yield Difference(identity, "", here[identity], None)


_MISSING = object()
