"""Is the evidence what its commands make? All of it is made again in a fresh clone of the commit, and compared.

A manifest of digests shows that a file is the one that was listed, and nothing of who wrote either. What was edited and
listed again is noticed here, since nothing that was written before is used: not the evidence, not the caches.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from verification.evidence import EvidenceError, Issue, Project, Severity, Source, find_changes, read_evidence
from verification.evidence.bundle import EVIDENCE_FILES, MAKING
from verification.qualification.qualify import run
from verification.strength.prove import read_links
from verification.strength.strength import Tried, read_tried, write_tried

BOUND_ELSEWHERE = {"commit", "commit_date", "dirty", "kind", "approval"}
"""Of the source, and of a formal run: the trace holds these against git and the review record."""

SHARE = 20
"""Of so many recorded results of deliberate faults, one is tried again."""
MOST_TOLD = 5
MADE = "build/evidence/"


@dataclass(frozen=True, slots=True)
class Again:
    """A file of evidence, or a recorded result: how long it took to make it again, and where it differs.

    `written` is false where there was nothing to compare with.
    """

    name: str
    seconds: float
    issues: tuple[Issue, ...]
    written: bool = True


def compare_again(project: Project) -> Iterator[Again]:
    """Make everything again, and yield each part with what is not as it was written.

    Takes minutes, most of them for the scenarios.

    Raises:
        ValueError: files of the checkout differ from its commit, so that a clone has others; or git makes no clone.
    """
    if changed := project.find_uncommitted():
        named = ", ".join(each.split()[-1] for each in changed[:3])
        raise ValueError(f"{len(changed)} files differ from the commit ({named}); commit them, then ask again")
    with tempfile.TemporaryDirectory(prefix="clearway-again-") as folder:
        clone = Project(Path(folder).resolve() / "clone")
        command = ["git", "clone", "--quiet", "--no-hardlinks", str(project.root), str(clone.root)]
        cloned = subprocess.run(command, check=False, capture_output=True, text=True)
        if cloned.returncode:
            raise ValueError(f"git cannot clone {project.root}: {cloned.stderr.strip()}; mend that, then ask again")
        for made in MAKING:
            started = time.monotonic()
            _, said = run(clone.root, *made.split()[1:])
            for name, kind, command_of in EVIDENCE_FILES.values():
                if command_of == made:
                    issues = tuple(_compare(project, clone, name, kind, said))
                    written = (project.evidence / name).is_file()
                    yield Again(name, time.monotonic() - started, issues, written)
        yield from _try_faults(project, clone)


def _compare(project: Project, clone: Project, name: str, kind: type[Any], said: str) -> Iterator[Issue]:
    try:
        written = read_evidence(project.evidence, name, kind)
    except FileNotFoundError:
        return  # a gap, and said as one
    except EvidenceError as error:
        yield _issue("evidence-unusable", name, str(error), "make it again")
        return
    try:
        made = read_evidence(clone.evidence, name, kind)
    except (FileNotFoundError, EvidenceError) as error:
        last = (said.strip().splitlines() or ["nothing was said"])[-1]
        yield _issue("evidence-not-made", name, f"in a fresh clone it is not made: {error}; {last}", "see why")
        return
    if older := _find_older(project, written):
        yield _issue("evidence-older", name, f"{older}; it is not compared", "make the evidence again, in its order")
        return
    before, after = (msgspec.json.decode(msgspec.json.encode(each)) for each in (written, made))
    for each in (before, after):  # the evidence below has a commit in it, and so another digest
        each["source"]["inputs"] = {n: d for n, d in each["source"]["inputs"].items() if not n.startswith(MADE)}
    differing = list(find_differing(before, after))
    for place, was, is_ in differing[:MOST_TOLD]:
        message = f"{place} is {was}, made again it is {is_}"
        yield _issue("evidence-altered", name, message, "see who changed it; make the evidence again")
    if len(differing) > MOST_TOLD:
        message = f"{len(differing) - MOST_TOLD} more values are not what is made again"
        yield _issue("evidence-altered", name, message, "see who changed it; make the evidence again")


def _find_older(project: Project, written: Any) -> str:
    """Why evidence is not of the checkout as it is, or rests on such; nothing if it is."""
    source: Source = written.source
    for name, kind, _ in EVIDENCE_FILES.values():
        if f"{MADE}{name}" in source.inputs:
            with suppress(FileNotFoundError, EvidenceError):
                below: Source = read_evidence(project.evidence, name, kind).source
                if changed := next(find_changes(below, project), None):
                    return f"rests on {name}, which {changed}"
    return next(find_changes(source, project), "")


def find_differing(before: Any, after: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield the places at which two values as JSON has them differ, and what stands there in each."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if key not in BOUND_ELSEWHERE:
                yield from find_differing(
                    before.get(key, _ABSENT), after.get(key, _ABSENT), f"{place}.{key}" if place else key
                )
    elif isinstance(before, list) and isinstance(after, list) and _names(before) and _names(after):
        of = [{str(_name(each)): each for each in side} for side in (before, after)]
        for name in sorted(of[0].keys() | of[1].keys()):
            yield from find_differing(of[0].get(name, _ABSENT), of[1].get(name, _ABSENT), f"{place}[{name}]")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from find_differing(*pair, f"{place}[{number}]")
    elif before != after:
        yield place, _show(before), _show(after)


_ABSENT = "nothing"


def _name(value: Any) -> str | None:
    return (value.get("id") or value.get("name")) if isinstance(value, dict) else None


def _names(values: Sequence[Any]) -> bool:
    """Whether each value of a list has a name that no other has."""
    names = [_name(each) for each in values]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _show(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = str(value) if not isinstance(value, dict) else str(_name(value) or "there")
    return text if len(text) <= 80 else f"{text[:77]}…"


# --- deliberate faults ------------------------------------------------------------------------------------------------


def choose(fitting: Sequence[Tried], commit: str) -> list[str]:
    """The symbols that are tried again: one of so many, others at another commit, so that nobody can tell which."""
    symbols = sorted(
        {each.strength.symbol for each in fitting},
        key=lambda symbol: hashlib.sha256(f"{commit} {symbol}".encode()).hexdigest(),
    )
    return sorted(symbols[: -(-len(symbols) // SHARE)])


def _try_faults(project: Project, clone: Project) -> Iterator[Again]:
    links = read_links(clone)
    tried, _ = read_tried(clone)
    chosen = choose([each for each in tried if links.still_fits(each)], project.commit()[0])
    if not chosen:
        return
    write_tried(clone, [each for each in tried if each.strength.symbol not in chosen])
    started = time.monotonic()
    _, said = run(clone.root, "trace", "prove", *chosen)
    made = {(each.strength.requirement, each.strength.symbol): each for each in read_tried(clone)[0]}
    for symbol in chosen:
        recorded = [each for each in tried if each.strength.symbol == symbol]
        issues = tuple(_tell(each, made.get((each.strength.requirement, symbol)), said) for each in recorded)
        yield Again(f"faults in {symbol}", time.monotonic() - started, tuple(filter(None, issues)))
        started = time.monotonic()


def _tell(was: Tried, now: Tried | None, said: str) -> Issue | None:
    """An issue if a fault is recorded as noticed and is not; that one more is noticed may be a scenario out of time."""
    requirement, symbol = was.strength.requirement, was.strength.symbol
    hint = "take the result out of verification/strength.json, then `clearway trace prove`; see who recorded it"
    if now is None:
        last = (said.strip().splitlines() or ["nothing was said"])[-1]
        return _issue("strength-altered", requirement, f"{symbol}: the faults cannot be tried again: {last}", hint)
    missed = [each for each in now.strength.mutants if each not in was.strength.mutants]
    if not missed:
        return None
    first = f"{missed[0].before} → {missed[0].after}"
    message = f"{symbol}: {len(missed)} faults recorded as noticed are not, tried again; the first is {first}"
    return _issue("strength-altered", requirement, message, hint)


def _issue(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)
