"""What the trace browser shows beside the trace: the code of each symbol, and the history of each item's file."""

from __future__ import annotations

from collections.abc import Iterable

from verification.evidence import Commit, Excerpt, Gap, History, Project, SourcesEvidence, TraceEvidence
from verification.sources.scan import Symbol

_SHALLOW = Gap(
    reason="this is a shallow clone, which holds only a part of the history",
    closes="run `git fetch --unshallow`, then `clearway trace`",
)
_COMMIT, _FIELD = "\x01", "\x02"


def read_sources(project: Project, trace: TraceEvidence, symbols: Iterable[Symbol]) -> SourcesEvidence:
    """Read the code of the symbols and, in one pass over it, the history of the files that hold items."""
    history = _read_history(project, {item.file for item in trace.items})
    return SourcesEvidence(source=trace.source, excerpts=_read_excerpts(project, symbols), history=history)


def _read_excerpts(project: Project, symbols: Iterable[Symbol]) -> dict[str, Excerpt]:
    lines: dict[str, list[str]] = {}
    found: dict[str, Excerpt] = {}
    for symbol in symbols:
        if symbol.file not in lines:
            text = (project.root / symbol.file).read_text(encoding="utf-8", errors="replace")
            lines[symbol.file] = text.split("\n")
        first, last = symbol.extent
        text = "\n".join(lines[symbol.file][first - 1 : last or None])
        found[symbol.id] = Excerpt(line=first, text=text.rstrip("\n"))
    return found


def _read_history(project: Project, files: set[str]) -> History | Gap:
    if project.git("rev-parse", "--is-shallow-repository") == "true":
        return _SHALLOW
    shape = _COMMIT + _FIELD.join(("%cs", "%H", "%s"))
    folders = sorted({file.partition("/")[0] for file in files})
    said = project.git(
        "-c", "core.quotePath=false", "log", "--full-history", "--name-only", f"--format={shape}", "--", *folders
    )
    commits: list[Commit] = []
    of_file: dict[str, list[int]] = {}
    for entry in said.encode(errors="surrogateescape").decode(errors="replace").split(_COMMIT)[1:]:
        head, *names = entry.split("\n")
        touched = files.intersection(names)
        if touched:
            date, digest, subject = head.split(_FIELD, 2)
            for name in touched:
                of_file.setdefault(name, []).append(len(commits))
            commits.append(Commit(date=date, hash=digest[:12], subject=subject))
    return History(commits=tuple(commits), of_file={name: tuple(places) for name, places in of_file.items()})
