"""The submission's own data: documents, the standards they cite, the gaps declared from the start. Read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml
from msgspec import Struct

from submission import proposals

HERE = Path(__file__).parent

T = TypeVar("T")


class CatalogueError(Exception):
    """A file of the catalogue is not what it should be; the message names file and place."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A document: its place in the document system. `template` is a file of `templates/`.

    A `wide` one lies on its side; one that `runs_on` starts its text below the contents, on the first page.
    """

    number: str
    title: str
    revision: str
    owner_role: str
    reader: str
    template: str
    wide: bool = False
    runs_on: bool = False

    @property
    def file(self) -> str:
        """The name of its PDF."""
        return f"{self.number}-{Path(self.template).stem.replace('_', '-')}.pdf"

    @property
    def ledger(self) -> str:
        """The file of its claims."""
        return f"claims/{self.number}.json"


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
    content_map: tuple[Shown, ...]
    terms: tuple[Term, ...]
    proposals: proposals.Proposals


def read_catalogue(folder: Path = HERE) -> Catalogue:
    """Read its files.

    Raises:
        CatalogueError: one is missing, is not YAML, or is not of its schema; or an id occurs twice.
    """
    catalogue = Catalogue(
        documents=_read(folder / "documents.yaml", tuple[Entry, ...]),
        standards=_read(folder / "standards.yaml", tuple[Standard, ...]),
        gaps=_read(folder / "gaps.yaml", Gaps),
        content_map=_read(folder / "content_map.yaml", tuple[Shown, ...]),
        terms=_read(folder / "terms.yaml", tuple[Term, ...]),
        proposals=_read_proposals(folder),
    )
    _unique(folder / "documents.yaml", [entry.number for entry in catalogue.documents])
    _unique(folder / "standards.yaml", [standard.id for standard in catalogue.standards])
    _unique(folder / "gaps.yaml", [gap.key for gap in catalogue.gaps.declared])
    return catalogue


def _read_proposals(folder: Path) -> proposals.Proposals:
    return proposals.Proposals(
        use=_read(folder / "use.yaml", proposals.Use),
        monitoring=_read(folder / "monitoring.yaml", tuple[proposals.Measure, ...]),
        compliance=_read(folder / "compliance.yaml", tuple[proposals.Map, ...]),
    )


def _read(path: Path, kind: type[T]) -> T:
    try:
        value = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  it is a SafeLoader
        return msgspec.convert(value, kind)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise CatalogueError(f"{path.parent.name}/{path.name}: {error}; mend the file") from error


def _unique(path: Path, ids: list[str]) -> None:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise CatalogueError(f"{path.parent.name}/{path.name}: {', '.join(twice)} occurs twice; give each its own")
