"""`clearway study`: begin a study, lock its plan, open a study's data once it is locked, read the log of their uses."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from verification.commands import custody, size
from verification.commands.console import open_project, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verification.evidence import Project


KINDS = ("validation_plan", "development", "benchmark", "custody", "comparator", "reference_standard", "pivotal")


def study(argv: Sequence[str]) -> int:
    """Begin a study, lock its plan, open its data with a locked release, print the log of their uses.

    Exit status 0; 2 if the study, the release or the images cannot be used.

    For: statistician
    """
    arguments = _parser().parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return 2
    try:
        print_lines(_act(project, arguments))
    except BrokenPipeError:  # whoever read has gone; `clearway` ends without a word
        raise
    except (ValueError, OSError) as error:
        print(f"clearway study: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nclearway study: interrupted; the same command continues the opening", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="clearway study",
        description="Begin a study, lock its plan, open its data with a locked release, print the log of their uses.",
        epilog="example: clearway study new own-validation --release adult-nih --dataset nih\n"
        "   then: clearway study lock own-validation\n"
        '   then: clearway study open paediatric-reference --reason "first opening" --data ~/images',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--project", metavar="DIR", help="the checkout (default: the one of this folder)")
    actions = parser.add_subparsers(dest="action", required=True)
    _add_new(actions)
    lock = actions.add_parser("lock", help="record the digest of the plan before anything is scored by it")
    lock.add_argument("study", help="the study's name")
    lock.add_argument("--reason", help="why it is locked, or locked again, for the log (default: what the study is)")
    opening = actions.add_parser("open", help="score the study's images with a release, and log it")
    opening.add_argument("release", help="the release; its own study is opened unless --study names another")
    opening.add_argument("--study", help="another study of this release")
    opening.add_argument("--reason", required=True, help="why the data are used, for the log")
    opening.add_argument("--data", metavar="DIR", help="the folder of the data sets' images (default: CLEARWAY_DATA)")
    again = actions.add_parser("repeat", help="score a study's images again, and log whether the device gives the same")
    again.add_argument("study", help="the study's name")
    again.add_argument("--data", metavar="DIR", help="the folder of the data sets' images (default: CLEARWAY_DATA)")
    size.add_action(actions)
    log = actions.add_parser("log", help="print every use of the study's data")
    log.add_argument("study", help="the study's name")
    told = log.add_mutually_exclusive_group()
    told.add_argument("--add", metavar="TEXT", help="append a use of the data that was made outside of this study")
    told.add_argument("--correct", metavar="TEXT", help="append what a text that is locked or logged states wrongly")
    log.add_argument("--of", metavar="NAME", default="", help="of --correct: the text of the plan, such as data")
    custody.add_actions(actions.add_parser("custody", help="a test that developers cannot see, held by a custodian"))
    return parser


def _add_new(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "write the skeleton of a new study: what is known is filled in, what a person decides says TO BE WRITTEN"
    new = actions.add_parser("new", help=said, description=said)
    new.add_argument("study", metavar="NAME", help="the new study's name, which names its folder")
    new.add_argument("--release", required=True, help="the release that it is of")
    new.add_argument("--dataset", default="", help="the data set whose images it is of; a pivotal study has none yet")
    new.add_argument("--kind", choices=KINDS, default=KINDS[0], help=f"what kind of study it is (default: {KINDS[0]})")
    new.add_argument("--registration", type=Path, metavar="FILE", help="a custodian's custody.json, for --kind custody")
    new.add_argument("--input", metavar="NAME=FILE", action="append", default=[], help="an outside table, below --data")
    new.add_argument("--data", type=Path, metavar="DIR", help="the folder of outside tables (default: CLEARWAY_DATA)")


def _new(project: Project, arguments: argparse.Namespace) -> str:
    from verification.protocol.forms.skeleton import Wanted, write_skeleton

    shared = os.environ.get("CLEARWAY_DATA")
    if unnamed := [text for text in arguments.input if "=" not in text]:
        raise ValueError(f"--input {unnamed[0]}: expected NAME=FILE, such as rsna=nih/rsna2018_to_nih.csv.gz")
    wanted = Wanted(
        name=arguments.study, release=arguments.release, dataset=arguments.dataset, kind=arguments.kind,
        registration=arguments.registration, inputs=dict(text.split("=", 1) for text in arguments.input),
        data=arguments.data or (Path(shared) if shared else None),
    )  # fmt: skip
    folder = project.relative(write_skeleton(project, wanted))
    size = f"clearway study size {arguments.study}; " if arguments.kind == "pivotal" else ""
    return f"{folder}: written; write what says TO BE WRITTEN, then: {size}clearway study lock {arguments.study}"


def _act(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    from verification.evaluation import opening

    if arguments.action == "new":
        yield _new(project, arguments)
    elif arguments.action == "custody":
        yield custody.act(project, arguments)
    elif arguments.action == "size":
        yield from size.act(project, arguments)
    elif arguments.action == "repeat":
        from verification.evaluation.repeating import repeat

        folder = arguments.data or os.environ.get("CLEARWAY_DATA")
        yield repeat(project, arguments.study, Path(folder) if folder else None)
    elif arguments.action == "lock":
        yield opening.lock_plan(project, arguments.study, arguments.reason)
    elif arguments.action == "log" and arguments.add:
        yield opening.note(project, arguments.study, "other_use", arguments.add)
    elif arguments.action == "log" and arguments.correct:
        yield opening.note(project, arguments.study, "correction", arguments.correct, arguments.of)
    elif arguments.action == "log":
        yield from opening.describe_log(project, arguments.study)
    else:
        folder = arguments.data or os.environ.get("CLEARWAY_DATA")
        name = opening.find_study(project, arguments.release, arguments.study)
        yield opening.open_study(project, name, arguments.reason, Path(folder) if folder else None)
