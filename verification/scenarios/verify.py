"""Running the scenarios, and holding what ran against what the feature files say should have run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeAlias

import msgspec

from verification.evidence import (
    Issue,
    Project,
    ResultStatus,
    Severity,
    StepResult,
    VerificationEvidence,
    VerificationResult,
    write_evidence,
)
from verification.evidence.types import Record
from verification.product.releases import read_release_digests
from verification.sources.scenarios import Scenario, inputs_of, read_scenarios
from verification.sources.subjects import find_protocol
from verification.specification.kinds import REQUIREMENTS
from verification.specification.reading import read_items

_WORST_FIRST = tuple(
    ResultStatus(status)
    for status in ("failed", "error", "undefined", "xpassed", "xfailed", "skipped", "not_run", "passed")
)


CODE = tuple(
    f"verification/{room}/**/*.py" for room in ("scenarios", "product", "sources", "specification", "evidence")
)
"""What of the suite takes part in a run, beside what the checkout holds."""
_LEFT_OUT = ("PYTHON", "PYTEST", "COVERAGE")
"""What the variables of the environment begin with that could change what runs."""
SHARES, WORTH_SHARING = 2, 40
"""Into so many shares are scenarios divided, if there are so many of them: on every machine into the same, since what a
scenario enters depends on what ran before it in its process."""
_START = """\
import os, sys
root = sys.argv.pop(1)
sys.path.insert(0, root)
os.environ["PYTHONPATH"] = root  # of the processes that steps start: it must not be there when this one starts
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


class StepOutcome(Record, frozen=True):
    """What became of one step."""

    status: ResultStatus
    observed: str


class Outcome(Record, frozen=True, tag=True):
    """What became of one run of a scenario. `file`, `line` and `row` identify it (`Scenario.key`).

    `entered` are the ids of the functions of the product that it entered; None where it was not watched.
    """

    file: str
    line: int
    row: int | None
    status: ResultStatus
    message: str | None
    steps: tuple[StepOutcome, ...]
    entered: tuple[str, ...] | None = None


class Imported(Record, frozen=True, tag=True):
    """The functions of the product that ran when it was imported, before any scenario."""

    functions: tuple[str, ...]


class TookPart(Record, frozen=True, tag=True):
    """pytest's plugins, the packages beyond Python's own, and the modules that no commit and no package holds."""

    plugins: tuple[str, ...]
    packages: tuple[str, ...]
    strangers: tuple[str, ...]


class CollectionError(Record, frozen=True, tag=True):
    """pytest could not collect a module: none of its scenarios ran."""

    where: str
    message: str


class EmptySelectionError(Exception):
    """Nothing is there to run: no feature file has a scenario, or the selection names none."""


Line: TypeAlias = Outcome | Imported | TookPart | CollectionError
Recorded: TypeAlias = tuple[Line, ...]


def verify(
    project: Project, only: tuple[str, ...] = (), on_progress: Callable[[int, int], None] | None = None
) -> VerificationEvidence:
    """Run the scenarios in a fresh interpreter and write the evidence: complete, or partial for a selection.

    Args:
        project: the checkout; its `verification/` is collected, its product is run.
        only: ids of scenarios, items or criteria; empty means all.
        on_progress: called now and then with the number of scenarios that ended and that there are.

    Raises:
        EmptySelectionError: there is nothing to run.
    """
    scenarios, _ = read_scenarios(project)
    selected = [each for each in scenarios if not only or any(each.is_named_by(selector) for selector in only)]
    if not selected:
        raise EmptySelectionError(f"no scenario is named by {', '.join(only)}" if only else "there is no scenario")
    shares = SHARES if len(selected) >= WORTH_SHARING else 1
    recorded = _run(project, only, shares, lambda done: on_progress(done, len(selected)) if on_progress else None)
    evidence = _evidence(project, recorded, only)
    name = "verification.partial.json" if only else "verification.json"
    write_evidence(project.evidence, name, evidence, listed=not only)
    return evidence


