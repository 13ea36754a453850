"""What is sent to FDA and answered there. Handlers of `submission`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from submission.exchange.filing.folders import Export

PACKAGE = Path("build/submission")
ESTAR_EXAMPLE = "example: clearway submission estar build/estar"
PRESUB_EXAMPLE = "example: clearway submission presub build/presub"
RESPOND_EXAMPLE = """example: clearway submission respond letter.yaml --filed build/submission-filed
     or: clearway submission respond letter.yaml --filed K000000
The file holds the letter and its answers:
  letter: Request for additional information
  date: "2001-02-03"
  submission: K000000
  questions:
    - number: "1"
      asks: The question, in the words of the letter.
      answer: The answer; left out where there is none yet.
      cites: [CW-DOC-011/criteria, CW-DOC-006]"""
FILED_EXAMPLE = """example: clearway submission filed build/submission --by "Ada Example"
     and, once it is assigned: clearway submission filed build/submission --by "Ada Example" --number K000000
     without a folder: show what was filed
It records what was sent, and files nothing. Nothing in it is a signature. Commit the record."""


def add_commands(commands: Any) -> None:
    """Add the commands of this module to those of `clearway submission`."""
    said = "lay a built package out for FDA's electronic form: a folder a section, with texts to paste and attachments"
    estar = commands.add_parser("estar", help=said, description=said, epilog=ESTAR_EXAMPLE)
    estar.add_argument("folder", type=Path, metavar="DIR", help="the folder to write; an earlier one is replaced")
    _add_package(estar)
    said = "write a pre-submission: cover letter, device description, plan and questions to FDA, as PDF and Word"
    presub = commands.add_parser("presub", help=said, description=said, epilog=PRESUB_EXAMPLE)
    presub.add_argument("folder", type=Path, metavar="DIR", help="the folder to write; an earlier one is replaced")
    _add_package(presub)
    _add_respond(commands)
    _add_filed(commands)


def _add_respond(commands: Any) -> None:
    shape = argparse.RawDescriptionHelpFormatter
    said = "answer a letter that asks for more: question, answer, cited pages, what changed since filing, as one PDF"
    respond = commands.add_parser("respond", help=said, description=said, epilog=RESPOND_EXAMPLE, formatter_class=shape)
    respond.add_argument("letter", type=Path, metavar="LETTER.yaml", help="the letter with its answers, see below")
    respond.add_argument("--filed", metavar="DIR|NUMBER", help="what was filed: its folder, or a name of the record")
    respond.add_argument(
        "--output", type=Path, metavar="FILE", default=Path("build/response.pdf"), help="the PDF (%(default)s)"
    )
    _add_package(respond)


def _add_filed(commands: Any) -> None:
    shape = argparse.RawDescriptionHelpFormatter
    said = "record what was sent: a line for a package, with the digest of each file; never changed, only added to"
    filed = commands.add_parser("filed", help=said, description=said, epilog=FILED_EXAMPLE, formatter_class=shape)
    filed.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="the folder of the package that was sent")
    filed.add_argument("--by", metavar="NAME", help="who says so; never taken from git or the system")
    filed.add_argument("--number", metavar="K…", help="the 510(k) number, once FDA has assigned it")
    filed.add_argument("--sent", metavar="DAY", help="the day of sending, such as 2001-02-03")
    filed.add_argument("--project", type=Path, metavar="DIR", help="the checkout (default: found from here upward)")


def _add_package(command: Any) -> None:
    command.add_argument("--package", type=Path, metavar="DIR", default=PACKAGE, help="the package (%(default)s)")


def estar(arguments: argparse.Namespace) -> int:
    """Lay a package out for the form. Exit status: 0, what is missing named; 1 it cannot be; 2 usage."""
    from submission.exchange.filing.estar import make_estar

    return _export(arguments, "estar", make_estar)


def presub(arguments: argparse.Namespace) -> int:
    """Write a pre-submission. Exit status: 0, what is missing named; 1 it cannot be; 2 usage."""
    from submission.exchange.filing.presub import make_presub

    return _export(arguments, "presub", make_presub)


def _export(arguments: argparse.Namespace, command: str, make: Any) -> int:
    from submission.exchange.filing.folders import ExportError, write_export
    from submission.exchange.filing.form import FormError
    from submission.package.folder import FolderError, open_package

    try:
        package = open_package(arguments.package)
        export = make(package)
        write_export(export, package, arguments.folder)
    except FolderError as error:
        print(f"clearway submission {command}: {error}", file=sys.stderr)
        return 2
    except (ExportError, FormError) as error:
        print(f"clearway submission {command}: {error}", file=sys.stderr)
        return 1
    _tell(export, arguments.folder)
    return 0


def _tell(export: Export, folder: Path) -> None:
    """What is missing, how much is there, and where to begin."""
    missing = export.of_kind("missing")
    for one in missing:
        print(f"missing: {one.id or 'section'} {one.text}: {one.note}")
    kinds = ("paste", "attach", "not applicable")
    counts = ", ".join(f"{len(export.of_kind(kind))} {kind}" for kind in kinds)
    print(f"{folder}/index.html: {counts}, {len(missing)} missing")


def respond(arguments: argparse.Namespace) -> int:
    """Answer a letter. Exit status: 0 each question is; 1 not so, or the package is blocked; 2 usage."""
    from submission.exchange.filing.filed import FiledError, open_named
    from submission.exchange.filing.folders import ExportError
    from submission.exchange.filing.letter import LetterError, read_letter
    from submission.exchange.filing.response import print_response
    from submission.exchange.filing.response import respond as answer
    from submission.package.folder import FolderError, open_package
    from submission.setting.render import RenderError
    from verification.evidence import write_atomically

    try:
        filed = open_named(arguments.filed) if arguments.filed else None
        response = answer(arguments.letter, read_letter(arguments.letter), open_package(arguments.package), filed)
        write_atomically(arguments.output, print_response(response))
    except (FiledError, FolderError, LetterError, RenderError, OSError) as error:
        print(f"clearway submission respond: {error}", file=sys.stderr)
        return 2
    except ExportError as error:
        print(f"clearway submission respond: {error}", file=sys.stderr)
        return 1
    for what in response.open:
        print(f"open: {what}")
    done = sum(not one.open for one in response.replies)
    print(f"{arguments.output}: {done} of {len(response.replies)} questions answered")
    return 1 if response.open else 0


def filed(arguments: argparse.Namespace) -> int:
    """Record what was sent, or show it. Exit status: 0; 1 it cannot be recorded, or the record is damaged; 2 usage."""
    from datetime import UTC, datetime

    from submission.exchange.filing.filed import RECORD, FiledError, line_digest, read_filed, record_filed
    from submission.package.folder import FolderError, open_package
    from verification.evidence import ProjectError, find_project

    try:
        project = find_project(arguments.project)
        if arguments.folder is None:
            shown = [one.told for one in read_filed(project)]
            print("\n".join(shown) or f"{RECORD}: nothing was filed")
            return 0
        package, today = open_package(arguments.folder), datetime.now(UTC).date().isoformat()
        line, remarks = record_filed(
            project, package, by=arguments.by or "", date=today, number=arguments.number, sent=arguments.sent
        )
    except (FolderError, ProjectError) as error:
        print(f"clearway submission filed: {error}", file=sys.stderr)
        return 2
    except FiledError as error:
        print(f"clearway submission filed: {error}", file=sys.stderr)
        return 1
    for remark in remarks:
        print(f"clearway submission filed: {remark}", file=sys.stderr)
    print(f"{package.folder}: {len(line.files) or 'no new'} files, manifest {line.manifest}")
    print(f"recorded in {RECORD}, line {line_digest(project)}: commit it")
    return 0


COMMANDS = {"estar": estar, "presub": presub, "respond": respond, "filed": filed}
