"""The commands of the suite: arguments in, a call to what does the work, lines out. Heavy imports stay in functions."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verification.evidence import (
        Dataset,
        Estimate,
        EvidenceBundle,
        Issue,
        Item,
        Project,
        StudiesEvidence,
        Table,
        TraceEvidence,
        VerificationEvidence,
        VerificationResult,
    )

GOOD, ISSUE, USAGE = 0, 1, 2


def verify(argv: list[str]) -> int:
    """Run the scenarios against the device and record every outcome."""
    parser = _parser(
        "verify",
        verify,
        "example: clearway verify --only SRS-005\n         one requirement's scenarios; never complete evidence",
    )
    parser.add_argument(
        "--only", metavar="ID", action="append", default=[], help="a scenario, requirement or criterion"
    )
    arguments = parser.parse_args(argv)
    project = _find_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import recorded_run
    from verification.traceability.items import near
    from verification.traceability.scenarios import read_scenarios
    from verification.verify import EmptySelectionError
    from verification.verify import verify as run

    started = time.monotonic()
    try:
        with recorded_run(project.evidence, "verify", argv, partial=bool(arguments.only)):
            evidence = run(project, tuple(arguments.only), _show_progress if sys.stderr.isatty() else None)
    except EmptySelectionError as error:
        scenarios, issues = read_scenarios(project)
        _complain(f"clearway verify: {error}", *map(_issue_line, issues))
        known = {name for each in scenarios for name in (each.id, *each.requirements, *each.criteria)}
        _complain(*(near(selector, known) for selector in arguments.only))
        return USAGE if arguments.only and scenarios else ISSUE
    _print_json(evidence.results) if arguments.json else _print(_verification_lines(evidence, started))
    passed = all(result.status == "passed" for result in evidence.results)
    return GOOD if passed and not _has_blocking(evidence.issues) else ISSUE


def evaluate(argv: list[str]) -> int:
    """Recompute each study's estimates from its scores and hold them against its criteria."""
    parser = _parser("evaluate", evaluate, "example: clearway evaluate --json | grep sensitivity")
    parser.add_argument(
        "study", nargs="?", help="one study (default: all; one makes studies.partial.json, no evidence)"
    )
    parser.add_argument(
        "--record", action="store_true", help="compute the study's analyses from outside files and record them"
    )
    parser.add_argument("--data", metavar="DIR", help="with --record: the folder of those (default: CLEARWAY_DATA)")
    arguments = parser.parse_args(argv)
    if arguments.record and not arguments.study:
        parser.error("--record: name the study")
    project = _find_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import recorded_run
    from verification.performance.evaluate import record, run

    folder = arguments.data or os.environ.get("CLEARWAY_DATA")
    try:
        if arguments.record:
            record(project, arguments.study, Path(folder) if folder else None)
        with recorded_run(project.evidence, "evaluate", argv):
            evidence = run(project, arguments.study)
    except ValueError as error:
        _complain(f"clearway evaluate: {error}")
        return USAGE
    if arguments.json:
        _print_json(estimate for study in evidence.studies for estimate in study.estimates)
    else:
        _print(_study_lines(evidence))
    _complain(*map(_issue_line, evidence.issues))
    return ISSUE if _has_blocking(evidence.issues) else GOOD


def data(argv: list[str]) -> int:
    """Describe the data sets, or split one by patient."""
    parser = _parser("data", data, "example: clearway data explore")
    actions = parser.add_subparsers(dest="action", required=True)
    _add_explore(actions)
    _add_split(actions)
    for action in actions.choices.values():
        _add_common(action, default=argparse.SUPPRESS)  # else it would undo what stands before the action
    arguments = parser.parse_args(argv)
    project = _find_project(arguments)
    if project is None:
        return USAGE
    return _explore(project, argv, arguments) if arguments.action == "explore" else _split(project, arguments)


