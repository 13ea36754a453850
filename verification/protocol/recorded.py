"""Analyses of files that are not in the repository: recorded once, with the digests of files, plan and code."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from verification.datasets.manifest import blocking
from verification.evidence import Analysis, Issue, Opening, RecordedAnalyses, Severity, write_atomically
from verification.evidence.project import sha256_of
from verification.protocol import ROOMS, log
from verification.protocol.plan import RECORD, StudyFolder

PACKAGE = Path(__file__).parents[1]
ROOTS = ("analyses/against_reads/*.py", "estimation/foreign_scores.py", "estimation/own_scores.py")
"""The modules that compute what is recorded."""
IMPORT = re.compile(rf"^\s*from verification\.((?:{'|'.join(ROOMS)})(?:\.\w+)*) import ([\w, ]*)", re.M)


@cache
def find_code(roots: tuple[str, ...] = ROOTS) -> tuple[str, ...]:
    """The modules that a recorded figure depends on: the roots, and all of these rooms that they import, sorted."""
    found: dict[str, None] = {}
    waiting = [path.relative_to(PACKAGE).as_posix() for root in roots for path in PACKAGE.glob(root)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += _find_imports((PACKAGE / name).read_text(encoding="utf-8"))
    return tuple(sorted(found))


def _find_imports(text: str) -> Iterator[str]:
    for module, names in IMPORT.findall(text):
        place = module.replace(".", "/")
        for name in (place, *(f"{place}/{each}" for each in names.split(", "))):
            if (PACKAGE / f"{name}.py").is_file():
                yield f"{name}.py"


def code_digest() -> str:
    """The SHA-256 of the modules that recorded analyses are computed by, in order."""
    return hashlib.sha256(b"".join((PACKAGE / name).read_bytes() for name in find_code())).hexdigest()


def find_digests(study: StudyFolder) -> dict[str, str]:
    """What a record is made from, by name: the plan's outside files and, of a study that was opened, its scores."""
    own = {study.scores.name: sha256_of(study.scores)} if study.scores.is_file() else {}
    return {name: one.sha256 for name, one in study.plan.inputs.items()} | own


def find_inputs(study: StudyFolder, data: Path | None) -> dict[str, Path]:
    """The outside files that a plan names, each with the digest that it states.

    Raises:
        ValueError: no folder is given, or files are missing or are others: all are named.
    """
    if data is None or not data.is_dir():
        raise ValueError(f"no folder of outside files: found {data}; give --data DIR, or set CLEARWAY_DATA")
    paths = {name: data / one.file for name, one in study.plan.inputs.items()}
    problems = []
    for name, path in paths.items():
        wanted = study.plan.inputs[name].sha256
        if not path.is_file():
            problems.append(f"{path}: missing; {study.where}/plan.yaml names it as {name}")
        elif (found := sha256_of(path)) != wanted:
            problems.append(f"{path}: SHA-256 {found}; expected {wanted} as in {study.where}/plan.yaml")
    if problems:
        raise ValueError("\n".join(problems))
    return paths


def write_recorded(study: StudyFolder, analyses: Sequence[Analysis]) -> tuple[Path, bool]:
    """Write `recorded.json` into the study's folder, bound to plan, code and inputs, and log what is recorded anew.

    Returns:
        Its path, and whether it is another than the one that was there.
    """
    record = RecordedAnalyses(study.digest, code_digest(), find_digests(study), tuple(analyses))
    path = study.folder / RECORD
    content = msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
    changed = not path.is_file() or path.read_bytes() != content
    write_atomically(path, content)
    files, today = {RECORD: sha256_of(path)}, datetime.now(UTC).date().isoformat()
    if _last_recorded(study) != files:
        reason = f"computed from {', '.join(sorted(study.plan.inputs))}, which stay with whoever holds them"
        log.append(
            study.log,
            Opening(
                event="recorded", date=today, reason=reason, plan_digest=study.digest, code_digest=record.code_digest,
                files=files,
            ),
        )  # fmt: skip
    return path, changed


def _last_recorded(study: StudyFolder) -> dict[str, str] | None:
    return next((one.files for one in reversed(study.openings) if one.event == "recorded"), None)


def read_recorded(study: StudyFolder) -> tuple[RecordedAnalyses | None, tuple[Issue, ...]]:
    """Read what was recorded, and find what it is stale by.

    Returns:
        The record, or None if it cannot be used (another plan, other inputs, missing or damaged), and the issues.
        Other code than the record's is an advisory issue.
    """
    where = f"{study.where}/{RECORD}"
    again = f"record it with `clearway evaluate {study.plan.name} --record --data DIR`"
    try:
        record = msgspec.json.decode((study.folder / RECORD).read_bytes(), type=RecordedAnalyses)
    except (OSError, msgspec.DecodeError) as error:
        return None, (blocking("record-unreadable", where, str(error), again),)
    stale = tuple(_find_stale(study, record, where, again))
    if stale:
        return None, stale
    found = code_digest()
    if record.code_digest != found:
        message = f"recorded by code of digest {record.code_digest}; the present one is {found}"
        return record, (
            Issue(
                code="recorded-with-other-code", severity=Severity.ADVISORY, where=where, message=message, hint=again
            ),
        )
    return record, ()


def _find_stale(study: StudyFolder, record: RecordedAnalyses, where: str, again: str) -> Iterator[Issue]:
    if record.plan_digest != study.digest:
        message = f"recorded by plan {record.plan_digest}; the present one is {study.digest}"
        yield blocking("record-of-another-plan", where, message, again)
    wanted = find_digests(study)
    if record.inputs != wanted:
        message = f"recorded from {record.inputs}; the study is of {wanted}"
        yield blocking("record-of-other-inputs", where, message, again)
    if study.locked != study.digest:
        message = f"plan and criteria have digest {study.digest}, the log's last lock {study.locked or 'is none'}"
        lock = f"lock the plan with `clearway study lock {study.plan.name}`, then {again}"
        yield blocking("plan-changed" if study.locked else "plan-unlocked", f"{study.where}/{log.LOG}", message, lock)
    if _last_recorded(study) != {RECORD: sha256_of(study.folder / RECORD)}:
        message = "is not what the log's last line with the event recorded says"
        yield blocking("record-unlogged", where, message, again)
