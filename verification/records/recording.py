"""Writing a line of the review record: what is refused, what a line is bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from verification.evidence import ItemKind, Meaning, Project, ReviewLine, lines_by_subject, sha256_of
from verification.graph.specified import read_code
from verification.records.record import append_record, read_record
from verification.records.reviews import DOCUMENTS
from verification.sources.scan import scan
from verification.sources.scenarios import Scenario, read_scenarios
from verification.sources.subjects import PROTOCOL, Subject, find_protocol, find_subjects
from verification.specification.hints import near
from verification.specification.items import Items
from verification.specification.reading import read_items

MANIFEST, SIDECAR = "manifest.json", "manifest.sha256"

_APPROVABLE = (ItemKind.ANOMALY, ItemKind.DEVIATION, ItemKind.CHANGE)
_LONGEST = 2000


class RefusedError(Exception):
    """Nothing was recorded; a line for each reason."""


def record(
    project: Project,
    event: str,
    ids: list[str],
    *,
    by: str,
    meaning: Meaning,
    reason: str,
    date: str,
    doubts: Iterable[str] = (),
) -> list[ReviewLine]:
    """Append a line for each thing that is named, bound to its digests; all of them or none.

    Args:
        project: the checkout.
        event: `review`, of items; or `approve`, of the protocol, documents, anomalies, deviations, changes.
        ids: what it is about; the front of scenarios' ids names all of them.
        by: the person's name, as given by that person.
        meaning: what the person says of it.
        reason: why, in the person's words.
        date: the day of the person's clock (UTC), as ISO 8601.
        doubts: reasons to refuse that were found already.

    Raises:
        RefusedError: a thing cannot be reviewed as it stands, or the person or reason is not named.
    """
    problems = [*_find_unnamed(by=by, reason=reason), *_find_uncommitted(project), *doubts]
    subjects: dict[str, Subject] = {}
    find = _find_reviewable if event == "review" else _find_approvable
    find = _find_recorded if meaning is Meaning.WITHDRAWN else find
    for identity in dict.fromkeys(ids):
        try:
            subjects |= {subject.id: subject for subject in find(project, identity)}
        except RefusedError as error:
            problems.append(str(error))
    if problems:
        raise RefusedError("\n".join(problems))
    lines = [
        ReviewLine(
            event=event, id=subject.id, by=by.strip(), meaning=meaning.value, reason=reason.strip(), date=date,
            digest=subject.digest, parts=subject.parts,
        )
        for subject in subjects.values()
    ]  # fmt: skip
    try:
        append_record(project, *lines)
    except (ValueError, OSError) as error:
        raise RefusedError(str(error)) from error
    return lines


def _find_unnamed(**said: str) -> Iterator[str]:
    for name, text in said.items():
        if not text.strip():
            yield f"--{name}: found nothing, expected a text; it is never taken from git or from the system"
        elif not text.strip().isprintable():
            yield f"--{name}: found characters that do not print, or that are not UTF-8: {text!r}"
        elif len(text) > _LONGEST:
            yield f"--{name}: found {len(text)} characters, expected at most {_LONGEST}"


def _find_uncommitted(project: Project) -> Iterator[str]:
    """What is reviewed must be in the commit; the records themselves may differ from it."""
    found = project.find_uncommitted()
    if found:
        named = ", ".join(line.split(maxsplit=1)[-1] for line in found[:5]) + (
            f" and {len(found) - 5} more" if len(found) > 5 else ""
        )
        yield f"{named}: differs from the commit; commit it first, so that what is reviewed can be found again"


# --- what is meant ----------------------------------------------------------------------------------------------------


def _find_recorded(project: Project, identity: str) -> list[Subject]:
    """What the record has a standing line about, as that line has it: it may be gone from the checkout."""
    standing = {name: lines[-1] for name, lines in lines_by_subject(read_record(project)[0]).items() if lines}
    named = [name for name in standing if name == identity or name.startswith(f"{identity}/")]
    if not named:
        raise RefusedError(f"{identity}: the record holds nothing of it that could be withdrawn")
    return [Subject(name, standing[name].digest, standing[name].parts) for name in named]


def _find_reviewable(project: Project, identity: str) -> list[Subject]:
    items, scenarios = read_items(project), read_scenarios(project)[0]
    subjects = find_subjects(items, read_code(project, items, scan(project)[0]).reviewed, scenarios)
    if identity in subjects and identity not in items.criteria:
        return [subjects[identity]]
    rows = [subjects[each.id] for each in scenarios if each.id.startswith(f"{identity}/")]
    if not rows:
        raise RefusedError(_unknown(identity, items, subjects))
    return rows


def _unknown(identity: str, items: Items, subjects: Mapping[str, Subject]) -> str:
    if identity in items.criteria:
        return f"{identity} is a criterion: review {identity.partition('/')[0]}, of which it is a part"
    if identity in items.retired:
        return f"{items.retired[identity].said}; {items.retired[identity].hint}"
    if identity in items.entries:
        return f"{identity}: its file cannot be used; see `clearway trace --check`"
    if identity == PROTOCOL or identity.startswith(DOCUMENTS):
        return f"{identity} is approved, not reviewed: `clearway approve {identity}`"
    return f"{identity} does not exist; {near(identity, subjects.keys() - items.criteria)}"


def _find_approvable(project: Project, identity: str) -> list[Subject]:
    if identity.startswith(DOCUMENTS):
        return [_find_document(project, identity)]
    items, scenarios = read_items(project), read_scenarios(project)[0]
    if identity == PROTOCOL:
        return [_checked_protocol(items, scenarios)]
    subjects = find_subjects(items, (), ())
    kinds = {entry.id: entry.kind for entry in items.of(*_APPROVABLE)}
    if identity in kinds:
        return [subjects[identity]]
    if identity in items.entries and items.entries[identity].kind not in _APPROVABLE:
        raise RefusedError(f"{identity} is reviewed: `clearway review {identity} --meaning approved` if that is meant")
    if identity in items.entries or identity in items.retired:
        raise RefusedError(_unknown(identity, items, subjects))
    expected = "protocol, a document's number (CW-DOC-006), an anomaly, a deviation or a change"
    raise RefusedError(f"{identity}: expected {expected}; {near(identity, (PROTOCOL, *kinds))}")


def _checked_protocol(items: Items, scenarios: tuple[Scenario, ...]) -> Subject:
    if not scenarios:
        raise RefusedError("protocol: there is no scenario that can be read")
    return find_protocol(items, scenarios)


def _find_document(project: Project, number: str) -> Subject:
    """A document of the built package, by the digest of its content; the package has to be whole and of this commit."""
    folder = project.submission
    build = "run `clearway submission build`"
    try:
        content = (folder / MANIFEST).read_bytes()
        sidecar = (folder / SIDECAR).read_text(encoding="utf-8").split()
        manifest = json.loads(content)
        known = {row["number"]: row for row in manifest["documents"]}
        commit, state, row = manifest["commit"], manifest["state"], known.get(number)
        listed = row and (row["file"], row["sha256"], row["content_sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RefusedError(f"{number}: no package that can be read in {folder}: {error!r}; {build}") from error
    if sidecar[:1] != [hashlib.sha256(content).hexdigest()]:
        raise RefusedError(f"{number}: {MANIFEST} was changed after the build; {build} again")
    if listed is None:
        raise RefusedError(f"{number}: the package has no such document; {near(number, known)}")
    _check_document(project, number, commit, state, listed)
    return Subject(number, listed[2], {number: listed[2]})


def _check_document(project: Project, number: str, commit: str, state: str, listed: tuple[Any, Any, Any]) -> None:
    path = project.submission / str(listed[0])
    if not path.is_file() or sha256_of(path) != listed[1]:
        raise RefusedError(f"{number}: {listed[0]} is not the file that was built; build it again")
    if state == "blocked":
        raise RefusedError(f"{number}: the package is BLOCKED; a blocked document must not be used")
    if not project.is_still_at(commit):
        raise RefusedError(f"{number}: it was built at commit {commit[:12]}; build it from this one")
