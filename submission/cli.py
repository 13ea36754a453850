"""`clearway submission`: build the documents, audit a built folder, show the data and the trace in other forms."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission.exchange import cli as exchange_cli

if TYPE_CHECKING:
    from verification.evidence import Project

BUILD_EXAMPLE = "example: clearway submission build --release paediatric-reference"
PAGE_EXAMPLE = "example: clearway submission exploration nih --output nih.html"
TRACE_EXAMPLE = """example: clearway submission trace --output trace.html
         then open trace.html in a browser; it needs no network and no other file"""
MATRIX_EXAMPLE = """example: clearway submission matrix matrix.xlsx
     and: clearway submission matrix code.csv --direction backward"""
LEFT_EXAMPLE = "example: clearway submission left\n   then: edit submission/sponsor.yaml, and ask again"
CHECK_EXAMPLE = "example: clearway submission check"
AUDIT_EXAMPLE = "example: clearway submission audit build/submission"
FIGURE_EXAMPLE = "example: clearway submission figure 0.933 --document CW-DOC-003"
ATTACK_EXAMPLE = "example: clearway submission attack build/submission --times 260 --seed 7"
NAMED = "default: the one that pyproject.toml names"


def submission(argv: list[str]) -> int:
    """Build the documents of a release from the evidence, audit a built folder, show the data or the trace as a page.

    Exit status: 0; 1 the build is blocked or failed, or the audit found something; 2 usage; 130 interrupted.

    For: regulatory affairs
    """
    arguments = _parser().parse_args(argv)
    commands = {
        "build": _build, "check": _check, "left": _left, "audit": _audit, "attack": _attack, "figure": _figure,
        "exploration": _exploration, "training": _training, "trace": _trace, "matrix": _matrix,
        **exchange_cli.COMMANDS,
    }  # fmt: skip
    return commands[arguments.command](arguments)


def _parser() -> argparse.ArgumentParser:
    said = (submission.__doc__ or "").partition("For:")[0]
    parser = argparse.ArgumentParser(prog="clearway submission", description=said, epilog=BUILD_EXAMPLE)
    own = ("build", "check", "left", "audit", "attack", "figure", "exploration", "training", "trace", "matrix")
    names = "|".join((*own, *exchange_cli.COMMANDS))
    commands = parser.add_subparsers(dest="command", required=True, metavar=names)
    _add_package(commands)
    _add_pages(commands)
    exchange_cli.add_commands(commands)
    return parser


def _add_package(commands: Any) -> None:
    """What makes a package, checks it, and leads behind its figures."""
    _add_build(commands)
    _add_judging(commands)


def _add_build(commands: Any) -> None:
    said = "render every document from the evidence, which it does not make; some minutes"
    build = commands.add_parser("build", help=said, description=said, epilog=BUILD_EXAMPLE)
    build.add_argument("--release", help=f"the release to document ({NAMED})")
    build.add_argument(
        "--output", type=Path, metavar="DIR", help="the folder to build into (build/submission of the checkout)"
    )
    build.add_argument("--project", type=Path, metavar="DIR", help="the checkout (default: found from here upward)")
    build.add_argument("--volume", action="store_true", help="set the reading copy in one volume too; twice the time")
    build.add_argument(
        "--only", nargs="+", metavar="DOC", help="set these documents alone, to look at, into build/preview; no package"
    )
    build.add_argument(
        "--blocked", action="store_true", help="set the documents of a blocked package too, each page marked; exit 1"
    )
    build.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def _add_judging(commands: Any) -> None:
    """What judges a package or its texts."""
    said = "check the texts of the documents before they are set, from the evidence that there is; some seconds"
    check = commands.add_parser("check", help=said, description=said, epilog=CHECK_EXAMPLE)
    check.add_argument("--release", help=f"the release to document ({NAMED})")
    check.add_argument("--project", type=Path, metavar="DIR", help="the checkout (default: found from here upward)")
    check.add_argument("--json", action="store_true", help="print one JSON object an issue")
    said = "list what is left to do as the Gap Register does, by role, from the evidence that there is; some seconds"
    shape = argparse.RawDescriptionHelpFormatter
    left = commands.add_parser("left", help=said, description=said, epilog=LEFT_EXAMPLE, formatter_class=shape)
    left.add_argument("--release", help=f"the release to document ({NAMED})")
    left.add_argument("--project", type=Path, metavar="DIR", help="the checkout (default: found from here upward)")
    left.add_argument("--json", action="store_true", help="print one JSON object a gap")
    said = "check a built folder; needs nothing but it"
    audit = commands.add_parser("audit", help=said, description=said, epilog=AUDIT_EXAMPLE)
    audit.add_argument("folder", type=Path, metavar="DIR", help="a folder that `build` made")
    audit.add_argument(
        "--manifest", metavar="SHA256", help="the digest of the manifest as you were told it, by another way"
    )
    audit.add_argument("--signer", type=Path, metavar="CERT", help="the certificate that signed it (PEM or DER)")
    audit.add_argument(
        "--rebuild", type=Path, metavar="CHECKOUT",
        help="a checkout of its commit, with evidence made there: build the package again and compare every byte",
    )  # fmt: skip
    audit.add_argument("--json", action="store_true", help="print one JSON object a finding")
    said = "corrupt copies of a built folder, one fault at a time, and count what the audit finds"
    attack = commands.add_parser("attack", help=said, description=said, epilog=ATTACK_EXAMPLE)
    attack.add_argument("folder", type=Path, metavar="DIR", help="a folder that `build` made; it is not changed")
    attack.add_argument("--times", type=int, default=130, help="how many attacks, the kinds in turn (%(default)s)")
    attack.add_argument("--seed", type=int, default=1, help="the same seed, the same attacks (%(default)s)")
    attack.add_argument("--done", type=int, default=0, help="so many were tried before and are left out (%(default)s)")
    attack.add_argument("--json", action="store_true", help="print one JSON object an attack")
    said = "say what is behind a figure of a document: its place in the evidence, its record, the images it counts"
    figure = commands.add_parser("figure", help=said, description=said, epilog=FIGURE_EXAMPLE)
    figure.add_argument("text", metavar="FIGURE", help="as the page prints it")
    figure.add_argument("--document", required=True, metavar="CW-DOC-…", help="the document; 3 is short for CW-DOC-003")
    figure.add_argument(
        "--folder", type=Path, default=Path("build/submission"), metavar="DIR", help="a built folder (%(default)s)"
    )


def _add_pages(commands: Any) -> None:
    """What shows the evidence in other forms: data and trace as pages, the matrix as a table."""
    said = "write the exploration of the data as one HTML page that needs nothing else"
    page = commands.add_parser("exploration", help=said, description=said, epilog=PAGE_EXAMPLE)
    page.add_argument(
        "data", nargs="?", metavar="DATASET|FILE", help="a data set, or a file of `clearway data explore` (all of them)"
    )
    page.add_argument("--output", type=Path, metavar="FILE", help="the page to write (build/exploration.html)")
    page.add_argument("--project", type=Path, metavar="DIR", help="the checkout (default: found from here upward)")
    said = "write the page of a training run from the evidence of `clearway train report`, which calls this"
    training = commands.add_parser("training", help=said, description=said)
    training.add_argument("file", type=Path, metavar="FILE", help="what `clearway train report` wrote: RUN/report.json")
    training.add_argument("--output", type=Path, metavar="FILE", help="the page to write (beside it, .html)")
    said = "write the trace as one HTML page to search and browse; it needs nothing else"
    shape = argparse.RawDescriptionHelpFormatter
    trace = commands.add_parser("trace", help=said, description=said, epilog=TRACE_EXAMPLE, formatter_class=shape)
    trace.add_argument("--release", help=f"the release whose status it states ({NAMED})")
    trace.add_argument("--output", type=Path, metavar="FILE", help="the page to write (build/trace.html)")
    trace.add_argument("--project", type=Path, metavar="DIR", help="the checkout (default: found from here upward)")
    said = "write the traceability matrix as a workbook (.xlsx), .csv or .json"
    matrix = commands.add_parser("matrix", help=said, description=said, epilog=MATRIX_EXAMPLE, formatter_class=shape)
    matrix.add_argument("file", type=Path, metavar="FILE", help="the file to write; its ending says the format")
    matrix.add_argument(
        "--direction", choices=("forward", "needs", "backward"), default="forward",
        help="of a .csv, which holds one: from requirement to evidence, from user need to criterion, or from code to "
        "need (%(default)s)",
    )  # fmt: skip
    matrix.add_argument("--release", help=f"the release whose status it states ({NAMED})")
    matrix.add_argument("--project", type=Path, metavar="DIR", help="the checkout (default: found from here upward)")


def _open(arguments: argparse.Namespace) -> Project | None:
    """The checkout, or None after saying, as every command does, that there is none or none that can be described."""
    from verification.evidence import ProjectError, find_project

    try:
        project = find_project(arguments.project)
        project.commit()
        _ = project.product
    except ProjectError as error:
        print(f"clearway: {error}", file=sys.stderr)
        return None
    return project


def _build(arguments: argparse.Namespace) -> int:
    from submission.content.catalogue import CatalogueError
    from submission.package.build import BlockedError, BuildError, build
    from submission.package.progress import Progress
    from submission.package.summary import blocked, lines, summary
    from submission.package.unchanged import Made
    from submission.setting.render import RenderError
    from verification.evidence import ProjectError, paint

    started = time.monotonic()
    project = _open(arguments)
    if project is None:
        return 2
    try:
        release = arguments.release or project.product.release
        if arguments.only:
            return _preview(arguments, project, release)
        target = (arguments.output or project.submission).resolve()
        made = Made(project, release, target, volume=arguments.volume)
        told = made.told()
        if told is None or (told["blocking"] and not arguments.blocked):
            asked = {"volume": arguments.volume, "blocked": arguments.blocked}
            built = build(project, release, target, told=Progress(), **asked)
            told = summary(built)
            made.keep(told, built.manifest)
    except BlockedError as error:
        told = blocked(error.package)
    except (BuildError, CatalogueError, ProjectError, RenderError) as error:
        print(f"clearway submission build: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"clearway submission build: interrupted; {KEPT}", file=sys.stderr)
        return 130
    seconds = time.monotonic() - started
    if arguments.json:
        print(json.dumps(told | {"seconds": round(seconds, 1)}))
    else:
        print("\n".join(paint(line, sys.stdout) for line in lines(told, seconds)))
    return 1 if told["blocking"] else 0


KEPT = "the folder is as it was; what was set is kept, and a build goes on from there"


def _preview(arguments: argparse.Namespace, project: Project, release: str) -> int:
    from submission.package.build import preview
    from submission.package.folder import in_full
    from submission.package.progress import Progress

    folder = (arguments.output or project.root / "build" / "preview").resolve()
    numbers = [in_full(number) for number in arguments.only]
    paths = preview(project, release, numbers, folder, blocked=arguments.blocked, told=Progress())
    if arguments.json:
        print(json.dumps({"package": None, "files": [str(path) for path in paths], "blocking": []}))
    else:
        print("\n".join(map(str, paths)))
        print("no package: no other document, no manifest, no ledger; pages of other documents are dashes")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from submission.package.texts import find_text_issues
    from verification.evidence import issue_line, paint

    project = _open(arguments)
    if project is None:
        return 2
    found = list(find_text_issues(project, arguments.release or project.product.release))
    for issue in found:
        told = {slot: getattr(issue, slot) for slot in issue.__struct_fields__}
        print(json.dumps(told) if arguments.json else paint(issue_line(issue), sys.stdout))
    return 1 if found else 0


def _left(arguments: argparse.Namespace) -> int:
    from submission.content.catalogue import CatalogueError
    from submission.package.left import find_left, left_json, left_lines
    from submission.setting.render import RenderError

    project = _open(arguments)
    if project is None:
        return 2
    try:
        rows = find_left(project, arguments.release or project.product.release)
    except (CatalogueError, RenderError) as error:
        print(f"clearway submission left: {error}", file=sys.stderr)
        return 1
    print("\n".join(json.dumps(left_json(row)) for row in rows) if arguments.json else "\n".join(left_lines(rows)))
    return 0


def _audit(arguments: argparse.Namespace) -> int:
    from submission.audit import TrustError, audit

    if not arguments.folder.is_dir():
        message = f"{arguments.folder}: no such folder; name one that `clearway submission build` made"
        print(f"clearway submission audit: {message}", file=sys.stderr)
        return 2
    try:
        report = audit(arguments.folder, arguments.manifest, arguments.signer, arguments.rebuild)
    except TrustError as error:
        print(f"clearway submission audit: {error}", file=sys.stderr)
        return 2
    for finding in report.findings:
        print(
            json.dumps(finding._asdict()) if arguments.json else f"{finding.where}: {finding.message} [{finding.code}]"
        )
    for notice in report.notices:
        print(f"notice: {notice}", file=sys.stderr)
    if not arguments.json:
        print(report.line())
    return 1 if report.findings else 0


def _attack(arguments: argparse.Namespace) -> int:
    from submission.audit import audit
    from submission.audit.attacks import attack, tabulate

    if arguments.times < 1 or not 0 <= arguments.done < arguments.times:
        told = f"--times {arguments.times}: expected at least 1, and fewer done ({arguments.done})"
        print(f"clearway submission attack: {told}", file=sys.stderr)
        return 2
    if not arguments.folder.is_dir() or audit(arguments.folder).findings:
        message = f"{arguments.folder}: no package in which the audit finds nothing; build one, then attack it"
        print(f"clearway submission attack: {message}", file=sys.stderr)
        return 2
    tried, stopped = [], False
    try:
        for one in attack(arguments.folder, arguments.times, arguments.seed, arguments.done):
            tried.append(one)
            if arguments.json:
                print(json.dumps(asdict(one)), flush=True)
            elif sys.stderr.isatty():
                print(f"\r\033[K[{one.number + 1}/{arguments.times}] {one.kind}", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:  # what there is counts all the same
        stopped = True
    if not arguments.json:
        print("\n".join(tabulate(tried)))
    if stopped:
        done = tried[-1].number + 1 if tried else arguments.done
        print(f"clearway submission attack: stopped; --done {done} goes on from here", file=sys.stderr)
        return 130
    return 0 if tried and all(one.found for one in tried) else 1


def _figure(arguments: argparse.Namespace) -> int:
    from submission.package.behind import UnknownFigureError, find_behind

    try:
        for line in find_behind(arguments.folder, arguments.text, arguments.document):
            print(line)
    except UnknownFigureError as error:
        print(f"clearway submission figure: {error}", file=sys.stderr)
        return 2
    return 0


def _exploration(arguments: argparse.Namespace) -> int:
    from submission.package.exploration import ExplorationError, find_datasets, render_page
    from verification.evidence import ProjectError, find_project, write_atomically

    try:
        project = find_project(arguments.project)
    except ProjectError as error:  # a file that is named needs none
        if not (arguments.data and Path(arguments.data).is_file()):
            print(f"clearway: {error}", file=sys.stderr)
            return 2
        project = None
    root = project.root if project else Path()
    output = arguments.output or root / "build" / "exploration.html"
    try:
        write_atomically(output, render_page(find_datasets(arguments.data, project)).encode())
    except (ExplorationError, OSError) as error:
        print(f"clearway submission exploration: {error}", file=sys.stderr)
        return 2
    print(output)
    return 0


def _training(arguments: argparse.Namespace) -> int:
    from submission.package.training import TrainingPageError, render_training
    from verification.evidence import write_atomically

    output = arguments.output or arguments.file.with_suffix(".html")
    try:
        write_atomically(output, render_training(arguments.file).encode())
    except (TrainingPageError, OSError) as error:
        print(f"clearway submission training: {error}", file=sys.stderr)
        return 2
    print(output)
    return 0


def _trace(arguments: argparse.Namespace) -> int:
    from submission.browser import BrowserError, render_browser
    from verification.evidence import ProjectError, write_atomically

    project = _open(arguments)
    if project is None:
        return 2
    try:
        output = arguments.output or project.root / "build" / "trace.html"
        write_atomically(output, render_browser(project, arguments.release or project.product.release).encode())
    except (BrowserError, ProjectError, OSError) as error:
        print(f"clearway submission trace: {error}", file=sys.stderr)
        return 2
    print(output)
    return 0


def _matrix(arguments: argparse.Namespace) -> int:
    from submission.context.head import read_head
    from submission.package.matrix_file import MatrixError, render_matrix
    from verification.evidence import ProjectError, write_atomically

    project = _open(arguments)
    if project is None:
        return 2
    try:
        head = read_head(project, arguments.release or project.product.release)
        write_atomically(arguments.file, render_matrix(head, arguments.file.name, arguments.direction))
    except (MatrixError, ProjectError, OSError) as error:
        print(f"clearway submission matrix: {error}", file=sys.stderr)
        return 2
    print(arguments.file)
    return 0
