"""`clearway review` and `clearway approve`: arguments in, a line of the review record out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

from verification.commands.console import GOOD, USAGE, complain, make_parser, open_project, print_json, print_lines
from verification.evidence import Meaning

_SAID = {
    Meaning.REVIEWED: "I have read it and what it rests on, and found no fault that is not recorded",
    Meaning.ADEQUATE: "what stands below it suffices to show it",
    Meaning.APPROVED: "it may be used as it is",
    Meaning.WITHDRAWN: "what was said of it before no longer counts",
}
_NO_SIGNATURE = "It is evidence of a review, no signature (21 CFR part 11): see docs/records/README.md."


def review(argv: list[str]) -> int:
    """Record that a person has reviewed items as they are in this commit, with all that they rest on.

    Exit status: 0; 2 if anything is refused: then nothing is recorded.
    """
    example = (
        'example: clearway review SRS-010 gate/burned-in --by "Ada Example (fictitious)" \\\n'
        '             --meaning reviewed --reason "design review of the gate"\n'
        "         the front of scenarios' ids names all their rows"
    )
    return _record(argv, review, "review", tuple(Meaning), example)


def approve(argv: list[str]) -> int:
    """Record that a person has approved the test protocol, a built document, an anomaly, a deviation or a change.

    Exit status: 0; 2 if anything is refused: then nothing is recorded.
    """
    example = (
        'example: clearway approve protocol --by "Ada Example (fictitious)" --meaning approved \\\n'
        '             --reason "protocol review of the release"\n'
        "    also: clearway approve CW-DOC-006 …, once `clearway submission build` has built it"
    )
    return _record(argv, approve, "approve", (Meaning.APPROVED, Meaning.WITHDRAWN), example)


def _record(
    argv: list[str], command: Callable[[list[str]], int], event: str, meanings: tuple[Meaning, ...], example: str
) -> int:
    arguments = _parser(command, event, meanings, example).parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.records.record import RECORD
    from verification.records.recording import RefusedError, record

    try:
        lines = record(
            project, event, arguments.id, by=arguments.by, meaning=Meaning(arguments.meaning),
            reason=arguments.reason, date=datetime.now(UTC).date().isoformat(),
        )  # fmt: skip
    except RefusedError as error:
        complain(*(f"clearway {event}: {line}" for line in str(error).splitlines()), "nothing was recorded")
        return USAGE
    if arguments.json:
        print_json(lines)
    else:
        print_lines(
            f"{line.id}: {line.meaning} by {line.by} on {line.date}, digest {line.digest[:12]}" for line in lines
        )
        print_lines([f"recorded in {RECORD}: commit it"])
    return GOOD


def _parser(
    command: Callable[[list[str]], int], event: str, meanings: tuple[Meaning, ...], example: str
) -> argparse.ArgumentParser:
    words = [f"  {meaning.value:10} {_SAID[meaning]}" for meaning in meanings]
    parser = make_parser(event, command, "\n".join(("meanings:", *words, "", _NO_SIGNATURE, "", example)))
    parser.add_argument("id", nargs="+", help="what it is about")
    parser.add_argument("--by", required=True, metavar="NAME", help="who says so; never taken from git or the system")
    parser.add_argument("--meaning", required=True, choices=[meaning.value for meaning in meanings], help="see below")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why, in that person's words")
    return parser
