"""Wakes a process of the node that has nothing to do."""

from __future__ import annotations

import os
import select
from contextlib import suppress


class Bell:
    """Each ring wakes one of the processes that wait, or else whichever waits next.

    A pipe, since a wait on it is measured by a clock that nobody sets: one on a semaphore is measured by the time of
    day, and lasts an hour longer when that is set back by an hour.
    """

    def __init__(self) -> None:
        """To be made before the processes are, which all have it then."""
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)

    def ring(self) -> None:
        """There is something to do."""
        with suppress(BlockingIOError):  # so many rings wait already that nobody sleeps
            os.write(self._writing, b"!")

    def wait(self, seconds: float) -> None:
        """Sleep until it rings, and no longer than so many seconds."""
        rung = select.poll()
        rung.register(self._reading, select.POLLIN)
        if rung.poll(seconds * 1000):
            with suppress(BlockingIOError):  # another was faster
                os.read(self._reading, 1)
