"""`clearway trace prove`: arguments in, a call to what does the work, lines out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    INTERRUPTED,
    ISSUE,
    USAGE,
    Progress,
    complain,
    make_parser,
    open_project,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from verification.strength.prove import Work
    from verification.strength.strength import Links


def prove(argv: list[str]) -> int:
    """Put small faults into the code of requirements, in copies of the tree, and see whether their scenarios notice.

    Exit status 0; 1 if a scenario fails without any fault; 2 for a name of nothing.

    For: engineer
    """
    parser = make_parser(
        "trace prove",
        prove,
        "example: clearway trace prove SRS-009\n         faults in the code that implements it\n"
        "    then: clearway trace SRS-009\n         what was noticed, and what survived",
    )
    parser.add_argument("id", nargs="*", help="a requirement, or a symbol (default: all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="faults tried at a time (%(default)s)")
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.specification.hints import near
    from verification.strength.prove import find_work, read_links

    links = read_links(project)
    known = sorted({*links.by_id, *(requirement for requirement, _ in links.pairs)})
    if unknown := [each for each in arguments.id if each not in known]:
        complain(*(f"clearway trace prove: {each}: no code and scenarios; {near(each, known)}" for each in unknown))
        return USAGE
    return _try(links, list(find_work(links, tuple(arguments.id))), max(arguments.jobs, 1), arguments.json)


def _try(links: Links, work: list[Work], jobs: int, as_json: bool) -> int:
    from verification.strength.prove import BaselineError, prove
    from verification.strength.strength import as_of_today, read_exemptions
    from verification.trace.show import describe_strength

    exemptions, _ = read_exemptions(links.project)
    if not work:
        complain("nothing to try: every result is about the code, the scenarios and the steps as they are")
    try:
        for results in prove(links, work, jobs, Progress("faults")) if work else ():
            today = list(as_of_today(links, results, exemptions))
            lines = (f"{each.requirement}  {each.symbol}  {describe_strength(each)}" for each in today)
            print_json(today) if as_json else print_lines(lines)
    except BaselineError as error:
        complain(f"clearway trace prove: {error}")
        return ISSUE
    except KeyboardInterrupt:
        complain("clearway trace prove: interrupted; what was tried is kept, the same command goes on from there")
        return INTERRUPTED
    return GOOD
