"""What is wrong with the items beside one another: files out of place, ids that stand twice, links, cycles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from verification.evidence import Issue, ItemKind, Project, Severity
from verification.specification.documents import Where
from verification.specification.hints import near
from verification.specification.items import Entry, Items
from verification.specification.kinds import FOLDERS, LINKS, ONCE, REQUIREMENTS, RETIRED

ROOMS = ("requirements_spec/", "risk/")
"""Rooms in which nothing but items lies, and what is named here."""
BESIDE_ITEMS = ("requirements_spec/pccp.yaml", "requirements_spec/infrastructure.yaml")
LIKE_AN_ITEM = re.compile(r"^[a-z]{2,4}-[0-9]+|\.ya?ml", re.IGNORECASE)
"""A name that begins as an id does, or holds the end of a YAML file's, in whatever case."""
_SHOWN = 4
"""So many ids of a long cycle are shown at either end."""


def find_issues(items: Items, found: list[Entry]) -> Iterator[Issue]:
    """Yield what the items get wrong of one another.

    Args:
        items: all that was read, by id.
        found: the entries in the order of their files, also those whose id another has.
    """
    yield from _find_duplicates(found)
    yield from _find_duplicate_criteria(items)
    yield from _find_reused(items)
    bad = list(_find_bad_links(items))
    yield from bad
    if bad:  # good links lead from kind to kind, and never back
        yield from _find_cycles(items)


def find_misplaced(project: Project) -> Iterator[Issue]:
    """Files in the rooms of items that look like an item, by their name or its end, and are read as none."""
    known = {*(f"risk/{name}.yaml" for name in ONCE), RETIRED, *BESIDE_ITEMS}
    rooms = (*ROOMS, *(f"{folder}/" for folder in FOLDERS if not folder.startswith(ROOMS)))
    for file in project.find_names(*(f"{room}**/*" for room in rooms)):
        folder, _, name = file.rpartition("/")
        is_read = file in known or (folder in FOLDERS and name.endswith(".yaml"))
        if not is_read and LIKE_AN_ITEM.search(name):
            folders = ", ".join(FOLDERS)
            yield Issue(
                code="item-misplaced", severity=Severity.BLOCKING, where=f"{file}:1",
                message=f"found a file that looks like an item and is read as none, expected <ID>.yaml in {folders}",
                hint="move or rename it",
            )  # fmt: skip


def find_missing(project: Project) -> Iterator[Issue]:
    """Names in the folders of items behind which there is no file: links that lead nowhere, or in a loop."""
    for file in project.find_names(*(f"!{folder}/*.yaml" for folder in FOLDERS)):
        yield Issue(
            code="item-missing", severity=Severity.BLOCKING, where=f"{file}:1",
            message="found a name without a regular file behind it, expected the file of an item",
            hint="write the item or delete the name",
        )  # fmt: skip


def _find_duplicates(found: list[Entry]) -> Iterator[Issue]:
    first: dict[str, Entry] = {}
    for entry in found:
        other = first.setdefault(entry.id.casefold(), entry)
        if other is not entry:
            how = "is also" if other.id == entry.id else f"differs only in case from {other.id}"
            message = f"the id {entry.id} {how} at {other.document.where('id')}"
            yield entry.document.issue(
                "item-duplicate", ("id",), message, "give one of them a new id, never used before"
            )


def _find_duplicate_criteria(items: Items) -> Iterator[Issue]:
    for entry in items.of(*REQUIREMENTS):
        seen: set[str] = set()
        for number, criterion in enumerate(entry.value["criteria"]):
            one = criterion["id"]
            if one in seen:
                message = f"the criterion {entry.id}/{one} stands twice"
                yield entry.document.issue(
                    "criterion-duplicate", ("criteria", number, "id"), message, "give one of them an id of its own"
                )
            seen.add(one)


