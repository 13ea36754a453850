"""What a build tells at its end: requirements, scenarios, estimates against criteria, gaps, pages, where, how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from submission.context.assemble import Package
from submission.package.build import Built
from submission.package.manifest import count_sets
from verification.evidence import Gap

FEW = 8


def summary(built: Built) -> dict[str, Any]:
    """The figures of a build, as data; what is a gap is null."""
    package = built.package
    return {
        "release": None if isinstance(package.release, Gap) else f"{package.release.name} {package.release.version}",
        "state": package.state,
        "banners": list(package.banners),
        "commit": package.source.commit,
        "counts": {name: None if isinstance(value, Gap) else value for name, value in package.counts.items()},
        "criteria": dict(_verdicts(built)),
        "gaps": dict(Counter(row.severity for row in package.register)),
        "blocking": [f"{issue.where}: {issue.message}; {issue.hint}" for issue in package.blocking],
        "documents": len(built.documents),
        "pages": sum(document.pages for document in built.documents),
        "sets": count_sets([(document.entry, document.pages) for document in built.documents]),
        "folder": str(built.folder),
    }


def blocked(package: Package) -> dict[str, Any]:
    """What stops a build before any page is set, as data."""
    return {
        "state": package.state,
        "commit": package.source.commit,
        "blocking": [f"{issue.where}: {issue.message}; {issue.hint}" for issue in package.blocking],
        "documents": 0,
        "pages": 0,
        "folder": None,
    }


def lines(told: dict[str, Any], seconds: float) -> Iterator[str]:
    """The figures of a build, for a terminal; of one that was stopped, the reasons."""
    if told["folder"] is None:
        yield from _blocking(told["blocking"], "nothing is set; `--blocked` sets the documents, each page marked")
        return
    counts = {name: "none" if value is None else value for name, value in told["counts"].items()}
    gaps = ", ".join(f"{number} {severity}" for severity, number in sorted(told["gaps"].items()))
    yield f"release       {told['release'] or 'unknown'}: {'; '.join(told['banners'])}"
    yield (
        f"requirements  {counts['software_requirements']} software, {counts['system_requirements']} system, "
        f"{counts['user_needs']} user needs; {counts['hazards']} hazards, {counts['controls']} controls"
    )
    yield f"scenarios     {counts['scenarios']}, of which {counts['passed']} passed"
    yield f"estimates     {counts['estimates']}; criteria met: {counts['criteria_met']} of {counts['criteria']}"
    yield from (f"              {name}: {verdict}" for name, verdict in told["criteria"].items())
    yield f"gaps          {sum(told['gaps'].values())} ({gaps})"
    yield f"documents     {told['documents']}, {told['pages']} pages, in {told['folder']}"
    for name, held in told["sets"].items():
        yield f"              {name}: {held['documents']}, {held['pages']} pages"
    yield f"time          {seconds:.1f} s"
    yield from _blocking(told["blocking"], "every page says so")


def _verdicts(built: Built) -> Iterator[tuple[str, str]]:
    for criterion in getattr(built.package.study, "criteria", ()):
        yield criterion.id, "not evaluated" if criterion.met is None else "MET" if criterion.met else "NOT MET"


def _blocking(issues: list[str], result: str) -> Iterator[str]:
    if issues:
        yield f"BLOCKED       blocking issues: {len(issues)}; {result}"
        yield from (f"  {issue}" for issue in issues[:FEW])
        if len(issues) > FEW:
            yield f"  and {len(issues) - FEW} more; `--json` has all"
