"""The submission's own data: documents, the standards they cite, what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from msgspec import Struct

from submission.content.gaps import Gaps
from submission.content.proposals import Proposals
from submission.content.sponsor import Sponsor


class CatalogueError(Exception):
    """A file of the catalog is not what it should be; the message names file and place."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A document: its place in the document system. `template` is a file of `templates/`.

    Its `set` says who gets it: a `filed` one FDA and users of the device, a `working` one the team alone.
    A `wide` one lies on its side. One that `follows` is set after the others, since it states their pages. A `brief`
    one is of one page and has no contents. A `plan` may promise. Its PDF carries, beside its claims, the files of the
    evidence that it `attaches`.
    """

    number: str
    set: Literal["filed", "working"]
    title: str
    revision: str
    owner_role: str
    reader: str
    template: str
    wide: bool = False
    follows: bool = False
    brief: bool = False
    plan: bool = False
    attaches: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of its PDF."""
        return f"{self.number}-{Path(self.template).stem.replace('_', '-')}.pdf"

    @property
    def ledger(self) -> str:
        """The file of its claims."""
        return ledger_file(self.number)


def ledger_file(name: str) -> str:
    """The file of a package that holds the claims of a document, by its number; those of the volume, by `volume`."""
    return f"claims/{name}.json"


def unlisted(number: str, title: str, template: str, reader: str, *, wide: bool = False) -> Entry:
    """What is set as a document is and stands in no `documents.yaml`: it has no revision and goes to no agency."""
    return Entry(
        number=number, set="working", title=title, revision="", owner_role="Regulatory affairs", template=template,
        reader=reader, wide=wide,
    )  # fmt: skip


class Standard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An external regulatory fact: what it says, where we read it, how sure we are, who checked it when.

    `mark` is how it was read: `read` (in a secondary copy) or `recalled` (from memory). `quote` is the sentence as it
    was found in `source`; None: none was found. `checked_on` is the date on which a person compared it with the
    official source; None prints "to be confirmed at source".
    """

    id: str
    designation: str
    fact: str
    edition: str | None
    source: str
    mark: str
    checked_on: str | None
    quote: str | None = None


class Shown(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which section shows which items: `section` is document number, a slash and the section's id."""

    section: str
    title: str
    shows: tuple[str, ...]


