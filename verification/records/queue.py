"""Which items a review is of, chosen many at a time; what waits for one; what a reviewer is asked of twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from verification.evidence import Item, ItemKind, LinkStatus, ReviewStatus, is_reviewable

DOUBTFUL = (LinkStatus.FAILED, LinkStatus.NOT_RUN, LinkStatus.STALE)
"""States of an item that a reviewer is told of, and has to name, before a review of it is recorded."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of items: of these kinds, from files of these patterns, with these words; of all where none is named.

    `waiting` leaves out those that were reviewed as they are.
    """

    kinds: tuple[ItemKind, ...] = ()
    files: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    waiting: bool = False

    @property
    def is_made(self) -> bool:
        """Whether anything is chosen by it."""
        return bool(self.kinds or self.files or self.words or self.waiting)

    def holds(self, item: Item) -> bool:
        """Whether an item is chosen: words stand in its id or title, whatever their case."""
        said = f"{item.id} {item.title}".casefold()
        return (
            is_reviewable(item)
            and (not self.kinds or item.kind in self.kinds)
            and (not self.files or any(fnmatchcase(item.file, pattern) for pattern in self.files))
            and all(word.casefold() in said for word in self.words)
            and not (self.waiting and item.review.status is ReviewStatus.REVIEWED)
        )


def choose(items: Iterable[Item], choice: Choice) -> list[Item]:
    """The items that are chosen: by kind, then by id."""
    kinds = list(ItemKind)
    return sorted(filter(choice.holds, items), key=lambda item: (kinds.index(item.kind), item.id))


def render_queue(items: Sequence[Item]) -> Iterator[str]:
    """Yield a line for each item, the same while nothing about it changes: how it stands, what it is, its digest."""
    for item in items:
        kind = item.kind.value.replace("_", " ")
        why = f"  ({item.review.why})" if item.review.status is ReviewStatus.SUSPECT else ""
        stands = f"{item.review.status.value:10}  {item.status.value:9}"
        yield f"{stands}  {kind}  {item.id}  {item.digest[:12]}  {item.title}{why}"


def find_doubtful(items: Iterable[Item], chosen: Sequence[str]) -> list[Item]:
    """Those of the chosen ids (or of the rows below them) that failed, were not run or are stale."""
    names = set(chosen)
    return [item for item in items if item.status in DOUBTFUL and (item.id in names or _scenario_of(item.id) in names)]


def _scenario_of(identity: str) -> str:
    return identity.rpartition("/")[0]