def write_partial(project: Project, recorded: Recorded, selection: tuple[str, ...]) -> VerificationEvidence:
    """Write what a run of pytest of one's own recorded, as evidence that never counts as complete."""
    evidence = _evidence(project, recorded, (), partial=selection or ("pytest",))
    write_evidence(project.evidence, "verification.partial.json", evidence, listed=False)
    return evidence


def combine(scenarios: Iterable[Scenario], recorded: Recorded) -> tuple[VerificationResult, ...]:
    """Give every parsed scenario its outcome; one that was not run says so, one that ran twice takes the worse."""
    outcomes: dict[tuple[str, int, int | None], Outcome] = {}
    for outcome in recorded:
        if isinstance(outcome, Outcome):
            key = outcome.file, outcome.line, outcome.row
            outcomes[key] = min(outcomes.get(key, outcome), outcome, key=lambda each: _WORST_FIRST.index(each.status))
    places = {name: place for place, name in enumerate(find_functions(recorded))}
    return tuple(_result(scenario, outcomes.get(scenario.key), places) for scenario in scenarios)


def find_functions(recorded: Recorded) -> tuple[str, ...]:
    """The ids of all functions of the product that were entered, by a scenario or on import, sorted."""
    found: set[str] = set()
    for line in recorded:
        if isinstance(line, Outcome):
            found.update(line.entered or ())
        elif isinstance(line, Imported):
            found.update(line.functions)
    return tuple(sorted(found))


def _evidence(
    project: Project, recorded: Recorded, only: tuple[str, ...], partial: tuple[str, ...] = ()
) -> VerificationEvidence:
    scenarios, issues = read_scenarios(project)
    selected = [each for each in scenarios if not only or any(each.is_named_by(selector) for selector in only)]
    items = read_items(project)
    imported = {name for line in recorded if isinstance(line, Imported) for name in line.functions}
    functions = find_functions(recorded)
    parts = [line for line in recorded if isinstance(line, TookPart)]
    return VerificationEvidence(
        source=project.source(patterns=inputs_of(project), code=CODE),
        complete=not (only or partial),
        selection=only or partial,
        results=combine(selected, recorded),
        requirement_digests={entry.id: entry.digest for entry in items.of(*REQUIREMENTS)},
        release_digests=read_release_digests(project),
        issues=(*issues, *_find_recorded(recorded)),
        plugins=tuple(sorted({name for part in parts for name in part.plugins})),
        packages=tuple(sorted({name for part in parts for name in part.packages})),
        protocol_digest=find_protocol(items, scenarios).digest,
        functions=functions,
        on_import=tuple(place for place, name in enumerate(functions) if name in imported),
    )


def _result(scenario: Scenario, outcome: Outcome | None, places: dict[str, int]) -> VerificationResult:
    status, message = _verdict(scenario, outcome)
    outcomes = outcome.steps if outcome else ()
    entered = outcome.entered if outcome else None
    return VerificationResult(
        id=scenario.id,
        feature=scenario.feature,
        name=scenario.name,
        file=scenario.file,
        line=scenario.line,
        example=scenario.example,
        tags=scenario.tags,
        requirements=scenario.requirements,
        criteria=scenario.criteria,
        status=status,
        steps=tuple(
            StepResult(
                keyword=step.keyword,
                text=step.text,
                status=outcomes[n].status if n < len(outcomes) else ResultStatus.NOT_RUN,
                observed=(outcomes[n].observed or None) if n < len(outcomes) else None,
                table=step.table,
                docstring=step.docstring,
            )
            for n, step in enumerate(scenario.steps)
        ),
        message=message,
        digest=scenario.digest,
        entered=None if entered is None else tuple(sorted(places[name] for name in entered)),
    )


def _verdict(scenario: Scenario, outcome: Outcome | None) -> tuple[ResultStatus, str | None]:
    if outcome is None:
        return (
            ResultStatus.NOT_RUN,
            "pytest did not run it: its feature file is not bound, or the run did not get to it",
        )
    if scenario.defect:
        return ResultStatus.UNDEFINED, scenario.defect
    passed = sum(step.status is ResultStatus.PASSED for step in outcome.steps)
    if outcome.status is ResultStatus.PASSED and passed != len(scenario.steps):
        return ResultStatus.ERROR, f"{passed} of its {len(scenario.steps)} steps were seen to pass"
    return outcome.status, outcome.message


