"""`clearway new`: a form for the next item of a kind or for a scenario, at its place and under its name."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from verification.commands.console import GOOD, USAGE, add_common, complain, make_parser, open_project, print_lines
from verification.evidence import ItemKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.evidence import Issue, Project

KINDS = {
    "user-need": ItemKind.USER_NEED,
    "system-requirement": ItemKind.SYSTEM_REQUIREMENT,
    "requirement": ItemKind.SOFTWARE_REQUIREMENT,
    "hazard": ItemKind.HAZARD,
    "risk-control": ItemKind.RISK_CONTROL,
    "threat": ItemKind.THREAT,
    "anomaly": ItemKind.ANOMALY,
    "deviation": ItemKind.DEVIATION,
}
"""What one types for a kind of item."""

ELSEWHERE = {
    "change": "clearway change new BASE..HEAD",
    "study": "clearway study new NAME",
    "release": "clearway train RECIPE, then clearway release lock RUN",
}
"""What is recorded by a command of its own."""

EXAMPLE = """example: clearway new requirement
         the next file in requirements_spec/software/, a form that says what each field means
    then: clearway new scenario SRS-034/AC1
         a form at the end of the feature file that holds the other scenarios of SRS-034
   other: {}"""

_SCENARIOS = "then a scenario for each criterion: clearway new scenario {id}/AC1"
_DECISION = "then, once a person has decided: clearway approve {id}"
NEXT = {
    "system-requirement": _SCENARIOS,
    "requirement": _SCENARIOS,
    "anomaly": _DECISION,
    "deviation": _DECISION,
    "scenario": "what there is to say: clearway steps WORD; then: clearway verify --only {id}",
}
"""What follows once the form of a kind is written."""


def new(argv: list[str]) -> int:
    """Write the form of a new item or scenario: the next id, at its place, with what each field means.

    Exit status: 0; 2 if it cannot be written: then nothing is.

    For: engineer
    """
    if argv and argv[0] in ELSEWHERE:
        complain(f"clearway new: what makes a {argv[0]} is a command of its own: {ELSEWHERE[argv[0]]}")
        return USAGE
    arguments = _parser().parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import ProjectError

    kind = arguments.kind
    try:
        if kind == "scenario":
            identity, where = _new_scenario(project, arguments.criterion, arguments.feature)
        else:
            identity, where = _new_item(project, KINDS[kind])
    except (ValueError, OSError, ProjectError) as error:
        complain(f"clearway new {kind}: {error}")
        return USAGE
    if arguments.json:
        print(json.dumps({"id": identity, "file": where}))
    else:
        print_lines(_lines(kind, identity, where))
    return GOOD


def _parser() -> argparse.ArgumentParser:
    others = "\n         ".join(f"a {kind}: {command}" for kind, command in ELSEWHERE.items())
    parser = make_parser("new", new, EXAMPLE.format(others))
    kinds = parser.add_subparsers(dest="kind", required=True)
    for name, kind in KINDS.items():
        kinds.add_parser(name, help=f"the next {kind.value.replace('_', ' ')}")
    scenario = kinds.add_parser("scenario", help="a scenario for a criterion of a requirement")
    scenario.add_argument("criterion", metavar="SRS-034/AC1", help="the criterion that it tests")
    scenario.add_argument(
        "--feature", metavar="NAME", help="the feature file, of a new one too (default: that of the requirement)"
    )
    for each in kinds.choices.values():
        add_common(each, default=argparse.SUPPRESS)
    return parser


def _new_item(project: Project, kind: ItemKind) -> tuple[str, str]:
    """Write the form of an item; its id, and where it is."""
    from verification.specification.forms import front_of, make_form
    from verification.specification.kinds import find_place
    from verification.specification.numbering import write_next
    from verification.specification.reading import read_schema

    folder = find_place(kind)
    issues: list[Issue] = []
    schema = read_schema(project, folder.partition("/")[0], kind.value, issues)
    if schema is None:
        raise ValueError("; ".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))
    path = write_next(project, folder, front_of(schema, kind), lambda identity: make_form(schema, kind, identity))
    return path.stem, project.relative(path)


def _new_scenario(project: Project, criterion: str, feature: str | None) -> tuple[str, str]:
    """Write the form of a scenario; the criterion that it is for, and where it is."""
    from verification.sources.drafts import write_scenario

    draft = write_scenario(project, criterion, feature)
    return criterion, f"{draft.file}:{draft.line}"


def _lines(kind: str, identity: str, where: str) -> Iterator[str]:
    from verification.specification.unwritten import TO_BE_WRITTEN

    yield f"{where}: written; write what says {TO_BE_WRITTEN}, then: clearway check"
    if kind in NEXT:
        yield NEXT[kind].format(id=identity)
