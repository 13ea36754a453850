"""What the submission itself plans or maps: use, monitoring, compliance. Each is a proposal of its authors."""

from __future__ import annotations

from msgspec import Struct


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
    """`use.yaml`: the use specification and the tasks."""

    users: tuple[User, ...]
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
