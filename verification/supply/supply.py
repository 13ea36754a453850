"""`clearway supply`: the locks, the environment and what people looked up, as `supply.json` and two bills."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packageurl import PackageURL
from packaging.markers import Marker

from verification.evidence import (
    AnomaliesReviewed,
    Bill,
    Component,
    Gap,
    Issue,
    Licence,
    Project,
    Screened,
    Severity,
    SupplyEvidence,
    Support,
    write_atomically,
    write_evidence,
)
from verification.product.releases import read_releases
from verification.sources.locks import LOCKS, Locked, distribution_name, read_lock
from verification.specification.reading import read_declared
from verification.supply.installed import Installed, find_reached, find_required, read_environment
from verification.supply.licences import canonical, find_licence
from verification.supply.lookups import FOLDER, NOT_LOOKED_UP, Lookups, read_lookups
from verification.supply.sbom import Subject, find_faults, make_sbom

DECLARED = ("licences", "support", "vulnerabilities")
INPUTS = ("pyproject.toml", "*.lock", *(f"risk/{name}.yaml" for name in DECLARED), "risk/schema.json", f"{FOLDER}/*")
CODE = tuple(f"verification/{room}/**/*.py" for room in ("supply", "product", "sources", "specification", "evidence"))
INSTALLERS = ("pip", "setuptools")
"""What a new environment brings along to install the locks. It counts only if suite.lock names it."""

BILLS = {"runtime": ("runtime",), "whole": ("runtime", "suite", "development", "training")}
"""The bills that are written, and the parts that each lists."""

NO_SUPPORT = Gap(reason="not looked up", closes="look up level and end of support, and enter both in risk/support.yaml")
NO_LEVEL = Gap(
    reason="what was looked up tells no level: the registry shows no release in the year before",
    closes="ask who makes it, and enter the level in risk/support.yaml",
)
NO_END = Gap(reason="the supplier states no end of support", closes="ask the supplier, or watch the component")
NO_REVIEW = Gap(
    reason="not reviewed",
    closes="read its list of known anomalies for this version and enter the conclusion in risk/support.yaml",
)
UNLISTED = (
    Gap(
        reason="libraries inside wheels are listed by their files, and by release where a wheel has a bill of its own: "
        "their licenses are not judged, and what is linked into a module of a wheel without such a bill is not seen",
        closes="a bill of each wheel from its maker, or an analysis of its binaries",
    ),
    Gap(
        reason="the Python interpreter, the operating system and its libraries are locked and listed by nothing here",
        closes="a bill of the host on which the device is installed",
    ),
)
"""What no bill lists, since no lock holds it."""


def write_supply(project: Project, environment: Mapping[str, Installed] | None = None) -> SupplyEvidence:
    """Describe what a checkout locks and an environment holds, and write `supply.json` and the bills beside it.

    Args:
        project: the checkout.
        environment: by name, what is installed; default, what is installed where this runs.
    """
    evidence, bills = describe(project, read_environment() if environment is None else environment)
    for bill in evidence.bills:
        write_atomically(project.evidence / bill.file, bills[bill.name])
    write_evidence(project.evidence, "supply.json", evidence)
    return evidence


def describe(project: Project, environment: Mapping[str, Installed]) -> tuple[SupplyEvidence, dict[str, bytes]]:
    """The evidence, and the bills that it names."""
    metadata = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    locks = _read_locks(project)
    own = {distribution_name(metadata["project"]["name"]), *INSTALLERS} - locks["suite"].keys()
    environment = {name: each for name, each in environment.items() if name not in own}
    issues: list[Issue] = []
    declared = {name: read_declared(project, "risk", name, issues) for name in DECLARED}
    values = {name: document.value if document else _NOTHING[name] for name, document in declared.items()}
    locked = {name: each.version for lock in reversed(locks.values()) for name, each in lock.items()}
    reports = declared["vulnerabilities"]
    lookups = read_lookups(project, reports, locked) if reports else Lookups()
    components = tuple(_find_components(metadata, locks, environment, values, lookups))
    source = project.source(patterns=(*INPUTS, project.product.files), code=CODE)
    subject = Subject(metadata["project"]["name"], metadata["project"]["version"], source.commit_date, _models(project))
    bills = {name: make_sbom(subject, _of(components, parts)) for name, parts in BILLS.items()}
    issues += [*lookups.issues, *_find_differences(locks, environment), *_find_faulty(bills)]
    issues += [*_find_undeclared(values, locked), *_find_refused(components, metadata, environment)]
    evidence = SupplyEvidence(
        source=source,
        components=components,
        reports=tuple(lookups.reports),
        vulnerabilities=_screened(components),
        bills=tuple(_describe_bill(name, bills[name], components) for name in BILLS),
        unlisted=UNLISTED,
        issues=tuple(sorted(issues, key=lambda issue: issue.severity is not Severity.BLOCKING)),
    )
    return evidence, bills


def _read_locks(project: Project) -> dict[str, dict[str, Locked]]:
    """By lock and name, each distribution that a lock holds."""
    return {
        name: {distribution_name(each.name): each for each in read_lock(project.root / f"{name}.lock")}
        for name in LOCKS
    }


_NOTHING: dict[str, dict[str, Any]] = {
    "licences": {"allowed": [], "weak_copyleft": {}, "refused": {}, "aliases": {}, "read": {}},
    "support": {"components": {}},
    "vulnerabilities": {"reports": [], "dispositions": []},
}
"""What stands for a file that is not there or cannot be used."""


# --- components -------------------------------------------------------------------------------------------------------


def _find_components(
    metadata: dict[str, Any],
    locks: Mapping[str, Mapping[str, Locked]],
    environment: Mapping[str, Installed],
    values: Mapping[str, Any],
    lookups: Lookups,
) -> Iterator[Component]:
    """Yield each locked distribution once, by name, under the first of the locks that holds it."""
    roots = _find_roots(metadata)
    described = _described(metadata)
    asked = find_reached([one for found in roots.values() for one in found], environment)
    of_suite = find_reached(roots["suite"], environment)
    first = {name: (part, each) for part in reversed(LOCKS) for name, each in locks[part].items()}
    for name, (lock, each) in sorted(first.items()):
        found, row = environment.get(name), described.get(name, {})
        part = "development" if lock == "suite" and name not in of_suite else lock
        looked_up = values["support"]["components"].get(name, {})
        direct = any(name == root for found_roots in roots.values() for root, _ in found_roots)
        key = (name, each.version)
        yield Component(
            name=name,
            version=each.version,
            purl=PackageURL("pypi", name=name, version=each.version).to_string(),
            hashes=each.hashes,
            part=part,
            direct=direct,
            through=_through(name, direct=direct, asked=asked),
            condition=each.marker,
            installed=found.version if found else None,
            purpose=row.get("purpose", ""),
            supplier=_supplier(found),
            licence=find_licence(name, found, row.get("license"), values["licences"]),
            support=_support(looked_up.get("support")),
            anomalies=_anomalies(looked_up.get("anomalies"), each.version),
            lookup=lookups.last.get(key, NOT_LOOKED_UP),
            vulnerabilities=tuple(lookups.found.get(key, {}).values()),
            libraries=found.libraries if found else (),
            bundled=found.bundled if found else (),
        )


def _described(metadata: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What [tool.clearway.soup] says of each component; a text alone is a purpose."""
    rows = metadata.get("tool", {}).get("clearway", {}).get("soup", {})
    return {distribution_name(name): {"purpose": row} if isinstance(row, str) else row for name, row in rows.items()}


