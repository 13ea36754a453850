"""`clearway qualify`: arguments in, a call to what does the work, lines out."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    complain,
    make_parser,
    open_project,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from verification.evidence import Project
    from verification.qualification.qualify import Outcome


def qualify(argv: list[str]) -> int:
    """Check the installation, put faults into a small checkout, see each of them noticed, and write the record.

    For: QA
    """
    parser = make_parser(
        "qualify",
        qualify,
        "example: clearway qualify\n         half a minute; writes build/qualification/qualification.md, to be signed",
    )
    parser.add_argument(
        "--sample", metavar="DIR", type=Path, help="write the small checkout alone, to practice on, and check nothing"
    )
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    if arguments.sample:
        return _write_practice(project, arguments.sample)
    from verification.qualification.qualify import find_outcomes
    from verification.qualification.qualify_record import make_record, write_record

    started = datetime.now(UTC)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="clearway-qualify-") as folder:
        for outcome in find_outcomes(project, Path(folder).resolve()):
            outcomes.append(outcome)
            print_json([outcome]) if arguments.json else print_lines(_lines(outcome))
    record = make_record(project, started, tuple(outcomes))
    written = write_record(project.root / "build" / "qualification", record)
    failed = sum(outcome.passed is False for outcome in outcomes)
    summary = f"{len(outcomes)} checks, {failed} failed; the record awaits a person:"
    complain(f"{summary} {', '.join(project.relative(path) for path in written)}")
    return GOOD if record.qualified else ISSUE


def _write_practice(project: Project, folder: Path) -> int:
    from verification.qualification.sample import write_practice

    try:
        write_practice(folder, project.root)
    except FileExistsError:
        complain(f"clearway qualify --sample: {folder}: found something there, expected the name of a new folder")
        return USAGE
    print_lines([f"a small product to practice on, doors, is in {folder}; give every command --project {folder}"])
    return GOOD


def _lines(outcome: Outcome) -> list[str]:
    from verification.qualification.qualify_record import said

    first = f"{said(outcome.passed):15}{outcome.part:13}{outcome.check}"
    if outcome.part == "installation":
        return [f"{first}: {outcome.found}"]
    return [
        first,
        f"{'':15}{outcome.command}",
        f"{'':15}expected {outcome.expected}",
        f"{'':15}found    {outcome.found}",
    ]
