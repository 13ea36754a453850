"""Analyses of files that are not in the repository: recorded once, with the digests of files, plan and code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from verification.datasets.manifest import blocking
from verification.evidence import Analysis, Issue, RecordedAnalyses, Severity, write_atomically
from verification.evidence.project import sha256_of
from verification.performance.plan import StudyFolder

RECORD = "recorded.json"
PACKAGE = Path(__file__).parents[1]
CODE = (
    *(
        f"performance/{name}.py"
        for name in (
            "agreement",
            "calibration",
            "comparator",
            "curves",
            "estimates",
            "intervals",
            "metrics",
            "prevalence",
        )
    ),
    *(f"datasets/{name}.py" for name in ("mapping", "reads", "records", "references")),
)
"""The modules that a recorded figure depends on."""


def code_digest() -> str:
    """The SHA-256 of the modules that recorded analyses are computed by, in order."""
    return hashlib.sha256(b"".join((PACKAGE / name).read_bytes() for name in CODE)).hexdigest()


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


def write_recorded(study: StudyFolder, analyses: Sequence[Analysis]) -> Path:
    """Write `recorded.json` into the study's folder, bound to plan, code and inputs; returns its path."""
    inputs = {name: one.sha256 for name, one in study.plan.inputs.items()}
    record = RecordedAnalyses(study.digest, code_digest(), inputs, tuple(analyses))
    path = study.folder / RECORD
    write_atomically(path, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    return path


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
    wanted: Mapping[str, str] = {name: one.sha256 for name, one in study.plan.inputs.items()}
    if record.inputs != wanted:
        yield blocking(
            "record-of-other-inputs", where, f"recorded from {record.inputs}; the plan names {wanted}", again
        )
