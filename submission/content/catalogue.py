"""The submission's own data: documents, the standards they cite, the gaps declared from the start. Read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import yaml
from msgspec import Struct

from submission.content import proposals
from submission.words.folders import HERE

T = TypeVar("T")


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


class _Loader(yaml.SafeLoader):
    """Dates stay the text that a person wrote."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of it."""

    documents: tuple[Entry, ...]
    standards: tuple[Standard, ...]
    gaps: Gaps
    content_map: ContentMap
    equivalence: Equivalence
    questions: tuple[Asked, ...]
    terms: tuple[Term, ...]
    wording: Wording
    proposals: proposals.Proposals


def read_catalogue(folder: Path = HERE) -> Catalogue:
    """Read its files.

    Raises:
        CatalogueError: one is missing, is not YAML, or is not of its schema; or an id occurs twice, or names nothing.
    """
    catalogue = Catalogue(
        documents=_read(folder / "documents.yaml", tuple[Entry, ...]),
        standards=_read(folder / "standards.yaml", tuple[Standard, ...]),
        gaps=_read(folder / "gaps.yaml", Gaps),
        terms=_read(folder / "terms.yaml", tuple[Term, ...]),
        wording=_read_wording(folder / "wording.yaml"),
        proposals=_read_proposals(folder),
        **_read_lists(folder),
    )
    _unique(folder / "documents.yaml", [entry.number for entry in catalogue.documents])
    _unique(folder / "standards.yaml", [standard.id for standard in catalogue.standards])
    _unique(folder / "gaps.yaml", [gap.key for gap in catalogue.gaps.declared])
    _raise([*find_in_asked(catalogue), *find_in_equivalence(catalogue.equivalence)])
    return catalogue


def pinned(catalogue: Catalogue) -> frozenset[str]:
    """The K-numbers that may stand in a document: those of the table of cleared devices."""
    return frozenset(device.k_number for device in catalogue.equivalence.devices)


# --- faults, all of them at once --------------------------------------------------------------------------------------


def _read_lists(folder: Path) -> dict[str, Any]:
    """The files that are long lists, with the line of each entry; every entry that is not of its schema is named.

    Raises:
        CatalogueError: one is not.
    """
    faults: list[str] = []
    content_map = _read_entries(folder / "content_map.yaml", {"sections": Shown, "items": Asked}, faults)
    equivalence = _read_entries(folder / "equivalence.yaml", {"devices": ClearedDevice, "rows": Characteristic}, faults)
    questions = _read_entries(folder / "questions.yaml", {"questions": Asked}, faults)
    _raise(faults)
    return {
        "content_map": ContentMap(**content_map),
        "equivalence": _convert(folder / "equivalence.yaml", equivalence, Equivalence),
        "questions": questions["questions"],
    }


def _read_entries(path: Path, kinds: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    """A mapping whose values under the keys of `kinds` are lists, each entry converted by itself."""
    file = f"{path.parent.name}/{path.name}"
    try:
        value, node = _load(path), cast("Any", yaml.compose(path.read_text(), Loader=_Loader))
        if not isinstance(value, dict) or not all(isinstance(value.get(key), list) for key in kinds):
            raise TypeError(f"expected a mapping with the lists {', '.join(kinds)}")
    except (CatalogueError, TypeError) as error:
        faults.append(str(error) if isinstance(error, CatalogueError) else f"{file}: {error}; mend the file")
        return {}
    lists = {key.value: child.value for key, child in node.value}
    for key, kind in kinds.items():
        lines = [f"{file}:{entry.start_mark.line + 1}" for entry in lists[key]]
        value[key] = tuple(_converted(kind, lines, value[key], faults))
    return value


def _converted(kind: Any, lines: list[str], values: list[Any], faults: list[str]) -> Iterator[Any]:
    for line, value in zip(lines, values, strict=True):
        try:
            entry = msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            faults.append(f"{line}: {error}; mend the entry")
        else:
            yield msgspec.structs.replace(entry, line=line) if "line" in kind.__struct_fields__ else entry


def _raise(faults: list[str]) -> None:
    if faults:
        raise CatalogueError("\n".join(faults))


def find_in_asked(catalogue: Catalogue) -> Iterator[str]:
    """Yield what is wrong with an item of the content map or a question, beyond its form."""
    sources = {standard.id for standard in catalogue.standards}
    declared = {gap.key for gap in catalogue.gaps.declared}
    asked = (*catalogue.content_map.items, *catalogue.questions)
    yield from _find_twice((one.id, one.line) for one in asked)
    yield from (f"{one.line}: {one.id} names no source" for one in catalogue.content_map.items if one.source is None)
    for one in asked:
        answers = [bool(one.sections), one.not_applicable is not None, one.gap is not None]
        if answers.count(True) != 1:
            found = "more than one" if any(answers) else "none"
            yield f"{one.line}: {one.id} has {found} of sections, not_applicable and gap, expected one; choose"
        if one.source is not None and one.source not in sources:
            yield f"{one.line}: source {one.source} is not in standards.yaml{_near(one.source, sources)}"
        if isinstance(one.gap, str) and one.gap not in declared:
            hint = "name a key of gaps.yaml; if the gap has been closed, name the sections that answer"
            yield f"{one.line}: gap {one.gap} is not declared{_near(one.gap, declared)}; {hint}"


def find_in_equivalence(equivalence: Equivalence) -> Iterator[str]:
    """Yield what is wrong with the comparison, beyond its form."""
    known = {device.k_number for device in equivalence.devices}
    yield from _find_twice((row.id, row.line) for row in equivalence.rows)
    yield from _find_twice((device.k_number, "submission/equivalence.yaml") for device in equivalence.devices)
    chosen = () if equivalence.predicate is None else (equivalence.predicate,)
    for number in (*chosen, *equivalence.candidates, equivalence.reference_device):
        if number not in known:
            near = _near(number, known)
            yield f"submission/equivalence.yaml: {number} is not in its table of devices{near}; enter what was read"


def _find_twice(ids: Iterable[tuple[str, str]]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name, line in ids:
        if name in seen:
            yield f"{line}: {name} stands twice, first at {seen[name]}; give each its own"
        seen.setdefault(name, line)


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


# --- reading ----------------------------------------------------------------------------------------------------------
def _read_wording(path: Path) -> Wording:
    wording = _read(path, Wording)
    for pattern in wording.patterns():
        try:
            re.compile(pattern)
        except re.error as error:
            raise CatalogueError(f"{path.parent.name}/{path.name}: {pattern!r}: {error}; mend the pattern") from error
    words = [word for one in wording.capitals for word in one.words]
    _unique(path, [one.short for one in wording.abbreviations] + words)
    return wording


def _read_proposals(folder: Path) -> proposals.Proposals:
    return proposals.Proposals(
        use=_read(folder / "use.yaml", proposals.Use),
        monitoring=_read(folder / "monitoring.yaml", tuple[proposals.Measure, ...]),
        compliance=_read(folder / "compliance.yaml", tuple[proposals.Map, ...]),
    )


def _read(path: Path, kind: type[T]) -> T:
    return _convert(path, _load(path), kind)


def _load(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  it is a SafeLoader
    except (OSError, yaml.YAMLError) as error:
        raise CatalogueError(f"{path.parent.name}/{path.name}: {error}; mend the file") from error


def _convert(path: Path, value: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{path.parent.name}/{path.name}: {error}; mend the file") from error


def _unique(path: Path, ids: list[str]) -> None:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise CatalogueError(f"{path.parent.name}/{path.name}: {', '.join(twice)} occurs twice; give each its own")
