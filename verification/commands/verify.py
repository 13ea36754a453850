"""The commands `verify`, `evaluate`, `time` and `doctor`: arguments in, a call to what does the work, lines out.

Heavy imports stay in functions.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    Progress,
    complain,
    has_blocking,
    issue_line,
    make_parser,
    open_project,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from verification.evidence import (
        Estimate,
        Interval,
        NodeTiming,
        Project,
        StudiesEvidence,
        StudyCriterion,
        VerificationEvidence,
    )


def verify(argv: list[str]) -> int:
    """Run the scenarios against the device and record every outcome.

    For: QA
    """
    parser = make_parser(
        "verify",
        verify,
        "example: clearway verify --only SRS-005\n         one requirement's scenarios; never complete evidence\n"
        "    and: clearway verify --formal\n         by an approved protocol, in a clean checkout; archived",
    )
    parser.add_argument(
        "--only", metavar="ID", action="append", default=[], help="a scenario, requirement or criterion"
    )
    parser.add_argument("--formal", action="store_true", help="a formal run; archived in docs/records/verification")
    arguments = parser.parse_args(argv)
    if arguments.formal and arguments.only:
        parser.error("--formal: a formal run is of all scenarios, without --only")
    project = open_project(arguments)
    if project is None:
        return USAGE
    if arguments.formal:
        return _verify_formally(project, argv, arguments.json)
    from verification.evidence import recorded_run
    from verification.scenarios.verify import EmptySelectionError
    from verification.scenarios.verify import verify as run
    from verification.sources.scenarios import read_scenarios
    from verification.specification.hints import near

    started = time.monotonic()
    try:
        with recorded_run(project.evidence, "verify", argv, partial=bool(arguments.only)):
            evidence = run(project, tuple(arguments.only), Progress("scenarios"))
    except EmptySelectionError as error:
        scenarios, issues = read_scenarios(project)
        complain(f"clearway verify: {error}", *map(issue_line, issues))
        known = {name for each in scenarios for name in (each.id, *each.requirements, *each.criteria)}
        complain(*(near(selector, known) for selector in arguments.only))
        return USAGE if arguments.only and scenarios else ISSUE
    return _tell(evidence, started, arguments.json)


def _verify_formally(project: Project, argv: list[str], as_json: bool) -> int:
    from verification.evidence import recorded_run
    from verification.records.archive import write_archive
    from verification.records.formal import FormalError, prepare, verify_formally
    from verification.scenarios.verify import EmptySelectionError

    started = time.monotonic()
    try:
        ready = prepare(project)
        with recorded_run(project.evidence, "verify", argv):
            evidence = verify_formally(project, ready, Progress("scenarios"))
        folder = write_archive(project, evidence.source)
    except (FormalError, EmptySelectionError, OSError) as error:
        complain(*(f"clearway verify --formal: {line}" for line in str(error).splitlines()))
        return USAGE
    told = _tell(evidence, started, as_json)
    complain(f"archived in {project.relative(folder)}: commit it, then `clearway trace`")
    return told


def _tell(evidence: VerificationEvidence, started: float, as_json: bool) -> int:
    print_json(evidence.results) if as_json else print_lines(_verification_lines(evidence, started))
    passed = all(result.status == "passed" for result in evidence.results)
    return GOOD if passed and not has_blocking(evidence.issues) else ISSUE


def evaluate(argv: list[str]) -> int:
    """Recompute each study's estimates from its scores and hold them against its criteria.

    For: statistician
    """
    parser = make_parser("evaluate", evaluate, "example: clearway evaluate --json | grep sensitivity")
    parser.add_argument("study", nargs="?", help="one study (default: all; of one nothing is written)")
    parser.add_argument(
        "--record", action="store_true", help="compute the study's analyses from outside files and record them"
    )
    parser.add_argument("--data", metavar="DIR", help="with --record: the folder of those (default: CLEARWAY_DATA)")
    arguments = parser.parse_args(argv)
    if arguments.record and not arguments.study:
        parser.error("--record: name the study")
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.evaluation.evaluate import run
    from verification.evaluation.record import record
    from verification.evidence import recorded_run

    folder = arguments.data or os.environ.get("CLEARWAY_DATA")
    try:
        if arguments.record:
            complain(record(project, arguments.study, Path(folder) if folder else None))
        with nullcontext() if arguments.study else recorded_run(project.evidence, "evaluate", argv):
            evidence = run(project, arguments.study)
    except ValueError as error:
        complain(f"clearway evaluate: {error}")
        return USAGE
    if arguments.json:
        print_json(estimate for study in evidence.studies for estimate in study.estimates)
    else:
        print_lines(_study_lines(evidence))
    complain(*map(issue_line, evidence.issues))
    return ISSUE if has_blocking(evidence.issues) else GOOD


TIME_EXAMPLE = """example: clearway time --images 500
         on a computer with nothing else to do; then commit verification/timing.json, which the documents print
    and: clearway time --node --images 200
         a node, an archive and a sender on this computer; beside what was recorded of files
