"""The predetermined change control plan: what may change under it, and whether a change stays within.

The plan is a YAML file that a project may have. Its form is ours; what such a plan has to hold by FDA's guidance on
predetermined change control plans (2024) is to be confirmed at source.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec
from msgspec import Meta

from verification.changes.differences import Differences
from verification.changes.impact_record import Boundary
from verification.evidence import Product, Project
from verification.evidence.types import Record
from verification.specification.documents import read_document

PLAN = "requirements_spec/pccp.yaml"
NONE = "no plan: not applicable"


class Modification(Record, frozen=True):
    """A kind of change that the plan foresees.

    `files` and `symbols` are patterns (`*` stands for any text) of what it may change; `conditions` say what has to be
    shown each time, for people to judge.
    """

    id: Annotated[str, Meta(pattern=r"^MOD-[0-9]+\Z")]
    what: str
    conditions: Annotated[tuple[str, ...], Meta(min_length=1)]
    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()

    def allows(self, file: str, name: str) -> bool:
        """Whether it foresees a change of a file, or of the symbol in it."""
        return any(fnmatchcase(file, each) for each in self.files) or any(
            fnmatchcase(name, each) for each in self.symbols
        )


class ChangePlan(Record, frozen=True):
    """The whole plan."""

    title: str
    modifications: Annotated[tuple[Modification, ...], Meta(min_length=1)]


def judge_boundary(before: Project, found: Differences, product: Product) -> Boundary:
    """Hold the differences against the plan as it was before them: a change does not widen what it is judged by."""
    if not (before.root / PLAN).is_file():
        return Boundary(plan=None, kept=None, why=NONE)
    document = read_document(before.root / PLAN, PLAN)
    try:
        if document.issues:
            raise ValueError(f"{document.issues[0].where}: {document.issues[0].message}")
        plan = msgspec.convert(document.value, ChangePlan)
    except ValueError as error:  # msgspec.ValidationError is one
        return Boundary(plan=PLAN, kept=None, why=f"the plan cannot be read: {error}")
    used = {
        (name, file): [each for each in plan.modifications if each.allows(file, name)]
        for name, file in _subject(found, product)
    }
    outside = tuple(name for (name, _), allowing in used.items() if not allowing)
    conditions = {f"{each.id}: {said}" for allowing in used.values() for each in allowing for said in each.conditions}
    kept = (
        f"all {len(used)} changes are foreseen" if used else "nothing of the device, its requirements or risks changed"
    )
    return Boundary(
        plan=PLAN,
        kept=not outside,
        why=f"{len(outside)} of {len(used)} changes are not foreseen by the plan" if outside else kept,
        under=tuple(
            f"{name}: {', '.join(each.id for each in allowing)}" for (name, _), allowing in used.items() if allowing
        ),
        outside=outside,
        conditions=tuple(sorted(conditions)),
    )


def _subject(found: Differences, product: Product) -> Iterator[tuple[str, str]]:
    """What a plan is about: code, files and dependencies of the device, normative text; each with its file."""
    yield from ((unit.id, unit.file) for unit in found.units if not product.is_development(unit.file))
    yield from ((item.id, item.file) for item in found.items if item.fields)
    yield from ((each.name, "runtime.lock") for each in found.dependencies if each.lock == "runtime")
    for change in found.files:
        of_the_product = change.file.startswith(product.folder) and not product.is_development(change.file)
        if change.file == PLAN or (of_the_product and not change.file.endswith(".py")):
            yield change.file, change.file