def _find_roots(metadata: dict[str, Any]) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """What the project itself asks for, by part; groups may include others."""
    project, groups = metadata["project"], metadata.get("dependency-groups", {})

    def of_group(name: str) -> Iterator[str]:
        for each in groups.get(name, ()):
            if isinstance(each, str):
                yield each
            else:
                yield from of_group(each["include-group"])

    extras = project.get("optional-dependencies", {})
    wanted = {"runtime": project.get("dependencies", ())} | {name: extras.get(name, ()) for name in LOCKS[1:]}
    wanted["development"] = tuple(of_group("dev"))
    return {part: list(find_required(requirements)) for part, requirements in wanted.items()}


def _through(name: str, *, direct: bool, asked: Mapping[str, set[str]]) -> tuple[str, ...] | Gap:
    if asked.get(name) or direct:
        return tuple(sorted(asked.get(name, ())))
    reason = "what asks for it is not installed where the evidence was made, or asks for it on other systems only"
    return Gap(reason=reason, closes="look where it is installed")


def _supplier(found: Installed | None) -> str | Gap:
    if found is None:
        reason = "it is not installed where the evidence was made, so that its metadata could not be read"
        return Gap(reason=reason, closes="look where it is installed")
    return found.supplier or Gap(reason="its metadata name nobody", closes="look up who makes it")


def _support(value: dict[str, Any] | None) -> Support | Gap:
    if not value:
        return NO_SUPPORT
    return Support(**value | {"level": value["level"] or NO_LEVEL, "end_of_support": value["end_of_support"] or NO_END})


def _anomalies(value: dict[str, Any] | None, version: str) -> AnomaliesReviewed | Gap:
    if value is None or value["version"] != version:
        return NO_REVIEW
    return AnomaliesReviewed(**{key: each for key, each in value.items() if key != "version"})


def _screened(components: tuple[Component, ...]) -> Screened | Gap:
    """How many vulnerabilities are known, if and only if every component was looked up."""
    lookups = [each.lookup for each in components if not isinstance(each.lookup, Gap)]
    if not components or len(lookups) < len(components):
        reason = (
            f"{len(components) - len(lookups)} of {len(components)} components have not been looked up, "
            "so that nothing can be said of vulnerabilities as a whole"
        )
        return Gap(reason=reason, closes=NOT_LOOKED_UP.closes)
    return Screened(
        components=len(components),
        vulnerabilities=sum(len(each.vulnerabilities) for each in components),
        databases=tuple(sorted({lookup.database for lookup in lookups})),
        oldest=min(lookup.date for lookup in lookups),
    )


