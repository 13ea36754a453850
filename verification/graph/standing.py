"""Whether something holds, and why: the one way in which statuses of parts become the status of a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from msgspec import Struct

from verification.evidence import (
    Gap,
    LinkStatus,
    Project,
    ResultStatus,
    StudiesEvidence,
    StudyCriterion,
    VerificationEvidence,
    find_changes,
)
from verification.sources.scenarios import Scenario

_COVERS = LinkStatus.COVERS
_WORST_FIRST = tuple(
    LinkStatus(status)
    for status in (
        "failed", "stale", "not_run", "orphaned", "unproven", "unspecified", "suspect", "unreviewed", "gap", "covers",
    )
)  # fmt: skip
_OTHER = LinkStatus.OTHER_RELEASE
_WORDS = {
    LinkStatus.COVERS: "covers", LinkStatus.NOT_RUN: "was not run", LinkStatus.GAP: "has a gap",
    _OTHER: "is of another release",
}  # fmt: skip
_SHOWN = 3
_UNFIT = (ResultStatus.NOT_RUN, ResultStatus.SKIPPED)


class Standing(Struct, frozen=True):
    """A status, and in words why."""

    status: LinkStatus
    why: str


_UNCHANGED = Standing(LinkStatus.COVERS, "unchanged since its scenarios ran")


def worst(parts: Iterable[Standing], otherwise: str) -> Standing:
    """The worst of the parts, with the reasons of all that are as bad; `otherwise` says why the whole covers.

    What is of another release decides nothing; where there is nothing else, the whole is of another release too.
    """
    judged = list(parts)
    found = [part for part in judged if part.status not in (_COVERS, _OTHER)]
    if not found and judged and all(part.status is _OTHER for part in judged):
        found = judged
    if not found:
        return Standing(_COVERS, otherwise)
    status = found[0].status
    if any(part.status is not status for part in found):
        status = min([part.status for part in found], key=_WORST_FIRST.index)
    reasons = list(dict.fromkeys([part.why for part in found if part.status is status]))
    more = f"; and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return Standing(status, "; ".join(reasons[:_SHOWN]) + more)


def own_of(named: Iterable[str], found: Iterable[Standing]) -> str:
    """The names, listed, of what is not of another release."""
    return ", ".join(name for name, each in zip(named, found, strict=True) if each.status is not _OTHER)


def of_this(standing: Standing, release: str) -> Standing:
    """A whole that rests on studies of another release alone has a gap: of this one nothing is shown."""
    if standing.status is not _OTHER:
        return standing
    return Standing(LinkStatus.GAP, f"no study of release {release} shows it: {standing.why}")


def said_of(identity: str, standing: Standing) -> Standing:
    """A part's standing as a reason for the whole: who stands how, without repeating why."""
    said = _WORDS.get(standing.status) or f"is {standing.status.value}"
    return Standing(standing.status, f"{identity} {said}")


class Ran(Struct, frozen=True):
    """What became of a scenario, and the digest of what it said when it was run."""

    status: ResultStatus
    digest: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The evidence that standings are judged by. `stale` says why the verification evidence cannot be used, if so.

    `entered` are the functions of the product that each scenario entered; one that was not watched is not there.
    `on_import` are those that ran before any scenario. `elsewhere` has the release of each criterion whose study is not
    of `release`; without a release every study decides.
    """

    results: dict[str, Ran]
    requirement_digests: dict[str, str]
    missing: str | None
    stale: str | None
    study_criteria: dict[str, StudyCriterion]
    studies_stale: str | None = None
    on_import: frozenset[str] = frozenset()
    entered: dict[str, frozenset[str]] = field(default_factory=dict)
    release: str = ""
    elsewhere: dict[str, str] = field(default_factory=dict)

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
        if self.requirement_digests.get(identity, digest) != digest:
            return Standing(LinkStatus.STALE, f"{identity} was changed after its scenarios ran")
        return _UNCHANGED

    def of_study_criterion(self, identity: str) -> Standing:
        """Whether a study criterion is met. A goal that is not met is a declared gap, not a fault of the evidence.

        One of another release's study is of that release, met or not.
        """
        if identity in self.elsewhere:
            return Standing(_OTHER, f"{identity} is of release {self.elsewhere[identity]}")
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
    verification: VerificationEvidence | Gap,
    studies: StudiesEvidence | Gap,
    project: Project,
    releases: dict[str, str],
    release: str = "",
) -> Proof:
    """Take from the evidence what standings need, after asking whether it is about this checkout as it is now.

    Args:
        verification: what ran.
        studies: what was evaluated.
        project: the checkout.
        releases: the digest of each release that can be read, by name.
        release: the one whose studies decide; without one all do.
    """
    listed = () if isinstance(studies, Gap) else studies.studies
    by_id = {criterion.id: criterion for study in listed for criterion in study.criteria}
    other = [study for study in listed if release and study.release != release]
    elsewhere = {criterion.id: study.release for study in other for criterion in study.criteria}
    studies_stale = None if isinstance(studies, Gap) else next(find_changes(studies.source, project), None)
    if isinstance(verification, Gap):
        missing = f"{verification.reason}: {verification.closes}"
        return Proof({}, {}, missing, None, by_id, studies_stale, release=release, elsewhere=elsewhere)
    return Proof(
        results={result.id: Ran(result.status, result.digest) for result in verification.results},
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
        release=release,
        elsewhere=elsewhere,
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
