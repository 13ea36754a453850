"""`clearway change`: write the record of a change, say what it still asks for."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    add_common,
    complain,
    make_parser,
    open_project,
    print_lines,
)

if TYPE_CHECKING:
    from verification.evidence import Project


def change(argv: list[str]) -> int:
    """Record a change under control, or say what a recorded one still asks for.

    For: QA
    """
    parser = make_parser(
        "change",
        change,
        'example: clearway change new v1.0.0..HEAD --title "Refuse half an image" --reason "ANO-001"\n'
        "   then: clearway change check CHG-001\n"
        "         clearway approve CHG-001 … once a person has completed and decided it",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    new = actions.add_parser("new", help="write the next record, with nulls for what people decide")
    new.add_argument("range", metavar="BASE..HEAD", help="the commits before and with the change")
    new.add_argument("--title", required=True, help="what is changed, in a few words")
    new.add_argument("--reason", required=True, help="why")
    check = actions.add_parser("check", help="say what is open; exit 1 if anything is")
    check.add_argument("id", metavar="CHG-001", help="the change")
    for action in actions.choices.values():
        add_common(action, default=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    return _new(project, arguments) if arguments.action == "new" else _check(project, arguments)


def _new(project: Project, arguments: argparse.Namespace) -> int:
    from verification.changes.change_control import write_change
    from verification.evidence import read_bundle
    from verification.sources.revision import RevisionError, read_range

    try:
        span = read_range(project, arguments.range)
        verification = read_bundle(project.evidence).verification
        path = write_change(project, arguments.title, arguments.reason, span, verification)
    except (RevisionError, ValueError) as error:
        complain(f"clearway change new: {error}")
        return USAGE
    file = project.relative(path)
    print(json.dumps({"id": path.stem, "file": file}) if arguments.json else f"{path.stem} written: {file}")
    return GOOD


def _check(project: Project, arguments: argparse.Namespace) -> int:
    from verification.changes.change_control import check_change
    from verification.evidence import ItemKind
    from verification.specification.hints import near
    from verification.specification.reading import read_items

    items = read_items(project)
    known = {entry.id: entry for entry in items.of(ItemKind.CHANGE)}
    if arguments.id not in known:
        about = [issue for issue in items.issues if f"/{arguments.id}.yaml:" in issue.where]
        complain(*(f"clearway change check: {issue.where}: {issue.message}; {issue.hint}" for issue in about))
        if not about:
            complain(f"clearway change check: {arguments.id} does not exist; {near(arguments.id, known)}")
        return ISSUE if about else USAGE
    points = list(check_change(project, items, known[arguments.id]))
    if arguments.json:
        print_lines(json.dumps({slot: getattr(point, slot) for slot in point.__slots__}) for point in points)
    else:
        print_lines(
            f"{'done' if point.done else 'open':5} {point.what}: {point.found}"
            + ("" if point.done else f"\n      {point.how}")
            for point in points
        )
    return GOOD if all(point.done for point in points) else ISSUE
