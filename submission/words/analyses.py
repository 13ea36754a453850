"""Analyses on the page: estimates in rows, so that a reader compares what is to be compared; nothing is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from markupsafe import Markup, escape

from submission.words.claims import choose, compose, join_words, number_of, pick
from submission.words.filters import count, decimal, events_of, metric, overall, stated, total
from verification.evidence import Analysis, Estimate, Gap, Opening, Role, Study, StudyCriterion

ORDER = tuple(Role)
WHOLE = "all"
"""The group of every image."""
TOGETHER = "all together"
"""What it is called where other groups stand below it."""
WIDTH = 3
"""Metrics that stand side by side in a table of groups."""


@dataclass(frozen=True, slots=True)
class Row:
    """A group of images judged by one score; `why` is the one reason if no estimate of it is defined.

    `cells` are its estimates by metric. A metric with intervals by two methods has two estimates in its cell.
    `shape` is the estimate with the most images; `patients` are those of the whole group, None if none of its estimates
    is of all its images.
    """

    label: str
    shape: Estimate
    patients: int | None
    cells: tuple[tuple[Estimate, ...], ...]
    why: str | None


@dataclass(frozen=True, slots=True)
class Block:
    """A table of groups: its metrics across, its groups down."""

    metrics: tuple[str, ...]
    rows: tuple[Row, ...]


@total
def in_full(estimates: Sequence[Estimate]) -> tuple[tuple[Estimate, ...], ...]:
    """The group whose estimates stand below each other: an only one, or the whole where it has many metrics."""
    groups = _groups(estimates)
    scores = {estimate.score for estimate in estimates}
    whole = len(scores) == 1 and groups[0][0].subgroup == WHOLE and len(groups[0]) > WIDTH + 1
    return groups[:1] if len(groups) == 1 or whole else ()


@total
def by_group(estimates: Sequence[Estimate]) -> tuple[Block, ...]:
    """The other estimates, to be compared between groups: tables of a few metrics each.

    Metrics no two of which any group has stand in tables of their own, so that no table has a column for each row.
    """
    told = {_key(group[0]) for group in in_full(estimates)}
    groups = tuple(group for group in _groups(estimates) if _key(group[0]) not in told)
    names = tuple(dict.fromkeys(estimate.metric for group in groups for estimate in group))
    parts = (names[start : start + WIDTH] for start in range(0, len(names), WIDTH))
    blocks = (Block(part, tuple(_rows(groups, part))) for part in parts)
    return tuple(chain.from_iterable(_apart(block, groups) for block in blocks))


def _apart(block: Block, groups: Sequence[tuple[Estimate, ...]]) -> Iterator[Block]:
    """The block, or a block of each metric where no row has two."""
    if any(sum(map(bool, row.cells)) > 1 for row in block.rows):
        yield block
    else:
        yield from (Block((name,), tuple(_rows(groups, (name,)))) for name in block.metrics)


@total
def of_roles(analyses: Iterable[Analysis], *roles: str) -> tuple[Analysis, ...] | Gap:
    """The analyses of these roles, in the order of the roles; a gap if there is none."""
    found = tuple(analysis for role in roles for analysis in analyses if analysis.role == role)
    said = " or ".join(role.replace("_", " ") for role in roles)
    return found or Gap(reason=f"the study holds no analysis of the kind “{said}”", closes="plan it and carry it out")


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a headline: the best baseline, the paired difference to it, and the share of positives.

    `apart` are the headline's figures without patients whose numbers occur in the training part too; none where the
    project itself divided the patients. `others` are other models on the same images, each with its paired difference.
    """

    best: Estimate | Gap
    paired: Estimate | Gap
    positives: Estimate | Gap
    apart: tuple[Estimate, ...]
    others: tuple[Estimate, ...]


@total
def beside_headline(study: Study) -> Beside:
    """What the evidence holds to be set beside a study's headline, each a figure or a gap."""
    missing = Gap(
        reason=compose("no simple measure was scored on the images of study {}", study.name),
        closes="a plan that asks for it, locked before an opening",
    )
    simple = _pair(study, (one for one in study.analyses if one.role is Role.BASELINE))
    best, paired = max(simple, key=lambda pair: pair[0].value or 0, default=(missing, missing))
    others = chain.from_iterable(_pair(study, (one for one in study.analyses if one.id == "beside")))
    shares = (one for one in study.estimates if one.metric == "prevalence" and one.subgroup == overall(study))
    unknown = Gap(reason=compose("study {} holds no share of positive images", study.name), closes="evaluate it")
    apart = (one for found in study.analyses if found.id == "shared-names" for one in found.estimates)
    alone = tuple(one for one in apart if one.subgroup == APART)
    return Beside(best, paired, next(shares, unknown), alone, tuple(others))


