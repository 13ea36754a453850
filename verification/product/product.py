"""Facts of the product for `device.json`: its public names, its release folders, the lock files."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from verification.evidence import (
    Card,
    DeviceEvidence,
    Gap,
    Interfaces,
    Issue,
    Population,
    Project,
    RejectionCode,
    ReleaseEvidence,
    Severity,
    Soup,
    Source,
    TransferSyntax,
)
from verification.product import development
from verification.product.design import describe_design
from verification.product.interfaces import describe_gate, describe_interfaces
from verification.sources.locks import LOCKS, distribution_name, read_lock
from verification.specification.cache import ALL_CODE, code_digest, recall
from verification.specification.documents import read_document

if TYPE_CHECKING:
    from device import Release

INPUTS = ("device/**/*", "pyproject.toml", "*.lock", *development.NOTES)


Described: TypeAlias = tuple[DeviceEvidence, tuple[Issue, ...]]


def read_device(project: Project) -> Described:
    """Describe the product as it stands in the checkout, and what is wrong with its releases and dependencies."""
    source = project.source(project.find_names(*INPUTS))
    of_source = hashlib.sha256(msgspec.json.encode(source, order="sorted")).hexdigest()
    key = f"device {of_source} {code_digest(*ALL_CODE)}"
    return recall(project, key, Described, partial(_describe, project, source))


def _describe(project: Project, source: Source) -> Described:
    import device

    releases, issues = read_releases(project)
    metadata = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    soup = tuple(_find_soup(project, metadata))
    evidence = DeviceEvidence(
        source=source,
        name=metadata["project"]["name"].capitalize(),  # the product's name; its distribution is written small
        version=metadata["project"]["version"],
        releases=tuple(_release(release) for release in releases),
        rejections=tuple(
            RejectionCode(code=row.code, attribute=row.attribute, requirement=row.requirement, text=row.text)
            for row in _rows(device.REJECTION_CODES)
        ),
        transfer_syntaxes=_transfer_syntaxes(device.TRANSFER_SYNTAXES),
        research_transfer_syntaxes=_transfer_syntaxes(device.RESEARCH_TRANSFER_SYNTAXES),
        statement=device.STATEMENT,
        soup=soup,
        gate=describe_gate(),
        interfaces=recall(project, _key_of(project, releases), Interfaces, partial(describe_interfaces, releases)),
        design=describe_design(project, metadata),
        development=development.describe_development(project),
        requires_python=metadata["project"].get("requires-python", ""),
    )
    return evidence, (*issues, *_find_soup_issues(project, soup))


def _key_of(project: Project, releases: tuple[Release, ...]) -> str:
    """What the answers of the device rest on: the code that runs, its libraries, and the releases."""
    lock, digests = project.digest("runtime.lock"), " ".join(release.digest for release in releases)
    return f"interfaces {code_digest(*ALL_CODE)} {lock} {digests}"


def read_releases(project: Project) -> tuple[tuple[Release, ...], tuple[Issue, ...]]:
    """Read every release folder of the checkout; one that cannot be read is a blocking issue and hides no other."""
    from device import DeviceError, read_release

    releases: list[Release] = []
    issues: list[Issue] = []
    for folder in sorted({path.parent for path in project.find_files("device/releases/*/*")}):
        try:
            releases.append(read_release(folder))
        except DeviceError as error:
            where, message = project.relative(folder), str(error).replace(f"{project.root}/", "")
            issues.append(_issue("release-unreadable", where, message, "restore the folder", Severity.BLOCKING))
    return tuple(releases), tuple(issues)


def read_release_digests(project: Project) -> dict[str, str]:
    """The digest of every release that can be read, by its name."""
    return {release.name: release.digest for release in read_releases(project)[0]}


def _release(release: Release) -> ReleaseEvidence:
    weights, point, unbuilt = release.weights, release.operating_point, release.unbuilt
    return ReleaseEvidence(
        name=release.name,
        version=release.version,
        status=release.status.value,
        title=release.title,
        digest=release.digest,
        population=Population(
            description=release.population.description,
            minimum_age_years=release.population.minimum_age_years,
            maximum_age_years=release.population.maximum_age_years,
            view_positions=tuple(release.population.view_positions),
        ),
        input_rows=release.geometry.rows,
        input_columns=release.geometry.columns,
        resampling=release.geometry.resampling,
        keeps_aspect=release.geometry.keeps_aspect,
        weights_sha256=weights.sha256 if weights else None,
        weights_bytes=(release.folder / weights.file).stat().st_size if weights else None,
        threshold=point.threshold if point else None,
        threshold_rule=point.rule if point else None,
        threshold_locked_on=point.locked_on if point else None,
        study=release.study,
        limitations=tuple(release.limitations),
        card=_card(release),
        unbuilt_reason=unbuilt.reason if unbuilt else None,
        unbuilt_command=unbuilt.command if unbuilt else None,
    )


def _card(release: Release) -> Card | Gap:
    command = release.unbuilt.command if release.unbuilt else "clearway train"
    path = release.folder / "card.yaml"
    if not path.is_file():
        reason = release.unbuilt.reason if release.unbuilt else f"release {release.name} has no card.yaml"
        return Gap(reason=reason, closes=f"run `{command}`")
    document = read_document(path, f"{release.name}/card.yaml")
    try:
        if document.issues:
            raise ValueError(f"{document.issues[0].where}: {document.issues[0].message}")
        return msgspec.convert(document.value, Card)
    except ValueError as error:  # msgspec.ValidationError is one
        return Gap(reason=f"the card of release {release.name} cannot be read: {error}", closes=f"run `{command}`")


def _transfer_syntaxes(table: Any) -> tuple[TransferSyntax, ...]:
    return tuple(TransferSyntax(uid=str(row.uid), name=row.name, lossy=row.lossy) for row in _rows(table))


def _rows(table: Any) -> Iterable[Any]:
    return table.values() if isinstance(table, Mapping) else table


# --- software of unknown provenance -----------------------------------------------------------------------------------


def _find_soup(project: Project, metadata: dict[str, Any]) -> Iterator[Soup]:
    """Yield each locked package once, under the first of the locks that names it."""
    described = {
        distribution_name(name): row for name, row in metadata["tool"].get("clearway", {}).get("soup", {}).items()
    }
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
                    licence=row.get("licence"),
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
            missing = "purpose" if not row.purpose else "licence"
            hint = f"add {missing} under [tool.clearway.soup]"
            yield _issue("soup-undescribed", "pyproject.toml", f"{row.name} has no {missing}", hint)


def _issue(code: str, where: str, message: str, hint: str, severity: Severity = Severity.ADVISORY) -> Issue:
    return Issue(code=code, severity=severity, where=where, message=message, hint=hint)
