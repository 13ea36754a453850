"""`clearway supply`: arguments in, a call to what does the work, lines out. Heavy imports stay in functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    complain,
    has_blocking,
    issue_line,
    make_parser,
    open_project,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from verification.evidence import SupplyEvidence


def supply(argv: list[str]) -> int:
    """List what the device and its tools are made of, and hold the environment against the locks.

    For: engineer
    """
    parser = make_parser(
        "supply",
        supply,
        "example: clearway supply --sbom sbom.json --part runtime\n         the device's own parts as CycloneDX 1.6",
    )
    parser.add_argument("--sbom", metavar="FILE", type=Path, help="also write a bill of materials to FILE")
    parser.add_argument("--part", choices=("runtime", "whole"), default="whole", help="of what (default: %(default)s)")
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.evidence import recorded_run, write_atomically
    from verification.supply.supply import write_supply

    with recorded_run(project.evidence, "supply", argv):
        evidence = write_supply(project)
    if arguments.sbom:
        bill = next(each for each in evidence.bills if each.name == arguments.part)
        try:
            write_atomically(arguments.sbom, (project.evidence / bill.file).read_bytes())
        except OSError as error:
            complain(f"clearway supply: {arguments.sbom}: cannot be written: {error.strerror or error}")
            return USAGE
    print_json(evidence.components) if arguments.json else print_lines(_lines(evidence))
    complain(*map(issue_line, evidence.issues))
    return ISSUE if has_blocking(evidence.issues) else GOOD


def _lines(evidence: SupplyEvidence) -> Iterator[str]:
    from verification.evidence import Gap, Licence

    parts = Counter(each.part for each in evidence.components)
    yield f"{len(evidence.components)} components: {', '.join(f'{n} {part}' for part, n in parts.items())}"
    licences = [each.licence for each in evidence.components]
    verdicts = Counter(each.verdict if isinstance(each, Licence) else "not stated" for each in licences)
    yield "licences: " + ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in verdicts.items())
    gaps: dict[str, list[object]] = {
        "support looked up": [each.support for each in evidence.components],
        "anomalies reviewed": [each.anomalies for each in evidence.components],
        "vulnerabilities looked up": [each.lookup for each in evidence.components],
    }
    for name, found in gaps.items():
        yield f"{name}: {sum(not isinstance(each, Gap) for each in found)} of {len(found)}"
    known, reported = evidence.vulnerabilities, sum(len(each.vulnerabilities) for each in evidence.components)
    if isinstance(known, Gap):
        yield f"vulnerabilities: {reported} reported; {known.reason}"
    else:
        yield f"vulnerabilities: {reported} reported, by {', '.join(known.databases)}, looked up from {known.oldest} on"
    for bill in evidence.bills:
        yield f"{bill.file}: {bill.components} components, SHA-256 {bill.sha256}"
