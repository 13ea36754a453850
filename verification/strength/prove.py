"""`clearway trace prove`: put small faults into the code that implements a requirement; see its scenarios notice them.

Faults are tried in copies of the tree, never in the checkout. What was tried is recorded after each symbol, and is not
tried again until something that it depends on changes.
"""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from verification.evidence import Mutant, MutantOutcome, Project, Strength
from verification.sources.scan import Symbol, scan
from verification.sources.scenarios import Scenario, inputs_of, read_scenarios
from verification.strength import trial
from verification.strength.mutants import Fault, find_faults
from verification.strength.strength import Links, read_tried, write_tried

PATIENCE_SECONDS, PATIENCE = 10.0, 10.0
"""A scenario may take so long, and so many times longer than without a fault."""


class BaselineError(Exception):
    """The scenarios do not pass without any fault: nothing can be learned from faults."""


@dataclass(frozen=True, slots=True)
class Work:
    """A symbol to put faults into, and the scenarios of each requirement that it implements."""

    symbol: Symbol
    linked: dict[str, tuple[Scenario, ...]]
    faults: tuple[Fault, ...]


def read_links(project: Project) -> Links:
    """Read what the product claims and what the scenarios test, as they are."""
    return Links(project, scan(project)[0], read_scenarios(project)[0])


def find_work(links: Links, only: tuple[str, ...] = ()) -> Iterator[Work]:
    """Yield what is to be tried: the symbols for which a result is missing or no longer fits.

    Args:
        links: symbols and scenarios.
        only: requirements and symbols; empty means all.
    """
    fitting = {_key(each.strength) for each in read_tried(links.project)[0] if links.still_fits(each)}
    for symbol in links.symbols:
        linked = {each: links.pairs[each, symbol.id] for each in symbol.implements if (each, symbol.id) in links.pairs}
        wanted = not only or symbol.id in only or any(each in only for each in linked)
        if wanted and any((each, symbol.id) not in fitting for each in linked):
            source = (links.project.root / symbol.file).read_text(encoding="utf-8")
            apart = frozenset(other.line for other in links.symbols if other.file == symbol.file)
            yield Work(symbol, linked, tuple(find_faults(source, symbol.line, apart)))


def prove(
    links: Links, work: list[Work], jobs: int, on_progress: Callable[[int, int], None]
) -> Generator[tuple[Strength, ...]]:
    """Try every fault of every symbol; record what came of it, and yield it, symbol by symbol.

    Closing it ends what is under way.

    Args:
        links: symbols and scenarios.
        work: what to try.
        jobs: how many faults are tried at a time.
        on_progress: called after each fault with the number tried and the number that there are.

    Yields:
        For each symbol, a result for each requirement that it implements. Lines count from the symbol's own.

    Raises:
        BaselineError: a scenario fails without any fault.
    """
    kept = {_key(each.strength): each for each in read_tried(links.project)[0] if _key(each.strength) in links.pairs}
    done, total = 0, sum(len(one.faults) for one in work)
    with _grounds(links.project, jobs) as grounds:
        seconds = _measure(grounds, work)
        tried = _try_all(grounds, work, seconds)
        for one in work:
            unnoticed: dict[str, list[Mutant]] = {requirement: [] for requirement in one.linked}
            for fault in one.faults:
                for requirement in set(one.linked) - next(tried):
                    unnoticed[requirement].append(_mutant(one.symbol, fault))
                done += 1
                on_progress(done, total)
            results = tuple(_strength(one, *each) for each in unnoticed.items())
            kept |= {_key(each): links.tried(each, links.steps_of(each.requirement)) for each in results}
            write_tried(links.project, kept.values())
            yield results


def _key(strength: Strength) -> tuple[str, str]:
    return strength.requirement, strength.symbol


def _mutant(symbol: Symbol, fault: Fault) -> Mutant:
    return Mutant(line=fault.line - symbol.line, before=fault.before, after=fault.after, outcome=MutantOutcome.SURVIVED)


def _strength(work: Work, requirement: str, unnoticed: list[Mutant]) -> Strength:
    return Strength(
        requirement=requirement,
        symbol=work.symbol.id,
        scenarios=len(work.linked[requirement]),
        killed=len(work.faults) - len(unnoticed),
        survived=len(unnoticed),
        equivalent=0,
        mutants=tuple(unnoticed),
    )


# --- trials -----------------------------------------------------------------------------------------------------------


