"""Processes that judge files side by side; what they find comes in the order of the files.

A worker is forked from this process, so it needs nothing that this one has read already, and lives until this one lets
go of it or ends. It judges its files one after the other: if it ends by itself, the one that it was at is lost, and the
others go to a new one.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Generic, NoReturn, TypeVar

from device import processes

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 3
"""How many files a worker is given before the first of them is waited for."""


def judge_all(
    judge: Callable[[T], R], items: Iterable[T], jobs: int, give_up: Callable[[T, str], R]
) -> Generator[R]:  # fmt: skip
    """Judge items, in this process or in several.

    Args:
        judge: what is made of an item; it has no effect but its result.
        items: in the order in which the results are to come.
        jobs: the number of processes; with 1, it is this one.
        give_up: the result for an item whose worker ended, and how it ended.

    Implements: SRS-046
    """
    if jobs == 1:
        yield from map(judge, items)
        return
    workers: list[_Worker[T, R]] = []
    waiting: deque[tuple[int, T]] = deque()
    try:
        for _ in range(jobs):
            workers.append(_Worker(judge, workers))
        for number, item in enumerate(items):
            workers[number % jobs].give(item)
            waiting.append((number % jobs, item))
            if len(waiting) == AHEAD * jobs:
                yield _take(workers, waiting, judge, give_up)
        while waiting:
            yield _take(workers, waiting, judge, give_up)
    finally:
        for worker in workers:
            worker.pipe.close()
        for worker in workers:
            worker.end()


def _take(
    workers: list[_Worker[T, R]], waiting: deque[tuple[int, T]], judge: Callable[[T], R],
    give_up: Callable[[T, str], R],
) -> R:  # fmt: skip
    """The result of the item that waits longest; if its worker ended over it, another takes over what was left."""
    place, item = waiting.popleft()
    try:
        return workers[place].take()
    except (EOFError, OSError):
        result = give_up(item, f"the process that analyzed it ended{workers[place].end()}")
    workers[place] = _Worker(judge, [each for each in workers if each is not workers[place]])
    for other, left in waiting:
        if other == place:
            workers[place].give(left)
    return result


class _Worker(Generic[T, R]):
    """A process, and this side of the pipe to it."""

    def __init__(self, judge: Callable[[T], R], others: list[_Worker[T, R]]) -> None:
        self.pipe: Connection[Any, Any]
        self.pipe, theirs = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            for each in (self, *others):  # else this process would keep them alive
                each.pipe.close()
            _serve(judge, theirs)
        theirs.close()

    def give(self, item: T) -> None:
        """Hand over an item; one that has ended is noticed when its result is wanted."""
        with suppress(OSError):
            self.pipe.send(item)

    def take(self) -> R:
        """Wait for the next result.

        Raises:
            EOFError: the process has ended.
        """
        result: R = self.pipe.recv()
        return result

    def end(self) -> str:
        """Let go of the process, which then ends; how it ended by itself, if it did."""
        self.pipe.close()
        return processes.end(self.pid)


def _serve(judge: Callable[[T], R], pipe: Connection[Any, Any]) -> NoReturn:
    """Judge what is given until nobody gives any more."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted run is ended by the process that everybody knows
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while True:
            try:
                item = pipe.recv()
            except (EOFError, OSError):
                break
            result = judge(item)
            with suppress(OSError):  # the other side has gone, which it sees when it asks for more
                pipe.send(result)
    except BaseException:
        traceback.print_exc()  # a fault of the program, which the other side sees as an end
    finally:
        os._exit(0)
