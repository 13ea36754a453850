"""`clearway trace impact` and `clearway trace diff`: arguments in, a call to what does the work, lines out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    Progress,
    complain,
    make_parser,
    open_project,
    plain,
    print_lines,
)

if TYPE_CHECKING:
    from verification.changes.impact_record import Impact
    from verification.evidence import Gap, Project, VerificationEvidence


def impact(argv: list[str]) -> int:
    """Say what a change touches: code, items, scenarios to run again, estimates, document sections.

    For: engineer
    """
    parser = make_parser(
        "trace impact",
        impact,
        "example: clearway trace impact --run\n         the working tree against HEAD, and its scenarios run\n"
        "     and: clearway trace impact v1.0.0..HEAD --markdown\n         for a pull request",
    )
    parser.add_argument(
        "range", nargs="?", metavar="BASE..HEAD", help="two commits, or one and the working tree (default: HEAD)"
    )
    parser.add_argument("--markdown", action="store_true", help="Markdown for a pull request")
    parser.add_argument("--run", action="store_true", help="run the scenarios to run again; never complete evidence")
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.changes.impact import find_impact
    from verification.changes.show_impact import render_impact
    from verification.sources.revision import RevisionError, read_range

    try:
        span = read_range(project, arguments.range)
        if arguments.run and span.head not in (None, project.source(()).commit):
            raise RevisionError(f"found --run with {arguments.range}, expected a range that ends at the checkout")
    except RevisionError as error:
        complain(f"clearway trace impact: {error}")
        return USAGE
    found = find_impact(project, span, read_verification(project))
    if arguments.json:
        print(json.dumps(plain(found)))
    else:
        print_lines(render_impact(found, markdown=arguments.markdown))
    return _run(project, found) if arguments.run else GOOD


def _run(project: Project, found: Impact) -> int:
    """Run exactly the scenarios of an impact."""
    from verification.evidence import recorded_run
    from verification.scenarios.verify import verify

    only = tuple(each.id for each in found.again)
    if not only:
        complain("no scenario is to be run again")
        return GOOD
    with recorded_run(project.evidence, "verify", list(only), partial=True):
        evidence = verify(project, only, Progress("scenarios"))
    failing = [result for result in evidence.results if result.status != "passed"]
    complain(*(f"{result.status}  {result.id}  {result.file}:{result.line}" for result in failing))
    complain(
        f"{len(evidence.results)} scenarios: {len(evidence.results) - len(failing)} passed (verification.partial.json)"
    )
    return ISSUE if failing else GOOD


def diff(argv: list[str]) -> int:
    """Say what came, changed and went between two commits: items, links, outcomes, strength.

    For: engineer
    """
    parser = make_parser("trace diff", diff, "example: clearway trace diff v1.0.0 v1.1.0 --markdown")
    parser.add_argument("base", metavar="TAG1", help="a tag, branch or commit")
    parser.add_argument("head", metavar="TAG2", help="another one")
    parser.add_argument("--markdown", action="store_true", help="Markdown")
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.changes.difference import find_difference, render_difference
    from verification.sources.revision import RevisionError

    try:
        found = find_difference(project, arguments.base, arguments.head)
    except RevisionError as error:
        complain(f"clearway trace diff: {error}")
        return USAGE
    if arguments.json:
        print(json.dumps(plain(found)))
    else:
        print_lines(render_difference(found, markdown=arguments.markdown))
    return GOOD


def read_verification(project: Project) -> VerificationEvidence | Gap:
    """The evidence of the last complete run; a gap where there is none that can be used."""
    from verification.evidence import read_bundle

    return read_bundle(project.evidence).verification
