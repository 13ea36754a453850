"""What anything that is rendered says of itself: of which commit, release and evidence it is, and what blocks it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from submission.context.blocking import find_blocking
from submission.context.gaps import bind
from submission.context.studied import named, study_of
from submission.words.claims import remember
from submission.words.folders import MANIFEST
from verification.evidence import (
    EVIDENCE_FILES,
    EvidenceBundle,
    Gap,
    Issue,
    Project,
    ReleaseEvidence,
    Source,
    Study,
    read_bundle,
)

BLOCKED = "BLOCKED"
BANNER = {"reference": "REFERENCE RELEASE, NOT FOR SUBMISSION", "candidate": "DRAFT"}
"""What stands on every page of a release of this status; no option lifts it."""

STANDING = {
    "reference": "This is a reference release. It rests on public data alone, it shows form and "
    "method, and it can never be filed. It supports no indication.",
    "candidate": "This is a draft of a candidate release. No person has approved it.",
}


@dataclass(frozen=True, slots=True)
class Head:
    """What anything that is rendered says of itself: of which commit, release and evidence it is, what blocks it."""

    bundle: EvidenceBundle
    source: Source
    release: ReleaseEvidence | Gap
    study: Study | Gap
    blocking: tuple[Issue, ...]
    banners: tuple[str, ...]
    standing: str


def read_head(project: Project, release_name: str) -> Head:
    """Read the evidence of a checkout and judge whether it can be used for a release."""
    bundle = read_bundle(project.evidence)
    release = bind(bundle.device, lambda device: named(device.releases, release_name, "device.json"))
    study = study_of(bundle, release)
    blocking = tuple(find_blocking(bundle, project, release, study))
    return Head(
        bundle=bundle,
        source=project.source(()),
        release=release,
        study=study,
        blocking=blocking,
        banners=_banners(release, blocked=bool(blocking)),
        standing=STANDING.get(getattr(release, "status", ""), STANDING["candidate"]),
    )


def with_origins(head: Head) -> Head:
    """The same, with all evidence, and what the manifest states, remembering where it stands."""
    for part, (name, _, _) in EVIDENCE_FILES.items():
        remember(getattr(head.bundle, part), f"{name}#")
    source = Source(commit=head.source.commit, commit_date=head.source.commit_date, dirty=head.source.dirty, inputs={})
    remember(source, f"{MANIFEST}#")
    blocking = remember(head.blocking, f"{MANIFEST}#/blocking")
    # A release that nobody knows is named by the user alone, so that only what blocks says of it where it stands.
    unknown = [Gap(reason=one.message, closes=one.hint) for one in blocking if one.code == "release-unknown"]
    release = unknown[0] if unknown else head.release
    return replace(head, source=source, blocking=blocking, release=release, study=study_of(head.bundle, release))


def _banners(release: ReleaseEvidence | Gap, *, blocked: bool) -> tuple[str, ...]:
    # A status that nobody knows is a draft: it is never silently fit for submission.
    standing = () if isinstance(release, Gap) else (BANNER.get(release.status, BANNER["candidate"]),)
    return (*((BLOCKED,) if blocked else ()), *standing)