def _pair(study: Study, analyses: Iterable[Analysis]) -> Iterator[tuple[Estimate, Estimate]]:
    """Yield what another score reaches on all images with the release's paired difference to it."""
    found = [one for each in analyses for one in each.estimates]
    whole = [one for one in found if one.subgroup in (WHOLE, overall(study))]
    for paired in (one for one in whole if one.metric == "auroc_difference"):
        for one in whole:
            names = f"({one.score})" in f"({paired.score})" or str(paired.score).endswith(f" less {one.score}")
            if one.metric == "auroc" and names:
                yield one, paired


@total
def analysis_of(study: Study, name: str) -> Analysis | Gap:
    """An analysis of a study by its id; a gap where its plan does not name it."""
    reason = compose("study {} has no analysis “{}”", study.name, name)
    missing = Gap(reason=reason, closes="a plan that names it, locked before its images are scored")
    return next((one for one in study.analyses if one.id == name), missing)


@total
def criterion_on(study: Study, name: str) -> StudyCriterion | Gap:
    """The criterion of a study on a metric; a gap where it has none."""
    reason = compose("study {} has no criterion on {}", study.name, metric(name))
    missing = Gap(reason=reason, closes="a plan with such a criterion, locked before its images are scored")
    return next((one for one in study.criteria if one.metric == name), missing)


@total
def headline(study: Study, name: str) -> Estimate | Gap:
    """What a study found by a metric: what decides its criterion, else the estimate of all images."""
    decided = criterion_on(study, name)
    if isinstance(decided, StudyCriterion):
        return decided.estimate
    every = overall(study)
    missing = Gap(reason=compose("study {} has no estimate of {}", study.name, metric(name)), closes="carry it out")
    return next((one for one in study.estimates if (one.metric, one.subgroup) == (name, every)), missing)


APART = "no shared number"
"""The group of the patients whose numbers occur in no other part of the collection."""


@total
def label_of(study: Study) -> str:
    """What a study is, with how often its images are known to have been used otherwise."""
    others = choose(study.openings, lambda line: line.event in ("prior_use", "other_use"))
    return compose(
        "{}; uses of the same images outside this study, which its log lists: {}", study.label, count(number_of(others))
    )


@total
def correcting(openings: Iterable[Opening], text: str) -> tuple[Opening, ...]:
    """What a study's log corrects of one text of its plan, by the text's name."""
    return pick(pick(openings, "event", "correction"), "corrects", text)


@total
def corrected(value: str, openings: Iterable[Opening], text: str) -> Markup:
    """A text of a plan as it was locked, and what the log corrects of it below."""
    told = (Markup("<br><b>Corrected in the log:</b> {}").format(one.reason) for one in correcting(openings, text))
    return escape(value) + Markup("").join(told)


@total
def told_above(openings: Iterable[Opening], study: Study, studies: Sequence[Study]) -> tuple[Opening, ...]:
    """The corrections of a log whose words a log of the studies before it holds too."""
    before = studies[: [one.name for one in studies].index(study.name)]
    told = {line.reason for one in before for line in one.openings if line.event == "correction"}
    return tuple(line for line in openings if line.event == "correction" and line.reason in told)


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that two studies made to their images: what the second found, each as scored and under it."""

    change: str
    sensitivity: tuple[Estimate, Estimate]
    specificity: tuple[Estimate, Estimate]


@total
def same_changes(analysis: Analysis, study: Study) -> tuple[Changed, ...]:
    """What the changes of an analysis did to the images of a study, where that was scored under them too."""
    found = {
        (one.score, one.metric): one for each in study.analyses if each.id == "perturbations" for one in each.estimates
    }
    asked = dict.fromkeys(one.score for one in analysis.estimates)
    names = ("sensitivity", "specificity")
    return tuple(
        Changed(name, *((found["as scored", metric], found[name, metric]) for metric in names))
        for name in asked
        if name != "as scored" and all((name, metric) in found for metric in names)
    )


POWER = "Power"
"""What the title of a table begins with whose rows are truths, the power of each criterion, and of all together."""


@total
def power_of(study: Study, elsewhere: Iterable[Study] = ()) -> str:
    """The power of all criteria together, by what may be true; that of a plan stands in the comparator's study."""
    own = choose(study.analyses, lambda one: one.id == "power")
    others = elsewhere if study.kind == "validation_plan" else ()
    sized = [one for each in others if each.release == study.release for one in each.analyses if one.id == "adult-size"]
    tables = [table for one in (*own, *sized) for table in one.tables if table.title.startswith(POWER)]
    said = [_power(row) for table in tables for row in table.rows]
    return join_words(said, "; ") if said else "not computed; the images are those that there were"