def trace(argv: list[str]) -> int:
    """Show an item up to its user need and hazard and down to code and scenarios, or everything at a glance."""
    parser = _parser(
        "trace",
        trace,
        "example: clearway trace SRS-003\n         its parents, code, scenarios, outcomes, sections\n"
        "     and: clearway trace device/gate.py\n         what a change of this file touches",
    )
    parser.add_argument(
        "id", nargs="?", help="an item's id, or a file (default: the dashboard; makes trace.json and device.json)"
    )
    parser.add_argument("--check", action="store_true", help="print every issue; exit 1 if one is blocking")
    arguments = parser.parse_args(argv)
    project = _find_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import read_bundle, recorded_run
    from verification.traceability.trace import trace as run

    with recorded_run(project.evidence, "trace", argv):
        evidence, _ = run(project)
    if arguments.id:
        return _trace_item(evidence, read_bundle(project.evidence), arguments)
    return _trace_all(evidence, arguments)


def status(argv: list[str]) -> int:
    """Say what each role must do next, from the evidence."""
    arguments = _parser("status", status, "example: clearway status").parse_args(argv)
    project = _find_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import read_bundle
    from verification.traceability.status import find_steps, render_steps
    from verification.traceability.trace import trace as run

    evidence, device = run(project)
    steps = list(find_steps(evidence, device, read_bundle(project.evidence)))
    if arguments.json:
        _print(json.dumps({slot: getattr(step, slot) for slot in step.__slots__}) for step in steps)
    else:
        _print(render_steps(steps))
    return GOOD


def doctor(argv: list[str]) -> int:
    """Check that the installation is sound: Python, packages, releases, text setting, checkout."""
    arguments = _parser("doctor", doctor, "example: clearway doctor").parse_args(argv)
    from verification.doctor import examine
    from verification.evidence import ProjectError, find_project

    try:
        root = find_project(Path(arguments.project) if arguments.project else None).root
    except ProjectError:
        root = None
    checks = list(examine(root))
    for check in checks:
        if arguments.json:
            print(json.dumps({slot: getattr(check, slot) for slot in check.__slots__}))
            continue
        print(f"{ {True: 'ok', False: 'FAILED', None: '-'}[check.passed]:7} {check.name:28} {check.found}")
        if check.passed is False:
            print(f"{'':36} {check.hint}")
    return ISSUE if any(check.passed is False for check in checks) else GOOD


# --- parts of commands ------------------------------------------------------------------------------------------------


def _add_explore(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "describe every data set of the checkout (makes datasets.json), or one data set, folder or table"
    example = (
        "example: clearway data explore kermany224 --images --data ~/images\n"
        "    and: clearway data explore ~/images/nih1000_64 --images\n"
        "         a folder with a folder of images for each class\n"
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
        _print_json([found])
    elif found is not None:
        _print(_dataset_lines(found))
    _complain(*map(_issue_line, issues))
    return ISSUE if found is None or _has_blocking(issues) else GOOD


def _dataset_lines(dataset: Dataset) -> Iterator[str]:
    """A data set with all of its tables, as text."""
    from verification.evidence import PixelDescription

    pixels = dataset.pixels.tables if isinstance(dataset.pixels, PixelDescription) else ()
    yield f"{dataset.name}: {dataset.images} images of {dataset.patients} patients; {dataset.title}"
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
        _complain("clearway data explore: name what to explore; these options are of one data set, folder or table")
        return USAGE
    with recorded_run(project.evidence, "data explore", argv[1:]):
        evidence = run(project)
    if arguments.json:
        _print_json(evidence.datasets)
    for dataset in () if arguments.json else evidence.datasets:
        splits = ", ".join(f"{split.name} {split.images} ({split.patients} patients)" for split in dataset.splits)
        print(f"{dataset.name}: {dataset.images} images of {dataset.patients} patients{': ' if splits else ''}{splits}")
    _complain(*map(_issue_line, evidence.issues))
    return ISSUE if _has_blocking(evidence.issues) else GOOD


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
        help="where an image's label is from, the first that has one (default: mined)",
    )  # fmt: skip
    split.add_argument("--reads", metavar="DIR", type=Path, help="the folder of the radiologists' tables")
    split.add_argument("--minimum-age", metavar="YEARS", type=float, help="leave out younger patients")
    split.add_argument("-o", "--output", metavar="FILE", type=Path, help="the manifest (default: the data set's)")


def _split(project: Project, arguments: argparse.Namespace) -> int:
    folder, shared = arguments.images, os.environ.get("CLEARWAY_DATA")
    wrong = "no folder of images; name one with --images DIR or in CLEARWAY_DATA" if not (folder or shared) else ""
    if not arguments.dataset and not (arguments.metadata and arguments.output and folder):
        wrong = "name a data set, or --images DIR, --metadata CSV and -o FILE"
    if wrong:
        _complain(f"clearway data split: {wrong}")
        return USAGE
    images = Path(folder or str(shared))
    table = arguments.metadata or _table_of(project, arguments.dataset)
    found, issues = (
        _split_table(project, images, table, arguments) if table else _split_list(project, images, arguments)
    )
    if found is not None:
        _print_json([found]) if arguments.json else _print(_dataset_lines(found))
    _complain(*map(_issue_line, issues))
    return ISSUE if found is None or _has_blocking(issues) else GOOD


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
    return (None, issues) if _has_blocking(issues) else describe(project, folder)


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
        mapping=arguments.mapping, labels=tuple(arguments.labels), reads=arguments.reads,
        minimum_age_years=arguments.minimum_age, rule_of=rule_of,
    ))  # fmt: skip


