"""`clearway data`: describe data sets, split them by patient. Heavy imports stay in functions."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    add_common,
    complain,
    has_blocking,
    issue_line,
    make_parser,
    open_project,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from verification.evidence import Dataset, Issue, Project, Table


def data(argv: list[str]) -> int:
    """Describe the data sets, or split one by patient.

    For: ML engineer
    """
    parser = make_parser("data", data, "example: clearway data explore")
    actions = parser.add_subparsers(dest="action", required=True)
    _add_explore(actions)
    _add_split(actions)
    _add_assemble(actions)
    for action in actions.choices.values():
        add_common(action, default=argparse.SUPPRESS)  # else it would undo what stands before the action
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    if arguments.action == "explore":
        return _explore(project, argv, arguments)
    return _assemble(project, arguments) if arguments.action == "assemble" else _split(project, arguments)


def _add_explore(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "describe every data set of the checkout (makes datasets.json), or one data set, folder or table"
    example = (
        "example: clearway data explore kermany224 --images --data ~/images\n"
        "    and: clearway data explore ~/images/nih1000_64 --images\n"
        "         a folder with a folder of images for each class, or of images under NIH's names\n"
        "    and: clearway data explore table.csv --mapping mapping.yaml\n"
        "         any table of images (default mapping: verification/datasets/nih/mapping.yaml)"
    )
    shape = argparse.RawDescriptionHelpFormatter
    explore = actions.add_parser("explore", help=said, description=said, epilog=example, formatter_class=shape)
    explore.add_argument("target", nargs="?", help="a data set, folder or CSV; makes build/exploration/<name>.json")
    explore.add_argument("--images", action="store_true", help="read the images and describe their pixels as well")
    explore.add_argument("--mapping", metavar="FILE", type=Path, help="which column of the CSV says what (YAML)")
    explore.add_argument("--positive", metavar="CLASS", help="the folder that counts as positive")
    explore.add_argument("--record", action="store_true", help="keep the pixels' description in the data set's folder")
    explore.add_argument("--data", metavar="DIR", help="the folder of images (default: CLEARWAY_DATA)")


def _explore_one(project: Project, arguments: argparse.Namespace) -> int:
    from verification.datasets.targets import Request, explore

    folder = arguments.data or os.environ.get("CLEARWAY_DATA")
    data = Path(folder) if folder else None
    options = {name: getattr(arguments, name) for name in ("target", "images", "mapping", "positive", "record")}
    found, issues = explore(project, Request(data=data, **options))
    if found is not None and arguments.json:
        print_json([found])
    elif found is not None:
        print_lines((*_dataset_lines(found), "", f"as a page: clearway submission exploration {found.name}"))
    complain(*map(issue_line, issues))
    return ISSUE if found is None or has_blocking(issues) else GOOD


def _dataset_lines(dataset: Dataset) -> Iterator[str]:
    """A data set with all of its tables, as text."""
    from verification.evidence import PixelDescription

    pixels = dataset.pixels.tables if isinstance(dataset.pixels, PixelDescription) else ()
    patients = f"of {dataset.patients} patients" if dataset.patients else "of patients who are not known"
    yield f"{dataset.name}: {dataset.images} images {patients}; {dataset.title}"
    for table in (*dataset.flow, *dataset.tables, *pixels):
        yield from ("", table.title, *_table_lines(table))


def _table_lines(table: Table) -> Iterator[str]:
    cells = [["" if cell is None else str(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(table.columns))]
    for row in cells:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _explore(project: Project, argv: list[str], arguments: argparse.Namespace) -> int:
    from verification.datasets.explore import run
    from verification.evidence import recorded_run

    if arguments.target:
        return _explore_one(project, arguments)
    if arguments.images or arguments.record or arguments.mapping or arguments.positive:
        complain("clearway data explore: name what to explore; these options are of one data set, folder or table")
        return USAGE
    with recorded_run(project.evidence, "data explore", argv[1:]):
        evidence = run(project)
    if arguments.json:
        print_json(evidence.datasets)
    for dataset in () if arguments.json else evidence.datasets:
        splits = ", ".join(f"{split.name} {split.images} ({split.patients} patients)" for split in dataset.splits)
        print(f"{dataset.name}: {dataset.images} images of {dataset.patients} patients{': ' if splits else ''}{splits}")
    if not arguments.json:
        print("as a page: clearway submission exploration")
    complain(*map(issue_line, evidence.issues))
    return ISSUE if has_blocking(evidence.issues) else GOOD


def _add_split(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "write a data set's manifest, patients disjoint between its splits, and describe it"
    example = (
        "example: clearway data split kermany224 --images ~/images/kermany224\n"
        "    and: clearway data split --images ~/images/nih --metadata Data_Entry_2017_v2020.csv.gz -o manifest.csv\n"
        "         any images that a table lists; patients fall as in every folder of the NIH collection"
    )
    shape = argparse.RawDescriptionHelpFormatter
    split = actions.add_parser("split", help=said, description=said, epilog=example, formatter_class=shape)
    split.add_argument("dataset", nargs="?", help="a folder of verification/datasets/ that holds dataset.yaml")
    split.add_argument("--images", metavar="DIR", help="the data set's images (default: CLEARWAY_DATA/<dataset>)")
    split.add_argument("--metadata", metavar="CSV", type=Path, help="the table of the images (default: the data set's)")
    split.add_argument("--mapping", metavar="FILE", type=Path, help="which column of the table says what (YAML)")
    split.add_argument(
        "--labels", metavar="SOURCE", nargs="+", choices=("mined", "rsna", "google"), default=["mined"],
        help="where a training image's label is from, the first that has one (default: mined)",
    )  # fmt: skip
    split.add_argument(
        "--evaluation-labels", metavar="SOURCE", choices=("mined", "rsna", "google"),
        help="the one source of tuning and hold-out, whose images without it are left out (default: last of --labels)",
    )  # fmt: skip
    split.add_argument("--reads", metavar="DIR", type=Path, help="the folder of the radiologists' tables")
    split.add_argument("--minimum-age", metavar="YEARS", type=float, help="leave out younger patients")
    split.add_argument(
        "--official", metavar=("TRAIN_VAL", "TEST"), type=Path, nargs=2,
        help="a publisher's lists, an image's name a line: TEST is the split benchmark; needs -o",
    )  # fmt: skip
    split.add_argument("-o", "--output", metavar="FILE", type=Path, help="the manifest (default: the data set's)")


def _split(project: Project, arguments: argparse.Namespace) -> int:
    folder, shared = arguments.images, os.environ.get("CLEARWAY_DATA")
    wrong = "no folder of images; name one with --images DIR or in CLEARWAY_DATA" if not (folder or shared) else ""
    if not arguments.dataset and not (arguments.metadata and arguments.output and folder):
        wrong = "name a data set, or --images DIR, --metadata CSV and -o FILE"
    if arguments.official and not arguments.output:
        wrong = "--official needs -o FILE: the data set's own manifest keeps the hold-out of its study"
    if wrong:
        complain(f"clearway data split: {wrong}")
        return USAGE
    images = Path(folder or str(shared))
    table = arguments.metadata or _table_of(project, arguments.dataset)
    found, issues = (
        _split_table(project, images, table, arguments) if table else _split_list(project, images, arguments)
    )
    if found is not None:
        print_json([found]) if arguments.json else print_lines(_dataset_lines(found))
    complain(*map(issue_line, issues))
    return ISSUE if found is None or has_blocking(issues) else GOOD


def _table_of(project: Project, dataset: str) -> Path | None:
    """The table of a data set that has one."""
    from verification.datasets.description import read_description
    from verification.datasets.explore import folder_of

    description, _ = read_description(folder_of(project) / dataset / "dataset.yaml")
    return folder_of(project) / dataset / description.metadata if description and description.metadata else None


def _split_list(
    project: Project, images: Path, arguments: argparse.Namespace
) -> tuple[Dataset | None, tuple[Issue, ...]]:
    from verification.datasets.explore import describe, folder_of
    from verification.datasets.split import run

    folder = folder_of(project) / arguments.dataset
    issues = run(project, images, folder)
    return (None, issues) if has_blocking(issues) else describe(project, folder)


def _split_table(
    project: Project, images: Path, table: Path, arguments: argparse.Namespace
) -> tuple[Dataset | None, tuple[Issue, ...]]:
    from verification.datasets.explore import folder_of
    from verification.datasets.split_table import Request, run

    rule_of = arguments.dataset or "nih"
    output = arguments.output or folder_of(project) / rule_of / "manifest.csv"
    inside = images / rule_of
    return run(project, Request(
        images=inside if inside.is_dir() and not arguments.images else images, metadata=table, output=output,
        mapping=arguments.mapping, labels=tuple(arguments.labels),
        evaluation=arguments.evaluation_labels, reads=arguments.reads,
        minimum_age_years=arguments.minimum_age, rule_of=rule_of,
        official=tuple(arguments.official) if arguments.official else None,
    ))  # fmt: skip


def _add_assemble(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = (
        "list the pictures of several folders for a training, with radiologists' reads, and say what tells them apart"
    )
    example = "example: clearway data assemble nih_adult --data ~/images -o build/nih_adult.csv"
    shape = argparse.RawDescriptionHelpFormatter
    assemble = actions.add_parser("assemble", help=said, description=said, epilog=example, formatter_class=shape)
    assemble.add_argument("dataset", help="a folder of verification/datasets/ whose dataset.yaml has an `assembly`")
    assemble.add_argument("--data", metavar="DIR", help="the folder of the folders (default: CLEARWAY_DATA)")
    assemble.add_argument("--record", action="store_true", help="keep what may be told of the list in the data set")
    assemble.add_argument("-o", "--output", metavar="FILE", type=Path, help="the list (default: build/DATASET.csv)")


def _assemble(project: Project, arguments: argparse.Namespace) -> int:
    import msgspec

    from verification.datasets.assemble import RECORD, assemble, describe_assembled, render
    from verification.datasets.description import read_description
    from verification.datasets.explore import describe, folder_of
    from verification.evaluation.opening import progress
    from verification.evidence import write_atomically

    folder = arguments.data or os.environ.get("CLEARWAY_DATA")
    home, build = folder_of(project) / arguments.dataset, project.root / "build"
    output = (arguments.output or build / f"{arguments.dataset}.csv").resolve()
    if not folder or (output.is_relative_to(project.root) and not output.is_relative_to(build)):
        wrong = "the list holds reads, whose terms are not verified: write it into build/ or outside of the checkout"
        complain(f"clearway data assemble: {wrong if folder else 'name the folder with --data DIR or CLEARWAY_DATA'}")
        return USAGE
    description, issues = read_description(home / "dataset.yaml")
    found, faults = assemble(description, Path(folder), progress("read")) if description else (None, ())
    if description is not None and found is not None:
        write_atomically(output, render(found.samples))
        if arguments.record:
            record = msgspec.json.format(msgspec.json.encode(describe_assembled(description, found)), indent=1)
            write_atomically(home / RECORD, record + b"\n")
        dataset, problems = describe(project, home)
        faults = (*faults, *problems)
        print_lines([f"{output}: {len(found.samples)} pictures"])
        print_lines(_dataset_lines(dataset) if dataset else ())
    complain(*map(issue_line, (*issues, *faults)))
    return ISSUE if found is None or has_blocking((*issues, *faults)) else GOOD
