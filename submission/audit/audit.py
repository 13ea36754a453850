"""Reads a package folder as a stranger would: every file against the manifest, every page against what it must say."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from submission.audit.again.judged import find_in_judged
from submission.audit.arithmetic import find_arithmetic
from submission.audit.claims import MALFORMED, find_in_ledgers
from submission.audit.held.fixed import find_in_words, notices_of
from submission.audit.held.releases import find_in_releases
from submission.audit.held.scores import find_in_scores
from submission.audit.held.tables import find_in_tables
from submission.audit.held.verdicts import find_in_verdicts
from submission.audit.held.whole import find_in_lists
from submission.audit.held.workbook import find_in_workbook
from submission.audit.names import EVIDENCE, MANIFEST, SIDECAR, VOLUME_LEDGER, ledger_of, printed, text_of
from submission.audit.page import find_in_look
from submission.audit.pages import find_in_pages
from submission.audit.signatures import find_in_signatures
from submission.audit.trusted import find_in_rebuild, find_other_manifest, find_other_signer

FORMAT = 3
PARTS: dict[str, Any] = {
    "commit": str, "state": str, "banners": list, "blocking": list, "release": (dict, type(None)), "documents": list,
    "sets": dict, "counts": dict, "statuses": (dict, type(None)), "evidence": dict, "claims": dict, "text": dict,
    "indications": dict, "volume": (dict, type(None)),
}  # fmt: skip
"""The parts of a manifest that are looked at, with the type of each."""


class Finding(NamedTuple):
    """Something that is not as it should be: a code, the file (and place in it), and what was found and expected."""

    code: str
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found, and how much it looked at."""

    findings: tuple[Finding, ...]
    files: int
    documents: int
    notices: tuple[str, ...] = ()
    """What could not be compared, and why."""

    def line(self) -> str:
        """One line for a terminal."""
        looked = f"{self.files} files, {self.documents} documents"
        return f"audit: {looked}: " + (f"{len(self.findings)} findings" if self.findings else "no findings")


def audit(
    folder: Path, manifest_digest: str | None = None, signer: Path | None = None, checkout: Path | None = None
) -> Report:
    """Check a package folder; needs nothing but it. An empty report of findings is a clean audit.

    Args:
        folder: the package.
        manifest_digest: SHA-256 of its manifest as it was told by another way.
        signer: the certificate with which it has to be signed.
        checkout: of its commit, with evidence made there; the package is built again and compared.

    Raises:
        TrustError: one of the last two cannot be used.
    """
    files, findings = _files(folder), [*find_in_package(folder)]
    manifest, _ = _read_manifest(folder)
    if manifest is None:
        return Report(tuple(findings), len(files), 0)
    findings += [Finding(*found) for found in _found_by_trust(folder, manifest_digest, signer, checkout)]
    notices = _found_in_evidence(lambda: notices_of(folder, manifest, _read_evidence(folder, manifest)))
    return Report(
        tuple(dict.fromkeys(findings)),
        len(files),
        len(manifest["documents"]),
        tuple(f"{where}: {message} [{code}]" for code, where, message in notices),
    )


def find_in_package(folder: Path) -> Iterator[Finding]:
    """Yield what is not as it should be in a package folder, by itself; whoever wants one finding may stop there."""
    manifest, findings = _read_manifest(folder)
    yield from findings
    if manifest is None:
        return
    yield from (*_find_in_names(manifest), *find_in_files(folder, manifest))
    known = _read_evidence(folder, manifest)
    evidence = {f"{EVIDENCE}{name}": value for name, value in known.items() if name != MANIFEST}
    checks: tuple[Callable[[], Iterable[tuple[str, str, str]]], ...] = (
        lambda: find_arithmetic(manifest, evidence),
        lambda: _found_in_pages(folder, manifest),
        lambda: _found_in_evidence(lambda: find_in_look(folder, manifest, known)),
        lambda: find_in_ledgers(folder, manifest, known),
        lambda: _found_in_evidence(lambda: find_in_judged(manifest, known)),
        lambda: _found_in_evidence(lambda: find_in_workbook(folder, known)),
        lambda: _found_in_evidence(lambda: find_in_releases(folder, manifest, known)),
        lambda: _found_in_evidence(lambda: find_in_verdicts(folder, manifest, known)),
        lambda: _found_in_evidence(lambda: find_in_lists(folder, manifest, known)),
        lambda: _found_in_evidence(lambda: find_in_tables(folder, manifest, known)),
        lambda: _found_in_evidence(lambda: find_in_words(folder, manifest, known)),
        lambda: find_in_signatures(folder),
        lambda: _found_in_evidence(lambda: find_in_scores(folder, known)),  # takes the longest
    )
    for check in checks:
        yield from (Finding(*found) for found in check())


def _found_by_trust(
    folder: Path, digest: str | None, signer: Path | None, checkout: Path | None
) -> Iterator[tuple[str, str, str]]:
    if digest is not None:
        yield from find_other_manifest(folder, digest)
    if signer is not None:
        yield from find_other_signer(folder, signer)
    if checkout is not None:
        yield from find_in_rebuild(folder, checkout)