def _trace_item(evidence: TraceEvidence, bundle: EvidenceBundle, arguments: argparse.Namespace) -> int:
    from verification.evidence import Gap
    from verification.traceability.items import near
    from verification.traceability.show import neighbours, render_issue, render_item

    around = neighbours(evidence)
    item = around.items.get(arguments.id.partition("/AC")[0])
    inside = [each for each in evidence.items if each.file == arguments.id.removeprefix("./")]
    if len(inside) > 1:
        return _trace_file(evidence, bundle, inside, arguments.json)
    item = inside[0] if inside else item
    if item is None:
        _complain(f"clearway trace: {arguments.id} does not exist; {near(arguments.id, around.items)}")
        return USAGE
    blocking = [issue for issue in evidence.issues if issue.severity == "blocking"]
    if arguments.json:
        sections = [*around.sections.get(item.id, []), *around.sections.get(item.kind, [])]
        links = {"above": around.above.get(item.id, []), "below": around.below.get(item.id, []), "sections": sections}
        print(json.dumps({"item": _plain(item)} | links))
    else:
        verification = None if isinstance(bundle.verification, Gap) else bundle.verification
        studies = None if isinstance(bundle.studies, Gap) else bundle.studies
        _print(render_item(evidence, item.id, verification, studies))
    if arguments.check:
        _complain(*map(render_issue, blocking))
    return ISSUE if arguments.check and blocking else GOOD


def _trace_file(evidence: TraceEvidence, bundle: EvidenceBundle, inside: list[Item], as_json: bool) -> int:
    from verification.evidence import Gap
    from verification.traceability.show import render_file

    verification = None if isinstance(bundle.verification, Gap) else bundle.verification
    _print_json(inside) if as_json else _print(render_file(evidence, inside[0].file, verification))
    return GOOD


def _trace_all(evidence: TraceEvidence, arguments: argparse.Namespace) -> int:
    from verification.traceability.show import render_dashboard, render_issue

    if arguments.json:
        _print_json(evidence.issues if arguments.check else evidence.items)
    else:
        _print(map(render_issue, evidence.issues) if arguments.check else ())
        _print(render_dashboard(evidence))
    return ISSUE if arguments.check and _has_blocking(evidence.issues) else GOOD


# --- lines ------------------------------------------------------------------------------------------------------------


def _verification_lines(evidence: VerificationEvidence, started: float) -> Iterator[str]:
    failing = [result for result in evidence.results if result.status != "passed"]
    for result in failing:
        yield f"{result.status.replace('_', ' ')}  {result.id}  {result.file}:{result.line}  {result.name}"
        yield from (f"    {line}" for line in _failure(result))
    yield from map(_issue_line, evidence.issues)
    wanting = Counter(name for result in failing for name in result.requirements)
    total = Counter(name for result in evidence.results for name in result.requirements)
    for name in sorted(wanting):
        yield f"{name}: {total[name] - wanting[name]} of {total[name]} scenarios passed"
    counts = Counter(result.status for result in evidence.results)
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.most_common())
    yield f"{len(evidence.results)} scenarios of {len(total)} items: {said} ({time.monotonic() - started:.1f} s)"
    if not evidence.complete:
        yield f"only {', '.join(evidence.selection)}: written to verification.partial.json, which no document reads"


