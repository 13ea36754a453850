"""`verification.json`: what the scenarios showed; and what deliberate faults in the code showed of the scenarios."""

from __future__ import annotations

from enum import StrEnum

from verification.evidence.types.record import Issue, Record, Source

__all__ = [
    "Mutant",
    "MutantOutcome",
    "ResultStatus",
    "RunKind",
    "StepResult",
    "Strength",
    "VerificationEvidence",
    "VerificationResult",
]


class ResultStatus(StrEnum):
    """Only `passed` verifies."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    UNDEFINED = "undefined"
    NOT_RUN = "not_run"


class StepResult(Record, frozen=True):
    """A Gherkin step with its argument (a table, a docstring): what became of it, and what was observed."""

    keyword: str
    text: str
    status: ResultStatus
    observed: str | None
    table: tuple[tuple[str, ...], ...] = ()
    docstring: str | None = None


class VerificationResult(Record, frozen=True):
    """One scenario or outline row, as parsed from its feature file, with the outcome of running it.

    `tags` are its own and those it inherits, without the `@`; `requirements` are the ids of items among them (those of
    its criteria included), `criteria` the ids of criteria (`SRS-003/AC2`). `example` is the outline row, empty for a
    plain scenario. `digest` covers what a reader of the scenario reads, not where it stands. `entered` are the
    functions of the device that the run entered, as places in `VerificationEvidence.functions`; None where it was not
    watched.
    """

    id: str
    feature: str
    name: str
    file: str
    line: int
    example: dict[str, str]
    tags: tuple[str, ...]
    requirements: tuple[str, ...]
    criteria: tuple[str, ...]
    status: ResultStatus
    steps: tuple[StepResult, ...]
    message: str | None
    digest: str
    entered: tuple[int, ...] | None = None


class RunKind(StrEnum):
    """A formal run follows an approved protocol in a clean checkout; every other is an engineering run."""

    ENGINEERING = "engineering"
    FORMAL = "formal"


class VerificationEvidence(Record, frozen=True):
    """`verification.json`. `complete` is false for a selection (`--only`), which never supports a submission.

    `requirement_digests` are those of the requirements, `release_digests` (by release name) those of the releases that
    the scenarios ran against. `issues` are about the feature files and their collection. `functions` names every
    function of the device that was entered, sorted; `on_import` are the places in it of those that ran when the device
    was imported, before any scenario, which no scenario enters by that. `protocol_digest` is of all scenarios and of
    the requirements that they verify; `approval` is the SHA-256 of the line of the review record that approves it, for
    a formal run. `plugins` are those of pytest that took part, `packages` what of beyond Python's own was imported.
    """

    source: Source
    complete: bool
    selection: tuple[str, ...]
    results: tuple[VerificationResult, ...]
    requirement_digests: dict[str, str]
    release_digests: dict[str, str]
    issues: tuple[Issue, ...] = ()
    functions: tuple[str, ...] = ()
    on_import: tuple[int, ...] = ()
    kind: RunKind = RunKind.ENGINEERING
    protocol_digest: str = ""
    approval: str | None = None
    plugins: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


class MutantOutcome(StrEnum):
    """What became of a deliberate fault.

    Killed: a scenario of the requirement noticed it. Elsewhere: only a scenario of another requirement that the symbol
    implements did. Survived: none of these did. Equivalent: so, too, but it is declared to change nothing.
    """

    KILLED = "killed"
    ELSEWHERE = "elsewhere"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"


class Mutant(Record, frozen=True):
    """One deliberate fault in a symbol: the line, the code before and after, what became of it and by which scenario.

    `reason` is that of an exemption as equivalent, which awaits review.
    """

    line: int
    before: str
    after: str
    outcome: MutantOutcome
    by: str | None = None
    reason: str | None = None


class Strength(Record, frozen=True):
    """How many faults put into a symbol the scenarios of a requirement that it implements noticed.

    `mutants` are those that were not killed. A symbol without any place for a fault has counts of 0.
    """

    requirement: str
    symbol: str
    scenarios: int
    killed: int
    survived: int
    equivalent: int
    elsewhere: int = 0
    mutants: tuple[Mutant, ...] = ()
