"""`clearway check`: what can be told in seconds of items, links and texts, before anything is run or set."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    complain,
    issue_line,
    make_parser,
    open_project,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from verification.evidence import Project


def check(argv: list[str]) -> int:
    """Say in one pass what stops a build in items, links, limits, scenarios and the texts of the documents.

    Nothing is run and nothing set: what `clearway verify` and the build would find besides is not told.

    For: engineer
    """
    parser = make_parser(
        "check",
        check,
        "example: clearway check\n         some seconds; pre-commit runs it at each commit\n"
        "    then: clearway trace --check\n         what is advisory too, and what the last runs found",
    )
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import recorded_run
    from verification.trace.trace import find_written, trace

    found = find_written(project)
    print_json(found) if arguments.json else print_lines(map(issue_line, found))
    with recorded_run(project.evidence, "trace", []):
        trace(project)  # the documents say what the trace does
    texts = _check_texts(project, as_json=arguments.json)
    if not found and texts == GOOD:
        complain("clearway check: nothing in items, links and texts stops a build")
    return ISSUE if found else texts


def _check_texts(project: Project, *, as_json: bool) -> int:
    """Have the room of the documents check their texts: it is known by its command alone."""
    (submission,) = entry_points(group="clearway.commands", name="submission")
    status: int = submission.load()(["check", "--project", str(project.root), *(["--json"] if as_json else [])])
    return status
