"""Whether something holds, and why: the one way in which statuses of parts become the status of a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from verification.evidence import (
    Gap,
    LinkStatus,
    Project,
    ResultStatus,
    StudiesEvidence,
    StudyCriterion,
    VerificationEvidence,
    VerificationResult,
    find_changes,
)
from verification.sources.scenarios import Scenario

_WORST_FIRST = tuple(
    LinkStatus(status)
    for status in (
        "failed", "stale", "not_run", "orphaned", "unproven", "unspecified", "suspect", "unreviewed", "gap", "covers",
    )
)  # fmt: skip
_SHOWN = 3
_UNFIT = (ResultStatus.NOT_RUN, ResultStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class Standing:
    """A status, and in words why."""

    status: LinkStatus
    why: str


def worst(parts: Iterable[Standing], otherwise: str) -> Standing:
    """The worst of the parts, with the reasons of all that are as bad; `otherwise` says why the whole covers."""
    found = list(parts)
    status = min((part.status for part in found), key=_WORST_FIRST.index, default=LinkStatus.COVERS)
    if status is LinkStatus.COVERS:
        return Standing(status, otherwise)
    reasons = list(dict.fromkeys(part.why for part in found if part.status is status))
    more = f"; and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return Standing(status, "; ".join(reasons[:_SHOWN]) + more)


def said_of(identity: str, standing: Standing) -> Standing:
    """A part's standing as a reason for the whole: who stands how, without repeating why."""
    words = {LinkStatus.COVERS: "covers", LinkStatus.NOT_RUN: "was not run", LinkStatus.GAP: "has a gap"}
    return Standing(standing.status, f"{identity} {words.get(standing.status, f'is {standing.status.value}')}")


@dataclass(frozen=True, slots=True)
class Proof:
    """The evidence that standings are judged by. `stale` says why the verification evidence cannot be used, if so.

    `entered` are the functions of the product that each scenario entered; one that was not watched is not there.
    `on_import` are those that ran before any scenario.
    """

    results: dict[str, VerificationResult]
    requirement_digests: dict[str, str]
    missing: str | None
    stale: str | None
    study_criteria: dict[str, StudyCriterion]
    studies_stale: str | None = None
    on_import: frozenset[str] = frozenset()
    entered: dict[str, frozenset[str]] = field(default_factory=dict)

    def of_scenario(self, scenario: Scenario) -> Standing:
        """How a scenario, as it is written today, stands in the evidence."""
        result = self.results.get(scenario.id)
        if result is None:
            return Standing(LinkStatus.NOT_RUN, self.missing or f"{scenario.id} is not in the evidence")
        if result.status not in (ResultStatus.PASSED, *_UNFIT):
            return Standing(LinkStatus.FAILED, f"{scenario.id} is {result.status.value}")
        if self.stale:
            return Standing(LinkStatus.STALE, self.stale)
        if result.status in _UNFIT:
            return Standing(LinkStatus.NOT_RUN, f"{scenario.id} is {result.status.value.replace('_', ' ')}")
        if result.digest != scenario.digest:
            return Standing(LinkStatus.STALE, f"{scenario.id} was changed after it ran")
        return Standing(LinkStatus.COVERS, f"{scenario.id} passed")

    def of_claim(self, symbol: str, functions: frozenset[str], scenarios: list[str]) -> Standing:
        """Whether scenarios of a requirement enter a symbol that claims it.

        Args:
            symbol: its id.
            functions: those that are entered when it runs.
            scenarios: the ids of the requirement's.
        """
        ran = [each for each in scenarios if each in self.results and self.results[each].status not in _UNFIT]
        known = [self.entered[each] for each in ran if each in self.entered]
        count, of = sum(not functions.isdisjoint(each) for each in known), _count(len(scenarios))
        if self.missing or not ran:
            return Standing(LinkStatus.NOT_RUN, self.missing or f"none of its {of} was run")
        if self.stale:
            return Standing(LinkStatus.STALE, self.stale)
        if not functions:
            return Standing(LinkStatus.COVERS, f"no function names it: it is a value that is there before its {of}")
        if count:
            return Standing(LinkStatus.COVERS, f"entered by {count} of its {of}")
        if functions & self.on_import:
            return Standing(LinkStatus.COVERS, f"runs when the device is imported, before its {of}")
        if not known:
            return Standing(LinkStatus.UNPROVEN, f"what its {of} enter{'s' * (len(scenarios) == 1)} was not watched")
        return Standing(LinkStatus.UNPROVEN, f"{symbol} is entered by none of its {of}")

    def of_verifying(self, scenario: str, symbols: dict[str, frozenset[str]], target: str) -> Standing:
        """Whether a scenario that passed enters one of the symbols of what it verifies; each with its functions."""
        entered = self.entered.get(scenario)
        if entered is None:
            return Standing(LinkStatus.UNPROVEN, f"what {scenario} enters was not watched")
        if all(functions <= self.on_import for functions in symbols.values()):
            return Standing(LinkStatus.COVERS, f"{scenario} passed; the code of {target} runs before it")
        count = sum(not functions.isdisjoint(entered) for functions in symbols.values())
        if not count:
            return Standing(LinkStatus.UNPROVEN, f"{scenario} enters none of the code of {target}")
        return Standing(
            LinkStatus.COVERS, f"{scenario} passed; it enters {count} of {len(symbols)} symbols of {target}"
        )

    def of_requirement_text(self, identity: str, digest: str) -> Standing:
        """Whether the requirement is still the one that the evidence is about."""
        known = self.requirement_digests.get(identity)
        if known is not None and known != digest:
            return Standing(LinkStatus.STALE, f"{identity} was changed after its scenarios ran")
        return Standing(LinkStatus.COVERS, "unchanged since its scenarios ran")

    def of_study_criterion(self, identity: str) -> Standing:
        """Whether a study criterion is met. A goal that is not met is a declared gap, not a fault of the evidence."""
        criterion = self.study_criteria.get(identity)
        if criterion is None:
            return Standing(LinkStatus.GAP, f"{identity} has no estimate: run `clearway evaluate`")
        if isinstance(criterion.estimate, Gap):
            return Standing(LinkStatus.GAP, f"{identity} has no estimate: {criterion.estimate.reason}")
        if self.studies_stale:
            return Standing(LinkStatus.STALE, f"studies.json {self.studies_stale}")
        if criterion.met is not True:
            return Standing(LinkStatus.GAP, f"{identity} is NOT MET")
        return Standing(LinkStatus.COVERS, f"{identity} is met")


