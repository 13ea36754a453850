"""The record of a qualification, as JSON and as a page to print and sign; what a person must say stays blank."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from verification.evidence import Project, write_atomically
from verification.evidence.types import Record
from verification.qualification.qualify import Outcome
from verification.specification.cache import ALL_CODE, code_digest

INTENDED_USE = (
    "Links requirements, risks, code and scenarios of a device, runs the scenarios, and writes and audits the evidence"
    " and documents made from them. It is no part of the device."
)
RISK = (
    "A gap or a failure of verification stays unseen, and documents state what does not hold. Whether that is a high"
    " process risk, and whether these checks suffice, is for a person to judge."
)
_BLANKS = ("name", "role", "decision (fit for the intended use, or not, and why)", "signature", "date")


class Qualification(Record, frozen=True):
    """`qualification.json`. `blank` names what a person fills in; nothing here says that anybody did."""

    tool: str
    version: str
    commit: str
    dirty: bool
    code_digest: str
    intended_use: str
    risk: str
    started: str
    host: str
    system: str
    python: str
    qualified: bool
    outcomes: tuple[Outcome, ...]
    blank: tuple[str, ...] = _BLANKS


def make_record(project: Project, started: datetime, outcomes: tuple[Outcome, ...]) -> Qualification:
    """Describe the tool, the machine and the outcomes; qualified is what shows no failed check."""
    source = project.source(())
    return Qualification(
        tool="Clearway", version=_version(), commit=source.commit, dirty=source.dirty,
        code_digest=code_digest(*ALL_CODE), intended_use=INTENDED_USE, risk=RISK,
        started=started.astimezone(UTC).isoformat(timespec="seconds"), host=platform.node(),
        system=platform.platform(), python=platform.python_version(),
        qualified=all(outcome.passed is not False for outcome in outcomes), outcomes=outcomes,
    )  # fmt: skip


def write_record(folder: Path, record: Qualification) -> tuple[Path, Path]:
    """Write the record as JSON and as Markdown."""
    plain, page = folder / "qualification.json", folder / "qualification.md"
    write_atomically(plain, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    write_atomically(page, "\n".join(_render(record)).encode() + b"\n")
    return plain, page


def _render(record: Qualification) -> Iterator[str]:
    yield f"# Qualification of {record.tool} {record.version}"
    yield ""
    yield f"- Intended use: {record.intended_use}"
    yield f"- Risk if it fails: {record.risk}"
    yield f"- Commit: {record.commit}{' (with changes that are not committed)' if record.dirty else ''}"
    yield f"- Code: SHA-256 {record.code_digest}"
    yield f"- Run: {record.started} on {record.host} ({record.system}, Python {record.python})"
    yield f"- Outcome: {'every check that applies passed' if record.qualified else 'NOT QUALIFIED: a check failed'}"
    for part in ("installation", "operation"):
        yield from ("", f"## {part.capitalize()}", "", "| Check | Command | Expected | Found | Passed |")
        yield "|---|---|---|---|---|"
        for each in record.outcomes:
            if each.part == part:
                cells = (each.check, each.command, each.expected, each.found, said(each.passed))
                yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield from ("", "## Assessment by a person", "")
    yield from (f"- {blank.capitalize()}: ______________________________" for blank in record.blank)


def said(passed: bool | None) -> str:
    """An outcome in a word."""
    return {True: "passed", False: "FAILED", None: "does not apply"}[passed]


def _version() -> str:
    try:
        return version("clearway")
    except PackageNotFoundError:
        return "not installed"