exit status: 0; 1 if an image was not analyzed or answered; 2 wrong usage"""


def measure(argv: list[str]) -> int:
    """Measure the time from a file to its report on this computer, and record it with what the computer is.

    For: engineer
    """
    parser = make_parser("time", measure, TIME_EXAMPLE)
    parser.add_argument("--images", type=int, default=500, help="how many are analyzed (default: 500)")
    parser.add_argument(
        "--node", action="store_true", help="the time from a study to its results in the archive instead"
    )
    parser.add_argument("--release", help="its name (default: that of the documents)")
    parser.add_argument("--dry-run", action="store_true", help="record nothing")
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    if arguments.images < 20:
        complain(
            f"clearway time: --images: found {arguments.images}, expected 20 or more: fewer have no 95th percentile"
        )
        return USAGE
    from verification.evidence import Timing
    from verification.product import timing

    before, _ = timing.read_timing(project)
    if arguments.node and not (arguments.dry_run or isinstance(before, Timing)):
        complain("clearway time: --node: found no record of files, beside which it is kept; run `clearway time` first")
        return USAGE
    release, progress = arguments.release or project.product.release, Progress("images")
    found: Timing | NodeTiming
    try:
        if arguments.node:
            found = timing.measure_node(project, release, arguments.images, progress)
        else:
            found = timing.measure(project, release, arguments.images, progress)
    except ValueError as error:
        complain(f"clearway time: {error}")
        return ISSUE
    if not arguments.dry_run:
        timing.write(project, timing.join(before, found))
    if arguments.json:
        print_json([found])
    else:
        what = "from a study to its results in the archive" if arguments.node else "from file to report"
        print_lines(
            [
                f"{found.images} images of {found.mean_file_bytes / 1e6:.1f} MB, {found.processor}, "
                f"{found.processors} processors, load {found.load}",
                f"{what}: median {found.median_seconds:.3f} s, 95th percentile "
                f"{found.percentile_95_seconds:.3f} s, slowest {found.slowest_seconds:.3f} s",
                "nothing is recorded" if arguments.dry_run else f"recorded in {timing.RECORD}",
            ]
        )
    return GOOD


def doctor(argv: list[str]) -> int:
    """Check that the installation is sound: Python, packages, releases, text setting, checkout.

    For: everyone
    """
    arguments = make_parser("doctor", doctor, "example: clearway doctor").parse_args(argv)
    from verification.evidence import ProjectError, find_project
    from verification.qualification.doctor import examine

    try:
        root = find_project(Path(arguments.project) if arguments.project else None).root
    except ProjectError:
        root = None
    checks = list(examine(root))
    for check in checks:
        if arguments.json:
            print(json.dumps({slot: getattr(check, slot) for slot in check.__slots__}))
            continue
        print_lines([f"{ {True: 'ok', False: 'FAILED', None: '-'}[check.passed]:7} {check.name:28} {check.found}"])
        if check.passed is False:
            print(f"{'':36} {check.hint}")
    return ISSUE if any(check.passed is False for check in checks) else GOOD


def _verification_lines(evidence: VerificationEvidence, started: float) -> Iterator[str]:
    from verification.trace.ran import tell_run

    failing = [result for result in evidence.results if result.status != "passed"]
    for result in failing:
        yield f"{result.status.replace('_', ' ')}  {result.id}  {result.file}:{result.line}  {result.name}"
        yield from (f"    {line}" for line in tell_run(result))
    yield from map(issue_line, evidence.issues)
    wanting = Counter(name for result in failing for name in result.requirements)
    total = Counter(name for result in evidence.results for name in result.requirements)
    for name in sorted(wanting):
        yield f"{name}: {total[name] - wanting[name]} of {total[name]} scenarios passed"
    counts = Counter(result.status for result in evidence.results)
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.most_common())
    yield f"{len(evidence.results)} scenarios of {len(total)} items: {said} ({time.monotonic() - started:.1f} s)"
    if not evidence.complete:
        yield f"only {', '.join(evidence.selection)}: written to verification.partial.json, which no document reads"
    if evidence.kind == "formal":
        yield f"formal run of the protocol {evidence.protocol_digest[:12]}, approval {str(evidence.approval)[:12]}"
    else:
        yield "engineering run: it cannot support a candidate release; `clearway verify --formal` can"


def _study_lines(evidence: StudiesEvidence) -> Iterator[str]:
    for study in evidence.studies:
        yield f"{study.title} ({study.label}), release {study.release} {study.release_version}"
        by_criterion = {estimate.criterion: estimate for estimate in study.estimates if estimate.criterion}
        methods: dict[str, str] = {}  # each with a letter, in the order of first use, as in the performance report
        for estimate in study.estimates:
            yield f"  {_estimate_line(estimate, methods)}"
        decided = [_criterion_line(criterion, methods) for criterion in study.criteria]
        yield from (f"  {letter}  {method}" for method, letter in methods.items())
        for criterion, line in zip(study.criteria, decided, strict=True):
            yield f"  {line}"
            if criterion.id not in by_criterion and criterion.met is None:
                yield f"  {'':12} {getattr(criterion.estimate, 'reason', '')}"


def _criterion_line(criterion: StudyCriterion, methods: dict[str, str]) -> str:
    """The goal, whether it is met, and the limit that decides with the letter of its interval's method."""
    said = {True: "MET", False: "NOT MET", None: "no estimate"}[criterion.met]
    goal = f"{criterion.limit} limit of {criterion.metric} ({criterion.subgroup})"
    interval = getattr(criterion.estimate, "interval", None)
    limit = f": {getattr(interval, criterion.limit):z.3f} by {_letter(interval, methods)}" if interval else ""
    return f"{said:12} {criterion.id}: {goal} {criterion.comparison} {criterion.bound:g}{limit}"


def _estimate_line(estimate: Estimate, methods: dict[str, str]) -> str:
    name = f"{estimate.metric} ({estimate.subgroup})"
    share = f"{estimate.events} of " if estimate.events is not None else ""
    counted = ", unweighted" if estimate.weighted else ""
    sample = f"{share}{estimate.n} images of {estimate.patients} patients{counted}"
    if estimate.value is None:
        return f"{name:56} undefined: {estimate.reason} ({sample})"
    if estimate.interval is None:
        return f"{name:56} {estimate.value:z7.3f}  {'no interval':16}  {sample}"
    interval = estimate.interval
    letter = _letter(interval, methods)
    return f"{name:56} {estimate.value:z7.3f}  [{interval.lower:z.3f}, {interval.upper:z.3f}] {letter}  {sample}"


def _letter(interval: Interval, methods: dict[str, str]) -> str:
    """The letter of an interval's method, a new one where it has none yet."""
    return methods.setdefault(f"{interval.level * 100:g} %, {interval.method}", chr(ord("a") + len(methods)))
