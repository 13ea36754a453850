"""The releases in the product's package, as its own reader reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from verification.evidence import Card, Gap, Issue, Population, Product, Project, ReleaseEvidence, Severity
from verification.specification.documents import read_document

if TYPE_CHECKING:
    from verification.product.api import Release

DESCRIBED = Product().package
"""The package that `api` imports."""


def is_described(project: Project) -> bool:
    """Whether the product of a checkout is the one that can be called here."""
    return project.product.package == DESCRIBED


def read_releases(project: Project) -> tuple[tuple[Release, ...], tuple[Issue, ...]]:
    """Read every release folder of the checkout; one that cannot be read is a blocking issue and hides no other.

    A product that is not described here has none.
    """
    if not is_described(project):
        return (), ()
    from verification.product.api import DeviceError, read_release

    releases: list[Release] = []
    issues: list[Issue] = []
    for folder in sorted({path.parent for path in project.find_files(f"{project.product.releases}/*/*")}):
        try:
            releases.append(read_release(folder))
        except DeviceError as error:
            where, message = project.relative(folder), str(error).replace(f"{project.root}/", "")
            issues.append(
                Issue(
                    code="release-unreadable", severity=Severity.BLOCKING, where=where, message=message,
                    hint="restore the folder",
                )
            )  # fmt: skip
    return tuple(releases), tuple(issues)


def read_release_digests(project: Project) -> dict[str, str]:
    """The digest of every release that can be read, by its name."""
    return {release.name: release.digest for release in read_releases(project)[0]}


def describe_release(release: Release) -> ReleaseEvidence:
    """A release as its own files state it."""
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