def _power(row: Sequence[object]) -> str:
    values = [decimal(value, 3) for value in (row[6], *row[:3]) if isinstance(value, float)]
    return compose("at least {} if the AUROC is {}, the sensitivity {}, the specificity {}", *values)


@total
def stated_of(estimate: Estimate) -> Markup:
    """An estimate in one line, with the images and patients that it is of."""
    said = compose("; {} images of {} patients", events_of(estimate), count(estimate.patients))
    return Markup("{}{}").format(stated(estimate), said)


@total
def in_group(study: Study, group: str, name: str) -> Estimate | Gap:
    """What a study found by a metric in a group; a gap where it has no such group."""
    missing = Gap(
        reason=compose("study {} has no group “{}”", study.name, group),
        closes="a plan that names it, locked before its images are scored",
    )
    return next((one for one in study.estimates if (one.subgroup, one.metric) == (group, name)), missing)


@total
def each_stated(estimates: Sequence[Estimate]) -> object:
    """Estimates in lines of their own; a gap if there is none."""
    none = Gap(reason="the study holds no such figure", closes="a plan that asks for it, locked before an opening")
    return Markup("<br>").join(stated_of(one) for one in estimates) if estimates else none


@total
def by_role(analyses: Iterable[Analysis]) -> tuple[Analysis, ...] | Gap:
    """All analyses, the primary ones first; a gap if there is none."""
    found = tuple(sorted(analyses, key=lambda analysis: ORDER.index(analysis.role)))
    return found or Gap(reason="the study holds no analysis", closes="carry it out and record it")


@total
def deciding(criteria: Iterable[StudyCriterion]) -> tuple[Estimate, ...]:
    """The estimates that decide criteria."""
    return tuple(one.estimate for one in criteria if isinstance(one.estimate, Estimate))


def _groups(estimates: Sequence[Estimate]) -> tuple[tuple[Estimate, ...], ...]:
    """The estimates by score and group; what was found of both scores of a comparison stands once."""
    groups: dict[tuple[str, str], list[Estimate]] = {}
    for estimate in estimates:
        group = groups.setdefault(_key(estimate), [])
        if estimate not in group:
            group.append(estimate)
    return tuple(map(tuple, groups.values()))


def _key(estimate: Estimate) -> tuple[str, str]:
    return estimate.score, estimate.subgroup


def _rows(groups: Sequence[tuple[Estimate, ...]], metrics: tuple[str, ...]) -> Iterator[Row]:
    for group in groups:
        cells = tuple(tuple(estimate for estimate in group if estimate.metric == name) for name in metrics)
        if any(cells):
            shape = max(group, key=lambda estimate: estimate.n)
            why = _only_reason([one for cell in cells for one in cell])
            yield Row(_label(group[0], groups), shape, _patients_of(shape), cells, why)


def _patients_of(shape: Estimate) -> int | None:
    if shape.positives is None or shape.negatives is None:
        return shape.patients or None
    return shape.patients if shape.n == shape.positives + shape.negatives else None


def _only_reason(estimates: list[Estimate]) -> str | None:
    reasons = {estimate.reason or "no reason was recorded" for estimate in estimates}
    undefined = all(estimate.value is None for estimate in estimates)
    return reasons.pop() if undefined and len(reasons) == 1 else None


def _label(estimate: Estimate, groups: Sequence[Sequence[Estimate]]) -> str:
    """The subgroup, the score, or both: whichever the groups differ in."""
    scores = {group[0].score for group in groups}
    subgroups = {group[0].subgroup for group in groups}
    if len(scores) == 1:
        return estimate.subgroup
    return estimate.score if len(subgroups) == 1 else compose("{}: {}", estimate.score, estimate.subgroup)


@total
def group_of(estimates: Sequence[Estimate], among: Sequence[Estimate]) -> str:
    """The name of a group told in full; of the whole, nothing where there is no other, for a heading says that."""
    first, alone = estimates[0], len(_groups(among)) == 1
    if first.subgroup == WHOLE:
        return first.score if alone else join_words(filter(None, (first.score, TOGETHER)), ": ")
    return compose("{}: {}", first.score, first.subgroup) if first.score else first.subgroup


@total
def headings(block: Block) -> tuple[str, ...]:
    """The heads of the columns of a table of groups."""
    return ("Group", "#n+", "#n−", "#Patients", *(metric(name) for name in block.metrics))


@total
def widths_of(block: Block) -> tuple[str, ...]:
    """The widths of the columns of a table of groups: the fewer metrics, the more room for the name of the group."""
    each = 20 if len(block.metrics) > 1 else 28
    first = 100 - 24 - each * len(block.metrics)
    return (f"{first}%", "7.5%", "7.5%", "9%", *(f"{each}%" for _ in block.metrics))
