"""`clearway review` and `clearway approve`: arguments in, a line of the review record out."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from verification.commands.console import GOOD, USAGE, complain, make_parser, open_project, print_json, print_lines
from verification.evidence import Meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verification.evidence import Project
    from verification.records.queue import Choice

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

    For: QA
    """
    example = (
        'example: clearway review SRS-010 gate/burned-in --by "Ada Example (fictitious)" \\\n'
        '             --meaning reviewed --reason "design review of the gate"\n'
        "         the front of scenarios' ids names all their rows\n"
        "     and: clearway review --queue --kind hazard --kind risk_control\n"
        "         what waits for a review, a line an item; with --by … all of it is reviewed"
    )
    parser = _parser(review, "review", tuple(Meaning), example, chosen=True)
    arguments = parser.parse_args(argv)
    choice = _choice(arguments)
    if not (arguments.queue or arguments.id or choice.is_made or arguments.list):
        parser.error("name what is reviewed: ids, --kind, --file, --match, --waiting or --list; or ask for the --queue")
    if missing := [
        name for name in ("by", "meaning", "reason") if not arguments.queue and not getattr(arguments, name)
    ]:
        parser.error(f"a review says who, what and why: --{', --'.join(missing)} missing")
    project = open_project(arguments)
    return USAGE if project is None else _review(project, arguments, choice)


def _choice(arguments: argparse.Namespace) -> Choice:
    from verification.evidence import ItemKind
    from verification.records.queue import Choice

    kinds = tuple(map(ItemKind, arguments.kind))
    return Choice(kinds, tuple(arguments.file), tuple(arguments.match), arguments.waiting or arguments.queue)


def _review(project: Project, arguments: argparse.Namespace, choice: Choice) -> int:
    """Show the queue, or record a review of what is chosen."""
    from verification.records.queue import choose, find_doubtful, render_queue
    from verification.trace.trace import ask

    items = ask(project)[0].items
    chosen = choose(items, choice) if choice.is_made else []
    if arguments.queue:
        print_json(chosen) if arguments.json else print_lines(render_queue(chosen))
        return GOOD
    try:
        listed = [line.split("#")[0].strip() for each in arguments.list for line in _read_list(each)]
    except OSError as error:
        complain(f"clearway review: --list {error.filename}: {error.strerror}")
        return USAGE
    ids = [*arguments.id, *filter(None, listed), *(item.id for item in chosen)]
    if not ids:
        complain("clearway review: no item is of this choice; nothing was recorded")
        return USAGE
    arguments.id = ids
    withdrawn = arguments.meaning == Meaning.WITHDRAWN
    doubtful = () if withdrawn or arguments.despite else find_doubtful(items, ids)
    twice = "if that is known and meant, say the same again with --despite"
    doubts = [f"{item.id} is {item.status.value.replace('_', ' ')}: {item.why}; {twice}" for item in doubtful]
    return _write(project, arguments, "review", doubts)


def _read_list(name: str) -> list[str]:
    """The lines of a file, or of what comes in for `-`."""
    return sys.stdin.read().splitlines() if name == "-" else Path(name).read_text(encoding="utf-8").splitlines()


def approve(argv: list[str]) -> int:
    """Record that a person has approved the test protocol, a built document, an anomaly, a deviation or a change.

    Exit status: 0; 2 if anything is refused: then nothing is recorded.

    For: QA
    """
    example = (
        'example: clearway approve protocol --by "Ada Example (fictitious)" --meaning approved \\\n'
        '             --reason "protocol review of the release"\n'
        "    also: clearway approve CW-DOC-006 …, once `clearway submission build` has built it"
    )
    arguments = _parser(approve, "approve", (Meaning.APPROVED, Meaning.WITHDRAWN), example).parse_args(argv)
    project = open_project(arguments)
    return USAGE if project is None else _write(project, arguments, "approve")


def _write(project: Project, arguments: argparse.Namespace, event: str, doubts: Sequence[str] = ()) -> int:
    from verification.records.record import RECORD
    from verification.records.recording import RefusedError, record

    try:
        lines = record(
            project, event, arguments.id, by=arguments.by, meaning=Meaning(arguments.meaning),
            reason=arguments.reason, date=datetime.now(UTC).date().isoformat(), doubts=doubts,
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
    command: Callable[[list[str]], int],
    event: str,
    meanings: tuple[Meaning, ...],
    example: str,
    *,
    chosen: bool = False,
) -> argparse.ArgumentParser:
    words = [f"  {meaning.value:10} {_SAID[meaning]}" for meaning in meanings]
    parser = make_parser(event, command, "\n".join(("meanings:", *words, "", _NO_SIGNATURE, "", example)))
    parser.add_argument("id", nargs="*" if chosen else "+", help="what it is about")
    said = not chosen  # a queue is shown without
    parser.add_argument("--by", required=said, metavar="NAME", help="who says so; never taken from git or the system")
    parser.add_argument("--meaning", required=said, choices=[meaning.value for meaning in meanings], help="see below")
    parser.add_argument("--reason", required=said, metavar="TEXT", help="why, in that person's words")
    if chosen:
        _add_choice(parser)
    return parser


def _add_choice(parser: argparse.ArgumentParser) -> None:
    from verification.evidence import ItemKind

    kinds = [kind.value for kind in ItemKind]
    many = parser.add_argument_group("many at a time; what is named is chosen if all of it fits")
    many.add_argument("--kind", action="append", default=[], choices=kinds, metavar="KIND", help=", ".join(kinds))
    many.add_argument("--file", action="append", default=[], metavar="PATTERN", help="from files such as risk/*")
    many.add_argument("--match", action="append", default=[], metavar="WORD", help="with this in id or title")
    many.add_argument("--waiting", action="store_true", help="not reviewed as it is")
    many.add_argument("--list", action="append", default=[], metavar="FILE", help="ids, one a line (- reads them)")
    many.add_argument("--queue", action="store_true", help="show what waits for a review, and record nothing")
    many.add_argument("--despite", action="store_true", help="also of what failed, was not run or is stale")
