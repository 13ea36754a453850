"""The catalog read from its YAML files, strictly: every fault names its file, a fault of an entry its line too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import yaml

from submission.content import proposals
from submission.content.catalogue import (
    FIELDS,
    Asked,
    Catalogue,
    CatalogueError,
    Characteristic,
    ClearedDevice,
    ContentMap,
    Decides,
    Entry,
    Equivalence,
    Presub,
    Shown,
    Standard,
    Term,
    Wording,
    pinned,
)
from submission.content.gaps import Gaps, find_in_gaps
from submission.content.sponsor import FILE as SPONSOR
from submission.content.sponsor import Sponsor, parse_sponsor
from submission.words.folders import HERE

T = TypeVar("T")


def read_catalogue(folder: Path = HERE) -> Catalogue:
    """Read the catalog from the YAML files of a folder.

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
        sponsor=Sponsor(),
        **_read_lists(folder),
    )
    _unique(folder / "documents.yaml", [entry.number for entry in catalogue.documents])
    _unique(folder / "standards.yaml", [standard.id for standard in catalogue.standards])
    sponsor, faults = _read_sponsor(folder, catalogue)
    faults += find_in_gaps(catalogue.gaps, catalogue.roles)
    faults += [*find_in_presub(catalogue), *find_in_equivalence(catalogue.equivalence)]
    _raise([*find_in_asked(catalogue), *faults])
    return replace(catalogue, sponsor=sponsor)


def _read_sponsor(folder: Path, catalogue: Catalogue) -> tuple[Sponsor, list[str]]:
    try:
        text = (folder / Path(SPONSOR).name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        return Sponsor(), [f"{SPONSOR}: cannot be read: {error}; restore it, with every fact empty if none is known"]
    return parse_sponsor(text, catalogue.roles, pinned(catalogue))


def _read_lists(folder: Path) -> dict[str, Any]:
    """The files that are long lists, with the line of each entry; every entry that is not of its schema is named.

    Raises:
        CatalogueError: one is not.
    """
    faults: list[str] = []
    content_map = _read_entries(folder / "content_map.yaml", {"sections": Shown, "items": Asked}, faults)
    devices = _read_entries(folder / "devices.yaml", {"devices": ClearedDevice}, faults)
    equivalence = _read_entries(folder / "equivalence.yaml", {"decisions": Decides, "rows": Characteristic}, faults)
    questions = _read_entries(folder / "questions.yaml", {"questions": Asked}, faults)
    presub = _read_entries(folder / "presub.yaml", {"questions": Asked}, faults)
    _raise(faults)
    return {
        "content_map": ContentMap(**content_map),
        "equivalence": _convert(folder / "equivalence.yaml", devices | equivalence, Equivalence),
        "questions": questions["questions"],
        "presub": _convert(folder / "presub.yaml", presub, Presub),
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


class _Loader(yaml.SafeLoader):
    """Dates stay the text that a person wrote."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


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


# --- what no schema sees ----------------------------------------------------------------------------------------------


def find_in_asked(catalogue: Catalogue) -> Iterator[str]:
    """Yield what is wrong with an item of the content map or a question, beyond its form."""
    sources = {standard.id for standard in catalogue.standards}
    declared = {cause.key for cause in catalogue.gaps.causes if cause.declared}
    asked = (*catalogue.content_map.items, *catalogue.questions, *catalogue.presub.questions)
    yield from _find_twice((one.id, one.line) for one in asked)
    yield from (f"{one.line}: {one.id} names no source" for one in catalogue.content_map.items if one.source is None)
    for one in asked:
        answers = [bool(one.sections), one.not_applicable is not None, one.gap is not None]
        if answers.count(True) != 1:
            found = "more than one" if any(answers) else "none"
            yield f"{one.line}: {one.id} has {found} of sections, not_applicable and gap, expected one; choose"
        if one.source is not None and one.source not in sources:
            yield f"{one.line}: source {one.source} is not in standards.yaml{_near(one.source, sources)}"
        if one.not_applicable is not None and (one.evidence or one.figures):
            yield f"{one.line}: {one.id} does not apply and names evidence; choose one"
        if isinstance(one.gap, str) and one.gap not in declared:
            hint = "name a cause of gaps.yaml that always stands; else name the sections that answer, and the evidence"
            yield f"{one.line}: gap {one.gap} is not declared{_near(one.gap, declared)}; {hint}"


def find_in_presub(catalogue: Catalogue) -> Iterator[str]:
    """Yield each document of the pre-submission that the catalog does not have."""
    known = {entry.number for entry in catalogue.documents}
    for number in dict.fromkeys((*catalogue.presub.documents, *chain(*catalogue.presub.plans.values()))):
        if number not in known:
            yield f"submission/presub.yaml: {number} is not in documents.yaml{_near(number, known)}; name one that is"


def find_in_equivalence(equivalence: Equivalence) -> Iterator[str]:
    """Yield what is wrong with the comparison, beyond its form."""
    known = {device.k_number for device in equivalence.devices}
    yield from _find_twice((row.id, row.line) for row in equivalence.rows)
    yield from _find_twice((device.k_number, "submission/devices.yaml") for device in equivalence.devices)
    references = (one.k_number for one in equivalence.proposed.references)
    for number in (equivalence.proposed.predicate, *references):
        if number not in known:
            near = _near(number, known)
            yield f"submission/equivalence.yaml: {number} is not in devices.yaml{near}; enter what was read"
    for row in equivalence.rows:
        if row.of not in (None, "finding", *FIELDS):
            yield f"{row.line}: {row.id} is of {row.of}, which no record holds{_near(row.of, FIELDS)}; name a field"
    for device in equivalence.devices:
        for name, quoted in device.read:
            if quoted.source not in equivalence.sources:
                near = _near(quoted.source, equivalence.sources)
                yield f"submission/devices.yaml: {device.k_number}, {name}: no source {quoted.source}{near}; name one"


def _find_twice(ids: Iterable[tuple[str, str]]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name, line in ids:
        if name in seen:
            yield f"{line}: {name} stands twice, first at {seen[name]}; give each its own"
        seen.setdefault(name, line)


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def _raise(faults: list[str]) -> None:
    if faults:
        raise CatalogueError("\n".join(faults))
