"""The command line: `clearway`, and the device's own commands: `gate`, `analyze`, `release`.

Exit status of `gate` and `analyze`: 0, 2 for a wrong use, 3 if a file was refused, 4 if a file failed (4 before 3).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

# A command imports what it runs, so that `clearway --help` imports no library.
from device.dispatch import FAILED, ISSUE, PASSED, REFUSED, Command, Commands, run
from device.folders import Walk, add_options
from device.records import SAME, Records, tell_outcomes, write_summary
from device.showing import (
    make_record,
    make_release_record,
    render_release,
    render_result,
    summarise_release,
)

if TYPE_CHECKING:
    from device.types import Intake, Release

T = TypeVar("T")

PROGRESS_FROM = 20
"""Progress is shown from so many files on."""


def main(argv: list[str] | None = None) -> int:
    """Run a `clearway` command; load only that one.

    Args:
        argv: the arguments after the program's name; default those of the process.

    Returns:
        The exit status. No exception leaves it, unless CLEARWAY_DEBUG=1.

    Implements: SRS-035
    """
    return run("clearway", sys.argv[1:] if argv is None else argv, Commands(COMMANDS))


# --- gate and analyze -------------------------------------------------------------------------------------------------


def gate(argv: list[str]) -> int:
    """Say whether the device would accept files and, if not, every reason.

    For: PACS administrator

    Implements: SRS-034, SRS-035
    """
    parser = _make_parser("gate", gate, "clearway gate --release adult-nih --json images/", RESEARCH_EXAMPLE)
    options = parser.parse_args(argv)
    from device.pipeline import fail_gate
    from device.pipeline import gate as gate_file

    return _process(parser, options, _Work(gate_file, fail_gate, lambda result: result))


def analyze(argv: list[str]) -> int:
    """Gate files and score those that are accepted; with --output, write a DICOM report of each.

    For: PACS administrator

    Implements: SRS-031, SRS-034, SRS-035, SRS-044
    """
    parser = _make_parser("analyze", analyze, "clearway analyze --output reports/ images/")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write a DICOM SR of each analyzed image to DIR, named by its UID"
    )
    options = parser.parse_args(argv)
    if options.output and options.intake == "research":
        parser.error("--output: results of research intake cannot be written as DICOM")
    if options.output and options.record:
        parser.error("--record: a run that is gone on with cannot see two images of one identifier; use no --output")
    from device.pipeline import Examined, conclude, examine, fail

    if options.output:
        from device.report import sweep

        sweep(options.output)
    reported: set[str] = set()
    work = _Work(
        partial(examine, reporting=bool(options.output)),
        lambda path, release, intake, why: Examined(fail(path, release, intake, why), None),
        lambda examined: conclude(examined, options.output, reported),
    )
    return _process(parser, options, work)


class _Work(NamedTuple):
    """What any process makes of a file, what a file gets whose process ended, and what this process then does."""

    judge: Callable[..., Any]
    give_up: Callable[..., Any]
    conclude: Callable[[Any], Any]


RESEARCH_EXAMPLE = """clearway gate --intake research --assert Modality=CR --assert BodyPartExamined=CHEST \\
           --assert ViewPosition=AP --assert PatientAge=003Y image.jpeg"""


def _make_parser(name: str, command: Command, *examples: str) -> argparse.ArgumentParser:
    told = [f"example: {example}" for example in examples]
    parser = argparse.ArgumentParser(
        prog=f"clearway {name}",
        description=(command.__doc__ or "").partition("\n")[0],
        epilog="\n".join([*told, "exit status: 0; 2 wrong usage; 3 a file was refused; 4 a file failed"]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder to walk")
    parser.add_argument("--release", default="paediatric-reference", help="a release's name or folder (%(default)s)")
    parser.add_argument(
        "--intake",
        choices=("clinical", "research"),
        default="clinical",
        help="clinical: DICOM as a PACS has it (default); research: published images, also PNG and JPEG",
    )
    parser.add_argument(
        "--assert", dest="asserted", action="append", default=[], metavar="KEYWORD=VALUE",
        help="research: state an attribute that the files do not (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--manifest",
        type=Path,
        metavar="CSV",
        help="research: state attributes file by file (columns path, KEYWORD...)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line for each file")
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="processes side by side (%(default)s), no more than processors; the results are the same",
    )
    add_options(parser)
    return parser


def _process(parser: argparse.ArgumentParser, options: argparse.Namespace, work: _Work) -> int:
    """Judge every file, print every result, count.

    Implements: SRS-025, SRS-034, SRS-035, SRS-036, SRS-046
    """
    from device.errors import RecordError, ReleaseError
    from device.release import find_releases, read_release
    from device.types import Intake
    from device.workers import judge_all

    if options.jobs < 1:
        parser.error(f"--jobs: found {options.jobs}, expected 1 or more")
    if options.release not in find_releases() and not Path(options.release).is_dir():
        parser.error(f"--release {options.release}: expected {', '.join(find_releases())} or the folder of a release")
    asserted = _read_asserted(parser, options)
    walk = Walk(options.paths, dicom_only=options.dicom_only, share=options.shard)
    intake = Intake(options.intake)
    try:
        release = read_release(options.release)
        kept = _open_record(options.record, release, intake)
    except (ReleaseError, RecordError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return FAILED
    left = (path for path in walk if not (kept and kept.holds(path)))
    first = list(islice(left, options.jobs))
    if not first and not (kept and kept.counts):
        parser.error("no file to read there" + _count_skipped(walk))

    def judge(path: Path) -> Any:
        stated = asserted.get(None, {}) | asserted.get(_locate(path), {})
        return work.judge(path, release, intake=intake, asserted=stated)

    files = chain(first, left)
    found = judge_all(judge, files, max(1, len(first)), lambda path, why: work.give_up(path, release, intake, why))
    results = map(work.conclude, _show_progress(found))
    try:
        outcomes = _tell(results, kept, options, walk)
    except RecordError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return FAILED
    if walk.skipped or walk.others or not options.json:
        end = sys.stderr if options.json or kept else sys.stdout
        print(render_end(outcomes, walk, release, intake), file=end)
    if outcomes["failed"]:
        return FAILED
    return REFUSED if outcomes["refused"] or outcomes["not_analyzed"] else PASSED


def _tell(results: Iterator[Any], kept: Records | None, options: argparse.Namespace, walk: Walk) -> Counter[str]:
    """Print or record every result; count them, with those that were there.

    Raises:
        RecordError: a file cannot be written.

    Implements: SRS-034, SRS-055
    """
    counts: Counter[tuple[str, str]] = Counter(kept.counts if kept else ())
    with kept or nullcontext():
        for result in results:
            record = make_record(result)
            counts.update(tell_outcomes(record))
            if kept:
                kept.add(record)
            else:
                print(json.dumps(record) if options.json else render_result(result), flush=True)
    if options.summary:
        write_summary(options.summary, counts, walk)
    return Counter({name: number for (what, name), number in counts.items() if what == "outcome"})


def _open_record(path: Path | None, release: Release, intake: Intake) -> Records | None:
    """The file that results are written to, if there is to be one."""
    if path is None:
        return None
    same = (release.name, release.version, release.digest, str(intake))
    return Records(path, dict(zip(SAME, same, strict=True)))


def _read_asserted(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict[Path | None, dict[str, str]]:
    """What the user asserts of one file, or of all (key None).

    Implements: SRS-038
    """
    if (options.asserted or options.manifest) and options.intake != "research":
        parser.error("--assert and --manifest belong to --intake research: a clinical image states its own attributes")
    pairs = [text.partition("=")[::2] for text in options.asserted]
    faults = [f"--assert {keyword}: {_not_assertable(keyword)}" for keyword, _ in pairs if _not_assertable(keyword)]
    faults += [f"--assert {keyword}: expected {keyword}=VALUE" for keyword, value in pairs if not value]
    table: dict[Path | None, dict[str, str]] = {None: dict(pairs)}
    if options.manifest:
        try:
            faults += _read_manifest(options.manifest, table)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            faults.append(f"--manifest {options.manifest}: cannot be read: {error}")
    if faults:
        parser.error("; ".join(faults))
    return table


def _not_assertable(keyword: str) -> str:
    from device.research import ASSERTABLE

    return "" if keyword in ASSERTABLE else f"found {keyword!r}, expected one of {', '.join(ASSERTABLE)}"


def _read_manifest(manifest: Path, table: dict[Path | None, dict[str, str]]) -> list[str]:
    """Add a manifest's rows to the table; paths are relative to the manifest. Returns its faults, with their lines."""
    with manifest.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        columns = list(reader.fieldnames or [])
        unknown = [_not_assertable(name) for name in columns if name != "path" and _not_assertable(name)]
        faults = [f"{manifest}:1: {fault}" for fault in unknown]
        if "path" not in columns or len(set(columns)) < len(columns) or faults:
            return [*faults, f"{manifest}:1: found columns {columns}, expected path and keywords, each once"]
        for row in reader:
            where, name = f"{manifest}:{reader.line_num}", row.pop("path")
            if not name or "\0" in name or None in row or None in row.values():
                faults.append(f"{where}: expected {len(columns)} values, the path among them")
                continue
            path = _locate(manifest.parent / name)
            if path in table:
                faults.append(f"{where}: {path} is named twice")
            table[path] = {keyword: value for keyword, value in row.items() if value}
    return faults


