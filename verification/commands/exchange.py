"""`clearway trace export` and `clearway trace import`: arguments in, a call to what does the work, lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    complain,
    issue_line,
    make_parser,
    open_project,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from verification.evidence import Project
    from verification.exchange.result import Difference, Exchange
    from verification.specification.items import Entry, Items


def export(argv: list[str]) -> int:
    """Write the needs, requirements and risks as ReqIF, for other tools; then validate the file and read it back.

    Exit status 0; 1 an item is unsound, or the file is not valid or would lose something (it is not written); 2 usage.

    For: engineer
    """
    parser = make_parser(
        "trace export", export,
        "example: clearway trace export requirements.reqif\n    then: clearway trace import requirements.reqif",
    )  # fmt: skip
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write, *.reqif")
    arguments = parser.parse_args(argv)
    if arguments.file.suffix.lower() != ".reqif":
        parser.error(f"{arguments.file}: expected a name that ends in .reqif; matrices: clearway submission matrix")
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import write_atomically
    from verification.specification.reading import read_items

    items = read_items(project)
    try:
        content = _written(project, items)
        report = _validated(content, arguments.file)
    except ValueError as error:
        complain(*str(error).splitlines())
        return ISSUE
    write_atomically(arguments.file, content)
    count = len(_exchanged(items))
    said = {"file": str(arguments.file), "items": count, "validated": report}
    print(json.dumps(said) if arguments.json else f"{arguments.file}: {count} items; {report}; read back without loss")
    return GOOD


def import_(argv: list[str]) -> int:
    """Read a ReqIF file, say what differs from the checkout and what of it no item has, and write its items as YAML.

    They are written into a new folder. What no item has is named, a line each, and blocks nothing.

    Exit status 0; 1 the file has faults (nothing is written); 2 usage.

    For: engineer
    """
    parser = make_parser(
        "trace import", import_,
        "example: clearway trace import requirements.reqif --into reviewed\n"
        "         what differs, what of the file is not read, and the items as files below reviewed/\n"
        "     and: clearway trace import requirements.reqif --replace\n"
        "         over the items of the checkout that differ",
    )  # fmt: skip
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a ReqIF file, *.reqif, or an archive with one, *.reqifz"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--into", type=Path, metavar="DIR", help="the folder for the items; empty or new (build/import)")
    where.add_argument("--replace", action="store_true", help="write what differs over the items of the checkout")
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.exchange.form import read_forms
    from verification.exchange.read import read_reqif
    from verification.exchange.result import find_differences
    from verification.specification.reading import read_items

    folder = project.root if arguments.replace else arguments.into or project.root / "build" / "import"
    if not arguments.file.is_file() or (not arguments.replace and folder.exists() and any(folder.iterdir())):
        missing = f"{arguments.file}: no such file"
        complain(missing if not arguments.file.is_file() else f"{folder}: holds files; empty it or name another --into")
        return USAGE
    exchange = read_reqif(arguments.file, read_forms(project))
    if exchange.faults:
        complain(*map(issue_line, exchange.issues))
        return ISSUE
    here = {entry.id: entry.value for entry in _exchanged(read_items(project))}
    differences = list(find_differences(exchange, here))
    print_lines(map(_json_line if arguments.json else _line, differences))
    if arguments.json:
        print_json(exchange.notices)
    else:
        print_lines(map(issue_line, exchange.notices))
    return _write(project, exchange, differences, folder, replace=arguments.replace)


def _write(project: Project, exchange: Exchange, differences: list[Difference], folder: Path, *, replace: bool) -> int:
    from verification.exchange.files import write_items
    from verification.exchange.form import read_forms

    changed = {each.id for each in differences}
    wanted = {name: value for name, value in exchange.values.items() if name in changed or not replace}
    try:
        count = write_items(folder, wanted, read_forms(project))
    except (OSError, ValueError) as error:
        complain(f"clearway trace import: {error}")
        return ISSUE
    complain(f"{_used(exchange)}, {_differing(exchange, len(changed))}; {count} written below {folder}")
    return GOOD


def _used(exchange: Exchange) -> str:
    used = exchange.used
    read = f"{used['criteria']} criteria, {used['values']} values and {used['links']} links"
    return f"{used['items']} items read with {read}"


def _differing(exchange: Exchange, changed: int) -> str:
    """How many items differ; that none does is said in figures only if the file holds nothing else."""
    if not exchange.notices:
        return f"{changed} differ from the checkout"
    items = f"{changed} differ from the checkout" if changed else "none seen to differ from the checkout"
    return f"{items}, in no item: {len(exchange.notices)}, named above"


def _exchanged(items: Items) -> list[Entry]:
    from verification.exchange.form import EXCHANGED

    return [entry for entry in items.entries.values() if entry.sound and entry.kind in EXCHANGED]


def _written(project: Project, items: Items) -> bytes:
    """The ReqIF file of the checkout's items.

    Raises:
        ValueError: an item cannot be used, or holds what XML cannot hold; one issue a line.
    """
    from verification.exchange.form import read_forms
    from verification.exchange.write import find_unwritable, write_reqif

    forms = read_forms(project)
    entries = _exchanged(items)
    issues = [issue for issue in items.issues if issue.severity == "blocking"] or list(find_unwritable(entries, forms))
    if issues or not entries:
        raise ValueError("\n".join(map(issue_line, issues)) or "there is no item to export")
    content = write_reqif(entries, forms, project.source(()))
    lost = list(_find_losses(content, project, items))
    if lost:
        raise ValueError("\n".join(f"not exported, for it would be lost: {each}" for each in lost))
    return content


def _find_losses(content: bytes, project: Project, items: Items) -> Iterator[str]:
    """Yield what another reader of the file would not get as it is here."""
    import tempfile

    from verification.exchange.form import read_forms
    from verification.exchange.read import read_reqif
    from verification.exchange.result import find_differences

    with tempfile.NamedTemporaryFile(suffix=".reqif") as file:
        file.write(content)
        file.flush()
        exchange = read_reqif(Path(file.name), read_forms(project))
    yield from map(issue_line, exchange.issues)
    here = {entry.id: entry.value for entry in _exchanged(items)}
    yield from map(_line, find_differences(exchange, here))


def _validated(content: bytes, file: Path) -> str:
    """Who found the file valid, and by what.

    Raises:
        ValueError: it is not valid; what the validator said.
    """
    import tempfile
    from importlib.metadata import version

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.name
        path.write_bytes(content)
        command = [sys.executable, "-c", "from reqif.cli.main import main; main()", "validate", "--use-reqif-schema"]
        run = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    if run.returncode:
        raise ValueError(f"reqif {version('reqif')} finds the file not valid:\n{run.stdout}{run.stderr}".strip())
    return (
        f"valid by reqif {version('reqif')} (xmlschema {version('xmlschema')}) against the ReqIF schema that it brings"
    )


def _line(difference: Difference) -> str:
    if difference.field:
        return f"{difference.id}  {difference.field}: here {difference.here!r}, there {difference.there!r}"
    return f"{difference.id}  {'is not here' if difference.here is None else 'is not in the file'}"


def _json_line(difference: Difference) -> str:
    fields: dict[str, Any] = {name: getattr(difference, name) for name in difference.__slots__}
    return json.dumps(fields)
