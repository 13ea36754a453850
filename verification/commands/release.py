"""`clearway release check` and `clearway train report`: whether a release could be made, and how one was trained."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from verification.commands.console import GOOD, ISSUE, USAGE, complain, make_parser, open_project, print_lines


def check(argv: list[str]) -> int:
    """Hold a release against IEC 62304, 5.8, row by row, with the evidence at hand.

    For: QA
    """
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


REPORT_EXAMPLE = """example: clearway train report build/training/adult-nih --data ~/images/nih
         then open build/training/adult-nih/report.html in a browser; it needs no network and no other file
exit status: 0; 2 if the run, a file of it or the folder of images cannot be used"""


def report(argv: list[str]) -> int:
    """Show a training run as one HTML page: learning curves, scores, threshold, the images that are scored worst.

    The page is made as any other, by `clearway submission`, from evidence that is written beside it.

    For: ML engineer
    """
    arguments = _parse(argv)
    from verification.evaluation.training_run import RunError, read_run
    from verification.evidence import write_evidence
    from verification.product.api import main

    shared = os.environ.get("CLEARWAY_DATA")
    page: Path = arguments.output or arguments.run / "report.html"
    try:
        found = read_run(arguments.run, arguments.data, Path(shared) if shared else None, arguments.worst)
        made = write_evidence(page.parent, f"{page.stem}.json", found, listed=False)
    except (RunError, OSError) as error:
        complain(f"clearway train report: {error}")
        return USAGE
    return main(["submission", "training", str(made), "--output", str(page)])


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="clearway train report",
        description=(report.__doc__ or "").partition("\n")[0],
        epilog=REPORT_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, of a training that has ended or has not")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the dataset's folder (default: in CLEARWAY_DATA)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="the page to write (default: RUN/report.html)")
    parser.add_argument(
        "--worst", type=int, default=12, metavar="N", help="images of each label to show, scored worst (%(default)s)"
    )
    arguments = parser.parse_args(argv)
    if arguments.worst < 0:
        parser.error(f"--worst: found {arguments.worst}, expected 0 or more")
    return arguments