def read_proof(
    verification: VerificationEvidence | Gap, studies: StudiesEvidence | Gap, project: Project, releases: dict[str, str]
) -> Proof:
    """Take from the evidence what standings need, after asking whether it is about this checkout as it is now."""
    criteria = () if isinstance(studies, Gap) else (each for study in studies.studies for each in study.criteria)
    by_id = {criterion.id: criterion for criterion in criteria}
    studies_stale = None if isinstance(studies, Gap) else next(find_changes(studies.source, project), None)
    if isinstance(verification, Gap):
        return Proof({}, {}, f"{verification.reason}: {verification.closes}", None, by_id, studies_stale)
    return Proof(
        results={result.id: result for result in verification.results},
        requirement_digests=verification.requirement_digests,
        missing=None,
        stale=next(_find_staleness(verification, project, releases), None),
        study_criteria=by_id,
        studies_stale=studies_stale,
        on_import=frozenset(verification.functions[place] for place in verification.on_import),
        entered={
            result.id: frozenset(verification.functions[place] for place in result.entered)
            for result in verification.results
            if result.entered is not None
        },
    )


def _count(scenarios: int) -> str:
    return f"{scenarios} scenario{'s' * (scenarios != 1)}"


def _find_staleness(evidence: VerificationEvidence, project: Project, releases: dict[str, str]) -> Iterator[str]:
    if not evidence.complete:
        yield f"only {', '.join(evidence.selection)} was run"
    for change in find_changes(evidence.source, project):
        yield f"the evidence {change}"
    for name, digest in releases.items():
        if evidence.release_digests.get(name) != digest:
            yield f"the scenarios ran against another release {name}"
    if evidence.source.dirty:
        yield "the evidence was made from files that are not committed: commit, then run `clearway verify`"
