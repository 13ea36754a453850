"""The submission's own data: documents, the standards they cite, the gaps declared from the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from submission.content.proposals import Proposals


class CatalogueError(Exception):
    """A file of the catalogue is not what it should be; the message names file and place."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A document: its place in the document system. `template` is a file of `templates/`.

    A `wide` one lies on its side; one that `runs_on` starts its text below the contents, on the first page. One that
    `follows` is set after the others, since it states their pages. A `brief` one is of one page and has no contents.
    A `plan` may promise.
    """

    number: str
    title: str
    revision: str
    owner_role: str
    reader: str
    template: str
    wide: bool = False
    runs_on: bool = False
    follows: bool = False
    brief: bool = False
    plan: bool = False

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


class Standard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An external regulatory fact: what it says, where we read it, how sure we are, who checked it when.

    `mark` is how it was read: `read` (in a secondary copy) or `recalled` (from memory). `checked_on` is the date on
    which a person compared it with the official source; None prints "to be confirmed at source".
    """

    id: str
    designation: str
    fact: str
    edition: str | None
    source: str
    mark: str
    checked_on: str | None


class DeclaredGap(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that a submission needs and that nobody has: known from the start, not found in evidence."""

    id: str
    key: str
    title: str
    severity: str
    consequence: str
    closes: str


class GapKind(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a gap of one kind, found in evidence, means."""

    severity: str
    consequence: str
    closes: str


class Gaps(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`gaps.yaml`"""

    declared: tuple[DeclaredGap, ...]
    kinds: dict[str, GapKind]


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
    """A gap that an item of the content map or a question states for itself."""

    reason: str
    severity: str
    consequence: str
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


class ClearedDevice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A cleared device as it was read: no K-number that stands in no such row may stand in a document.

    `figures` are published figures that were read; figures that were only remembered are left out.
    """

    k_number: str
    device: str
    finding: str | None
    product_code: str | None
    regulation: str | None
    role: str
    figures: str | None
    read_in: str
    mark: str


class Characteristic(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the comparison with the predicate.

    `ours` are expressions over the names of a package. `predicate` is what was read of the candidates; None: it was
    not read. `differs` and `other_question` (whether the difference raises a different question of safety or
    effectiveness) are None where nobody can say yet. `sections` and `evidence` close the difference, as in `Asked`.
    """

    id: str
    title: str
    ours: tuple[str, ...]
    predicate: str | None
    differs: bool | None
    other_question: bool | None
    why: str
    closes: str
    sections: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    line: str = ""


class Equivalence(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`equivalence.yaml`. `predicate` is the K-number of the one that a person has chosen."""

    predicate: str | None
    candidates: tuple[str, ...]
    reference_device: str
    devices: tuple[ClearedDevice, ...]
    rows: tuple[Characteristic, ...]


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

    `citations` are regular expressions of what cites a standard or a regulation.
    """

    reviewed_by: str | None
    placeholders: tuple[Rule, ...]
    promises: tuple[Rule, ...]
    misleading: tuple[Rule, ...]
    citations: tuple[str, ...]
    identifiers: tuple[Identifiers, ...]
    capitals: tuple[Capitals, ...]
    abbreviations: tuple[Abbreviation, ...]

    def patterns(self) -> tuple[str, ...]:
        """All its regular expressions."""
        rules = (*self.placeholders, *self.promises, *self.misleading)
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
    terms: tuple[Term, ...]
    wording: Wording
    proposals: Proposals


def pinned(catalogue: Catalogue) -> frozenset[str]:
    """The K-numbers that may stand in a document: those of the table of cleared devices."""
    return frozenset(device.k_number for device in catalogue.equivalence.devices)
