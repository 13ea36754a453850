"""How far a build is: what was set last, and about how long the rest takes."""

from __future__ import annotations

import sys
import time
from typing import TextIO

EVERY = 20.0
"""Seconds between two lines where nobody watches a terminal."""


class Progress:
    """Tells it on standard error: on a terminal in one line that changes, else in a plain line now and then."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Tell it in `stream`."""
        self._stream = stream or sys.stderr
        self._began = self._told = time.monotonic()

    def __call__(self, text: str, share: float) -> None:
        """Tell what was done last; `share` is that of all work which is done."""
        now = time.monotonic()
        left = f"; {_rounded((now - self._began) * (1 - share) / share)} left" if 0 < share < 1 else ""
        if self._stream.isatty():
            line = f"[{share:4.0%}] {text}{left}" if share < 1 else ""
            print(f"\r\033[K{line}", end="", file=self._stream, flush=True)
        elif share == 0 or now - self._told >= EVERY:
            print(f"[{share:4.0%}] {text}{left}", file=self._stream, flush=True)
            self._told = now


def _rounded(seconds: float) -> str:
    """A time as one says it: to 10 seconds below two minutes, else to the minute."""
    return f"about {max(10, round(seconds, -1)):.0f} s" if seconds < 120 else f"about {seconds / 60:.0f} min"
