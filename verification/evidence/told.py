"""Who is told something, how an issue is told on a line, and that a terminal shows in color what stops somebody."""

from __future__ import annotations

import os
import re
from typing import TextIO

from verification.evidence.types import Issue

ROLES = ("engineer", "ML engineer", "statistician", "QA", "regulatory affairs", "PACS administrator")
"""Who has something to do, in the order in which they are told it."""

_STOPS = re.compile(r"( *)(blocking|failed|not run|undefined|FAILED|BLOCKED)\b")
"""How a line begins that says what stops somebody."""
_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


def issue_line(issue: Issue) -> str:
    """One issue on one line: severity, place, message, code, what to do."""
    return f"{issue.severity}  {issue.where}: {issue.message} [{issue.code}]; {issue.hint}"


def paint(line: str, stream: TextIO) -> str:
    """A line as a stream shows it: its first word in red where it stops somebody and the stream is a terminal.

    NO_COLOR keeps color away, as does a terminal that has none (TERM=dumb).
    """
    stops = _STOPS.match(line)
    if not stops or not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return line
    return f"{stops[1]}{_RED}{stops[2]}{_PLAIN}{line[stops.end() :]}"
