"""Facts of the product for `device.json`: what it says of itself, its source, its releases, the lock files."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from functools import partial
from typing import Any, TypeAlias

import msgspec
from msgspec import structs

from verification.evidence import (
    DeviceEvidence,
    Issue,
    Project,
    Severity,
    Soup,
    Source,
)
from verification.product import development
from verification.product.design import describe_design
from verification.product.releases import describe_release, read_releases
from verification.product.said import ask
from verification.product.timing import RECORD, read_timing
from verification.sources.locks import LOCKS, distribution_name, read_lock
from verification.specification.cache import ALL_CODE, code_digest, recall

CODE = ("verification/product/*.py", "verification/sources/*.py", "verification/evidence/**/*.py")
Described: TypeAlias = tuple[DeviceEvidence, tuple[Issue, ...]]


def inputs_of_device(project: Project) -> tuple[str, ...]:
    """The patterns of what the description is made from."""
    return (project.product.files, "pyproject.toml", "*.lock", RECORD, *development.NOTES)


def read_device(project: Project) -> Described:
    """Describe the product as it stands in the checkout, and what is wrong with its releases and dependencies."""
    source = project.source(patterns=inputs_of_device(project), code=CODE)
    clean = structs.replace(source, dirty=False)  # an edit of anything else leaves the description as it is
    of_source = hashlib.sha256(msgspec.json.encode(clean, order="sorted")).hexdigest()
    key = f"{of_source} {code_digest(*ALL_CODE)}"
    evidence, issues = recall(project, "device", key, Described, partial(_describe, project, source))
    return structs.replace(evidence, source=source), issues


def _describe(project: Project, source: Source) -> Described:
    releases, issues = read_releases(project)
    timing, timing_issues = read_timing(project)
    metadata = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    soup = tuple(_find_soup(project, metadata))
    evidence = DeviceEvidence(
        source=source,
        name=metadata["project"]["name"].capitalize(),  # the product's name; its distribution is written small
        version=metadata["project"]["version"],
        releases=tuple(describe_release(release) for release in releases),
        soup=soup,
        design=describe_design(project, metadata),
        development=development.describe_development(project),
        requires_python=metadata["project"].get("requires-python", ""),
        timing=timing,
        **ask(project, releases),
    )
    return evidence, (*issues, *timing_issues, *_find_soup_issues(project, soup))


# --- software of unknown provenance -----------------------------------------------------------------------------------


def _find_soup(project: Project, metadata: dict[str, Any]) -> Iterator[Soup]:
    """Yield each locked package once, under the first of the locks that names it."""
    rows = metadata.get("tool", {}).get("clearway", {}).get("soup", {})
    described = {distribution_name(name): row for name, row in rows.items()}
    direct = {distribution_name(requirement) for requirement in _requirements(metadata["project"])}
    seen: set[str] = set()
    for extra in LOCKS:
        for locked in read_lock(project.root / f"{extra}.lock"):
            name = distribution_name(locked.name)
            if name not in seen:
                seen.add(name)
                row = described.get(name, {})
                row = {"purpose": row} if isinstance(row, str) else row
                yield Soup(
                    name=locked.name,
                    version=locked.version,
                    extra=extra,
                    direct=name in direct,
                    purpose=row.get("purpose", ""),
                    licence=row.get("license"),
                )


def _requirements(metadata: dict[str, Any]) -> Iterator[str]:
    yield from metadata.get("dependencies", ())
    for requirements in metadata.get("optional-dependencies", {}).values():
        yield from requirements


def _find_soup_issues(project: Project, soup: tuple[Soup, ...]) -> Iterator[Issue]:
    for extra in LOCKS:
        if not (project.root / f"{extra}.lock").is_file():
            yield _issue("lock-missing", f"{extra}.lock", "no such lock file", "make it with `sh .ci/lock`")
    for row in soup:
        if row.direct and not (row.purpose and row.licence):
            missing = "purpose" if not row.purpose else "license"
            hint = f"add {missing} under [tool.clearway.soup]"
            yield _issue("soup-undescribed", "pyproject.toml", f"{row.name} has no {missing}", hint)


def _issue(code: str, where: str, message: str, hint: str, severity: Severity = Severity.ADVISORY) -> Issue:
    return Issue(code=code, severity=severity, where=where, message=message, hint=hint)
