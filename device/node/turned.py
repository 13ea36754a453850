"""Whose connections were turned away, told in lines that stay few however many they are and whoever they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from device.node.services import NO_HOST, Refusal

TELLING_SECONDS = 1.0
"""How often it is told of connections of peers' hosts: a line a host and a reason."""

STRANGERS_SECONDS = 60.0
"""How often it is told of connections from the address of no peer: one line of all of them."""

MOST_STRANGERS = 100
"""How many of their addresses are told apart meanwhile."""


class Told(NamedTuple):
    """A line: the host, why it was turned away, how often; of strangers it is the busiest host of so many."""

    host: str
    refusal: Refusal
    times: int
    hosts: int | None = None


class Turned:
    """Those that were turned away and of whom nothing is told yet. Times are in seconds of one clock.

    Implements: SRS-049
    """

    def __init__(self) -> None:
        self._known: Counter[tuple[str, Refusal]] = Counter()
        self._strangers: Counter[str] = Counter()
        self._beyond, self._last, self._last_of_strangers = 0, -TELLING_SECONDS, -STRANGERS_SECONDS

    def add(self, host: str, refusal: Refusal) -> None:
        """Count a connection.

        Implements: SRS-049
        """
        if refusal is not NO_HOST:
            self._known[host, refusal] += 1
        elif host in self._strangers or len(self._strangers) < MOST_STRANGERS:
            self._strangers[host] += 1
        else:
            self._beyond += 1

    def take(self, now: float, *, all_of_them: bool = False) -> Iterator[Told]:
        """The lines that are due, or all that there are; they are taken out.

        Implements: SRS-049
        """
        if self._known and (all_of_them or now - self._last >= TELLING_SECONDS):
            yield from (Told(host, refusal, times) for (host, refusal), times in self._known.items())
            self._known.clear()
            self._last = now
        if self._strangers and (all_of_them or now - self._last_of_strangers >= STRANGERS_SECONDS):
            ((busiest, _),) = self._strangers.most_common(1)
            yield Told(busiest, NO_HOST, self._strangers.total() + self._beyond, len(self._strangers))
            self._strangers.clear()
            self._beyond, self._last_of_strangers = 0, now
