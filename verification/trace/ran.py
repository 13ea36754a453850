"""What a run showed of a scenario, in the sentences of its steps."""

from __future__ import annotations

from collections.abc import Iterator

from verification.evidence import ResultStatus, StepResult, VerificationResult

_LONGEST_LINES = 8


def tell_run(result: VerificationResult) -> Iterator[str]:
    """Yield the example row, each step with what became of it and what it observed, and why the scenario ended.

    Of one that passed, the steps that observed nothing are left out.
    """
    if result.example:
        yield "with " + ", ".join(f"{name} = {value}" for name, value in result.example.items())
    passed = result.status is ResultStatus.PASSED
    for step in result.steps:
        if step.observed or not passed:
            yield f"{_word(step.status):<8} {step.keyword} {step.text}"
            yield from _observe(step)
    yield from (result.message or "").strip().splitlines()[:_LONGEST_LINES]


def _observe(step: StepResult) -> Iterator[str]:
    for line in (step.observed or "").splitlines()[:_LONGEST_LINES]:
        yield f"{'':8}   observed: {line}"


def _word(status: ResultStatus) -> str:
    return status.value.replace("_", " ")