class Term(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A word with a digit in it that claims nothing, and why."""

    term: str
    why: str


class OpenItem(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A gap that an item of the content map or a question states for itself; what it means, its cause says."""

    reason: str
    closes: str


class Asked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that a regulation, a guidance, a form or a reviewer asks for, and where the package answers it.

    `source` is the id of a row of `standards.yaml`, `clause` the place in it. It is answered by `sections` (document
    number, slash, id of the heading) and by evidence: expressions over the names of a package, in the templates' own
    language, of which none may give a gap. `figures` are such expressions too, printed with their names. Or it is not
    applicable, or a gap: of its own, or the key of a declared one. `line` is where it stands; the reader enters it.
    """

    id: str
    asks: str
    source: str | None = None
    clause: str = ""
    answer: str = ""
    sections: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    figures: dict[str, str] = {}
    not_applicable: str | None = None
    gap: OpenItem | str | None = None
    line: str = ""


class ContentMap(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`content_map.yaml`: which section shows which items of the trace, and what answers which item of the guidance."""

    sections: tuple[Shown, ...]
    items: tuple[Asked, ...]


class SourceRead(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where sentences on devices of others were read: what it is, and its address."""

    what: str
    address: str


class Quoted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words as they were found, and the id of the source."""

    words: str
    source: str


class ClearedDevice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A cleared device as it was read: no K-number that stands in no such row may stand in a document.

    The fields from `input` on are the words of what was read; None: it was not read, and nothing is remembered.
    """

    k_number: str
    device: str
    finding: str | None
    role: str
    product_code: str | None
    regulation: str | None
    maker: str | None = None
    cleared_on: str | None = None
    note: str = ""
    input: Quoted | None = None
    views: Quoted | None = None
    age: Quoted | None = None
    algorithm: Quoted | None = None
    localization: Quoted | None = None
    worklist: Quoted | None = None
    training: Quoted | None = None
    truth: Quoted | None = None
    test_set: Quoted | None = None
    results: Quoted | None = None
    time: Quoted | None = None

    def is_for(self, finding: str) -> bool:
        """Whether a finding is named among those of the device; one of which none was read is for no finding."""
        return self.finding is not None and finding.casefold() in self.finding.casefold()

    @property
    def recorded(self) -> bool:
        """Whether it is a candidate or a reference, of which a record is kept."""
        return self.role in ("proposed", "reference", "triage")

    @property
    def read(self) -> tuple[tuple[str, Quoted], ...]:
        """What was read, by field."""
        found = ((name, getattr(self, name)) for name in FIELDS)
        return tuple((name, each) for name, each in found if each is not None)

    @property
    def unread(self) -> tuple[str, ...]:
        """The fields of which nothing was read."""
        return tuple(name for name in FIELDS if getattr(self, name) is None)


FIELDS = (
    "input", "views", "age", "algorithm", "localization", "worklist",
    "training", "truth", "test_set", "results", "time",
)  # fmt: skip
"""What is asked of every cleared device, in the order of a record."""


class Reference(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reference device that is proposed: for what it is to be used, and for what it is not."""

    k_number: str
    use: str
    not_for: str


class Proposed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A predicate that is proposed, with reasons for and against it, and the references beside it."""

    predicate: str
    because: tuple[str, ...]
    against: str
    references: tuple[Reference, ...]


class Decides(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A decision of the guidance: what it asks, from what it is answered, and where yes or no lead if not on."""

    id: str
    basis: str
    asks: str
    if_yes: str = ""
    if_no: str = ""


class Characteristic(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the comparison with the predicate.

    `says` is what this device is, in plain words, `shows` expressions of what stands behind them. `of` is the field of
    the records that is set beside it; where there is none, `predicate` says it in words, or that it was not read
    (None). `about` is use or technology. `differs` and `other_question` (whether the difference raises a different
    question of safety or effectiveness) are None where nobody can say yet. `sections` and `evidence` close the
    difference, as in `Asked`.
    """

    id: str
    title: str
    about: str
    says: str
    shows: tuple[str, ...]
    differs: bool | None
    other_question: bool | None
    why: str
    closes: str
    of: str | None = None
    predicate: str | None = None
    sections: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    line: str = ""


class Equivalence(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`equivalence.yaml` and `devices.yaml`. The predicate that a person has chosen stands in `sponsor.yaml`.

    `finding` is the word by which a record of a device says that it is for the finding of this one.
    """

    finding: str
    proposed: Proposed
    de_novo: tuple[str, ...]
    sources: dict[str, SourceRead]
    devices: tuple[ClearedDevice, ...]
    decisions: tuple[Decides, ...]
    rows: tuple[Characteristic, ...]


class Presub(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`presub.yaml`: the documents of a pre-submission, and the questions to FDA, each with a proposed position.

    `plans` are documents that are enclosed where the package is of their release: plans for its population.
    """

    documents: tuple[str, ...]
    questions: tuple[Asked, ...]
    plans: dict[str, tuple[str, ...]] = {}

    def enclosed(self, release: str) -> tuple[str, ...]:
        """The documents of the pre-submission for a release, in order."""
        return (*self.documents, *self.plans.get(release, ()))


class Allowed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A phrase in which the words of a rule do not mislead, and why."""

    phrase: str
    why: str


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words that no document may use: a regular expression that minds no case, and why they may not stand."""

    pattern: str
    why: str
    allowed: tuple[Allowed, ...] = ()


class Identifiers(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A regular expression of names in capitals that are no abbreviations, and why."""

    pattern: str
    why: str


class Capitals(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words that are written in capitals and shorten nothing, and why."""

    words: tuple[str, ...]
    why: str


class Abbreviation(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An abbreviation and what it is short for."""

    short: str
    long: str


class Wording(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`wording.yaml`. `reviewed_by` is the person who has reviewed it; None: nobody has.

    `british` is what the United States spell otherwise, `citations` are regular expressions of what cites a standard or
    a regulation, `not_filed` what only a working document may name.
    """

    reviewed_by: str | None
    placeholders: tuple[Rule, ...]
    british: tuple[Rule, ...]
    promises: tuple[Rule, ...]
    misleading: tuple[Rule, ...]
    not_filed: tuple[Rule, ...]
    citations: tuple[str, ...]
    identifiers: tuple[Identifiers, ...]
    capitals: tuple[Capitals, ...]
    abbreviations: tuple[Abbreviation, ...]

    def patterns(self) -> tuple[str, ...]:
        """All its regular expressions."""
        rules = (*self.placeholders, *self.british, *self.promises, *self.misleading, *self.not_filed)
        return (*(rule.pattern for rule in rules), *(one.pattern for one in self.identifiers), *self.citations)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The files of `submission/` that people write, as `read_catalogue` read them."""

    documents: tuple[Entry, ...]
    standards: tuple[Standard, ...]
    gaps: Gaps
    content_map: ContentMap
    equivalence: Equivalence
    questions: tuple[Asked, ...]
    presub: Presub
    terms: tuple[Term, ...]
    wording: Wording
    proposals: Proposals
    sponsor: Sponsor

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that own documents."""
        return tuple(sorted({entry.owner_role for entry in self.documents}))


def pinned(catalogue: Catalogue) -> frozenset[str]:
    """The K-numbers that may stand in a document: those of the table of cleared devices."""
    return frozenset(device.k_number for device in catalogue.equivalence.devices)
