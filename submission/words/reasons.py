"""What came of something in a word, and why a scenario did not pass in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from verification.evidence import Gap, ResultStatus, StepResult, StudyCriterion, VerificationResult

NO_RESULT = "no result"
"""Where nothing was found yet: a study without an estimate, an inspection without a record."""

LONGEST = 300
"""Characters of what a step observed, or of a message, that a sentence quotes."""

_WORST_FIRST = (
    ResultStatus.FAILED,
    ResultStatus.ERROR,
    ResultStatus.UNDEFINED,
    ResultStatus.XPASSED,
    ResultStatus.XFAILED,
    ResultStatus.SKIPPED,
    ResultStatus.NOT_RUN,
    ResultStatus.PASSED,
)


def word_of(goal: StudyCriterion | Gap) -> str:
    """What came of a criterion of a study."""
    met = None if isinstance(goal, Gap) else goal.met
    return NO_RESULT if met is None else "met" if met else "NOT MET"


def sum_up(statuses: Iterable[str]) -> str:
    """What came of several scenarios together: `passed` only if all of them passed; `no result` if there is none."""
    found = min(map(ResultStatus, statuses), key=_WORST_FIRST.index, default=None)
    return NO_RESULT if found is None else found.value.replace("_", " ")


def tell_why(result: VerificationResult) -> str | None:
    """Why a scenario did not pass: where it stands, its row, the step, what was observed; None of one that passed."""
    if result.status is ResultStatus.PASSED:
        return None
    said = result.status.value.replace("_", " ")
    row = ", ".join(f"{name} = {value}" for name, value in result.example.items())
    where = f"{result.file}:{result.line}" + (f", row {row}" if row else "")
    step = next((each for each in result.steps if each.status is not ResultStatus.PASSED), None)
    if result.status is ResultStatus.NOT_RUN or step is None:
        return " ".join((f"{result.id} ({where}) is {said}.", *_message(result)))
    at = f"{result.id} ({where}) is {said} at the step “{step.keyword} {step.text}”."
    return " ".join((at, _observed(step), *_message(result)))


def _observed(step: StepResult) -> str:
    return f"It observed: “{_short(step.observed)}”." if step.observed else "It recorded nothing that it observed."


def _message(result: VerificationResult) -> tuple[str, ...]:
    return (f"Reason: {_short(result.message)}",) if result.message else ()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