# --- bills ------------------------------------------------------------------------------------------------------------


def _models(project: Project) -> tuple[tuple[str, str, str], ...]:
    """Name, version and SHA-256 of the weights of every release that has some."""
    releases, _ = read_releases(project)  # one that cannot be read is an issue of the trace
    return tuple((each.name, each.version, each.weights.sha256) for each in releases if each.weights)


def _of(components: Iterable[Component], parts: tuple[str, ...]) -> Iterator[Component]:
    return (each for each in components if each.part in parts)


def _describe_bill(name: str, content: bytes, components: tuple[Component, ...]) -> Bill:
    return Bill(
        name=name,
        file=f"sbom-{name}.cdx.json",
        sha256=hashlib.sha256(content).hexdigest(),
        components=len(list(_of(components, BILLS[name]))),
    )


# --- issues -----------------------------------------------------------------------------------------------------------


def _find_differences(
    locks: Mapping[str, Mapping[str, Locked]], environment: Mapping[str, Installed]
) -> Iterator[Issue]:
    """Yield each package in which the environment differs from the locks, or the locks from each other."""
    known = {name for lock in locks.values() for name in lock}
    for name in sorted(environment.keys() - known):
        message = f"{name}: found {environment[name].version}, expected none: no lock holds it"
        yield _blocking("component-unlocked", "environment", message, "uninstall it, or add it and lock again")
    for name in sorted(known):
        versions = {f"{lock}.lock": found[name].version for lock, found in locks.items() if name in found}
        expected, first = next(iter(versions.values())), next(iter(versions))
        if len(set(versions.values())) > 1:
            said = ", ".join(f"{version} in {lock}" for lock, version in versions.items())
            yield _blocking("locks-differ", first, f"{name}: found {said}, expected one version", "run `sh .ci/lock`")
        elif name in environment and environment[name].version != expected:
            message = f"{name}: found {environment[name].version}, expected {expected} as in {first}"
            yield _blocking("component-differs", "environment", message, f"pip install --require-hashes -r {first}")
        elif name not in environment and _belongs(locks, name):
            message = f"{name}: found none, expected {expected} as in {first}"
            yield _blocking("component-missing", "environment", message, f"pip install --require-hashes -r {first}")


def _belongs(locks: Mapping[str, Mapping[str, Locked]], name: str) -> bool:
    """Whether the project's one environment, made from suite.lock, has a distribution on this system."""
    locked = locks["suite"].get(name)
    return locked is not None and (locked.marker is None or Marker(locked.marker).evaluate())


def _find_faulty(bills: Mapping[str, bytes]) -> Iterator[Issue]:
    for name, content in bills.items():
        for fault in find_faults(content):
            message = f"not of the schema of CycloneDX 1.6: {fault[:200]}"
            yield _blocking("sbom-invalid", f"sbom-{name}.cdx.json", message, "report it; the bill cannot be used")


def _find_undeclared(values: Mapping[str, Any], locked: Mapping[str, str]) -> Iterator[Issue]:
    """Yield what people entered of components that are not there, or of other versions."""
    for file, names in (("licences", values["licences"]["read"]), ("support", values["support"]["components"])):
        for name in sorted(names.keys() - locked.keys()):
            message = f"{name} is no component of the locks"
            yield _blocking("component-unknown", f"risk/{file}.yaml", message, "delete it or correct its name")
    for name, row in sorted(values["licences"]["read"].items()):
        if name in locked and row["version"] != locked[name]:
            message = f"the license of {name} was read in {row['version']}, the lock has {locked[name]}"
            yield _advisory("licence-outdated", "risk/licences.yaml", message, "read the license file again")


def _find_refused(
    components: Iterable[Component], metadata: dict[str, Any], environment: Mapping[str, Installed]
) -> Iterator[Issue]:
    described = _described(metadata)
    for each in components:
        licence = each.licence
        if isinstance(licence, Licence) and licence.verdict in ("refused", "unlisted"):
            message = f"{each.name} {each.version} ({each.part}): {licence.expression}: {licence.reason}"
            found = _blocking if licence.verdict == "refused" else _advisory
            yield found(f"licence-{licence.verdict}", "risk/licences.yaml", message, "decide, and enter it there")
        said, stated = described.get(each.name, {}).get("license"), environment.get(each.name)
        if said and stated and stated.licence and canonical(stated.licence) != canonical(said):
            message = f"{each.name}: found {said}, expected {stated.licence} as in its metadata"
            yield _advisory("licence-differs", "pyproject.toml", message, "correct [tool.clearway.soup]")


def _blocking(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)


def _advisory(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.ADVISORY, where=where, message=message, hint=hint)
