"""The end of a process that this one has started."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress


def end(pid: int) -> str:
    """End a process that is not wanted any more, or that has ended by itself.

    Args:
        pid: of a child of this process that has closed its side, or that does not answer.

    Returns:
        How it ended by itself, as the end of a sentence; empty if it did not, or without a signal.
    """
    with suppress(ChildProcessError):
        ended, status = os.waitpid(pid, os.WNOHANG) if _ends_soon(pid) else (0, 0)
        if not ended:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        elif os.WIFSIGNALED(status):
            return f" by signal {os.WTERMSIG(status)}"
    return ""


def _ends_soon(pid: int) -> bool:
    """Wait a moment for a process that has closed its side, without taking note of its end."""
    for _ in range(100):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        time.sleep(0.01)
    return False