# --- files ------------------------------------------------------------------------------------------------------------


def _locate(path: Path) -> Path:
    """Where a path leads to; a loop of links leads to itself."""
    return Path(os.path.realpath(path))


def _show_progress(results: Iterator[T]) -> Iterator[T]:
    """The results, with how many there were so far on stderr if that is a terminal and they are many."""
    shown, number = sys.stderr.isatty() and not sys.stdout.isatty(), 0
    for number, result in enumerate(results, start=1):
        if shown and number >= PROGRESS_FROM:
            print(f"\r{number} files", end="", file=sys.stderr, flush=True)
        yield result
    if shown and number >= PROGRESS_FROM:
        print(file=sys.stderr)


def render_end(counts: Counter[str], walk: Walk, release: Release, intake: Intake) -> str:
    """What was counted, with which release, and the statement of use.

    Implements: SRS-032, SRS-036, SRS-039
    """
    from device.report import STATEMENT

    told = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in sorted(counts.items()))
    number = sum(counts.values())
    return "\n".join(
        [
            f"{number} file{'s' * (number != 1)}: {told}{_count_skipped(walk)}",
            f"Release {release.name} {release.version} ({release.status}), {intake} intake.",
            STATEMENT,
        ]
    )


def _count_skipped(walk: Walk) -> str:
    told = f"; {walk.skipped} skipped (dot-files, DICOMDIR)" if walk.skipped else ""
    return told + (f"; {walk.others} left out (no DICOM file)" if walk.others else "")