def _measure(grounds: list[_Ground], work: list[Work]) -> dict[str, float]:
    """Run all scenarios without a fault: how long each takes, by id. Every ground imports what they needed."""
    scenarios = list({each.id: each for one in work for linked in one.linked.values() for each in linked}.values())
    asked = [
        trial.Linked(key=each.key, requirements=[each.id], limit=60 * PATIENCE_SECONDS) for each in scenarios
    ]  # each by itself: one that fails must not keep others from running
    answer = grounds[0].ask(trial.Trial(file=None, source=None, scenarios=asked))
    failed = [scenarios[int(n)].id for n, how in answer["outcomes"].items() if how != trial.PASSED]
    if failed or len(answer["outcomes"]) != len(scenarios):
        raise BaselineError(answer["message"] or f"without any fault, these fail: {', '.join(failed)}")
    for ground in grounds:
        ground.ask(answer["modules"])
    return {scenarios[int(n)].id: seconds for n, seconds in answer["seconds"].items()}


def _try_all(grounds: list[_Ground], work: list[Work], seconds: dict[str, float]) -> Iterator[set[str]]:
    """Yield, fault by fault and in order, the requirements whose scenarios noticed it."""
    free: SimpleQueue[_Ground] = SimpleQueue()
    for ground in grounds:
        free.put(ground)
    noticed: Counter[str] = Counter()

    def try_one(one: Work, fault: Fault) -> set[str]:
        # First what is quick, or has noticed many a fault; the outcome does not depend on the order.
        scenarios = {each.id: each for linked in one.linked.values() for each in linked}
        ordered = sorted(scenarios.values(), key=lambda each: seconds[each.id] / (1 + noticed[each.id]))
        ground = free.get()
        try:
            answer: trial.Answer = ground.ask(_trial(one, fault, ordered, seconds))
        finally:
            free.put(ground)
        if answer["message"]:  # the fault let nothing start
            return set(one.linked)
        failed = [ordered[int(n)] for n, how in answer["outcomes"].items() if how != trial.PASSED]
        noticed.update(each.id for each in failed)
        return {requirement for each in failed for requirement in each.requirements}

    with ThreadPoolExecutor(len(grounds)) as pool:
        try:
            yield from pool.map(lambda each: try_one(*each), [(one, fault) for one in work for fault in one.faults])
        except BaseException:  # interrupted: nobody waits for what is under way
            for ground in grounds:
                ground.close()
            raise


def _trial(work: Work, fault: Fault, scenarios: list[Scenario], seconds: dict[str, float]) -> trial.Trial:
    linked = [
        trial.Linked(
            key=each.key,
            requirements=[one for one in work.linked if one in each.requirements],
            limit=PATIENCE_SECONDS + PATIENCE * seconds[each.id],
        )
        for each in scenarios
    ]
    return trial.Trial(file=work.symbol.file, source=fault.source, scenarios=linked)


# --- copies of the tree -----------------------------------------------------------------------------------------------


class _Ground:
    """A copy of the tree, and the process that tries faults in it."""

    def __init__(self, project: Project, folder: Path) -> None:
        tree = folder / "tree"
        for path in project.find_files(*inputs_of(project)):
            copy = tree / project.relative(path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        # Compiled code that is valid by the content of its source: a fault written within the same second counts.
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(tree, quiet=2, invalidation_mode=mode)
        environment = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
        environment |= {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(tree), os.environ.get("PYTHONPATH")))),
            "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "TMPDIR": str(folder), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-P", trial.__file__, str(tree)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tree, env=environment, text=True, start_new_session=True,
        )  # fmt: skip

    def ask(self, request: Any) -> Any:
        """Send a request, and wait for its answer."""
        assert self.process.stdin and self.process.stdout  # noqa: S101, PT018 pipes were asked for
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End the process with all that it started."""
        self.process.terminate()
        with suppress(OSError):  # a signal that it met in a fork's hook or just before it read is lost; an end is not
            self.process.stdin.close()  # type: ignore[union-attr]  # a pipe was asked for
        self.process.wait()


@contextmanager
def _grounds(project: Project, jobs: int) -> Iterator[list[_Ground]]:
    with ExitStack() as stack:
        grounds = []
        for _ in range(jobs):
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="clearway-prove-", ignore_cleanup_errors=True)
            )
            grounds.append(_Ground(project, Path(folder)))
            stack.callback(grounds[-1].close)
        yield grounds
