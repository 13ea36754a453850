"""`supply.json`: what the device and its tools are made of."""

from __future__ import annotations

from verification.evidence.types.record import Gap, Issue, Record, Source

__all__ = [
    "AnomaliesReviewed",
    "Bill",
    "Bundled",
    "Component",
    "Disposition",
    "Library",
    "Licence",
    "Lookup",
    "ScanReport",
    "Screened",
    "Soup",
    "SupplyEvidence",
    "Support",
    "Vulnerability",
]


class Soup(Record, frozen=True):
    """A locked dependency (software of unknown provenance, IEC 62304) and why it is there."""

    name: str
    version: str
    extra: str
    direct: bool
    purpose: str
    licence: str | None


class Licence(Record, frozen=True, tag=True):
    """A license as an SPDX expression, where it was read, and what the policy says of it.

    `verdict` is allowed, weak_copyleft, refused or unlisted.
    """

    expression: str
    read_in: str
    verdict: str
    reason: str


class Support(Record, frozen=True, tag=True):
    """How a supplier supports a component: level, end of support (ISO 8601 or in words), where and when looked up."""

    level: str | Gap
    end_of_support: str | Gap
    source: str
    looked_up_on: str


class AnomaliesReviewed(Record, frozen=True, tag=True):
    """That a supplier's list of known anomalies was read: which, by whom, when, and what follows for the device."""

    source: str
    by: str
    reviewed_on: str
    conclusion: str


class Disposition(Record, frozen=True, tag=True):
    """What a vulnerability means here: state and justification as VEX has them, and whether it is known exploited."""

    state: str
    justification: str
    known_exploited: bool | Gap
    by: str
    date: str


class Vulnerability(Record, frozen=True):
    """A vulnerability that a report names, with what was decided of it."""

    id: str
    aliases: tuple[str, ...]
    description: str
    fixed_in: tuple[str, ...]
    disposition: Disposition | Gap


class Lookup(Record, frozen=True, tag=True):
    """That a component of this version was looked up: when, in which database, by which report."""

    date: str
    database: str
    report: str


class Library(Record, frozen=True):
    """A shared library inside a distribution: its name, the version of its interface if its file says it, SHA-256."""

    name: str
    version: str
    file: str
    sha256: str


class Bundled(Record, frozen=True):
    """What a distribution's own bill of materials says is inside it: name, version and identifier; "" if not said."""

    name: str
    version: str
    purl: str
    file: str


class Component(Record, frozen=True):
    """A locked distribution. `part` is runtime, suite, development or training; `through` names what asks for it.

    `vulnerabilities` are those that a report names; that there is none says nothing unless there is a lookup.

    `installed` is the version in the environment that made this evidence, None where it is not there; `condition` is
    the marker under which alone it is installed. `hashes` are the SHA-256 that the lock accepts, one a file.
    `libraries` are those inside it, as installed; `bundled` is what bills inside it say of its own parts.
    """

    name: str
    version: str
    purl: str
    hashes: tuple[str, ...]
    part: str
    direct: bool
    through: tuple[str, ...] | Gap
    condition: str | None
    installed: str | None
    purpose: str
    supplier: str | Gap
    licence: Licence | Gap
    support: Support | Gap
    anomalies: AnomaliesReviewed | Gap
    lookup: Lookup | Gap
    vulnerabilities: tuple[Vulnerability, ...] = ()
    libraries: tuple[Library, ...] = ()
    bundled: tuple[Bundled, ...] = ()


class Screened(Record, frozen=True, tag=True):
    """That every component was looked up, in `databases`, first on the day `oldest`; only then is a count a finding."""

    components: int
    vulnerabilities: int
    databases: tuple[str, ...]
    oldest: str


class ScanReport(Record, frozen=True):
    """A scanner's report that was handed in, and how many components it audited.

    `skipped` are those that it names and did not audit, or audited in another version.
    """

    file: str
    format: str
    sha256: str
    database: str
    date: str
    audited: int
    skipped: tuple[str, ...]


class Bill(Record, frozen=True):
    """A software bill of materials as written: its file, its digest, and how many components it lists."""

    name: str
    file: str
    sha256: str
    components: int


class SupplyEvidence(Record, frozen=True):
    """`supply.json`. `vulnerabilities` is a gap until every component has been looked up."""

    source: Source
    components: tuple[Component, ...]
    reports: tuple[ScanReport, ...]
    vulnerabilities: Screened | Gap
    bills: tuple[Bill, ...]
    unlisted: tuple[Gap, ...]
    issues: tuple[Issue, ...]
