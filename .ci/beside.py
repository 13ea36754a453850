"""Run jobs of tox.ini beside each other, and say at the end how each ended and what pytest counted.

    .venv/bin/python .ci/beside.py JOB JOB... [-- ARGUMENTS OF PYTEST]

The first, which takes longest, is shown as it runs; the others follow one another meanwhile, and each is shown whole
when it has ended. The closing lines of pytest come last.

The exit status is 1 if a job failed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

TOX = [str(Path(sys.executable).parent / "tox"), "run", "-q", "-e"]
CLOSING = re.compile(rb"=+ .*\d+ (?:passed|failed|error).* =+")
ESCAPE = re.compile(rb"\x1b\[[0-9;]*m")


class Job:
    """A job of tox, what it said, how it ended and how long it took."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        """Let it be started later."""
        self.name, self.said, self.status, self.seconds = name, b"", 1, 0.0
        self._command = [*TOX, name, *arguments]

    def run(self, *, shown: bool) -> None:
        """Run it to its end, and show all that it says when it says it, or nothing."""
        started = time.monotonic()
        with subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            while part := os.read(process.stdout.fileno(), 1 << 16):
                self.said += part
                if shown:
                    write(part)
        self.status, self.seconds = process.returncode, time.monotonic() - started

    def told(self) -> str:
        """How it ended, in a line."""
        return f"{self.name}: {'exit ' + str(self.status) if self.status else 'good'}, {self.seconds:.0f} s"


def write(content: bytes) -> None:
    """Show this at once."""
    os.write(sys.stdout.fileno(), content)


def follow(jobs: list[Job]) -> None:
    """Run jobs one after another, each shown when it has ended."""
    for job in jobs:
        job.run(shown=False)
        write(f"\n--- {job.told()}\n".encode() + job.said + b"---\n")


def main(arguments: list[str]) -> int:
    """Run the jobs that are named; the exit status."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    first, *others = jobs = [Job(name, arguments[at:]) for name in arguments[:at]]
    beside = threading.Thread(target=follow, args=[others])
    beside.start()
    first.run(shown=True)
    beside.join()
    write(b"\n" + b"".join(f"{job.told()}\n".encode() for job in jobs))
    lines = [line for job in jobs for line in ESCAPE.sub(b"", job.said).splitlines() if CLOSING.fullmatch(line)]
    write(b"".join(line + b"\n" for line in lines))
    return int(any(job.status for job in jobs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
