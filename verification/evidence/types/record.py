"""What all evidence has in common: how a record is made, what it was made from, and what stands where it is missing."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

__all__ = ["Gap", "Issue", "NotApplicable", "Record", "RunRecord", "Severity", "Source"]


class Record(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=False):
    """What all evidence has in common: immutable, and strict when read."""


class Severity(StrEnum):
    """`blocking` stops a build from being good; `advisory` is printed."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"


class Issue(Record, frozen=True):
    """A value about evidence, yielded by a checker without side effects. `where` is `file:line` or an id."""

    code: str
    severity: Severity
    where: str
    message: str
    hint: str


class Gap(Record, frozen=True, tag=True):
    """Evidence that is not there: why, and what would close it. Rendered where the evidence would have stood."""

    reason: str
    closes: str


class NotApplicable(Record, frozen=True, tag=True):
    """What does not apply, and why: nothing is missing."""

    reason: str


class Source(Record, frozen=True):
    """What a piece of evidence was made from.

    `commit_date` is the commit's own date (ISO 8601, day); `dirty` says that tracked files differed from the commit;
    `inputs` maps each file that was read, as a path relative to the checkout, to its SHA-256; `patterns` are those of
    names that were asked for, so that a file that comes later is noticed; `code` maps patterns of the suite's own
    files to the SHA-256 of what they match. Evidence is as good as on its first day while all of these are the same,
    whatever else was committed.
    """

    commit: str
    commit_date: str
    dirty: bool
    inputs: dict[str, str]
    patterns: tuple[str, ...] = ()
    code: dict[str, str] = field(default_factory=dict)


class RunRecord(Record, frozen=True):
    """Where and when a command ran. Outside every digest."""

    command: list[str]
    started: str
    finished: str
    seconds: float
    host: str
    python: str
    packages: dict[str, str]
