"""What leaves a built package and comes back: a redline of two, Word files, signed copies. Handlers of `submission`."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission.exchange.filing import cli as filing_cli

if TYPE_CHECKING:
    from submission.exchange.docx_check import Finding
    from submission.exchange.redline import Redline
    from submission.package.folder import Opened

PACKAGE = Path("build/submission")
PASSWORD = "CLEARWAY_KEY_PASSWORD"  # noqa: S105  the name of a variable
MEANINGS = ("authorship", "review", "approval", "responsibility")
"""What a signature can mean."""
DOCX_EXAMPLE = "example: clearway submission docx CW-DOC-003 --output build/docx"
CHECKED = (
    "notes, comments, headers, footers, fields, equations, pictures, links and hidden text are named where they stand, "
    "and whatever else of the file was not compared; the form of the text is not looked at"
)
CHECK_EXAMPLE = "example: clearway submission check-docx returned/CW-DOC-003-summary-510k.docx"
SIGN_EXAMPLE = f"""example: clearway submission sign build/submission --key ada.p12 --name "Ada Example" \\
             --meaning review --document CW-DOC-003
The password of the key is asked for, or read from {PASSWORD}. A blocked package is not signed.
A reference release can be signed, to try it; each signature then says that it is one. What this is
not, and where a quality system takes over, stands in signatures.pdf beside the copies."""
DIFF_EXAMPLE = "example: clearway submission diff build/submission-filed build/submission --output build/redline"


def add_commands(commands: Any) -> None:
    """Add the commands of this module to those of `clearway submission`."""
    said = "show what changed between two built packages, word by word, as HTML and PDF"
    diff = commands.add_parser("diff", help=said, description=said, epilog=DIFF_EXAMPLE)
    diff.add_argument("old", metavar="OLD", help="the folder of the earlier build, or a name of the record of filings")
    diff.add_argument("new", metavar="NEW", help="the folder of the later build, or such a name")
    diff.add_argument(
        "--output", type=Path, metavar="FILE", default=Path("build/redline"),
        help="write FILE.html and FILE.pdf (%(default)s)",
    )  # fmt: skip
    diff.add_argument("--json", action="store_true", help="print the redline as one JSON object, write no file")
    _add_docx(commands)
    _add_sign(commands)
    filing_cli.add_commands(commands)


def _add_docx(commands: Any) -> None:
    said = "write documents of a built package as Word files, for colleagues who edit there"
    docx = commands.add_parser("docx", help=said, description=said, epilog=DOCX_EXAMPLE)
    docx.add_argument("documents", nargs="*", metavar="DOCUMENT", help="numbers, as CW-DOC-003 (default: all)")
    docx.add_argument("--output", type=Path, metavar="DIR", default=Path("build/docx"), help="(%(default)s)")
    said = "name every sentence and figure of returned Word files that is not as their package has it"
    check = commands.add_parser("check-docx", help=said, description=f"{said}; {CHECKED}", epilog=CHECK_EXAMPLE)
    check.add_argument("files", type=Path, nargs="+", metavar="FILE", help="Word files that `docx` made")
    check.add_argument("--json", action="store_true", help="print one JSON object a change")
    check.add_argument(
        "--patch", type=Path, metavar="FILE", help="write the changes as a patch of the sources, to be read and applied"
    )
    check.add_argument("--comments", type=Path, metavar="FILE", help="write the comments as a table (.csv)")
    for command in (docx, check):
        command.add_argument("--package", type=Path, metavar="DIR", default=PACKAGE, help="the package (%(default)s)")


def _add_sign(commands: Any) -> None:
    said = "sign documents of a built package with your own certificate; the copies stand beside it, in DIR-signed"
    shape = argparse.RawDescriptionHelpFormatter
    sign = commands.add_parser("sign", help=said, description=said, epilog=SIGN_EXAMPLE, formatter_class=shape)
    sign.add_argument("folder", type=Path, metavar="DIR", help="the folder of the package")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="your key and certificate (PKCS#12)")
    sign.add_argument("--name", required=True, help="your name as the certificate has it")
    sign.add_argument("--meaning", required=True, choices=MEANINGS, help=f"what it means: {', '.join(MEANINGS)}")
    sign.add_argument(
        "--document",
        required=True,
        action="append",
        metavar="NUMBER",
        help="a document's number, again and again, or all",
    )


def diff(arguments: argparse.Namespace) -> int:
    """Compare two packages. Exit status: 0 no difference; 1 differences; 2 usage."""
    from submission.exchange.filing.filed import FiledError, open_named
    from submission.exchange.redline import as_data, compare, print_redline, render_page
    from submission.package.folder import FolderError
    from submission.setting.render import RenderError
    from verification.evidence import write_atomically

    try:
        old, new = open_named(arguments.old), open_named(arguments.new)
        found = compare(old, new)
        if arguments.json:
            print(json.dumps(as_data(found, old, new), ensure_ascii=False))
            return 0 if found.empty else 1
        page, printed = render_page(found, old, new).encode(), print_redline(found, old, new)
        for ending, content in ((".html", page), (".pdf", printed)):
            write_atomically(arguments.output.with_name(arguments.output.name + ending), content)
    except (FiledError, FolderError, RenderError, OSError) as error:
        print(f"clearway submission diff: {error}", file=sys.stderr)
        return 2
    _tell_diff(found, arguments.output)
    return 0 if found.empty else 1


def _tell_diff(found: Redline, output: Path) -> None:
    for document in found.documents:
        print(f"{document.number} {document.title}: {document.how}")
        for section in document.sections:
            print(f"  {section.title}: {len(section.changes)} {section.how}")
    for figure in found.figures:
        print(f"{figure.origin}: {figure.was or 'not there'} → {figure.now or 'not there'}")
    if found.twins:
        print(
            "one commit, two packages: from one commit and its evidence comes one package, so that evidence differs "
            "or one of the two was changed; ask `clearway submission audit --rebuild`"
        )
    print("no difference" if found.empty else f"{output}.html, {output}.pdf")


# --- Word -------------------------------------------------------------------------------------------------------------


def docx(arguments: argparse.Namespace) -> int:
    """Write documents as Word files. Exit status: 0; 2 usage."""
    from submission.exchange.docx_file import render_docx
    from submission.package.folder import FolderError, find_document, open_package
    from verification.evidence import write_atomically

    try:
        package = open_package(arguments.package)
        wanted = arguments.documents or [document.number for document in package.manifest.documents]
        chosen = [find_document(package, number) for number in wanted]
        files = [(document, render_docx(package, document)) for document in chosen]
        for document, content in files:
            path = arguments.output / Path(document.file).with_suffix(".docx")
            write_atomically(path, content)
            print(path)
    except (FolderError, OSError) as error:
        print(f"clearway submission docx: {error}", file=sys.stderr)
        return 2
    return 0


def check_docx(arguments: argparse.Namespace) -> int:
    """Compare returned Word files with their package. Exit status: 0 nothing changed; 1 not so, or unknown; 2 usage."""
    from submission.exchange.docx_check import check_docx as check
    from submission.exchange.docx_parts import DocxError
    from submission.package.folder import FolderError, open_package
    from verification.evidence import ProjectError

    try:
        package = open_package(arguments.package)
        found = [finding for path in arguments.files for finding in check(path, package)]
    except (DocxError, FolderError) as error:
        print(f"clearway submission check-docx: {error}", file=sys.stderr)
        return 2
    for finding in found:
        print(json.dumps(asdict(finding), ensure_ascii=False) if arguments.json else _line(finding))
    if not arguments.json:
        print(_told(len(arguments.files), found))
    try:
        for line in _write_beside(arguments, found, package):
            print(line, file=sys.stderr if arguments.json else sys.stdout)
    except (DocxError, FolderError, ProjectError, OSError) as error:
        print(f"clearway submission check-docx: {error}", file=sys.stderr)
        return 2
    return 1 if found else 0


def _write_beside(arguments: argparse.Namespace, found: Sequence[Finding], package: Opened) -> Iterator[str]:
    """Write the patch and the comments that were asked for; yield what is said of them."""
    from submission.exchange.docx_comments import as_csv, read_comments
    from submission.exchange.docx_patch import make_patch
    from verification.evidence import find_project, write_atomically

    if arguments.comments:
        comments = [comment for path in arguments.files for comment in read_comments(path, package)]
        write_atomically(arguments.comments, as_csv(comments))
        yield f"{arguments.comments}: {len(comments)} {'comment' if len(comments) == 1 else 'comments'}"
    if not arguments.patch:
        return
    project = find_project()
    if not project.is_still_at(package.manifest.commit):
        yield f"the package is of commit {package.manifest.commit[:12]}, the checkout of another: the patch is of that"
    patch = make_patch(found, project)
    write_atomically(arguments.patch, patch.content)
    for one in patch.outcomes:
        said = f"“{one.finding.was or one.finding.now}”"
        yield f"not in the patch: {said}: {one.why}: {one.place}" if one.why else f"in the patch: {said}: {one.place}"
    there = sum(not one.why for one in patch.outcomes)
    yield f"{arguments.patch}: {there} of {len(patch.outcomes)} changes; read it, then: git apply {arguments.patch}"


def _told(files: int, found: Sequence[Finding]) -> str:
    """What was found in all: "no changes" only where everything was compared."""
    from submission.exchange.docx_check import LEFT

    left = sum(finding.how == LEFT for finding in found)
    changes, are = len(found) - left, "is" if left == 1 else "are"
    said = f"check-docx: {files} {'file' if files == 1 else 'files'}: "
    if not left:
        return f"{said}{changes or 'no'} {'change' if changes == 1 else 'changes'}"
    hint = "look at each in Word, or take it out and check again"
    return f"{said}{changes} changes in what was compared; {left} {are} not compared: {hint}"


def _line(finding: Finding) -> str:
    """A finding for a terminal: where, how, what it was and is, and which figures of it."""
    from submission.exchange.docx_check import LEFT

    if finding.how == LEFT:
        return f"{finding.file}: {finding.document}, {finding.section}: {LEFT}: {finding.now}"
    texts = " → ".join(f"“{text}”" for text in (finding.was, finding.now) if text)
    figures = f"; figures {', '.join(finding.figures)}" if finding.figures else ""
    tracked = " (tracked)" if finding.tracked else ""
    return f"{finding.file}: {finding.document}, {finding.section}: {finding.how}{tracked}: {texts}{figures}"


# --- signatures -------------------------------------------------------------------------------------------------------


def sign(arguments: argparse.Namespace) -> int:
    """Sign documents of a built package. Exit status: 0; 1 it cannot be signed; 2 usage."""
    from submission.exchange.signing import SigningError
    from submission.exchange.signing import sign as sign_documents
    from submission.package.folder import FolderError, open_package
    from submission.setting.render import RenderError

    try:
        known = [document.number for document in open_package(arguments.folder).manifest.documents]
        numbers = known if "all" in arguments.document else arguments.document
        password = _password()
        made = sign_documents(arguments.folder, arguments.key, password, arguments.name, arguments.meaning, numbers)
    except FolderError as error:
        print(f"clearway submission sign: {error}", file=sys.stderr)
        return 2
    except (SigningError, RenderError, OSError) as error:
        print(f"clearway submission sign: {error}", file=sys.stderr)
        return 1
    for signature in made:
        print(f"{signature.file}: {signature.name}, {signature.date}: {signature.reason}")
    return 0


def _password() -> bytes:
    """The password of the key: from the environment, else asked for; never from the command line, which others see."""
    held = os.environ.get(PASSWORD)
    return (held if held is not None else getpass.getpass("Password of the key: ")).encode()


COMMANDS = {"sign": sign, "diff": diff, "docx": docx, "check-docx": check_docx, **filing_cli.COMMANDS}
