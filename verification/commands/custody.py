"""`clearway study custody`: a test that developers cannot see, registered, scored and taken in."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verification.evidence import Project


def add_actions(parser: argparse.ArgumentParser) -> None:
    """Add `register`, `score` and `import`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "example, the custodian:  clearway study custody register LIST.csv --images DIR --salt SALT -o custody.json "
        '--what "…" --reference-standard "…"\n'
        "         once locked:    clearway study custody score STUDY --images DIR --list LIST.csv --salt SALT -o DIR\n"
        "         the sponsor:    clearway study custody import STUDY DIR --sha256 DIGEST"
    )
    actions = parser.add_subparsers(dest="step", required=True)
    register = actions.add_parser("register", help="the custodian: commit to a list of images and labels, sealed")
    register.add_argument("list", type=Path, help="a CSV table: image, label (1 or 0), and what is known of each")
    register.add_argument("--images", type=Path, required=True, metavar="DIR", help="the images, DICOM, PNG or JPEG")
    register.add_argument("--salt", type=Path, required=True, metavar="FILE", help="the salt; made if it is not there")
    register.add_argument("--what", required=True, metavar="TEXT", help="what the images are")
    register.add_argument("--reference-standard", required=True, metavar="TEXT", help="what the labels are")
    register.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the registration")
    score = actions.add_parser("score", help="the custodian: score the sealed images with a locked release, once")
    score.add_argument("study", help="the study's name")
    score.add_argument("--images", type=Path, required=True, metavar="DIR", help="the images, DICOM, PNG or JPEG")
    score.add_argument("--list", type=Path, required=True, metavar="FILE", help="the list as it was registered")
    score.add_argument("--salt", type=Path, required=True, metavar="FILE", help="the file of its salt")
    score.add_argument("--data", metavar="DIR", help="the folder of tables that the plan sets beside (CLEARWAY_DATA)")
    score.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder of the result, new")
    score.add_argument(
        "--key", type=Path, metavar="FILE", help="your key and certificate (PKCS#12), to sign the result"
    )
    listing = actions.add_parser("list", help="for an open test: list a folder's images that radiologists read")
    listing.add_argument("images", type=Path, help="the folder of images under their names in the collection")
    listing.add_argument("--dataset", default="nih", help="whose table lists them (default: nih)")
    listing.add_argument("--reads", type=Path, required=True, metavar="DIR", help="the folder of the tables of reads")
    listing.add_argument("--minimum-age", type=float, default=0, metavar="YEARS", help="leave out younger patients")
    listing.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the list")
    beside = actions.add_parser("beside", help="simple measures and another release, as scores to be set beside")
    beside.add_argument("list", type=Path, help="the list of images")
    beside.add_argument("--dataset", default="nih", help="whose table knows them (default: nih)")
    beside.add_argument("--images", type=Path, required=True, metavar="DIR", help="the images, PNG or JPEG")
    beside.add_argument("--manifest", type=Path, required=True, metavar="FILE", help="what the measures are fitted on")
    beside.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of the manifest's images")
    beside.add_argument("--release", required=True, metavar="NAME", help="another release, made for others or not")
    beside.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the table")
    taking = actions.add_parser("import", help="the sponsor: take a custodian's result into the study, once")
    taking.add_argument("study", help="the study's name")
    taking.add_argument("result", type=Path, help="the folder that the custodian gave")
    taking.add_argument("--sha256", metavar="DIGEST", help="the digest that the custodian told by another way")


def act(project: Project, arguments: argparse.Namespace) -> str:
    """Do a step; returns what was done, for a person to read.

    Raises:
        ValueError: it cannot be done.
    """
    from verification.evaluation import custody, holding, listing, taking_in

    if arguments.step == "register":
        return holding.register(
            arguments.list,
            arguments.images,
            arguments.salt,
            arguments.output,
            arguments.what,
            arguments.reference_standard,
        )
    if arguments.step == "list":
        return listing.list_reads(
            project,
            arguments.dataset,
            arguments.images,
            arguments.reads,
            arguments.minimum_age,
            arguments.output,
        )
    if arguments.step == "beside":
        training = arguments.manifest, arguments.data
        return listing.score_beside(
            project,
            arguments.dataset,
            arguments.list,
            arguments.images,
            training,
            arguments.release,
            arguments.output,
        )
    if arguments.step == "import":
        return taking_in.take_in(project, arguments.study, arguments.result, arguments.sha256)
    data = arguments.data or os.environ.get("CLEARWAY_DATA")
    given = holding.Given(arguments.images, arguments.list, arguments.salt, Path(data) if data else None, arguments.key)
    return custody.score(project, arguments.study, given, arguments.output)
