"""A training in a process of its own, so that somebody is left to say how it ended: native code can end it unsaid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

PARENT = "CLEARWAY_TRAINING_PARENT"
"""In the environment of a process that trains: the id of the one that started it and waits for its end."""

_START = "import sys; from device import main; sys.exit(main(['train', *sys.argv[1:]]))"

AGAIN = "continue with --resume"
TRY: dict[int, str] = {
    signal.SIGKILL: f"if memory ran out, {AGAIN} and fewer --workers; else {AGAIN}",
    signal.SIGTERM: AGAIN,
    signal.SIGHUP: AGAIN,
    signal.SIGINT: AGAIN,
}
"""What to do after a signal; another one is a crash of native code."""
AFTER_A_CRASH = f"{AGAIN}; if it crashes again, begin anew with TF_ENABLE_ONEDNN_OPTS=0 set and another --output"


def run_in_child(argv: Sequence[str]) -> int:
    """Run `clearway train` with these arguments in a new process, and hand it the signals that ask this one to end.

    Returns:
        Its exit status; minus the signal's number if one ended it.
    """
    command = [sys.executable, "-P", "-c", _START, *argv]
    child = subprocess.Popen(command, env=os.environ | {PARENT: str(os.getpid())})

    def forward(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_child() -> bool:
    """Whether this process is the one that trains."""
    return PARENT in os.environ


def follow_parent() -> None:
    """In the process that trains: end when the one that waits for it has ended, and be interrupted once only.

    A terminal interrupts both, and the other one hands its signal on.
    """
    signal.signal(signal.SIGINT, _interrupt)
    threading.Thread(target=_end_with, args=[int(os.environ[PARENT])], daemon=True).start()


def _interrupt(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def explain_end(number: int, held: str) -> str:
    """Which signal ended a process that trained, what is held of its run, and what to do."""
    name = signal.Signals(number).name if number in {*signal.Signals} else f"signal {number}"
    return f"the training was ended by {name}; {held}; {TRY.get(number, AFTER_A_CRASH)}"