def _found_in_pages(folder: Path, manifest: dict[str, Any]) -> list[tuple[str, str, str]]:
    try:
        return list(find_in_pages(folder, manifest))
    except (*MALFORMED, OSError) as error:
        return [("manifest-malformed", MANIFEST, f"not of its form: {type(error).__name__} {error}")]


def _found_in_evidence(find: Callable[[], Iterable[tuple[str, str, str]]]) -> list[tuple[str, str, str]]:
    try:
        return list(find())
    except (*MALFORMED, csv.Error) as error:
        return [("evidence-malformed", "evidence", f"not of its schema: {type(error).__name__} {error}")]


def _read_manifest(folder: Path) -> tuple[dict[str, Any] | None, list[Finding]]:
    path = folder / MANIFEST
    if not path.is_file():
        return None, [Finding("manifest-missing", MANIFEST, "there is no manifest; this is no built package")]
    content, findings = path.read_bytes(), []
    sidecar = folder / SIDECAR
    listed = sidecar.read_text(errors="replace").split(" ")[0].strip() if sidecar.is_file() else "no file"
    digest = hashlib.sha256(content).hexdigest()
    if listed != digest:
        findings.append(Finding("manifest-changed", MANIFEST, f"SHA-256 {digest}, {SIDECAR} says {listed}"))
    try:
        manifest = json.loads(content)
        _check_shape(manifest)
    except MALFORMED as error:
        return None, [*findings, Finding("manifest-unreadable", MANIFEST, f"not a manifest of a package: {error}")]
    return manifest, findings


def _check_shape(manifest: Any) -> None:
    """Touch what the other checks rely on.

    Raises:
        KeyError, TypeError, ValueError: the manifest is not of its form.
    """
    if manifest["format"] != FORMAT:
        raise ValueError(f"of format {manifest['format']!r}, expected {FORMAT}; build the package again")
    odd = [name for name, kind in PARTS.items() if not isinstance(manifest[name], kind)]
    if odd:
        raise TypeError(", ".join(f"{name} is a {type(manifest[name]).__name__}" for name in odd) + "; build it again")
    documents = printed(manifest)
    texts = [document[name] for document in documents for name in ("number", "title", "file", "sha256")]
    texts += [*manifest["evidence"], *manifest["evidence"].values(), *manifest["banners"]]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a name or digest is not text")
    if any(text.startswith("/") or ".." in text.split("/") for text in texts):
        raise ValueError("a name leads out of the folder")
    for document in documents:
        int(document["pages"])


def _find_in_names(manifest: dict[str, Any]) -> Iterator[Finding]:
    """Yield files that a part of the manifest lists wrongly or lacks: what nothing reads could be called evidence."""
    documents = manifest["documents"]
    numbers = [document["number"] for document in documents]
    expected = {
        "claims": {*map(ledger_of, documents), *([VOLUME_LEDGER] if manifest["volume"] else [])},
        "text": {*map(text_of, documents)},
    }
    for part, names in expected.items():
        if odd := sorted(names ^ set(manifest[part])):
            yield Finding("manifest-names", MANIFEST, f"{part}: expected one for each document, but {', '.join(odd)}")
    if odd := sorted(name for name in manifest["evidence"] if not name.startswith(EVIDENCE)):
        yield Finding("manifest-names", MANIFEST, f"evidence: {', '.join(odd)} is not in its folder")
    if len(set(numbers)) != len(numbers):
        yield Finding("manifest-names", MANIFEST, "documents: two have one number")


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _read_evidence(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Every JSON file of the evidence, by its name there, and the manifest."""
    names = [name for name in manifest["evidence"] if name.endswith(".json")]
    return {name.removeprefix(EVIDENCE): _read_json(folder / name) for name in names} | {MANIFEST: manifest}


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def find_in_files(folder: Path, manifest: dict[str, Any]) -> Iterator[Finding]:
    """Yield each file of a package that its manifest lists otherwise, that is missing, renamed or one too many."""
    files = _files(folder)
    listed = {document["file"]: document["sha256"] for document in printed(manifest)} | manifest["evidence"]
    listed |= manifest["claims"] | manifest["text"]
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files}
    strangers = {name for name in files if name not in listed and name not in (MANIFEST, SIDECAR)}
    for name, digest in sorted(listed.items()):
        if name in digests:
            if digests[name] != digest:
                yield Finding("file-changed", name, f"SHA-256 {digests[name]}, the manifest says {digest}")
            continue
        twin = next((other for other in sorted(strangers) if digests[other] == digest), None)
        if twin:
            strangers.discard(twin)
            yield Finding("file-renamed", name, f"is here as {twin}; give it its name back")
        else:
            yield Finding("file-missing", name, "the manifest lists it and it is not here")
    for name in sorted(strangers):
        yield Finding("file-extra", name, "the manifest does not list it; remove it")
