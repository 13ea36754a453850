"""What is left to do, as the Gap Register has it, told by role on a terminal; no page is set for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from submission.content.environment import make_environment
from submission.content.gaps import Grade
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.context.register import RegisterRow
from submission.package.typesetting import draft_documents
from verification.evidence import ROLES, Project

FEW = 8


def find_left(project: Project, release: str) -> tuple[RegisterRow, ...]:
    """The rows of the gap register that a build of a release would print.

    Raises:
        CatalogueError: a data file of `submission/` is not of its schema.
        RenderError: a template is at fault.
    """
    catalogue = read_catalogue()
    drafts = draft_documents(make_environment(), catalogue, assemble(project, catalogue, release))
    return drafts.package.register


def left_json(row: RegisterRow) -> dict[str, Any]:
    """A row as JSON can hold it, with the names that every line of `clearway status --json` has."""
    return {"role": row.owner, "what": row.what, "how": row.closes, "blocking": False} | asdict(row)


def left_lines(rows: Sequence[RegisterRow]) -> Iterator[str]:
    """Yield the lines: how many are left, then each role with its own in the order in which they can be closed."""
    of = Counter(row.severity for row in rows)
    graded = ", ".join(f"{of[grade]} {grade}" for grade in Grade)
    yield f"left: {len(rows)} ({graded}), as in the Gap Register, CW-DOC-014; in the order in which they can be closed"
    for role in ROLES:
        own = [row for row in rows if row.owner == role]
        yield f"{role}: {len(own) or 'nothing'} to do"
        for row in own:
            yield f"  {row.number:2}  {row.severity:8}  {row.id} {row.what}"
            waits = f"; after {', '.join(row.after)}" if row.after else ""
            yield f"                {row.closing}{waits}: {row.closes}"
            if row.found:
                names = list(dict.fromkeys(name for one in row.found for name in one.of))
                more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
                yield f"                found: {'; '.join(names[:FEW])}{more}"
