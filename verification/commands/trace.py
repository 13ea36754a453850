"""`clearway trace` and `clearway status`: arguments in, a call to what does the work, lines out."""

from __future__ import annotations

import argparse
import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    INTERRUPTED,
    ISSUE,
    USAGE,
    complain,
    has_blocking,
    issue_line,
    make_parser,
    open_project,
    plain,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from verification.evidence import EvidenceBundle, Issue, Item, Project, TraceEvidence, VerificationEvidence
    from verification.trace.status import Step


def trace(argv: list[str]) -> int:
    """Show an item up to its user need and hazard and down to code and scenarios, or everything at a glance.

    For: engineer
    """
    parser = make_parser(
        "trace",
        trace,
        "example: clearway trace SRS-003\n         its parents, code, scenarios, outcomes, sections\n"
        "     and: clearway trace device/gate.py\n         what a change of this file touches\n"
        "   other: clearway trace impact|diff|prove|export|import --help",
    )
    parser.add_argument(
        "id", nargs="?", help="an item's id, or a file (default: the dashboard; makes trace.json and device.json)"
    )
    parser.add_argument("--check", action="store_true", help="print every issue; exit 1 if one is blocking")
    parser.add_argument(
        "--deep",
        action="store_true",
        help="with --check: make all evidence again in a fresh clone, and compare; minutes",
    )
    parser.add_argument("--release", help="whose studies decide what is shown (default: that of the documents)")
    parser.add_argument("--ids", action="store_true", help="print the ids of items alone, for a shell to complete")
    arguments = parser.parse_args(argv)
    if arguments.ids:
        return _print_ids(arguments)
    if arguments.release and (arguments.id or arguments.deep):
        parser.error("--release: give it without an id and without --deep, which are of the release of the documents")
    if arguments.deep and (arguments.id or not arguments.check):
        parser.error("--deep: give it with --check and without an id; it is of all evidence")
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import read_bundle, recorded_run
    from verification.trace.trace import ask
    from verification.trace.trace import trace as run

    if arguments.id:
        from verification.trace.ran import read_partial

        return _trace_item(ask(project)[0], read_bundle(project.evidence), read_partial(project), arguments)
    try:
        with recorded_run(project.evidence, "trace", argv):
            evidence, _ = run(project, judge=arguments.check, release=arguments.release or "")
    except ValueError as error:
        complain(f"clearway trace: --{error}")
        return USAGE
    told = _trace_all(evidence, arguments)
    return max(told, _compare_again(project)) if arguments.deep else told


def _compare_again(project: Project) -> int:
    """Say of each part of the evidence whether it is what its command makes."""
    from verification.trace.again import compare_again

    found: list[Issue] = []
    try:
        for again in compare_again(project):
            found += again.issues
            said = "as it is made again" if again.written else "is not here; nothing was compared"
            said = "NOT AS IT IS MADE AGAIN" if again.issues else said
            print_lines([f"{again.name:24} {said} ({again.seconds:.0f} s)", *map(issue_line, again.issues)])
    except ValueError as error:
        complain(f"clearway trace --check --deep: {error}")
        return USAGE
    except KeyboardInterrupt:
        complain("clearway trace --check --deep: interrupted; nothing was changed")
        return INTERRUPTED
    return ISSUE if found else GOOD


def _print_ids(arguments: argparse.Namespace) -> int:
    from verification.specification.ids import find_ids, find_root

    root = find_root(Path(arguments.project).resolve() if arguments.project else Path.cwd())
    if root is None:
        open_project(arguments)  # says what is wrong
        return USAGE
    print_lines(find_ids(root))
    return GOOD


def status(argv: list[str]) -> int:
    """Say what blocks now and all that is left, by role and in an order; the list is that of the Gap Register.

    For: everyone
    """
    arguments = make_parser("status", status, "example: clearway status").parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import read_bundle
    from verification.trace.status import find_steps, render_steps
    from verification.trace.trace import ask

    evidence, device = ask(project)
    documented = bool(project.product.release)
    steps = [step for step in find_steps(evidence, device, read_bundle(project.evidence)) if _is_own(step, documented)]
    if arguments.json:
        print_lines(json.dumps({slot: getattr(step, slot) for slot in step.__slots__}) for step in steps)
    else:
        print_lines(render_steps(steps, every_role=not documented))
    return _list_left(project, as_json=arguments.json) if documented else GOOD


def _is_own(step: Step, documented: bool) -> bool:
    """Whether the list of the documents' room does not hold it: what blocks, and all of a product without documents."""
    return step.blocking or not documented


def _list_left(project: Project, *, as_json: bool) -> int:
    """Have the room of the documents list what is left: it is known by its command alone."""
    (submission,) = entry_points(group="clearway.commands", name="submission")
    status: int = submission.load()(["left", "--project", str(project.root), *(["--json"] if as_json else [])])
    return status


def _trace_item(
    evidence: TraceEvidence,
    bundle: EvidenceBundle,
    partial: VerificationEvidence | None,
    arguments: argparse.Namespace,
) -> int:
    from verification.evidence import Gap
    from verification.trace.show import neighbours, render_item

    around = neighbours(evidence)
    item = around.items.get(arguments.id.partition("/AC")[0])
    inside = [each for each in evidence.items if each.file == arguments.id.removeprefix("./")]
    if len(inside) > 1:
        return _trace_file(evidence, bundle, inside, arguments.json)
    item = inside[0] if inside else item
    if item is None:
        complain(f"clearway trace: {arguments.id} {_why_unknown(arguments.id, around.items)}")
        return USAGE
    blocking = [issue for issue in evidence.issues if issue.severity == "blocking"]
    if arguments.json:
        sections = [*around.sections.get(item.id, []), *around.sections.get(item.kind, [])]
        links = {"above": around.above.get(item.id, []), "below": around.below.get(item.id, []), "sections": sections}
        print(json.dumps({"item": plain(item)} | links))
    else:
        verification = None if isinstance(bundle.verification, Gap) else bundle.verification
        studies = None if isinstance(bundle.studies, Gap) else bundle.studies
        print_lines(render_item(evidence, item.id, verification, studies, partial))
    if arguments.check:
        complain(*map(issue_line, blocking))
    return ISSUE if arguments.check and blocking else GOOD


def _why_unknown(name: str, items: Collection[str]) -> str:
    """Why an id is no item of the trace, and what to ask for."""
    from verification.specification.hints import near

    if name.startswith("GAP-"):
        return "is a gap, which is no item of the trace; the Gap Register, CW-DOC-014, lists them"
    if name.startswith("CW-DOC-") and "/" not in name:
        sections = [each for each in items if each.startswith(f"{name}/")]
        return f"is a document; its sections that items lead to: {', '.join(sections) or 'none'}"
    return f"does not exist; {near(name, items)}"


def _trace_file(evidence: TraceEvidence, bundle: EvidenceBundle, inside: list[Item], as_json: bool) -> int:
    from verification.evidence import Gap
    from verification.trace.show import render_file

    verification = None if isinstance(bundle.verification, Gap) else bundle.verification
    print_json(inside) if as_json else print_lines(render_file(evidence, inside[0].file, verification))
    return GOOD


def _trace_all(evidence: TraceEvidence, arguments: argparse.Namespace) -> int:
    from verification.trace.show import render_dashboard

    if arguments.json:
        print_json(evidence.issues if arguments.check else evidence.items)
    else:
        print_lines(map(issue_line, evidence.issues) if arguments.check else ())
        print_lines(render_dashboard(evidence))
    return ISSUE if arguments.check and has_blocking(evidence.issues) else GOOD
