"""The software as its code and its history have it: modules and their rules, commits and tags, and `sources.json`."""

from __future__ import annotations

from verification.evidence.types.record import Gap, Record, Source

__all__ = [
    "ChangeNote",
    "Commit",
    "Design",
    "Development",
    "Excerpt",
    "FirstCommit",
    "History",
    "ImportContract",
    "Module",
    "SourcesEvidence",
    "Tag",
    "Unit",
]


class Unit(Record, frozen=True):
    """A function or class of the device as its docstring describes it; `implements` are ids of requirements."""

    id: str
    signature: str
    description: str
    implements: tuple[str, ...]
    line: int


class Module(Record, frozen=True):
    """A module of the device: what it is for, which of our modules and which outside libraries it imports."""

    name: str
    file: str
    purpose: str
    imports: tuple[str, ...]
    libraries: tuple[str, ...]
    units: tuple[Unit, ...]


class ImportContract(Record, frozen=True):
    """A rule on imports that a check of every change enforces, in a line of words.

    `layers` are in order, the uppermost first; modules of one layer are separated by a colon or, if none of them may
    import another, by a bar.
    """

    name: str
    kind: str
    rule: str
    layers: tuple[str, ...] = ()


class Design(Record, frozen=True, tag=True):
    """The device's modules, read from its source, and the rules on who may import whom."""

    modules: tuple[Module, ...]
    contracts: tuple[ImportContract, ...]


class Tag(Record, frozen=True):
    """A tag of the repository."""

    name: str
    date: str
    commit: str


class FirstCommit(Record, frozen=True):
    """The commit that first held a file or folder; None where no commit does."""

    path: str
    date: str | None
    commit: str | None


class ChangeNote(Record, frozen=True):
    """What users were told of a change: `version` holds it, None as long as none does; `kind` says what it concerns."""

    version: str | None
    kind: str
    text: str


class Development(Record, frozen=True, tag=True):
    """What git says of how the software came about, up to the commit of the evidence.

    `reviewed` counts commits whose message has a trailer that names a reviewer, `merges` those that join two lines of
    work. Authors and committers are counted, not named.
    """

    commits: int
    first_date: str
    last_date: str
    authors: int
    committers: int
    merges: int
    reviewed: int
    tags: tuple[Tag, ...]
    firsts: tuple[FirstCommit, ...]
    notes: tuple[ChangeNote, ...]


class Excerpt(Record, frozen=True):
    """Lines of a file as they are: `text` is without the last line end, `line` the number of its first line."""

    line: int
    text: str


class Commit(Record, frozen=True):
    """A commit as a reader of a history knows it: its day (ISO 8601), twelve digits of its hash, its subject."""

    date: str
    hash: str
    subject: str


class History(Record, frozen=True, tag=True):
    """Commits, newest first, and for each file that holds an item the places in `commits` of those that touched it."""

    commits: tuple[Commit, ...]
    of_file: dict[str, tuple[int, ...]]


class SourcesEvidence(Record, frozen=True):
    """`sources.json`. No document reads it: a shallow clone has less history and must give the same documents.

    `excerpts` is the code of each symbol by its id.
    """

    source: Source
    excerpts: dict[str, Excerpt]
    history: History | Gap
