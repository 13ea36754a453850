"""`clearway release check`: whether a release could be made, by what the repository can answer."""

from __future__ import annotations

import json

from verification.commands.console import GOOD, ISSUE, USAGE, complain, make_parser, open_project, print_lines


def check(argv: list[str]) -> int:
    """Hold a release against IEC 62304, 5.8, row by row, with the evidence at hand."""
    parser = make_parser(
        "release check",
        check,
        "example: clearway release check paediatric-reference\n"
        "exit status: 0; 1 if a row that the repository can answer has a gap; 2 wrong usage",
    )
    parser.add_argument("release", nargs="?", help="its name (default: each release that is built)")
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import read_bundle
    from verification.records.release_check import Answer, Ground, find_rows, render_rows
    from verification.specification.hints import near
    from verification.trace.trace import trace

    evidence, device = trace(project)
    chosen = [one for one in device.releases if arguments.release in (None, one.name)]
    built = [one for one in chosen if arguments.release or not one.unbuilt_reason]
    if not built:
        known = [one.name for one in device.releases]
        unknown = f"{arguments.release} does not exist; {near(arguments.release, known)}" if arguments.release else ""
        complain(f"clearway release check: {unknown or 'no release of this checkout is built'}")
        return USAGE
    status = GOOD
    for release in built:
        ground = Ground(project, release, evidence, device, read_bundle(project.evidence))
        rows = list(find_rows(ground))
        if arguments.json:
            said = [{"release": release.name} | {slot: getattr(row, slot) for slot in row.__slots__} for row in rows]
            print_lines(json.dumps(row) for row in said)
        else:
            print_lines(render_rows(ground, rows))
        status = ISSUE if any(row.answer is Answer.GAP for row in rows) else status
    return status
