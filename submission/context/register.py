"""All that is left, by cause, each once: the gap register of the documents, and what `clearway status` lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from submission.content.answers import Answer, Missing
from submission.content.gaps import Cause, Closing, Gaps, Grade
from submission.content.sponsor import Sponsor, absent, find_facts, value_of
from submission.context.found import Finding
from submission.words.claims import compose, cut, join_words, remember


@dataclass(frozen=True, slots=True)
class Found:
    """What the evidence says of a cause: `of` names what it is about."""

    of: tuple[str, ...]
    what: str
    closes: str


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A cause that stands, and what closes it.

    `number` is its place, from one, in the order in which causes can be closed; `after` are the ids of those that come
    before it. `where` names what it is about; `found` is empty where the names say all.
    """

    number: int
    id: str
    what: str
    owner: str
    closing: str
    severity: str
    after: tuple[str, ...]
    where: str
    found: tuple[Found, ...]
    consequence: str
    closes: str

    def placed(self, origin: str) -> RegisterRow:
        """The row with a number that knows where it stands."""
        return replace(self, number=remember(self.number, origin))


@dataclass(frozen=True, slots=True)
class Register:
    """The rows in their order, and each gap that stands somewhere with what it means, by its reason."""

    rows: tuple[RegisterRow, ...]
    meanings: Mapping[str, Missing]

    def explain(self, answer: Answer) -> Answer:
        """An answer whose gap says what its row does."""
        if answer.missing is None:
            return answer
        meaning = self.meanings[answer.missing.reason]
        closes = answer.missing.closes or meaning.closes
        return replace(answer, missing=replace(meaning, reason=answer.missing.reason, closes=closes))


@dataclass(frozen=True, slots=True)
class _Standing:
    """A cause that stands, the facts that it misses, and what was found of it."""

    cause: Cause
    facts: tuple[str, ...]
    findings: tuple[Finding, ...]


def make_register(gaps: Gaps, sponsor: Sponsor, roles: tuple[str, ...], findings: Iterable[Finding]) -> Register:
    """Bring together what has one cause, judge it by the rule, and put it in order."""
    facts = find_facts(roles)
    standing = {one.cause.key: one for one in _find_standing(gaps, sponsor, tuple(findings))}
    grades = {key: gaps.grade(_bears_on(gaps, one)) for key, one in standing.items()}
    grades |= {key: Grade.MAJOR for key in standing if _is_lifted(standing[key].cause, grades)}
    rows, meanings = [], dict[str, Missing]()
    for number, key in enumerate(_in_order(standing, grades), start=1):
        cause, found = standing[key].cause, standing[key].findings
        called = join_words(facts[path].called for path in standing[key].facts)
        what = compose(cause.title, called) if "{}" in cause.title else cause.title
        after = tuple(standing[name].cause.id for name in cause.after if name in standing)
        shown = () if cause.brief else tuple(_told(what, found))
        about = tuple(dict.fromkeys(name for one in found for name in one.subjects))
        row = RegisterRow(
            number, cause.id, what, cause.owner, cause.closing.value, grades[key].value, after,
            join_words(about), shown, cause.consequence, cause.closes,
        )  # fmt: skip
        rows.append(row)
        reasons = ((absent(path, facts[path]).reason, absent(path, facts[path]).closes) for path in standing[key].facts)
        for reason, closes in ((what, cause.closes), *reasons, *_reasons(found)):
            meaning = Missing(reason, row.severity, row.consequence, closes or cause.closes, row.id)
            meanings.setdefault(reason, meaning)
    return Register(tuple(rows), meanings)


def _find_standing(gaps: Gaps, sponsor: Sponsor, findings: Sequence[Finding]) -> Iterator[_Standing]:
    of: dict[str, list[Finding]] = {}
    for finding, cause in _by_cause(gaps, findings):
        of.setdefault(cause.key, []).append(finding)
    for cause in gaps.causes:
        facts = tuple(path for path in cause.facts if value_of(sponsor, path) is None)
        if facts or cause.key in of or cause.declared:
            yield _Standing(cause, facts, tuple(of.get(cause.key, ())))


FOLLOWS = re.compile(r"\b([A-Z]+(?:-[A-Z]+)?-\d+)(?:/AC\d+)? (?:has a gap|is NOT MET|has no estimate|NOT MET)")
"""How a finding says that it is only the consequence of another."""


def _by_cause(gaps: Gaps, findings: Sequence[Finding]) -> Iterator[tuple[Finding, Cause]]:
    """Yield each finding with its cause; what only follows from another is of that one's cause."""
    own: dict[str, Cause] = {}
    following = []
    for finding in findings:
        names = [name for name in FOLLOWS.findall(finding.what) if name not in finding.ids]
        if names and not gaps.names(finding.ids):
            following.append((finding, names))
            continue
        cause = gaps.cause_of(finding.kind, finding.ids)
        for name in finding.ids:
            own.setdefault(name, cause)
        yield finding, cause
    for finding, names in following:
        first = next((own[name] for name in names if name in own), None)
        yield finding, first or gaps.cause_of(finding.kind, finding.ids)


def _bears_on(gaps: Gaps, standing: _Standing) -> Iterator[str]:
    yield standing.cause.bears_on
    yield from (gaps.heavier[finding.kind] for finding in standing.findings if finding.kind in gaps.heavier)


def _is_lifted(cause: Cause, grades: Mapping[str, Grade]) -> bool:
    """Whether it would be minor and answers a part of what a critical one asks."""
    return grades[cause.key] is Grade.MINOR and grades.get(cause.part_of or "") is Grade.CRITICAL


def _in_order(standing: Mapping[str, _Standing], grades: Mapping[str, Grade]) -> Iterator[str]:
    """Yield the keys, each after those it waits for; of those that wait for none, the gravest, then the easiest."""

    def place(key: str) -> tuple[int, int]:
        return list(Grade).index(grades[key]), list(Closing).index(standing[key].cause.closing)

    left = sorted(standing, key=place)
    while left:
        free = next(key for key in left if not set(standing[key].cause.after) & {*left})
        left.remove(free)
        yield free


PREFIX = re.compile(r"(?:gap|[A-Z]+(?:-[A-Z]+)?-\d+(?:/AC\d+)?)(?:(?: is open)?: | (?=is NOT MET))")


def _core(finding: Finding) -> str:
    """What a finding says, without the name of what it is about."""
    front = PREFIX.match(finding.what)
    return cut(finding.what, front.end(), len(finding.what)) if front else finding.what


def _told(title: str, findings: Iterable[Finding]) -> Iterator[Found]:
    """Yield what was found, each thing once: what says the same of several names them together."""
    of: dict[str, list[Finding]] = {}
    said: dict[tuple[str, ...], list[str]] = {}
    reasons: list[str] = []
    for finding in findings:
        core = _core(finding)
        follows = any(core.endswith(f": {reason}") for reason in reasons)
        again = any(core in one or one in core for one in said.get(finding.subjects, ()))
        if core != title and not follows and not again:
            reasons.append(core)
            said.setdefault(finding.subjects, []).append(core)
            of.setdefault(core, []).append(finding)
    for core, same in of.items():
        names = dict.fromkeys(name for one in same for name in one.subjects)
        yield Found(tuple(names), core, same[0].closes)


def _reasons(findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Yield what a finding may be called elsewhere, with what closes it."""
    for finding in findings:
        yield finding.what, finding.closes
        yield f"{finding.where} {finding.what}", finding.closes
