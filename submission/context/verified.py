"""What the scenarios showed, arranged for a reader: by feature and outline, counted by outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from submission.context.gaps import bind, some
from submission.words.claims import number_of, pick, stretch, written
from submission.words.matrix import stem_of
from verification.evidence import Gap, ResultStatus, VerificationEvidence, VerificationResult


@dataclass(frozen=True, slots=True)
class Outline:
    """A scenario with its rows; a plain scenario is its own only row. `tally` counts the rows by outcome."""

    id: str
    name: str
    line: int
    criteria: tuple[str, ...]
    results: tuple[VerificationResult, ...]
    tally: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature file and its scenarios. `rows` is how many scenarios and outline rows it holds."""

    file: str
    name: str
    rows: int
    outlines: tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """The scenarios of a package: all of them, those that did not pass, and how many have each outcome."""

    features: tuple[Feature, ...] | Gap
    unverified: tuple[VerificationResult, ...] | Gap
    statuses: tuple[tuple[str, int], ...] | Gap


def verified(evidence: VerificationEvidence | Gap) -> Verified:
    """Arrange what the scenarios showed."""
    return Verified(
        features=bind(evidence, lambda found: some(_features(found), "verification.json lists no scenario")),
        unverified=bind(evidence, lambda found: pick(found.results, "status", ResultStatus.PASSED, other=True)),
        statuses=bind(evidence, lambda found: tuple(tally(found.results, ResultStatus))),
    )


def _features(evidence: VerificationEvidence) -> tuple[Feature, ...]:
    files = sorted({result.file for result in evidence.results})
    return tuple(_feature(file, pick(evidence.results, "file", file), evidence) for file in files)


def _feature(file: str, found: tuple[VerificationResult, ...], evidence: VerificationEvidence) -> Feature:
    return Feature(file, found[0].feature, number_of(found), tuple(_outlines(found, evidence.results)))


def _outlines(found: tuple[VerificationResult, ...], every: tuple[VerificationResult, ...]) -> Iterator[Outline]:
    places = {result.id: place for place, result in enumerate(every)}
    stems: dict[str, list[VerificationResult]] = {}
    for result in found:
        stems.setdefault(stem_of(result), []).append(result)
    for first, *others in stems.values():
        start = places[first.id]
        neighbours = stretch(every, start, start + 1 + len(others))
        counted = tuple(tally(neighbours, dict.fromkeys(row.status for row in neighbours)))
        criteria = tuple(dict.fromkeys(name for row in neighbours for name in row.criteria))
        yield Outline(_stem(first), first.name, first.line, criteria, neighbours, counted)


def _stem(result: VerificationResult) -> str:
    stem = stem_of(result)
    return result.id if stem == result.id else written(stem, result.id, "part")


def tally(values: tuple[Any, ...], statuses: Iterable[Any]) -> Iterator[tuple[str, int]]:
    """Yield each status with how many values have it."""
    yield from ((status.value, number_of(pick(values, "status", status))) for status in statuses)
