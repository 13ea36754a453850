"""What a run showed of a scenario, in the sentences of its steps; and what a run of a selection showed since."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from verification.evidence import (
    Item,
    Project,
    ResultStatus,
    StepResult,
    VerificationEvidence,
    VerificationResult,
    find_changes,
)

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


def read_partial(project: Project) -> VerificationEvidence | None:
    """What the last run of a selection showed, if what it rests on is still the same; it never counts as evidence."""
    try:
        content = (project.evidence / "verification.partial.json").read_bytes()
        partial = msgspec.json.decode(content, type=VerificationEvidence)
    except (OSError, msgspec.DecodeError):
        return None
    return None if any(find_changes(partial.source, project)) else partial


def tell_partial(item: Item, partial: VerificationEvidence | None) -> Iterator[str]:
    """Yield what a run of a selection showed of an item's scenarios, those that did not pass step by step."""
    results = [each for each in partial.results if item.id in (each.id, *each.requirements)] if partial else []
    if partial and results:
        passed = sum(each.status is ResultStatus.PASSED for each in results)
        ran = ", ".join(partial.selection)
        yield f"{passed} of {len(results)} scenarios passed when {ran} alone was run; no evidence"
        for result in results:
            if result.status is not ResultStatus.PASSED:
                yield f"{_word(result.status)}  {result.id}  {result.file}:{result.line}"
                yield from (f"  {line}" for line in tell_run(result))


def _observe(step: StepResult) -> Iterator[str]:
    for line in (step.observed or "").splitlines()[:_LONGEST_LINES]:
        yield f"{'':8}   observed: {line}"


def _word(status: ResultStatus) -> str:
    return status.value.replace("_", " ")
