"""A formal run: the scenarios of an approved protocol, in a clean checkout. Every other run is an engineering run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from msgspec import structs

from verification.evidence import Meaning, Project, ResultStatus, RunKind, Source, VerificationEvidence, write_evidence
from verification.records.archive import folder_of
from verification.records.record import read_record, standing_digests
from verification.scenarios.verify import verify
from verification.sources.scenarios import read_scenarios
from verification.sources.subjects import Subject, find_protocol
from verification.specification.reading import read_items


class FormalError(Exception):
    """There can be no formal run now, or the run was none; a line for each reason."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a formal run rests on: the commit, the protocol, and the SHA-256 of the line that approves it."""

    commit: str
    protocol: Subject
    approval: str


def prepare(project: Project) -> Ready:
    """See that there can be a formal run now, before anything runs.

    Raises:
        FormalError: the checkout, the record or the protocol does not allow one.
    """
    source = project.source(())
    protocol = find_protocol(read_items(project), read_scenarios(project)[0])
    approvals = standing_digests(project, protocol, Meaning.APPROVED)
    problems = list(_find_obstacles(project, source, protocol, approvals))
    if problems:
        raise FormalError("\n".join(problems))
    return Ready(source.commit, protocol, approvals[-1])


def verify_formally(
    project: Project, ready: Ready, on_progress: Callable[[int, int], None] | None = None
) -> VerificationEvidence:
    """Run all scenarios and write the evidence as that of a formal run.

    Raises:
        FormalError: the run was not complete and clean; what ran is then an engineering run.
    """
    evidence = verify(project, (), on_progress)
    faults = list(_find_faults(evidence, ready))
    if faults:
        raise FormalError("\n".join((*faults, "what ran is kept as an engineering run")))
    formal = structs.replace(evidence, kind=RunKind.FORMAL, approval=ready.approval)
    write_evidence(project.evidence, "verification.json", formal)
    return formal


def _find_obstacles(project: Project, source: Source, protocol: Subject, approvals: list[str]) -> Iterator[str]:
    if source.dirty:
        yield "files of the checkout differ from the commit: commit them, approvals included"
    yield from (f"{issue.where}: {issue.message}; {issue.hint}" for issue in read_record(project)[1])
    if not approvals:
        yield (
            f"no approval of the protocol as it is now (digest {protocol.digest[:12]}) is recorded: "
            "have a person `clearway approve protocol`, then commit the record"
        )
    folder = folder_of(project, source)
    if folder.exists():
        yield f"{project.relative(folder)} holds the formal run of this commit: commit it; it is never overwritten"


def _find_faults(evidence: VerificationEvidence, ready: Ready) -> Iterator[str]:
    if evidence.source.dirty or evidence.source.commit != ready.commit:
        yield "the checkout was changed while the scenarios ran"
    if evidence.protocol_digest != ready.protocol.digest:
        yield "the protocol was changed while the scenarios ran"
    missing = sum(result.status is ResultStatus.NOT_RUN for result in evidence.results)
    if missing or not evidence.complete:
        yield f"{missing} of {len(evidence.results)} scenarios were not run: see build/evidence/verify.log"