# --- release ----------------------------------------------------------------------------------------------------------


def release(argv: list[str]) -> int:
    """List the releases, show one with all that it says of itself, lock or compare the one that a training run made.

    For: PACS administrator

    Implements: SRS-025, SRS-028
    """
    parser = argparse.ArgumentParser(
        prog="clearway release",
        description=(release.__doc__ or "").partition("\n")[0],
        epilog="example: clearway release show paediatric-reference",
    )
    parser.add_argument("what", choices=("list", "show", "lock", "compare"))
    parser.add_argument("name", nargs="?", help="show: a release's name or folder; lock, compare: a run's folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line for each release")
    options = parser.parse_args(argv)
    if (options.what == "list") != (options.name is None):
        parser.error("expected `list`, `show NAME`, `lock RUN` or `compare RUN`")
    if options.what in ("lock", "compare"):
        return {"lock": _lock, "compare": _compare}[options.what](Path(options.name))
    from device.errors import ReleaseError
    from device.locking import restore_releases
    from device.release import find_releases, read_release

    restore_releases()
    status = PASSED
    for name in [options.name] if options.name else find_releases():
        try:
            one = read_release(name)
        except ReleaseError as error:
            print(f"clearway release: {error}", file=sys.stderr)
            status = ISSUE
            continue
        render = render_release if options.what == "show" else summarise_release
        print(json.dumps(make_release_record(one)) if options.json else render(one))
    return status


def _lock(run: Path) -> int:
    from device.errors import ReleaseError
    from device.locking import lock

    try:
        print(f"locked {lock(run)}")
    except ReleaseError as error:
        print(f"clearway release: {error}", file=sys.stderr)
        return ISSUE
    return PASSED


def _compare(run: Path) -> int:
    from device.errors import ReleaseError
    from device.locking import TOLERANCE, compare

    try:
        found = compare(run)
    except ReleaseError as error:
        print(f"clearway release: {error}", file=sys.stderr)
        return ISSUE
    print(f"{'the same digest' if found.same_digest else 'another digest'} as the locked release")
    print(f"{found.images} tuning images: largest difference of a score {found.largest_difference:.2g}, ", end="")
    print(f"{found.decision_flips} decided otherwise; tolerance of a score on another processor {TOLERANCE:g}")
    return PASSED if found.is_within_tolerance else ISSUE


COMMANDS: dict[str, Command] = {"gate": gate, "analyze": analyze, "release": release}
"""The device's own commands."""
