"""The archive of formal runs: a folder each, with the digests of its files, never changed; and what shows a change."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from verification.evidence import (
    RECORDS,
    Gap,
    Issue,
    Meaning,
    Project,
    ReviewLine,
    RunKind,
    Severity,
    Source,
    VerificationEvidence,
    fitting,
    lines_by_subject,
    sha256_of,
)
from verification.records.record import find_line
from verification.sources.subjects import Subject

FOLDER = f"{RECORDS}/verification"
ARCHIVES = f"{FOLDER}/*/*"
FILES = ("verification.json", "verify.run.json")
SUMS = "SHA256SUMS"

_RESTORE = "restore it from git: an archive is never changed"


def folder_of(project: Project, source: Source) -> Path:
    """Where the formal run of a commit is archived."""
    return project.root / FOLDER / f"{source.commit_date}-{source.commit[:12]}"


def write_archive(project: Project, source: Source) -> Path:
    """Copy the evidence of a formal run and the record of the run to a folder of its own, whole or not at all.

    Raises:
        OSError: there is such a folder already, or it cannot be written.
    """
    target = folder_of(project, source)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        for name in FILES:
            shutil.copyfile(project.evidence / name, fresh / name)
        (fresh / SUMS).write_text("".join(f"{sha256_of(fresh / name)}  {name}\n" for name in FILES), encoding="utf-8")
        for name in (*FILES, SUMS):
            (fresh / name).chmod(0o444)
        fresh.chmod(0o755)
        fresh.rename(target)  # refuses a folder that holds anything
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return target


def find_archive_issues(
    project: Project, verification: VerificationEvidence | Gap, record: tuple[ReviewLine, ...], protocol: Subject
) -> Iterator[Issue]:
    """Yield a blocking issue for each archive that was changed, and for a formal run without approval or archive."""
    for folder in sorted({path.parent for path in project.find_files(ARCHIVES)}):
        for name, message in _find_changes(folder):
            where = f"{project.relative(folder)}/{name}"
            yield _issue("archive-changed", where, message, _RESTORE)
    if not isinstance(verification, Gap) and verification.kind is RunKind.FORMAL:
        hint = "run `clearway verify --formal` again"
        for message in _find_unfounded(project, verification, record, protocol):
            yield _issue("formal-unfounded", "verification.json", f"called a formal run, but {message}", hint)


def _find_changes(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each file of an archive that is not as its sums say, and what was found."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        yield SUMS, f"cannot be read: {error}".replace(f"{folder}/", "")
        return
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    here = {path.name for path in folder.iterdir()} - {SUMS}
    for name in sorted(here | sums.keys()):
        if name not in here:
            yield name, f"is gone; {SUMS} lists it"
        elif name not in sums:
            yield name, f"{SUMS} does not list it"
        elif (found := sha256_of(folder / name)) != sums[name]:
            yield name, f"SHA-256 {found}, expected {sums[name]}"


def _find_unfounded(
    project: Project, evidence: VerificationEvidence, record: tuple[ReviewLine, ...], protocol: Subject
) -> Iterator[str]:
    approval = find_line(project, evidence.approval or "")
    standing = fitting(lines_by_subject(record).get(protocol.id, ()), evidence.protocol_digest, Meaning.APPROVED)
    if approval is None or approval not in standing:
        yield "the review record holds no approval of its protocol that stands"
    if evidence.protocol_digest != protocol.digest:
        yield "the protocol is another today"
    if not evidence.complete or evidence.source.dirty:
        yield "it is not of a clean checkout and all scenarios"
    archived = folder_of(project, evidence.source) / FILES[0]
    if not archived.is_file() or sha256_of(archived) != sha256_of(project.evidence / FILES[0]):
        yield f"it is not what {project.relative(archived.parent)} holds"


def _issue(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)
