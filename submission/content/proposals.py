"""What the submission itself plans or maps: use, monitoring, compliance. Each is a proposal of its authors."""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct
from msgspec.structs import replace


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An unknown key is an error."""


class User(_Strict, frozen=True):
    """Who uses the device, for what, and what is taken for granted of them."""

    name: str
    does: str
    knows: str


class Task(_Strict, frozen=True):
    """A step of use with what can go wrong in it; `hazards` are those of the risk file that this leads to."""

    id: str
    user: str
    task: str
    error: str
    effect: str
    hazards: tuple[str, ...]
    controls: tuple[str, ...]


class Use(_Strict, frozen=True):
    """`use.yaml`: the use specification and the tasks; `training` is what every user is asked for."""

    users: tuple[User, ...]
    training: str
    environment: str
    interface: tuple[str, ...]
    tasks: tuple[Task, ...]


class Measure(_Strict, frozen=True):
    """`monitoring.yaml`: what is to be watched where the device is installed, against which limit, by whom."""

    id: str
    measure: str
    why: str
    source: str
    limit: str
    period: str
    owner: str
    response: str


class Clause(_Strict, frozen=True):
    """`compliance.yaml`: a clause or principle, where it stands, the sections or files that show it, what is left.

    `standing` is `covered`, `partly` or `yours` (nothing here). A section is document number, slash, its id.
    """

    clause: str
    subject: str
    standing: str
    shown_by: tuple[str, ...]
    left: str


COVERED, PARTLY = "covered", "partly"


class Map(_Strict, frozen=True):
    """A text with its clauses; `standard` is a row of standards.yaml."""

    standard: str
    title: str
    clauses: tuple[Clause, ...]


class Proposals(_Strict, frozen=True):
    """All of them."""

    use: Use
    monitoring: tuple[Measure, ...]
    compliance: tuple[Map, ...]

    def without(self, sections: Container[str]) -> Proposals:
        """The same, but that no clause is covered by one of these sections, in which a gap is printed."""
        maps = (
            replace(one, clauses=tuple(_lowered(each, sections) for each in one.clauses)) for one in self.compliance
        )
        return replace(self, compliance=tuple(maps))


def _lowered(clause: Clause, sections: Container[str]) -> Clause:
    lowered = clause.standing == COVERED and any(section in sections for section in clause.shown_by)
    return replace(clause, standing=PARTLY) if lowered else clause