def _failure(result: VerificationResult) -> Iterator[str]:
    """The step at which a scenario ended, and why."""
    step = next((step for step in result.steps if step.status not in ("passed", "not_run")), None)
    if step is not None:
        yield f"{step.keyword} {step.text}"
    yield from (result.message or "").strip().splitlines()[:8]


def _study_lines(evidence: StudiesEvidence) -> Iterator[str]:
    for study in evidence.studies:
        yield f"{study.title} ({study.label}), release {study.release} {study.release_version}"
        by_criterion = {estimate.criterion: estimate for estimate in study.estimates if estimate.criterion}
        methods: dict[str, str] = {}  # each with a letter, in the order of first use, as in the performance report
        for estimate in study.estimates:
            yield f"  {_estimate_line(estimate, methods)}"
        yield from (f"  {letter}  {method}" for method, letter in methods.items())
        for criterion in study.criteria:
            said = {True: "MET", False: "NOT MET", None: "no estimate"}[criterion.met]
            goal = f"{criterion.limit} limit of {criterion.metric} ({criterion.subgroup})"
            yield f"  {said:12} {criterion.id}: {goal} {criterion.comparison} {criterion.bound:g}"
            if criterion.id not in by_criterion and criterion.met is None:
                yield f"  {'':12} {getattr(criterion.estimate, 'reason', '')}"


def _estimate_line(estimate: Estimate, methods: dict[str, str]) -> str:
    name = f"{estimate.metric} ({estimate.subgroup})"
    share = f"{estimate.events} of " if estimate.events is not None else ""
    sample = f"{share}{estimate.n} images of {estimate.patients} patients"
    if estimate.value is None:
        return f"{name:56} undefined: {estimate.reason} ({sample})"
    if estimate.interval is None:
        return f"{name:56} {estimate.value:7.3f}  {'no interval':16}  {sample}"
    interval = estimate.interval
    method = f"{interval.level * 100:g} %, {interval.method}"
    letter = methods.setdefault(method, chr(ord("a") + len(methods)))
    return f"{name:56} {estimate.value:7.3f}  [{interval.lower:.3f}, {interval.upper:.3f}] {letter}  {sample}"


def _issue_line(issue: Issue) -> str:
    return f"{issue.severity}  {issue.where}: {issue.message} [{issue.code}]; {issue.hint}"


# --- shared -----------------------------------------------------------------------------------------------------------


def _parser(name: str, command: Callable[[list[str]], int], example: str) -> argparse.ArgumentParser:
    summary = (command.__doc__ or "").splitlines()[0]
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog=f"clearway {name}", description=summary, epilog=example, formatter_class=shape
    )
    _add_common(parser)
    return parser


def _add_common(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    parser.add_argument(
        "--project", metavar="DIR", default=default, help="the checkout (default: found from here upward)"
    )
    parser.add_argument(
        "--json", action="store_true", default=default or False, help="one JSON object a line instead of text"
    )


def _find_project(arguments: argparse.Namespace) -> Project | None:
    """The checkout, or None after saying that there is none."""
    from verification.evidence import ProjectError, find_project

    try:
        project = find_project(Path(arguments.project) if arguments.project else None)
        project.source(())
    except ProjectError as error:
        _complain(f"clearway: {error}")
        return None
    return project


def _show_progress(done: int, total: int) -> None:
    sys.stderr.write(f"\r{done} of {total} scenarios" if done < total else "\r\033[K")
    sys.stderr.flush()


def _has_blocking(issues: Iterable[Issue]) -> bool:
    return any(issue.severity == "blocking" for issue in issues)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _print_json(records: Iterable[object]) -> None:
    _print(json.dumps(_plain(record)) for record in records)


def _plain(record: object) -> object:
    import msgspec

    return msgspec.to_builtins(record)


def _complain(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
