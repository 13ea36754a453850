"""What scanners' reports looked up, component by component, and what was decided of what they found.

A component was looked up where a report audited it in the version that is locked. Everything else was not: a report
that skipped it, knows another version, or only makes statements on vulnerabilities (VEX) is no lookup.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct
from packageurl import PackageURL

from verification.evidence import Disposition, Gap, Issue, Lookup, Project, ScanReport, Severity, Vulnerability
from verification.sources.locks import distribution_name
from verification.specification.documents import Document

FOLDER = "risk/scans"
FILE = "risk/vulnerabilities.yaml"
NOT_LOOKED_UP = Gap(reason="not looked up in any database of vulnerabilities", closes=f"a scanner's report in {FOLDER}")
UNDECIDED = Gap(reason="nobody has assessed it", closes=f"a disposition in {FILE}")
KEV = Gap(reason="not looked up in a catalog of exploited vulnerabilities", closes="look it up and enter the answer")


@dataclass(slots=True)
class Lookups:
    """By name and version: the last lookup, and every vulnerability by its id; the reports; what is wrong with them."""

    last: dict[tuple[str, str], Lookup] = field(default_factory=dict)
    found: dict[tuple[str, str], dict[str, Vulnerability]] = field(default_factory=dict)
    reports: list[ScanReport] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


class _Vulnerability(Struct):
    id: str
    fix_versions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    description: str = ""


class _Dependency(Struct):
    """A line of pip-audit; without `vulns` it was not audited, whatever else it says."""

    name: str
    version: str | None = None
    vulns: tuple[_Vulnerability, ...] | None = None
    skip_reason: str | None = None


class _PipAudit(Struct):
    dependencies: tuple[_Dependency, ...]


class _Reference(Struct):
    ref: str


class _Analysis(Struct):
    state: str
    justification: str = ""
    detail: str = ""


class _Statement(Struct):
    id: str
    affects: tuple[_Reference, ...] = ()
    description: str = ""
    analysis: _Analysis | None = None


class _Part(Struct, rename={"bom_ref": "bom-ref"}):
    name: str
    version: str = ""
    bom_ref: str = ""


class _CycloneDx(Struct):
    components: tuple[_Part, ...] = ()
    vulnerabilities: tuple[_Statement, ...] = ()


def read_lookups(project: Project, document: Document, locked: dict[str, str]) -> Lookups:
    """Read every report that `risk/vulnerabilities.yaml` names, and the dispositions beside them.

    Args:
        project: the checkout.
        document: that file, of its schema.
        locked: the version of each component.
    """
    lookups = Lookups()
    for number, row in enumerate(document.value["reports"]):
        name = f"{FOLDER}/{row['file']}"
        kind, read = _FORMATS[row["format"]]
        try:
            report = msgspec.json.decode(project.read(name), type=kind)
        except (OSError, msgspec.DecodeError) as error:
            said = str(error).replace(f"{project.root}/", "")
            message = f"{name}: not a report of the format {row['format']}: {said}"
            where = ("reports", number, "file")
            lookups.issues.append(document.issue("scan-unreadable", where, message, "hand in the scanner's own file"))
            continue
        audited, skipped = read(lookups, report, row, locked)
        lookups.reports.append(
            ScanReport(
                file=name,
                format=row["format"],
                sha256=str(project.digest(name)),
                database=row["database"],
                date=row["date"],
                audited=audited,
                skipped=skipped,
            )
        )
    lookups.issues += _decide(lookups, document)
    return lookups


def _read_pip_audit(
    lookups: Lookups, report: _PipAudit, row: dict[str, Any], locked: dict[str, str]
) -> tuple[int, tuple[str, ...]]:
    audited, skipped = 0, []
    for each in report.dependencies:
        key = distribution_name(each.name), each.version or ""
        if each.vulns is None or locked.get(key[0]) != each.version:
            skipped.append(f"{each.name} {each.version or ''}: {_why_skipped(each, locked.get(key[0]))}")
            continue
        audited += 1
        lookup = Lookup(date=row["date"], database=row["database"], report=row["file"])
        if key not in lookups.last or lookups.last[key].date <= lookup.date:
            lookups.last[key] = lookup
        for one in each.vulns:
            _enter(lookups, key, one.id, one.description, one.aliases, one.fix_versions)
    return audited, tuple(sorted(skipped))


def _why_skipped(each: _Dependency, version: str | None) -> str:
    if each.vulns is None:
        return each.skip_reason or "the report gives no reason"
    return f"the lock has {version}" if version else "no lock has it"


def _read_cyclonedx(
    lookups: Lookups, report: _CycloneDx, row: dict[str, Any], locked: dict[str, str]
) -> tuple[int, tuple[str, ...]]:
    """Statements on vulnerabilities: they find and they dispose of, and they audit nothing."""
    parts = {part.bom_ref: (distribution_name(part.name), part.version) for part in report.components if part.bom_ref}
    skipped = set()
    for statement in report.vulnerabilities:
        for affected in statement.affects:
            key = parts.get(affected.ref) or _of_purl(affected.ref)
            if locked.get(key[0]) != key[1]:
                skipped.add(f"{affected.ref}: no lock has it in this version")
                continue
            vulnerability = _enter(lookups, key, statement.id, statement.description)
            if statement.analysis is not None:
                said = statement.analysis.detail or statement.analysis.justification or "no justification is given"
                disposition = Disposition(
                    state=statement.analysis.state, justification=said, known_exploited=KEV,
                    by=row["file"], date=row["date"],
                )  # fmt: skip
                lookups.found[key][statement.id] = msgspec.structs.replace(vulnerability, disposition=disposition)
    return 0, tuple(sorted(skipped))


_FORMATS: dict[str, tuple[Any, Any]] = {
    "pip-audit": (_PipAudit, _read_pip_audit),
    "cyclonedx": (_CycloneDx, _read_cyclonedx),
}


def _of_purl(text: str) -> tuple[str, str]:
    try:
        purl = PackageURL.from_string(text)
    except ValueError:
        return text, ""
    return distribution_name(purl.name), purl.version or ""


def _enter(
    lookups: Lookups, key: tuple[str, str], name: str, description: str,
    aliases: tuple[str, ...] = (), fixed_in: tuple[str, ...] = (),
) -> Vulnerability:  # fmt: skip
    new = Vulnerability(id=name, aliases=aliases, description=description, fixed_in=fixed_in, disposition=UNDECIDED)
    return lookups.found.setdefault(key, {}).setdefault(name, new)


def _decide(lookups: Lookups, document: Document) -> Iterator[Issue]:
    """Enter what people decided; yield what they decided of nothing, and what nobody has decided."""
    for number, row in enumerate(document.value["dispositions"]):
        key = distribution_name(row["component"]), row["version"]
        known = lookups.found.get(key, {}).get(row["vulnerability"])
        if known is None:
            message = f"no report finds {row['vulnerability']} in {row['component']} {row['version']}"
            yield document.issue("disposition-dangling", ("dispositions", number), message, "correct or delete it")
            continue
        exploited = KEV if row["known_exploited"] is None else row["known_exploited"]
        disposition = Disposition(
            state=row["state"], justification=row["justification"], known_exploited=exploited,
            by=row["by"], date=row["date"],
        )  # fmt: skip
        lookups.found[key][known.id] = msgspec.structs.replace(known, disposition=disposition)
    for (name, version), found in sorted(lookups.found.items()):
        for each in found.values():
            if isinstance(each.disposition, Gap):
                yield Issue(
                    code="vulnerability-unassessed", severity=Severity.BLOCKING, where=FILE,
                    message=f"{each.id} is reported of {name} {version} and nobody has assessed it",
                    hint="take a version without it, or write its disposition",
                )  # fmt: skip
