"""`clearway train report`: a run of a training, read from its folder and shown as a page."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

EXAMPLE = """example: clearway train report build/training/adult-nih --data ~/images/nih
         then open build/training/adult-nih/report.html in a browser; it needs no network and no other file
exit status: 0; 2 if the run, a file of it or the folder of images cannot be used"""


def report(argv: list[str]) -> int:
    """Show a training run as one HTML page: learning curves, scores, threshold, the images that are scored worst.

    The page is made as any other, by `clearway submission`, from evidence that is written beside it.
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
        print(f"clearway train report: {error}", file=sys.stderr)
        return 2
    return main(["submission", "training", str(made), "--output", str(page)])


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="clearway train report",
        description=(report.__doc__ or "").partition("\n")[0],
        epilog=EXAMPLE,
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
