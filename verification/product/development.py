"""What git says of how the software came about: counts, tags, first commits; and the notes of changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from verification.evidence import ChangeNote, Development, FirstCommit, Gap, Project, ProjectError, Tag

CHANGELOG, NEW_NOTES = "docs/changelog.md", "docs/changes/*.*.md"
NOTES = (CHANGELOG, NEW_NOTES)
"""What users were told of changes: by version, and one file for each change that no version holds yet."""
FIRSTS = ("risk/policy.yaml", "risk/hazards", "risk/controls", "requirements_spec", "verification/features")
"""Files and folders whose first commit a reader asks for, beside that of the product: what came before what."""

_REVIEWED = re.compile(r"^(?:Reviewed|Acked|Approved)-by:", re.MULTILINE | re.IGNORECASE)
_COMMIT, _FIELD = "\x01", "\x02"

SHALLOW = Gap(
    reason="this is a shallow clone, which holds only a part of the history",
    closes="run `git fetch --unshallow`, then `clearway trace`",
)


def describe_development(project: Project) -> Development | Gap:
    """Read the history up to the commit of the checkout; a gap where git cannot tell it."""
    try:
        if project.git("rev-parse", "--is-shallow-repository") == "true":
            return SHALLOW
        return _describe(project)
    except ProjectError as error:
        return Gap(reason=f"git cannot tell the history: {error}", closes="run `clearway trace` in a git clone")


def _describe(project: Project) -> Development:
    shape = _COMMIT + _FIELD.join(("%cs", "%ae", "%ce", "%P", "%B"))
    said = project.git("-c", "log.showSignature=false", "log", f"--format={shape}")
    rows = [entry.split(_FIELD, 4) for entry in said.split(_COMMIT)[1:]]
    return Development(
        commits=len(rows),
        first_date=rows[-1][0],
        last_date=rows[0][0],
        authors=len({row[1] for row in rows}),
        committers=len({row[2] for row in rows}),
        merges=sum(" " in row[3] for row in rows),
        reviewed=sum(bool(_REVIEWED.search(row[4])) for row in rows),
        tags=tuple(_find_tags(project)),
        firsts=tuple(_find_first(project, path) for path in (*FIRSTS, project.product.package)),
        notes=tuple(_find_notes(project)),
    )


def _find_tags(project: Project) -> Iterator[Tag]:
    shape = "%(creatordate:short) %(objectname) %(refname:short)"
    for line in project.git("tag", "--list", "--merged", "HEAD", f"--format={shape}").splitlines():
        date, commit, name = line.split(" ", 2)
        yield Tag(name=name, date=date, commit=commit[:12])


def _find_first(project: Project, path: str) -> FirstCommit:
    said = project.git("-c", "log.showSignature=false", "log", "--reverse", "--format=%cs %H", "--", path)
    date, _, commit = said.partition("\n")[0].partition(" ")
    return FirstCommit(path=path, date=date or None, commit=commit[:12] or None)


def _find_notes(project: Project) -> Iterator[ChangeNote]:
    """Yield the notes that no version holds yet by file name, then those of the changelog as they stand there."""
    for file in project.find_names(NEW_NOTES):
        kind = file.rpartition("/")[2].split(".")[1]
        text = project.read(file).decode(errors="replace")
        yield ChangeNote(version=None, kind=kind, text=text.strip())
    for file in project.find_names(CHANGELOG):
        yield from _find_versions_notes(project.read(file).decode(errors="replace"))


def _find_versions_notes(changelog: str) -> Iterator[ChangeNote]:
    """Yield the notes of a changelog as towncrier writes it: a heading a version, one a kind, a bullet a note."""
    for entry in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        version = entry.split(maxsplit=1)[0]
        for block in re.split(r"^### ", entry, flags=re.MULTILINE)[1:]:
            kind, *notes = re.split(r"^- ", block, flags=re.MULTILINE)
            for note in notes:
                text = "\n".join(line.removeprefix("  ") for line in note.strip().splitlines())
                yield ChangeNote(version=version, kind=kind.strip().lower(), text=text)
