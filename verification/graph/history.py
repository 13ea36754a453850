"""Ids that the history of the repository knows and the checkout does not: every one needs a tombstone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from verification.evidence import Issue, Project, ProjectError, Severity
from verification.specification.cache import recall
from verification.specification.items import Items
from verification.specification.kinds import FOLDERS, RETIRED

_ID = re.compile(r"[A-Z]+-\d{3,}")
_CRITERION = re.compile(r"^-.*\bid:\s*[\"']?(AC\d+)\b")
_FILE = re.compile(r"^diff --git a/(.*) b/\1$")


def find_vanished(project: Project, items: Items) -> Iterator[Issue]:
    """Yield a blocking issue for each id that a commit removed and that neither stands again nor has a tombstone."""
    try:
        shallow = project.git("rev-parse", "--is-shallow-repository") == "true"
        key = f"{project.commit()[0]} {shallow} {' '.join(FOLDERS)}"
        removed = recall(project, "removed", key, dict[str, str], partial(_find_removed, project))
    except (OSError, ProjectError, subprocess.CalledProcessError) as error:
        yield _unseen(f"git cannot tell the history: {(getattr(error, 'stderr', '') or str(error)).strip()[-200:]}")
        return
    if shallow:
        yield _unseen("the clone is shallow: what older commits removed is not in it")
    here = {*items.entries, *items.criteria, *items.retired}
    unsound = {entry.id for entry in items.entries.values() if not entry.sound}
    for name, file in sorted(removed.items()):
        item, _, criterion = name.partition("/")
        # Of an item that is gone, or that cannot be read, the criteria are not asked for.
        if name not in here and not (criterion and (item not in items.entries or item in unsound)):
            yield Issue(
                code="id-vanished", severity=Severity.BLOCKING, where=f"{RETIRED}:1",
                message=f"{name} once stood in {file} and is gone without a tombstone",
                hint=f"enter {name} here with the reason, or restore it: ids are never used again",
            )  # fmt: skip


def _find_removed(project: Project) -> dict[str, str]:
    """The ids that some commit removed, each with the file that held it."""
    history = _git(
        project, "log", "--format=", "--no-renames", "--diff-filter=DM", "--no-color", "--no-ext-diff",
        "--no-textconv", "-p", "--unified=0", "HEAD", "--", *FOLDERS,
    )  # fmt: skip
    found: dict[str, str] = {}
    file = ""
    for line in history.splitlines():
        named, criterion = _FILE.match(line), _CRITERION.match(line)
        if named:
            file = named[1]
        elif _ID.fullmatch(Path(file).stem) and line.startswith("deleted file"):
            found[Path(file).stem] = file
        elif criterion and _ID.fullmatch(Path(file).stem):
            found[f"{Path(file).stem}/{criterion[1]}"] = file
    return found


def _git(project: Project, *arguments: str) -> str:
    command = ["git", "-C", str(project.root), *arguments]
    run = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", errors="replace")
    return run.stdout


def _unseen(message: str) -> Issue:
    hint = "fetch all of the history: `git fetch --unshallow`"
    return Issue(code="history-unseen", severity=Severity.ADVISORY, where=RETIRED, message=message, hint=hint)
