"""The bundle: all evidence, total. Each part is there or is a gap that says why and what closes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.evidence.files import EvidenceError, read_evidence, read_manifest
from verification.evidence.project import Project, digest_of_suite
from verification.evidence.types import (
    DatasetsEvidence,
    DeviceEvidence,
    Gap,
    Issue,
    Severity,
    Source,
    SourcesEvidence,
    StudiesEvidence,
    SupplyEvidence,
    TraceEvidence,
    VerificationEvidence,
)

EVIDENCE_FILES: dict[str, tuple[str, type, str]] = {
    "device": ("device.json", DeviceEvidence, "clearway trace"),
    "verification": ("verification.json", VerificationEvidence, "clearway verify"),
    "trace": ("trace.json", TraceEvidence, "clearway trace"),
    "studies": ("studies.json", StudiesEvidence, "clearway evaluate"),
    "datasets": ("datasets.json", DatasetsEvidence, "clearway data explore"),
    "supply": ("supply.json", SupplyEvidence, "clearway supply"),
}
"""Each part of the bundle: its file, its type, and the command that makes it."""

MAKING = ("clearway verify", "clearway evaluate", "clearway data explore", "clearway supply", "clearway trace")
"""The commands that make the evidence, each after those whose evidence it reads."""

SOURCES = "sources.json"
"""Evidence beside the bundle, for the trace browser alone: where it is missing nothing is blocked."""


@dataclass(frozen=True, slots=True)
class EvidenceBundle:
    """The only door to the templates. `issues` says of each part that is a gap why it cannot be used."""

    device: DeviceEvidence | Gap
    verification: VerificationEvidence | Gap
    trace: TraceEvidence | Gap
    studies: StudiesEvidence | Gap
    datasets: DatasetsEvidence | Gap
    supply: SupplyEvidence | Gap
    digests: dict[str, str]
    issues: tuple[Issue, ...]


def read_bundle(folder: Path) -> EvidenceBundle:
    """Read all evidence of a folder; what is missing or damaged becomes a gap and a blocking issue."""
    parts: dict[str, Any] = {}
    issues: list[Issue] = []
    for part, (name, kind, command) in EVIDENCE_FILES.items():
        try:
            parts[part] = read_evidence(folder, name, kind)
        except FileNotFoundError:
            parts[part] = Gap(reason=f"{name} has not been made", closes=f"run `{command}`")
            issues.append(_missing(f"{folder / name}", "no such evidence", command))
        except EvidenceError as error:
            parts[part] = Gap(reason=f"{name} cannot be used", closes=f"run `{command}` again")
            issues.append(_missing(f"{folder / name}", str(error), command))
    return EvidenceBundle(**parts, digests=_digests(folder), issues=tuple(issues))


def read_sources(folder: Path, trace: TraceEvidence | Gap) -> SourcesEvidence | Gap:
    """Read the code and the history of a trace's items; a gap where they are missing, damaged or of another trace."""
    again = Gap(reason=f"{SOURCES} cannot be used", closes="run `clearway trace` again")
    try:
        sources = read_evidence(folder, SOURCES, SourcesEvidence)
    except FileNotFoundError:
        return Gap(reason=f"{SOURCES} has not been made", closes="run `clearway trace`")
    except EvidenceError:
        return again
    return sources if isinstance(trace, Gap) or sources.source == trace.source else again


def find_stale(bundle: EvidenceBundle, project: Project) -> Iterator[Issue]:
    """Yield a blocking issue for each part that was made from something that has changed since."""
    for part, (name, _, command) in EVIDENCE_FILES.items():
        evidence = getattr(bundle, part)
        if not isinstance(evidence, Gap):
            for message in find_changes(evidence.source, project):
                yield _stale(name, message, command)


def find_changes(source: Source, project: Project) -> Iterator[str]:
    """Yield what has changed since evidence was made, of all that it was made from; other commits change nothing."""
    for pattern, digest in source.code.items():
        if digest_of_suite(pattern) != digest:
            yield f"was made by other code: {pattern} has changed since"
    for name in sorted({*project.find_names(*source.patterns)} - source.inputs.keys()):
        yield f"was made without {name}, which was added since"
    for relative, digest in source.inputs.items():
        found = project.digest(relative)
        if found is None:
            yield f"was made from {relative}, which is gone"
        elif found != digest:
            yield f"was made from {relative}, which has changed since"


def _digests(folder: Path) -> dict[str, str]:
    try:
        return read_manifest(folder)
    except EvidenceError:
        return {}


def _missing(where: str, message: str, command: str) -> Issue:
    return Issue(
        code="evidence-missing", severity=Severity.BLOCKING, where=where, message=message, hint=f"run `{command}`"
    )


def _stale(name: str, message: str, command: str) -> Issue:
    return Issue(
        code="evidence-stale", severity=Severity.BLOCKING, where=name, message=message, hint=f"run `{command}` again"
    )