def _find_reused(items: Items) -> Iterator[Issue]:
    """Items and criteria that stand under an id of a tombstone."""
    for name in sorted(items.retired.keys() & {*items.entries, *items.criteria}):
        entry = items.entries[name.partition("/")[0]]
        said = f"found a file or criterion {name}; {items.retired[name].said}"
        yield entry.document.issue("id-retired", ("id",), said, "give it an id that was never used")


def _find_bad_links(items: Items) -> Iterator[Issue]:
    for entry in items.entries.values():
        for key, _, kinds in LINKS[entry.kind]:
            if not all(_is_good_link(items, entry, target, kinds) for target in entry.ids(key)):
                for place, target in entry.targets(key):
                    yield from _bad_link(items, entry, target, place, kinds)
        if entry.kind is ItemKind.RISK_CONTROL:
            yield from _find_unknown_evidence(items, entry)
        for place, target in entry.studied() if entry.kind in REQUIREMENTS else ():
            if target not in items.study_criteria:
                message = f"evidence names {target}, which is no criterion of a study"
                yield entry.document.issue("link-dangling", place, message, near(target, items.study_criteria))


def _is_good_link(items: Items, entry: Entry, target: str, kinds: tuple[ItemKind, ...]) -> bool:
    known = items.entries.get(target)
    return known is not None and known is not entry and known.kind in kinds and target not in items.retired


def _bad_link(items: Items, entry: Entry, target: str, place: Where, kinds: tuple[ItemKind, ...]) -> Iterator[Issue]:
    issue = entry.document.issue
    known = items.entries.get(target)
    if target == entry.id:
        yield issue("link-self", place, f"{entry.id} names itself in {place[0]}", "name another item")
    elif target in items.retired:
        said = f"{place[0]} names {target}; {items.retired[target].said}"
        yield issue("id-retired", place, said, items.retired[target].hint)
    elif known is None:
        message = f"{place[0]} names {target}, which does not exist"
        yield issue("link-dangling", place, message, near(target, items.entries))
    elif known.kind not in kinds:
        expected = " or ".join(kind.value.replace("_", " ") for kind in kinds) or "nothing"
        message = f"{place[0]} names {target}, a {known.kind.value.replace('_', ' ')}, expected {expected}"
        yield issue("link-wrong-kind", place, message, "name an item of the right kind")


def _find_unknown_evidence(items: Items, entry: Entry) -> Iterator[Issue]:
    known = items.named
    for place, target in entry.targets("effectiveness.evidence"):
        if target in items.retired:
            said = f"effectiveness names {target}; {items.retired[target].said}"
            yield entry.document.issue("id-retired", place, said, items.retired[target].hint)
        elif target not in known:
            message = f"effectiveness names {target}, which is no criterion"
            yield entry.document.issue("link-dangling", place, message, near(target, known))


def _find_cycles(items: Items) -> Iterator[Issue]:
    """Yield each link by which parents, followed upward from some item, come back to where they were."""
    graph = {
        entry.id: sorted({target for target in entry.ids("parents") if target in items.entries} - {entry.id})
        for entry in items.entries.values()
    }
    done: set[str] = set()
    for start in graph:
        way: dict[str, Iterator[str]] = {} if start in done else {start: iter(graph[start])}
        while way:
            here = next(reversed(way))
            following = next(way[here], None)
            if following is None:
                done.add(way.popitem()[0])
            elif following in way:
                names = list(way)
                yield _cycle(items, [*names[names.index(following) :], following])
            elif following not in done:
                way[following] = iter(graph[following])


def _cycle(items: Items, cycle: list[str]) -> Issue:
    shown = (
        [*cycle[:_SHOWN], f"… {len(cycle) - 2 * _SHOWN} more", *cycle[-_SHOWN:]] if len(cycle) > 3 * _SHOWN else cycle
    )
    message = f"a cycle of parents: {' → '.join(shown)}"
    return items.entries[min(cycle)].document.issue("link-cycle", ("parents",), message, "remove one of these links")
