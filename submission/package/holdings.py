"""The evidence that a package holds beside its documents: what they rest on, to be read without the repository."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from submission.content.catalogue import Catalogue
from submission.words.folders import CATALOGUE
from verification.evidence import EVIDENCE_FILES, EvidenceBundle, Gap, Project, ReleaseEvidence

EVIDENCE = "evidence"
"""The folder of a package that holds them; an origin names a file of it without the folder."""


def find_holdings(project: Project, bundle: EvidenceBundle, catalogue: bytes) -> dict[str, bytes]:
    """Each file by its name in the folder: the evidence, the catalog, and the scores that studies rest on."""
    return dict(_find(project, bundle, catalogue))


def _find(project: Project, bundle: EvidenceBundle, catalogue: bytes) -> Iterator[tuple[str, bytes]]:
    bills = [] if isinstance(bundle.supply, Gap) else [bill.file for bill in bundle.supply.bills]
    for name in (*(name for name, _, _ in EVIDENCE_FILES.values()), *bills):
        path = project.evidence / name
        if path.is_file():
            yield name, path.read_bytes()
    yield CATALOGUE, catalogue
    studies = () if isinstance(bundle.studies, Gap) else bundle.studies.studies
    for study in studies:
        path = project.root / "verification" / "studies" / study.name / "scores.csv"
        if study.scores_sha256 and path.is_file():
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() == study.scores_sha256:
                yield f"scores/{study.name}.csv", content
    yield from _find_releases(project, () if isinstance(bundle.device, Gap) else bundle.device.releases)


def _find_releases(project: Project, releases: Iterable[ReleaseEvidence]) -> Iterator[tuple[str, bytes]]:
    """What a release says of itself, and the list of digests whose own digest is the release's."""
    for release in releases:
        folder = project.root / "device" / "releases" / release.name
        listed = folder / SUMS
        if listed.is_file() and hashlib.sha256(listed.read_bytes()).hexdigest() == release.digest:
            for path in (listed, folder / "release.yaml", folder / "card.yaml"):
                if path.is_file():
                    yield f"releases/{release.name}/{path.name}", path.read_bytes()


SUMS = "SHA256SUMS"
"""The list of digests of a release's files."""


def catalogue_file(catalogue: Catalogue) -> bytes:
    """The catalog as a file of the package, before its values remember where they stand."""
    return json.dumps(msgspec.to_builtins(catalogue), indent=1, ensure_ascii=False).encode() + b"\n"


def parsed(holdings: Mapping[str, bytes]) -> dict[str, Any]:
    """The JSON files, read."""
    return {name: json.loads(content) for name, content in holdings.items() if name.endswith(".json")}