def _find_recorded(recorded: Recorded) -> Iterator[Issue]:
    """Yield an issue for each module that could not be collected or has no business here."""
    for line in recorded:
        if isinstance(line, CollectionError):
            yield _collection_issue(line)
        for stranger in line.strangers if isinstance(line, TookPart) else ():
            yield Issue(
                code="stranger-took-part",
                severity=Severity.BLOCKING,
                where="verification",
                message=f"{stranger} took part in the run; neither the commit nor an installed package holds it",
                hint="take it out of the checkout or the environment, or commit it, and verify again",
            )


def _collection_issue(error: CollectionError) -> Issue:
    return Issue(
        code="collection-failed",
        severity=Severity.BLOCKING,
        where=error.where,
        message=f"pytest could not collect it: {' '.join(error.message.split())[-300:]}",
        hint="see build/evidence/verify.log; none of its scenarios ran",
    )


def _run(project: Project, only: tuple[str, ...], shares: int, on_progress: Callable[[int], None]) -> Recorded:
    """Run pytest, each share of the scenarios in an interpreter of its own; a crash leaves a record."""
    project.evidence.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clearway-verify-") as name, ExitStack() as stack:
        folders = [Path(name, str(share)) for share in range(shares)]
        stack.callback(_keep_logs, project, folders)  # also of a run that is interrupted
        processes = [_start(project, folder, only, f"{n}/{shares}", stack) for n, folder in enumerate(folders)]
        records = [folder / RECORD for folder in folders]
        while any(process.poll() is None for process in processes):
            with suppress(subprocess.TimeoutExpired):
                next(each for each in processes if each.returncode is None).wait(0.2)
            on_progress(sum(record.read_bytes().count(b"\n") for record in records))
        read = [_read_record(*each) for each in zip(records, (one.returncode for one in processes), strict=True)]
        return tuple(dict.fromkeys(line for lines in read for line in lines))


RECORD, LOG = "record.jsonl", "log"


def _keep_logs(project: Project, folders: Iterable[Path]) -> None:
    logs = (folder / LOG for folder in folders)
    (project.evidence / "verify.log").write_bytes(b"".join(log.read_bytes() for log in logs if log.is_file()))


def _start(
    project: Project, folder: Path, only: tuple[str, ...], share: str, stack: ExitStack
) -> subprocess.Popen[bytes]:
    """Start pytest on a share of the scenarios; it ends with the stack.

    Nothing of the user's takes part: no option, variable, plugin or module of theirs, no conftest.py, no terminal.
    """
    folder.mkdir()
    (folder / RECORD).touch()
    command = [
        sys.executable, "-s", "-P", "-c", _START, str(project.root), f"--config-file={project.root}/pyproject.toml",
        "--noconftest", "-p", "pytest_bdd.plugin", "-p", "verification.scenarios.plugin",
        "-p", "no:cacheprovider", f"--rootdir={project.root}", f"--basetemp={folder}/run",
        f"--record={folder / RECORD}", f"--share={share}", *(f"--only={selector}" for selector in only), "verification",
    ]  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_LEFT_OUT)}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1"}
    environment |= {"COLUMNS": "100"}  # what a command prints, and so the evidence, is as wide as a terminal is
    log = stack.enter_context((folder / LOG).open("wb"))
    process = subprocess.Popen(command, cwd=project.root, env=environment, stdout=log, stderr=log)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def _read_record(record: Path, status: int) -> Recorded:
    decoder = msgspec.json.Decoder(Line)
    lines = record.read_bytes().splitlines(keepends=True)
    recorded = tuple(decoder.decode(line) for line in lines if line.endswith(b"\n"))
    if status in (0, 1, 5) or (  # 5: pytest collected nothing, which the results say already
        status == 2 and any(isinstance(each, CollectionError) for each in recorded)
    ):
        return recorded
    return (*recorded, CollectionError(where="verification", message=f"pytest ended with status {status}"))
