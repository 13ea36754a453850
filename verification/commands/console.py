"""What the commands of the suite share: options, the checkout, lines and JSON out, complaints, exit statuses."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from verification.evidence import Issue, Project

GOOD, ISSUE, USAGE, INTERRUPTED = 0, 1, 2, 130


def make_parser(name: str, command: Callable[[list[str]], int], example: str) -> argparse.ArgumentParser:
    """The parser of a command, described by the first line of its docstring."""
    summary = (command.__doc__ or "").splitlines()[0]
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog=f"clearway {name}", description=summary, epilog=example, formatter_class=shape
    )
    add_common(parser)
    return parser


def add_common(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add the options that every command has."""
    parser.add_argument(
        "--project", metavar="DIR", default=default, help="the checkout (default: found from here upward)"
    )
    parser.add_argument(
        "--json", action="store_true", default=default or False, help="one JSON object a line instead of text"
    )


def open_project(arguments: argparse.Namespace) -> Project | None:
    """The checkout, or None after saying that there is none, or none whose product can be told."""
    from verification.evidence import ProjectError, find_project

    try:
        project = find_project(Path(arguments.project) if arguments.project else None)
        project.commit()
        _ = project.product
    except ProjectError as error:
        complain(f"clearway: {error}")
        return None
    return project


SECONDS = 20
"""Between two lines of progress where there is no terminal."""


class Progress:
    """Says how many things are done and how long the rest may take: on a terminal each time, elsewhere now and then."""

    def __init__(self, things: str) -> None:
        self.things, self.started, self.on_terminal = things, time.monotonic(), sys.stderr.isatty()
        self.told = self.started

    def __call__(self, done: int, total: int) -> None:
        """Note that so many of the total are done."""
        now = time.monotonic()
        left = round((now - self.started) / max(done, 1) * (total - done))
        said = f"{done} of {total} {self.things}, {left // 60}:{left % 60:02} left"
        if self.on_terminal:
            sys.stderr.write(f"\r\033[K{said}" if done < total else "\r\033[K")
            sys.stderr.flush()
        elif done < total and now - self.told >= SECONDS:
            print(said, file=sys.stderr, flush=True)
            self.told = now


def has_blocking(issues: Iterable[Issue]) -> bool:
    """Whether one of the issues stops a build."""
    return any(issue.severity == "blocking" for issue in issues)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they come; what could steer a terminal is shown, not sent."""
    show = _shown_on(sys.stdout)
    for line in lines:
        print(show(line))


def print_json(records: Iterable[object]) -> None:
    """Print one JSON object a line."""
    print_lines(json.dumps(plain(record)) for record in records)


def plain(record: object) -> object:
    """A record of the evidence as what JSON can hold."""
    import msgspec

    return msgspec.to_builtins(record)


def complain(*lines: str) -> None:
    """Print lines to standard error."""
    show = _shown_on(sys.stderr)
    for line in lines:
        print(show(line), file=sys.stderr)


def _shown_on(stream: TextIO) -> Callable[[str], str]:
    """How a stream shows a line: in color on a terminal alone."""
    if not stream.isatty():
        return _printable
    from verification.evidence import paint

    return lambda line: paint(_printable(line), stream)


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() or one in "\n\t" else repr(one)[1:-1] for one in line)


def issue_line(issue: Issue) -> str:
    """One issue on one line: severity, place, message, code, what to do."""
    from verification.evidence import issue_line as tell

    return tell(issue)
